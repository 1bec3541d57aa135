"""Spanish numbers, days and times of day, as they are said in the Caribbean."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
from flows.understand.calendar import (
    RULES,
    Span,
    in_near_year,
    minutes_less,
    minutes_past,
    next_week_day,
    shapes,
    shifted,
)
from flows.understand.grammar import Grammar, rules
from flows.understand.parties import PARTIES
from flows.understand.words import all_of, counting, each

PARTS = {
    "a": "de la manana|por la manana|en la manana|esta manana|de la madrugada|por la madrugada|en la madrugada|de la mananita|temprano|tempranito|bien temprano|temprano en la manana|temprano por la manana|a primera hora|a primera hora de la manana|am",
    "p": "temprano en la tarde|al final de la tarde|a finales de la tarde|al caer la tarde|de la tarde|por la tarde|en la tarde|a la tarde|esta tarde|del mediodia|del medio dia|de la tardecita",
    "n": "temprano en la noche|noche|la noche|de la noche|por la noche|en la noche|a la noche|esta noche",
}
LEXICON = {
    "SMALL": counting(1, "un|una|uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve"),
    "TENS": {word: n * 10 for word, n in counting(2, "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa").items()},
    "TWENTIES": counting(21, "veintiun|veintiuno|veintiuna veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"),
    "ZERO": each({0: "cero|zero|0"}),
    "HUNDRED": all_of("cien|ciento"), "HUNDREDWORD": {word: n * 100 for word, n in counting(2, "doscientos|doscientas trescientos|trescientas cuatrocientos|cuatrocientas quinientos|quinientas seiscientos|seiscientas setecientos|setecientas ochocientos|ochocientas novecientos|novecientas").items()},
    "THOUSAND": all_of("mil"), "MILLION": all_of("millon|millones"), "DOZEN": all_of("docena|docenas"), "COUPLE": all_of("par"),
    "ORDWORD": counting(1, "primero|primer|primera segundo|segunda tercero|tercer|tercera cuarto|cuarta quinto|quinta sexto|sexta septimo|septima octavo|octava noveno|novena decimo|decima"),
    "ONE": all_of("un|una"), "HALF": all_of("media|medio"), "AND": all_of("y|e"), "OR": all_of("o|u"), "DASH": all_of("-"), "SLASH": all_of("/"), "COMMA": all_of(","), "DOT": all_of("."),
    "THE": all_of("el|la|los|al"), "ON": all_of("en|para|del|de"), "FORDAY": all_of("el|para el|del|al|hasta el|desde el"), "OF": all_of("de|del|de el|do|en"), "IN": all_of("en|dentro de|de aqui a"),
    "WEEKDAY": counting(0, "lunes|lun martes miercoles|mie|mier jueves|jue|juev viernes|vie|vier sabado|sabados|sab domingo|domingos|dom"),
    "SHORT": counting(0, "lu|l ma|m mi|x ju|j vi|v sa|s do|d"),
    "MONTH": counting(1, "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago septiembre|setiembre|sept|sep octubre|oct noviembre|nov diciembre|dic"),
    "DAYWORD": each({0: "hoy|hoy dia|esta noche|esta tarde|esta manana|hoy mismo", 1: "manana|manana mismo", 2: "pasado manana|pasao manana|pasado", -1: "ayer|anoche", -2: "anteayer|antier|antes de ayer|antes de anoche"}),
    "DAYNOUN": all_of("dia"), "MONTHNOUN": all_of("mes"), "WEEK": all_of("semana"), "WEEKLATER": each({7: "en ocho|en ocho dias|a ocho dias", 14: "en quince|a quince dias"}), "WEEKEND": all_of("fin de semana|finde"),
    "TONIGHT": all_of("esta noche"), "NOW": all_of("lo antes posible|cuanto antes|lo mas pronto posible|ahora mismo|de inmediato|inmediatamente|ya mismo"), "NOW_": all_of("ahora|ahorita"), "PLEASE": all_of("por favor|porfa"),
    "EASTER": each({0: "domingo de pascua|domingo de resurreccion|pascua", -2: "viernes santo", -3: "jueves santo", -1: "sabado santo|sabado de gloria", -7: "domingo de ramos", -46: "miercoles de ceniza"}), "HOLYWEEK": all_of("semana santa"),
    "THANKSGIVING": each({0: "accion de gracias|dia de accion de gracias", 1: "viernes negro|black friday"}), "EVE": all_of("vispera|visperas"), "ABOUT": each({1: "principio|principios|a principios|a principio|a comienzos|inicios|a inicios", 14: "mediados|a mediados", -2: "fin|final|finales|a fines|a finales|a fin"}),
    "THIS": all_of("este|esta|de este|de esta|en esta"), "NEXT": all_of("proximo|proxima|siguiente|otra|la proxima|la siguiente|la otra|el proximo"), "AFTERNEXT": {}, "EARLY": {}, "COMING": all_of("que viene|que entra|que sigue|proximo|siguiente"), "LAST": all_of("pasado|pasada|anterior|ultimo|ultima"), "END": all_of("fin|final|fines|finales|a finales|a fin"), "LATE": {}, "LASTBUT": each({1: "penultimo", 2: "antepenultimo"}), "NEAREST": all_of("mas cercano|mas cercana"),
    "UNIT": each({Span(days=1): "dia|dias", Span(days=7): "semana|semanas", Span(months=1): "mes|meses", Span(months=12): "ano|anos", Span(minutes=60): "hora|horas|hrs|h", Span(minutes=1): "minuto|minutos|min|mins"}),
    "FROMNOW": all_of("a partir de ahora|desde ahora|a partir de hoy|desde hoy|despues de hoy"), "LATER": all_of("despues|mas tarde"), "AGO_": all_of("hace"), "AGO": all_of("atras"), "AFTER": all_of("despues de|despues del|tras|siguiente a|siguiente al"), "SINCE": all_of("desde|a partir de|a partir del|desde el"), "BEFORE": all_of("antes de|antes del"),
    "UNTIL": all_of("hasta|regreso|de regreso|regresando|vuelta|de vuelta|regresamos|volvemos|volviendo|regreso el dia"), "TILL": all_of("a|al|hasta"),
    "HOLIDAY": each({(25, 12): "navidad|dia de navidad", (24, 12): "nochebuena|noche buena|vispera de navidad", (31, 12): "nochevieja|fin de ano|noche vieja|ano viejo", (1, 1): "ano nuevo|dia de ano nuevo", (6, 1): "dia de reyes|reyes", (14, 2): "san valentin|dia de san valentin|dia de los enamorados", (1, 5): "dia del trabajador|dia del trabajo|dia de los trabajadores|dia internacional de los trabajadores"}),
    "AT": all_of("las|a las|al las|para las|sobre las|hacia las|a eso de las|como a las|como las|tipo|tipo las|desde las|cerca de las|alrededor de las|despues de las|antes de las|a partir de las|de las|pa las|hasta las|son las|por las"),
    "LA": all_of("la|a la|para la|sobre la|hacia la|a eso de la|como a la|cerca de la|antes de la|despues de la"), "NEAR": all_of("al|a|a eso del|cerca de|cerca del|hacia|hacia el|sobre el|alrededor de|alrededor del|para el|antes del|despues del"),
    "AMPM": each({"a": "am|a . m .|a . m|a m", "p": "pm|p . m .|p . m|p m"}), "AMPM_": all_of("en punto|pasadas|mas o menos|y pico|hora local|aproximadamente"),
    "OCLOCK": all_of("en punto"), "HOURS": all_of("horas|hrs|h|hs"), "HALFPAST": {}, "PAST": {}, "TO": {}, "ISH": {}, "QUARTER": all_of("cuarto"), "THREEQUARTERS": all_of("tres cuartos"), "PARALAS": all_of("para las|para la|pa las|pa la"), "PASADAS": all_of("pasadas las|pasada la|pasadas de las|pasados las"), "MINUS": all_of("menos"), "MINUTES": all_of("minutos"),
    "ZONE": all_of("est|edt|et|pst|pdt|cst|cdt|gmt|utc|cet|cest|hora de espana|hora de madrid|hora espanola|hora del este|hora de nueva york|hora de miami|hora de mexico|hora de colombia|hora de argentina|hora de mi pais"),
    "NOON": all_of("mediodia|medio dia|las 12 del dia|las doce del dia|las 12 del mediodia|las doce del mediodia|12 del mediodia|las 12 m"), "MIDNIGHT": all_of("medianoche|media noche"),
    "PART": each(PARTS), "GREETING": all_of("reservar ahora|pagar ahora|enviar ahora|por ahora|hasta ahora|de ahora|ahora no|no ahora|buenos dias|buenas tardes|buenas noches|buen dia"),
    "THING": all_of("persona|personas|pax|pasajero|pasajeros|pasajera|huesped|huespedes|viajeros|viajero|adulto|adultos|adulta|adultas|nino|ninos|nina|ninas|menor|menores|bebe|bebes|infante|infantes|hijo|hijos|hija|hijas|chico|chicos|maleta|maletas|bulto|bultos|mochila|mochilas|dolares|pesos|usd|%|$|anos|anitos|noches|noche|paradas|boletos|asientos|habitaciones|sillas|silla|amigos|amigas|mayores|grandes|pequenos|mas|de nosotros"),
    "MONEY": all_of("$|€|#|numero|habitacion|vuelo|villa|apto|terminal|puerta|calle|cuarto|hab"),
}  # fmt: skip
PARTY = {
    "WHO": each({"people": "persona|personas|pax|pasajero|pasajeros|pasajera|pasajeras|huesped|huespedes|viajero|viajeros|gente", "adults": "adulto|adultos|adulta|adultas|mayores|senor|senores|senora|senoras|mujer|mujeres|hombre|hombres", "children": "nino|ninos|nina|ninas|menor|menores|chico|chicos|chica|chicas|hijo|hijos|hija|hijas|muchacho|muchachos|muchacha|muchachas|adolescente|adolescentes", "infants": "bebe|bebes|infante|infantes|recien nacido|recien nacida|recien nacidos"}),
    "KIDS": all_of("nino|ninos|nina|ninas|hijo|hijos|hija|hijas|bebe|bebes"),
    "KID": each({"children": "nino|nina|hijo|hija", "infants": "bebe"}),
    "FOLK": each({1: "esposa|esposo|marido|mujer|pareja|novia|novio|prometida|prometido|amiga|amigo|mama|papa|madre|padre|hermana|hermano|abuela|abuelo|tia|tio|prima|primo|suegra|suegro|cunada|cunado|colega|amigas|amigos|hermanas|hermanos|tias|tios|primas|primos|colegas|companeros|companeras", 2: "padres|papas|abuelos|suegros|parejas"}),
    "MANY": all_of("ninos|ninas|hijos|hijas|familia|amigos|amigas|grupo|companeros"),
    "MY": all_of("mi|mis|nuestro|nuestra|nuestros|nuestras"), "ME": all_of("conmigo"), "I": all_of("yo|un servidor|una servidora"), "WITH": all_of("con|junto con|junto a"), "PLUS": all_of("mas|+|&"), "NOBODY": all_of("sin|ningun|ninguna|cero"),
    "LITTLE": all_of("pequeno|pequenos|pequena|pequenas|chiquito|chiquitos|chiquita"), "OFUS": all_of("de nosotros|de nosotras"), "SEATS": all_of("boleto|boletos|asiento|asientos|puesto|puestos|pasajes"), "ANYTHING": all_of("boletos de"), "CAR": all_of("de carro|para"),
    "FAMILYOF": all_of("familia de|grupo de|una familia de|un grupo de|un total de|total de"), "INTOTAL": all_of("en total|total"),
    "LONE": each({1: "solo yo|sola yo|yo solo|yo sola|nada mas yo|solamente yo|voy solo|voy sola|viajo solo|viajo sola|yo nada mas|yo na mas", 2: "los dos|somos pareja|una pareja|somos una pareja|nosotros dos|las dos"}),
    "YEAROLD": {}, "MONTHOLD": {}, "YEARS": all_of("ano|anos|anito|anitos"), "MONTHS": all_of("mes|meses"), "COUPLES": all_of("parejas"),
    "AGED": all_of("de|con|que tiene|que tienen|tiene|tienen|de edades|con edades de|edades|edad|de edad"), "LEFT": all_of("("), "RIGHT": all_of(")"),
    "OFTHEM": all_of("de ellos|de ellas|de los cuales|son|es|de ellos son"), "INCLUDING": all_of("incluyendo|incluido|incluida|incluidos|contando|entre ellos|de ellos|de los cuales"), "WEARE": all_of("somos|seremos|vamos|iremos|viajamos|vamos a ser|son|serian|seriamos|ahora somos|es|seran|vienen|viajan"),
    "MORE": all_of("mas|adicional|adicionales|extra"), "ANOTHER": all_of("otro|otra|otros|otras"), "LESS": all_of("menos"), "MINUS": all_of("menos|quite|quitar|quita|saque"),
    "FROMSO": all_of("de|desde"), "BETWEEN": all_of("entre"), "UPTO": all_of("a"), "INSTEADOF": all_of("en vez de|en lugar de|y no|no"),
}  # fmt: skip
OWN = [
    *rules("COUNTED", "FORDAY FIGURES", lambda now: True),
    *rules(
        "TIME",
        "[NUM] MINUTES? PARALAS [FACE]",
        lambda now, n, face: shifted(-n)(now, face) if n in (5, 10, 15, 20, 25) else None,
    ),
    *rules("TIME", "ONE? QUARTER PARALAS [FACE]", shifted(-15)),
    *rules("TIME", "[NUM] MINUTES? PASADAS [FACE]", minutes_past),
    *rules("DATE", "[MD] OF [FIGURES]", in_near_year),
    *rules("TIME", "[TIME] WITH [NUM] MINUTES", lambda now, time, n: minutes_past(now, n, time)),
    *rules("NUM", "[TWENTIES]", lambda now, n: n),
    *rules("NUM", "[TENS] AND [SMALL]", lambda now, tens, ones: tens + ones if tens > 20 and ones < 10 else None),
    *rules("DAY", "NEXT [WEEKDAY]", next_week_day),
    *rules("DAY", "[WEEKDAY] COMING", next_week_day),
    *rules("MD", "THE|ON? [NUM] OF [NUM]", lambda now, d, m: (d, m) if d < 32 and m < 13 else None),
    *rules("FACE", "[FACE] AND HALF", shifted(30)),
    *rules("FACE", "[FACE] AND QUARTER", shifted(15)),
    *rules(
        "FACE", "[FACE] AND [NUM]", lambda now, face, n: minutes_past(now, n, face) if face.minutes % 60 == 0 else None
    ),
    *rules("FACE", "[FACE] MINUS QUARTER", shifted(-15)),
    *rules("FACE", "[FACE] MINUS [NUM]", minutes_less),
    *rules("TIME", "[TIME] MINUS QUARTER", shifted(-15)),
    *rules("TIME", "LA [FACE]", lambda now, face: face if face.minutes // 60 in (0, 1, 13) and face.minutes else None),
]
GRAMMAR = Grammar.of(
    LEXICON | PARTY, [*RULES, *PARTIES, *OWN], shapes(True, "ro|do|to|er|o|a|mo|vo|no", "h|hs|hrs|horas")
)
