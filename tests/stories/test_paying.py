"""Paying: declined, abandoned, pressed twice, the wrong sum, too late, and the last one that two guests want."""

import asyncio
import re
from typing import Any

from handlers.payment_returned import give_back
from models.database import read, transaction
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
MINIBUS = "vehicle:minibus"


async def test_a_declined_card_and_then_one_that_works(ana: Person) -> None:
    """The bank says no: nothing is booked in, the place stays held; the next card confirms the same checkout."""
    reference = await moves.books(ana, moves.TRANSFER)
    status, page = await ana.pays("declined")
    assert status == 200 and "declined" in page
    assert (await moves.booking(reference))["state"] == "on_hold" and await moves.payments(reference) == []
    assert (await ana.pays("ok"))[0] == 303
    await ana.hears(reference, "54.00")
    assert await moves.payments(reference) == [5400]


async def test_leaving_without_paying(bellhop: Bellhop, ana: Person) -> None:
    """Whoever leaves the checkout is back at the pay page, still holds the place, and finds the same checkout again."""
    reference = await moves.books(ana, moves.TRANSFER)
    status, back = await ana.pays("abandon")
    assert (status, back) == (303, ana.link("/pay"))
    assert (await moves.booking(reference))["state"] == "on_hold"
    await ana.pays("ok")
    await ana.hears(reference, "54.00")
    assert len(moves.sessions(bellhop)) == 1


async def test_pressing_pay_twice(bellhop: Bellhop, ana: Person) -> None:
    """Two presses at the same moment open one checkout; paying it twice charges once."""
    reference = await moves.books(ana, moves.TRANSFER)
    first, second = await asyncio.gather(ana.goes_to_pay(), ana.goes_to_pay())
    assert first == second
    assert len(moves.sessions(bellhop)) == 1

    async def pay() -> int:
        async with bellhop.http.post(first, data={"card": "ok"}, allow_redirects=False) as answer:
            return answer.status

    assert list(await asyncio.gather(pay(), pay())) == [303, 303]
    await ana.hears(reference, "54.00")
    assert [one["amount"] for one in moves.objects(bellhop, "charge") if one["paid"]] == [5400]
    assert await moves.payments(reference) == [5400]
    assert "54.00" in await ana.goes_to_pay(), "the pay page itself, which says that it is paid"
    assert len(moves.sessions(bellhop)) == 1


async def test_the_wrong_sum(bellhop: Bellhop, ana: Person, house: Person, desk: Desk) -> None:
    """Less than was asked for confirms nothing; the house is told both figures and sees it held apart until it has gone back."""
    reference = await moves.books(ana, moves.TRANSFER)
    await house.hears(reference)
    await ana.pays("ok", amount="100")
    told = read_aloud(await house.hears(reference, "54.00"))
    assert re.search(r"\b1\.00", told)
    await _stands_unpaid(reference)
    assert await moves.apart(reference) == [(100, "USD")]
    assert re.search(r"held apart.*\b1\.00", await desk.opens(f"/desk/bookings/{reference}"))

    await _goes_back(bellhop, reference)

    async def balances() -> bool:
        return await moves.apart(reference) == [(100, "USD"), (-100, "USD")]

    assert await moves.once(balances, "the refund beside the payment")
    assert [refund["metadata"] for refund in moves.objects(bellhop, "refund")] == [{"reference": reference}]
    await _stands_unpaid(reference)
    await ana.pays("ok")  # on a new page, for the whole of what is due
    await ana.hears(reference, "54.00")
    assert await moves.payments(reference) == [5400]


async def test_the_wrong_currency(ana: Person, house: Person) -> None:
    """The same figure in another currency confirms nothing; the house is told, the ledger has it as it came."""
    reference = await moves.books(ana, moves.TRANSFER)
    await house.hears(reference)
    await ana.pays("ok", currency="eur")
    await house.hears(reference, "EUR", "USD")
    await _stands_unpaid(reference)
    assert await moves.apart(reference) == [(5400, "EUR")]


