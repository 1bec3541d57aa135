"""Telegram's carrier: what Telegram will not have of a message is left out, and its words and keys arrive all the same."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.carriers import Attempt, Enclosed, Retry, Sent
from bot.telegram import Telegram
from bot.words import Drawn, DrawnOption
from models.fields import micros
from models.lanes import Outgoing
from tests.stage.conftest import TELEGRAM, settings
from web.stage.providers import Running, start

pytestmark = pytest.mark.usefixtures("database")

LUCIA = "700100201"
PICTURE, PAPER = b"\x89PNG\r\n a picture", b"%PDF-1.4 a paper"
VAN = DrawnOption("Van", "Van", "vehicle", "van")


@pytest_asyncio.fixture
async def sim(tmp_path: Path) -> AsyncIterator[Running]:
    """Lucía has begun a chat with the bot."""
    running = await start(settings("http://127.0.0.1:9", tmp_path))
    running.world.people.put("lucia", {**running.world.people.get("lucia"), "started": True})
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def carrier(sim: Running) -> AsyncIterator[Telegram]:
    """Ours."""
    made = Telegram(TELEGRAM, sim.url)
    yield made
    await made.close()


async def send(
    carrier: Telegram, *enclosed: Enclosed, text: str = "Which vehicle?", left: list[str] | None = None, **payload: Any
) -> Any:
    """One delivery with one key below it."""
    now = datetime.now(UTC)
    out = Outgoing(
        id=1, recipient=1, fence=1, attempt=1, channel="telegram", address=LUCIA, kind="vehicle",
        payload={"block": "vehicle", **payload}, language="en", last_heard=micros(now), created=micros(now),
        left=[] if left is None else left,
    )  # fmt: skip
    return await carrier.send(out, Attempt(now, Drawn(text, (VAN,)), None, {}, enclosed))


def chat(sim: Running) -> list[dict[str, Any]]:
    """What she has been sent."""
    return [one for one in sim.world.chat("lucia", "telegram") if not one["mine"]]


@pytest.mark.parametrize("lasting", [False, True])
async def test_a_picture_that_telegram_cannot_show_leaves_the_words(
    sim: Running, carrier: Telegram, lasting: bool
) -> None:
    """The question and its keys come as text."""
    sent = await send(carrier, Enclosed("van.jpg", b"no picture", "https://b.example/van.jpg", lasting=lasting))
    (one,) = chat(sim)
    assert (one["kind"], one["text"], one["keyboard"][0][0]["text"]) == ("text", "Which vehicle?", "Van")
    assert sent == Sent(one["id"], "Which vehicle?")


async def test_a_paper_that_is_refused_is_left_out(sim: Running, carrier: Telegram) -> None:
    """What comes with it arrives."""
    await send(
        carrier,
        Enclosed("ticket.pdf", b"", "https://b.example/t.pdf"),
        Enclosed("a.png", PICTURE, "https://b.example/a.png"),
    )
    (one,) = chat(sim)
    assert (one["kind"], one["text"]) == ("photo", "Which vehicle?")


async def test_words_too_long_for_a_caption_follow_the_picture(sim: Running, carrier: Telegram) -> None:
    """Telegram: 1024 characters under a picture; the keys hang on the last message."""
    text = "word " * 300
    await send(carrier, Enclosed("a.png", PICTURE, "https://b.example/a.png", "A van"), text=text)
    photo, words = chat(sim)
    assert (photo["text"], photo["keyboard"]) == ("A van", [])
    assert words["text"] == text.strip() and words["keyboard"]


async def test_keys_for_sharing_are_put_away_before_what_comes_with_keys_of_its_own(
    sim: Running, carrier: Telegram
) -> None:
    """One message holds one kind of keys: the pictures and the question follow a word of thanks."""
    await send(carrier, shares="place")
    assert chat(sim)[-1]["keyboard"][0][0]["request"] == "location"
    await send(carrier, Enclosed("a.png", PICTURE, "https://b.example/a.png"), unshares=True)
    board, thanks, photo = chat(sim)
    assert (board["keyboard"], thanks["text"], thanks["keyboard"]) == ([], "Thank you.", [])
    assert photo["keyboard"][0][0]["data"].endswith("vehicle|van")


@pytest.mark.filterwarnings("ignore:.*retry_after")
async def test_after_a_pause_another_process_goes_on_where_it_was(sim: Running, carrier: Telegram) -> None:
    """Telegram asks to slow down after the papers: they do not come again, whoever says the rest."""
    files = [Enclosed(f"{name}.pdf", PAPER, f"https://b.example/{name}.pdf") for name in ("ticket", "invoice")]
    sim.world.config["limits"] = True
    for number in range(16):
        await send(carrier, text=str(number))
    left = list[str]()
    assert isinstance(await send(carrier, *files, left=left), Retry)
    assert left == [one["id"] for one in chat(sim)[-2:]]
    sim.world.config["limits"] = False
    other = Telegram(TELEGRAM, sim.url)
    sent = await send(other, *files, left=left)
    await other.close()
    assert [one["text"] or one["media"][0]["name"] for one in chat(sim)[16:]] == [
        "ticket.pdf",
        "invoice.pdf",
        "Which vehicle?",
    ]
    assert sent == Sent(left[-1], "Which vehicle?") == Sent(chat(sim)[-1]["id"], "Which vehicle?")


async def test_the_question_leaves_however_much_has_left(sim: Running, carrier: Telegram) -> None:
    """What a delivery consists of may be less than when it was first tried: its keys come all the same."""
    await send(carrier, left=["1", "2", "3"])
    assert [one["text"] for one in chat(sim)] == ["Which vehicle?"]
