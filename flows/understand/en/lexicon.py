"""English numbers, days and times of day."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
from datetime import datetime, timedelta

from flows.understand.calendar import (
    RULES,
    Day,
    Span,
    add,
    coming,
    in_half,
    next_numbered,
    next_week_day,
    shapes,
    shifted,
)
from flows.understand.grammar import Grammar, rules
from flows.understand.parties import PARTIES
from flows.understand.words import all_of, counting, each

PARTS = {
    "a": "in the morning|this morning|morning|in the early morning|early morning|early in the morning|first thing|first thing in the morning",
    "p": "in the afternoon|this afternoon|afternoon|in the evening|this evening|evening|late afternoon|late evening|early evening|in the early evening|in the late afternoon",
    "n": "at night|tonight|night|late at night|during the night|in the night",
}
LEXICON = {
    "SMALL": counting(1, "one two three|tree four five six seven eight|eigth nine ten eleven twelve|twelfe thirteen fourteen fifteen sixteen seventeen eighteen nineteen"),
    "TENS": {word: n * 10 for word, n in counting(2, "twenty thirty forty|fourty fifty sixty seventy eighty ninety").items()},
    "ZERO": each({0: "zero|oh|o|nought|0"}),
    "HUNDRED": all_of("hundred"), "HUNDREDWORD": {}, "THOUSAND": all_of("thousand"), "MILLION": all_of("million"), "DOZEN": all_of("dozen|dozens"), "COUPLE": all_of("couple"),
    "ORDWORD": counting(1, "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth") | {"thirtieth": 30},
    "ONE": all_of("a|an|one"), "HALF": all_of("half"), "AND": all_of("and|&"), "OR": all_of("or"), "DASH": all_of("-"), "SLASH": all_of("/"), "COMMA": all_of(","), "DOT": all_of("."),
    "THE": all_of("the|da|d"), "ON": all_of("on|for|by"), "FORDAY": all_of("on the|by the|for the|until the|till the"), "OF": all_of("of|in"), "IN": all_of("in|within"),
    "WEEKDAY": counting(0, "monday|mondays|mon tuesday|tuesdays|tues|tue wednesday|wednesdays|wed thursday|thursdays|thurs|thur|thu friday|fridays|fri saturday|saturdays|sat sunday|sundays|sun"),
    "SHORT": counting(0, "mo tu we th fr sa su"),
    "MONTH": counting(1, "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sept|sep october|oct november|nov december|dec"),
    "DAYWORD": each({0: "today|tonight|this morning|this afternoon|this evening|2day|later today", 1: "tomorrow|tommorow|tommorrow|tomorow|tomorrows|tmrw|tmr|tmw|tomoz|2morrow", 2: "day after tomorrow|day after tmrw|overmorrow|day after tomorow|day after tommorow", -1: "yesterday|last night", -2: "day before yesterday"}),
    "DAYNOUN": all_of("day"), "MONTHNOUN": all_of("month"), "WEEK": all_of("week"), "WEEKLATER": each({7: "week", 14: "fortnight"}), "WEEKEND": all_of("weekend"),
    "TONIGHT": all_of("tonight|this evening"), "NOW": all_of("right now|asap|immediately|right away"), "NOW_": all_of("now"), "PLEASE": all_of("please|pls|plz"),
    "EASTER": each({0: "easter|easter sunday|easter day", -2: "good friday", -3: "maundy thursday|holy thursday", -7: "palm sunday", 1: "easter monday", -46: "ash wednesday"}), "HOLYWEEK": all_of("holy week|easter week"),
    "THANKSGIVING": each({0: "thanksgiving|thanksgiving day", 1: "black friday"}), "EVE": all_of("eve"), "ABOUT": each({1: "beginning|start|at the beginning|at the start|by the beginning", 14: "middle|in the middle", -2: "end|at the end|by the end|towards the end"}), "EARLY": each({1: "early|in early", 14: "mid|mid -|in mid", -2: "late|in late"}),
    "THIS": all_of("this|on this"), "NEXT": all_of("next|the next|following"), "AFTERNEXT": all_of("after next"), "COMING": all_of("coming|this coming|upcoming|the coming"), "LAST": all_of("last|past|previous"), "END": all_of("end|ending"), "LATE": all_of("eod|close of business"), "LASTBUT": each({1: "second to last|next to last|last but one|penultimate", 2: "third to last|last but two"}), "NEAREST": all_of("closest|nearest"),
    "UNIT": each({Span(days=1): "day|days", Span(days=14): "fortnight|fortnights", Span(days=7): "week|weeks|wk|wks", Span(months=1): "month|months", Span(months=12): "year|years", Span(minutes=60): "hour|hours|hr|hrs", Span(minutes=1): "minute|minutes|min|mins"}),
    "FROMNOW": all_of("from now|from today|after today|' time|time|from this moment"), "LATER": all_of("later"), "AGO": all_of("ago"), "AGO_": {}, "AFTER": all_of("after"), "SINCE": all_of("from"), "BEFORE": all_of("before"),
    "UNTIL": all_of("until|till|til|up to|up until|through|thru|untill|back on|return on|return it on|return|returning on|returning|drop it off on|drop it back on|bring it back on|give it back on|ending|ending on"), "TILL": all_of("to|-|through"),
    "HOLIDAY": each({(25, 12): "christmas day|christmas|xmas", (24, 12): "christmas eve|xmas eve", (31, 12): "new year's eve|new years eve|new year' s eve", (1, 1): "new year's day|new years day|new year's|new year", (14, 2): "valentine's day|valentines day|valentine's", (31, 10): "halloween"}),
    "AT": all_of("at|@|at around|at about|at exactly|at approximately|around|about|at like|by|approximately|roughly|approx|after|before|no later than|not later than|earlier than|later than|past|sometime after|sometime around|some time after|from about"), "NEAR": all_of("for"), "HOURS": all_of("hours|hrs|h"),
    "AMPM": each({"a": "am|a . m .|a . m|a m", "p": "pm|p . m .|p . m|p m"}), "AMPM_": all_of("sharp|local time|approximately|or so|ish|- ish"),
    "OCLOCK": all_of("o'clock|oclock|o clock|o ' clock"), "ISH": all_of("ish|- ish"), "MINUTES": all_of("minute|minutes|min|mins"),
    "HALFPAST": all_of("half past|half - past|half after"), "QUARTER": all_of("quarter"), "THREEQUARTERS": all_of("three quarters|three - quarters"), "PAST": all_of("past|after"), "TO": all_of("to|till|til|before|of"),
    "ZONE": all_of("est|edt|et|pst|pdt|pt|cst|cdt|ct|mst|mdt|gmt|utc|bst|ist|cet|cest|eastern|pacific|eastern time|pacific time|central time|mountain time|our time|my time|home time"),
    "NOON": all_of("noon|midday|12 noon|mid day|noonish|twelve noon"), "MIDNIGHT": all_of("midnight|12 midnight"),
    "PART": each(PARTS), "GREETING": all_of("it now|book now|pay now|confirm now|send now|for now|not now|no now|until now|by now|not right now|good morning|good afternoon|good evening|good night|the sun|in the sun|sun set|sun rise|i sat|we sat"),
    "THING": all_of("thing|things|people|persons|person|pax|passenger|passengers|guest|guests|traveler|travelers|traveller|travellers|of us|adult|adults|kid|kids|child|children|boy|boys|girl|girls|baby|babies|infant|infants|toddler|toddlers|bag|bags|suitcase|suitcases|piece|pieces|ticket|tickets|seat|seats|star|stars|dollars|usd|%|$|year old|years old|year olds|yr old|yo|night|nights|stop|stops|car|cars|friends|tourists|rooms|spots|other|others|different|more|extra|big|small|little|young|street|st|road|avenue|ave|lane|drive|boulevard"),
    "MONEY": all_of("$|€|#|no .|number|room|flight|villa|apt|terminal|gate|lobby|street|calle"),
}  # fmt: skip
PARTY = {
    "WHO": each({"people": "people|persons|person|pax|passenger|passengers|guest|guests|traveler|travelers|traveller|travellers|rider|riders|individual|individuals|folks", "adults": "adult|adults|grown up|grown ups|grown - ups|grownups|grownup|man|men|woman|women|lady|ladies|senior|seniors", "children": "child|children|kid|kids|boy|boys|girl|girls|son|sons|daughter|daughters|teenager|teenagers|teen|teens|minor|minors", "infants": "baby|babies|infant|infants|toddler|toddlers|newborn|newborns"}),
    "KIDS": all_of("child|children|kid|kids|boy|boys|girl|girls|son|sons|daughter|daughters|baby|babies|toddler|toddlers"),
    "KID": each({"children": "child|kid|boy|girl|son|daughter", "infants": "baby|newborn|toddler"}),
    "FOLK": each({1: "wife|husband|spouse|partner|girlfriend|boyfriend|fiance|fiancee|friend|mother|father|mom|mum|dad|sister|brother|grandmother|grandfather|grandma|grandpa|aunt|uncle|cousin|colleague|boss|mother - in - law|father - in - law|mother in law|father in law|friends|sisters|brothers|colleagues|cousins|aunts|uncles", 2: "parents|grandparents|in - laws|couples"}),
    "MANY": all_of("kids|children|family|friends|sons|daughters|boys|girls|group|team|colleagues|relatives"),
    "MY": all_of("my|our|his|her"), "ME": all_of("me|myself"), "I": all_of("i"), "WITH": all_of("with"), "PLUS": all_of("plus|+|&"), "NOBODY": all_of("no|zero|without|without any|without the|no more"),
    "LITTLE": all_of("small|little|young|older|younger|more than"), "OFUS": all_of("of us|of me|of my family"), "SEATS": all_of("seat|seats|ticket|tickets|spot|spots|chair"), "ANYTHING": all_of("train|bus|return|single|adult|economy|standard|first class|more"), "CAR": all_of("car"),
    "FAMILYOF": all_of("family of|party of|group of|cohort of|total of|a family of|a group of|a party of|a total of"), "INTOTAL": all_of("in total|in all|altogether|total|all together"),
    "LONE": each({1: "just me|only me|just myself|only myself|by myself|alone|solo|just the one of us", 2: "a couple|as a couple|we are a couple|both of us|the two of us|just us two|the both of us"}),
    "YEARS": all_of("year old|years old|years|yrs|yrs old|yo|years of age"), "MONTHS": all_of("month|months|months old"), "COUPLES": all_of("couples"),
    "YEAROLD": all_of("year old|years old|year olds|years olds|year - old|year - olds|years - old|yr old|yrs old|yo|y / o|y . o|yr olds"), "MONTHOLD": all_of("month old|months old|month - old|month olds|mo old"),
    "AGED": all_of("aged|age|ages|of|who is|who are|that are|he is|she is|they are|their ages are|of age|of ages"), "LEFT": all_of("("), "RIGHT": all_of(")"),
    "OFTHEM": all_of("of them|of whom|of which|of those|of them are|of whom are|of them is|are|is"), "INCLUDING": all_of("including|incl|included|of which|of whom|of them"), "WEARE": all_of("we are|we're|we'll be|we will be|there are|there will be|there'll be|it's|it is|it will be|it'll be|that's|that is|they are|now we are"),
    "MORE": all_of("more|extra|additional"), "ANOTHER": all_of("another|one more|1 more|an extra|an additional|one additional|one extra"), "LESS": all_of("less|fewer"), "MINUS": all_of("minus|take off|remove|take away"),
    "FROMSO": all_of("from"), "BETWEEN": all_of("between"), "UPTO": all_of("to"), "INSTEADOF": all_of("instead of|rather than|and not|not"),
}  # fmt: skip


def _from(now: datetime, span: Span, ahead: int) -> Day | None:
    """ "A fortnight today", "a week tomorrow"."""
    return None if span.minutes or ahead < 0 else Day((add(now.date() + timedelta(ahead), span),))


OWN = [
    *rules("DAY", "NEXT [WEEKDAY]", next_week_day),
    *rules("DAY", "ON THE [ORD]", next_numbered),
    *rules("DAY", "[SPAN] ON? [DAYWORD]", _from),
    *rules("DAY", "COMING [WEEKDAY]", lambda now, weekday: Day((coming(now.date() + timedelta(1), weekday),))),
    *rules("TIME", "HALF [FACE]", shifted(30)),
    *rules("TIME", "AT [NUM] TO [FACE]", lambda now, n, face: shifted(-n)(now, face) if n in (5, 10, 20, 25) else None),
    *rules("TIME", "[PART] AT [FACE]", lambda now, half, face: in_half(now, face, half)),
]
GRAMMAR = Grammar.of(LEXICON | PARTY, [*RULES, *PARTIES, *OWN], shapes(None, "st|nd|rd|th", "h|hrs|hours"))
