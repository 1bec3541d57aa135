"""What is kept of a delivery: its words, and no secret address in them; and what is enclosed stays enclosed."""

from typing import Any

import pytest

from bot import packing
from bot.carriers import Without
from bot.documents import Undrawn
from bot.packing import Packing, without_links
from models.database import transaction
from models.fields import micros
from models.lanes import Outgoing
from tests.conftest import NOW
from tests.models.given import a_booking


def test_a_transcript_holds_no_secret_address() -> None:
    """The longest first, for one address begins another; a purpose that leads nowhere takes nothing out."""
    urls = {"booking": "https://b.example/b/s3cret", "pay": "https://b.example/b/s3cret/pay", "desk": "", "ticket": ""}
    text = "Pay here: https://b.example/b/s3cret/pay, see it: https://b.example/b/s3cret."
    assert without_links(text, urls) == "Pay here: [link], see it: [link]."


class Nothing:
    """A document process that makes nothing."""

    async def make(self, *_: Any) -> bytes:
        """Never."""
        raise Undrawn("it died twice")


@pytest.mark.usefixtures("database")
async def test_only_a_paper_that_was_never_drawn_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is there may have left with an earlier attempt: however slow the house is today, it has its place."""
    monkeypatch.setattr(packing, "SOON", 0.0)
    booking = await a_booking(NOW)
    async with transaction() as run:
        for kind, content in (("ticket", b"%PDF"), ("invoice", None)):
            await run(
                "INSERT INTO document (booking_id, kind, version, facts, language, content, sha256, issued) "
                "VALUES (:booking, :kind, 1, '{}', 'en', :content, :sha, :now)",
                booking=booking, kind=kind, content=content, sha="a" * 64 if content else None, now=micros(NOW),
            )  # fmt: skip
    ours = Packing("https://b.example", b"secret", Nothing())  # type: ignore[arg-type]
    payload = {"documents": ["ticket", "invoice"]}
    out = Outgoing(1, 1, 1, 1, "whatsapp", "", "confirmed", payload, "en", None, 0, booking=booking)
    with pytest.raises(Without) as late:
        await ours._papers(out, NOW)
    assert late.value.kinds == ("invoice",)
    payload["documents"].remove("invoice")
    assert [one.kind for one in await ours._papers(out, NOW)] == ["ticket"]
    await ours.close()
