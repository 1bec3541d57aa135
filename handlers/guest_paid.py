"""A payment came, failed, or came too late: the ledger first, then what follows from it, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import structlog

from handlers.booking_confirmed import booking_confirmed, certain
from handlers.event_told import Event, TooEarly, event_told
from handlers.house import Actor, House
from handlers.payment_returned import give_back
from handlers.telling import talk_learns, tell, tell_house
from models import ledger, news, story, timeline
from models.booking import may_confirm, one_at_a_time
from models.database import Run, transaction
from models.fields import instant, micros
from models.money import Money
from models.refusal import SoldOut

log = structlog.get_logger()

SOON = timedelta(minutes=10)  # within which a checkout of ours is known, if it ever is


@dataclass(frozen=True, slots=True)
class Paid:
    """What a payment provider told us. `kind`: completed, expired or failed; `amount` in minor units of `currency`.

    `reference`: our booking's, where the session carries it; without it the session may be another program's.
    """

    provider: str
    event: str
    kind: str
    session: str
    payment: str
    amount: int
    currency: str
    live: bool
    method: str | None
    at: datetime
    reference: str = ""

    def as_event(self) -> Event:
        """What is kept of it: not Stripe's whole body, which holds the guest's secret link and address."""
        body = {
            "session": self.session, "payment": self.payment, "amount": self.amount, "currency": self.currency,
            "live": self.live, "method": self.method, "at": self.at.isoformat(),
            "reference": self.reference,
        }  # fmt: skip
        return Event(self.provider, self.event, self.kind, body)

    @classmethod
    def from_event(cls, told: Event) -> Self:
        """The same again."""
        values = {**told.body, "at": datetime.fromisoformat(told.body["at"])}
        return cls(provider=told.provider, event=told.external_id, kind=told.kind, **values)


async def guest_paid(house: House, paid: Paid, owed: int | None = None) -> None:
    """Take what the provider told us, once, whatever the order and however often it comes; `owed`: once more after a bug."""

    async def act(run: Run) -> None:
        checkout = await _checkout(run, paid.session)
        if checkout is None:
            _unknown(paid)
        elif paid.kind == "completed":
            await _came(run, house, checkout, paid)
        else:
            await _not_paid(run, house, int(checkout["booking_id"]), paid)

    await event_told(house, paid.as_event(), act, owed)


def _unknown(paid: Paid) -> None:
    """Money for a booking of ours in a checkout that a restored backup lacks is for the desk; all else is another program's."""
    if paid.reference and paid.kind == "completed":
        raise TooEarly(f"paid in a checkout that we do not know: {paid.reference}, {paid.session}", waits=SOON)
    log.info("a checkout of another program", session=paid.session)


async def _came(run: Run, house: House, checkout: dict[str, Any], paid: Paid) -> None:
    booking, wrong = int(checkout["booking_id"]), _wrong(paid, checkout, house)
    if await _book_in(run, booking, paid, wrong):
        await (_hold_apart(run, house, booking, paid, wrong) if wrong else _settle(run, house, booking, paid))
        await ledger.is_known(run, paid.payment, house.now())


async def _checkout(run: Run, session: str) -> dict[str, Any] | None:
    """The checkout of a session; its booking is locked, so two events of one booking come one after the other."""
    rows = await run("SELECT * FROM checkout WHERE session = :session", session=session)
    if rows:
        await one_at_a_time(run, int(rows[0]["booking_id"]))
    return rows[0] if rows else None


def _wrong(paid: Paid, checkout: dict[str, Any], house: House) -> dict[str, Any] | None:
    """Why this money does not count: amount, currency or mode differ from what the checkout asked for."""
    if paid.live == house.test_mode:
        return {"kind": "other_mode"}
    if paid.currency.upper() != checkout["currency"] or paid.amount != checkout["amount"]:
        return {
            "kind": "other_amount",
            "asked": Money(checkout["amount"], checkout["currency"]).as_fact(),
            "came": _money(paid),
        }
    return None


async def _book_in(run: Run, booking: int, paid: Paid, wrong: dict[str, Any] | None) -> bool:
    """Whatever came is in the ledger as it came; its page has done its work. False when that payment stands there already."""
    written = await run(
        "INSERT INTO payment (booking_id, kind, provider, provider_id, amount, currency, method, at, apart) "
        "VALUES (:booking, 'payment', :provider, :payment, :amount, :currency, :method, :at, :apart) "
        "ON CONFLICT DO NOTHING RETURNING id",
        booking=booking, provider=paid.provider, payment=paid.payment, amount=paid.amount,
        currency=paid.currency.upper(), method=paid.method, at=micros(paid.at), apart=wrong and wrong["kind"],
    )  # fmt: skip
    await run("UPDATE checkout SET state = 'complete' WHERE session = :session", session=paid.session)
    news.announce("payment", booking)
    return bool(written)


