"""Two guests with one phone, and one guest with two: each booking is told to whom it belongs, and to nobody else."""

from models.database import read
from tests.people import Person, read_aloud
from tests.stories import moves
from tests.stories.test_going_on import doors_of, token

pytestmark = moves.SDKS
SPANISH = "aeropuerto PUJ a Bávaro el martes a las 6 de la tarde, solo ida, 2 personas, 2 maletas, sedán, vuelo BA2203"
SECOND = "airport PUJ to Bávaro on Tuesday at 6pm, one way, 2 people, 2 bags, sedan, flight BA2203"


async def test_a_couple_writes_from_one_number(ana: Person, house: Person) -> None:
    """Erik books for himself from Ana's phone, whose booking is confirmed: both are shown, and a change asks which is meant."""
    first = await moves.books(ana, moves.TRANSFER)
    await ana.pays()
    await ana.hears("You are booked")
    await ana.says("new booking")
    await ana.hears()
    await ana.says(f"{SECOND}, the name is Erik Lindqvist")
    card = read_aloud(await ana.hears(moves.words(ana, "send")))
    assert "Erik Lindqvist" in card
    assert "Ana" not in card
    second = await moves.sends_it(ana)
    assert {row["name"] for row in await read("SELECT name FROM guest")} == {"Ana Lindqvist", "Erik Lindqvist"}
    await house.hears(second, "Erik Lindqvist")
    await ana.says("my bookings")
    both = read_aloud(await ana.hears(first, second))
    assert "Ana Lindqvist" in both and "Erik Lindqvist" in both
    await ana.says("can we make it 4pm?")
    asked = read_aloud(await ana.hears("Which booking do you mean?"))
    assert "Hard Rock" in asked and "Bávaro" in asked
    await ana.taps("Hard Rock")
    card = read_aloud(await ana.hears("would change"))
    assert f"{first}" in card and "15:00 → " in card and "16:00" in card, "what was said first is heard now"
    await ana.taps("Agree")
    await ana.hears("changed and stays confirmed")
    await ana.says(f"change the time of {second} to 7pm")
    assert second in read_aloud(await ana.hears("would change"))
    await ana.says("leave it as it is")
    await ana.hears()


async def test_a_number_that_is_only_typed_shows_nothing(ana: Person, luis: Person, house: Person) -> None:
    """Whoever types Ana's number in Telegram sees, changes and cancels nothing of hers; the house sees both under the number."""
    hers = await moves.books(ana, moves.TRANSFER)
    await ana.pays()
    await ana.hears("You are booked")
    await luis.says("mis reservas")
    nothing = read_aloud(await luis.hears("No encuentro aquí ninguna reserva suya"))
    assert "seguir en Telegram" in nothing
    await luis.says(SPANISH)
    await luis.hears("teléfono")
    await luis.says("+46701740605")
    await luis.hears(moves.words(luis, "send"))
    his = await moves.sends_it(luis)
    await luis.says("mis reservas")
    assert hers not in read_aloud(await luis.hears(his))
    for tried in (
        f"mi reserva {hers}",
        f"cancelar la reserva {hers}",
        f"cambiar la hora de {hers} a las 4 de la tarde",
    ):
        await luis.says(tried)
        told = read_aloud(await luis.hears())
        assert "Hard Rock" not in told and "AA1045" not in told, told
    assert (await moves.booking(hers))["state"] == "confirmed"
    await ana.says("my bookings")
    assert his not in read_aloud(await ana.hears(hers))
    for reference in (hers, his):
        await house.hears(reference)

    await ana.says("continue on Telegram")
    link = doors_of(await ana.hears("Open this"))["Go on there"]
    await luis.says(f"/start {token(link)}")
    await luis.hears(hers)
    await luis.says("mis reservas")
    await luis.hears(hers, his)
