"""Money went back to a guest: the ledger has it, the booking remembers it, once."""

from dataclasses import dataclass
from typing import Any, Self

from handlers.event_told import Event, TooEarly, event_told
from handlers.house import House
from models import delivery, ledger, news, timeline
from models.database import Run
from models.fields import micros
from models.money import Money


@dataclass(frozen=True, slots=True)
class Returned:
    """What a payment provider told us of a refund: `amount` (positive) in minor units of `currency`, of which `payment`.

    `reference`: our booking's, where the provider's refund carries it.
    """

    provider: str
    event: str
    refund: str
    payment: str
    amount: int
    currency: str
    reference: str = ""

    def as_event(self) -> Event:
        """What is kept of it."""
        body = {
            "refund": self.refund, "payment": self.payment, "amount": self.amount, "currency": self.currency,
            "reference": self.reference,
        }  # fmt: skip
        return Event(self.provider, self.event, "returned", body)

    @classmethod
    def from_event(cls, told: Event) -> Self:
        """The same again."""
        return cls(provider=told.provider, event=told.external_id, **told.body)


async def give_back(run: Run, house: House, booking: int, reference: str, payment: str, amount: int) -> None:
    """Leave it to the courier to have a payment given back; the ledger changes when the provider has done it."""
    to = await delivery.recipient(run, "stripe", reference)
    await delivery.post(
        run, to, "refund", {"payment": payment, "amount": amount}, language="en", now=house.now(),
        key=f"refund:{payment}:{amount}", booking=booking,
    )  # fmt: skip


async def payment_returned(house: House, returned: Returned, owed: int | None = None) -> None:
    """Take what the provider told us, once per refund; one that comes before its payment waits for it.

    A refund made at the provider's own desk does not say whose it is: without a payment of ours it is another program's.
    """

    async def act(run: Run) -> None:
        of = await run(
            "SELECT booking_id, apart FROM payment WHERE provider = :provider AND provider_id = :payment AND kind = 'payment'",
            provider=returned.provider, payment=returned.payment,
        )  # fmt: skip
        if not of:
            ours = bool(returned.reference) or await ledger.waits_for_us(run, returned.payment)
            raise TooEarly(f"we know of no payment {returned.payment}", ours=ours)
        await _book_out(run, house, of[0], returned)

    await event_told(house, returned.as_event(), act, owed)


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
