"""A thread: the conversation inside a booking between the house and one partner."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from tortoise import fields
from tortoise.models import Model

from models.booking import OVER
from models.database import Ask, Rows, Run
from models.fields import Instant, instant, micros


class Thread(Model):
    """One partner's conversation in one booking: open or closed, and whose turn it is to answer."""

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="threads", on_delete=fields.RESTRICT
    )
    partner = fields.CharField(max_length=60)  # the lead's key in the catalogue
    partner_name = fields.TextField()
    state = fields.CharField(max_length=8)  # open | closed
    awaiting = fields.CharField(max_length=8)  # house | partner | nobody
    since = Instant(null=True)  # awaiting since

    class Meta:
        table = "thread"


class Message(Model):
    """One thing said in a thread. `author` is house, partner or system (which asks for no answer)."""

    id = fields.BigIntField(primary_key=True)
    thread: fields.ForeignKeyRelation[Thread] = fields.ForeignKeyField(
        "models.Thread", related_name="messages", on_delete=fields.RESTRICT
    )
    author = fields.CharField(max_length=8)
    name = fields.TextField()
    door = fields.CharField(max_length=16)
    text = fields.TextField()
    inbound: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Inbound", related_name="thread_messages", on_delete=fields.RESTRICT, null=True
    )
    at = Instant()

    class Meta:
        table = "message"
        indexes = (("thread_id", "id"),)


_TURN = {"house": "partner", "partner": "house"}
AFTERWARDS = timedelta(hours=2)  # a booking that has just ended may still be what a partner writes about


@dataclass(frozen=True, slots=True)
class PartnersBooking:
    """A booking as one partner has it: their thread in it, and its code."""

    thread: int
    booking: int
    reference: str


_BOOKINGS = "SELECT t.id, t.booking_id, b.reference FROM thread t JOIN booking b ON b.id = t.booking_id WHERE t.partner = :partner "


async def open_bookings(ask: Ask, partner: str, now: datetime) -> list[PartnersBooking]:
    """What this partner has to do or has just done, soonest first."""
    rows = await ask(
        f"{_BOOKINGS} AND b.state NOT IN ({', '.join(map(repr, OVER))}) "  # noqa: S608  # constants
        "AND EXISTS (SELECT 1 FROM leg l WHERE l.booking_id = b.id AND l.ends > :since) ORDER BY b.starts, b.id",
        partner=partner, since=micros(now - AFTERWARDS),
    )  # fmt: skip
    return [PartnersBooking(int(row["id"]), int(row["booking_id"]), row["reference"]) for row in rows]


async def booking_of(run: Run, thread: int, partner: str) -> PartnersBooking | None:
    """The booking that this thread is about, if it is this partner's."""
    rows = await run(f"{_BOOKINGS} AND t.id = :thread", partner=partner, thread=thread)
    return PartnersBooking(int(rows[0]["id"]), int(rows[0]["booking_id"]), rows[0]["reference"]) if rows else None


def awaited(
    state: str, created: datetime, waiting: Rows, guest_wrote: datetime | None
) -> tuple[Literal["house", "partner", "guest"] | None, datetime | None]:
    """Who must speak next in a booking, since when: we, if anyone waits for us; else a partner; else the guest, who has to pay.

    `waiting` are its open threads in which somebody is awaited, longest first; `guest_wrote` is set until we answered.
    """
    ours = [instant(thread["since"]) for thread in waiting if thread["awaiting"] == "house"]
    ours += [guest_wrote] if guest_wrote else []
    if ours:
        return "house", min(ours)
    if waiting and state not in OVER:
        return "partner", instant(waiting[0]["since"])
    return ("guest", created) if state in ("on_hold", "pending_guest") else (None, None)


async def open_thread(run: Run, booking: int, partner: str, partner_name: str) -> int:
    """The booking's thread with this partner, opened if it is not there yet; gives its id."""
    row = await run(
        "INSERT INTO thread (booking_id, partner, partner_name, state, awaiting) "
        "VALUES (:booking, :partner, :name, 'open', 'nobody') "
        "ON CONFLICT (booking_id, partner) DO UPDATE SET partner_name = excluded.partner_name RETURNING id",
        booking=booking, partner=partner, name=partner_name,
    )  # fmt: skip
    return int(row[0]["id"])


async def write(
    run: Run, thread: int, *, author: str, name: str, door: str, text: str, now: datetime, inbound: int | None = None
) -> int:
    """Add a message and turn the flag: whoever writes now waits for the other; a system line turns nothing."""
    row = await run(
        "INSERT INTO message (thread_id, author, name, door, text, inbound_id, at) "
        "VALUES (:thread, :author, :name, :door, :text, :inbound, :now) RETURNING id",
        thread=thread, author=author, name=name, door=door, text=text, inbound=inbound, now=micros(now),
    )  # fmt: skip
    if author in _TURN:
        await run(
            "UPDATE thread SET state = 'open', "
            "since = CASE WHEN awaiting = :whom THEN since ELSE :now END, awaiting = :whom WHERE id = :thread",
            whom=_TURN[author], now=micros(now), thread=thread,
        )  # fmt: skip
    return int(row[0]["id"])
