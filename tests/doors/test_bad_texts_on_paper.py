"""Texts made to break things, as the name and notes of a paid booking: kept as typed, and only words on pages, mails and papers."""

import io
import re
from collections.abc import Iterable
from typing import Any

import pytest
from pypdf import PdfReader

from bot import letters, press
from models.database import read, transaction
from models.fields import packed, unpacked
from models.story import of_booking
from tests.bot import stories
from tests.doors.test_bad_texts import FOLDER, URLS, Skeleton, texts
from tests.people import Bellhop, Desk, Person
from tests.stories import moves

pytestmark = [
    *moves.SDKS,
    pytest.mark.skipif(not FOLDER.exists(), reason="the bad inputs are not beside this checkout"),
]
PLAIN = "Plain Words"
SUM = "62615533"  # what the template below comes to, and what nothing else of a booking does
SUMS = "{{7919*7907}}${7919*7907}<%= 7919*7907 %>#{7919*7907}{% set x = 7919*7907 %}{{x}}'\">"
EVENTS = (
    "booking_requested_house",
    "booking_confirmed_house",
    "booking_confirmed_guest",
    "guest_link",
    "brief_lead",
)
LEADS_SOMEWHERE = ("href", "src", "action", "formaction", "srcset", "style", "background", "http-equiv", "content")
INVOICE = {"number": "B0200000147", "issued": stories.instant("2026-11-20T22:38:00Z")}


