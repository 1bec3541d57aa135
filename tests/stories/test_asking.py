"""What guests ask about their bookings, through the door: cancelled, shown, sent again; everybody who must know is told."""

from datetime import datetime, timedelta

from models.claims import Claim
from models.database import read
from models.fields import instant
from models.timeline import rebuilt, timeline, whole
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
RETURN = (
    "airport PUJ to Hard Rock tomorrow at 3pm and back on 28 November at 11am, 4 people, 6 bags, van, flight AA1045"
)


async def _paid(who: Person, request: str, **more: str) -> str:
    reference = await moves.books(who, request, **more)
    assert (await who.pays("ok"))[0] == 303
    await moves.becomes(reference, "confirmed")
    await who.hears(reference, "total" if moves.LANGUAGE[who.key] == "es" else "Total")
    return reference


async def test_cancelling_a_paid_booking(
    bellhop: Bellhop, ana: Person, house: Person, rafael: Person, desk: Desk
) -> None:
    """The fee is shown, then agreed to; the van is free, house and lead are told, the refund waits on the desk; twice is once."""
    reference = await _paid(ana, moves.TRANSFER, email="ana@example.com")
    assert await moves.claimed("vehicle:van") == 1
    await ana.says("please cancel my booking")
    await ana.hears(reference, "54.00", words(ana, "cancel_yes"))
    assert (await moves.booking(reference))["state"] == "confirmed"
    await ana.taps(words(ana, "cancel_yes"))
    await ana.hears("Cancelled", reference, "54.00")
    await moves.becomes(reference, "cancelled")
    assert await moves.claimed("vehicle:van") == 0
    await house.hears("Cancelled by the guest", reference, "54.00")
    await rafael.hears(reference, "cancelado")
    assert "Give US$54.00 back to" in await desk.opens()
    assert "cancelled the booking" in await desk.opens(f"/desk/bookings/{reference}")
    mail = await bellhop.mail("ana@example.com", "cancelled")
    parts = bellhop.sim.parts.mailbox.whole(mail["id"])
    attached = [(number, one["name"]) for number, one in enumerate(parts["attachments"]) if not one.get("cid")]
    assert [name for _, name in attached] == [f"{reference}.ics"]
    calendar = bellhop.sim.parts.mailbox.attachment(mail["id"], attached[0][0])
    assert b"METHOD:CANCEL" in calendar[0] and b"STATUS:CANCELLED" in calendar[0]
    await ana.says("cancel my booking")
    await ana.hears(reference, "nothing left to cancel")
    booking = int((await moves.booking(reference))["id"])
    entries = await timeline(booking)
    assert [entry["kind"] for entry in entries].count("cancelled") == 1
    assert rebuilt(entries) == "cancelled" and await whole(booking)
    assert (await moves.booking(reference))["total"] == 0


async def test_cancelling_before_it_is_paid(bellhop: Bellhop, ana: Person) -> None:
    """Nothing is kept of what was never certain; the provider's page is closed and the hold does not end a second time."""
    reference = await moves.books(ana, moves.COACH)
    await ana.goes_to_pay()
    await ana.says("cancel it please")
    await ana.hears(reference, "costs nothing")
    await ana.says("yes")
    await ana.hears("Cancelled", "Nothing was charged")
    await moves.becomes(reference, "cancelled")
    assert await moves.claimed("vehicle:minibus") == 0
    await moves.all_carried(reference)
    assert [one["status"] for one in moves.sessions(bellhop)] == ["expired"]
    await bellhop.later(minutes=31)
    assert (await moves.booking(reference))["state"] == "cancelled"


async def test_only_the_way_back(ana: Person, house: Person, desk: Desk) -> None:
    """Half of it goes back, the way there stays as it was, with its own claim and its lead."""
    reference = await _return_trip(ana)
    assert await moves.claimed("vehicle:van") == 2
    await ana.says("cancel the way back")
    await ana.hears(reference, "way back", "48.00")
    await ana.says("yes")
    await ana.hears("Cancelled", "way back")
    row = await moves.booking(reference)
    assert (row["state"], row["total"]) == ("confirmed", 4800)
    assert await moves.claimed("vehicle:van") == 1
    legs = await read("SELECT position, dispatch FROM leg WHERE booking_id = :id", id=row["id"])
    assert [(leg["position"], leg["dispatch"]) for leg in legs] == [(0, "assigned")]
    assert "cancelled the way back" in await desk.opens(f"/desk/bookings/{reference}")
    assert "Give US$48.00 back to" in await desk.opens()
    kept = await read("SELECT SUM(amount) AS left_over FROM line WHERE booking_id = :id", id=row["id"])
    assert int(kept[0]["left_over"]) == 4800


async def _return_trip(ana: Person) -> str:
    await ana.says(RETURN)
    await ana.hears("flight")
    await ana.says("AA1046")
    await ana.hears(words(ana, "send"))
    reference = await moves.sends_it(ana)
    await ana.pays("ok")
    await moves.becomes(reference, "confirmed")
    await ana.hears(reference, "Total")
    return reference


async def test_late_it_costs_half_and_at_the_end_a_person_sees_to_it(
    bellhop: Bellhop, ana: Person, house: Person
) -> None:
    """What the rule keeps is shown; half an hour before, nothing is cancelled here and the house has the guest's words."""
    reference = await _paid(ana, moves.TRANSFER)
    await bellhop.later(hours=24)  # NOW is 10:20, the pick-up tomorrow at 15:00
    await ana.says("cancel it")
    await ana.hears(reference, "27.00")
    await ana.says("no")
    await ana.hears("stays as it is")
    await bellhop.later(hours=4, minutes=39)
    await ana.says("I changed my mind, cancel the ride")
    await ana.hears(reference, "no longer cancel")
    await house.hears(reference, "I changed my mind, cancel the ride")
    assert (await moves.booking(reference))["state"] == "confirmed"


