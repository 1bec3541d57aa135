"""Tickets and invoices: what is on them, whose colours they wear, and what a guest's text cannot do to them."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import segno
from PIL import Image
from pypdf import PdfReader

from bot import press
from bot.documents import Documents, Undrawn
from tests.bot import stories
from tests.patience import PATIENCE

INVOICE = {"number": "B0200000147", "issued": stories.instant("2026-11-20T22:38:00Z")}


def _text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def _ticket(story: stories.Story, language: str = "en", brand: dict[str, Any] = stories.BRAND) -> bytes:
    return press.make("ticket", {"story": story}, brand, language)


def _invoice(story: stories.Story, language: str = "en", **facts: Any) -> bytes:
    return press.make("invoice", {"story": story, **INVOICE, **facts}, stories.BRAND, language)


def test_a_ticket_holds_code_guest_route_and_time_for_each_trip() -> None:
    """A round trip is two pages, each with its own time."""
    reader = PdfReader(io.BytesIO(_ticket(stories.transfer())))
    there, back = (page.extract_text() for page in reader.pages)
    for words in (
        "CA-7K4M2",
        "Hannah Moore",
        "Airport PUJ",
        "Hotel Arena Blanca",
        "15:00",
        "Saturday 21 November 2026",
    ):
        assert words in there
    assert "11:30" in back
    assert "Trip 2 of 2" in back


@pytest.mark.parametrize("story", [stories.transfer(), stories.tour()])
def test_the_qr_is_the_booking_code(story: stories.Story) -> None:
    """Module by module, the symbol on the page is the one that encodes the reference."""
    wanted = [[bool(module) for module in row] for row in segno.make(story["reference"], error="m", micro=False).matrix]
    page = pypdfium2.PdfDocument(_ticket(story))[0].render(scale=4 / 0.75).to_pil().convert("L")
    # The symbol stands at 44 px from the left, 20 + 252 + 343 px down, 148 px wide.
    symbol = _trimmed(page.crop((4 * 40, 4 * 600, 4 * 200, 4 * 786)))
    side = symbol.width / len(wanted)
    seen = [
        [_is_dark(symbol, int((x + 0.5) * side), int((y + 0.5) * side)) for x in range(len(wanted))]
        for y in range(len(wanted))
    ]
    assert seen == wanted


def _is_dark(picture: Image.Image, x: int, y: int) -> bool:
    grey = picture.getpixel((x, y))
    assert isinstance(grey, int | float)
    return grey < 128


def _trimmed(picture: Image.Image) -> Image.Image:
    box = picture.point(lambda grey: 255 if grey < 128 else 0).getbbox()
    assert box
    return picture.crop(box)


def test_the_brands_colour_and_mark_change_the_ticket(tmp_path: Path) -> None:
    """Another colour or another logo is another PDF; the same values are the same bytes."""
    mark = tmp_path / "mark.svg"
    mark.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>')
    story = stories.transfer()
    plain = _ticket(story)
    assert _ticket(story) == plain
    assert _ticket(story, brand=stories.BRAND | {"colours": {"brand": "#7A1F5C", "brass": "#D2A250"}}) != plain
    assert _ticket(story, brand=stories.BRAND | {"logo": str(mark)}) != plain


@pytest.mark.parametrize("story", [stories.transfer(), stories.tour(), stories.one_way()])
def test_the_lines_of_an_invoice_make_its_total(story: stories.Story) -> None:
    """Σ quantity × unit is the total printed, to the minor unit, and net and tax make it too."""
    assert sum(line["quantity"] * line["unit"]["minor"] for line in story["lines"]) == story["total"]["minor"]
    text = _text(_invoice(story))
    assert f"US${story['total']['minor'] / 100:.2f}" in text
    for line in story["lines"]:
        amount = f"{line['amount']['minor'] / 100:.2f}".replace("-", "−")
        assert f"{line['quantity']} {line['unit']['minor'] / 100:.2f}".replace("-", "−") + f" {amount}" in text
    if story["tax"]:
        assert f"{(story['total']['minor'] - story['tax']['amount']['minor']) / 100:.2f}" in text
    assert "B0200000147" in text
    assert "credit note" in text


def test_an_invoice_in_spanish_and_a_credit_note() -> None:
    """The reader's language throughout; a credit note names what it corrects and asks for nothing."""
    assert "Factura" in _text(_invoice(stories.tour(), "es"))
    note = _text(_invoice(stories.transfer(), number="B0400000001", corrects="B0200000147"))
    assert "Credit note" in note
    assert "B0200000147" in note
    assert "Due" not in note


@contextmanager
def _listener() -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []

    class Listens(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listens)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_guests_text_fetches_and_attaches_nothing() -> None:
    """A name of tags is printed as typed: nobody is called, no file of the machine is attached."""
    with _listener() as (port, asked):
        evil = f"<img src=http://127.0.0.1:{port}/x><link rel=attachment href=file:///etc/passwd>"
        story = stories.transfer(notes=evil, occasion=evil)
        story["guest"]["name"] = evil
        story["lines"][0]["label"] = evil
        for pdf in (_ticket(story), _invoice(story)):
            assert not PdfReader(io.BytesIO(pdf)).attachments
            assert "root:" not in _text(pdf)
        assert "<img" in _text(_invoice(story))
        assert asked == []