class Page(Skeleton):
    """A page's bones, where its attributes lead, and the words a reader sees."""

    def __init__(self, page: str) -> None:
        self.ways: set[tuple[str, str]] = set()
        self.words = ""
        super().__init__(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One bone, and its ways."""
        super().handle_starttag(tag, attrs)
        self.ways |= {(name, value or "") for name, value in attrs if name in LEADS_SOMEWHERE}

    def handle_data(self, data: str) -> None:
        """Words between tags."""
        self.words += data


def _spread(found: Iterable[str], many: int) -> list[str]:
    """So many of them, from the first to the last."""
    every = list(found)
    return every[:: max(1, len(every) // many)][:many]


def _sums() -> list[str]:
    """The templates among them that multiply, each with our sum in place of its own."""
    multiplies = re.compile(r"\d ?\* ?\d")
    return [multiplies.sub("7919*7907", text) for text in texts() if "{" in text and multiplies.search(text)]


def _even(words: str) -> str:
    return " ".join(words.split())


def _for_the_doors() -> list[str]:
    """Six that each try another way: tags, an attribute's end, SQL, templates, files of the machine."""
    every = [text for text in texts() if len(text) < 200]
    tags = [text for text in every if "<" in text and "on" in text]
    quotes = [text for text in every if text.startswith(("'", '"')) and ">" in text]
    sql = [text for text in every if "select" in text.lower() and "'" in text]
    return [
        tags[len(tags) // 2],
        quotes[0],
        sql[0],
        _sums()[0],
        SUMS,
        stories.NAUGHTY,
    ]


# -- through the doors --------------------------------------------------------------------------


async def _is_called(reference: str, typed: str, email: str) -> None:
    """The booking as if these words had been typed for its name and notes."""
    row = await moves.booking(reference)
    request = {**unpacked(row["request"]), "name": typed, "notes": typed, "email": email}
    async with transaction() as run:
        await run("UPDATE booking SET request = :request WHERE id = :id", request=packed(request), id=row["id"])
        await run("UPDATE guest SET name = :name, email = :email WHERE id = :id",
                  name=typed, email=email, id=row["guest_id"])  # fmt: skip


async def _pages(bellhop: Bellhop, ana: Person, desk: Desk, reference: str) -> dict[str, Page]:
    """All that a guest and the desk see of a booking now, by path."""
    link, found = ana.link("/pay").removesuffix("/pay"), {}
    for path in ("", "/pay", "/terms", "/paid"):
        async with bellhop.http.get(link + path) as answer:
            assert answer.status == 200, (path, await answer.text())
            found["guest" + path] = Page(await answer.text())
    ends = {
        "board": f"?q={reference}",
        "booking": f"/bookings/{reference}",
        "talk": f"/bookings/{reference}?talk=guest",
    }
    for name, path in ends.items():
        found["desk " + name] = Page(await desk.opens("/desk" + path))
    return found


async def _letters(bellhop: Bellhop, reference: str, email: str) -> dict[str, dict[str, Any]]:
    """The mails about a paid booking: the guest's, the house's in both languages, the lead's."""
    guest = await moves.papers(bellhop, email)
    await moves.all_carried(reference)
    house = {to: moves.mails(bellhop, to, reference)[-1] for to in ("bookings@", "operations@")}
    return {"guest": guest, "lead": moves.mails(bellhop, "rafael@", reference)[-1], **house}


async def _paid(bellhop: Bellhop, ana: Person, desk: Desk, reference: str, typed: str, number: int) -> dict[str, Any]:
    """Give a held booking its words, look at it, pay it, look again; gives everything seen."""
    email = f"guest{number}@example.com"
    await _is_called(reference, typed, email)
    held = await _pages(bellhop, ana, desk, reference)
    assert (await ana.pays())[0] == 303
    await moves.becomes(reference, "confirmed")
    await ana.hears(reference, "54.00")
    post = await _letters(bellhop, reference, email)
    paid = await _pages(bellhop, ana, desk, reference)
    return {"held": held, "paid": paid, "post": post}


async def _kept_as_typed(reference: str, typed: str) -> None:
    """In the booking, and in what its papers and mails were frozen with."""
    row = await moves.booking(reference)
    frozen = await read("SELECT facts FROM document WHERE booking_id = :id", id=row["id"])
    sent = [unpacked(one["payload"]) for one in await moves.deliveries(reference) if one["kind"].startswith("booking_confirmed")]  # fmt: skip
    told = [unpacked(one["facts"])["story"] for one in frozen] + [one["facts"]["story"] for one in sent]
    assert len(frozen) == 3 and sent
    for story in [await of_booking(row["id"]), *told]:
        assert (story["guest"]["name"], story["notes"]) == (typed, typed)


def _same_pages(seen: dict[str, Page], plain: dict[str, Page], typed: str) -> None:
    for name, page in seen.items():
        assert set(page.bones) <= set(plain[name].bones), (name, typed)
        assert not [
            way for _, way in page.ways if way.strip().lower().startswith(("javascript:", "data:text", "vbscript:"))
        ]
        assert SUM not in page.words, (name, typed)
    for name in ("desk board", "desk booking"):
        assert _even(typed) in _even(seen[name].words), (name, typed)


def _same_mail(bellhop: Bellhop, mail: dict[str, Any], plain: dict[str, Any], typed: str) -> None:
    html = Page(mail["html"])
    assert set(html.bones) <= set(Page(plain["html"]).bones), typed
    assert [name for name, _ in mail["headers"]] == [name for name, _ in plain["headers"]], typed
    assert not any(set("\r\n") & set(value) for _, value in mail["headers"]), typed
    assert len(mail["attachments"]) == len(plain["attachments"])
    assert SUM not in f"{mail['subject']}{mail['text']}{html.words}", typed
    for number, one in enumerate(mail["attachments"]):
        if one["name"].endswith(".pdf"):
            content = bellhop.sim.parts.mailbox.attachment(mail["id"], number)
            assert content is not None
            _is_only_paper(content[0], typed)


def _is_only_paper(pdf: bytes, typed: str) -> None:
    """Nothing hangs on it, nothing runs in it, no file of this machine and no sum is printed."""
    reader = PdfReader(io.BytesIO(pdf))
    words = " ".join(page.extract_text() for page in reader.pages)
    assert not reader.attachments and "root:" not in words, typed
    assert SUM not in words, typed
    assert not {"/JavaScript", "/EmbeddedFiles"} & set(reader.root_object.get("/Names", {})), typed
    assert "/OpenAction" not in reader.root_object or "/JS" not in str(reader.root_object["/OpenAction"]), typed


async def test_a_paid_booking_of_any_name(bellhop: Bellhop, ana: Person, desk: Desk) -> None:
    """Six bookings through the doors: every page and mail has the bones of one whose guest has a plain name."""
    first = await moves.books(ana, moves.TRANSFER)
    plain = await _paid(bellhop, ana, desk, first, PLAIN, 0)
    for number, typed in enumerate(_for_the_doors(), 1):
        reference = await moves.again(ana, moves.TRANSFER.replace("3pm", f"{number + 3}pm"))
        seen = await _paid(bellhop, ana, desk, reference, typed, number)
        await _kept_as_typed(reference, typed)
        for when in ("held", "paid"):
            _same_pages(seen[when], plain[when], typed)
        for whom, mail in seen["post"].items():
            _same_mail(bellhop, mail, plain["post"][whom], typed)


# -- as they are drawn --------------------------------------------------------------------------


def _story(typed: str) -> stories.Story:
    story = stories.transfer(notes=typed)
    return story | {"guest": {**story["guest"], "name": typed}}


def _letter(event: str, typed: str, language: str) -> letters.Letter:
    documents = [{"kind": kind, "detail": "PDF, 9 KB"} for kind in ("ticket", "invoice")]
    facts = {"story": _story(typed), "documents": documents}
    return letters.letter(event, facts, language, stories.BRAND, URLS)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("event", EVENTS)
def test_every_letter_about_a_booking_of_any_name(event: str, language: str) -> None:
    """Sixty names and notes: the same bones and ways, the notes as typed, nothing worked out, one line of subject."""
    made = _letter(event, PLAIN, language)
    plain = Page(made.html)
    for typed in [*_spread(texts(), 60), SUMS, stories.NAUGHTY]:
        letter = _letter(event, typed, language)
        page = Page(letter.html)
        assert set(page.bones) <= set(plain.bones), typed
        assert page.ways <= plain.ways, typed
        if event != "guest_link":  # which has no recap
            assert _even(typed) in _even(page.words), typed
            assert _even(typed) in _even(letter.text), typed
        assert SUM not in f"{letter.subject}{letter.text}{page.words}", typed
        assert len(letter.subject.splitlines()) == 1, typed
        assert [picture.cid for picture in letter.pictures] == [picture.cid for picture in made.pictures], typed


@pytest.mark.parametrize("language", ["en", "es"])
def test_templates_typed_as_a_name_stay_templates(language: str) -> None:
    """All kinds of them, and none is worked out."""
    assert len(_sums()) > 5
    for typed in _sums():
        for event in EVENTS:
            letter = _letter(event, typed, language)
            assert SUM not in f"{letter.subject}{letter.text}{letter.html}", (event, typed)


def _for_the_press() -> list[str]:
    """Templates, tags that fetch or attach, and ours."""
    tags = [text for text in texts() if "<" in text and ("src=" in text or "href=" in text)]
    return [*_spread(_sums(), 3), *_spread(tags, 3), SUMS, stories.NAUGHTY]


@pytest.mark.parametrize("kind", ["ticket", "invoice"])
def test_the_papers_of_a_booking_of_any_name(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight of them on paper: nothing more is opened than for a plain name, nothing attached, nothing worked out."""
    opened: set[str] = set()
    real = press.BrandOnly.fetch

    def noted(self: press.BrandOnly, url: str, headers: Any = None) -> Any:
        opened.add(url)
        return real(self, url, headers)

    monkeypatch.setattr(press.BrandOnly, "fetch", noted)
    facts = {"story": _story(PLAIN), **INVOICE}
    plain = moves.pdf_words(press.make(kind, facts, stories.BRAND, "en"))
    usual = set(opened)
    assert len(_for_the_press()) == 8
    for typed in _for_the_press():
        pdf = press.make(kind, facts | {"story": _story(typed)}, stories.BRAND, "en")
        _is_only_paper(pdf, typed)
        assert opened == usual, typed
        assert "49" in typed or moves.pdf_words(pdf).count("49") == plain.count("49"), typed
