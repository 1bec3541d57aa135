"""What a person says while the bot is away: the sandbox's provider takes it once, shows it, and says that it still waits."""

from typing import Any

import pytest
from aiohttp import encode_basic_auth

from .conftest import ACCOUNT, SECRET, TELEGRAM, TOKEN, Stand

LUCIA = "/sim/chats/lucia/telegram"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


async def away(stand: Stand, *answers: int) -> None:
    """The bot answers these first, and Telegram knows where it would be."""
    values = {"url": "https://book.example.com/hooks/telegram", "secret_token": SECRET}
    async with stand.http.post(f"{stand.url}/bot{TELEGRAM}/setWebhook", json=values) as got:
        assert got.status == 200
    stand.bot.answers = list(answers)


async def offered(stand: Stand) -> str:
    """A message with one key in Lucía's chat; its id."""
    await stand.says("lucia", "telegram", "/start")
    keyboard = {"inline_keyboard": [[{"text": "Van", "callback_data": "van"}]]}
    values = {"chat_id": 700100201, "text": "Which vehicle?", "reply_markup": keyboard}
    async with stand.http.post(f"{stand.url}/bot{TELEGRAM}/sendMessage", json=values) as got:
        return str((await got.json())["result"]["message_id"])


@pytest.mark.parametrize(("person", "channel"), [("hannah", "whatsapp"), ("lucia", "telegram")])
async def test_what_the_bot_has_not_taken_is_owed_until_it_has(stand: Stand, person: str, channel: str) -> None:
    """It stands in the chat at once, marked as owed; the mark goes when a later try is taken."""
    await away(stand, 502)
    stand.sim.world.pace = 1000
    await stand.says(person, channel, "is anybody there?")
    (said,) = await stand.chat(person, channel)
    assert (said["text"], said["mine"], said["owed"]) == ("is anybody there?", True, True)
    await stand.pull("/sim/hurry")
    chat = await stand.until(f"/sim/chats/{person}/{channel}", lambda seen: "owed" not in seen["messages"][0])
    assert chat["messages"][0]["text"] == "is anybody there?"


async def test_what_is_said_again_under_its_key_is_said_once(stand: Stand) -> None:
    """A phone that heard no answer asks again; neither the chat nor the bot has it twice."""
    first = await stand.says("hannah", "whatsapp", "hi", once="a")
    again = await stand.says("hannah", "whatsapp", "hi", once="a")
    other = await stand.says("hannah", "whatsapp", "hi", once="b")
    assert first["id"] == again["id"] != other["id"]
    assert len(await stand.chat("hannah", "whatsapp")) == 2
    assert len(await stand.bot.hears("/hooks/whatsapp", 2)) == 2


async def test_a_tap_stays_pressed_until_it_is_taken_and_counts_once(stand: Stand) -> None:
    """The key shows that it was tapped while the bot is away; tapped again under the same key, it is one tap."""
    await away(stand)
    message = await offered(stand)
    stand.bot.open.clear()
    for _ in range(2):
        await stand.pull(f"{LUCIA}/taps", message=message, data="van", once="t", wait=0)
    assert (await stand.chat("lucia", "telegram"))[-1]["pressed"] == "van"
    stand.bot.open.set()
    chat = await stand.until(LUCIA, lambda seen: "pressed" not in seen["messages"][-1])
    assert chat["messages"][-1]["keyboard"] == [[{"text": "Van", "data": "van"}]]
    assert len(await stand.bot.hears("/hooks/telegram", 2)) == 2  # /start and one tap


async def test_a_bot_that_asks_for_the_list_has_heard_what_twilio_gave_up(stand: Stand) -> None:
    """Twilio tries twice, then never again: the message is owed until the bot fetches it."""
    await away(stand, 502, 502)
    await stand.says("hannah", "whatsapp", "hi")
    await stand.bot.hears("/hooks/whatsapp", 2)
    await stand.until("/sim/state", lambda seen: not seen["pending"])
    assert (await stand.chat("hannah", "whatsapp"))[0]["owed"]
    async with stand.http.get(
        stand.url + MESSAGES, headers={"Authorization": encode_basic_auth(ACCOUNT, TOKEN)}
    ) as got:
        assert got.status == 200
    assert "owed" not in (await stand.chat("hannah", "whatsapp"))[0]


@pytest.mark.parametrize(
    ("origin", "path", "open_to"),
    [
        ("https://book.example.com", "/sim/wire", "https://book.example.com"),
        ("https://evil.example.com", "/sim/wire", None),
        ("http://book.example.com", "/sim/wire", None),
        ("https://book.example.com", MESSAGES, None),
    ],
)
async def test_only_the_stages_page_may_read_the_control_door(
    stand: Stand, origin: str, path: str, open_to: Any
) -> None:
    """The page comes to it directly while its own server is dead; no other page, and nothing but the control door."""
    async with stand.http.get(stand.url + path, headers={"Origin": origin}) as got:
        assert got.headers.get("Access-Control-Allow-Origin") == open_to
