"""A guest opens the checkout: what is due now, and the provider's page once it is made."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handlers.house import House
from models import ledger, story
from models.booking import OPEN
from models.database import read, transaction
from models.fields import instant, micros
from models.refusal import AlreadyPaid, HoldEnded
from models.request import as_instant

SHORTEST = timedelta(minutes=30)  # Stripe: a Checkout Session lives at least that long


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a checkout is made for: an amount in minor units, words for the card's statement, where an open one stands."""

    booking: int
    reference: str
    amount: int
    currency: str
    language: str
    email: str | None
    story: story.Story
    attempt: int
    expires: datetime
    url: str | None


async def wanted(house: House, booking: int) -> Wanted:
    """What is due for a booking now. Refuses with AlreadyPaid, or with HoldEnded when nothing is held for it any more."""
    row = (await read("SELECT * FROM booking WHERE id = :booking", booking=booking))[0]
    paid, back = await ledger.sums(read, booking)
    due, now = row["due_now"] - (paid - back), house.now()
    if row["state"] not in OPEN or (row["hold_until"] is not None and instant(row["hold_until"]) <= now):
        raise AlreadyPaid(reference=row["reference"]) if row["state"] == "confirmed" else HoldEnded(ended=_ended(row))
    if due <= 0:
        raise AlreadyPaid(reference=row["reference"])
    told = await story.of_booking(booking)
    open_ = await read(
        "SELECT url, expires FROM checkout WHERE booking_id = :booking AND state = 'open' AND amount = :amount "
        "AND expires > :now ORDER BY id DESC LIMIT 1",
        booking=booking, amount=due, now=micros(now + timedelta(minutes=1)),
    )  # fmt: skip
    made = await read("SELECT COUNT(*) AS made FROM checkout WHERE booking_id = :booking", booking=booking)
    return Wanted(
        booking, row["reference"], due, row["currency"], row["language"], told["guest"]["email"], told,
        int(made[0]["made"]) + 1, max(_ends(row, now), now + SHORTEST + timedelta(minutes=1)),
        open_[0]["url"] if open_ else None,
    )  # fmt: skip


def _ended(row: dict[str, Any]) -> dict[str, str] | None:
    return as_instant(instant(row["hold_until"]), "UTC") if row["hold_until"] else None


def _ends(row: dict[str, Any], now: datetime) -> datetime:
    return instant(row["hold_until"]) if row["hold_until"] else now


async def opened(house: House, of: Wanted, session: str, url: str) -> str:
    """Remember the provider's page; of two made at once (a double click) the first one counts. Gives its address."""
    async with transaction() as run:
        await run(
            "INSERT INTO checkout (booking_id, session, url, amount, currency, state, attempt, expires, created) "
            "VALUES (:booking, :session, :url, :amount, :currency, 'open', :attempt, :expires, :now) "
            "ON CONFLICT (session) DO NOTHING",
            booking=of.booking, session=session, url=url, amount=of.amount, currency=of.currency, attempt=of.attempt,
            expires=micros(of.expires), now=micros(house.now()),
        )  # fmt: skip
    return url