async def test_an_event_of_the_other_mode(bellhop: Bellhop, ana: Person, house: Person) -> None:
    """A live-mode event in a house on test keys (genuinely signed) confirms nothing; the house is told, once."""
    reference = await moves.books(ana, moves.TRANSFER)
    await house.hears(reference)
    session = _session_of(await ana.goes_to_pay(), bellhop)
    event = _completed("evt_live", session, livemode=True)
    assert [await moves.stripe_tells(bellhop, event) for _ in range(3)] == [200] * 3
    await house.hears(reference, "mode")
    await _stands_unpaid(reference)
    assert sum(row["kind"] == "payment_problem_house" and row["channel"] == "whatsapp"
               for row in await moves.deliveries(reference)) == 1  # fmt: skip


async def test_an_event_that_stripe_did_not_sign(bellhop: Bellhop, ana: Person) -> None:
    """A forged event is refused at the door and leaves no trace."""
    reference = await moves.books(ana, moves.TRANSFER)
    session = _session_of(await ana.goes_to_pay(), bellhop)
    forged = {"Stripe-Signature": "t=1,v1=00"}
    async with bellhop.http.post(
        f"{bellhop.url}/hooks/stripe", json=_completed("evt_forged", session), headers=forged
    ) as answer:
        assert answer.status == 403
    await _stands_unpaid(reference)
    assert await read("SELECT 1 AS one FROM event") == []


async def test_nobody_pays(bellhop: Bellhop, ana: Person, desk: Desk) -> None:
    """The hold ends: Ana is told, the place is free again, the provider's page is closed, and the pay page says so."""
    reference = await moves.books(ana, moves.COACH)
    checkout = await ana.goes_to_pay()
    assert await moves.claimed(MINIBUS) == 1
    await bellhop.later(minutes=30, seconds=5)
    await moves.becomes(reference, "expired")
    await ana.hears("Hard Rock")
    assert await moves.claimed(MINIBUS) == 0
    assert [row["state"] for row in await moves.all_carried(reference) if row["kind"] == "close_checkout"] == ["sent"]
    assert [one["status"] for one in moves.sessions(bellhop)] == ["expired"]
    async with bellhop.http.post(checkout, data={"card": "ok"}, allow_redirects=False) as answer:
        assert answer.status != 303
    assert "/checkout/" not in (await ana.goes_to_pay())[:200]
    assert await moves.payments(reference) == []
    assert reference in await desk.opens("/desk?q=" + reference)


async def test_paid_after_the_hold_and_still_free(bellhop: Bellhop, ana: Person) -> None:
    """The money was on its way when the hold ended, and nobody took the place: it is taken again and confirmed."""
    reference = await moves.books(ana, moves.COACH)
    session = _session_of(await ana.goes_to_pay(), bellhop)
    await bellhop.later(minutes=30, seconds=5)
    await moves.becomes(reference, "expired")
    assert await moves.stripe_tells(bellhop, _completed("evt_late", session)) == 200
    await moves.becomes(reference, "confirmed")
    assert await moves.claimed(MINIBUS) == 1
    await ana.hears(reference, "160.00")
    assert await moves.payments(reference) == [16000]


