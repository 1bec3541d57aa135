"""Spanish: what guests ask about a booking."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
from flows.understand.vocabulary import phrase

_OURS = r"(?:el|la|los|las|mi|mis|nuestr[oa]s?|este|esta|ese|esa|una?)"
_BOOKING = r"(?:reservas?|reservacion(?:es)?|traslados?|viajes?|excursion(?:es)?|tours?|recogidas?|servicios?|carros?|chofer|vuelta|regreso|retorno|ida|[a-z]{2,4}-[2-9a-z]{5})"

ASKS = {
    "flight_off": phrase(
        r"vuelo(?: (?:fue|ha sido|esta|quedo|me lo|nos lo|lo han|lo))? (?:sido )?(?:cancel(?:ado|aron)|suspendido)|(?:cancelaron|suspendieron|han cancelado|cancelado|cancelada) (?:el|mi|nuestro) vuelo|perd(?:i|imos) (?:el|mi|nuestro|la) (?:vuelo|conexion|avion)"
    ),
    "cancel": phrase(
        rf"(?:cancel(?:ar|e|a|en|emos|arla|arlo)|anul(?:ar|e|a|en|emos))(?: {_OURS})? (?:\w+ )?{_BOOKING}|ya no (?:necesit(?:o|amos)|quiero|queremos) {_OURS} (?:\w+ )?{_BOOKING}|(?:cargo|costo|politica|condiciones) (?:de|por) (?:cancelacion|cancelar|anulacion)|cuanto (?:cuesta|cobran|es) (?:cancelar|anular)"
    ),
    "delay": phrase(
        r"(?:vuelo|avion)[^.?!]{0,30}\b(?:retras\w*|demor\w*|atras\w*|tarde)|(?:retraso|demora) (?:del?|en el|en mi) (?:vuelo|avion)|(?:estamos|estoy|vamos|voy|venimos|vengo|llegamos|salimos) (?:\w+ )?(?:retrasad\w+|demorad\w+|atrasad\w+|con (?:retraso|demora))|nueva hora de (?:llegada|aterrizaje)"
    ),
    "driver": phrase(
        r"(?:donde|adonde) (?:esta|estan|anda|queda) ?(?:el|mi|nuestro|la|su)? (?:chofer|conductor|carro|vehiculo|transporte|van|guia|traslado|taxi|guagua)|quien (?:es|nos recoge|me recoge|es el|es mi|nos busca|me busca)(?: (?:chofer|conductor))?|(?:ya )?(?:aterric(?:e|amos)|aterrizamos|aterrize)(?! (?:a |sobre |como |ahora))|(?:no hay nadie|nadie (?:ha venido|nos espera|me espera|vino|llego|aparece))|no (?:veo|vemos|encuentro|encontramos) (?:al|el|a mi|a nuestro|mi|nuestro|ningun) (?:chofer|conductor|carro|guia)|(?:telefono|numero|placa|nombre|contacto) del (?:chofer|conductor|carro|vehiculo)"
    ),
    "resend": phrase(
        r"(?:reenvi(?:e|ar|eme|arme|a|enme)|(?:envi|mand)(?:e|a|ar|eme|ame|arme|enos|arnos|enme)|(?:vuelv\w+|volver) a (?:enviar|mandar)(?:me|nos)?)(?: (?:otra vez|de nuevo))? (?:el|la|mi|mis|los|una? copia (?:del?|de la|de mi)|nuestro)? ?(?:boletos?|tickets?|factura|confirmacion|recibo|voucher|enlace|documentos)|(?:boleto|ticket|factura|confirmacion|recibo|voucher) (?:otra vez|de nuevo)|(?:perdi|borre|no encuentro|no me llego|no he recibido|no recibi|necesito|donde esta) (?:el|la|mi|una?) (?:boleto|ticket|factura|confirmacion|recibo|voucher|enlace)"
    ),
    "mine": phrase(
        r"(?:ver|muestre|muestreme|mostrar|lista(?:r)?|consultar|cuales son|que) (?:todas )?(?:mis|nuestras|las) (?:reservas|reservaciones)|mis (?:reservas|reservaciones)|nuestras reservas|(?:tengo|tenemos) (?:alguna|una) reserva\b(?! nueva)|que (?:he|hemos|tengo|tenemos) reservado|estado de (?:mi|la|nuestra) reserva|donde esta mi reserva|ver mi reserva"
    ),
    "lost": phrase(
        r"(?:se me qued(?:o|aron)|se nos qued(?:o|aron)|dej(?:e|amos)|olvid(?:e|amos)|perd(?:i|imos))(?: (?:\w+ ){0,5})(?:en|dentro de|a bordo) (?:el|del|la|su|ese) (?:carro|van|vehiculo|guagua|minibus|taxi|bote|yate|jeepeta|transporte|sedan|autobus)|objetos? (?:perdidos?|olvidados?)"
    ),
}
ASKS_BOOKED = {
    "cancel": phrase(r"cancel(?:ar(?:la|lo)?|e|a|en|acion)|anular(?:la|lo)?|anule"),
    "delay": phrase(
        r"(?:aterriz\w+|lleg(?:o|amos|amo|ada|aremos|are))(?: ahora)?(?: a las?| sobre las?| como a las?)? \d[\d:.]*|(?:retrasad|demorad|atrasad)[oa]s?|(?:horas?|minutos?) (?:tarde|de retraso|de demora)"
    ),
    "driver": phrase(
        r"(?:ya )?(?:estoy|estamos) (?:aqui|afuera|en (?:el aeropuerto|la salida|el lobby|la puerta|el punto))|(?:ya )?(?:llegue|llegamos) (?:al aeropuerto|ya)|ya (?:llegue|llegamos)"
    ),
}
WAY_BACK = phrase(r"(?:la |de )?vuelta|regreso|retorno")
WAY_THERE = phrase(r"(?:la |de )?ida(?! y)|primer (?:viaje|traslado)")
LATE = phrase(
    r"(?:(?P<hours>\d{1,2}|una|dos|tres|cuatro|cinco|seis) horas?)?(?: ?y (?P<half>media))?(?: ?(?:y |con )?(?P<minutes>\d{1,3}) ?(?:minutos?|mins?|min))?"
)
BY_MAIL = phrase(r"(?:por|a|al) (?:mi |el )?(?:correo|e-?mail|mail)(?: electronico)?")