def test_the_press_opens_nothing_but_the_brands_own_files() -> None:
    """Even a page that asks for it gets no address, no file, and no name outside the list."""
    closed = press.BrandOnly(stories.BRAND)
    for address in (
        "http://127.0.0.1:9/",
        "file:///etc/passwd",
        "ftp://x/y",
        "bellhop:../../etc/passwd",
        "bellhop:font/x",
    ):
        with pytest.raises((ValueError, KeyError)):
            closed.fetch(address)
    assert closed.fetch("bellhop:mark").read().startswith(b"<svg")


def test_a_name_of_any_length_keeps_the_ticket_on_its_page() -> None:
    """An over-long name is cut on the ticket and wrapped on the invoice; the number of pages stays."""
    long = stories.naughty()
    for pdf in (_ticket(long), _ticket(long, "es")):
        assert len(PdfReader(io.BytesIO(pdf)).pages) == 2
    text = _text(_invoice(long))
    assert "US$137.00" in text
    assert len(PdfReader(io.BytesIO(_invoice(long))).pages) == 1


def test_a_long_invoice_goes_on_over_pages() -> None:
    """Forty lines are several pages, each numbered."""
    story = stories.transfer()
    story["lines"] = story["lines"] * 8
    pages = PdfReader(io.BytesIO(_invoice(story))).pages
    assert len(pages) > 1
    assert f"Page 2 of {len(pages)}" in pages[1].extract_text()


def test_pictures_for_chat_and_mail() -> None:
    """PNGs of the size a phone shows sharply."""
    ticket = press.make("ticket_picture", {"story": stories.transfer()}, stories.BRAND, "en")
    head = press.make("mail_picture", {"heading": "You are booked", "line": "CA-7K4M2"}, stories.BRAND, "en")
    assert Image.open(io.BytesIO(ticket)).size == (1200, 640)
    assert Image.open(io.BytesIO(head)).size == (1200, 352)


TICKET = ("ticket", {"story": stories.transfer()}, stories.BRAND, "en")


def _signal(documents: Documents, number: int) -> None:
    """Tell the document process, once it is there."""
    assert documents._worker
    documents._worker.begun.result(20)
    for process in documents._worker.pool._processes.values():
        os.kill(process.pid or 0, number)


@contextmanager
def _turning() -> Iterator[list[float]]:
    """Looks whether the event loop turns meanwhile: fills in the seconds it once stood still for, at the longest."""
    loop, longest, before = asyncio.get_running_loop(), [0.0], [time.monotonic()]

    def look() -> None:
        longest[0] = max(longest[0], time.monotonic() - before[0])
        before[0] = time.monotonic()
        handles[0] = loop.call_later(0.01, look)

    handles = [loop.call_later(0.01, look)]
    yield longest
    handles[0].cancel()


async def test_documents_come_from_a_process_of_their_own() -> None:
    """Plain values in, bytes out; when the process was killed, all who wait for documents get theirs from a new one."""
    async with Documents() as documents:
        first = await documents.make(*TICKET)
        assert first.startswith(b"%PDF")
        _signal(documents, signal.SIGSTOP)
        waiting = [asyncio.create_task(documents.make(*TICKET)) for _ in range(4)]
        await asyncio.sleep(0)  # all have asked
        _signal(documents, signal.SIGKILL)
        assert await asyncio.gather(*waiting) == [first] * 4


async def test_a_process_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waited for it gets an exception that blames no provider, the next gets a document, and nobody's answer waits."""
    async with Documents() as documents:
        first = await documents.make(*TICKET)
        _signal(documents, signal.SIGSTOP)
        with _turning() as longest, monkeypatch.context() as hasty:
            hasty.setattr("bot.documents.PATIENCE", 5.0)
            with pytest.raises(Undrawn) as undrawn:
                await documents.make(*TICKET)
        assert not isinstance(undrawn.value, TimeoutError | OSError)  # for the courier these mean: a provider is away
        assert longest[0] < 4.0
        assert await documents.make(*TICKET) == first


async def test_a_process_that_hangs_keeps_nobody_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it is told; the server ends without it, and the event loop turns meanwhile."""
    monkeypatch.setattr("bot.documents.PATIENCE", 600.0)
    async with Documents() as documents:
        await documents.make(*TICKET)
        _signal(documents, signal.SIGSTOP)
        waiting = [asyncio.create_task(documents.make(*TICKET)) for _ in range(2)]
        await asyncio.sleep(0)
    ended = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), PATIENCE)
    assert [type(one) for one in ended] == [Undrawn, Undrawn]


def test_the_bots_own_process_never_loads_weasyprint() -> None:
    """WeasyPrint costs a second and 80 MB; only the document process pays."""
    look = "import sys, bot.documents, bot.letters, bot.words; sys.exit('weasyprint' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], cwd=Path(press.__file__).parent.parent, check=False)
    assert done.returncode == 0


def test_a_server_that_is_killed_leaves_no_document_process() -> None:
    """The pipe that the document process inherited is closed: it has ended."""
    program = (
        "import os, signal; from bot.documents import Documents; d = Documents(); d.start(); "
        "d._worker.begun.result(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=20, check=False)
    assert ended.returncode == -9
