"""Every kind of service on every sheet: the ticket, the invoice, the guest's mail, the lead's brief, in both languages."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from bot import letters, press, words
from models.price import quote
from models.request import as_instant, from_draft
from models.story import told
from tests.bot import stories
from tests.models.test_price import COSTA, NOW
from tests.models.test_services import BACK, FAMILY, HOURS, ONE_WAY, ROMANCE, YACHT

WHO = {"name": "Hannah Moore", "phone": "+447700900142", "email": "hannah@example.com"}
STOPS = ONE_WAY | {"stops": [{"place": "marina_cap_cana"}, {"typed": "Tienda de Don Pepe", "zone": "bavaro"}]}
DRAFTS = {"back": BACK, "stops": STOPS, "hours": HOURS, "charter": YACHT, "package": ROMANCE, "family": FAMILY}
URLS = {
    purpose: f"https://book.example/b/token/{purpose}"
    for purpose in ("pay", "booking", "ticket", "invoice", "calendar", "desk", "partner")
}
SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "back": ("11:00",),
        "stops": ("By way of Marina Cap Cana, Tienda de Don Pepe",),
        "hours": ("4 hours with a chauffeur", "Zona Colonial"),
        "charter": ("Private yacht, Cap Cana",),
        "package": ("Airport PUJ",),
        "family": ("Airport PUJ",),
    },
    "es": {
        "back": ("11:00",),
        "stops": ("Pasando por Marina Cap Cana, Tienda de Don Pepe",),
        "hours": ("4 horas con chofer", "Zona Colonial"),
        "charter": ("Yate privado, Cap Cana",),
        "package": ("Aeropuerto PUJ",),
        "family": ("Aeropuerto PUJ",),
    },
}
CASES = [(kind, language) for kind in DRAFTS for language in SAID]


def story(kind: str, language: str) -> stories.Story:
    """The story of a request that was sent, from the shipped catalogue."""
    request = from_draft(DRAFTS[kind] | WHO, COSTA)
    source = {"channel": "whatsapp", "at": as_instant(NOW, "America/Santo_Domingo")}
    return told(request, quote(COSTA, request), COSTA, language=language, source=source) | {
        "reference": "CA-7K4M2",
        "state": "confirmed",
    }


def read_aloud(pdf: bytes) -> str:
    """All the words of a PDF, spaces evened out."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.mark.parametrize(("kind", "language"), CASES)
def test_the_ticket_says_what_was_booked(kind: str, language: str) -> None:
    """One sheet a leg, with what is particular to the service."""
    pdf = press.make("ticket", {"story": story(kind, language)}, stories.BRAND, language)
    assert all(said in read_aloud(pdf) for said in SAID[language][kind]), read_aloud(pdf)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == (2 if kind in ("back", "family") else 1)


@pytest.mark.parametrize(("kind", "language"), CASES)
def test_the_invoice_has_every_line_and_says_what_is_included(kind: str, language: str) -> None:
    """What lies in a package has no price; a way there and back has two lines."""
    facts: dict[str, Any] = {"number": "B0200000147", "issued": stories.instant("2026-11-20T22:38:00Z")}
    shown = story(kind, language)
    text = read_aloud(press.make("invoice", {"story": shown, **facts}, stories.BRAND, language))
    for line in shown["lines"]:
        assert line["label"][language] in text
    assert text.count({"en": "included", "es": "incluido"}[language]) >= sum(
        line["amount"] is None for line in shown["lines"]
    )


@pytest.mark.parametrize(("kind", "language"), CASES)
def test_the_mails_hold_the_recap_and_every_line(kind: str, language: str) -> None:
    """Text and HTML, to the guest and to the lead."""
    shown = story(kind, language)
    for event in ("booking_confirmed_guest", "guest_link", "brief_lead", "booking_requested_house"):
        made = letters.letter(event, {"story": shown, "documents": []}, language, stories.BRAND, URLS)
        audience = {"brief_lead": "partner", "booking_requested_house": "team"}.get(event, "guest")
        for _, label, value in words.story_recap(shown, audience, language):  # type: ignore[arg-type]
            assert f"{label}: {value}" in made.text
        if audience == "guest":
            assert all(line["label"][language] in part for line in shown["lines"] for part in (made.text, made.html))
    assert "None" not in made.text


@pytest.mark.parametrize(("kind", "language"), CASES)
def test_the_notices_are_drawn(kind: str, language: str) -> None:
    """The chat's words, and the values of the approved templates."""
    facts = {"story": story(kind, language)}
    for notice in ("booking_requested_house", "booking_confirmed_guest", "brief_lead", "hold_ended_guest"):
        values, _ = words.filled(words.wording(notice, language), language, facts | {"reference": "CA-7K4M2"})
        assert values
        assert "None" not in " ".join(values.values())


def test_a_package_is_named_beside_its_way() -> None:
    """Whoever reads one line knows that it is the romance package."""
    assert (
        words.phrase("trip_words", "en", story("package", "en")) == "Romance package, Airport PUJ to Hotel Arena Blanca"
    )
