"""Texts made to break things, as names, notes and messages: as typed in words, harmless in HTML, headers and templates."""

import html
import json
from html.parser import HTMLParser
from typing import Any

import pytest

from bot import letters, words
from flows.talk import Send
from tests.bot import stories
from tests.doors.knocking import DATA, Door, count, says
from tests.flows.test_every_kind_of_input import STATES, at_question
from tests.people import Desk, Person

FOLDER = DATA / "badinputs"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the bad inputs are not beside this checkout")
URLS = {
    purpose: f"https://book.example/{purpose}"
    for purpose in ("pay", "booking", "ticket", "invoice", "calendar", "desk", "partner")
}


def texts() -> list[str]:
    """All of them, NUL aside, as the doors let them in."""
    lists = [
        (FOLDER / f"{name}.txt").read_text(errors="replace").splitlines() for name in ("sqli", "ssti", "xss_sample")
    ]
    every = json.loads((FOLDER / "blns.json").read_text()) + [line for lines in lists for line in lines]
    return [text.replace("\x00", "") for text in every if text.strip()]


class Skeleton(HTMLParser):
    """What a page is made of: its tags with the names of their attributes, without any words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bones: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One bone."""
        self.bones.append((tag, tuple(name for name, _ in attrs)))


def _letter(event: str, typed: str) -> letters.Letter:
    story: dict[str, Any] = stories.transfer()
    story["guest"] = {**story["guest"], "name": typed}
    facts = {"story": story, "notes": typed, "documents": [], "who": typed, "text": typed}
    return letters.letter(event, facts, "en", stories.BRAND, URLS)


@pytest.mark.parametrize("event", ["booking_requested_house", "message_from_house"])
def test_no_text_becomes_a_tag_or_a_header_in_a_mail(event: str) -> None:
    """The skeleton of the letter is the same whatever somebody is called, and a subject is one line."""
    plain = set(Skeleton(_letter(event, "Plain Name").html).bones)
    for typed in texts()[::6]:
        made = _letter(event, typed)
        assert set(Skeleton(made.html).bones) <= plain, typed
        assert not set("\r\n") & set(made.subject), typed


def test_no_template_variable_breaks_a_line() -> None:
    """Meta refuses newlines, tabs and runs of spaces in a template's variables."""
    story = stories.transfer()
    for typed in [*texts(), "a\nb\tc", "x     y"]:
        facts = {
            "story": {**story, "guest": {**story["guest"], "name": typed}},
            "who": typed,
            "text": typed,
            "reference": "CA-1",
            "channel": "whatsapp",
        }
        for block in ("guest_wrote_house", "thread_message_house"):
            for value in words.filled(words.wording(block, "en"), "en", facts)[0].values():
                assert not set("\r\n\t") & set(value), (block, typed)


@pytest.mark.parametrize("language", words.languages())
def test_each_of_them_is_answered_at_a_question(language: str) -> None:
    """A sentence at every question in turn, and nothing that is booked by it."""
    for n, typed in enumerate(texts()[:: 3 if language == "en" else 4]):
        guest = at_question(STATES[n % len(STATES)], "telegram", language)
        guest.says(typed)
        assert guest.replies or guest.wishes, typed
        assert not any(isinstance(wish, Send) for wish in guest.wishes), typed
        assert all(words.draw(reply.as_json(), language, "telegram").text.strip() for reply in guest.replies), typed


async def test_a_spread_end_to_end(door: Door, luis: Person, desk: Desk) -> None:
    """Sixty of them as messages: kept as typed, answered, and no tag of theirs on the desk's pages."""
    spread = texts()[:: max(1, len(texts()) // 60)][:60]
    await says(luis, "hola")
    for typed in spread:
        assert await door.telegram(door.update(text=typed)) == 200, typed
    from models.database import read

    kept = {row["words"] for row in await read("SELECT words FROM inbound")}
    assert set(spread) <= kept
    assert await count("inbound WHERE state <> 'done'") == 0
    for row in await read("SELECT id FROM talk"):
        page = await desk.opens(f"/desk/talks/{row['id']}")
        tags = {tag for tag, _ in Skeleton(page).bones}
        assert not tags & {"iframe", "embed", "object", "x", "image", "marquee", "audio", "video"}
        handlers = [name for _, names in Skeleton(page).bones for name in names if name.startswith("on")]
        assert not handlers
        assert any(
            html.escape(typed, quote=False) in page or html.escape(typed) in page for typed in spread if "<" in typed
        )
