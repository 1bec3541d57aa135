"""An event that fails by a mistake of ours is kept and taken again, then the desk has it; and the order of events means nothing."""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import DBConnectionError, OperationalError

from bot import checkout, telegram, whatsapp
from handlers import delivery_reported as reporting
from handlers import event_told as telling
from handlers import guest_paid as paying
from handlers import guest_wrote as turn_taking
from handlers import someone_wrote as hearing
from handlers.delivery_reported import Report, delivery_reported
from handlers.guest_paid import Paid, guest_paid
from handlers.house import House
from handlers.payment_returned import Returned, payment_returned
from handlers.staff_acted import event_again, event_aside
from handlers.time_passed import time_passed
from models import ledger, threads
from models.database import dialect, read, transaction
from models.fields import instant, unpacked
from tests.conftest import NOW, Clock
from tests.handlers.mistake import Mistake
from tests.handlers.test_turns_that_fail import LUCIA, inbox, write
from tests.models.given import one
from tests.people import Bellhop, Desk, Person
from tests.stories import moves
from tests.test_rules import a_checkout, a_payment, due, state

MARISOL = reporting.SYSTEM


async def events() -> list[tuple[str, str, int]]:
    """Kind, state and attempts of every event that is kept, in order."""
    rows = await read("SELECT kind, state, attempts FROM event ORDER BY id")
    return [(row["kind"], row["state"], row["attempts"]) for row in rows]


async def payments() -> list[int]:
    """The ledger's sums, in order."""
    return [int(row["amount"]) for row in await read("SELECT amount FROM payment ORDER BY amount DESC")]


async def told_house() -> int:
    """How often the house's chats were told of a parked event."""
    return int(await one("SELECT COUNT(*) FROM delivery WHERE kind = 'event_parked_house'"))


async def passes(house: House, clock: Clock, *seconds: float) -> None:
    """Time passes, in steps."""
    for each in seconds:
        clock.forward(seconds=each)
        await time_passed(house)


def a_refund(amount: int, **more: Any) -> Returned:
    """As the provider tells us of it."""
    return Returned(
        "stripe", **{"event": "evt_r", "refund": "re_1", "payment": "pi_1", "currency": "usd", **more}, amount=amount
    )


# -- failing ------------------------------------------------------------------------------------


async def test_an_event_that_fails_is_owed_and_nothing_else_of_it_is_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything was written when it failed: of that the event alone stays, with what is needed to do it again."""
    booking, session = await a_checkout(house)
    Mistake(monkeypatch, paying, "_settle")
    before = await one("SELECT COUNT(*) FROM delivery"), await one("SELECT COUNT(*) FROM entry")
    for _ in range(3):  # however often the provider repeats itself
        await guest_paid(house, a_payment(session, await due(booking)))
    assert (await events(), await payments(), await state(booking)) == ([("completed", "owed", 1)], [], "on_hold")
    assert (await one("SELECT COUNT(*) FROM delivery"), await one("SELECT COUNT(*) FROM entry")) == before
    kept = str(await one("SELECT body FROM event"))
    assert "pi_1" in kept and "http" not in kept


async def test_a_mistake_that_passes_is_not_noticed(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second later the payment is booked, as it came and when it came."""
    booking, session = await a_checkout(house)
    mistake = Mistake(monkeypatch, paying, "_settle")
    await guest_paid(house, a_payment(session, await due(booking)))
    mistake.left = 0
    await passes(house, clock, 0.9)
    assert await payments() == []
    await passes(house, clock, 0.1)
    assert (await events(), await state(booking)) == ([("completed", "done", 1)], "confirmed")
    assert await payments() == [await due(booking)]
    assert instant(await one("SELECT at FROM payment")) == NOW
    assert await told_house() == 0


