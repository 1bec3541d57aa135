"""A thread: the conversation inside a booking between the house and one partner."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.database import Run
from models.fields import Instant, micros


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
