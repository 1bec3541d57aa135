"""Letters that reached us, as they came; and the numbers of our own, which nobody else can make up."""

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.database import Rows, Run, read
from models.fields import Instant, micros

HELD_BACK = ("waiting", "unproven")  # until people have looked at it
_OURS = re.compile(r"<delivery-(\d{1,18})\.([a-z2-7]{16})@[^<>\s]+>")


class Letter(Model):
    """A letter, kept whole before anybody reads it. `became` says what came of it, None while nothing has.

    `became`: heard | bounce | aside (nobody waits for an answer) | unread (given to the desk) | waiting (too many strangers wrote)
    | unproven (its sender is forged). `why`: in words, where it is not heard.
    """

    id = fields.BigIntField(primary_key=True)
    sha256 = fields.CharField(max_length=64)
    sender = fields.TextField(default="")
    subject = fields.TextField(default="")
    content = fields.BinaryField()
    became = fields.CharField(max_length=8, null=True)
    why = fields.TextField(null=True)
    received = Instant()

    class Meta:
        table = "letter"


async def keep(run: Run, raw: bytes, now: datetime) -> tuple[int, bool]:
    """Keep a letter; gives its number here and whether it has had its effect before. The same bytes are the same letter."""
    sha = hashlib.sha256(raw).hexdigest()
    await run(
        "INSERT INTO letter (sha256, sender, subject, content, received) VALUES (:sha, '', '', :content, :now) "
        "ON CONFLICT (sha256) DO NOTHING",
        sha=sha, content=raw, now=micros(now),
    )  # fmt: skip
    rows = await run("SELECT id, became FROM letter WHERE sha256 = :sha", sha=sha)
    return int(rows[0]["id"]), rows[0]["became"] is not None


async def became(run: Run, letter: int, what: str, why: str, *, sender: str, subject: str) -> None:
    """Note what came of a letter, and what could be read of its head."""
    await run(
        "UPDATE letter SET became = :what, why = :why, sender = :sender, subject = :subject WHERE id = :letter",
        what=what, why=why or None, sender=sender, subject=subject, letter=letter,
    )  # fmt: skip


async def set_aside(run: Run, letter: int, why: str) -> None:
    """Nobody is answered who wrote a letter that was held back."""
    await run(
        "UPDATE letter SET became = 'aside', why = :why WHERE id = :letter AND became IN ('waiting', 'unproven')",
        why=why, letter=letter,
    )  # fmt: skip


async def content(letter: int) -> bytes | None:
    """A letter as it came; None when there is none with this number."""
    rows = await read("SELECT content FROM letter WHERE id = :id", id=letter)
    return bytes(rows[0]["content"]) if rows else None


async def waiting() -> Rows:
    """The newest letters that people must look at before anybody is answered."""
    return await read(
        "SELECT id, sender, subject, became, why, received FROM letter WHERE became = 'waiting' ORDER BY id DESC LIMIT 50"
    )


def number(secret: bytes, delivery: int, domain: str) -> str:
    """The Message-ID under which a delivery leaves, however often it is tried. Whoever names it has seen the letter."""
    return f"<delivery-{delivery}.{_seal(secret, delivery)}@{domain}>"


def delivery_of(secret: bytes, given: str | None) -> int | None:
    """The delivery that a Message-ID of ours names; None for one that is not ours or was made up."""
    found = _OURS.fullmatch(given or "")
    if found is None or not hmac.compare_digest(found[2], _seal(secret, int(found[1]))):
        return None
    return int(found[1])


def stop_token(secret: bytes, delivery: int) -> str:
    """What ends the letters that nobody asked for, at one click in this one."""
    return f"{delivery}.{_seal(secret, delivery, 'stop')}"


def stopped_by(secret: bytes, given: str) -> int | None:
    """The delivery of such a token; None for one that was made up."""
    number, _, seal = given.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return int(number) if hmac.compare_digest(seal.encode(), _seal(secret, int(number), "stop").encode()) else None


def _seal(secret: bytes, delivery: int, purpose: str = "letter") -> str:
    made = hmac.digest(secret, f"{purpose}:{delivery}".encode(), "sha256")[:10]
    return base64.b32encode(made).decode().lower()


def named(given: Any) -> list[str]:
    """Every Message-ID in a header or text that looks like one of ours, in its order."""
    return [found[0] for found in _OURS.finditer(str(given))]
