"""A guest opens the checkout: what is due now, and the provider's page once it is made."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handlers.house import House
from models import delivery, story
from models.booking import OPEN, one_at_a_time
from models.database import Run, transaction
from models.fields import instant, micros
from models.refusal import AlreadyPaid, HoldEnded
from models.request import as_instant

# Stripe: a session lives 30 minutes at least. Ours are asked for with twice that, so that a call whose answer was lost can be
# repeated with the very same values, as its idempotency key demands. When the hold ends, the session is closed.
LIVES = timedelta(minutes=60)
REPEATABLE = timedelta(minutes=25)


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
    """What is due for a booking now, written down before the provider is asked, so that a lost answer can be asked for again.

    Refuses with AlreadyPaid, or with HoldEnded when nothing is held for it any more.
    """
    async with transaction() as run:
        await one_at_a_time(run, booking)
        row = (await run("SELECT * FROM booking WHERE id = :booking", booking=booking))[0]
        due = await _due(run, row, house.now())
        told = await story.of_booking(booking, run)
        page = await _open_page(run, booking, due, house.now()) or await _new_page(run, row, due, house.now())
    return Wanted(
        booking=booking, reference=row["reference"], amount=due, currency=row["currency"], language=row["language"],
        email=told["guest"]["email"], story=told, attempt=int(page["attempt"]), expires=instant(page["expires"]),
        url=page["url"] or None,
    )  # fmt: skip


async def _due(run: Run, row: dict[str, Any], now: datetime) -> int:
    due = (await story.of_booking(int(row["id"]), run))["payment"]["due_now"]["minor"]
    if due <= 0:
        raise AlreadyPaid(reference=row["reference"])
    if row["state"] == "confirmed":  # a change made it dearer
        return int(due)
    ended = row["hold_until"] is not None and instant(row["hold_until"]) <= now
    if row["state"] not in OPEN or ended:
        raise HoldEnded(ended=as_instant(instant(row["hold_until"]), "UTC") if row["hold_until"] else None)
    return int(due)


async def _open_page(run: Run, booking: int, due: int, now: datetime) -> dict[str, Any] | None:
    """The page that is open already, or one whose making is in doubt and can be repeated."""
    rows = await run(
        "SELECT attempt, url, expires FROM checkout WHERE booking_id = :booking AND amount = :due AND expires > :soon "
        "AND (state = 'open' OR (state = 'making' AND created > :repeatable)) ORDER BY id DESC LIMIT 1",
        booking=booking, due=due, soon=micros(now + timedelta(minutes=1)), repeatable=micros(now - REPEATABLE),
    )  # fmt: skip
    return rows[0] if rows else None


async def _new_page(run: Run, row: dict[str, Any], due: int, now: datetime) -> dict[str, Any]:
    booking = int(row["id"])
    made = await run("SELECT COUNT(*) AS made FROM checkout WHERE booking_id = :booking", booking=booking)
    attempt = int(made[0]["made"]) + 1
    rows = await run(
        "INSERT INTO checkout (booking_id, session, url, amount, currency, state, attempt, expires, created) "
        "VALUES (:booking, :session, '', :amount, :currency, 'making', :attempt, :expires, :now) "
        "RETURNING attempt, url, expires",
        booking=booking, session=f"making:{booking}:{attempt}", amount=due, currency=row["currency"], attempt=attempt,
        expires=micros(now + LIVES), now=micros(now),
    )  # fmt: skip
    return rows[0]


async def opened(house: House, of: Wanted, session: str, url: str) -> str | None:
    """Remember the provider's page; two clicks at once come to the same one. Gives its address.

    None where the booking was cancelled, changed or let go while the provider made it: the page is closed, and `wanted` tells more.
    """
    async with transaction() as run:
        await one_at_a_time(run, of.booking)
        await run(
            "UPDATE checkout SET session = :session, url = :url, state = 'open' "
            "WHERE booking_id = :booking AND attempt = :attempt AND state = 'making'",
            session=session, url=url, booking=of.booking, attempt=of.attempt,
        )  # fmt: skip
        if not await _is_due(run, of, house.now()):
            await close_pages(run, house, of.booking)
            return None
    return url


async def _is_due(run: Run, of: Wanted, now: datetime) -> bool:
    """Whether just that is still to be paid."""
    row = (await run("SELECT * FROM booking WHERE id = :booking", booking=of.booking))[0]
    try:
        return await _due(run, row, now) == of.amount
    except (AlreadyPaid, HoldEnded):
        return False


async def close_pages(run: Run, house: House, booking: int) -> None:
    """The provider's open pages of a booking are closed, so that nobody pays twice or for what is no longer held."""
    for row in await run(
        "SELECT c.session, c.expires, b.reference FROM checkout c JOIN booking b ON b.id = c.booking_id "
        "WHERE c.booking_id = :booking AND c.state = 'open'",
        booking=booking,
    ):
        to = await delivery.recipient(run, "stripe", row["reference"])
        await delivery.post(
            run, to, "close_checkout", {"session": row["session"]}, language="en", now=house.now(),
            key=f"close:{row['session']}", booking=booking, lapses=instant(row["expires"]),  # then it closes by itself
        )  # fmt: skip
