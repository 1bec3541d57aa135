"""What a guest's phone can tell at a touch on Telegram: where they are, and which number is theirs."""

from typing import Any

from tests.people import Bellhop, Person
from tests.stories.moves import NAME, code, label

HERE = {"kind": "location", "lat": 18.678, "lon": -68.416}  # at Hotel Arena Blanca


def shared(person: Person) -> str | None:
    """What the keys in place of their keyboard offer to share: "contact", "location"; None when there are none."""
    chat = person.bellhop.sim.world.chat(person.key, person.channel)
    asked = [key.get("request") for one in chat for row in one["keyboard"] for key in row]
    return next((each for each in reversed(asked) if each), None)


async def to_the_pickup(luis: Person) -> dict[str, Any]:
    """Gives the question where they are fetched."""
    await luis.says("hola, un traslado para 2 adultos, sin maletas, mañana a las 3 de la tarde")
    return await luis.hears("¿Dónde le recogemos?")


async def test_where_they_are_is_shared_at_a_touch(luis: Person) -> None:
    """The pick-up is asked with a key for it and the likely places; shared, it is the hotel there, and the keys are put away."""
    asked = await to_the_pickup(luis)
    assert shared(luis) == "location" and len(asked["keyboard"]) > 2
    await luis.says("", **HERE)
    assert (await luis.hears("Gracias."))["keyboard"] == []  # it puts the keys away
    assert (await luis.hears("¿Adónde le llevamos desde el Hotel Arena Blanca?"))["keyboard"]
    assert shared(luis) is None


async def test_a_place_is_pressed_in_place_of_the_keyboard(luis: Person) -> None:
    """Such a key types its words, which are taken like a tap on them; what comes next has keys of its own below it."""
    await to_the_pickup(luis)
    await luis.taps("Aeropuerto PUJ")
    await luis.hears("Gracias.")
    asked = await luis.hears("¿Adónde le llevamos desde el Aeropuerto PUJ?")
    assert all(key["data"] for row in asked["keyboard"] for key in row)
    assert shared(luis) is None


async def test_while_the_place_is_in_doubt_it_can_still_be_shared(luis: Person) -> None:
    """What is not understood is asked again with the same key, and with what may be meant."""
    await to_the_pickup(luis)
    await luis.says("la casa azul")
    asked = await luis.hears("¿Es uno de estos")
    assert shared(luis) == "location"
    assert "Como lo escribí" in str(asked["keyboard"])
    await luis.taps(next(key["text"] for row in asked["keyboard"] for key in row if "escribí" in key["text"]))
    await luis.hears("¿En qué zona")


async def to_the_phone(luis: Person) -> None:
    await luis.says(
        "aeropuerto PUJ a Hard Rock mañana a las 3 de la tarde, solo ida, 2 adultos, sedán, vuelo AA1045, sin maletas"
    )
    await luis.hears("¿A qué teléfono")
    assert shared(luis) == "contact"


async def test_their_own_number_is_shared_at_a_touch(bellhop: Bellhop, luis: Person) -> None:
    """The card is theirs by Telegram's word: it is taken and said back, the key is put away, and the request can be sent."""
    await to_the_phone(luis)
    await luis.says("", kind="contact")
    assert (await luis.hears("+1 809 555 0177"))["keyboard"] == []
    await luis.hears(label("send", "es"), NAME["luis"])
    assert shared(luis) is None
    await luis.taps(label("send", "es"))
    assert code(await luis.hears("CA-"))


async def test_somebody_elses_card_is_asked_about(luis: Person) -> None:
    """A card that is not theirs is named and agreed to, or left; another number may be written instead."""
    await to_the_phone(luis)
    await luis.says("", kind="contact", name="Marta López", phone="+34600111222")
    await luis.hears("la tarjeta de Marta López", "+34 600 11 12 22")
    assert shared(luis) == "contact"
    await luis.taps("Sí, a ese número")
    await luis.hears("+34 600 11 12 22", label("send", "es"))
