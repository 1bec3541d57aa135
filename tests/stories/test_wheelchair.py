"""A wheelchair goes through the whole record: whoever reads of the booking reads of it, and nobody sends a car that takes none."""

import re

from models.database import read
from models.fields import unpacked
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
MAIL = "ana.lindqvist@example.com"
RIDE = (
    "airport PUJ to Hard Rock tomorrow at 3pm, one way, 2 adults, 2 bags, flight AA1045, my husband uses a wheelchair"
)


async def test_everyone_who_reads_of_the_booking_reads_of_the_wheelchair(
    bellhop: Bellhop, ana: Person, house: Person, team: Person, rafael: Person, desk: Desk
) -> None:
    """Review, alert, record, brief, letter, ticket and portal; changed by tapping its line, with a vehicle that takes it."""
    await ana.says(RIDE)
    await ana.hears("Does the wheelchair fold?")
    await ana.taps("It folds")
    cars = read_aloud(await ana.hears("These take your wheelchair"))
    assert "SUV" in cars and "Sedan" not in cars
    await ana.taps("SUV")
    assert "a folding wheelchair" in read_aloud(await ana.hears(moves.words(ana, "send")))
    await ana.says(MAIL)
    await ana.hears(moves.words(ana, "send"))
    reference = await moves.sends_it(ana)
    assert unpacked((await moves.booking(reference))["request"])["wheelchair"] == "folding"
    for staff in (house, team):
        assert "a folding wheelchair" in read_aloud(await staff.hears(reference))
    await ana.pays()
    await ana.hears("You are booked")
    assert "una silla de ruedas plegable" in read_aloud(await rafael.hears(reference))
    for page in (await desk.opens(f"/desk/bookings/{reference}"), await _portal(ana)):
        assert "a folding wheelchair" in page
    letter = await moves.papers(bellhop, MAIL)
    assert "a folding wheelchair" in letter["text"]
    assert "Folding wheelchair" in moves.pdf_words(moves.pdf(bellhop, letter, "ticket"))

    await ana.says("I want to change my booking")
    await ana.hears("What shall we change")
    await ana.taps("Wheelchair")
    await ana.hears("come along")
    await ana.taps("It does not fold")
    await ana.hears("SUV takes a wheelchair only when it folds", "Van")
    await ana.taps("Van")
    card = read_aloud(await ana.hears("would change"))
    assert "a folding wheelchair → 2 adults, 2 bags, a wheelchair that does not fold" in card
    await ana.taps("Agree")
    await ana.hears("changed and stays confirmed")
    assert "no se pliega" in read_aloud(await rafael.hears(reference, "→"))
    assert (await moves.claimed("vehicle:suv"), await moves.claimed("vehicle:van")) == (0, 1)


async def _portal(who: Person) -> str:
    async with who.bellhop.http.get(who.link("/pay").removesuffix("/pay")) as answer:
        return await answer.text()


async def test_in_spanish_on_telegram(luis: Person, team: Person) -> None:
    """Luis says it with everything else; the house, which reads English, has it too."""
    await luis.says("aeropuerto PUJ a Hard Rock mañana a las 3 de la tarde, solo ida, 2 adultos, 2 maletas, vuelo AA1045, silla de ruedas eléctrica")  # fmt: skip  # noqa: E501
    cars = read_aloud(await luis.hears("Estos llevan su silla de ruedas"))
    assert "Van" in cars and "Jeepeta" not in cars
    await luis.taps("Van")
    await luis.hears("teléfono")
    await luis.says(moves.PHONE["luis"])
    assert "una silla de ruedas que no se pliega" in read_aloud(await luis.hears(moves.words(luis, "send")))
    reference = await moves.sends_it(luis)
    assert "a wheelchair that does not fold" in read_aloud(await team.hears(reference))
    sold = await read("SELECT label FROM line ORDER BY id LIMIT 1")
    assert re.search("van", str(sold[0]["label"]), re.IGNORECASE)


async def test_the_team_hears_of_three_wheelchairs(ana: Person, team: Person, rafael: Person) -> None:
    """In the request's notes, and as something the guest waits to hear about; whoever drives reads it too."""
    said = "we have three wheelchairs that fold"
    await ana.says(f"{RIDE.rpartition(', ')[0]}, SUV, {said}")
    assert said in read_aloud(await ana.hears("writes to you here"))
    await ana.says(MAIL)
    assert f"Notes: “{said}”" in read_aloud(await ana.hears(moves.words(ana, "send")))
    reference = await moves.sends_it(ana)
    assert said in read_aloud(await team.hears("New request", reference))
    assert said in read_aloud(await team.hears("wrote about", reference))
    await ana.pays()
    await ana.hears("You are booked")
    assert said in read_aloud(await rafael.hears(reference))


async def test_the_team_hears_of_a_wheelchair_on_a_boat(ana: Person, team: Person) -> None:
    """The guest was told that a person looks at it: so one is told, though everything was tapped."""
    await ana.says("Isla Saona on 24 November, 2 adults with a wheelchair")
    await ana.hears("Does the wheelchair fold?")
    await ana.taps("It does not fold")
    await ana.hears("can come along on Isla Saona")
    await ana.taps("Tue 24 Nov 07:30")
    await ana.hears("Where do we pick you up?")
    await ana.says("Hotel Arena Blanca")
    await ana.hears("Does everyone swim?")
    await ana.says("yes, both of us swim")
    await ana.hears(moves.words(ana, "send"))
    reference = await moves.sends_it(ana)
    told = read_aloud(await team.hears("wrote about", reference))
    assert "a wheelchair that does not fold: can it come along?" in told
