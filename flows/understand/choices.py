"""What is chosen from the menu: a service, a vehicle, extras, or one of the options just shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from flows.menu import Extra
from flows.understand.ear import Ear
from flows.understand.index import Name, index_of
from flows.understand.languages import ALL
from flows.understand.text import plain
from flows.understand.vocabulary import Vocabulary

ALIKE = 86
SHORTEST = 4  # letters of a word that stands for an extra when extras are asked for


def a_service(ear: Ear) -> str | None:
    """The service that is named, or the only transfer there is when a ride is asked for."""
    if ear.asked in ("pickup", "dropoff") and isinstance(ear.found.get(ear.asked), dict):
        return None  # "Macao buggy base" is where the tour starts
    for service in ear.menu.services:
        if service.by_name and _is_named(ear, index_of(ear.menu).services[service.key]):
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
    said = f" {ear.words.rest} "
    return any(f" {name} " in said for name in index_of(ear.menu).tours)


def a_vehicle(ear: Ear) -> str | None:
    """The vehicle tier that is named; "the cheapest" is the first of those shown, they are drawn by size."""
    if ear.asked == "vehicle" and ear.shown:
        said = plain(ear.words.typed)
        tiers = [value for value in ear.shown if ear.menu.vehicle(value)]
        cheapest, largest = ear.vocabulary.cheapest.match(said), ear.vocabulary.largest.match(said)
        if tiers and (cheapest or largest):
            ear.words.cross_out_all()
            return tiers[0] if cheapest else tiers[-1]
    return next((key for key, names in index_of(ear.menu).vehicles.items() if _is_named(ear, names)), None)


def some_extras(ear: Ear) -> dict[str, int] | None:
    """The extras that are named, on top of those already chosen; "no flowers" takes them away, "remove one" and "another" count."""
    chosen: dict[str, int] = dict(ear.draft.get("extras") or {})
    heard = False
    index, least = index_of(ear.menu), SHORTEST if ear.asked == "extras" else SHORTEST + 1
    for extra in ear.menu.extras:
        heads = (head for head in index.heads[extra.key] if len(head.said) >= least)
        for name in (*index.extras[extra.key], *heads):
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


def _quantity(ear: Ear, name: Name, before: int) -> int | None:
    """How many there shall be, when there are so many `before`."""
    found = name.taken_from(ear.words)
    if not found:
        return None
    count = next((n for v in ALL.values() if (n := v.number(found["n"] or "1"))), 0)
    if fewer := found["not"] or found["less"] or found["less2"]:
        return 0 if found["not"] == fewer and not found["n"] else before - count
    return before + count if found["more"] or found["more2"] else count


def _is_named(ear: Ear, names: Iterable[Name]) -> bool:
    return any(name.taken_from(ear.words) for name in names)


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