async def test_it_is_tried_after_1_10_and_60_seconds_then_parked_and_from_the_desk_booked_once(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four tries; each chat of the house is told once; tried again by hand it confirms, and no second time."""
    booking, session = await a_checkout(house)
    mistake = Mistake(monkeypatch, paying, "_settle")
    paid = a_payment(session, await due(booking))
    await guest_paid(house, paid)
    tried = []
    for wait in (1, 10, 60):
        before = mistake.calls
        await passes(house, clock, wait - 0.1)
        assert mistake.calls == before  # not a moment early
        await passes(house, clock, 0.1)
        tried.append(mistake.calls - before)
    assert (tried, await events()) == ([1, 1, 1], [("completed", "parked", 4)])
    chats = await told_house()
    assert chats == len([alert for alert in await house.alerted() if alert.chat]) > 0
    await passes(house, clock, 3600)
    assert (mistake.calls, await told_house()) == (4, chats)

    event = int(await one("SELECT id FROM event"))
    await event_again(house, event)
    await passes(house, clock, 0.1)  # it fails once more: owed, and nobody is told again
    assert (await events(), await told_house()) == ([("completed", "owed", 1)], chats)
    mistake.left = 0
    await passes(house, clock, 10)
    for _ in range(2):
        await event_again(house, event)
        await guest_paid(house, paid)
        await passes(house, clock, 60)
    assert (await payments(), await state(booking)) == ([await due(booking)], "confirmed")
    assert (
        await one("SELECT COUNT(*) FROM delivery WHERE kind = 'booking_confirmed_guest' AND booking_id = :b", b=booking)
        <= 2
    )


async def test_others_are_served_meanwhile(house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """One payment fails for ever; whoever writes is answered at once, an owed message within a second, a refund is booked."""
    booking, session = await a_checkout(house)
    Mistake(monkeypatch, paying, "_settle")
    await guest_paid(house, a_payment(session, await due(booking)))
    assert await write(house, "airport to Hard Rock", LUCIA) is not None
    Mistake(monkeypatch, turn_taking, "say", times=1)
    await write(house, "hi")
    await passes(house, clock, 1)
    assert await inbox() == [("hi", "done", 1)]
    assert await events() == [("completed", "owed", 2)]


async def test_one_owed_event_that_fails_keeps_no_other_from_its_turn(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are due; the first fails again, the second is done in the same round."""
    booking, session = await a_checkout(house)
    Mistake(monkeypatch, paying, "_settle")
    await guest_paid(house, a_payment(session, await due(booking)))
    await payment_returned(house, a_refund(100, payment="pi_9"))
    async with transaction() as run:
        await run(
            "INSERT INTO payment (booking_id, kind, provider, provider_id, amount, currency, at) "
            "VALUES (:booking, 'payment', 'stripe', 'pi_9', 100, 'USD', 0)", booking=booking,
        )  # fmt: skip
        await ledger.is_known(run, "pi_9", clock())
    await passes(house, clock, 1)
    assert await events() == [("completed", "owed", 2), ("returned", "done", 0)]


async def test_a_database_that_refuses_is_raised(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the provider sends it again; nothing is kept."""
    booking, session = await a_checkout(house)
    gone: Exception = DBConnectionError("gone")
    if dialect() == "sqlite":
        gone = OperationalError(sqlite3.OperationalError("database is locked"))

    async def refuse(*_: Any) -> None:
        raise gone

    monkeypatch.setattr(paying, "_settle", refuse)
    with pytest.raises(type(gone)):
        await guest_paid(house, a_payment(session, await due(booking)))
    assert (await events(), await payments()) == ([], [])


GONE = asyncpg.DeadlockDetectedError("two waited for one another")  # as PostgreSQL undoes one of them


async def test_two_that_stood_in_each_others_way_begin_anew_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no mistake: nothing is owed, nothing is logged as one, and everything happens once."""
    booking, session = await a_checkout(house)
    Mistake(monkeypatch, paying, "_settle", times=2, error=GONE)
    await guest_paid(house, a_payment(session, await due(booking)))
    assert (await events(), await state(booking)) == ([("completed", "done", 0)], "confirmed")
    assert await payments() == [await due(booking)]


async def test_who_is_always_in_the_way_is_raised(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the provider sends it again, and nothing is kept."""
    booking, session = await a_checkout(house)
    Mistake(monkeypatch, paying, "_settle", times=3, error=GONE)
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await guest_paid(house, a_payment(session, await due(booking)))
    assert (await events(), await payments()) == ([], [])


async def test_what_a_lead_wrote_is_kept_at_once_when_another_stood_in_its_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is what staff wrote: neither waits a second, as if we had made a mistake."""
    address = next(lead.whatsapp for lead in (await house.catalog()).leads.values() if lead.whatsapp)
    undone = Mistake(monkeypatch, threads, "open_bookings", times=2, error=GONE)
    await write(house, "on my way", address)
    assert (await inbox(address), undone.calls) == ([("on my way", "done", 0)], 3)


async def test_a_house_that_cannot_be_told_has_it_on_the_desk_all_the_same(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mistake may be in the telling itself: the event is parked, and not tried for ever."""
    booking, session = await a_checkout(house)
    mistake = Mistake(monkeypatch, paying, "_settle")
    Mistake(monkeypatch, telling, "tell_house")
    await guest_paid(house, a_payment(session, await due(booking)))
    await passes(house, clock, 1, 10, 60, 1, 1)
    assert (await events(), mistake.calls, await told_house()) == ([("completed", "parked", 4)], 4, 0)


async def test_without_the_savepoint_half_a_payment_is_kept(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the effects of the failed try left standing, the ledger has money that nothing followed from."""
    booking, session = await a_checkout(house)

    async def tried(run: Any, house: House, told: Any, act: Any, kept: int, *_: Any) -> bool:
        try:
            await act(run)
        except KeyError as bug:
            await ledger.owe(run, kept, repr(bug), clock(), 1)
        return True

    Mistake(monkeypatch, paying, "_settle")
    monkeypatch.setattr(telling, "_tried", tried)
    await guest_paid(house, a_payment(session, await due(booking)))
    assert await payments() == [await due(booking)]


# -- the order in which events come -------------------------------------------------------------


async def test_a_refund_before_its_payment_waits_for_it(house: House, clock: Clock) -> None:
    """However long it takes within a day; nobody is alarmed, and the moment the payment is known it is booked."""
    booking, session = await a_checkout(house)
    amount = await due(booking)
    for _ in range(2):
        await payment_returned(house, a_refund(amount))
    assert (await events(), await payments()) == ([("returned", "owed", 0)], [])
    await passes(house, clock, *[60] * 20)
    assert (await events(), await told_house()) == ([("returned", "owed", 0)], 0)
    await guest_paid(house, a_payment(session, amount))
    await passes(house, clock, 0)
    assert await payments() == [amount, -amount]
    assert {each[1] for each in await events()} == {"done"}


async def test_a_refund_of_a_payment_that_never_comes_is_parked_after_a_day(house: House, clock: Clock) -> None:
    """Then the desk has it; when the payment comes after all, it is booked by itself."""
    booking, session = await a_checkout(house)
    await payment_returned(house, a_refund(100, reference="CA-22222"))
    clock.forward(hours=23, minutes=59)
    await time_passed(house)
    assert await events() == [("returned", "owed", 0)]
    await passes(house, clock, 61)
    assert await events() == [("returned", "parked", 0)]
    assert await told_house() > 0
    await guest_paid(house, a_payment(session, await due(booking)))
    await passes(house, clock, 0)
    assert await payments() == [await due(booking), -100]


async def test_a_refund_of_another_program_alarms_nobody(house: House, clock: Clock) -> None:
    """On the same account somebody sells something else: after a day it waits no more, and the desk has nothing of it."""
    await payment_returned(house, a_refund(100))
    await passes(house, clock, 3600, 82800)
    assert (await events(), await told_house()) == ([("returned", "done", 0)], 0)


async def test_a_refund_made_at_stripe_of_a_payment_that_is_parked_is_ours(house: House, clock: Clock) -> None:
    """It does not say so itself, but the payment does; so both are on the desk."""
    await guest_paid(house, a_payment("cs_lost", 5400, reference="CA-22222"))
    await payment_returned(house, a_refund(5400))
    await passes(house, clock, 3600, 82800)
    assert await events() == [("completed", "parked", 0), ("returned", "parked", 0)]


async def test_money_in_a_checkout_that_a_restored_backup_lacks_is_on_the_desk(house: House, clock: Clock) -> None:
    """The booking is there, its checkout was opened after the backup: the house is told of both, once, within minutes."""
    booking, session = await a_checkout(house)
    reference = str(await one("SELECT reference FROM booking"))
    async with transaction() as run:
        await run("DELETE FROM checkout")
    for _ in range(2):
        await guest_paid(house, a_payment(session, await due(booking), reference=reference))
    await passes(house, clock, 60)
    assert (await events(), await told_house()) == ([("completed", "owed", 0)], 0)
    await passes(house, clock, *[60] * 10)
    assert (await events(), await payments(), await state(booking)) == ([("completed", "parked", 0)], [], "on_hold")
    told = await read("SELECT payload, booking_id FROM delivery WHERE kind = 'event_parked_house'")
    assert told and all(row["booking_id"] == booking and reference in str(row["payload"]) for row in told)
    await passes(house, clock, 3600)
    assert await told_house() == len(told)


async def test_money_for_a_booking_that_a_restored_backup_lacks_is_told_with_its_code(
    house: House, clock: Clock
) -> None:
    """Made after the backup: all that is left of it stands with the provider."""
    await guest_paid(house, a_payment("cs_lost", 5400, reference="CA-22222"))
    await passes(house, clock, 601)
    assert await events() == [("completed", "parked", 0)]
    told = await read("SELECT payload FROM delivery WHERE kind = 'event_parked_house'")
    assert told and all("CA-22222" in unpacked(row["payload"])["facts"]["reference"] for row in told)


async def test_a_checkout_that_becomes_known_in_time_is_paid(house: House, clock: Clock) -> None:
    """The payment was told before the page was kept."""
    booking, session = await a_checkout(house)
    async with transaction() as run:
        await run("UPDATE checkout SET session = 'later'")
    await guest_paid(house, a_payment(session, await due(booking), reference="CA-22222"))
    async with transaction() as run:
        await run("UPDATE checkout SET session = :session", session=session)
    await passes(house, clock, 60)
    assert (await events(), await state(booking)) == ([("completed", "done", 0)], "confirmed")


@pytest.mark.parametrize(
    "more", [{}, {"metadata": {"reference": 7}}, {"metadata": {"reference": "A-1"}, "client_reference_id": None}]
)
async def test_a_checkout_of_another_program_is_passed_over(house: House, more: dict[str, Any]) -> None:
    """Whatever it has written there; nor is one of ours that nobody paid worth a word."""
    await checkout.told(house, _session_event("checkout.session.completed", more))
    assert await events() == [("completed", "done", 0)]


async def test_a_checkout_of_ours_says_so(house: House) -> None:
    """As `bot.checkout` asks for it; one that ended without money is passed over."""
    ours = {"metadata": {"reference": "CA-22222"}, "client_reference_id": "CA-22222"}
    await checkout.told(house, _session_event("checkout.session.completed", ours))
    await checkout.told(house, _session_event("checkout.session.expired", ours))
    assert await events() == [("completed", "owed", 0), ("expired", "done", 0)]


def _session_event(kind: str, more: dict[str, Any]) -> dict[str, Any]:
    about = {
        "id": "cs_lost",
        "payment_status": "paid",
        "payment_intent": "pi_1",
        "amount_total": 5400,
        "currency": "usd",
        **more,
    }
    return {"id": f"evt_{kind}", "type": kind, "created": 1, "livemode": False, "data": {"object": about}}


async def test_a_refund_of_a_payment_without_an_intent_is_another_programs(house: House) -> None:
    """Ours all have one."""
    await checkout.told(house, {"id": "evt_1", "type": "refund.created", "created": 1,
                                "data": {"object": {"id": "re_1", "status": "succeeded", "payment_intent": None}}})  # fmt: skip
    assert await events() == []


Told = Callable[[House, str, int], Awaitable[None]]
STORY: dict[str, Told] = {
    "paid": lambda house, session, amount: guest_paid(house, a_payment(session, amount)),
    "paid again": lambda house, session, amount: guest_paid(house, a_payment(session, amount, event="evt_2")),
    "expired": lambda house, session, _: guest_paid(house, Paid("stripe", "evt_3", "expired", session, session, 0, "usd", False, None, NOW)),
    "refunded": lambda house, _, amount: payment_returned(house, a_refund(amount - 1)),
    "refund updated": lambda house, _, amount: payment_returned(house, a_refund(amount - 1, event="evt_r2")),
}  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(STORY))[::7], ids=" / ".join)
async def test_events_in_every_order_give_the_same_end(house: House, clock: Clock, order: tuple[str, ...]) -> None:
    """Payment, refund, expiry, each told more than once."""
    booking, session = await a_checkout(house)
    amount = await due(booking)
    for each in order:
        await STORY[each](house, session, amount)
        await passes(house, clock, 0.25)
    assert (await payments(), await state(booking)) == ([amount, 1 - amount], "confirmed")
    assert {each[1] for each in await events()} == {"done"}
    assert await one("SELECT state FROM checkout") == "complete"
    said = [row["kind"] for row in await read("SELECT kind FROM entry WHERE kind LIKE 'pay%' OR kind = 'confirmed'")]
    assert sorted(said) == ["confirmed", "payment_received", "payment_returned"]


async def test_without_waiting_a_refund_before_its_payment_is_lost(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: were it no reason to wait, its id is used up and the ledger never has it."""
    booking, session = await a_checkout(house)
    monkeypatch.setattr(telling, "WAITS", timedelta())
    monkeypatch.setattr(ledger, "is_known", _nothing)
    await payment_returned(house, a_refund(100))
    await guest_paid(house, a_payment(session, await due(booking)))
    await payment_returned(house, a_refund(100))
    await passes(house, clock, 60)
    assert await payments() == [await due(booking)]


async def _nothing(*_: Any) -> None:
    """In place of a guard."""


# -- what else a door gets ----------------------------------------------------------------------


async def test_a_report_that_cannot_be_noted_is_noted_later(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept as an event that is owed, only then; a report that is noted at once leaves no event."""
    await write(house, "hi")
    number = int(await one("SELECT id FROM delivery"))
    await delivery_reported(house, number, 1, Report("SM1", "sent", by="whatsapp"))
    assert await events() == []
    mistake = Mistake(monkeypatch, reporting, "_note")
    for _ in range(2):
        await delivery_reported(house, number, 1, Report("SM1", "delivered", by="whatsapp"))
    assert await events() == [("reported", "owed", 1)]
    mistake.left = 0
    await passes(house, clock, 1)
    assert await events() == [("reported", "done", 1)]
    assert await one("SELECT state FROM delivery") == "delivered"


async def test_a_message_that_nobody_could_be_handed_is_owed(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mistake comes before it is known who is to answer: kept, tried as any other, parked; never a 500 that holds others up."""
    mistake = Mistake(monkeypatch, hearing, "wants_silence")
    await write(house, "airport to Hard Rock", LUCIA)
    assert await inbox(LUCIA) == [("airport to Hard Rock", "owed", 1)]
    await passes(house, clock, 1)
    assert await inbox(LUCIA) == [("airport to Hard Rock", "owed", 2)]
    mistake.left = 0
    await passes(house, clock, 10)
    assert await inbox(LUCIA) == [("airport to Hard Rock", "done", 2)]


async def test_an_event_about_money_that_cannot_be_read_is_on_the_desk(house: House) -> None:
    """Its id is kept, nothing of its body; whoever looks it up at Stripe sets it aside."""
    odd = {"id": "evt_odd", "type": "refund.created", "created": 1,
           "data": {"object": {"id": "re_1", "status": "succeeded", "payment_intent": 7, "link": "https://x/b/secret"}}}  # fmt: skip
    for _ in range(2):
        await checkout.told(house, odd)
    assert await events() == [("unread", "parked", 1)]
    assert "secret" not in str(await read("SELECT * FROM event"))
    assert await told_house() > 0
    event = int(await one("SELECT id FROM event"))
    await event_again(house, event)
    assert await events() == [("unread", "parked", 1)]
    await event_aside(house, MARISOL, event)
    assert await events() == [("unread", "done", 1)]
    assert MARISOL.name in str(await one("SELECT error FROM event"))
    await checkout.told(house, {"id": 7, "type": "refund.created", "data": {"object": {"status": "succeeded"}}})
    assert len(await events()) == 1


def test_a_message_that_cannot_be_read_still_has_its_sender_and_its_words() -> None:
    """Of any shape; a guest who is not understood is better than one who is not heard."""
    update: dict[str, Any] = {"update_id": 5, "message": {"chat": {"id": 7}, "text": "hola", "location": [1]}}
    with pytest.raises(TypeError):
        telegram.read(update, NOW)
    heard = telegram.read_barely(update, NOW)
    assert heard and (heard.external_id, heard.sender, heard.words, heard.kind) == ("5", "7", "hola", "text")
    for odd in (None, [], "a", 2**70, {"id": "x"}, {"id": True}, {}):
        assert telegram.read_barely({"update_id": 5, "message": {"chat": odd}}, NOW) is None
        assert telegram.read_barely({"update_id": odd, "message": {"chat": {"id": 7}}}, NOW) is None
        assert telegram.read_barely({"update_id": 5, "message": odd}, NOW) is None


async def test_a_whatsapp_message_that_cannot_be_read_is_kept_by_its_words(
    bellhop: Bellhop, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio gets its 200: sent again, it would be no better, and after the second time it is lost."""
    with monkeypatch.context() as mistaken:
        mistaken.delattr(whatsapp, "_kind")
        assert await ana.says("hola") == 200
    assert await read("SELECT words FROM inbound") == [{"words": "hola"}]


# -- through the doors --------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
async def test_through_the_door_to_the_desk_and_back(
    bellhop: Bellhop, ana: Person, luis: Person, team: Person, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ana pays, we stumble: Stripe gets its 200, the house is told, the desk tries again, and she has her ticket, once."""
    reference = await moves.books(ana, moves.TRANSFER)
    await team.hears(reference)
    mistake = Mistake(monkeypatch, paying, "_settle")
    await ana.pays("ok")

    async def kept() -> bool:
        return await events() == [("completed", "owed", 1)]

    await moves.once(kept, "the event, owed")

    async def answered() -> set[int]:
        return {
            one["entry"].get("status")
            for one in bellhop.sim.world.wire
            if one["entry"].get("kind") == "checkout.session.completed"
        }

    assert await moves.once(answered, "the answer to Stripe") == {200}
    await luis.says("hola")
    await luis.hears("Traslado privado")
    for seconds in (1.1, 10.1, 60.1):
        await bellhop.later(seconds=seconds)
    await team.hears("Stripe", reference, "mistake of ours")
    page = await desk.opens("/desk/talks")
    assert "a mistake of ours" in page and reference in page
    event = int(await one("SELECT id FROM event WHERE state = 'parked'"))
    mistake.left = 0
    assert await desk.sends(f"/desk/events/{event}/again") == 303
    await ana.hears(reference, "54.00")
    assert await moves.payments(reference) == [5400]
    assert await desk.sends(f"/desk/events/{event}/again") == 303
    await bellhop.later(seconds=1)
    assert await moves.payments(reference) == [5400]
