"""A guest goes on in another channel: their talk, as it stands, is taken up there; the channel they left says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.book import BOOKING
from flows.hopping import left
from flows.speech import Say
from flows.talk import Talk
from handlers.house import Actor, House
from models import delivery, doors, news, timeline, turns
from models import talk as talks
from models.booking import OVER, one_at_a_time
from models.database import Run
from models.doors import Known
from models.turns import Seen, Stale

LASTS = timedelta(days=2)  # that the link can be used


@dataclass(frozen=True, slots=True)
class Leaving:
    """A talk that is about to go on elsewhere, as it was read; `refused` says why it cannot, and then there is none."""

    hop: int
    seen: Seen | None = None
    refused: str = ""

    @property
    def talk(self) -> Talk:
        """Where it stands."""
        return Talk.from_json((self.seen.state if self.seen else None) or {})

    @property
    def booking(self) -> int | None:
        """What was booked in it last."""
        return self.seen.booking if self.seen else None

    @property
    def silent(self) -> bool:
        """Whether a person has it."""
        return bool(self.seen and self.seen.silent)


async def hop_offered(run: Run, recipient: int, talk: Talk, now: datetime) -> int:
    """Keep that this talk may go on elsewhere, once; gives the link's number."""
    return await doors.keep(run, {}, talk.language, talk.source, now, until=now + LASTS, hop_of=recipient)


async def leaving_by(known: Known, recipient: int) -> Leaving:
    """The talk behind a link to go on here; a link that was used, or leads to itself, is refused in a word."""
    number = known.number or 0
    if known.taken_by is not None:
        return Leaving(number, refused="hop_again" if known.taken_by == recipient else "hop_used")
    seen = await turns.look(known.recipient or 0)
    if known.recipient == recipient or seen.talk is None:
        return Leaving(number, refused="hop_same")
    return Leaving(number, seen)


async def talk_hopped(run: Run, house: House, leaving: Leaving, recipient: int, actor: Actor) -> None:
    """Use up the link and leave the old talk behind, which says where the guest went.

    Whatever was still to be said there, and whatever happens in their bookings, is said where they are now.

    Raises `Stale` when the link was used meanwhile, or something was said in the old talk.
    """
    seen, now = leaving.seen, house.now()
    assert seen is not None  # noqa: S101  # a refused one does not come here
    bookings = await run("SELECT id, state FROM booking WHERE recipient_id = :old ORDER BY id", old=seen.recipient)
    await one_at_a_time(run, *(int(row["id"]) for row in bookings), talking=(seen.recipient, recipient))
    row = await talks.locked(run, seen.recipient)
    if row is None or int(row["version"]) != seen.version or not await doors.take(run, leaving.hop, recipient):
        raise Stale
    old = left(BOOKING, leaving.talk, actor.door)
    await talks.moved(run, int(row["id"]), old.as_json(), silent=False)
    await run("UPDATE talk SET booking_id = NULL WHERE id = :id", id=row["id"])
    for each in bookings:
        await _moves(run, int(each["id"]), each["state"], leaving.talk.channel, recipient, actor, now)
    await turns.goes_along(run, seen.recipient, recipient)
    await delivery.goes_along(run, seen.recipient, recipient, now)
    said = Say("moved_on", {"channel": actor.door})
    await delivery.post(
        run, seen.recipient, said.block, said.as_json() | {"turn": old.turn}, language=old.language, now=now,
        urgency=delivery.ANSWER,
    )  # fmt: skip
    news.announce("talk", leaving.booking)


async def _moves(run: Run, booking: int, state: str, before: str, recipient: int, actor: Actor, now: datetime) -> None:
    await run("UPDATE booking SET recipient_id = :new WHERE id = :booking", new=recipient, booking=booking)
    if state not in OVER:
        await timeline.record(
            run, booking, "talk_moved", actor=actor.name, actor_kind=actor.kind, door=actor.door, now=now,
            facts={"before": before, "after": actor.door},
        )  # fmt: skip
