"""The guest's pages: behind a secret link, true at every moment, and harmless to open."""

import asyncio
import io
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import icalendar
import pytest
from pypdf import PdfReader

from bot.checkout import Away
from bot.documents import Documents
from models.database import read, transaction
from models.fields import micros
from models.refusal import AlreadyPaid, HoldEnded, SoldOut
from tests.patience import PATIENCE
from tests.web.front import CHECKOUT, HTML, Front, rows_of
from web import portal

NAUGHTY = '"><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7}} \u202eΩ'
TABLES = ("booking", "checkout", "payment", "entry", "delivery", "claim", "due", "document", "recipient")


async def test_a_held_booking_says_what_to_pay_until_when(front: Front) -> None:
    """State, time left, the one button, then trip, price and ways to reach us."""
    booking, link = await front.book()
    answer, page = await front.get(link)
    assert answer.status == 200
    for words in ("On hold", "Airport PUJ to Bávaro", "US$48.00", "BA 2203", "15:00", "You get your ticket"):
        assert words in page
    assert await front.reference(booking) in page
    assert f'href="{link}/pay"' in page
    for way in (
        "https://wa.me/18095550100?text=",
        "https://t.me/costa_alisia_bot",
        "tel:+18095550142",
        "mailto:bookings@",
    ):
        assert way in page


async def test_a_page_is_kept_from_everyone_else(front: Front) -> None:
    """No script but ours, no address told to others, nothing kept, nothing indexed."""
    _, link = await front.book()
    headers = (await front.get(link))[0].headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Robots-Tag"] == "noindex"
    page = (await front.get(link))[1]
    assert "<style" not in page
    assert " style=" not in page
    assert "onclick" not in page


@pytest.mark.parametrize(
    "tail", ["", "/pay", "/paid", "/terms", "/booking.ics", "/ticket.pdf", "/ticket.png", "/stands"]
)
async def test_an_unknown_link_opens_nothing_and_tells_nothing(front: Front, tail: str) -> None:
    """Whatever is behind the guess, the answer is one and the same page."""
    await front.book()
    answer, page = await front.get(f"/b/{'x' * 43}{tail}")
    assert answer.status == 404
    assert "This link does not open a booking" in page
    assert "CA-" not in page
    assert (await front.post(f"/b/{'x' * 43}/pay"))[0].status == 404
    assert front.asked == []


async def test_another_bookings_link_shows_another_booking(front: Front) -> None:
    """A link opens its own booking and no other."""
    hannah, hannahs = await front.book("Hannah Moore")
    noah, noahs = await front.book("Noah Feldman", phone="+12025550111", time="18:00")
    page = (await front.get(noahs))[1]
    assert await front.reference(noah) in page
    assert await front.reference(hannah) not in page
    assert "Hannah" not in page
    assert hannahs != noahs


async def test_an_old_link_ends_when_it_is_turned(front: Front) -> None:
    """A link that was replaced opens nothing any more."""
    booking, link = await front.book()
    async with transaction() as run:
        await run("DELETE FROM link WHERE booking_id = :booking", booking=booking)
    assert (await front.get(link))[0].status == 404


async def test_looking_changes_nothing(front: Front) -> None:
    """Chat apps fetch links before anyone taps them: opening any page leaves every record as it was; papers get drawn."""
    booking, link = await front.book()
    await front.confirm(booking)
    before = await rows_of(*TABLES)
    for tail in (
        "",
        "/pay",
        "/paid",
        "/terms",
        "/booking.ics",
        "/ticket.pdf",
        "/invoice.pdf",
        "/ticket.png",
        "/stands",
    ):
        await front.client.get(link + tail, headers=HTML)
        await front.client.head(link + tail, allow_redirects=False)
    after = await rows_of(*TABLES)
    for row in (*before["document"], *after["document"]):
        del row["content"], row["sha256"]
    assert after == before
    assert front.asked == []


async def test_the_button_leads_to_the_checkout(front: Front) -> None:
    """The pay page shows what is due; its button is a form that ends at the provider's page."""
    booking, link = await front.book()
    page = (await front.get(f"{link}/pay"))[1]
    assert "Pay US$48.00" in page
    assert f'method="post" action="{link}/pay"' in page
    answer, _ = await front.post(f"{link}/pay")
    assert (answer.status, answer.headers["Location"]) == (303, CHECKOUT)
    assert front.asked == [booking]


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (HoldEnded(ended=None), 409, "The time to pay ran out"),
        (AlreadyPaid(at=None), 409, "This is paid already"),
        (SoldOut(), 409, "just taken by someone else"),
        (Away("no answer"), 502, "The card checkout does not answer"),
    ],
)
async def test_a_checkout_that_cannot_be_opened_is_explained(
    front: Front, refusal: Exception, status: int, words: str
) -> None:
    """What happened, what is safe, and never a bare error."""
    _, link = await front.book()
    front.refusal = refusal
    answer, page = await front.post(f"{link}/pay")
    assert answer.status == status
    assert words in page


