"""Places by name, alias or nearly so: "bavaro", "hotel arena blanka", "the airport"."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz, process

from flows.facts import kind_of
from flows.menu import Menu, Place
from flows.speech import Option
from flows.understand.choices import strip_filler
from flows.understand.ear import Doubt, Ear
from flows.understand.ends import told_ends
from flows.understand.index import index_of
from flows.understand.languages import ALL, any_of, asks
from flows.understand.leftovers import is_told
from flows.understand.text import BLANK, plain
from flows.understand.vocabulary import phrase

SURE, CLOSE, MARGIN, MOST = 87, 68, 4, 5
OWN_WORDS = 3  # of a name beside its area's
AREAS = ("area", "town")
NEAR_KM, FAR_KM = 0.4, 30.0
ENDS = ("pickup", "dropoff")
_ADDRESS = re.compile(any_of("address"))
_CAPITALS = re.compile(r"[^\W\d_a-z]\w+ [^\W\d_a-z]")  # "All Saints Church"
_FULL_STOP = r"(?<!\bst)(?<!\bsta)(?<!\bmt)(?<!\bdr)(?<!\bav)(?<!\bave)(?<!\bavda)\.(?=\s)"
_KEEP_BRACKETS = re.compile(r"\(.*?\)")


def a_pickup(ear: Ear) -> dict[str, Any] | Doubt | None:
    """Where the guest is fetched."""
    return _end(ear, "pickup")


def a_dropoff(ear: Ear) -> dict[str, Any] | Doubt | None:
    """Where the guest is brought."""
    return _end(ear, "dropoff")


def _end(ear: Ear, end: str) -> dict[str, Any] | Doubt | None:
    if zone := zone_told(ear, end):
        return zone
    phrase = _route(ear).get(end)
    if phrase:
        return resolve(ear, end, phrase)
    if end == "dropoff" and "_hotel" in ear.found:
        return _which_end(ear, ear.found["_hotel"])
    if (ear.found.get("_correcting") or ear.asked == "room") and ear.asked not in ENDS and not _route(ear):
        return _corrected(ear, end)
    return _bare(ear, end) if ear.asked == end and not _route(ear) else None


def _corrected(ear: Ear, end: str) -> dict[str, Any] | None:
    """ "Sorry, I meant Uvero Alto": takes the place of the end that is of its kind, else of the destination."""
    typed = _cleaned(ear, 0, len(ear.words.typed))
    named = len(typed) > 2 and not ear.vocabulary.hotel.match(plain(typed))
    ranked = _ranked(ear.menu, typed, SURE) if named else []
    if not ranked or (len(ranked) > 1 and ranked[0][1] < ranked[1][1] + MARGIN):
        return None
    airport = ranked[0][0].kind == "airport"
    alike = [one for one in ENDS if one in ear.draft and (kind_of(ear.draft[one], ear.menu) == "airport") == airport]
    meant = "pickup" if ear.asked == "room" else "dropoff" if len(alike) != 1 else alike[0]
    if end != meant:
        return None
    ear.words.cross_out(*_stretch(ear, 0, len(ear.words.typed)))
    return {"place": ranked[0][0].key}


def homes(draft: Mapping[str, Any], menu: Menu) -> list[str]:
    """The known ends of a ride at which its guests may live: those that are no airport."""
    return [end for end in ENDS if end in draft and kind_of(draft[end], menu) != "airport"]


def _home_ends(ear: Ear, told: Mapping[str, str]) -> list[str]:
    """The end that "our hotel" is, from what is known and `told`; several when it cannot be known which."""
    known = {end: resolve(ear, end, name) for end, name in told.items()}
    draft = {**ear.draft, **{end: stop if isinstance(stop, dict) else {} for end, stop in known.items()}}
    missing = [end for end in ENDS if end not in draft]
    if ear.asked in missing:
        return [ear.asked]
    return homes(draft, ear.menu) or missing[:1] or list(ENDS)


def _which_end(ear: Ear, typed: str) -> Doubt:
    """ "The hotel is Palma Real", of a ride with a hotel at both ends, or at none."""
    found = resolve(ear, "dropoff", typed)
    place = ear.menu.place(found.get("place")) if isinstance(found, dict) else None
    options = [
        Option(end, place.key, f"@line_{end}") if place else Option("change", end, f"@line_{end}") for end in ENDS
    ]
    return Doubt("which_end", {"place": dict(place.name) if place else typed[:80]}, tuple(options))


def zone_told(ear: Ear, end: str) -> dict[str, Any] | None:
    """The zone of a place that was kept as typed."""
    typed = ear.memory.get("typed") if ear.asked == end and ear.memory.get("zones") else None
    if not typed:
        return None
    names = {plain(name): zone.key for zone in ear.menu.zones for name in (*zone.name.values(), *zone.aliases)}
    found = process.extractOne(ear.words.rest, list(names), scorer=fuzz.ratio, score_cutoff=80)
    if not found:
        return None
    ear.words.cross_out_all()
    return {"typed": typed, "zone": names[found[0]]}


def _bare(ear: Ear, end: str) -> dict[str, Any] | Doubt | None:
    service = ear.menu.service(ear.draft.get("service"))
    named = index_of(ear.menu).places.get(plain(ear.words.typed), ())
    if service and service.meeting and ear.vocabulary.own_way.match(plain(ear.words.typed)):
        named = (service.meeting,)
    if len(named) == 1:
        ear.words.cross_out_all()
        return {"place": named[0]}
    if len(plain(ear.words.typed)) < 2 or ear.found.get("_tour"):
        return None
    if _says_no_place(ear):
        return None
    start, stop = _stretch(ear, 0, len(ear.words.typed))
    kept = ear.words.as_typed(start, stop)
    if not kept or not _may_be_a_place(ear, kept):
        return None
    whole = kept if BLANK in ear.words.folded else " ".join(ear.words.typed.split())
    place = resolve(ear, end, kept, whole)
    ear.words.cross_out(*((start, stop) if isinstance(place, dict) and "place" in place else (0, len(ear.words.typed))))
    return place


def _may_be_a_place(ear: Ear, kept: str) -> bool:
    """Known places always; others not when they ask us something, or are the crumbs of what was otherwise understood."""
    if _ranked(ear.menu, kept, SURE):
        return True
    v = ear.vocabulary
    if (v.no_name.match(plain(kept)) and not _CAPITALS.match(kept)) or v.generic.fullmatch(plain(kept)):
        return False
    if asks(ear.words.typed, ALL.values()) or any(v.change.search(ear.words.folded) for v in ALL.values()):
        return False
    understood = any(not key.startswith("_") for key in ear.found)
    words = [word for word in strip_filler(plain(kept), ear.vocabulary).split() if len(word) > 2]
    return len(words) > 1 or not understood


def _says_no_place(ear: Ear) -> bool:
    said = plain(ear.words.typed)
    meant = any(
        pattern.match(said)
        for v in ALL.values()
        for pattern in (v.yes, v.no, v.none, v.skip, v.unknown, v.thanks, v.done, v.send, v.option, v.mine)
    )
    return meant or not any(map(str.isalpha, said))


def _route(ear: Ear) -> dict[str, str]:
    """The stretches of the message that name the two ends, found once per message."""
    if "_route" not in ear.found:
        ear.found["_route"] = _read_route(ear)
    found: dict[str, str] = ear.found["_route"]
    return found


def _read_route(ear: Ear) -> dict[str, str]:
    hotel = _hotel(ear)
    ends = _ends(ear)
    ends = _told(ear, ends) | ends
    hotel = hotel or _one_end(ear, "hotel", ear.vocabulary.staying).get("hotel", "")
    living = _home_ends(ear, ends) if hotel else []
    if len(living) > 1:
        ear.found["_hotel"] = hotel
    return ends | {living[0]: hotel} if len(living) == 1 else ends


def _told(ear: Ear, known: dict[str, str]) -> dict[str, str]:
    """The ends that are told but that the catalogue need not know."""
    if ear.found.get("_tour") or _both_known(ear):
        return {}
    told = {end: found for end, found in told_ends(ear).items() if end not in known}
    for whole, _ in told.values():
        ear.words.cross_out(*whole)
    return {end: ear.words.as_typed(*name) for end, (_, name) in told.items()}


def _both_known(ear: Ear) -> bool:
    """Whether the talk is past the point where a new place may come up unasked."""
    return ear.asked not in ("service", "", *ENDS) and set(ENDS) <= set(ear.draft)


def _hotel(ear: Ear) -> str:
    """The hotel of "change the hotel to …", which else would look like a route."""
    found = ear.vocabulary.hotel_is.search(ear.words.folded)
    name = _cleaned(ear, *found.span("place")) if found else ""
    if found and (_is_airport(ear, name) or asks(ear.words.typed, ALL.values())):
        return ""
    if found:
        ear.words.cross_out(found.start(), _stretch(ear, *found.span("place"))[1])
    return name


def _ends(ear: Ear) -> dict[str, str]:
    v = ear.vocabulary
    if ear.found.get("_tour"):
        return _one_end(ear, "pickup", v.pickup)
    for found in _routes_in(ear):
        groups = ("pickup", "dropoff") if found["pickup"] else ("pickup2", "dropoff2")
        ends = {group.rstrip("2"): _cleaned(ear, *found.span(group)) for group in groups}
        if groups[0] == "pickup2" and v.no_name.match(plain(ends["pickup"])) and not _CAPITALS.match(ends["pickup"]):
            continue  # "want to arrive at …" begins nowhere
        if v.thanks.match(plain(ends["dropoff"])):
            continue  # "like to arrive by 9. Thanks"
        if all(ends.values()) and (_worth(ear, *ends.values()) or (found["pickup"] and _route_asked(ear))):
            ear.words.cross_out(found.start(groups[0]), _stretch(ear, *found.span(groups[1]))[1])
            return {end: name for end, name in ends.items() if name}
    ends = _one_end(ear, "pickup", v.pickup) | _one_end(ear, "dropoff", v.dropoff)
    return ends or ({} if set(ENDS) & set(ear.draft) else _side_by_side(ear))


def _routes_in(ear: Ear) -> Iterator[re.Match[str]]:
    """Every "from … to …", also one that begins inside another: "a quote for a ride from the airport to Bávaro"."""
    folded, start = ear.words.folded, 0
    while found := ear.vocabulary.route.search(folded, start):
        yield found
        start = (folded.find(" ", found.start() + 1) + 1) or len(folded)


def _one_end(ear: Ear, end: str, pattern: re.Pattern[str]) -> dict[str, str]:
    for found in pattern.finditer(ear.words.folded):
        start, stop = found.span("place")
        if other := ear.vocabulary.from_there.search(ear.words.folded, start + 1, stop):
            stop = other.start()  # "to the airport from Arena Blanca"
        name = _cleaned(ear, start, stop)
        if end == "pickup" and ear.vocabulary.arriving.match(found[0]) and not _lands(ear, name):
            continue  # whoever arrives at a hotel wants to be brought there
        if name and _worth(ear, name):
            ear.words.cross_out(start, stop)
            return {end: name}
    return {}


def _side_by_side(ear: Ear) -> dict[str, str]:
    """ "transfer puj bavaro": two known names one after the other, and no third."""
    names, words, found = index_of(ear.menu).places, ear.words.rest.split(), list[str]()
    while words:
        size = next((n for n in range(min(5, len(words)), 0, -1) if len(names.get(" ".join(words[:n]), ())) == 1), 0)
        found += [" ".join(words[:size])] if size else []
        words = words[size or 1 :]
    if len(found) != 2:
        return {}
    for name in found:
        ear.words.take(phrase(r"\W+".join(name.split())))
    return dict(zip(ENDS, found, strict=True))


def _worth(ear: Ear, *names: str) -> bool:
    """Whether these words can be places at all: asked for, or at least one of them is known."""
    return any(_ranked(ear.menu, name, SURE) or _is_airport(ear, name) for name in names)


def _lands(ear: Ear, name: str) -> bool:
    """Whether one arrives there by plane: at an airport, or in a town."""
    places = [place for place, _ in _ranked(ear.menu, name, SURE)]
    return _is_airport(ear, name) or any(place.kind == "airport" for place in places)


def _route_asked(ear: Ear) -> bool:
    return ear.asked in ("service", "pickup", "dropoff")


def _cleaned(ear: Ear, start: int, end: int) -> str:
    """The name in a stretch of the message, as typed, without the words around it."""
    return ear.words.as_typed(*_stretch(ear, start, end))


def _stretch(ear: Ear, start: int, end: int) -> tuple[int, int]:
    """Where that name begins and ends."""
    stretch = ear.words.folded[start:end]
    before = re.match(rf"(?:(?:{ear.vocabulary.place_filler.pattern})|[\W_])*", stretch)
    skipped = before.end() if before else 0
    ends = (
        r"[·;?!\n]"
        if _ADDRESS.match(stretch[skipped:])
        else rf"[·;?!\n]|,(?=\s)|{_FULL_STOP}|\s(?:{ear.vocabulary.and_more.pattern})\s"
    )
    body = re.split(ends, stretch[skipped:].rstrip("·,.;:!? "), maxsplit=1)[0]
    body = re.sub(rf"(?:\s+(?:{ear.vocabulary.place_filler.pattern})|[\W_])*\Z", "", body)
    return start + skipped, start + skipped + len(body)


def _is_airport(ear: Ear, name: str) -> bool:
    return bool(ear.vocabulary.airport.match(plain(name)))


def resolve(ear: Ear, end: str, typed: str, whole: str = "") -> dict[str, Any] | Doubt:
    """The place meant by these words, or a doubt that offers the nearest ones; `whole` is what may be kept as it was typed."""
    if _is_airport(ear, typed) and plain(typed) not in index_of(ear.menu).places:
        return _airport(ear, end, typed)
    if _ADDRESS.match(plain(typed)) and (address := _in_a_known_area(ear, whole or typed)):
        return address
    ranked = _ranked(ear.menu, typed, CLOSE)
    if not ranked:
        return unknown_place(ear.menu, end, whole or typed)
    best = ranked[0][1]
    same = [place for place, score in ranked if score >= best - MARGIN]
    if best >= SURE and len(same) == 1:
        return _named_in(same[0], typed) or {"place": same[0].key}
    close = same if best >= SURE else [place for place, _ in ranked]
    return Doubt(
        "which_place",
        {"typed": typed[:80]},
        _options(end, close[:MOST]) + _keep(end),
        {"typed": (whole or typed)[:200]},
    )


def _in_a_known_area(ear: Ear, typed: str) -> dict[str, Any] | None:
    """An address that names its area: "Airbnb, calle 5, Los Corales" needs no further question."""
    said = f" {plain(typed)} "
    if plain(typed) in index_of(ear.menu).places or any(f" {plain(n)} " in said for n in _hotels(ear.menu)):
        return None
    areas = [place for place in ear.menu.places if place.kind in AREAS]
    named = [p for p in areas if any(f" {plain(n)} " in said for n in (*p.name.values(), *p.aliases))]
    zones = {place.zone for place in named}
    return {"typed": typed[:200], "zone": zones.pop()} if len(zones) == 1 else None


def _named_in(area: Place, typed: str) -> dict[str, Any] | None:
    """A hotel we do not know, told with its area: "Dreams Macao" is kept as it was typed, in that zone."""
    said = f" {plain(typed)} "
    names = [name for each in (*area.name.values(), *area.aliases) if f" {(name := plain(each))} " in said]
    if area.kind not in AREAS or not names:
        return None
    own = said.replace(f" {max(names, key=len)} ", " ").split()
    told = len(own) <= OWN_WORDS and is_told(" ".join(own), list(ALL.values()))
    return {"typed": typed[:200], "zone": area.zone} if told else None


def _hotels(menu: Menu) -> list[str]:
    return [name for place in menu.places if place.kind not in AREAS for name in place.name.values()]


def _airport(ear: Ear, end: str, typed: str) -> dict[str, Any] | Doubt:
    airports = [place for place in ear.menu.places if place.kind == "airport"]
    if len(airports) == 1:
        return {"place": airports[0].key}
    if not airports:
        return unknown_place(ear.menu, end, typed)
    return Doubt("which_place", {"typed": typed}, _options(end, airports[:MOST]), {"typed": typed})


def unknown_place(menu: Menu, end: str, typed: str) -> Doubt:
    """A place we do not know: the nearest names, and to keep it as it was typed."""
    near = [place for place, _ in _ranked(menu, typed, 45)[:3]]
    options = _options(end, near) + _keep(end)
    return Doubt("unknown_place", {"typed": typed[:80]}, options, {"typed": typed[:200]}, missed=True)


def ask_zone(menu: Menu, end: str, typed: str) -> Doubt:
    """A place kept as typed needs its area, since routes are priced between areas."""
    options = tuple(Option(end, f"in:{zone.key}", zone.name) for zone in menu.zones)
    return Doubt("which_zone", {"typed": typed}, options, {"typed": typed, "zones": True})


def _options(end: str, places: Sequence[Place]) -> tuple[Option, ...]:
    return tuple(Option(end, place.key, place.name) for place in places)


def _keep(end: str) -> tuple[Option, ...]:
    return (Option(end, "typed", "@keep_typed"),)


def _ranked(menu: Menu, typed: str, cutoff: int) -> list[tuple[Place, float]]:
    """Places by how well one of their names fits, the best first, areas after what lies in them."""
    wanted = plain(_KEEP_BRACKETS.sub(" ", typed))[:120]
    names = index_of(menu).places
    if wanted in names:
        return [(place, 100) for place in menu.places if place.key in names[wanted]]
    if any(v.generic.fullmatch(wanted) for v in ALL.values()):
        return []  # "the hotel" is none of the hotels
    scores: dict[str, float] = {}
    for name, keys in names.items():
        score = _score(wanted, name)
        if score >= cutoff:
            for key in keys:
                scores[key] = max(score, scores.get(key, 0))
    places = [(place, scores[place.key]) for place in menu.places if place.key in scores]
    return _specific(sorted(places, key=lambda found: -found[1]))


def _score(wanted: str, name: str) -> float:
    """100 for the name itself, 96 when the words hold it whole, else how alike the two are."""
    if wanted == name:
        return 100
    if len(name) > 2 and f" {name} " in f" {wanted} ":
        return 92 + min(6.0, len(name) / 4)
    if len(wanted) > 2 and f" {wanted} " in f" {name} ":
        return 90
    alike = max(fuzz.ratio(wanted, name), fuzz.token_sort_ratio(wanted, name))
    within = fuzz.token_set_ratio(wanted, name) * 0.86 if len(wanted) > 3 else 0
    return max(alike, within)


def _specific(ranked: list[tuple[Place, float]]) -> list[tuple[Place, float]]:
    """ "Arena Blanca in Bávaro" means the hotel: an area that only says where it lies is dropped."""
    if len(ranked) < 2 or ranked[0][1] == 100:
        return ranked
    precise = [found for found in ranked if found[0].kind not in AREAS and found[1] >= SURE]
    return precise or ranked


def nearest(menu: Menu, pin: tuple[float, float]) -> tuple[Place, float] | None:
    """The known place nearest to a pin and how far it is, in kilometres."""
    known = [(place, _kilometres(place.location, pin)) for place in menu.places if place.location]
    return min(known, key=lambda found: found[1], default=None)


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    mean = math.radians((one[0] + other[0]) / 2)
    return 111.2 * math.hypot(one[0] - other[0], (one[1] - other[1]) * math.cos(mean))
