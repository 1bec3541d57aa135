"""Writes a request into links: the words a guest's phone sends for them, with the token that knows the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

import segno

from bot import words
from flows.arriving import is_written
from flows.facts import ORDER, so_far
from flows.menu import World

OWN_LINES = ("date", "return_date", "departure", "extras")  # days with their year: a link may be opened long after
MODULE = 8  # pixels a module of a QR code is drawn with


@dataclass(frozen=True, slots=True)
class Links:
    """The ways into a chat with one request: `words` are what WhatsApp types for the guest."""

    words: str
    token: str
    whatsapp: str | None
    telegram: str | None


def request_words(draft: Mapping[str, Any], language: str, world: World) -> str:
    """A request as a guest would send it: a greeting, and a line for each answer. They are read again by `flows/arriving`."""
    hello = words.block("door_hello", language, {"brand": world.menu.brand})
    return "\n".join([hello, *(line(key, draft, language, world) for key in ORDER if is_written(draft.get(key)))])


def line(key: str, draft: Mapping[str, Any], language: str, world: World) -> str:
    """One answer under its name, as the bot says how it stands."""
    if key in OWN_LINES:
        return words.block(f"door_{key}", language, so_far(draft, world))
    return words.block("stands", language, {**so_far(draft, world), "line": key}).removesuffix(".")


def links(said: str, token: str, whatsapp: str | None, telegram: str | None) -> Links:
    """The addresses that open a chat with these words and this token, where the house has such a chat."""
    typed = f"{said}\n[{token}]"
    number = "".join(filter(str.isdigit, whatsapp or ""))
    return Links(
        typed, token, f"https://wa.me/{number}?text={quote(typed)}" if number else None,
        f"https://t.me/{telegram.removeprefix('@')}?start={token}" if telegram else None,
    )  # fmt: skip


def qr(address: str, kind: str) -> bytes:
    """An address as a QR code, "png" or "svg", with the margin that readers need (ISO/IEC 18004: four modules)."""
    made = BytesIO()
    _DRAWN[kind](segno.make(address, error="l", boost_error=False, micro=False), made)
    return made.getvalue()


_DRAWN: dict[str, Callable[[segno.QRCode, BytesIO], None]] = {
    "png": lambda code, made: code.save(made, kind="png", scale=MODULE, border=4),
    "svg": lambda code, made: code.save(made, kind="svg", scale=MODULE, border=4, xmldecl=False, dark="#10211e", light="#fff"),
}  # fmt: skip
