"""A booking that stands is changed, through the door: old and new are shown, agreed to, and everyone who must know is told."""

from models.database import read
from models.fields import unpacked
from models.timeline import rebuilt, timeline, whole
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
GUEST_MAIL = "ana.lindqvist@example.com"


async def test_more_people_need_more_room(
    bellhop: Bellhop, ana: Person, house: Person, team: Person, rafael: Person, desk: Desk
) -> None:
    """Ana is nine now: the minibus costs more, she sees by how much, agrees, pays the rest, and all are told old and new."""
    reference = await moves.books(ana, moves.TRANSFER, email=GUEST_MAIL)
    await ana.pays()
    await ana.hears("You are booked")
    await ana.says("can we make it 9 people?")
    await ana.hears("Minibus")
    await ana.taps("Minibus")
    card = read_aloud(await ana.hears("would change"))
    for wanted in (
        "4 adults, 6 bags → 9 adults, 6 bags",
        "Van",
        "Minibus",
        "US$54.00",
        "Nothing is changed until you agree",
    ):
        assert wanted in card, wanted
    assert await _seats(reference) == "van", "nothing is changed before she agrees"
    await ana.taps("Agree")
    await ana.hears("changed and stays confirmed")
    row = await moves.booking(reference)
    assert row["state"] == "confirmed" and await _seats(reference) == "minibus"
    assert (await moves.claimed("vehicle:van"), await moves.claimed("vehicle:minibus")) == (0, 1)

    for who, told in ((house, "4 adults, 6 bags → 9 adults"), (team, "→ 9 adults"), (rafael, "→ 9 adultos, 6 maletas")):
        assert told in read_aloud(await who.hears(reference, "→"))
    letter = await bellhop.mail(GUEST_MAIL, "changed")
    assert "4 adults, 6 bags → 9 adults, 6 bags" in letter["text"]
    ticket = moves.pdf_words(moves.pdf(bellhop, letter, "ticket"))
    assert "Minibus" in ticket and "Van" not in ticket

    await ana.pays()
    await ana.hears("confirmed as you changed it")
    assert sum(await moves.payments(reference)) == row["total"] > 5400
    page = await desk.opens(f"/desk/bookings/{reference}")
    assert "changed the booking" in page and "4 adults, 6 bags → 9 adults, 6 bags" in page
    entries = await timeline(row["id"])
    assert rebuilt(entries) == "confirmed" and await whole(row["id"])
    lines = await read("SELECT version, label FROM line WHERE booking_id = :id ORDER BY id", id=row["id"])
    assert {each["version"] for each in lines} == {1, 2}, "what was sold first stays readable"


async def test_what_is_paid_too_much_is_a_task_at_the_desk(bellhop: Bellhop, ana: Person, desk: Desk) -> None:
    """Ana takes the child seat off: the desk is told by how much, and nobody says that the money has gone back."""
    reference = await moves.books(ana, moves.TRANSFER)
    await ana.pays()
    await ana.hears("You are booked")
    await ana.says("please remove the child seat")
    card = read_aloud(await ana.hears("would change"))
    assert "Our team gives US$6.00 back to you" in card
    await ana.taps("Agree")
    assert "You paid US$6.00 too much" in read_aloud(await ana.hears("stays confirmed"))
    page = await desk.opens("/desk")
    assert "Give US$6.00 back to Ana Lindqvist" in page and reference in page
    assert await moves.payments(reference) == [5400]
    assert moves.objects(bellhop, "refund") == []


async def _seats(reference: str) -> str:
    return str(unpacked((await moves.booking(reference))["request"])["vehicle"])
