"""What is chosen from the menu: a service, a vehicle, extras, or one of the options just shown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz

from flows.menu import Extra, Menu, Service
from flows.speech import Text
from flows.understand.ear import Ear
from flows.understand.languages import ALL
from flows.understand.text import plain
from flows.understand.vocabulary import Pattern, Vocabulary, alternatives, phrase

ALIKE = 86
LONG = 7
WHERE = ("area", "town", "airport", "hotel")  # a meeting point may be named after its tour


def names_of(name: Text, aliases: Iterable[str] = ()) -> list[str]:
    """All plain names something goes by, the longest first."""
    names = {plain(word) for word in (*name.values(), *aliases)}
    return sorted(names - {""}, key=len, reverse=True)


def a_service(ear: Ear) -> str | None:
    """The service that is named, or the only transfer there is when a ride is asked for."""
    if ear.asked in ("pickup", "dropoff") and isinstance(ear.found.get(ear.asked), dict):
        return None  # "Macao buggy base" is where the tour starts
    for service in ear.menu.services:
        if service.by_name and _named(ear, tour_names(service, ear.menu)):
            return service.key
    if "service" in ear.draft and ear.asked != "service":
        return None
    ride = ear.menu.ride()
    named = ear.words.take(ear.vocabulary.transfer)
    return ride.key if ride and (named or _route_found(ear)) else None


def _route_found(ear: Ear) -> bool:
    known = any(isinstance(ear.found.get(end), dict) for end in ("pickup", "dropoff"))
    return known or len(ear.found.get("_route", ())) > 1


def a_tour(ear: Ear) -> bool:
    """Whether the message names a tour: then "to Saona" is that tour and no place."""
    tours = [service for service in ear.menu.services if service.timetable]
    return any(_mentions(ear.words.rest, tour_names(tour, ear.menu)) for tour in tours)


def tour_names(tour: Service, menu: Menu) -> list[str]:
    """A tour's names, and those words of them that nothing else on the menu is called by: "saona", "catamaran".

    What has no timetable goes by its whole names only: "family" is said of many a party.
    """
    if not tour.timetable:
        return names_of(tour.name, tour.aliases)
    if not _tours or _tours[-1][0] is not menu:
        _tours[:] = [(menu, {})]
    known = _tours[-1][1]
    if tour.key not in known:
        known[tour.key] = _names_of_a_tour(tour, menu)
    return known[tour.key]


_tours: list[tuple[Menu, dict[str, list[str]]]] = []


def _names_of_a_tour(tour: Service, menu: Menu) -> list[str]:
    others = [name for other in menu.services if other.key != tour.key for name in other.name.values()]
    others += [
        name
        for place in menu.places
        if place.kind in WHERE and place.key != tour.meeting
        for name in place.name.values()
    ]
    others += [name for zone in menu.zones for name in zone.name.values()]
    shared = {word for name in others for word in plain(name).split()}
    words = {word for name in tour.name.values() for word in plain(name).split() if len(word) > 4}
    return [*names_of(tour.name, tour.aliases), *sorted(words - shared)]


def a_vehicle(ear: Ear) -> str | None:
    """The vehicle tier that is named; "the cheapest" is the first of those shown, they are drawn by size."""
    if ear.asked == "vehicle" and ear.shown:
        said = plain(ear.words.typed)
        tiers = [value for value in ear.shown if ear.menu.vehicle(value)]
        cheapest, largest = ear.vocabulary.cheapest.match(said), ear.vocabulary.largest.match(said)
        if tiers and (cheapest or largest):
            ear.words.cross_out_all()
            return tiers[0] if cheapest else tiers[-1]
    return next((tier.key for tier in ear.menu.vehicles if _named(ear, names_of(tier.name, tier.aliases))), None)


def some_extras(ear: Ear) -> dict[str, int] | None:
    """The extras that are named, on top of those already chosen; "no flowers" takes them away, "remove one" and "another" count."""
    chosen: dict[str, int] = dict(ear.draft.get("extras") or {})
    heard = False
    heads = _heads(ear)
    for extra in ear.menu.extras:
        for name in [*names_of(extra.name, extra.aliases), *heads.get(extra.key, ())]:
            count = _quantity(ear, name, chosen.get(extra.key, 0))
            if count is not None:
                heard = True
                _stays_included(ear, extra, count)
                chosen[extra.key] = max(0, min(count, extra.limit))
                if count > extra.limit > 1:
                    _remark(ear, "extra_most", name=dict(extra.name), most=extra.limit)
                break
    return {key: count for key, count in chosen.items() if count} if heard else None


def _stays_included(ear: Ear, extra: Extra, count: int) -> None:
    """What lies in a package cannot be taken out of it."""
    service = ear.menu.service(ear.draft.get("service"))
    if count <= 0 and service and service.included_of(extra.key):
        _remark(ear, "extra_included", name=dict(extra.name))


def _remark(ear: Ear, block: str, **facts: Any) -> None:
    ear.found.setdefault("_remarks", []).append((block, facts))


def _heads(ear: Ear) -> dict[str, list[str]]:
    """The one word that stands for an extra ("flowers"), where no other extra shares it."""
    heads = {extra.key: {plain(word) for word in _head_words(extra.name)} for extra in ear.menu.extras}
    counted = Counter(word for words in heads.values() for word in words)
    least = 4 if ear.asked == "extras" else 5
    return {key: [w for w in words if counted[w] == 1 and len(w) >= least] for key, words in heads.items()}


def _head_words(name: Text) -> list[str]:
    """English puts what a thing is last, Spanish first; of two words there, "asiento elevador", the second may stand for both."""
    heads = [words[-1 if language == "en" else 0] for language, text in name.items() if (words := text.split())]
    pairs = [words for language, text in name.items() if language != "en" and len(words := text.split()) == 2]
    return heads + [second for _, second in pairs if len(second) >= LONG]


def _quantity(ear: Ear, name: str, before: int) -> int | None:
    """How many there shall be, when there are so many `before`."""
    found = ear.words.take(_counted(name))
    if not found:
        return None
    count = next((n for v in ALL.values() if (n := v.number(found["n"] or "1"))), 0)
    if fewer := found["not"] or found["less"] or found["less2"]:
        return 0 if found["not"] == fewer and not found["n"] else before - count
    return before + count if found["more"] or found["more2"] else count


@lru_cache(maxsize=2048)
def _counted(name: str) -> Pattern:
    """An extra's name in singular or plural, with a number, a "no" or a "more" about it, in any language."""
    numbers = alternatives({word: n for v in ALL.values() for word, n in v.numbers.items()})
    without, more, less = (
        "|".join(getattr(v, key).pattern for v in ALL.values()) for key in ("without", "more", "less")
    )
    small = frozenset().union(*(v.filler for v in ALL.values()))
    told = [word for word in map(_escaped, name.split()) if word not in small]
    loose = rf"[\s-]+(?:(?:car|{'|'.join(sorted(map(_escaped, small)))})[\s-]+){{0,2}}".join(
        f"{word.rstrip('s')}(?:s|es)?" for word in told
    )
    count = rf"(?:(?P<n>\d{{1,2}}|{numbers})\s+)?(?:(?:(?P<more>{more})|(?P<less>{less}))[\s:]+)?(?:of (?:the )?)?"
    after = rf"(?:\s+(?:(?P<less2>{less})|(?P<more2>{more})))?"
    if len(told) == 1:
        loose += r"(?!\s+(?:de|of)\s+\w)"  # a wheelchair is no "silla"
    return phrase(rf"(?P<not>(?:{without})\s+(?:(?:the|any|el|la|los|las)\s+)?)?{count}{loose}{after}")


