"""A tour on Telegram in Spanish, tapped from the first word to the ticket."""

from typing import Any

from models.story import of_booking
from tests.people import Bellhop, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS


async def test_a_tour_by_tapping(bellhop: Bellhop, luis: Person, team: Person) -> None:
    """Luis taps his way to Saona, changes the party at the review, leaves the e-mail out, pays, and gets his ticket as a picture."""
    review = await _to_review(luis)
    assert review["keyboard"], "the review has buttons"
    assert "214.00" in read_aloud(review)  # 2 × 99 and 2 × 8 for snorkel
    await luis.taps(moves.words(luis, "change_something"))
    await luis.hears(moves.words(luis, "line_party"))
    await luis.taps(moves.words(luis, "line_party"))
    await luis.hears("3 adultos")
    await luis.taps("3 adultos")
    again = await luis.hears(moves.words(luis, "send"))
    assert "321.00" in read_aloud(again), "everything else is kept: 3 × 99 and 3 × 8"
    reference = await moves.sends_it(luis)
    told = await of_booking((await moves.booking(reference))["id"])
    assert told["party"]["adults"] == 3 and told["guest"]["email"] is None and told["guest"]["phone"] == "+34612345678"
    assert told["legs"][0]["starts"]["utc"] == "2026-11-24T11:30:00Z", "07:30 in Punta Cana"

    await team.hears(reference)
    assert (await luis.pays())[0] == 303
    ticket = await luis.hears(reference, "321.00")
    assert ticket["kind"] == "photo" and len(ticket["media"]) == 1 and ticket["text"], "a photo with its caption"
    assert await moves.claimed("departure:isla_saona:2026-11-24T07:30") == 3
    assert moves.mails(bellhop, "@example.com") == []
    await bellhop.mail("reservas@", reference)  # the lead of this tour
    assert {row["state"] for row in await moves.all_carried(reference)} <= set(moves.GONE)


async def test_seats_taken_are_seen_by_the_next(luis: Person, ana: Person) -> None:
    """What Luis holds is gone from the departures that Ana is shown a moment later."""
    await _to_review(luis)
    await moves.sends_it(luis)
    await ana.says("Isla Saona on 24 November, 2 adults")
    shown = read_aloud(await ana.hears("07:30")).splitlines()
    assert "38 left" in shown[next(at for at, line in enumerate(shown) if "24 Nov 07:30" in line) + 1]


async def test_extras_are_edited_in_place(bellhop: Bellhop, luis: Person) -> None:
    """Ticking an extra changes the card under his thumb; no second card is sent."""
    await _to_extras(luis)
    card = luis.seen()[-1]
    before = len(bellhop.sim.world.chat("luis", "telegram"))
    for extra in ("Snorkel", "Fotos"):
        await luis.taps(extra)
        changed = await luis.hears(f"✓ {extra}")
        assert changed["id"] == card["id"] and changed["edited"]
    assert "239.00" in read_aloud(luis.seen()[-1])
    assert len(bellhop.sim.world.chat("luis", "telegram")) == before


async def test_a_tap_is_answered_at_once(bellhop: Bellhop, luis: Person) -> None:
    """Every tap stops the little clock on its key: the bot answers the callback, once."""
    await luis.says("hola")
    await luis.hears("Saona")
    assert await luis.taps("Saona") == 200
    await luis.hears("2 adultos")

    def answered() -> list[dict[str, Any]]:
        calls = [kept["entry"] for kept in bellhop.sim.world.wire]
        return [one for one in calls if "/answerCallbackQuery" in str(one.get("url") or one.get("path"))]

    assert len(await bellhop.until(answered)) == 1
    assert answered()[0]["status"] == 200


async def test_the_menu_of_commands_is_set(bellhop: Bellhop, luis: Person) -> None:
    """The bot's commands stand in Telegram's menu in both languages, and /start greets."""
    state = await _state(bellhop)
    shown = str(state["telegram"])
    for language, about in (("en", "booking"), ("es", "reserva")):
        assert about in shown, language
    await luis.says("/start")
    await luis.hears("Saona")


async def test_an_old_key_after_send(luis: Person) -> None:
    """A key of a card long past is answered with where things stand, and changes nothing of what was sent."""
    await _to_review(luis)
    reference = await moves.sends_it(luis)
    kept = await moves.booking(reference)
    await luis.taps("4 adultos")
    assert reference in read_aloud(await luis.hears(reference))
    assert await moves.booking(reference) == kept


async def _to_extras(luis: Person) -> None:
    await luis.says("hola")
    await luis.hears("Saona")
    for tap, next_has in (
        ("Saona", "2 adultos"),
        ("2 adultos", "24 nov 07:30"),
        ("24 nov 07:30", "Bávaro"),
        ("Hotel", "nadar"),
    ):
        await luis.taps(tap)
        await luis.hears(next_has)
    await luis.says("Todos sabemos nadar")  # what this tour asks of its guests, in their own words
    await luis.hears()
    await luis.says("+34 612 345 678")
    for block in ("add_something", "line_extras"):
        await luis.hears(moves.words(luis, block))
        await luis.taps(moves.words(luis, block))
    await luis.hears("Snorkel")


async def _to_review(luis: Person) -> dict[str, Any]:
    """Two adults to Saona on Tuesday at 07:30 with snorkels, tapped; phone typed, for Telegram gives none; no e-mail."""
    await _to_extras(luis)
    await luis.taps("Snorkel")
    await luis.hears("✓ Snorkel")
    await luis.taps(moves.words(luis, "done"))
    return await luis.hears(moves.words(luis, "send"))


async def _state(bellhop: Bellhop) -> dict[str, Any]:
    async with bellhop.http.get(f"{bellhop.sim.url}/sim/state") as answer:
        return dict(await answer.json())
