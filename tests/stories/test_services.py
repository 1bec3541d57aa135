"""There and back, a chauffeur by the hour, a package and a yacht, through the door and out again."""

from models.database import read
from models.story import of_booking
from tests.people import Bellhop, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
BACK = (
    "airport PUJ to Hard Rock tomorrow at 3pm, 2 people, 2 bags, SUV, flight AA1045, no extras, "
    "coming back on the 28th at 11am, flight AA1046"
)
FAMILY = "family pack from PUJ to Arena Blanca on 28 November at 3pm, 2 adults, 4 bags, flight AA1045, van"


async def legs_of(reference: str) -> list[tuple[str, str]]:
    """Dispatch and lead of each leg, in order."""
    rows = await read(
        "SELECT l.dispatch, l.lead FROM leg l JOIN booking b ON b.id = l.booking_id WHERE b.reference = :reference "
        "ORDER BY l.position",
        reference=reference,
    )
    return [(row["dispatch"], row["lead"]) for row in rows]


async def test_there_and_back_in_one_sentence(bellhop: Bellhop, ana: Person, rafael: Person) -> None:
    """Ana says both ways at once, is asked for neither, pays once; two legs, two claims, two sheets of ticket."""
    review = await moves.goes_to_review(ana, BACK, email="ana@example.com")
    said = read_aloud(review)
    assert "28 November" in said and "11:00" in said and "AA 1046" in said
    reference = await moves.sends_it(ana)
    assert await moves.claimed("vehicle:suv") == 2
    told = await of_booking((await moves.booking(reference))["id"])
    assert [leg["from"]["kind"] for leg in told["legs"]] == ["airport", "hotel"]
    assert len([line for line in told["lines"] if line["key"] == "vehicle:suv"]) == 2

    assert (await ana.pays())[0] == 303
    await ana.hears(reference, "Thank you")
    assert await legs_of(reference) == [("assigned", "rafael"), ("assigned", "rafael")]
    brief = read_aloud(await rafael.hears(reference))
    assert "ida y vuelta" in brief and "AA 1046 salida" in brief, "Rafael reads Spanish"
    letter = await moves.papers(bellhop, "ana@example.com")
    ticket = moves.pdf_words(moves.pdf(bellhop, letter, "ticket"))
    assert "Trip 1 of 2" in ticket and "Trip 2 of 2" in ticket


async def test_the_way_back_tapped(ana: Person) -> None:
    """Added at the review: a day, an hour, no flight known yet."""
    await ana.says("airport PUJ to Hard Rock tomorrow at 3pm, 2 people, 2 bags, flight AA1045")
    await ana.hears("Which vehicle")
    await ana.taps("SUV")
    await ana.hears(moves.words(ana, "add_something"))
    await ana.taps(moves.words(ana, "add_something"))
    await ana.hears("What would you like to add?")
    await ana.taps("There and back")
    await ana.hears("bring you back")
    await ana.taps(moves.words(ana, "trip_return"))
    await ana.hears("Which day do you go back?")
    await ana.says("the 28th")
    await ana.hears("way back")
    await ana.says("11am")
    await ana.hears(moves.words(ana, "flight_unknown"))
    await ana.taps(moves.words(ana, "flight_unknown"))
    review = read_aloud(await ana.hears(moves.words(ana, "send")))
    assert "Back on Saturday 28 November 2026, 11:00" in review


async def test_a_chauffeur_by_the_hour_in_spanish(luis: Person) -> None:
    """Luis hires a car for four hours on Telegram; it is his for the whole span."""
    await luis.says(
        "necesito un chofer por 4 horas el 28 de noviembre a las 10 de la mañana desde Hard Rock, 2 adultos"
    )
    await luis.hears("todas las horas")
    await luis.taps("Jeepeta")
    await luis.hears()
    await luis.says(moves.PHONE["luis"])
    await luis.hears(moves.words(luis, "add_something"))
    await luis.taps(moves.words(luis, "add_something"))
    await luis.hears(moves.words(luis, "line_plan"))
    await luis.taps(moves.words(luis, "line_plan"))
    await luis.hears(moves.words(luis, "no_plan"))
    await luis.says("Higüey y la basílica")
    review = read_aloud(await luis.hears(moves.words(luis, "send")))
    assert "152.00" in review and "4 horas" in review and "basílica" in review
    reference = await moves.sends_it(luis)
    claim = (await read("SELECT starts, ends FROM claim WHERE resource = 'vehicle:suv'"))[0]
    assert claim["ends"] - claim["starts"] >= 4 * 3600 * 1_000_000
    assert (await luis.pays())[0] == 303
    await luis.hears(reference)


async def test_a_package_there_and_back(ana: Person, house: Person) -> None:
    """The family pack: the way back is asked and not whether; its seats and drinks cost nothing of their own."""
    await ana.says(FAMILY)
    await ana.hears("Which day do you go back?")
    await ana.says("5 December at 11am, AA1046")
    review = read_aloud(await ana.hears(moves.words(ana, "send")))
    assert "115.00 Family pack" in review and "included Child seat, 2" in review
    reference = await moves.sends_it(ana)
    request = read_aloud(await house.hears(reference, "Family pack"))
    assert "2 × Child seat (included)" in request
    assert await moves.claimed("vehicle:van") == 2
    assert (await ana.pays())[0] == 303
    await ana.hears(reference)


async def test_the_yacht_is_whole_and_its_deposit_confirms(ana: Person) -> None:
    """890 for three, 267 of it now; nobody else gets that morning."""
    await ana.says("the private yacht on 28 November, 3 adults")
    await ana.hears("for all of you")
    await ana.says("9am")
    await ana.hears("Where do we pick you up?")
    await ana.says("Hard Rock, room 214")
    review = read_aloud(await ana.hears(moves.words(ana, "send")))
    assert "890.00 Private yacht, Cap Cana" in review and "267.00 of it is due now" in review
    reference = await moves.sends_it(ana)
    assert await moves.claimed("departure:yacht:2026-11-28T09:00") == 14
    assert (await ana.pays())[0] == 303
    await ana.hears(reference)
