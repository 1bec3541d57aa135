"""What a record owes at a moment: a hold that ends, a reminder. Rows, so that nothing hangs on a process's memory."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.database import Rows, Run
from models.fields import Instant, micros


class Due(Model):
    """One thing due for a booking, the row goes when it is done."""

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="dues", on_delete=fields.RESTRICT
    )
    kind = fields.CharField(max_length=24)
    at = Instant()

    class Meta:
        table = "due"
        indexes = (("at",),)


async def set_due(run: Run, booking: int, kind: str, at: datetime) -> None:
    """Let this be due at that moment, in place of any earlier one of its kind."""
    await run(
        "INSERT INTO due (booking_id, kind, at) VALUES (:booking, :kind, :at) "
        "ON CONFLICT (booking_id, kind) DO UPDATE SET at = excluded.at",
        booking=booking, kind=kind, at=micros(at),
    )  # fmt: skip


async def clear_due(run: Run, booking: int, kind: str) -> None:
    """It is no longer due."""
    await run("DELETE FROM due WHERE booking_id = :booking AND kind = :kind", booking=booking, kind=kind)


async def take_one(run: Run, now: datetime) -> Rows:
    """Take the oldest thing due, for this transaction alone, with the lock of its booking; empty when nothing is.

    The booking first, as everybody else who sets or clears what is due for it. One that another has locked has its turn later.
    """
    skip = " FOR NO KEY UPDATE OF b SKIP LOCKED" if run.locks_rows else ""
    while oldest := await run(
        "SELECT d.id FROM due d JOIN booking b ON b.id = d.booking_id WHERE d.at <= :now ORDER BY d.at LIMIT 1" + skip,  # noqa: S608  # constants
        now=micros(now),
    ):
        taken = await run(
            "DELETE FROM due WHERE id = :id AND at <= :now RETURNING booking_id, kind, at",
            id=int(oldest[0]["id"]), now=micros(now),
        )  # fmt: skip
        if taken:
            return taken  # else another had done it just before we had the lock
    return []