async def _settle(run: Run, house: House, booking: int, paid: Paid) -> None:
    """Confirm when enough is paid; money for what can no longer be had is told to both sides."""
    await _record(run, house, booking, "payment_received", paid, {"amount": _money(paid), "method": paid.method})
    row = (await run("SELECT state, due_now, total FROM booking WHERE id = :booking", booking=booking))[0]
    came, back = await ledger.sums(run, booking)
    if row["state"] == "confirmed" and came - back <= row["total"]:
        await _balance_came(run, house, booking, paid)
        return
    if not may_confirm(row["state"]):
        await _house_looks(run, house, booking, paid, {"kind": "nothing_due"})
        return
    if came - back < row["due_now"]:
        return
    try:
        async with transaction() as inner:
            await certain(inner, house, booking)
    except SoldOut:
        await _too_late(run, house, booking, paid)
        return
    await booking_confirmed(run, house, booking, Actor(paid.provider.title(), "provider", "checkout"))


async def _balance_came(run: Run, house: House, booking: int, paid: Paid) -> None:
    """What a change made dearer is paid: both sides are told, and the guest's talk asks for it no more."""
    told = await story.of_booking(booking, run)
    facts = {"story": told, "amount": _money(paid)}
    await talk_learns(run, booking, "change_paid", {"paid": told["payment"]["paid"], "due": told["payment"]["due"]})
    await _tell_guest(run, house, booking, "balance_paid_guest", facts, paid.event)
    await tell_house(
        run, house, "balance_paid_house", facts, booking=booking, links=["desk"], once=paid.event, mail=False
    )


async def _too_late(run: Run, house: House, booking: int, paid: Paid) -> None:
    """It was paid after the hold, and the place is gone: nothing is booked, the money goes back, both sides are told."""
    await run(
        "UPDATE booking SET state = 'expired', hold_until = NULL, changed = :now WHERE id = :booking",
        now=micros(house.now()), booking=booking,
    )  # fmt: skip
    await _record(run, house, booking, "paid_too_late", paid, {"amount": _money(paid)})
    reference = (await run("SELECT reference FROM booking WHERE id = :booking", booking=booking))[0]["reference"]
    await give_back(run, house, booking, reference, paid.payment, paid.amount)
    await _house_looks(run, house, booking, paid, {"kind": "too_late"})
    await _tell_guest(run, house, booking, "payment_late_guest", {"amount": _money(paid)}, paid.event)


async def _hold_apart(run: Run, house: House, booking: int, paid: Paid, wrong: dict[str, Any]) -> None:
    """Money that is not what was asked for confirms nothing and pays nothing; staff look at it."""
    await _record(run, house, booking, "payment_refused", paid, {"amount": _money(paid), "why": wrong})
    await _house_looks(run, house, booking, paid, wrong)


async def _house_looks(run: Run, house: House, booking: int, paid: Paid, problem: dict[str, Any]) -> None:
    told = await story.of_booking(booking, run)
    facts = {"story": told, "problem": problem}
    await tell_house(
        run, house, "payment_problem_house", facts, booking=booking, links=["desk"], once=paid.event, mail=False
    )
    news.announce("payment", booking)


async def _not_paid(run: Run, house: House, booking: int, paid: Paid) -> None:
    """A checkout that ended without money. The hold goes on until its own end."""
    if paid.kind == "expired":
        await run(
            "UPDATE checkout SET state = 'expired' WHERE session = :session AND state = 'open'", session=paid.session
        )
        return
    await _record(run, house, booking, "payment_failed", paid, {"amount": _money(paid)})
    rows = await run("SELECT state, hold_until FROM booking WHERE id = :booking", booking=booking)
    if rows[0]["state"] == "on_hold":  # another card helps until the hold ends
        until = instant(rows[0]["hold_until"]) if rows[0]["hold_until"] else None
        await _tell_guest(run, house, booking, "payment_failed_guest", {}, paid.event, until)


_LINKS = {"payment_failed_guest": ["pay"], "balance_paid_guest": ["booking"]}


async def _tell_guest(run: Run, house: House, booking: int, kind: str, facts: dict[str, Any], once: str,
                      lapses: datetime | None = None) -> None:  # fmt: skip
    row = (await run("SELECT recipient_id, language FROM booking WHERE id = :booking", booking=booking))[0]
    if row["recipient_id"] is not None:
        told = await story.of_booking(booking, run)
        await tell(
            run, house, int(row["recipient_id"]), kind, {"story": told, **facts}, language=row["language"],
            booking=booking, links=_LINKS.get(kind, []), once=once, lapses=lapses,
        )  # fmt: skip


async def _record(run: Run, house: House, booking: int, kind: str, paid: Paid, facts: dict[str, Any]) -> None:
    await timeline.record(
        run,
        booking,
        kind,
        actor=paid.provider.title(),
        actor_kind="provider",
        door="checkout",
        now=house.now(),
        facts=facts,
    )


def _money(paid: Paid) -> dict[str, Any]:
    return Money(paid.amount, paid.currency.upper()).as_fact()
