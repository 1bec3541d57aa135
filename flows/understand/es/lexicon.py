"""Spanish numbers, days and times of day, as they are said in the Caribbean."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
from flows.understand.calendar import RULES, Span, minutes_less, minutes_past, next_week_day, shapes, shifted
from flows.understand.grammar import Grammar, rules
from flows.understand.words import all_of, counting, each

PARTS = {
    "a": "de la manana|por la manana|en la manana|esta manana|de la madrugada|por la madrugada|en la madrugada|de la mananita|bien temprano|am",
    "p": "de la tarde|por la tarde|en la tarde|a la tarde|esta tarde|del mediodia|del medio dia|de la tardecita",
    "n": "de la noche|por la noche|en la noche|a la noche|esta noche",
}
LEXICON = {
    "SMALL": counting(1, "un|una|uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve"),
    "TENS": {word: n * 10 for word, n in counting(2, "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa").items()},
    "TWENTIES": counting(21, "veintiun|veintiuno|veintiuna veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"),
    "ZERO": each({0: "cero|zero|0"}),
    "HUNDRED": all_of("cien|ciento"), "HUNDREDWORD": {word: n * 100 for word, n in counting(2, "doscientos|doscientas trescientos|trescientas cuatrocientos|cuatrocientas quinientos|quinientas seiscientos|seiscientas setecientos|setecientas ochocientos|ochocientas novecientos|novecientas").items()},
    "THOUSAND": all_of("mil"), "DOZEN": all_of("docena|docenas"), "COUPLE": all_of("par"),
    "ORDWORD": counting(1, "primero|primer|primera segundo|segunda tercero|tercer|tercera cuarto|cuarta quinto|quinta sexto|sexta septimo|septima octavo|octava noveno|novena decimo|decima"),
    "ONE": all_of("un|una"), "HALF": all_of("media|medio"), "AND": all_of("y|e"), "OR": all_of("o|u"), "DASH": all_of("-"), "SLASH": all_of("/"), "COMMA": all_of(","), "DOT": all_of("."),
    "THE": all_of("el|la|los|al"), "ON": all_of("en|para|del|de"), "FORDAY": all_of("el|para el|del|al|hasta el|desde el"), "OF": all_of("de|del|de el|do|en"), "IN": all_of("en|dentro de|de aqui a"),
    "WEEKDAY": counting(0, "lunes|lun martes miercoles|mie|mier jueves|jue|juev viernes|vie|vier sabado|sabados|sab domingo|domingos|dom"),
    "SHORT": counting(0, "lu|l ma|m mi|x ju|j vi|v sa|s do|d"),
    "MONTH": counting(1, "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago septiembre|setiembre|sept|sep octubre|oct noviembre|nov diciembre|dic"),
    "DAYWORD": each({0: "hoy|hoy dia|esta noche|esta tarde|esta manana|hoy mismo", 1: "manana|manana mismo", 2: "pasado manana|pasao manana|pasado", -1: "ayer|anoche", -2: "anteayer|antier|antes de ayer|antes de anoche"}),
    "DAYNOUN": all_of("dia"), "MONTHNOUN": all_of("mes"), "WEEK": all_of("semana"), "WEEKLATER": all_of("en ocho|en ocho dias"), "WEEKEND": all_of("fin de semana|finde"),
    "THIS": all_of("este|esta|de este|de esta|en esta"), "NEXT": all_of("proximo|proxima|siguiente|otra|la proxima|la siguiente|la otra|el proximo"), "COMING": all_of("que viene|que entra|que sigue|proximo|siguiente"), "LAST": all_of("pasado|pasada|anterior|ultimo|ultima"), "END": all_of("fin|final|fines|finales|a finales|a fin"),
    "UNIT": each({Span(days=1): "dia|dias", Span(days=7): "semana|semanas", Span(months=1): "mes|meses", Span(months=12): "ano|anos", Span(minutes=60): "hora|horas|hrs|h", Span(minutes=1): "minuto|minutos|min|mins"}),
    "FROMNOW": all_of("a partir de ahora|desde ahora|a partir de hoy|desde hoy|despues de hoy"), "LATER": all_of("despues|mas tarde"), "AGO_": all_of("hace"), "AFTER": all_of("despues de|despues del|tras"), "SINCE": all_of("desde|a partir de|a partir del|desde el"), "BEFORE": all_of("antes de|antes del"),
    "UNTIL": all_of("hasta|regreso|de regreso|regresando|vuelta|de vuelta|regresamos|volvemos|volviendo|regreso el dia"), "TILL": all_of("a|al|hasta"),
    "HOLIDAY": each({(25, 12): "navidad|dia de navidad", (24, 12): "nochebuena|noche buena|vispera de navidad", (31, 12): "nochevieja|fin de ano|noche vieja|ano viejo", (1, 1): "ano nuevo|dia de ano nuevo", (6, 1): "dia de reyes|reyes", (1, 5): "dia del trabajador|dia del trabajo|dia de los trabajadores|dia internacional de los trabajadores"}),
    "AT": all_of("las|a las|al las|para las|sobre las|hacia las|a eso de las|como a las|como las|tipo|tipo las|desde las|cerca de las|alrededor de las|despues de las|antes de las|a partir de las|de las|pa las|hasta las|son las|por las"),
    "LA": all_of("la|a la|para la|sobre la|hacia la|a eso de la|como a la|cerca de la|antes de la|despues de la"), "NEAR": all_of("al|a|a eso del|cerca de|cerca del|hacia|hacia el|sobre el|alrededor de|alrededor del|para el|antes del|despues del"),
    "AMPM": each({"a": "am|a . m .|a . m|a m", "p": "pm|p . m .|p . m|p m"}), "AMPM_": all_of("en punto|mas o menos|y pico|hora local|aproximadamente"),
    "OCLOCK": all_of("en punto"), "HOURS": all_of("horas|hrs|h|hs"), "QUARTER": all_of("cuarto"), "MINUS": all_of("menos"), "MINUTES": all_of("minutos"),
    "NOON": all_of("mediodia|medio dia|las 12 del dia|las doce del dia|las 12 del mediodia|las doce del mediodia|12 del mediodia|las 12 m"), "MIDNIGHT": all_of("medianoche|media noche"),
    "PART": each(PARTS), "GREETING": all_of("buenos dias|buenas tardes|buenas noches|buen dia"),
    "THING": all_of("persona|personas|pax|pasajero|pasajeros|pasajera|huesped|huespedes|viajeros|viajero|adulto|adultos|adulta|adultas|nino|ninos|nina|ninas|menor|menores|bebe|bebes|infante|infantes|hijo|hijos|hija|hijas|chico|chicos|maleta|maletas|bulto|bultos|mochila|mochilas|dolares|pesos|usd|%|$|anos|anitos|noches|noche|paradas|boletos|asientos|habitaciones|sillas|silla|amigos|amigas|mayores|grandes|pequenos|mas|de nosotros"),
    "MONEY": all_of("$|€|#|numero|habitacion|vuelo|villa|apto|terminal|puerta|calle|cuarto|hab"),
}  # fmt: skip
OWN = [
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
GRAMMAR = Grammar.of(LEXICON, [*RULES, *OWN], shapes(True, "ro|do|to|er|o|a|mo|vo|no"))