def _escaped(word: str) -> str:
    return "".join(character for character in word if character.isalnum())


def _named(ear: Ear, names: Sequence[str]) -> bool:
    return any(ear.words.take(phrase(r"[\W_]+".join(map(_escaped, name.split())))) for name in names)


def _mentions(words: str, names: Iterable[str]) -> bool:
    return any(f" {name} " in f" {words} " for name in names)


def an_option(
    words: str, shown: Sequence[Mapping[str, Any]], v: Vocabulary, numbered: bool
) -> Mapping[str, Any] | None:
    """The option that typing these words means: its number, its place, or its label."""
    said = plain(words)
    if numbered and (found := v.option.match(said)):
        return _by_place(found["n"], shown, v)
    bare = strip_filler(said, v)
    for option in shown:
        if any(said == word or (bare and bare == strip_filler(word, v)) for word in option["words"]):
            return option
    return None


def an_option_like(words: str, shown: Sequence[Mapping[str, Any]], v: Vocabulary) -> Mapping[str, Any] | None:
    """The one option whose label these words nearly are."""
    return _by_likeness(strip_filler(plain(words), v), shown)


def beside_label(words: str, labels: Iterable[str]) -> str:
    """What was said beside the label of an option; nothing when all of it is that label, rightly spelt or not."""
    said = f" {plain(words)} "
    held = max((label for label in labels if label and f" {label} " in said), key=len, default="")
    return said.replace(f" {held} ", " ").strip() if held else ""


def _by_place(written: str, shown: Sequence[Mapping[str, Any]], v: Vocabulary) -> Mapping[str, Any] | None:
    number = v.ordinals.get(written) or int(written)
    if number == -1:
        number = len(shown)
    return shown[number - 1] if 1 <= number <= len(shown) else None


def _by_likeness(bare: str, shown: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    if len(bare) < 3 or len(bare) > 60:
        return None
    scored = [
        (max((_likeness(bare, word) for word in option["words"]), default=0), n) for n, option in enumerate(shown)
    ]
    good = sorted((pair for pair in scored if pair[0] >= ALIKE), reverse=True)
    clear = len(good) == 1 or (len(good) > 1 and good[0][0] > good[1][0] + 3)
    return shown[good[0][1]] if clear else None


def _likeness(bare: str, word: str) -> float:
    if not word:
        return 0
    mostly = len(word.split()) * 2 >= len(bare.split())  # a label among many other words is not what they mean
    if f" {bare} " in f" {word} " or (mostly and len(word) > 2 and f" {word} " in f" {bare} "):
        return 95
    return fuzz.ratio(bare, word)


def strip_filler(said: str, v: Vocabulary) -> str:
    """The words that carry the answer."""
    return " ".join(word for word in said.split() if word not in v.filler)
