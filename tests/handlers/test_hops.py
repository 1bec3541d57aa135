"""A guest goes on in another channel: same answers, same question; the old channel says where it went."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from bot.documents import Documents
from bot.packing import Packing
from flows.speech import Tap
from handlers.house import House
from models import doors
from models.database import read
from models.fields import unpacked
from models.lanes import Outgoing
from tests.conftest import Clock
from tests.handlers.test_doors import answer_to, talk_of, writes
from tests.people import _documents

PHONE, CHAT, STRANGER = "+18295550143", "700100201", "700100999"
ASKED = "airport PUJ to Hard Rock tomorrow at 3pm, 2 adults"


async def asks_to_go_on(house: House, words: str = "continue on Telegram") -> str:
    """The token of the link that the guest is given on WhatsApp."""
    await writes(house, ASKED, sender=PHONE, channel="whatsapp", name="Hannah Moore")
    await writes(house, words, sender=PHONE, channel="whatsapp")
    number = (await read("SELECT MAX(id) AS id FROM door"))[0]["id"]
    return doors.kept_token(house.secret, int(number), doors.HOP)


async def test_the_talk_goes_on_at_the_same_question(house: House) -> None:
    """Every answer is there, the same question is open; what was understood is said back."""
    token = await asks_to_go_on(house)
    assert "[Go on there]" in await answer_to(PHONE)
    before = await talk_of(PHONE)
    await writes(house, f"/start {token}", sender=CHAT)
    after = await talk_of(CHAT)
    assert (after["draft"], after["state"]) == (before["draft"], before["state"])
    said = await answer_to(CHAT)
    assert "just where we were" in said
    assert "Airport PUJ to Hard Rock" in said
    assert "flight number" in said


async def test_the_old_channel_is_told_and_says_where_it_goes_on(house: House) -> None:
    """Its old buttons and whatever is written there are answered by where the request is; nothing is done twice."""
    token = await asks_to_go_on(house)
    await writes(house, f"/start {token}", sender=CHAT)
    assert "You went on in Telegram" in await answer_to(PHONE)
    draft = (await talk_of(CHAT))["draft"]
    await writes(house, "", sender=PHONE, channel="whatsapp", kind="tap", tap=Tap("flight", "unknown", 1))
    assert "goes on in Telegram" in await answer_to(PHONE)
    await writes(house, "three adults", sender=PHONE, channel="whatsapp")
    assert "goes on in Telegram" in await answer_to(PHONE)
    assert (await talk_of(CHAT))["draft"] == draft
    await writes(house, "new booking", sender=PHONE, channel="whatsapp")
    assert (await talk_of(PHONE))["elsewhere"] is None


async def test_the_link_works_once(house: House) -> None:
    """A stranger after it was used gets a clear sentence and nothing of the request; so does who used it."""
    token = await asks_to_go_on(house)
    await writes(house, f"/start {token}", sender=CHAT)
    await writes(house, f"/start {token}", sender=STRANGER)
    assert "used already" in await answer_to(STRANGER)
    assert (await talk_of(STRANGER))["draft"] == {}
    await writes(house, f"/start {token}", sender=CHAT)
    assert "gone on here already" in await answer_to(CHAT)
    assert (await talk_of(CHAT))["draft"]["dropoff"] == {"place": "hard_rock"}


async def test_a_link_opened_where_it_was_given(house: House) -> None:
    """It is for another channel, and still good for that."""
    token = await asks_to_go_on(house)
    await writes(house, f"Hello, I go on here: [{token}]", sender=PHONE, channel="whatsapp")
    assert "for another channel" in await answer_to(PHONE)
    await writes(house, f"/start {token}", sender=CHAT)
    assert (await talk_of(CHAT))["draft"]["dropoff"] == {"place": "hard_rock"}


async def test_there_and_back_again(house: House) -> None:
    """From Telegram the guest comes back to WhatsApp, in Spanish too."""
    await writes(house, f"/start {await asks_to_go_on(house)}", sender=CHAT)
    await writes(house, "seguir en WhatsApp", sender=CHAT)
    number = int((await read("SELECT MAX(id) AS id FROM door"))[0]["id"])
    back = doors.kept_token(house.secret, number, doors.HOP)
    await writes(house, f"Hello Costa Alisia, I go on here:\n[{back}]", sender=PHONE, channel="whatsapp")
    assert "just where we were" in await answer_to(PHONE)
    assert (await talk_of(PHONE))["elsewhere"] is None
    assert (await talk_of(CHAT))["elsewhere"] == "whatsapp"


async def test_we_are_there_already(house: House) -> None:
    """Who asks to go on where they are is told so."""
    await writes(house, "continue on Telegram", sender=CHAT)
    assert "on Telegram already" in await answer_to(CHAT)
    assert await read("SELECT id FROM door") == []


async def test_an_old_link_is_as_if_it_were_not_there(house: House, clock: Clock) -> None:
    """After two days it opens nothing."""
    token = await asks_to_go_on(house)
    clock.time += timedelta(days=3)
    await writes(house, f"/start {token}", sender=CHAT)
    assert (await talk_of(CHAT))["draft"] == {}


@pytest.mark.parametrize(("words", "host"), [("continue on Telegram", "https://t.me/costa_alisia_bot?start=bhh")])
async def test_the_link_leads_to_the_other_channel(house: House, words: str, host: str) -> None:
    """Its address is derived when the message is drawn and is kept nowhere."""
    token = await asks_to_go_on(house, words)
    row = (await read("SELECT * FROM delivery ORDER BY id DESC LIMIT 1"))[0]
    assert token not in row["payload"]
    documents: Documents = _documents()
    out = Outgoing(
        id=1, recipient=1, fence=1, attempt=1, channel="whatsapp", address=PHONE, kind=row["kind"],
        payload=unpacked(row["payload"]), language="en", last_heard=None, created=0, booking=None, lapses=None,
    )  # fmt: skip
    assert asdict(out)["booking"] is None
    url = (await Packing("http://here", house.secret, documents).urls(out))["hop"]
    assert url.startswith(host)
    assert url.endswith(token)
