"""Letters that reached us, as they came; and the numbers of our own, which nobody else can make up."""

import asyncio
import base64
import hmac
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.database import Rows, Run, read
from models.fields import Instant, micros

PIECE = 256 * 1024  # bytes of a letter that one commit takes: everybody else's commits wait for no more
AT_ONCE = 4  # pieces that are deleted by one
COMING = "coming"
LET = "let"
HELD_BACK = ("waiting", "unproven", LET)  # until people have looked at it, and what they decided is done
WAITS = f"became IN {HELD_BACK}"  # the same in SQL
_OURS = re.compile(r"<delivery-(\d{1,18})\.([a-z2-7]{16})@[^<>\s]+>")


class Letter(Model):
    """A letter, kept whole before anybody reads it. `became` says what came of it, None while nothing has.

    `became`: heard | bounce | aside (nobody waits for an answer) | unread (given to the desk) | waiting (too many strangers wrote)
    | unproven (its sender is forged) | let (staff let it be answered, and it is not yet)
    | coming (its pieces are still being kept). `why`: in words, where it is not heard.
    `content` is its beginning, all of it where it is no longer than a piece.
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


class Piece(Model):
    """What a letter has behind its beginning, in pieces, `position` from 1 on."""

    id = fields.BigIntField(primary_key=True)
    letter: fields.ForeignKeyRelation[Letter] = fields.ForeignKeyField(
        "models.Letter", related_name="pieces", on_delete=fields.RESTRICT
    )
    position = fields.IntField()
    content = fields.BinaryField()

    class Meta:
        table = "letter_piece"


async def begin(run: Run, sha256: str, beginning: bytes, now: datetime, *, whole: bool) -> tuple[int, str | None]:
    """Keep a letter's beginning; gives its number here and what became of it. The same bytes are the same letter.

    One that is not `whole` by this is `coming` until `end`; one that was begun and not ended is begun anew.
    """
    await run(
        "INSERT INTO letter (sha256, sender, subject, content, became, received) VALUES (:sha, '', '', :content, :became, "
        ":now) ON CONFLICT (sha256) DO UPDATE SET content = excluded.content, received = excluded.received "
        "WHERE letter.became = 'coming'",
        sha=sha256, content=beginning, became=None if whole else COMING, now=micros(now),
    )  # fmt: skip
    rows = await run("SELECT id, became FROM letter WHERE sha256 = :sha", sha=sha256)
    return int(rows[0]["id"]), rows[0]["became"]


async def go_on(run: Run, letter: int, position: int, piece: bytes) -> None:
    """Keep one more piece, in place of the one that an earlier try may have left there."""
    await run(
        "INSERT INTO letter_piece (letter_id, position, content) VALUES (:letter, :position, :piece) "
        "ON CONFLICT (letter_id, position) DO UPDATE SET content = excluded.content",
        letter=letter, position=position, piece=piece,
    )  # fmt: skip


async def end(run: Run, letter: int, pieces: int) -> str | None:
    """Its pieces are all kept; gives what became of it meanwhile, None while nothing has."""
    await run("DELETE FROM letter_piece WHERE letter_id = :letter AND position > :last", letter=letter, last=pieces)
    await run("UPDATE letter SET became = NULL WHERE id = :letter AND became = 'coming'", letter=letter)
    rows = await run("SELECT became FROM letter WHERE id = :letter", letter=letter)
    became: str | None = rows[0]["became"]
    return became


async def take_away_unfinished(run: Run, before: datetime) -> bool:
    """Take away some of a letter that was begun before that moment and never ended; whether there was any."""
    lock = " FOR UPDATE SKIP LOCKED" if run.locks_rows else ""
    rows = await run(
        f"SELECT id FROM letter WHERE became = 'coming' AND received <= :before ORDER BY id LIMIT 1{lock}",  # noqa: S608  # constants
        before=micros(before),
    )
    if not rows:
        return False
    gone = await run(
        "DELETE FROM letter_piece WHERE id IN (SELECT id FROM letter_piece WHERE letter_id = :letter LIMIT :most) RETURNING id",
        letter=rows[0]["id"], most=AT_ONCE,
    )  # fmt: skip
    if not gone:
        await run("DELETE FROM letter WHERE id = :letter", letter=rows[0]["id"])
    return True


async def became(run: Run, letter: int, what: str, why: str, *, sender: str, subject: str) -> None:
    """Note what came of a letter, and what could be read of its head, unless something came of it before."""
    await run(
        "UPDATE letter SET became = :what, why = :why, sender = :sender, subject = :subject "
        "WHERE id = :letter AND (became IS NULL OR became = 'let')",
        what=what, why=why or None, sender=sender, subject=subject, letter=letter,
    )  # fmt: skip


async def let(run: Run, letter: int, why: str) -> bool:
    """Staff let a letter that was held back be answered: nobody sets it aside from now on. False when it is held back no more.

    It may be let again while it is not answered yet, by whoever finds it so: the answer leaves once.
    """
    return bool(
        await run(
            f"UPDATE letter SET became = 'let', why = :why WHERE id = :letter AND {WAITS} "  # noqa: S608
            "RETURNING id",
            why=why, letter=letter,
        )
    )  # fmt: skip


async def set_aside(run: Run, letter: int, why: str) -> None:
    """Nobody is answered who wrote a letter that was held back."""
    await run(
        "UPDATE letter SET became = 'aside', why = :why WHERE id = :letter AND became IN ('waiting', 'unproven')",
        why=why, letter=letter,
    )  # fmt: skip


async def content(letter: int) -> bytes | None:
    """A letter as it came; None when there is none with this number."""
    pieces = [piece async for piece in _pieces(letter)]
    return b"".join(pieces) if pieces else None


async def _pieces(letter: int) -> AsyncIterator[bytes]:
    rows, position = await read("SELECT content FROM letter WHERE id = :id", id=letter), 0
    while rows:
        yield bytes(rows[0]["content"])
        position += 1
        await asyncio.sleep(0)  # others have their turn
        rows = await read(
            "SELECT content FROM letter_piece WHERE letter_id = :id AND position = :position",
            id=letter, position=position,
        )  # fmt: skip


async def waiting() -> Rows:
    """The oldest letters that people must look at before anybody is answered."""
    return await read(
        f"SELECT id, sender, subject, became, why, received FROM letter WHERE {WAITS} "  # noqa: S608
        "ORDER BY id LIMIT 50"
    )


async def newest() -> Rows:
    """The newest letters, without their bytes."""
    return await read(
        "SELECT id, sender, subject, became, why, received FROM letter WHERE became IS NULL OR became <> 'coming' "
        "ORDER BY id DESC LIMIT 100"
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
