"""Mail in: a letter as it came (RFC 822) becomes `Heard`; what a machine wrote is told from what a person did."""

import hashlib
import html
import re
from collections.abc import Collection
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr

from flows.speech import Heard

LONGEST = 20_000  # characters of a letter that are kept
_REPLY = re.compile(r"\s*(?:re|fwd?|rv|aw|antw)\s*:", re.IGNORECASE)
_QUOTED = re.compile(
    r"^\s*(?:>|-{2,}\s*(?:original message|mensaje original)|_{10,}|-- $"
    r"|(?:on|el)\s[^\n]{4,200}(?:\n(?![ \t]*\n)[^\n]{0,200}){0,2}?(?:wrote|escribió)\s*:"  # Gmail breaks this line where it is long
    r"|(?:from|de):[^\n]*\n\s*(?:sent|enviado|date|fecha)(?: el)?:)",  # Outlook, without a rule above it
    re.IGNORECASE | re.MULTILINE,
)
_TAGS = re.compile(r"<(style|script|head)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<(?:br|/p|/div|/li|/tr)\b[^>]*>", re.IGNORECASE)
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)\b", re.IGNORECASE)


class NotAPerson(Exception):
    """Nobody waits for an answer to this letter: an automatic reply, a list, ourselves; the sentence says which."""


def read(raw: bytes, now: datetime, ours: Collection[str]) -> Heard:
    """What a guest wrote, from their letter; `ours` are the house's own addresses. Raises `NotAPerson`."""
    message = _parsed(raw)
    name, sender = parseaddr(_header(message, "From"))
    sender = _address(sender)
    _refuse_machines(message, sender, {address.lower() for address in ours})
    words, subject = _words(message), _header(message, "Subject")
    if subject and not _REPLY.match(subject):
        words = f"{subject}\n{words}"
    attached = any(part.get_content_disposition() == "attachment" for part in message.walk())
    return Heard(
        channel="mail", external_id=_number(message, raw), sender=sender, at=now, name=_plain(name)[:120],
        words=_plain(words).strip()[:LONGEST], kind="text" if words.strip() or not attached else "document",
    )  # fmt: skip


def _parsed(raw: bytes) -> EmailMessage:
    message = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(message, EmailMessage)  # noqa: S101  # the policy makes these
    return message


def _header(message: EmailMessage, name: str) -> str:
    """A header's text on one line; one that cannot be read is as if it were not there."""
    try:
        return _plain(" ".join(str(message.get(name, "")).split()))
    except (ValueError, LookupError, IndexError, AttributeError):
        return ""


def _address(given: str) -> str:
    try:
        Address(addr_spec=given)
    except (ValueError, IndexError):
        raise NotAPerson("it has no sender") from None
    if "@" not in given or len(given) > 150:
        raise NotAPerson("it has no sender")
    return given.lower()


def _refuse_machines(message: EmailMessage, sender: str, ours: Collection[str]) -> None:
    """RFC 3834: what was sent automatically is never answered; nor are lists, bounces and what we sent ourselves."""
    if sender in ours:
        raise NotAPerson("we wrote it")
    if _header(message, "Auto-Submitted").lower() not in ("", "no"):
        raise NotAPerson("it was sent automatically")
    if _header(message, "Precedence").lower() in ("bulk", "list", "junk", "auto_reply"):
        raise NotAPerson("it went to many")
    if any(message.get(name) for name in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond")):
        raise NotAPerson("it went to many")
    if _MACHINES.match(sender) or _header(message, "Return-Path") == "<>":
        raise NotAPerson("a machine wrote it")


def _words(message: EmailMessage) -> str:
    """What was written anew: without what is quoted below it, and without a signature."""
    text = _body(message)
    found = _QUOTED.search(text)
    return (text[: found.start()] if found and text[: found.start()].strip() else text).strip()


def _body(message: EmailMessage) -> str:
    try:
        part = message.get_body(("plain", "html"))
        content = str(part.get_content()) if part is not None else ""
        as_page = part is not None and part.get_content_subtype() == "html"
    except (LookupError, ValueError, AttributeError, AssertionError):  # broken MIME: whatever text there is
        content, as_page = _whatever(message), False
    return html.unescape(_TAGS.sub(" ", _BREAKS.sub("\n", content))) if as_page else content


def _whatever(message: EmailMessage) -> str:
    found = message.get_payload(decode=True)
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else ""


def _number(message: EmailMessage, raw: bytes) -> str:
    """The letter's own Message-ID; one without is known by its bytes."""
    given = _header(message, "Message-ID")
    return given if 0 < len(given) <= 250 else f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _plain(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
