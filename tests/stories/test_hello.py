"""The first words: a greeting, and what may be arranged."""

from tests.people import Person


async def test_a_guest_says_hello_on_whatsapp(ana: Person) -> None:
    """The bot greets her by name and asks in English; a line's number is as good as a tap."""
    assert await ana.says("hi") == 200
    await ana.hears("Ana", "Private transfer", "Isla Saona")
    assert await ana.taps("Private transfer") == 200
    await ana.hears("Airport")


async def test_a_guest_says_hello_on_telegram(luis: Person) -> None:
    """In Spanish, with buttons."""
    assert await luis.says("hola") == 200
    said = await luis.hears("Luis", "Traslado privado")
    assert said["keyboard"]
    assert await luis.taps("Traslado privado") == 200
    await luis.hears("eropuerto")
