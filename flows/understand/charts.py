"""What the grammar finds in a message for a reader: readings of one kind that nobody else has taken."""

from collections.abc import Callable, Sequence
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from flows.understand.ear import Ear
from flows.understand.grammar import Chart, Meaning, Nearest, read
from flows.understand.languages import ALL
from flows.understand.text import BLANK, plain

BLOCKS = ("COUNTED", "SPAN", "GREETING")
TIMED = ("DAY", "TIME", "MOMENT")
ALIKE = 80


def chart(ear: Ear) -> Chart:
    """All readings of the message, made once and before anything but what is certain was crossed out."""
    if "_chart" not in ear.found:
        ear.found["_chart"] = read(ear.vocabulary.grammar, ear.words.folded, ear.world.now, _nearest(ear))
    found: Chart = ear.found["_chart"]
    return found


def _nearest(ear: Ear) -> Nearest:
    """ "saterday", "novmber" when a day was asked for; "2 adluts" behind a number: read as the nearest word of that kind."""
    v, long = ear.vocabulary, ear.vocabulary.grammar.long
    days = long["WEEKDAY"] + long["MONTH"] if ear.asked in ("date", "departure", "return_date") else ()
    people = long["WHO"]

    def nearest(tokens: Sequence[str], at: int) -> str | None:
        word, before = tokens[at], tokens[at - 1] if at else ""
        if len(word) < 5 or any(word in other.grammar.spelt for other in ALL.values()):
            return None  # a word of another language is not misspelt
        if before.isdecimal() or before in v.numbers:
            return next((one for one in people if OSA.distance(word, one, score_cutoff=1) < 2), None)
        found: Any = process.extractOne(word, days, scorer=fuzz.ratio, score_cutoff=ALIKE) if days else None
        return found[0] if found else None

    return nearest


def readings(ear: Ear, kind: str, plainness: Callable[[Any], Any] | None = None) -> list[Meaning]:
    """Readings of that kind in their order, the longest where several overlap; none that goes on as something else.

    Of those that take the same words the one of least `plainness` is kept.
    """
    seen = chart(ear)
    if not seen.all_of(kind):
        return []
    blocks = [block for each in BLOCKS for block in seen.all_of(each)]
    if plainness:
        blocks += [block for timed in TIMED for block in readings(ear, timed)]
    kept: list[Meaning] = []
    for one in sorted(seen.all_of(kind), key=lambda one: (one.start - one.end, plainness and plainness(one.value))):
        if BLANK in ear.words.folded[one.start : one.end] or any(_beyond(block, one) for block in blocks):
            continue
        if kind in ("TIME", "NUM") and _in_a_name(ear, one):
            continue
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _beyond(block: Meaning, one: Meaning) -> bool:
    """Whether what begins in this reading ends outside it: "at 3 people", "good morning"."""
    overlaps = block.start < one.end and one.start < block.end
    within = one.start <= block.start and block.end <= one.end
    return overlaps and not within


def _holds(longer: Meaning, one: Meaning) -> bool:
    return longer.start <= one.start and one.end <= longer.end and longer.end - longer.start > one.end - one.start


def mended(ear: Ear, found: Meaning) -> bool:
    """Whether one of its words was only read as the word nearest to it."""
    return any(found.start <= start < found.end for start in chart(ear).mended)


def first(ear: Ear, kind: str) -> Meaning | None:
    """The first reading of that kind."""
    return next(iter(readings(ear, kind)), None)


def _in_a_name(ear: Ear, one: Meaning) -> bool:
    """Whether it ends with a number written as names are: "the Gallery at Twelve"."""
    last = ear.words.typed[one.start : one.end].split()[-1]
    return one.start > 0 and last.isalpha() and last.istitle() and plain(last) in ear.vocabulary.numbers


def take(ear: Ear, found: Meaning) -> Any:
    """Its value; the words are crossed out."""
    ear.words.cross_out(found.start, found.end)
    return found.value


def whole(ear: Ear, kind: str, besides: tuple[str, ...] = ()) -> Meaning | None:
    """A reading of that kind beside which the message holds only courtesies, or readings of the kinds `besides`."""
    others = [other for kind in besides for other in readings(ear, kind)]
    for one in chart(ear).all_of(kind):
        if BLANK in ear.words.folded[one.start : one.end] or any(_holds(other, one) for other in others):
            continue
        left = ear.words.folded
        for found in (one, *others):
            left = left[: found.start] + BLANK * (found.end - found.start) + left[found.end :]
        words = plain(left.replace(BLANK, " ")).split()
        if all(word in ear.vocabulary.filler or word in ear.vocabulary.loose for word in words):
            return one
    return None
