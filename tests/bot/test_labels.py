"""Every label fits on a button of WhatsApp, or has a short form: the block of its name with "_short"."""

import re
from pathlib import Path

import pytest

import flows
import handlers
from bot import picking, words
from bot.content import TITLE
from bot.fitting import units

LABEL = re.compile(r'"@(\w+)"')
FACTS = {
    "adults": 16, "bags": 18, "hours": 12, "seats": 16, "quantity": 12, "per": "person", "private": False, "children": 3,
    "date": "2026-12-23", "time": "2026-12-23T22:45", "starts": "2026-12-23T22:45", "price": {"minor": 123_456, "currency": "USD"},
    "name": {"en": "Minibus", "es": "Minibús"}, "extra": {"en": "Champagne", "es": "Champán"}, "reference": "CA-2345X",
    "guest": "Ana Lindqvist", "lead": {"name": "Rafael Ortiz"}, "channel": "whatsapp",
    "due": {"minor": 123_456, "currency": "USD"}, "total": {"minor": 123_456, "currency": "USD"},
}  # fmt: skip


def labels() -> list[str]:
    """The blocks that flows and handlers name as labels, those of pages, and of doors."""
    sources = [path for package in (flows, handlers) for path in Path(package.__path__[0]).rglob("*.py")]
    named = {name for path in sources for name in LABEL.findall(path.read_text("utf-8"))}
    blocks = set(words._voice("en").scripts)
    doors = {name for name in blocks if name.startswith("link_")}
    prefixed = {
        name for name in blocks if name.startswith(("occasion_", "kind_", "line_")) and not name.endswith("_again")
    }
    named -= {name for name in named if name == "name" or name.endswith("_again")}  # an example, and a question
    return sorted((named | doors | prefixed | {"more_options", "other_times", "list_button", *picking.PARTS}) & blocks)


@pytest.mark.parametrize("language", words.languages())
def test_every_label_fits_on_a_button(language: str) -> None:
    """Twilio: 20 on a button; the names of all that do not fit and have no short form."""
    voice, too_long = words._voice(language), []
    for name in labels():
        short = f"{name}_short" if f"{name}_short" in voice.scripts else name.replace("_option", "_short")
        drawn = voice.block(short if short in voice.scripts else name, FACTS)
        if units(drawn) > TITLE:
            too_long.append(f"{name}: {drawn} ({units(drawn)})")
    assert not too_long, too_long