async def test_when_the_hold_has_ended_nothing_can_be_paid(front: Front, clock: Any) -> None:
    """At the moment the hold lapses the page says so, even before anyone has cleared it up."""
    _, link = await front.book()
    seal = await (await front.client.get(f"{link}/stands")).json()
    clock.forward(hours=2)
    page = (await front.get(link))[1]
    assert "The hold ended" in page
    assert "/pay" not in page
    assert "Write to us" in page
    assert "<form" not in (await front.get(f"{link}/pay"))[1]
    assert (await (await front.client.get(f"{link}/stands")).json())["seal"] != seal["seal"]


async def test_the_return_page_turns_when_the_payment_has_come(front: Front) -> None:
    """Coming back from the checkout proves nothing; the page waits until the provider has told us."""
    booking, link = await front.book()
    assert "We confirm as soon as the bank has told us" in (await front.get(f"{link}/paid"))[1]
    await front.confirm(booking)
    assert "Thank you, Hannah. You are booked." in (await front.get(f"{link}/paid"))[1]
    page = (await front.get(link))[1]
    assert "All set, Hannah." in page
    assert "Paid in full on" in page
    assert "Rafael Peña" in page
    assert "Pay US$" not in page


async def test_papers_are_drawn_for_whoever_opens_them(front: Front) -> None:
    """Nobody was sent a mail: each paper is drawn when it is first opened, and is the same ever after."""
    booking, link = await front.book()
    assert (await front.get(f"{link}/ticket.pdf"))[0].status == 404
    assert "/ticket.pdf" not in (await front.get(link))[1]
    await front.confirm(booking)
    page, reference = (await front.get(link))[1], await front.reference(booking)
    for name, kind in (
        ("ticket.pdf", "application/pdf"),
        ("invoice.pdf", "application/pdf"),
        ("ticket.png", "image/png"),
    ):
        answer = await front.client.get(f"{link}/{name}")
        assert (answer.status, answer.content_type) == (200, kind)
        assert "no-store" in answer.headers["Cache-Control"]
        drawn = await answer.read()
        if kind == "application/pdf":
            assert f'href="{link}/{name}"' in page
            assert drawn.startswith(b"%PDF") and reference in _words(drawn)
        assert await (await front.client.get(f"{link}/{name}")).read() == drawn
    assert [bool(row["sha256"]) for row in await read("SELECT sha256 FROM document")] == [True] * 3


