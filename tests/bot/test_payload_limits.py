"""Whatever is to be said, nothing that leaves is longer or has more parts than the channel takes.

PAYLOADS=100000 draws so many random replies in each language; the suite a few.
"""

import copy
import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import telegram, words
from bot.carriers import Attempt, Enclosed
from bot.content import plainly, rich
from bot.fitting import parts
from bot.whatsapp import LIMIT
from tests.flows.people import Guest
from web.stage.providers.templates import check_content
from web.stage.providers.twilio import Twilio, variables_of

COUNT = int(os.environ.get("PAYLOADS", "600"))
BASE = "https://book.example.com"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
URLS = {name: f"{BASE}/b/{'t' * 43}/{name}" for name in ("pay", "booking", "ticket", "terms", "desk")}
WALK = (
    "hi", "airport", "Bavaro", "tomorrow", "3pm", "AA1045", "one way", "2 adults", "2 bags", "van", "flowers", "done", "birthday",
    "window seat", "Ana Lindqvist", "ana@example.com", "change", "nothing", "send", "help", "what have I chosen?",
)  # fmt: skip
ENCLOSED = (
    Enclosed("CA-7K4M2-ticket.pdf", b"paper", f"{BASE}/media/t/CA-7K4M2-ticket.pdf"),
    Enclosed(
        "rafael.jpg", b"picture", f"{BASE}/photos/rafael.jpg", "Rafael Peña, \N{MAN}\u200d\N{WOMAN}" * 80, lasting=True
    ),
    Enclosed("fleet.jpg", b"picture", f"{BASE}/photos/fleet.jpg"),
)
HOSTILE = (
    "a", "W", "ñ", " ", "  ", "\n", "\t", "\r\n", "{{1}}", "{{", "%s", "\\", '"', "<b>", "*", "_", "|", "\u200b", "\u200d", "\u202e",
    "\u2028", "\x85", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "e\u0301\u0301\u0301", "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}",
    "\U0001f1e9\U0001f1f4", "\U00020000", "\ufe0f", "…", "supercalifragilistic",
)  # fmt: skip
FREE = ("name", "text", "who", "notes", "words", "typed", "plan", "room", "occasion", "address", "problem")


def replies() -> list[dict[str, Any]]:
    """What the bot really says, on a walk through its questions, and every notice."""
    found = []
    for language in ("en", "es"):
        guest = Guest("Ana Lindqvist", language=language)
        for said in WALK:
            guest.says(said)
            found += [reply.as_json() for reply in guest.replies]
    links = [{"purpose": name} for name in ("ticket", "booking", "pay")]
    return found + [
        {"block": name, "facts": dict(words.sample(name)), "links": links[: number % 4]}
        for number, name in enumerate(words.notices())
    ]


def hostile(rolled: random.Random) -> str:
    """A text nobody should write, now and then ten thousand characters of it."""
    long = rolled.choice((1, 3, 12, 40, 200, 1100, 10_000) if rolled.random() < 0.2 else (1, 3, 12, 40))
    return "".join(rolled.choices(HOSTILE, k=max(1, long // 3)))


def spoilt(value: Any, rolled: random.Random, *, free: bool = False) -> Any:
    """The same with some of its free texts replaced."""
    if isinstance(value, dict):
        if "en" in value and "es" in value:
            return {language: spoilt(text, rolled, free=True) for language, text in value.items()}
        return {key: spoilt(one, rolled, free=key in FREE) for key, one in value.items()}
    if isinstance(value, list):
        return [spoilt(one, rolled) for one in value]
    return hostile(rolled) if free and isinstance(value, str) and rolled.random() < 0.5 else value


def random_replies(language: str) -> Iterator[tuple[dict[str, Any], words.Drawn]]:
    """Real replies with hostile facts, other options, doors and pages."""
    rolled, pool = random.Random(f"limits {language}"), replies()
    options = [one for each in pool for one in each.get("options", ())]
    for _ in range(COUNT):
        payload = spoilt(copy.deepcopy(rolled.choice(pool)), rolled)
        if rolled.random() < 0.3:
            payload["options"] = [spoilt(one, rolled) for one in rolled.choices(options, k=rolled.randrange(30))]
            payload["options"] += [
                {"question": "name", "value": "profile", "label": hostile(rolled)[:60] or "x"}
                for _ in range(rolled.randrange(3))
            ]
        payload["page"] = rolled.choice(("", "", "9", "18", "2026-12", "2026-12-24", "parts", "18:00", "x" * 40))
        payload["turn"] = rolled.choice((0, 7, 99_999_999))
        try:
            yield payload, words.draw(payload, language, rolled.choice(("whatsapp", "telegram")))
        except (KeyError, ValueError, TypeError, AttributeError):
            continue  # spoilt beyond what a fact may be


def units(text: str) -> int:
    """As the strictest provider counts."""
    return len(text.encode("utf-16-le")) // 2


def over_on_whatsapp(attempt: Attempt, payload: dict[str, Any]) -> list[str]:
    """What Twilio or Meta would refuse, asked of the simulator's own rules."""
    before, content = rich(attempt, payload["turn"], payload["page"], BASE)
    found = [
        f"a text of {units(text)}"
        for text in (*before, *parts(plainly(attempt), LIMIT))
        if not 0 < units(text) <= LIMIT
    ]
    if content is None:
        return found
    template = {"types": content.shape, "variables": dict.fromkeys(content.values, "text"), "language": "en"}
    check_content(template)
    values = variables_of(json.dumps(content.values))
    fault = Twilio.misfit(None, template, values, approved=False)  # type: ignore[arg-type]  # it looks at nothing of its own
    return [*found, fault] if fault else found


def over_on_telegram(attempt: Attempt, payload: dict[str, Any]) -> list[str]:
    """Bot API: 4096 characters of a text, 1024 of a caption, 64 bytes behind a key, 100 keys, 8 in a row, none without words."""
    found = []
    keys = telegram.keyboard(attempt, payload)
    for one in telegram._messages(attempt, apart=bool(payload.get("unshares")) and keys is not None):
        photo = isinstance(one, Enclosed)
        text, most = (one.words, 1024) if isinstance(one, Enclosed) else (one, 4096)
        if units(text) > most or not (text.strip() or photo):
            found.append(f"a text of {units(text)}")
    rows = keys.inline_keyboard if keys and hasattr(keys, "inline_keyboard") else ()
    every = [key for row in rows for key in row]
    found += [f"a row of {len(row)}" for row in rows if not 0 < len(row) <= 8]
    found += [f"{len(every)} keys"] if len(every) > 100 else []
    found += [f"a key {key.text!r}" for key in every if not key.text.strip() or units(key.text) > 64]
    return found + [
        key.callback_data for key in every if key.callback_data and len(str(key.callback_data).encode()) > 64
    ]


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_is_over_a_limit(language: str) -> None:
    """Any block, hostile names, emoji, words from right to left, what has no width, notes of ten thousand characters."""
    drawn = 0
    for payload, one in random_replies(language):
        drawn += 1
        enclosed = ENCLOSED[: drawn % 4]
        attempt = Attempt(NOW, one, None, URLS, tuple(enclosed))
        over = [*over_on_whatsapp(attempt, payload), *over_on_telegram(attempt, payload)]
        assert not over, (over, payload)
    assert drawn > COUNT * 0.9
