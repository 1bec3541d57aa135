"""Mails: the same story as everywhere, whole in text and in HTML, and harmless whatever a guest typed."""

import re
from typing import Any

import pytest

from bot import letters, words
from tests.bot import stories

URLS = {
    purpose: f"https://book.example/b/token/{purpose}"
    for purpose in ("pay", "booking", "ticket", "invoice", "calendar", "desk", "partner")
}
DOCUMENTS = [{"kind": "ticket", "detail": "PDF, 84 KB"}, {"kind": "invoice", "detail": "B0200000147"}]


def _letter(event: str, story: stories.Story, language: str = "en", **facts: Any) -> letters.Letter:
    known = {"story": story, "documents": DOCUMENTS, "who": "Rafael Peña", "text": "The big van is fine", **facts}
    return letters.letter(event, known, language, stories.BRAND, URLS)


def test_subjects_are_route_and_time() -> None:
    """Who reads only subjects knows which booking it is."""
    guest = _letter("booking_confirmed_guest", stories.transfer())
    house = _letter("booking_confirmed_house", stories.transfer())
    assert guest.subject == "You are booked: Airport PUJ to Hotel Arena Blanca, Sat 21 Nov 15:00"
    assert house.subject == "[CA-7K4M2] Confirmed: Airport PUJ to Hotel Arena Blanca, Sat 21 Nov 15:00, Moore"


@pytest.mark.parametrize("language", words.languages())
@pytest.mark.parametrize(
    ("event", "audience"),
    [
        ("booking_requested_house", "team"),
        ("booking_confirmed_house", "team"),
        ("booking_confirmed_guest", "guest"),
        ("guest_link", "guest"),
        ("brief_lead", "partner"),
    ],
)
def test_text_and_html_hold_the_whole_recap(event: str, audience: Any, language: str) -> None:
    """Every field the reader may see stands in the text in its order; the house's and the lead's HTML too."""
    for story in (stories.transfer(), stories.one_way(), stories.tour()):
        made = _letter(event, story, language)
        lines = [f"{label}: {value}" for _, label, value in words.story_recap(story, audience, language)]
        places = [made.text.index(line) for line in lines]
        assert places == sorted(places)
        if audience != "guest":
            assert all(f">{value}<" in made.html for _, _, value in words.story_recap(story, audience, language))


def test_the_guests_mail_holds_every_chosen_item_and_the_next_step() -> None:
    """Each line, the total, what happens next, one button."""
    made = _letter("booking_confirmed_guest", stories.transfer())
    for part in (made.text, made.html):
        for line in stories.transfer()["lines"]:
            assert line["label"]["en"] in part
        assert "US$137.00" in part
        assert "Rafael waits with your name on a board (exit B)" in part
        assert URLS["booking"] in part
    assert made.html.count(">See your booking<") == 1


def test_the_lead_never_reads_the_price() -> None:
    """The brief says what to collect, not what was paid."""
    made = _letter("brief_lead", stories.transfer())
    for part in (made.text, made.html, made.subject):
        assert "137.00" not in part
        assert "41.10" not in part
        assert "hannah.moore@example.com" not in part
    assert "US$95.90" in made.text
    assert "MOORE" in made.text


def test_the_house_sees_its_move_only_when_it_has_one() -> None:
    """Coral is for what waits for us: a trip without a lead."""
    assert (
        "Your move: the trip on 28 Nov has no lead yet." in _letter("booking_confirmed_house", stories.transfer()).text
    )
    calm = _letter("booking_confirmed_house", stories.tour())
    assert "Your move" not in calm.text
    assert "#B23A0E" not in calm.html


def test_styles_are_inlined_and_nothing_is_fetched() -> None:
    """Mail programs drop style sheets; every picture travels with the mail and has its alt."""
    made = letters.letter(
        "booking_confirmed_guest",
        {"story": stories.transfer(), "documents": DOCUMENTS},
        "en",
        stories.BRAND,
        URLS,
        b"PNG",
    )
    assert "<style" not in made.html
    assert not re.search(r"src=\"(?!cid:)", made.html)
    shown = set(re.findall(r'src="cid:([^"]+)"', made.html))
    assert shown == {picture.cid for picture in made.pictures}
    assert made.pictures[0].content == b"PNG"
    assert 'alt="Costa Alisia: You are booked, Hannah, CA-7K4M2"' in made.html


def test_without_the_picture_the_head_has_the_same_words() -> None:
    """A mail is never held back by a picture."""
    made = _letter("booking_confirmed_guest", stories.transfer())
    assert "You are booked, Hannah" in made.html
    assert letters.heading("booking_confirmed_guest", {"story": stories.transfer()}, "es") == {
        "heading": "Reserva confirmada, Hannah",
        "line": "CA-7K4M2",
    }


@pytest.mark.parametrize("event", letters.EVENTS)
def test_what_a_guest_typed_is_harmless(event: str) -> None:
    """Tags are escaped, line breaks never reach a subject."""
    story = stories.naughty()
    story["guest"]["name"] = "Eve\r\nBcc: all@example.com\u2028\x00" + stories.NAUGHTY
    story["legs"][0]["from"]["name"] = {"en": "PUJ\r\nX-Evil: 1"}
    made = _letter(event, story, text=stories.NAUGHTY)
    assert "<script" not in made.html
    assert "<img src=http" not in made.html
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", made.subject)
    assert len(made.subject) <= letters.SUBJECT_LIMIT


def test_another_colour_is_another_mail() -> None:
    """The button wears the brand's colour."""
    brand = stories.BRAND | {"colours": {"brand": "#7A1F5C", "brass": "#D2A250"}}
    made = letters.letter("booking_confirmed_guest", {"story": stories.transfer()}, "en", brand, URLS)
    assert "#7A1F5C" in made.html


@pytest.mark.parametrize(
    ("language", "chip", "due"), [("en", "Cancelled", "due to your"), ("es", "Cancelada", "a su conductor")]
)
def test_a_cancelled_booking_looks_cancelled(language: str, chip: str, due: str) -> None:
    """Its state stands in the letter as icon and word, and nothing in it is still to be paid."""
    facts = {**words.sample("booking_cancelled_guest"), "story": stories.transfer(state="cancelled")}
    made = letters.letter("booking_cancelled_guest", facts, language, stories.BRAND, URLS)
    assert chip in made.html
    assert "x-red@bellhop" in [picture.cid for picture in made.pictures]
    assert due not in made.text and not made.subject.endswith(".")


@pytest.mark.parametrize(("language", "said"), [("en", "still to be paid by card"), ("es", "por pagar con tarjeta")])
def test_what_a_change_made_dearer_is_paid_by_card(language: str, said: str) -> None:
    """And not to the driver: the letter has a button for it."""
    story = stories.transfer()
    owed = {"minor": 4700, "currency": "USD"}
    story = story | {"payment": {**story["payment"], "due_now": owed}}
    facts = {"story": story, "changed": (), "change": {"owed": owed, "back": None}}
    made = letters.letter("booking_changed_guest", facts, language, stories.BRAND, URLS)
    assert said in made.html.lower()
    assert "driver" not in made.html and "conductor" not in made.html
