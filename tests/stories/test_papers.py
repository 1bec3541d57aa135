"""Ticket and invoice open on the guest's own page for every guest who paid, whether or not a mail brings them."""

import re
from datetime import timedelta

from models.database import read
from tests.people import Bellhop, Person
from tests.stories import moves

pytestmark = moves.SDKS


async def test_a_guest_without_email_opens_both(bellhop: Bellhop, luis: Person) -> None:
    """Luis left his e-mail out: no mail will ever draw his papers."""
    reference = await moves.books(luis, moves.COACH_ES)
    await luis.pays()
    await moves.becomes(reference, "confirmed")
    await _opens_both(luis, reference)
    assert moves.mails(bellhop, "@example.com") == []


async def test_while_mail_is_down(bellhop: Bellhop, ana: Person) -> None:
    """Ana's letter has to wait for its server, her papers do not."""
    await bellhop.pull("/sim/switches", smtp="down")
    mail = bellhop.program.courier._channel("mail")
    for _ in range(3):  # nothing is tried, and so nothing packed, until the server has a chance to be back
        mail.missed(bellhop.program.house.now() + timedelta(hours=1))
    reference = await moves.books(ana, moves.TRANSFER, email="ana@example.com")
    await ana.pays()
    await ana.hears(reference, "54.00")
    await _opens_both(ana, reference)
    assert moves.mails(bellhop, "ana@example.com") == []


async def test_without_a_mail_server(bellhop: Bellhop, ana: Person) -> None:
    """SMTP_URL is not set: letters fail before they are packed."""
    del bellhop.program.courier.carriers["mail"]
    reference = await moves.books(ana, moves.TRANSFER, email="ana@example.com")
    await ana.pays()
    await ana.hears(reference, "54.00")
    await _opens_both(ana, reference)


async def _opens_both(who: Person, reference: str) -> None:
    """From the links on their page; both are PDFs with their code, drawn once and kept."""
    async with who.bellhop.http.get(who.link("/pay").removesuffix("/pay")) as answer:
        page = await answer.text()
    for name in ("ticket", "invoice"):
        address = re.search(rf'href="([^"]+/{name}\.pdf)"', page)
        assert address, name
        async with who.bellhop.http.get(who.bellhop.url + address[1]) as answer:
            assert (answer.status, answer.content_type) == (200, "application/pdf")
            content = await answer.read()
        assert content.startswith(b"%PDF") and reference in moves.pdf_words(content)
        kept = await read(
            "SELECT d.content FROM document d JOIN booking b ON b.id = d.booking_id WHERE b.reference = :reference "
            "AND d.kind = :name", reference=reference, name=name,
        )  # fmt: skip
        assert [bytes(row["content"]) for row in kept] == [content]
