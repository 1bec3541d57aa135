"""Where a ride begins and ends, told in a sentence, also when the catalogue does not know the place: it is kept as typed."""

import re

from flows.understand.charts import chart
from flows.understand.ear import Ear

Stretch = tuple[int, int]
_EDGES = " \t,.;:!?¡¿\"'()-·"


def told_ends(ear: Ear) -> dict[str, tuple[Stretch, Stretch]]:
    """By end: what the words that announce it and its name take up together, and the name alone."""
    found = _between(ear)
    markers = list(ear.vocabulary.way.finditer(ear.words.folded))
    for n, marker in enumerate(markers):
        end = "pickup" if marker.lastgroup in ("pickup", "leave") else "dropoff"
        until = markers[n + 1].start() if n + 1 < len(markers) else len(ear.words.folded)
        start, stop = _name(ear, marker.end(), until)
        if end not in found and start < stop and _is_told(ear, marker, start, stop):
            found[end] = ((marker.start(), stop), (start, stop))
    return found


def _between(ear: Ear) -> dict[str, tuple[Stretch, Stretch]]:
    """ "Between the station and Kings Hall"."""
    between = ear.vocabulary.between.search(ear.words.folded)
    if not between:
        return {}
    names = [_name(ear, *between.span(group)) for group in ("pickup", "dropoff")]
    told = {
        end: ((between.start(), stop), (start, stop))
        for end, (start, stop) in zip(("pickup", "dropoff"), names, strict=True)
        if start < stop and not _generic(ear, start, stop)
    }
    return told if len(told) == 2 else {}


def _name(ear: Ear, start: int, until: int) -> Stretch:
    """The name that begins here: up to a sign, a word that no name holds, or what was already understood."""
    stretch = ear.words.folded[start:until]
    before = ear.vocabulary.before_name.match(stretch)
    start += before.end() if before else 0
    stop = ear.vocabulary.after_name.search(ear.words.folded, start, until)
    name = ear.words.folded[start : stop.start() if stop else until].rstrip(_EDGES)
    tail = ear.vocabulary.name_tail.search(name)
    return start, start + len((name[: tail.start()] if tail else name).rstrip(_EDGES))


def _is_told(ear: Ear, marker: re.Match[str], start: int, stop: int) -> bool:
    """Whether it is a place: not "the hotel" which only names a kind, and after a bare "to" no verb."""
    if stop - start < 2 or _generic(ear, start, stop) or _otherwise_meant(ear, start, stop):
        return False
    named = ear.words.typed[start].isupper() or ear.words.typed[start].isdigit()
    if marker.lastgroup == "leave":
        return named or not ear.vocabulary.no_name.match(ear.words.folded, start)
    if marker.lastgroup == "to":
        if not named and ear.vocabulary.infinitive.search(ear.words.folded[: marker.start()]):
            return False
        riding = named or ear.vocabulary.riding.search(ear.words.folded)
        return bool(riding) and not ear.vocabulary.no_name.match(ear.words.folded, start)
    return named or not ear.vocabulary.no_name.match(ear.words.folded, start)


def _generic(ear: Ear, start: int, stop: int) -> bool:
    return bool(ear.vocabulary.generic.fullmatch(ear.words.folded, start, stop))


def _otherwise_meant(ear: Ear, start: int, stop: int) -> bool:
    """ "Up to the 13th", "change it to two people"."""
    kinds = ("DAY", "TIME", "COUNTED", "NUM", "PART", "LATE")
    return any(one.start <= start and stop <= one.end for kind in kinds for one in chart(ear).all_of(kind))