async def test_a_fee_that_grew_meanwhile_is_shown_again(bellhop: Bellhop, ana: Person) -> None:
    """An old button agrees to the fee that stood on its card, and to no other."""
    reference = await _paid(ana, moves.TRANSFER)
    await ana.says("cancel it")
    await ana.hears(reference, "54.00", words(ana, "cancel_yes"))
    await bellhop.later(hours=24)
    await ana.taps(words(ana, "cancel_yes"))
    await ana.hears(reference, "costs US$27.00")
    assert (await moves.booking(reference))["state"] == "confirmed"
    await ana.taps(words(ana, "cancel_yes"))
    await ana.hears("Cancelled", "27.00 is kept")
    assert (await moves.booking(reference))["total"] == 2700


async def test_the_papers_again_by_mail(bellhop: Bellhop, ana: Person, house: Person) -> None:
    """Here with the ticket's picture, and at the address that was named; another one than the booking's is told to the house."""
    reference = await _paid(ana, moves.TRANSFER, email="ana@example.com")
    await moves.papers(bellhop, "ana@example.com")
    await ana.says("send my ticket to boss@example.com please")
    again = await ana.hears("papers of", reference, "boss@example.com")
    doors = [str(key.get("url", "")) for row in again["keyboard"] for key in row]
    assert [door.rsplit("/", 1)[-1] for door in doors][:2] == ["ticket.pdf", "invoice.pdf"]
    mail = await moves.papers(bellhop, "boss@example.com")
    assert len([one for one in mail["attachments"] if ".pdf" in one["name"]]) == 2
    await house.hears(reference, "boss@example.com")


async def test_somebody_elses_booking_is_nobodys_here(ana: Person, luis: Person) -> None:
    """A code alone opens and cancels nothing."""
    reference = await _paid(ana, moves.TRANSFER)
    await luis.says(f"cancelar la reserva {reference}")
    await luis.hears("No encuentro")
    assert (await moves.booking(reference))["state"] == "confirmed"
    assert await Claim.filter(lapses=None).count() == 1


async def test_the_flight_is_late(bellhop: Bellhop, ana: Person, house: Person, rafael: Person, desk: Desk) -> None:
    """The new landing moves way and claim, past midnight too, and costs nothing; house and lead are told old and new, the ticket is new."""
    reference = await _paid(ana, moves.TRANSFER)
    before = await _leg(reference)
    await ana.says("our flight is delayed, landing 19:10")
    await ana.hears(reference, "19:10 instead of 15:00")
    assert await _leg(reference) - before == timedelta(hours=4, minutes=10)
    await house.hears("lands later", reference, "19:10", "15:00")
    await rafael.hears(reference, "19:10", "15:00")
    await ana.says("delayed again, now landing 00:40")
    await ana.hears(reference, "00:40 instead of 19:10")
    assert await _leg(reference) - before == timedelta(hours=9, minutes=40)
    claims = await read("SELECT starts, quantity FROM claim WHERE resource = 'vehicle:van'")
    assert len(claims) == 1 and instant(claims[0]["starts"]) == await _leg(reference)
    row = await moves.booking(reference)
    assert (row["total"], instant(row["starts"])) == (5400, await _leg(reference))
    tickets = await read("SELECT version FROM document WHERE booking_id = :id AND kind = 'ticket'", id=row["id"])
    assert sorted(one["version"] for one in tickets) == [1, 2, 3]
    assert "lands later" in await desk.opens(f"/desk/bookings/{reference}")


async def test_the_flight_is_late_and_nothing_is_free_then(ana: Person, luis: Person, house: Person) -> None:
    """All stays as it was: the old claim too; the house has the guest's words, the guest knows that a person sees to it."""
    reference = await _paid(ana, moves.COACH)
    for number in range(2):
        later = moves.COACH_ES.replace("3 de la tarde", "8 de la noche")
        other = await (moves.again(luis, later) if number else moves.books(luis, later))
        await house.hears(other)
    before = await _leg(reference)
    await ana.says("my flight is delayed, landing at 8:15pm")
    await ana.hears(reference, "A person of the team sees to it")
    await house.hears(reference, "landing at 8:15pm")
    assert await _leg(reference) == before and await moves.claimed("vehicle:minibus") == 3


async def test_where_is_my_driver(bellhop: Bellhop, ana: Person, rafael: Person) -> None:
    """Who, in what, where, and on the day the number to call; whoever drives hears that they are looked for."""
    reference = await _paid(ana, moves.TRANSFER)
    await ana.says("who is my driver?")
    early = read_aloud(await ana.hears("Rafael Peña", "exit B", "I-109 442"))
    assert "0177" not in early
    await bellhop.later(hours=28, minutes=45)
    await ana.says("we have landed, where is our driver?")
    now = await ana.hears("Rafael Peña", "+1 809 555 0177", "LINDQVIST")
    assert "https://wa.me/18095550177" in [key.get("url") for row in now["keyboard"] for key in row]
    await rafael.hears(reference, "where is our driver?")
    await ana.says("I left my phone in the van")
    await ana.hears("We look for it", reference)
    await rafael.hears(reference, "I left my phone in the van")


async def _leg(reference: str) -> datetime:
    rows = await read(
        "SELECT l.starts FROM leg l JOIN booking b ON b.id = l.booking_id WHERE b.reference = :code", code=reference
    )
    return instant(rows[0]["starts"])


def words(who: Person, block: str) -> str:
    """The words on an option."""
    return moves.words(who, block)
