"""Stops on the way: "via Juanillo", "with a stop at Villa Rosa", "pasando por Cap Cana"."""

import re
from typing import Any

from flows.understand.choices import some_extras
from flows.understand.ear import Doubt, Ear
from flows.understand.index import index_of
from flows.understand.languages import ALL, any_of
from flows.understand.places import resolve, zone_told
from flows.understand.text import BLANK, plain

_LISTED = re.compile(rf",|{any_of('also')}")


def extras_beside_stops(ear: Ear) -> dict[str, int] | None:
    """The extras that are named, but for words that tell of a stop: "una parada en casa de Rosa" is no stop at a supermarket."""
    before = ear.words.folded
    spans = [found.span() for found in ear.vocabulary.via.finditer(before) if not _names_an_extra(ear, found[0])]
    for start, end in spans:
        ear.words.cross_out(start, end)
    extras = some_extras(ear)
    for start, end in spans:
        ear.words.folded = ear.words.folded[:start] + before[start:end] + ear.words.folded[end:]
    return extras


def _names_an_extra(ear: Ear, words: str) -> bool:
    said = f" {plain(words)} "
    return any(f" {name.said} " in said for names in index_of(ear.menu).extras.values() for name in names)


def some_stops(ear: Ear) -> Any:
    """The stops so far and those now told, each a place or as typed with its zone; a doubt about the first that is not clear."""
    stops: list[dict[str, Any]] = list(ear.draft.get("stops") or [])
    if zone := zone_told(ear, "stops"):
        return [*stops, zone]
    told = _told(ear)
    for typed in told:
        stop = resolve(ear, "stops", typed)
        if isinstance(stop, Doubt):
            return stop
        stops.append(stop)
    return stops if told else None


def _told(ear: Ear) -> list[str]:
    pattern, found = ear.vocabulary.via, list[str]()
    while match := ear.words.take(pattern):
        found.append(ear.words.as_typed(*match.span("place")))
    if not found and ear.asked == "stops" and _names_a_place(ear):
        found = [part.strip() for part in re.split(_LISTED, ear.words.typed) if len(part.strip()) > 1]
        ear.words.cross_out_all()
    return found


def _names_a_place(ear: Ear) -> bool:
    said = plain(ear.words.typed)
    idle = any(p.match(said) for v in ALL.values() for p in (v.yes, v.no, v.none, v.skip, v.thanks, v.done, v.keep))
    return len(said) > 1 and not idle and BLANK not in ear.words.folded
