"""The ledger: what was paid and given back, append-only, and what the payment provider told us, once."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.database import Ask, Run
from models.fields import Instant, Json, micros, packed


class Event(Model):
    """An event of a provider, taken once however often it is sent.

    `state`: done | owed (it failed and is tried again at `due`) | parked (given to the desk).
    """

    id = fields.BigIntField(primary_key=True)
    provider = fields.CharField(max_length=16)
    external_id = fields.CharField(max_length=255)
    kind = fields.CharField(max_length=80)
    body = Json()
    state = fields.CharField(max_length=8, default="done", db_default="done")
    attempts = fields.IntField(default=0, db_default=0)
    due = Instant(null=True)
    error = fields.TextField(null=True)
    received = Instant()

    class Meta:
        table = "event"


async def heard_first(
    run: Run, provider: str, external_id: str, kind: str, body: dict[str, Any], now: datetime
) -> bool:
    """Keep an event of a provider; False when it was kept before: one event, one effect."""
    rows = await run(
        "INSERT INTO event (provider, external_id, kind, body, state, attempts, received) "
        "VALUES (:provider, :external, :kind, :body, 'done', 0, :now) "
        "ON CONFLICT (provider, external_id) DO NOTHING RETURNING id",
        provider=provider, external=external_id, kind=kind, body=packed(body), now=micros(now),
    )  # fmt: skip
    return bool(rows)


class Checkout(Model):
    """A page of the provider's on which a guest may pay, amount in minor units."""

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="checkouts", on_delete=fields.RESTRICT
    )
    session = fields.CharField(max_length=255)
    url = fields.TextField()
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    state = fields.CharField(max_length=12)  # open | complete | expired
    attempt = fields.IntField()
    expires = Instant()
    created = Instant()

    class Meta:
        table = "checkout"


class Payment(Model):
    """Money in (positive) or back (negative), minor units. Never edited, a guard in the database sees to it.

    Money that is not what was asked for is held `apart` until staff have decided, and so is what goes back of it.
    """

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="payments", on_delete=fields.RESTRICT
    )
    kind = fields.CharField(max_length=12)  # payment | refund
    provider = fields.CharField(max_length=16)
    provider_id = fields.CharField(max_length=255)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    method = fields.TextField(null=True)
    at = Instant()
    apart = fields.CharField(
        max_length=16, null=True
    )  # why it does not count for the booking: other_amount | other_mode

    class Meta:
        table = "payment"


def payment_state(total: int, due_now: int, paid: int, refunded: int) -> str:
    """Where the payment stands, derived from the ledger's sums in minor units (both not negative)."""
    if refunded:
        return "refunded" if refunded >= paid else "partly_refunded"
    if paid > total:
        return "overpaid"
    if paid == total and paid > 0:
        return "paid"
    return "deposit_paid" if paid and paid >= due_now else "unpaid"


async def sums(ask: Ask, booking: int) -> tuple[int, int]:
    """What came in and what went back for a booking, minor units of its currency; money held apart does not count."""
    row = (
        await ask(
            "SELECT COALESCE(SUM(CASE WHEN amount > 0 THEN amount ELSE 0 END), 0) AS paid, "
            "COALESCE(SUM(CASE WHEN amount < 0 THEN -amount ELSE 0 END), 0) AS refunded "
            "FROM payment WHERE booking_id = :booking AND apart IS NULL",
            booking=booking,
        )
    )[0]
    return int(row["paid"]), int(row["refunded"])