async def test_a_paper_that_takes_its_time_is_said_to_come(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page asks again, which begins no second drawing, and opens the paper once it is there."""
    booking, link = await front.book()
    await front.confirm(booking)
    with _stopped(front.packing.documents) as process, monkeypatch.context() as hasty:
        hasty.setattr(portal, "DRAWN_WITHIN", 0.2)
        for _ in range(3):
            answer, page = await front.get(f"{link}/ticket.pdf")
            assert answer.status == 202
            assert "Ready in a moment" in page and "data-again" in page
        assert (await front.get(f"{link}/ticket.png"))[0].status == 503
        assert len(front.packing._drawing) == 2, "the ticket and its picture"
        os.kill(process, signal.SIGCONT)
    await _opens_in_the_end(front, f"{link}/ticket.pdf")
    await _opens_in_the_end(front, f"{link}/ticket.png")


async def test_a_paper_outlives_a_document_process_that_hangs(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waited is told that it comes; the process is replaced, and the paper is there when it is asked for again."""
    booking, link = await front.book()
    await front.confirm(booking)
    with _stopped(front.packing.documents), monkeypatch.context() as hasty:
        hasty.setattr("bot.documents.PATIENCE", 0.5)
        assert (await front.get(f"{link}/invoice.pdf"))[0].status == 202
    await _opens_in_the_end(front, f"{link}/invoice.pdf")


def _words(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def _opens_in_the_end(front: Front, path: str) -> None:
    """As a browser does that is told to ask again; a new process takes some seconds on a busy machine."""
    async with asyncio.timeout(PATIENCE):
        while (answer := await front.client.get(path)).status != 200:
            assert answer.status in (202, 503)
    assert (await answer.read())[:4] in (b"%PDF", b"\x89PNG")


@contextmanager
def _stopped(documents: Documents) -> Iterator[int]:
    """The document process stands still; gives its id."""
    if documents._thread is None:
        documents.start()
    assert documents._worker
    documents._worker.begun.result(20)
    (process,) = documents._worker.pool._processes
    os.kill(process, signal.SIGSTOP)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


async def test_the_calendar_file_has_the_zone_and_keeps_its_name(front: Front) -> None:
    """The event stands at the local hour in the zone of the place, under an id that never changes."""
    booking, link = await front.book()
    answer = await front.client.get(f"{link}/booking.ics")
    assert answer.content_type == "text/calendar"
    event: Any = next(iter(icalendar.Calendar.from_ical(await answer.read()).walk("VEVENT")))
    assert event["DTSTART"].dt.isoformat() == "2026-11-22T15:00:00-04:00"
    assert event["DTSTART"].params["TZID"] == "America/Santo_Domingo"
    assert event["SUMMARY"] == "Airport PUJ to Bávaro"
    assert event["STATUS"] == "TENTATIVE"
    await front.confirm(booking)
    later = next(
        iter(icalendar.Calendar.from_ical(await (await front.client.get(f"{link}/booking.ics")).read()).walk("VEVENT"))
    )
    assert later["UID"] == event["UID"]
    assert later["STATUS"] == "CONFIRMED"


async def test_each_guest_reads_their_language_and_may_choose_another(front: Front) -> None:
    """The page speaks the booking's language; ?lang= changes it and is carried along."""
    _, link = await front.book(language="es")
    page = (await front.get(link))[1]
    assert '<html lang="es">' in page
    assert "Retenida" in page
    assert "Pagar US$48.00" in page
    english = (await front.get(f"{link}?lang=en"))[1]
    assert '<html lang="en">' in english
    assert f"{link}/pay?lang=en" in english
    assert '<html lang="es">' in (await front.get(f"{link}?lang=%3Cscript%3E"))[1]


async def test_the_terms_are_those_of_the_booking(front: Front) -> None:
    """What was agreed to, and when."""
    _, link = await front.book()
    page = (await front.get(f"{link}/terms"))[1]
    assert "A booking is" in page
    assert "You agreed on Sat 21 Nov 10:30." in page


async def test_the_terms_can_be_read_before_there_is_a_booking(front: Front) -> None:
    """The chat leads there when it asks for a yes to them."""
    answer, page = await front.get("/terms")
    assert answer.status == 200
    assert "A booking is" in page
    assert "Back to your booking" not in page


async def test_what_guests_type_does_no_harm(front: Front) -> None:
    """Names and notes stand on the page as they were typed, and run nothing."""
    _, link = await front.book(NAUGHTY, notes=NAUGHTY)
    for tail in ("", "/pay", "/paid", "/terms"):
        page = (await front.get(link + tail))[1]
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    assert "{{7*7}}" in (await front.get(link))[1]
    assert (await front.client.get(f"{link}/booking.ics")).status == 200
    assert await read("SELECT name FROM guest") == [{"name": NAUGHTY}]


async def test_a_tour_shows_its_day_step_by_step(front: Front) -> None:
    """Pick-up, departure and every stop by the clock."""
    _, link = await front.book(
        service="isla_saona", departure="2026-11-24T08:30", pickup={"place": "secrets_cap_cana"}, room="2114", vehicle=None,
        dropoff=None, flight=None, date="2026-11-24", time=None,
    )  # fmt: skip
    page = (await front.get(link))[1]
    assert "Your itinerary" in page
    assert "Pick-up · Secrets Cap Cana" in page
    assert "What to bring" in page


async def test_the_front_door_names_every_way_in(secure_front: Front) -> None:
    """A live house's first page: WhatsApp with the words typed, Telegram, call, mail."""
    page = (await secure_front.get("/"))[1]
    for way in ("https://wa.me/18095550100?text=Hello", "https://t.me/costa_alisia_bot", "tel:+18095550142", "mailto:"):
        assert way in page
    assert "https://wa.me/18095550100?text=Hola" in (await secure_front.get("/", Accept_Language="es-DO,en;q=0.5"))[1]


async def test_a_deposit_is_asked_for_first(front: Front) -> None:
    """With a deposit due, the button says deposit and the rest is named."""
    booking, link = await front.book()
    async with transaction() as run:
        await run(
            "UPDATE booking SET due_now = 1440, changed = :now WHERE id = :id",
            id=booking,
            now=micros(front.house.now()),
        )
    page = (await front.get(link))[1]
    assert "Pay deposit US$14.40" in page
    assert "With the deposit, US$33.60 is due to your driver." in page
    assert "US$33.60 later, to your driver" in (await front.get(f"{link}/pay"))[1]
