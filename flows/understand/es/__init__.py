"""Spanish, as it is spoken in the Caribbean: the words and turns of phrase the grammar reads."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
from flows.understand.es import asks, ways
from flows.understand.es.lexicon import GRAMMAR, LEXICON
from flows.understand.vocabulary import Vocabulary, alternatives, later_of, opening, phrase, stop_of, whole

NUMBERS = {
    "un": 1, "una": 1, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciseis": 16, "diecisiete": 17, "dieciocho": 18,
    "diecinueve": 19, "veinte": 20, "treinta": 30, "un par de": 2, "una docena de": 12,
}  # fmt: skip
ORDINALS = {
    "primero": 1, "primera": 1, "primer": 1, "segundo": 2, "segunda": 2, "tercero": 3, "tercera": 3, "tercer": 3, "cuarto": 4,
    "cuarta": 4, "quinto": 5, "quinta": 5, "sexto": 6, "sexta": 6, "septimo": 7, "septima": 7, "octavo": 8, "octava": 8,
    "ultimo": -1, "ultima": -1,
}  # fmt: skip

_WEEKDAYS = alternatives(LEXICON["WEEKDAY"])
_N = rf"\d{{1,3}}|{alternatives(NUMBERS)}"
_MORE = r"(?:,\s*(?:a las?|el|sobre|vuelo)\b[^,;\n]*)*"

_APPOINTMENT = r"(?:reserva|reservacion|mesa|cena|almuerzo|desayuno|cita|reunion|boda|show|concierto|masaje|ferry|lancha|barco|crucero|check-?in|fiesta)"
_PLEGABLE = r"plegables?|pli?eg(?:a|an|ada)|dobla(?:n|da|ble)?|cierra|puede (?:plegar|doblar)(?:se)?"
_RIGIDA = rf"electricas?|motorizadas?|a motor|de bateria|rigidas?|que no (?:se )?(?:{_PLEGABLE})|no (?:es |se )?(?:{_PLEGABLE})"

VOCABULARY = Vocabulary(
    language="es",
    numbers=NUMBERS,
    ordinals=ORDINALS,
    called=whole(r"spanish|espanol|castellano"),
    speaking=frozenset("en habla hablar hable puede por favor".split()),
    also=phrase(r"y"),
    joining=phrase(r"y|con|pero"),
    denying=frozenset({"no", "sin", "ni"}),
    articles=phrase(r"el|la|los|las"),
    of_what=phrase(r"de"),
    thing_last=False,
    amid=phrase(r"carro"),
    address=phrase(r"casa|calle|c/|avenida|apto?|apartamento|residencial|edificio"),
    no_airline=phrase(r"al?|en|el|la|es|de|se|lo|mi|yo"),
    one_person=whole(r"una persona"),
    marks=frozenset(
        "hola buenas buenos dias tardes noches el la los las de del a al y con para por desde hasta manana hoy quiero queremos necesito"
        " necesitamos quisiera aeropuerto personas adultos ninos nino nina somos mi es son gracias si reservar reserva traslado recoger"
        " cuanto precio ayuda favor una uno un en que".split()
    ),
    hello=phrase(r"klk|hola+|holi|buenas(?: (?:tardes|noches))?|buenos dias|buen dia|saludos|que tal|que lo que"),
    yes=whole(
        r"(?:si|claro(?: que si)?|dale|ok|okay|vale|de acuerdo|correcto|exacto|perfecto|por supuesto|acepto|estoy de acuerdo|esta bien|muy bien|si por favor|asi es|listo|ta bien|ta bueno|ta to|bien|eso mismo|sip|simon|seguro)(?: gracias)?"
    ),
    mine=whole(
        r"(?:si |ok |dale )*(?:yo|mio|mia|el mio|a mi|a mi nombre|a nombre mio|mi nombre|mi mismo nombre|soy yo|es[ae]|es[ae] mism[ao]|ese es|ese es mi nombre|el mismo|yo mismo|yo misma|asi mismo|asi esta bien|conmigo)(?: por favor| gracias)?"
    ),
    no=whole(r"no|nop|no gracias|para nada|ahora no|todavia no"),
    skip=whole(
        r"omitir|saltar|paso|siguiente|luego|despues|mas tarde|ningun[oa]?|nada|na|na mas|nada mas|no na|nada especial|no|no gracias|ahora no|no tengo(?: (?:correo|e ?mail|notas?))?|no (?:lo )?se|no hay|sin (?:notas?|correo|habitacion|ocasion)|ninguna ocasion"
    ),
    done=whole(
        r"(?:gracias )?(?:listo|lista|ya|ya esta|eso es todo|es todo|nada mas|terminar|termine|terminado|continuar|seguir|siguiente|ok|okay|vale|dale|solo eso|hecho)(?: gracias)?"
    ),
    keep=whole(
        r"(?:si )?(?:dejar|dejarlo|dejelo|dejalo|mantener)(?: asi| como (?:esta|estaba|lo escribi))?|asi|como lo escribi"
    ),
    none=whole(
        r"ningun[oa]?|nada|na|na mas|na de eso|nada de eso|no na|no|no gracias|sin extras?|sin nada|ninguno gracias|omitir|sin extra"
    ),
    unknown=whole(
        r"(?:aun |todavia )?no (?:lo )?(?:se|tengo|conozco)(?: (?:aun|todavia|el (?:numero|vuelo)|ahora|el numero de vuelo))*|ni idea|no estoy segur[oa]|desconocido|luego|despues|mas tarde|omitir|ninguno|no|no hay vuelo|no recuerdo"
    ),
    thanks=whole(
        r"(?:ok |perfecto |muy bien )?(?:muchas |mil )?gracias(?: por todo| a usted| muy amable)?|perfecto|excelente|adios|hasta luego|chao"
    ),
    send=whole(
        r"enviar|enviarla|envie(?:la)?|envia(?:la)?|mandar|mandal[oa]|mandel[oa]|mandalo ya|enviel[oa]|envialo|enviar (?:la )?solicitud|enviemos(?:la)?|confirmar|confirmo|reservar|reserve|hagalo|dale|adelante|todo bien|todo correcto|esta bien|esta correcto"
    ),
    correction=phrase(
        r"\A\s*(?:no\s*[,.;]+\s*|no espere?\b|espere?\b|perdon\b|disculpe?\b|en realidad\b|mejor\b|quise decir\b|quiero decir\b|digo\b|correccion\b|mas bien\b|que sean?\b|cambi(?:e|a|ar)(?:lo|la)? (?:a|al|por)\b|ponga(?:lo|la)?\b)[\s,.:;]*"
    ),
    instead=phrase(
        r"no|perdon|digo|mejor|quise decir|quiero decir|mas bien|disculpe?|espere?|en realidad|correccion|sino"
    ),
    only=phrase(r"solo|solamente|nada mas|unicamente"),
    filler=frozenset(
        "el la los las un una unos unas por favor porfa quiero quisiera queremos me nos lo le da de del con para prefiero tomo tomamos escojo opcion numero es mi en a al y si ok gracias reservar necesito esa ese eso mejor tambien ademas hay tengo tenemos llevo llevamos".split()
    ),
    idle=frozenset(
        "yo nosotros nosotras usted ustedes el ella ellos me nos le les lo la los las se su sus mi mis nuestro nuestra nuestros nuestras soy es son somos ser sera seria seran estoy esta estamos estan estar estaremos estare fue sea sean"
        " hay haya ha he han hemos tener tengo tiene tenemos tienen voy vamos va van ir iremos iria iriamos vaya vengo venimos necesito necesitamos necesita necesitaria necesitariamos quiero queremos quiere quisiera quisieramos gustaria gusta prefiero deseo deseamos desea espero"
        " hola buenas buenos buen dias dia tardes tarde noches noche saludos estimados senor senora equipo por favor porfa porfis gracias muchas muy amable amables ok okay si claro dale vale bueno bien pues entonces tambien ademas como que de del al a en con para pa y e o u pero"
        " un una unos unas este esta esto ese esa eso estos estas aqui ahi alli alla aca ahora luego solo mas o menos aproximadamente quizas tal vez posible exacto exactamente cada todo todos toda todas alguien otra otro vez"
        " traslado traslados transporte taxi viaje viajes servicio carrera recoger recojan recoja recogida recogernos recogerme buscar busquen busque buscarnos buscarme llevar lleven lleve llevarnos llevarme llevamos llevo dejar dejen deje dejarnos viajar viajamos viajo llegar llegamos llego llegada llegando aterrizo aterrizamos salir salgo salimos salida saliendo"
        " reservar reserva reservacion reservamos reservo coordinar organizar agendar hacer hago hacemos hora horas fecha vuelo numero personas persona pasajeros grupo total maletas equipaje hotel aeropuerto desde hasta hacia"
        " excursion excursiones tour privado privada solamente sale despega aterriza vuelta regreso ida regresamos volvemos saber decir poder puedo puede pueden podemos podria podrian ayudar ayuda ver cotizar cotizacion informacion consultar consulta plan vacaciones quedamos quedo hospedamos hospedo nombre llamo donde cuando cual quien".split()
    ),
    polite=phrase(
        r"despues de todo|al final|de antemano|con gusto|mucho gusto|como estan?|que tal|si (?:es posible|se puede|puede|pueden)|lo antes posible|una cosa mas|por cierto|una cotizacion"
    ),
    option=whole(
        rf"(?:el |la |lo |opcion |numero |no )*(?P<n>\d{{1,2}}|{alternatives(ORDINALS)})(?: opcion)?(?: por favor| porfa| gracias)?"
    ),
    anytime={
        "person": whole(
            r"(?:(?:quiero|quisiera|necesito|puedo|prefiero) )?(?:(?:hablar|comunicarme|chatear) con |paseme (?:con|a) |pasame (?:con|a) |llamar a )?(?:una?|el|la|alguna|su|algun)? ?(?:persona|humano|agente|operador|operadora|representante|alguien|equipo|asesor|asesora|persona real)(?: por favor| porfa)?"
        ),
        "start_over": whole(
            r"(?:empezar|comenzar|iniciar|empecemos|comencemos) (?:de nuevo|otra vez|de cero|desde cero)|reiniciar|desde el principio|borrar(?: todo)?|olvidelo(?: todo)?|olvidalo(?: todo)?"
        ),
        "new": whole(
            r"(?:quiero |quisiera |necesito |hacer )*(?:una? )?(?:nuev[ao]|otr[ao]) (?:reserva|traslado|viaje|solicitud|excursion|transporte)(?: por favor)?|reservar (?:de nuevo|otra vez)"
        ),
        "cancel": whole(
            r"(?:quiero |quisiera |deseo )?(?:cancelar|cancele|cancela|anular|parar|salir)(?: (?:la|mi|todo|esto|reserva|solicitud))*(?: por favor)?"
        ),
        "back": whole(
            r"(?:ir |volver |ve |vuelve |regresar )?(?:hacia )?(?:atras|volver|regresar|anterior|deshacer|para atras)(?: por favor)?"
        ),
        "help": whole(
            r"ayuda|ayudame|ayudeme|que (?:puedo|puede) (?:hacer|decir|escribir)|como funciona(?: esto)?|comandos|menu|informacion|info|necesito ayuda|no entiendo"
        ),
        "summary": whole(
            r"(?:ver |muestreme |mostrar )?(?:el |la |mi )?(?:resumen|recap|solicitud|reserva|estado|detalles)(?: hasta ahora| por favor)?|que (?:tiene|lleva|llevamos|tengo)(?: hasta ahora)?|como vamos"
        ),
        "price": whole(
            r"(?:cual es |ver )?(?:el |la )?(?:precio|total|costo|tarifa|coste)(?: hasta ahora| total| por favor)?|cuanto (?:es|era|fue|cuesta|sale|seria|vale|va|costaria|cuestan|llevo|sera)(?: (?:eso|esto|todo|en total|hasta ahora))*|cuanto"
        ),
        "change": whole(
            r"(?:quiero |quisiera |necesito |queremos |quisieramos |necesitamos |puedo |podemos |se puede |me gustaria |tengo que )?(?:cambiar|editar|modificar|corregir|cambie)(?: (?:algo|la solicitud|una linea|una respuesta|mis respuestas|esto|eso|(?:de )?(?:la |mi |nuestra |el )?(?:reserva|reservacion|viaje|traslado|excursion)))?(?: por favor)?"
        ),
        "to_whatsapp": whole(
            r"(?:por favor )?(?:podemos |puedo |quiero |prefiero )?(?:seguir|sigo|sigamos|seguimos|continuar|continuemos|pasar|pasemos|cambiar)(?: la charla)?(?: en| a| por| al) (?:whatsapp|whats app|wasap|whatsap)(?: por favor)?|(?:mejor )?(?:por )?(?:whatsapp|whats app|wasap|whatsap)(?: por favor)?"
        ),
        "to_telegram": whole(
            r"(?:por favor )?(?:podemos |puedo |quiero |prefiero )?(?:seguir|sigo|sigamos|seguimos|continuar|continuemos|pasar|pasemos|cambiar)(?: la charla)?(?: en| a| por| al) (?:telegram|telegran)(?: por favor)?|(?:mejor )?(?:por )?(?:telegram|telegran)(?: por favor)?"
        ),
        "start": whole(r"start(?: (?P<payload>[\w -]{1,64}))?"),
    },
    asks=asks.ASKS,
    asks_booked=asks.ASKS_BOOKED,
    back_only=asks.WAY_BACK,
    there_only=asks.WAY_THERE,
    by_mail=asks.BY_MAIL,
    late=asks.LATE,
    wants_person=phrase(
        r"(?:hablar|comunicarme|chatear|hable) con (?:una?|el|la|alguna|algun|su|el) ?(?:persona|humano|agente|operador|operadora|representante|asesor|asesora|equipo)|hablar con (?:alguien|ustedes)|(?:que )?me llamen|me pueden? llamar"
    ),
    price_asked=phrase(
        r"(?:a )?cuanto (?:es|era|fue|cuesta|cuestan|sale|seria|vale|va|costaria|cobran|me sale|me cobran|por|del?)|que precio|precios? (?:de|del|para|a|por)|cual es el (?:precio|costo)|(?:sus|los) (?:precios|tarifas)"
    ),
    and_what=opening(r"y|que tal|o"),
    asking=opening(
        r"(?:(?:y|pero|hola|ok|disculpe|una pregunta|pregunta)\W+)*(?:(?P<fact>tengo una (?:pregunta|duda)|hay|tienen?|aceptan?|incluyen?|es|son|esta|estan|que|cual|cuanto|cuantos|como|donde|cuando|quien|por que|a que)|pueden?|puedo|se puede)"
    ),
    declined={
        "room": phrase(r"sin (?:numero de )?habitacion"),
        "extras": phrase(r"sin (?:extras?|adicionales)|ningun extra|no quiero extras?"),
        "occasion": phrase(r"ninguna ocasion|sin (?:ninguna )?ocasion(?: especial)?|nada especial"),
        "notes": phrase(r"sin (?:notas?|comentarios?)"),
        "email": phrase(r"sin (?:correo|e-?mail)|no tengo (?:correo|e-?mail)"),
        "wheelchair": phrase(
            r"(?:sin|ninguna|ya no|no)(?: (?:llev[oa]|llevamos|traigo|traemos|necesito|necesitamos|hay|hace falta|es|una|la|nuestra|mi))* sillas? de ruedas"
        ),
    },
    negated=phrase(
        rf"no (?:es )?(?:el |a las |para (?:el )?)*(?:hoy|manana|{alternatives(LEXICON['WEEKDAY'])}|\d[\w:]*)(?: \w+)?\s*(?:,|\.|sino|;)\s*(?:sino )?"
    ),
    waiting_list=phrase(r"lista de espera|en (?:la )?lista|(?:puedo|podemos) esperar|espero (?:a que|hasta)"),
    off_the_list=phrase(
        r"(?:de|deje|dejar) la lista|ya no (?:quiero|queremos|me interesa|nos interesa|hace falta)|no (?:quiero|queremos) esperar(?: mas)?|olvidel[oa]"
    ),
    changing=phrase(
        r"cambi\w+|modific\w+|mover\w*|muev\w+|pasar(?:lo|la|me|nos)?|pase(?:lo|la|me|nos)?|poner(?:lo|la)?|ponga(?:lo|la)?|que sea|hacer(?:lo|la)|haga(?:lo|la)?|reprogram\w+|aplaz\w+|adelant\w+|posponer\w*|agreg\w+|anad\w+|incluy\w+|quit\w+|sin|en vez de|en lugar de|mejor|somos|seremos|(?:vamos a|podemos|podriamos) ser|un[oa]? \w+ (?:mas|menos)|un[oa]? (?:mas|menos)|\d+ (?:mas|menos)|necesitamos|necesito|otr[oa]|tambien|mas temprano|mas grande|mas pequen\w+"
    ),
    change=phrase(
        r"(?:cambi(?:ar|e|a|o)|editar|modificar|corregir|corrija|otr[oa]|actualizar|anadir|agregar|agregue|anada) (?:el |la |los |las |mi |nuestr[oa] |una? |algun )?(?P<what>(?:lugar de |punto de |hora de |numero de )?[a-z-]+)(?:\s+(?:a las|a|al|por|para|:|=)\s*(?P<to>.+))?"
    ),
    lines={
        "service": whole(r"servicio|excursion|tour|viaje"),
        "pickup": whole(r"(?:lugar de |punto de )?(?:recogida|origen|salida|partida)|ruta|desde"),
        "dropoff": whole(r"(?:lugar de )?(?:destino|llegada|bajada)|hasta"),
        "room": whole(r"habitacion|cuarto"),
        "date": whole(r"fecha|dia|cuando"),
        "time": whole(r"hora|horario|hora de recogida"),
        "departure": whole(r"salida|hora|horario|fecha|dia"),
        "flight": whole(r"vuelo|numero de vuelo"),
        "party": whole(r"personas|pasajeros|grupo|cantidad|adultos|ninos|huespedes|cuantos"),
        "luggage": whole(r"equipaje|maletas?|bultos"),
        "wheelchair": whole(r"sillas?(?: de ruedas)?"),
        "vehicle": whole(r"vehiculo|carro|van|transporte|auto"),
        "extras": whole(r"extras?|adicionales"),
        "occasion": whole(r"ocasion|ocasion especial"),
        "notes": whole(r"notas?|comentarios?|observaciones"),
        "name": whole(r"nombre"),
        "phone": whole(r"telefono|numero|celular|movil|numero de telefono|whatsapp"),
        "email": whole(r"correo|e ?mail|correo electronico"),
    },
    grammar=GRAMMAR,
    loose=frozenset(
        "a sobre hacia como tipo eso de las tal vez la y pico mas o menos dia el hora del para seria sea en los".split()
    ),
    there_by=phrase(
        r"(?:estar|llegar)(?: [^,;.\d]{2,40}?)? (?:antes de|a mas tardar)"
        r"|(?:debo|debemos|tengo que|tenemos que|hay que|necesit[oa]|necesitamos|quiero|queremos|quisiera|quisieramos|gustaria|para|poder) (?:estar|llegar)(?: [^,;.\d]{2,40}?)?(?= (?:a|sobre|como a|hacia|para|antes de) (?:las?|el)\b| al mediodia)"
        rf"|para (?:mi|nuestr[oa]|la|el|una) {_APPOINTMENT}(?: (?:de|a|que es|es))?|(?:tengo|tenemos|hay) (?:una? |la )?{_APPOINTMENT}"
        r"|dej(?:e|en|ar)(?:me|nos)? (?:en|al?) [^,;.\d]{2,40}?(?= a las?\b)"
    ),
    takeoff=phrase(
        r"vuelo (?:(?=a las |de las )|sale|despega|es|parte)|(?:volamos|despegamos|despego)(?= a| ·)|(?:mi|el|nuestro) avion sale|salida del vuelo"
    ),
    for_so_many=phrase(
        rf"para (?:solo |solamente |los )?(?P<n>\d{{1,2}}(?!\s*(?:am|pm|de la|h\b|:))|{alternatives({w: n for w, n in NUMBERS.items() if len(w) > 2 and ' ' not in w and n > 1})})(?=\s*(?:[.,!?;)·\n]|\Z)|\s+(?:por favor|porfa|gracias|desde|hasta|y|en total|nada|a|al|del?)\b)"
    ),
    no_count=phrase(r"(?:el|ese|este|otro|ningun|cada) uno"),
    bags=phrase(
        rf"(?P<n>{_N})\s*(?:maletas?|bultos?|equipajes?|valijas?|maletines?|mochilas?|piezas)(?:\s+(?:de mano|grandes?|pequen[oa]s?))?"
    ),
    wheelchair=phrase(
        r"(?:mi \w+ (?=usa|necesita|lleva|va|anda|viaja|viene|esta|tiene)|(?:hay|tienen|pueden (?:llevar|enviar))(?: (?:una?|algun|espacio|carros?|vehiculos?|vans?|taxis?|para|con|que lleven?))* )?"
        r"(?:(?:que |quien )?(?:usa|usamos|uso|necesita|necesito|necesitamos|lleva|llevo|llevamos|traigo|trae|traemos|viene|vengo|venimos|va|voy|vamos|anda|viaja|viajo|esta|tiene|tengo|tenemos|se mueve|con|en|y|mas)\s+)*"
        rf"(?:(?:una?|la|mi|su|nuestra|en|de)\s+)*(?:(?P<many>{_N})\s+)?sillas? de ruedas(?:\s+(?:(?:{_RIGIDA})|(?:que |y )?(?:es |se )?(?:{_PLEGABLE})))?(?:\W+(?:si )?cabe)?"
    ),
    folding=phrase(_PLEGABLE),
    rigid=phrase(_RIGIDA),
    no_bags=phrase(r"sin (?:equipaje|maletas?)|no llev(?:o|amos) (?:equipaje|maletas?)|solo (?:equipaje )?de mano"),
    route=phrase(
        r"(?:.{0,40}?\b(?:de|del|desde)\s+)(?P<pickup>[^,;·\n]{2,60}?)[\s·,]+(?:a|al|hasta|hacia|para|pa|pal|pa'l|>)\s+(?P<dropoff>[^;\n]{2,80})|(?P<pickup2>[^,;·\n]{2,60}?)\s*(?:\b(?:a|al|hasta|hacia|para|pa|pal|pa'l)\b|->|=>|>|\s-\s)\s*(?P<dropoff2>[^;\n]{2,80})"
    ),
    pickup=phrase(
        r"(?:desde|lleg(?:o|amos|ando)(?:[^,;]{0,60}?)\b(?:al?|por)|aterriz(?:o|amos) en|del?|rec[oó]j[ae](?:n?os|me)(?: en)?|recojanos en|recogida en|salimos del?|en el hotel)\s+(?P<place>[^,;·\n]{2,60})"
    ),
    dropoff=phrase(
        r"(?:(?<!voy a )(?<!vamos a )estar en|(?:ir |vamos |voy |llegar |llev[ae](?:r?nos|r?me) )?(?:a|al|hasta|hacia|para|pa|pal|pa'l)|destino)\s+(?P<place>[^,;·\n]{2,60})"
    ),
    staying=phrase(
        r"(?:(?:me )?(?:quedo|quedamos|hospedo|hospedamos|alojo|alojamos|estamos|estoy|estaremos|voy a estar) en|nos (?:quedamos|hospedamos|alojamos) en|hospedad[oa]s? en|alojad[oa]s? en)\s+(?P<place>[^,;·\n]{2,60})"
    ),
    from_there=phrase(r"desde|saliendo"),
    way=ways.WAY,
    between=ways.BETWEEN,
    before_name=ways.BEFORE_NAME,
    after_name=ways.AFTER_NAME,
    name_tail=ways.NAME_TAIL,
    generic=ways.GENERIC,
    no_name=ways.NO_NAME,
    infinitive=ways.INFINITIVE,
    arriving=ways.ARRIVING,
    setting_out=ways.SETTING_OUT,
    by=ways.BY,
    not_before=phrase(r"(?<!no )despues de|a partir de"),
    riding=ways.RIDING,
    and_more=phrase(r"con|y (?:una?|mi|nosotros|\d+|llegando|luego)|para (?:mi|nuestr[oa]|la|una?)"),
    place_filler=phrase(
        r"un traslado|traslado|una?|transporte|un taxi|taxi|privado|por favor|porfa|hola+|buenas|buenos dias|buenas tardes|buenas noches|quiero|queremos|quisiera|cotizar|saber|consultar|informacion|necesito|necesitamos|reservar|ir|vamos|voy|nosotros|el|la|los|las|del|desde|de|al|en|para|y|nos|me|recoger|llegamos|llego|llegando|estamos|hospedados|es|por|excursion|viaje|otr[oa]"
    ),
    airport=whole(r"(?:el |del |al )?aeropuerto(?: internacional)?|airport"),
    transfer=phrase(
        r"traslados?|transfer|taxi|transporte|guagua|chofer|que (?:me|nos) (?:busquen|recojan|lleven)|carrera|recogida en (?:el )?aeropuerto"
    ),
    room=phrase(
        r"(?:habitacion|hab|cuarto|suite|villa)\.?\s*(?:numero|no\.?|nr\.?|#)?\s*(?P<room>[a-z]?-?\d[\w-]{0,9})"
    ),
    cheapest=whole(
        r"(?:el |la |lo )?(?:mas (?:barat[oa]|economic[oa]|pequen[oa]|chiquit[oa])|barat[oa]|economic[oa])(?: por favor)?|cualquiera|el que sea|la que sea|uste(?:d|des) (?:elij|decid)an?"
    ),
    largest=whole(r"(?:el |la )?(?:mas (?:grande|amplio|amplia|espacios[oa])|grande)(?: por favor)?"),
    flight=phrase(r"(?:numero de )?vuelo(?: es)?(?: el)?"),
    name=phrase(r"(?:mi nombre es|me llamo|a nombre de|el nombre es|nombre:)\s+(?P<name>[^,;\n·]{2,80})"),
    i_am=phrase(r"soy|le habla|le escribe"),
    ours=phrase(r"(?:nuestr[oa]|mi|es|de|estamos de|el|por|que|espos[oa]|novi[oa])(?: \w+)?"),
    occasions={
        "honeymoon": phrase(r"luna de miel|recien casad[oa]s"),
        "anniversary": phrase(r"aniversario"),
        "birthday": phrase(r"cumple(?: ?anos)?"),
        "proposal": phrase(r"pedida de mano|propuesta de matrimonio|pedirle matrimonio|compromiso"),
    },
    own_way=whole(
        r"(?:yo )?(?:llego|llegamos|voy|vamos|ire|iremos)(?: alla| alli)?(?: por (?:mi|nuestra) cuenta| sol[oa]s?| directo)|por (?:mi|nuestra) cuenta|sin recogida|no (?:necesito|necesitamos) (?:recogida|transporte)|nos vemos alla"
    ),
    without=phrase(r"sin|no|quitar|quit[ea](?:r?me|r?nos)?|saque|menos"),
    more=phrase(r"mas|otr[oa]|adicional(?:es)?"),
    less=phrase(r"menos"),
    hotel=whole(r"hotel|resort|airbnb|villa"),
    hotel_is=phrase(
        r"(?:(?:cambi(?:ar|e|a|o)|corregir|corrija|actualizar) (?:el |mi |nuestro )?(?:hotel|resort|airbnb)\s*(?:a|al|por|para|:)|(?:el|mi|nuestro) (?:hotel|resort|airbnb) (?:es|sera|seria|debe ser)(?: ahora)?(?: el)?|hotel\s*[:=])\s+(?P<place>[^,;·\n]{2,60})"
    ),
    one_way=phrase(r"solo (?:de )?ida|solamente (?:de )?ida|sin (?:vuelta|regreso)|(?:un )?solo (?:trayecto|sentido)"),
    both_ways=phrase(
        r"(?:de )?ida y (?:de )?(?:vuelta|regreso)|(?:viaje )?redondo|(?:los dos|ambos) (?:trayectos|sentidos)"
    ),
    way_back=phrase(
        rf"(?:y )?(?:con )?(?:la |el |de )?(?:vuelta|regreso|regresamos|volvemos|regresando|volviendo|vuelvo)\b(?P<rest>[^,;\n]*{_MORE})(?P<rest2>)"
    ),
    days_later=later_of("dias?|noches?", "semanas?", "despues|mas tarde", "despues de|a los|a las"),
    via=stop_of(
        r"via|(?:con |y )?(?:una )?(?:breve )?parada en|parando (?:en|por)|haciendo (?:una )?parada en|pasando por|con escala en",
        r"y|luego|a|el|a las|manana|para",
    ),
    for_hours=phrase(r"(?:por|durante) (?P<n>\d{1,2}|[a-z]+) horas?|(?P<n2>\d{1,2}|[a-z]+) horas? (?:de|con)"),
    bare_hours=phrase(r"(?P<n>\d{1,2}|[a-z]+)\s*(?:horas?|hrs?|h)"),
    half_day=phrase(r"medio dia"),
    whole_day=phrase(r"todo el dia|(?:el )?dia (?:entero|completo)"),
    hired=phrase(r"chofer|conductor"),
)
