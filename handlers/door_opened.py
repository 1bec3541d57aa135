"""A door was opened: someone writes with the words of one of our links; what the link knew is theirs, where it comes from is counted."""

from dataclasses import dataclass, replace

from flows.arriving import Arrival, written_out
from flows.speech import Heard
from handlers.house import House
from models import doors
from models.database import Run
from models.doors import Known
from models.turns import Stale

START = "/start"  # Telegram puts it before what a deep link carries


@dataclass(frozen=True, slots=True)
class Entry:
    """How a message came in. `heard` is what is left of it to be understood; `arrival` stands when it has the form of our links."""

    heard: Heard
    known: Known | None = None
    arrival: Arrival | None = None


async def entry_of(house: House, heard: Heard) -> Entry:
    """Whether a message came by one of our links. A token that is not ours, or no longer, is as if it were not there."""
    if heard.kind not in ("text", "edited"):
        return Entry(heard)
    given = doors.token_in(heard.words)
    known = await doors.known_by(house.secret, given, house.now()) if given else None
    said = doors.without_token(heard.words) if given else heard.words
    if known is not None:
        return Entry(heard, known, _arrival(known, said.removeprefix(START).strip()))
    if written_out(said):
        return Entry(heard, None, Arrival({}, None, None, said))
    return Entry(replace(heard, words=said or START) if given else heard)


def _arrival(known: Known, said: str) -> Arrival:
    """Words that are the link's own say nothing beside what it knows."""
    edited = said if said and doors.wording(said) != known.wording else ""
    return Arrival(known.draft, known.language, known.source, edited)


def used_by(entry: Entry, recipient: int) -> str:
    """What is said where a link for one guest was opened before: by whoever writes, or by another; else nothing."""
    by = entry.known.taken_by if entry.known and entry.known.once else None
    return "" if by is None else "door_again" if by == recipient else "door_used"


def refused(entry: Entry, why: str) -> Entry:
    """The same, of a link that is no good: what is said about it, and nothing else changes."""
    return replace(entry, known=None, arrival=Arrival({}, None, None, "", why))


async def count(run: Run, house: House, entry: Entry, recipient: int) -> None:
    """Note for the source that somebody came by its link; one that is good once is used up. Raises `Stale` when it was meanwhile."""
    known = entry.known
    if known and known.once and not await doors.take(run, known.number or 0, recipient):
        raise Stale
    if entry.known is not None and entry.known.source:
        await doors.opened(run, entry.known.source, "chat", house.now(), recipient=recipient)
