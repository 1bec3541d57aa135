"""One guest on two phones: from WhatsApp to Telegram and back, by the buttons that each of them has for it."""

import asyncio
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from models.database import read
from models.fields import unpacked
from models.timeline import timeline
from tests.people import Bellhop, Message, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
CALL = "+18095550142"


def doors_of(message: Message) -> dict[str, str]:
    """Where its buttons lead, by their words; beside buttons that answer, WhatsApp has doors as lines of the text."""
    lines = dict(re.findall(r"^(.+): (https://\S+)$", read_aloud(message), re.MULTILINE))
    return lines | {key["text"]: key["url"] for row in message["keyboard"] for key in row if key.get("url")}


def token(url: str) -> str:
    """What a link to go on carries."""
    return parse_qs(urlsplit(url).query)["start"][0]


async def draft_on(channel: str) -> dict[str, Any]:
    """What the talk there knows."""
    rows = await read(
        "SELECT t.state FROM talk t JOIN recipient r ON r.id = t.recipient_id WHERE r.channel = :it", it=channel
    )
    return dict(unpacked(rows[0]["state"])["draft"])


async def test_whoever_is_at_a_loss_is_offered_every_other_way(bellhop: Bellhop, ana: Person, luis: Person) -> None:
    """On WhatsApp both are buttons of its own; on Telegram the other chat is, and the number stands where it can be touched."""
    await ana.says("a person please")
    doors = doors_of(await ana.hears("Someone of the team answers you here"))
    assert doors["Call us"] == f"tel:{CALL}"
    assert doors["Go on in Telegram"].startswith("https://t.me/costa_alisia_bot?start=bhh")
    await luis.says("hola")
    await luis.hears()
    await luis.says("ayuda")
    helped = await luis.hears("Escriba como a una persona")
    assert "llamarnos: +1 809 555 0142" in read_aloud(helped)
    assert doors_of(helped)["Seguir en WhatsApp"].startswith("https://wa.me/")


async def test_from_whatsapp_to_telegram_and_back(bellhop: Bellhop, ana: Person, luis: Person) -> None:
    """Ana books on WhatsApp and goes on in Telegram, booking and all; then she comes back."""
    reference = await moves.books(ana, moves.TRANSFER)
    booking = await moves.booking(reference)
    await ana.says("help")
    link = doors_of(await ana.hears("Write what has changed"))["Go on in Telegram"]
    await luis.says(f"/start {token(link)}")
    assert reference in read_aloud(await luis.hears("just where we were"))
    assert "You went on in Telegram" in read_aloud(await ana.hears())
    assert [entry["kind"] for entry in await timeline(int(booking["id"]))][-1] == "talk_moved"
    await ana.says("where is my driver?")
    assert doors_of(await ana.hears("goes on in Telegram"))["Open Telegram"] == "https://t.me/costa_alisia_bot"
    await luis.says("continue on WhatsApp")
    back = doors_of(await luis.hears("Open this"))["Go on there"]
    await ana.says(unquote(urlsplit(back).query.removeprefix("text=")))
    await ana.hears("just where we were", reference)
    owner = await read("SELECT r.channel FROM booking b JOIN recipient r ON r.id = b.recipient_id")
    assert owner[0]["channel"] == "whatsapp"


async def test_two_phones_open_the_same_link(bellhop: Bellhop, ana: Person, luis: Person) -> None:
    """The link is opened twice at the same moment: one talk goes on, once, and the other tap is answered."""
    await ana.says("airport PUJ to Hard Rock tomorrow at 3pm, 2 adults")
    await ana.hears()
    await ana.says("continue on Telegram")
    start = f"/start {token(doors_of(await ana.hears('Open this'))['Go on there'])}"
    await asyncio.gather(luis.says(start), luis.says(start))
    await luis.hears("just where we were")
    await luis.hears("gone on here already")
    assert (await draft_on("telegram"))["dropoff"] == {"place": "hard_rock"}
