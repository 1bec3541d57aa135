"""The ledger: what was paid and given back, append-only, and what the payment provider told us, once."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.database import Ask, Rows, Run, read
from models.fields import Instant, Json, micros, packed

AT_ONCE = 100  # of what is owed, at one look


class Event(Model):
    """An event of a provider, taken once however often it is sent.

    `body` is what is needed to take it again, in plain values. `state`: done | owed (it failed, or speaks of what we do
    not know yet, and is taken again at `due`) | parked (given to the desk).
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
        indexes = (("state", "due"),)


async def heard_first(
    run: Run, provider: str, external_id: str, kind: str, body: dict[str, Any], now: datetime
) -> int | None:
    """Keep an event of a provider and give its id; None when it was kept before: one event, one effect."""
    rows = await run(
        "INSERT INTO event (provider, external_id, kind, body, state, attempts, received) "
        "VALUES (:provider, :external, :kind, :body, 'done', 0, :now) "
        "ON CONFLICT (provider, external_id) DO NOTHING RETURNING id",
        provider=provider, external=external_id, kind=kind, body=packed(body), now=micros(now),
    )  # fmt: skip
    return int(rows[0]["id"]) if rows else None


async def owe(run: Run, event: int, error: str, due: datetime | None, tried: int) -> None:
    """Keep an event to be taken again at `due`; without that it is parked. `tried`: how often it has failed."""
    await run(
        "UPDATE event SET state = :state, due = :due, error = :error, attempts = :tried WHERE id = :id",
        state="owed" if due else "parked", due=micros(due) if due else None, error=error, tried=tried, id=event,
    )  # fmt: skip


async def owed(now: datetime) -> Rows:
    """The events whose time has come to be taken again, the longest due first; of many some, the others at the next look."""
    return await read(
        "SELECT id, provider, external_id, kind, body FROM event WHERE state = 'owed' AND due <= :now "
        "ORDER BY due, id LIMIT :most",
        now=micros(now),
        most=AT_ONCE,
    )


async def take_up(run: Run, event: int, now: datetime) -> dict[str, Any] | None:
    """Take an owed event up, as the only one; None when another process was faster. Gives attempts and received."""
    lock = " FOR UPDATE" if run.locks_rows else ""
    rows = await run(
        f"SELECT attempts, received FROM event WHERE id = :id AND state = 'owed' AND due <= :now{lock}",  # noqa: S608
        id=event, now=micros(now),
    )  # fmt: skip
    return rows[0] if rows else None


async def done(run: Run, event: int) -> None:
    """An owed event has had its effect."""
    await run("UPDATE event SET state = 'done', due = NULL WHERE id = :id", id=event)


async def set_aside(run: Run, event: int, why: str) -> None:
    """A parked event is to have no effect; what stood in its way stays readable."""
    await run(
        "UPDATE event SET state = 'done', error = :why || ': ' || error WHERE id = :id AND state = 'parked'",
        why=why, id=event,
    )  # fmt: skip


async def is_known(run: Run, payment: str, now: datetime) -> None:
    """What was told of a payment before we knew of it is taken up now, wherever it had got to."""
    await run(
        "UPDATE event SET state = 'owed', due = :now, attempts = 0 WHERE state IN ('owed', 'parked') AND kind = 'returned' "
        "AND body LIKE :payment",
        now=micros(now), payment=f'%"{payment}"%',
    )  # fmt: skip


async def waits_for_us(run: Run, payment: str) -> bool:
    """Whether we were told that this payment came, and could not book it yet."""
    return bool(await run(
        "SELECT 1 AS waits FROM event WHERE state IN ('owed', 'parked') AND kind = 'completed' AND body LIKE :payment",
        payment=f'%"{payment}"%',
    ))  # fmt: skip


async def try_again(run: Run, event: int, now: datetime) -> None:
    """Let a parked event be taken once more; one that nobody could read stays where it is."""
    await run(
        "UPDATE event SET state = 'owed', attempts = 0, due = :now WHERE id = :id AND state = 'parked' AND kind <> 'unread'",
        now=micros(now), id=event,
    )  # fmt: skip


async def booking_of(ask: Ask, body: dict[str, Any]) -> dict[str, Any] | None:
    """Id and reference of the booking that an event is about, by its checkout, payment, delivery, or by its code."""
    rows = await ask(
        "SELECT id, reference FROM booking WHERE id IN (SELECT booking_id FROM checkout WHERE session = :session "
        "UNION SELECT booking_id FROM payment WHERE provider_id = :payment "
        "UNION SELECT booking_id FROM delivery WHERE id = :delivery UNION SELECT id FROM booking WHERE reference = :reference)",
        session=body.get("session", ""), payment=body.get("payment", ""), delivery=body.get("delivery", 0),
        reference=body.get("reference", ""),
    )  # fmt: skip
    return rows[0] if rows else None


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
    # Why it does not count for the booking: other_amount | other_mode.
    apart = fields.CharField(max_length=16, null=True)

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