async def test_paid_after_the_hold_and_taken(
    bellhop: Bellhop, ana: Person, luis: Person, house: Person, team: Person
) -> None:
    """Both minibuses went to others meanwhile: the money goes back whole, the ledger nets to zero, guest and house are told."""
    reference = await moves.books(ana, moves.COACH)
    checkout = await ana.goes_to_pay()
    await bellhop.pull("/sim/switches", stripe="down")  # its webhook is held back, as on a bad day
    async with bellhop.http.post(checkout, data={"card": "ok"}, allow_redirects=False) as answer:
        assert answer.status == 303
    await bellhop.later(minutes=30, seconds=5)
    await moves.becomes(reference, "expired")
    for number in range(2):
        other = await (moves.again(luis, moves.COACH_ES) if number else moves.books(luis, moves.COACH_ES))
        await house.hears(other)
    await bellhop.pull("/sim/switches", stripe="up")
    await bellhop.pull("/sim/hurry")

    await team.hears(reference, "taken")
    await bellhop.later(minutes=1)  # by then the courier has seen that Stripe is back
    await ana.hears("160.00", "back")

    async def nets_to_zero() -> bool:
        return await moves.payments(reference) == [16000, -16000]

    assert await moves.once(nets_to_zero, "the refund in the ledger")
    assert [one["amount"] for one in moves.objects(bellhop, "refund")] == [16000]
    assert (await moves.booking(reference))["state"] == "expired"
    assert await moves.claimed(MINIBUS) == 2
    failed = [row["kind"] for row in await moves.all_carried(reference) if row["state"] not in moves.GONE]
    assert failed == [], "a page that was paid needs no closing, and nobody is alarmed"


async def test_two_guests_want_the_last_one(ana: Person, luis: Person) -> None:
    """Both stand at the review with the last minibus; both send at once. One holds it, the other is offered another time and takes it."""
    first = await moves.books(ana, moves.COACH)
    await ana.says("new booking")
    await ana.hears()
    await ana.says(moves.COACH)
    await ana.hears(moves.words(ana, "send"))
    await moves.goes_to_review(luis, moves.COACH_ES)
    await asyncio.gather(*(guest.taps(moves.words(guest, "send")) for guest in (ana, luis)))
    answers = [await guest.hears() for guest in (ana, luis)]

    won = [bool(re.search(r"CA-[2-9A-Z]{5}", read_aloud(answer))) for answer in answers]
    assert sorted(won) == [False, True], [read_aloud(answer) for answer in answers]
    assert await moves.claimed(MINIBUS) == 2
    held = await read("SELECT reference FROM booking WHERE state = 'on_hold'")
    assert len(held) == 2 and first in {row["reference"] for row in held}

    loser, told = (ana, answers[0]) if won[1] else (luis, answers[1])
    times = re.findall(r"\b\d\d:\d\d\b", "\n".join(_options(told)))
    assert times, read_aloud(told)
    await loser.taps(times[0])
    again = await loser.hears(times[0], moves.words(loser, "send"))
    assert "160.00" in read_aloud(again)
    await loser.taps(moves.words(loser, "send"))
    taken = moves.code(await loser.hears("CA-"))
    assert (await moves.booking(taken))["state"] == "on_hold"


def _options(message: dict[str, Any]) -> list[str]:
    buttons = [one["text"] for row in message["keyboard"] for one in row]
    return buttons or re.findall(r"^\d+\. (.*)$", message["text"], re.MULTILINE)


async def _goes_back(bellhop: Bellhop, reference: str) -> None:
    """What came is given back whole, the way that late money goes."""
    house, row = bellhop.program.house, await moves.booking(reference)
    (charge,) = moves.objects(bellhop, "charge")
    async with transaction() as run:
        await give_back(run, house, int(row["id"]), reference, charge["payment_intent"], charge["amount"])


def _session_of(checkout: str, bellhop: Bellhop) -> dict[str, Any]:
    return next(one for one in moves.sessions(bellhop) if one["id"] in checkout)


def _completed(key: str, session: dict[str, Any], *, livemode: bool = False) -> dict[str, Any]:
    """The event with which the provider would tell that a session was paid."""
    paid = {
        **session,
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": f"pi_{key}",
        "livemode": livemode,
    }
    return {"id": key, "object": "event", "type": "checkout.session.completed", "created": 1795300000, "livemode": livemode,
            "data": {"object": paid}}  # fmt: skip


async def _stands_unpaid(reference: str) -> None:
    assert (await moves.booking(reference))["state"] == "on_hold"
    assert await moves.payments(reference) == []
    assert not [row for row in await moves.deliveries(reference) if row["kind"] == "booking_confirmed_guest"]
