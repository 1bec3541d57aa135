"""WhatsApp's rich messages as Twilio's Content API holds them: a shape with places for values, and the values.

A shape is the same for many messages, so that Twilio keeps few of them. A value in a body has no line break (Twilio 21656):
every line is a value of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.carriers import CALL, Attempt, link_lines, numbered
from bot.fitting import cut, parts, units
from bot.picking import listed
from bot.taps import pack
from bot.words import DrawnOption, block

BODY = 1024  # Meta: the body of an interactive message
BUTTONS, TITLE = 3, 20  # Meta: reply buttons or doors without approval; units on each
LOST = 10  # units of a label that its short form may leave out on a button
ROWS, ROW, DETAIL = 10, 24, 72  # Meta: rows of a list; units of a row's title and description
VARIABLES = 100  # Twilio: variables of one content
CHATS = ("https://t.me/", "https://wa.me/")  # where a talk goes on in another channel


@dataclass(frozen=True, slots=True)
class Content:
    """A rich message: its shape (Content API's `types`), the values by number, and its words as Twilio lists them."""

    shape: dict[str, Any]
    values: dict[str, str]
    body: str


@dataclass(slots=True)
class Places:
    """Values on their way into a shape."""

    values: dict[str, str] = field(default_factory=dict)

    def of(self, value: str) -> str:
        """The place where this value will stand. Twilio: none empty, no tabs, at most four spaces in a row."""
        number = str(len(self.values) + 1)
        self.values[number] = _plain(value)
        return f"{{{{{number}}}}}"

    def lines(self, text: str) -> str:
        """A place for each line that says anything."""
        return "\n".join(self.of(line) if line.strip() else "" for line in text.splitlines())

    def filled(self, shape: str) -> str:
        """How the places read."""
        return re.sub(r"{{(\d+)}}", lambda found: self.values[found[1]], shape)


def _plain(value: str) -> str:
    return re.sub(r"\s+", " ", value.replace("{{", "((")).strip() or "–"


Face = Callable[[Places], tuple[str, dict[str, Any]]]


def rich(attempt: Attempt, turn: int, page: str, base: str) -> tuple[list[str], Content | None]:
    """What leaves before it as plain text, and the rich message; None where there is nothing to press or it does not fit.

    `base` is our public address: Meta has the host of a door's address stand in the shape.
    """
    drawn = attempt.drawn
    options = listed(drawn, page, ROWS) if drawn.options or drawn.pick else []
    doors = [] if options else _doors(attempt, base)
    face = _options(options, turn, drawn.language) if options else _opening(doors, base)
    lines = link_lines(attempt, but=[label for label, _ in doors])
    *before, body = _bodies(drawn.text, lines)
    if face is None or not body:
        return [], None
    places = Places()
    written = places.lines(body)
    kind, rest = face(places)
    if len(places.values) > VARIABLES:
        return [], None
    return before, Content({kind: {"body": written, **rest}}, places.values, places.filled(written))


def _bodies(text: str, lines: str) -> list[str]:
    """The text in pieces of which the last can be a body, the addresses of the doors at its end."""
    whole = "\n\n".join(part for part in (text, lines) if part)
    if units(whole) <= BODY or not lines or units(lines) > BODY:
        return parts(whole, BODY) or [""]
    return [*parts(text, BODY), lines]


def _options(options: Sequence[DrawnOption], turn: int, language: str) -> Face:
    few = len(options) <= BUTTONS and all(_is_whole(one) for one in options)
    titles = [_plain(_title(one, TITLE)) for one in options]
    if few and len(set(titles)) == len(titles):
        return lambda places: ("twilio/quick-reply", {"actions": [
            {"type": "QUICK_REPLY", "title": places.of(title), "id": places.of(_key(one, turn))}
            for one, title in zip(options, titles, strict=True)
        ]})  # fmt: skip
    return lambda places: ("twilio/list-picker", {
        "button": places.of(cut(block("list_button", language, {}), TITLE)),
        "items": [_row(one, turn, places) for one in options],
    })  # fmt: skip


def _is_whole(option: DrawnOption) -> bool:
    """Whether a button says what the guest must know: seats and prices of a departure stand in a row's second line."""
    return units(option.label) <= TITLE + LOST and (units(option.label) <= TITLE or not option.short.endswith("…"))


def _row(option: DrawnOption, turn: int, places: Places) -> dict[str, str]:
    title = _title(option, ROW)
    row = {"item": places.of(title), "id": places.of(_key(option, turn))}
    return row if title == option.label else {**row, "description": places.of(cut(option.label, DETAIL))}


def _title(option: DrawnOption, limit: int) -> str:
    if units(option.label) <= limit:
        return option.label
    return cut(option.label, limit) if option.short.endswith("…") else cut(option.short, limit)


def _key(option: DrawnOption, turn: int) -> str:
    return pack(option.question, option.value, turn)


def _doors(attempt: Attempt, base: str) -> list[tuple[str, str]]:
    """Up to three links that can be buttons, label and address: to our pages and chats, or to a phone; others stay lines of text."""
    known = [(link.label, attempt.urls[link.purpose]) for link in attempt.drawn.links if link.purpose in attempt.urls]
    return [(label, url) for label, url in known if url.startswith((f"{base}/", CALL, *CHATS))][:BUTTONS]


def _opening(doors: Sequence[tuple[str, str]], base: str) -> Face | None:
    return (lambda places: ("twilio/call-to-action", {"actions": [
        {"title": places.of(cut(label, TITLE)), **_leading(url, base, places)} for label, url in doors
    ]})) if doors else None  # fmt: skip


def _leading(url: str, base: str, places: Places) -> dict[str, str]:
    """Twilio: a number stands in the shape itself, of an address only what is behind its host may change."""
    if url.startswith(CALL):
        return {"type": "PHONE_NUMBER", "phone": url.removeprefix(CALL)}
    host = next(host for host in (f"{base}/", *CHATS) if url.startswith(host))
    return {"type": "URL", "url": f"{host}{places.of(url.removeprefix(host))}"}


def plain_rest(attempt: Attempt, content: Content | None, base: str) -> str:
    """The rich message alone as text, behind words that have left already."""
    if content is None:
        return ""
    pressed = [] if attempt.drawn.options or attempt.drawn.pick else [label for label, _ in _doors(attempt, base)]
    in_the_body = [link.label for link in attempt.drawn.links if link.label not in pressed]
    lines = link_lines(attempt, but=in_the_body)
    return "\n\n".join(part for part in (content.body, numbered(attempt.drawn), lines) if part)


def plainly(attempt: Attempt) -> str:
    """The same as text alone, where nothing richer can be had."""
    return "\n\n".join(part for part in (attempt.drawn.text, numbered(attempt.drawn), link_lines(attempt)) if part)
