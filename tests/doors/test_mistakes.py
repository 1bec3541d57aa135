"""What guests get wrong, on the channel where they can: a clear next step on their phone, and nothing of the draft lost."""

from typing import Any

import pytest

from tests.doors.knocking import START, Door, answer, count, draft, says
from tests.people import Bellhop, Person


@pytest.fixture(params=["ana", "luis"])
def guest(request: pytest.FixtureRequest, bellhop: Bellhop) -> Person:
    """Ana on WhatsApp in English, then Luis on Telegram in Spanish."""
    return Person(bellhop, request.param, "whatsapp" if request.param == "ana" else "telegram")


WORDS = {
    "ana": {
        "route": "airport to Bávaro", "30 Feb": "30 february", "past": "yesterday", "soon": "today at 11am", "later": "tomorrow at 3pm",
        "crowd": "40 people",
        "flight": "AA1045", "bags": "2 bags", "none": "none", "no": "no", "vehicle": "sedan", "ride": "transfer",
    },
    "luis": {
        "route": "aeropuerto a Bávaro", "30 Feb": "30 de febrero", "past": "ayer", "soon": "hoy a las 11 am", "later": "mañana a las 3 pm",
        "crowd": "40 personas",
        "flight": "AA1045", "bags": "2 maletas", "none": "ninguno", "no": "no", "vehicle": "sedán", "ride": "traslado",
    },
}  # fmt: skip


async def test_a_place_day_time_or_party_that_cannot_be(guest: Person) -> None:
    """Each is answered by name and leaves its question open, all else as it was."""
    words = WORDS[guest.key]
    await says(guest, words["ride"])
    assert "unknown_place" in await says(guest, "Villa Rosa, calle 3")
    assert "pickup" not in await draft(guest)
    await says(guest, words["route"])
    for mistake, block, missing in (
        ("30 Feb", "no_such_day", "date"), ("past", "past_date", "date"), ("soon", "too_soon", "time"),
        ("later", "", ""), ("crowd", "party_large", "party"),
    ):  # fmt: skip
        before = await draft(guest)
        blocks = await says(guest, words[mistake])
        after = await draft(guest)
        if mistake == "later":
            assert after["time"] == "15:00"
            continue
        assert block in blocks, (mistake, blocks)
        assert missing not in after
        assert before.items() <= after.items()


async def test_an_email_with_line_breaks(guest: Person) -> None:
    """Refused, and asked again."""
    words = WORDS[guest.key]
    await says(
        guest,
        START[guest.key],
        words["flight"],
        words["bags"],
        words["vehicle"],
        words["none"],
        words["no"],
        words["no"],
        "Ana Luz",
    )
    if guest.channel == "telegram":
        await says(guest, "+34 612 345 678")
    for typed in ("ana@example.com\r\nBcc: all@example.com", "ana@example.com\nSubject: hi", "ana@example.com\n\nbody"):
        before = await draft(guest)
        assert "bad_email" in await says(guest, typed)
        assert await draft(guest) == before


async def test_what_is_no_plain_text(guest: Person) -> None:
    """Voice, sticker, photo, file, pin and contact card: each answered, the open question again, the draft unharmed."""
    await says(guest, START[guest.key])
    before = await draft(guest)
    sent: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("voice", "voice", {}), ("sticker", "sticker", {}), ("photo", "picture", {}), ("document", "document", {}),
        ("location", "pin_unasked", {"lat": 18.5675, "lon": -68.3635}),
    )  # fmt: skip
    for kind, block, more in sent:
        assert await guest.says("", kind=kind, **more) == 200
        blocks = await answer(guest)
        assert block in blocks, (kind, blocks)
        assert len(blocks) > 1, "the open question is asked again"
        assert await draft(guest) == before
    assert await guest.says("", kind="contact") == 200
    assert await answer(guest)
    assert before.items() <= (await draft(guest)).items()


async def test_ten_thousand_characters(guest: Person) -> None:
    """Too long is said, in a message short enough to arrive."""
    await says(guest, START[guest.key])
    before = await draft(guest)
    for text in ("lovely weather " * 667, "x" * 10_000, "🏝️" * 5000):
        assert await guest.says(text) == 200
        blocks = await answer(guest)
        assert blocks & {"too_long", "misheard", "flight", "flight_again"}, blocks
        assert await draft(guest) == before


async def test_an_edited_message_on_telegram(luis: Person) -> None:
    """A correction is taken; one that says nothing is answered."""
    await says(luis, START["luis"])
    mine = [one["id"] for one in luis.bellhop.sim.world.chat("luis", "telegram") if one["mine"]]
    assert await luis.says("aeropuerto a Bávaro mañana a las 4 pm, 2 adultos", edit=mine[-1]) == 200
    await answer(luis)
    assert (await draft(luis))["time"] == "16:00"
    before = await draft(luis)
    assert await luis.says("jajaja xyz", edit=mine[-1]) == 200
    assert "edited" in await answer(luis)
    assert await draft(luis) == before


async def test_an_unknown_tap(luis: Person, door: Door) -> None:
    """Where we are is shown; the draft stays."""
    await says(luis, START["luis"])
    before = await draft(luis)
    for data in ("nonsense", "1|service|moon", "9|vehicle|rocket", "²|a|b", "0|date|2026-02-31", "1|terms|accept", ""):
        luis.past = len(luis.bellhop.shown)
        assert await door.telegram(door.callback(data)) == 200
        assert "unknown_tap" in await answer(luis) or data == "1|terms|accept"
        assert await draft(luis) == before


async def test_an_unknown_button_on_whatsapp(ana: Person, door: Door) -> None:
    """A button of a template we never made is read by its words."""
    await says(ana, START["ana"])
    before = await draft(ana)
    ana.past = len(ana.bellhop.shown)
    assert (
        await door.twilio(door.message("Blorp", MessageType="button", ButtonPayload="nonsense", ButtonText="Blorp"))
        == 200
    )
    assert "misheard" in await answer(ana)
    assert await draft(ana) == before
    assert await count("booking") == 0
