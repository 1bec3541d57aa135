"""A talk: what one person and the bot say to each other on one channel, and everything that reached us."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.booking import one_at_a_time
from models.database import Rows, Run
from models.fields import Instant, Json, packed
from models.refusal import ChangedMeanwhile


class Talk(Model):
    """Where one person's talk stands. `version` guards it: a turn on an older one is taken again."""

    id = fields.BigIntField(primary_key=True)
    recipient: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Recipient", related_name="talks", on_delete=fields.RESTRICT
    )
    version = fields.BigIntField()
    state = Json()
    silent = fields.BooleanField(default=False)  # a person has taken over; the bot listens
    booking: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="talks", on_delete=fields.RESTRICT, null=True
    )
    changed = Instant()

    class Meta:
        table = "talk"


class Inbound(Model):
    """One thing that reached us, kept before it is acknowledged, once per provider's id.

    `state`: done | owed (its turn failed and is tried again at `due`) | parked (given to the desk) | asked (kept until its
    sender or the desk says which booking it is about).
    """

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    external_id = fields.CharField(max_length=255)
    recipient: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Recipient", related_name="heard", on_delete=fields.RESTRICT
    )
    heard = Json()
    words = fields.TextField()
    state = fields.CharField(max_length=8)
    attempts = fields.IntField(default=0)
    due = Instant(null=True)
    error = fields.TextField(null=True)
    received = Instant()

    class Meta:
        table = "inbound"
        indexes = (("recipient_id", "id"), ("state", "due"))


async def locked(run: Run, recipient: int) -> dict[str, Any] | None:
    """The talk of a recipient as it stands, which nobody else moves until our transaction ends."""
    lock = " FOR NO KEY UPDATE" if run.locks_rows else ""
    rows = await run(f"SELECT * FROM talk WHERE recipient_id = :recipient{lock}", recipient=recipient)  # noqa: S608
    return rows[0] if rows else None


async def locked_at(run: Run, talk: int) -> dict[str, Any] | None:
    """A talk by its number, locked in the order of all: the booking it stands at, then itself. None where there is none.

    Refuses with ChangedMeanwhile where it has just come to stand at another.
    """
    rows = await run("SELECT recipient_id, booking_id FROM talk WHERE id = :talk", talk=talk)
    if not rows:
        return None
    if rows[0]["booking_id"] is not None:
        await one_at_a_time(run, int(rows[0]["booking_id"]))
    row = await locked(run, int(rows[0]["recipient_id"]))
    if row is None or row["booking_id"] != rows[0]["booking_id"]:
        raise ChangedMeanwhile(what="talk")
    return row


async def moved(run: Run, talk: int, state: dict[str, Any], *, silent: bool | None = None) -> None:
    """Keep where a talk stands after news; a turn taken on the older version is taken again."""
    await run(
        "UPDATE talk SET state = :state, version = version + 1, silent = COALESCE(:silent, silent) WHERE id = :talk",
        state=packed(state), silent=silent, talk=talk,
    )  # fmt: skip


async def set_aside(run: Run, inbound: int) -> None:
    """Keep a message until it is known which booking it is about."""
    await run("UPDATE inbound SET state = 'asked' WHERE id = :inbound", inbound=inbound)


async def set_asides(run: Run, recipient: int) -> Rows:
    """Whatever of theirs was set aside, oldest first; taken by this transaction alone, and no longer set aside."""
    rows = await run(
        "UPDATE inbound SET state = 'done' WHERE recipient_id = :recipient AND state = 'asked' RETURNING id, heard",
        recipient=recipient,
    )
    return sorted(rows, key=lambda row: int(row["id"]))
