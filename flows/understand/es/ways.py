"""Spanish: how the ends of a ride are told."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
import re

_ME = r"(?:me|nos|lo|la|los|las|les|le)"
WAY = re.compile(
    r"(?<!\w)(?:"
    rf"(?P<pickup>desde|(?:sal(?:go|imos|iendo|ida|ir|dremos|dre)|part(?:o|imos|iendo|ir)|vengo|venimos|viniendo|arranc\w+) (?:desde|del?)|(?:(?:que )?{_ME} )?(?:recoj(?:a|an|e|en)|recog(?:er|ida|en|e)|busc(?:ar|a|an|que)|busquen|pas(?:ar|e|en) (?:a buscar|por|a recoger)){_ME}? (?:en|por|del?|a)|(?:taxi|carro|chofer|transporte|guagua) en(?= (?:el|la|mi|nuestro) )|(?:lugar|punto) de (?:recogida|salida|origen)(?: es|:| en)?|origen(?: es|:)?)"
    rf"|(?P<dropoff>hasta|hacia|rumbo a|con destino a|(?:voy|vamos|ire|iremos|ir|va|van|llegar|llego|llegamos|viajar|viajo|viajamos|regresar|volver|iria|iriamos) (?:a|al|para|pa|hasta|hacia)|(?:{_ME} )?(?:llev(?:ar|e|a|en|an)|traslad(?:ar|e|en|o)){_ME}? (?:a|al|hasta|hacia|para)|(?<!voy a )(?<!vamos a )estar en|(?:{_ME} )?dej(?:ar|e|a|en|an){_ME}? (?:en|por)|destino(?: final)?(?: es|:)?|(?:lugar|punto) de (?:destino|llegada)(?: es|:)?)"
    r"|(?P<to>a|al|para|pa|pal)"
    r")(?=[\s,:])"
)
BETWEEN = re.compile(r"\bentre (?P<pickup>[^.,;?!·]{3,50}?) y (?P<dropoff>[^.,;?!·]{3,60})")
BEFORE_NAME = re.compile(r"[\s,:·\"'(]*(?:(?:el|la|los|las|mi|un|una)\s+(?=\S))?")
AFTER_NAME = re.compile(
    r"[·;?!\n()]|\.(?=\s|\Z)|,|\s-\s|->|=>|>"
    r"|(?<!\w)(?:por favor|porfa|gracias|a las?|al?(?= ·)|para|con|que|cuando|donde|somos|seremos|necesito|necesitamos|quiero|queremos|quisiera|sobre|antes|despues|desde|hasta|hacia|hoy|manana|pasado|este|esta|proximo|el(?= ·)|y (?:somos|quiero|necesito|luego|despues|de|nos|me|un|una|dos|tres|cuatro|\d+|el|la|mi|regreso|vuelta)|pero|si|porque|es|son|para|por la|en la|en el|saliendo|llegando|mas o menos|tengo|tenemos|llevamos|ida y vuelta|solo)(?!\w)"
)
NAME_TAIL = re.compile(r"(?:[\s,]+(?:de vuelta|de regreso|y|o|a|al|de|del|en|el|la|los|las|para|por|con|un|una))+\Z")
_KIND = r"(?:hotel|restaurante|estacion|museo|playa|casa|trabajo|oficina|lugar|sitio|centro|ciudad|evento|apartamento|alojamiento|airbnb|direccion)"
GENERIC = re.compile(
    rf"(?:(?:el|la|mi|nuestro|nuestra|un|una|ese|esa|este|esta|los|las) )*(?:{_KIND}|el|la|mi|nuestro|nuestra|su|alla|alli|ahi|aqui|aca|eso|esto|ese|esa|todos|todo|usted|ustedes|mi|nosotros|ellos)(?: (?:por favor|{_KIND}))*"
)
NO_NAME = re.compile(
    r"(?:\w+(?:ar|er|ir)(?:me|nos|lo|la|le|les|los|las|se)?|todos?|todas?|usted|ustedes|mi|me|nos|tu|el|ella|ellos|que|cual|como|donde|cuando|cuanto|quien|eso|esto|ese|esta|este|ahora|luego|las?|los|un|una|unos|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|nada|nadie|alguien|algo|partir|tiempo|hora|veces|menos|mas|si|no|ver|ser|hoy|manana|nosotros|mis?|su|sus|nuestr[oa]s?|personas?|adultos?)(?!\w)"
)
RIDING = re.compile(
    r"\b(?:traslados?|taxis?|transporte|viajes?|carros?|boletos?|pasajes?|ir|voy|vamos|trenes|tren|autobus|guagua|bus|desde|de|del|transfer|carrera|llev\w+)\b"
)
INFINITIVE = re.compile(
    r"\b(?:voy|vamos|va|van|iba|ibamos|vas|vaya|ayuda|ayudar|empezar|volver|gracias|debido|respecto|igual|gusto|uno|una)\s+\Z"
)
ARRIVING = re.compile(r"\b(?:lleg\w*|estar|estemos|dej\w+|este alla|ir a|ir al|llev\w+|vamos a|voy a)\b")
SETTING_OUT = re.compile(r"\b(?:sal(?:ir|go|imos|iendo|e|en|ida|ga)|part\w*|recog\w*|recoj\w*|busc\w*|busq\w*)\b")
BY = re.compile(
    r"(?:antes de|a mas tardar|maximo|no mas tarde de|antes del|a tiempo para)(?: (?:mi|nuestr[oa]|la|el))?\b"
)
