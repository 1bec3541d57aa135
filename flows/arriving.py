"""Someone comes in by a link: what it knew is in the draft, what they changed in its words follows the words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from flows import anytime, hearing
from flows.conversation import Conversation
from flows.facts import ORDER
from flows.menu import World
from flows.script import blocks, label, languages
from flows.speech import Heard
from flows.talk import Talk
from flows.understand.text import fold, plain

LINES = ("service", "pickup", "dropoff", "date", "departure")
"""What makes another request of it: an answer to one of these that is not the one we have."""
_PRINTED = re.compile(r"{{.*?}}", re.DOTALL)
PRICE = "price"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a link told: answers by question, its language and source; `words` are the guest's, where they are not the link's own."""

    draft: Mapping[str, Any]
    language: str | None
    source: str | None
    words: str = ""
    remark: str = ""
    """What is said about the link, where it is no good."""


def is_written(answer: Any) -> bool:
    """Whether an answer has a line of its own in the words of a link: nothing, or nothing yet, has none."""
    return bool(answer) and answer != "unknown"


def written_out(words: str) -> bool:
    """Whether these words have the form of our links' words: two lines at least that begin as ours do."""
    return ":" in words and sum(1 for key, _ in _segments(words) if key) > 1


def arrive(book: Conversation, talk: Talk, arrival: Arrival, heard: Heard, world: World) -> Talk:
    """The talk as it goes on from there, at the first question that the link left open."""
    talk = talk.next()
    talk.elsewhere = None
    hearing.settle_in(book, talk, replace(heard, words=arrival.words), world)
    if arrival.language in world.menu.languages:
        talk.language = str(arrival.language)
    request = {key: value for key, value in arrival.draft.items() if key in book.keys}
    _make_room(book, talk, request, world)
    for key in (key for key in book.keys if key in request):
        talk.answer(key, request[key])
    talk.source = arrival.source or talk.source
    talk.understood = [*request, "unasked"] if request else []
    if arrival.remark:
        talk.remark(arrival.remark)
    if arrival.words:
        talk = _read(book, talk, request, replace(heard, words=arrival.words), world)
    hearing.settle(book, talk, world)
    return talk


def _make_room(book: Conversation, talk: Talk, request: Mapping[str, Any], world: World) -> None:
    """A link for something else begins a new draft; what is booked, or held, stays as it is."""
    sent = talk.state in book.after
    other = any(key in talk.draft and talk.draft[key] != request[key] for key in LINES if key in request)
    if not request or not (sent or other):
        return
    anytime.new(book, talk, world)
    talk.remarks = []
    talk.wishes = []
    if other and not sent:
        talk.remark("door_instead")


# --- words that were written for the guest, and changed by them ---


def _read(book: Conversation, talk: Talk, request: Mapping[str, Any], heard: Heard, world: World) -> Talk:
    """Each line is an answer to its question; one that is gone opens it again; what stands beside them is heard as ever."""
    told = list(_segments(heard.words))
    lines = {key: said for key, said in told if key and key != PRICE}
    for key in [key for key, value in request.items() if is_written(value) and key not in lines]:
        talk.forget(key)
    for key, said in lines.items():
        talk = _line(book, talk, key, replace(heard, words=said), world)
    if any(key == PRICE for key, _ in told):
        talk.remark("door_price")
    talk.state = book.keys[0]
    beside = "\n".join(said for key, said in told if key is None and not _is_ours(said, world.menu.brand))
    if beside.strip():
        hearing.hear_beside(book, talk, beside, world)
    return talk


def _line(book: Conversation, talk: Talk, key: str, heard: Heard, world: World) -> Talk:
    """A line heard as the answer to its question; one that comes to the answer we have leaves everything as it was."""
    probe = talk.copy()
    before = probe.draft.pop(key, None)
    shown = [{"question": key, "value": before, "words": []}] if key == "departure" and before else []
    probe.state, probe.shown, probe.reopened, probe.urgent = key, shown, None, None
    if not heard.words or not (key == "service" or book.applies(key, probe.draft, world.menu)):
        talk.forget(key)
        return talk
    if plain(heard.words) == plain(_typed(before)):
        return talk
    hearing.hear_words(book, probe, heard, world)
    same = {k: v for k, v in probe.draft.items() if v is not None} == {
        k: v for k, v in talk.draft.items() if v is not None
    }
    return talk if before is not None and same else probe


def _typed(answer: Any) -> str:
    """An answer that is kept in the guest's own words."""
    if isinstance(answer, list):
        return " ".join(_typed(each) for each in answer)
    return str(answer.get("typed", "")) if isinstance(answer, dict) else str(answer or "")


def _is_ours(line: str, brand: str) -> bool:
    """Whether the line is the one our links' words begin with."""
    return plain(line) in _greetings(brand)


@cache
def _greetings(brand: str) -> frozenset[str]:
    return frozenset(plain(_PRINTED.sub(brand, blocks(language)["door_hello"])) for language in languages())


@cache
def _labels() -> dict[str, str]:
    """What each line begins with, folded, in every language, the longest first."""
    named = {fold(label(f"line_{key}", language)): key for language in languages() for key in (*ORDER, PRICE)}
    return dict(sorted(((said, key) for said, key in named.items() if said), key=lambda known: -len(known[0])))


@cache
def _beginning() -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[\s,;.]))({'|'.join(map(re.escape, _labels()))})\s*:", re.MULTILINE)


def _segments(words: str) -> Iterator[tuple[str | None, str]]:
    """(question, words) of each line that begins as ours do, and (None, words) of what stands beside them."""
    folded = fold(words)
    starts = list(_beginning().finditer(folded))
    head = words[: starts[0].start()] if starts else words
    yield from ((None, line.strip()) for line in head.splitlines() if line.strip())
    for number, found in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(words)
        first, *rest = words[found.end() : end].strip().splitlines() or [""]
        yield _labels()[found[1]], first.strip(" \t,;")
        yield from ((None, line.strip()) for line in rest if line.strip())
