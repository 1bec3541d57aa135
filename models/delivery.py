"""Deliveries: everything that must leave the house, in the lane of the recipient it goes to."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models import bells
from models.database import Run
from models.fields import Instant, Json, micros, packed, unpacked

ANSWER, NOTICE, BULK = 0, 5, 9  # what goes first: whoever just wrote, then what someone waits for, then the rest
UNASKED = ("nudge", "welcome_back")
WAKE = "wake"  # the courier's bell: something was left to carry


class Recipient(Model):
    """One address on one channel, and the lane its deliveries leave by, in order.

    `lease` is on the database's clock (PostgreSQL) or this process's monotonic one (SQLite); `fence` grows with every
    claim, and a write that names an older one changes nothing.
    """

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    address = fields.CharField(max_length=200)
    name = fields.TextField(default="")
    language = fields.CharField(max_length=8, null=True)
    last_heard = Instant(null=True)  # opens WhatsApp's 24 hours
    stopped = Instant(null=True)  # when they asked to hear nothing more here: nothing leaves until they want to again
    next_due = Instant(null=True)
    urgency = fields.SmallIntField(default=NOTICE)
    lease = fields.BigIntField(null=True)
    owner = fields.CharField(max_length=40, null=True)
    fence = fields.BigIntField(default=0)
    used = Instant(null=True)  # up to when the chat's own pace is used up

    class Meta:
        table = "recipient"


class Delivery(Model):
    """One message, mail or call that must leave. `payload` is what to say, drawn at sending, `drawn` what was said.

    `state`: waiting → sending → sent → delivered | read | failed (no further try) | given_up | lapsed (pointless by then) |
    aside (failed, and seen to by staff).
    """

    id = fields.BigIntField(primary_key=True)
    recipient: fields.ForeignKeyRelation[Recipient] = fields.ForeignKeyField(
        "models.Recipient", related_name="deliveries", on_delete=fields.RESTRICT
    )
    booking: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="deliveries", on_delete=fields.RESTRICT, null=True
    )
    thread: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Thread", related_name="deliveries", on_delete=fields.RESTRICT, null=True
    )
    kind = fields.CharField(max_length=40)  # block, notice or letter
    payload = Json()
    language = fields.CharField(max_length=8)
    state = fields.CharField(max_length=10)
    attempt = fields.IntField(default=0)
    urgency = fields.SmallIntField()
    business_key = fields.CharField(max_length=160, null=True)
    provider_id = fields.CharField(max_length=255, null=True)  # of its last message, which says that it has left
    parts = Json(null=True)  # the provider's ids of its other messages, in the order in which they left
    drawn = fields.TextField(null=True)
    template = fields.BooleanField(default=False)
    error = fields.TextField(null=True)
    lapses = Instant(null=True)  # pointless after this moment
    created = Instant()
    sending = Instant(null=True)
    sent = Instant(null=True)
    delivered = Instant(null=True)
    read = Instant(null=True)

    class Meta:
        table = "delivery"
        indexes = (("recipient_id", "state", "id"), ("booking_id", "id"), ("provider_id",), ("state", "created"))


async def recipient(run: Run, channel: str, address: str, *, name: str = "", language: str | None = None) -> int:
    """The recipient at this address, made when we meet it first; a name given now fills an empty one."""
    row = await run(
        "INSERT INTO recipient (channel, address, name, language, urgency, fence) "
        "VALUES (:channel, :address, :name, :language, :urgency, 0) "
        "ON CONFLICT (channel, address) DO UPDATE SET "
        "name = CASE WHEN recipient.name = '' THEN excluded.name ELSE recipient.name END RETURNING id",
        channel=channel, address=address, name=name, language=language, urgency=NOTICE,
    )  # fmt: skip
    return int(row[0]["id"])


async def stop(run: Run, to: int, now: datetime | None) -> None:
    """Note that a recipient hears nothing more from `now` on; None: that they hear of us again."""
    await run("UPDATE recipient SET stopped = :now WHERE id = :to", now=None if now is None else micros(now), to=to)


async def post(
    run: Run, to: int, kind: str, payload: dict[str, Any], *, language: str, now: datetime, key: str | None = None,
    booking: int | None = None, thread: int | None = None, urgency: int = NOTICE, lapses: datetime | None = None,
) -> int | None:  # fmt: skip
    """Leave something for a recipient, in its lane; None when the same thing (by business key) was left before."""
    row = await run(
        "INSERT INTO delivery (recipient_id, booking_id, thread_id, kind, payload, language, state, attempt, urgency, "
        "business_key, template, lapses, created) VALUES (:to, :booking, :thread, :kind, :payload, :language, 'waiting', "
        "0, :urgency, :key, false, :lapses, :now) ON CONFLICT (business_key) DO NOTHING RETURNING id",
        to=to, booking=booking, thread=thread, kind=kind, payload=packed(payload), language=language, urgency=urgency,
        key=key, lapses=None if lapses is None else micros(lapses), now=micros(now),
    )  # fmt: skip
    if not row:
        return None
    await _is_due(run, to, now, urgency)
    return int(row[0]["id"])


async def goes_along(run: Run, old: int, new: int, now: datetime) -> None:
    """Of a person who goes on as another recipient: what has not left yet leaves for them there, in its order.

    An answer of a talk without a booking lapses: there it is asked anew. Locks both lanes.
    """
    for lane in sorted((old, new)):  # a courier has the lane before it has what is in it
        await run("UPDATE recipient SET fence = fence WHERE id = :lane", lane=lane)
    await run(
        "UPDATE delivery SET state = 'lapsed', error = 'the talk went on elsewhere' WHERE recipient_id = :old "
        "AND state = 'waiting' AND booking_id IS NULL AND business_key LIKE 'answer:%'",
        old=old,
    )
    moved = await run(
        "UPDATE delivery SET recipient_id = :new, sending = NULL, parts = NULL WHERE recipient_id = :old AND state = 'waiting' "
        "RETURNING id, payload, urgency",
        new=new, old=old,
    )  # fmt: skip
    for row in moved:
        payload = {name: value for name, value in unpacked(row["payload"]).items() if name != "edits"}
        await run("UPDATE delivery SET payload = :payload WHERE id = :id", payload=packed(payload), id=row["id"])
    if moved:
        await _is_due(run, new, now, min(int(row["urgency"]) for row in moved))


async def _is_due(run: Run, to: int, now: datetime, urgency: int) -> None:
    """Something waits in this lane."""
    await run(
        "UPDATE recipient SET next_due = COALESCE(next_due, :now), "  # a lane that backs off goes on backing off
        "urgency = CASE WHEN next_due IS NULL OR urgency > :urgency THEN :urgency ELSE urgency END WHERE id = :to",
        now=micros(now), urgency=urgency, to=to,
    )  # fmt: skip
    bells.ring(WAKE)


def is_unasked(kind: str, payload: dict[str, Any]) -> bool:
    """Whether we say this of our own accord, with nothing booked or asked: nobody has to hear it."""
    return not {kind, *(before["block"] for before in payload.get("before", ()))}.isdisjoint(UNASKED)


def is_for_the_house(kind: str) -> bool:
    """Whether a notice of this kind is read by the house itself; `message_from_house` is what it says to others."""
    return kind.endswith("_house") and kind != "message_from_house"
