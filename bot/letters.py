"""Writes the mails: what happened, as a subject, a text and a designed page in the reader's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import css_inline

from bot import art, words
from bot.fitting import cut

Facts = Mapping[str, Any]

ICONS = words.TEMPLATES / "mail" / "icons"
EVENTS = (
    "booking_requested_house",
    "booking_confirmed_house",
    "booking_confirmed_guest",
    "guest_link",
    "booking_changed_guest",
    "booking_changed_house",
    "booking_changed_lead",
    "brief_lead",
    "thread_message_lead",
    "message_from_house",
)
SUBJECT_LIMIT = 180


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that travels inside a mail: its Content-ID without brackets, bytes and content type."""

    cid: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is sent: a subject of one line, the whole story as text and as HTML, and the pictures it shows."""

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()


def letter(
    event: str,
    facts: Facts,
    language: str,
    brand: Facts,
    urls: Mapping[str, str],
    head: bytes | None = None,
) -> Letter:
    """The mail for an event. A notice that has no sheet of its own is a letter of its chat words: the first line is the subject.

    `facts`: story; with it `documents` for booking_confirmed_guest (each {"kind": "ticket" | "invoice" | "calendar",
    "detail": words}), `text` for a message, `who` for the lead's name where it is not the first leg's. `urls` are addresses by purpose: pay, booking,
    ticket, invoice, calendar, desk, partner; a button whose address is missing is left out. `head` is a PNG from the
    document process ("mail_picture" of what `heading` gives); without it the head is a colour with the same words.
    """
    known = {
        "documents": (),
        "text": "",
        "changed": (),
        "change": {"owed": None, "back": None},
        "who": _first_lead(facts["story"]),
        **facts,
    }
    shown = {"brand": brand, "urls": urls, "shades": art.shades(art.colours(brand)), "head": head is not None, **known}
    sheet = event if event in EVENTS else "notice"
    if sheet == "notice":
        first, *more = words.block(event, language, facts).splitlines()
        shown |= {"first": first.removesuffix("."), "more": more, "audience": _audience(event)}
    subject, _, text = words.plain(f"mail/{sheet}.txt", language, **shown).lstrip().partition("\n")
    page = _inlined(words.page(f"mail/{sheet}.html", language, **shown))
    return Letter(_one_line(subject), _text(text), page, tuple(_pictures(page, head)))


def _audience(event: str) -> str:
    """Who reads a notice: its name ends so."""
    return {"guest": "guest", "lead": "partner"}.get(event.rpartition("_")[2], "team")


def in_a_talk(drawn: words.Drawn, facts: Facts, language: str, brand: Facts, urls: Mapping[str, str]) -> Letter:
    """What the bot says in a talk, as a letter: its words, what may be answered, what is still open, the way into a chat.

    `facts` may have `open`, the keys of the questions still to be answered.
    """
    still = [words.block(f"line_{key}", language, {}) for key in facts.get("open", ())]
    links = [(link.label, urls[link.purpose]) for link in drawn.links if urls.get(link.purpose)]
    shown = {
        "brand": brand, "urls": {"hop_whatsapp": "", "hop_telegram": ""} | dict(urls), "shades": art.shades(art.colours(brand)),
        "head": False, "said": facts.get("text") if "text" in facts and not drawn.text else drawn.text, "still": still,
        "answers": [option.label for option in drawn.options if option.question not in ("anytime", "change")], "links": links,
    }  # fmt: skip
    subject, _, text = words.plain("mail/talk.txt", language, **shown).lstrip().partition("\n")
    return Letter(_one_line(subject), _text(text), _inlined(words.page("mail/talk.html", language, **shown)), ())


def heading(event: str, facts: Facts, language: str) -> dict[str, str]:
    """The words over the art of a guest's mail: facts for the document process's "mail_picture"."""
    lines = words.plain("mail/_heading.txt", language, event=event, **facts).strip().splitlines()
    return {"heading": lines[0], "line": lines[-1] if len(lines) > 1 else ""}


def _first_lead(story: Facts) -> str:
    return next((leg["lead"]["name"] for leg in story["legs"] if leg.get("lead")), "")


def _pictures(page: str, head: bytes | None) -> list[Picture]:
    """What the page shows by cid: the head, and icons of the house by name."""
    names = dict.fromkeys(re.findall(r"cid:([a-z-]+)@bellhop", page))
    return [_picture(name, head) for name in names]


def _picture(name: str, head: bytes | None) -> Picture:
    content = head if name == "head" and head else _icon(ICONS / f"{name}.png")
    return Picture(f"{name}@bellhop", content, "image/png")


@cache
def _icon(path: Path) -> bytes:
    return path.read_bytes()


def _one_line(subject: str) -> str:
    """A subject without line breaks or control characters: a typed one would begin a header of its own."""
    return cut(" ".join(re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]", " ", subject).split()), SUBJECT_LIMIT)


def _text(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, minify_css=True)


def _inlined(page: str) -> str:
    return _inliner().inline(page)
