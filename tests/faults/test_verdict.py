"""What the verdict of the trials counts as doubled."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults.verdict import twice_on_telegram


def message(number: int, kind: str, **more: Any) -> dict[str, Any]:
    """One that the bot sent to Ana."""
    return {
        "id": number,
        "person": "ana",
        "channel": "telegram",
        "mine": False,
        "kind": kind,
        "keyboard": [],
        "media": [],
    } | more


def paper(number: int, name: str) -> dict[str, Any]:
    """A paper that goes before the words of its delivery."""
    return message(number, "document", media=[{"name": name}])


@pytest.mark.usefixtures("database")
async def test_a_paper_that_comes_again_is_found_on_telegram() -> None:
    """No delivery knows any of these: one of each paper is right; with the words of a delivery it counts once, not twice."""
    for messages, times in (
        ([paper(1, "ticket.pdf"), paper(2, "invoice.pdf")], 0),
        ([paper(1, "ticket.pdf"), paper(2, "ticket.pdf"), paper(3, "ticket.pdf")], 2),
        ([paper(1, "ticket.pdf"), message(2, "text"), paper(3, "ticket.pdf")], 1),
        ([message(1, "text", puts_away=True), message(2, "text")], 1),
    ):
        world = SimpleNamespace(messages=messages, people=[{"key": "ana", "telegram": 7}])
        found = await twice_on_telegram(SimpleNamespace(sim=SimpleNamespace(world=world)))  # type: ignore[arg-type]
        assert found["7"] == times
