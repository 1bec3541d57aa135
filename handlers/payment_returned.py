"""Money went back to a guest: the ledger has it, the booking remembers it, once."""

from dataclasses import dataclass
from typing import Any

from handlers.house import House
from models import delivery, ledger, news, timeline
from models.database import Run, transaction
from models.fields import micros
from models.money import Money


@dataclass(frozen=True, slots=True)
class Returned:
    """What a payment provider told us of a refund: `amount` (positive) in minor units of `currency`, of which `payment`."""

    provider: str
    event: str
    refund: str
    payment: str
    amount: int
    currency: str


async def give_back(run: Run, house: House, booking: int, reference: str, payment: str, amount: int) -> None:
    """Leave it to the courier to have a payment given back; the ledger changes when the provider has done it."""
    to = await delivery.recipient(run, "stripe", reference)
    await delivery.post(
        run, to, "refund", {"payment": payment, "amount": amount}, language="en", now=house.now(),
        key=f"refund:{payment}:{amount}", booking=booking,
    )  # fmt: skip


async def payment_returned(house: House, returned: Returned) -> None:
    """Take what the provider told us, once per refund."""
    now, kept = house.now(), {"refund": returned.refund, "payment": returned.payment, "amount": returned.amount}
    async with transaction() as run:
        first = await ledger.heard_first(run, returned.provider, returned.event, "returned", kept, now)
        of = await run(
            "SELECT booking_id, apart FROM payment WHERE provider = :provider AND provider_id = :payment AND kind = 'payment'",
            provider=returned.provider, payment=returned.payment,
        )  # fmt: skip
        if first and of:
            await _book_out(run, house, of[0], returned)


async def _book_out(run: Run, house: House, of: dict[str, Any], returned: Returned) -> None:
    """What goes back of money held apart is held apart with it, so the two balance there."""
    now, currency, booking = house.now(), returned.currency.upper(), int(of["booking_id"])
    written = await run(
        "INSERT INTO payment (booking_id, kind, provider, provider_id, amount, currency, at, apart) "
        "VALUES (:booking, 'refund', :provider, :refund, :amount, :currency, :now, :apart) "
        "ON CONFLICT (provider, provider_id, kind) DO NOTHING RETURNING id",
        booking=booking, provider=returned.provider, refund=returned.refund, amount=-returned.amount, currency=currency,
        now=micros(now), apart=of["apart"],
    )  # fmt: skip
    if not written:
        return
    await timeline.record(
        run, booking, "payment_returned", actor=returned.provider.title(), actor_kind="provider", door="checkout", now=now,
        facts={"amount": Money(returned.amount, currency).as_fact()},
    )  # fmt: skip
    news.announce("payment", booking)
