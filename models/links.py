"""Secret links to a booking: derived whenever they are needed, never stored; found again by their SHA-256."""

import base64
import hashlib
import hmac
import re

from tortoise import fields
from tortoise.models import Model

from models.database import Run, read

_PLACE = r"(?:/|%2F)(?:b|partner)(?:/|%2F)"
_SECRET = re.compile(  # a mail program may break it, or wrap it into an address of its own; no run of letters is gone through twice
    rf"(?<!\S)(?>(\S*?)https?:)\S*?{_PLACE}(?:[\w-]{{43}}\S*|[\w-]{{8,42}}=?\n[>\s]*\S+|[\w-]{{8,}}\S*)", re.IGNORECASE
)


class Link(Model):
    """That such a link exists: its hash, the booking and what it is good for. Rotating deletes and writes a new one."""

    sha256 = fields.CharField(max_length=64, primary_key=True)
    booking_id = fields.BigIntField()
    purpose = fields.CharField(max_length=24)  # guest | partner:<lead>
    version = fields.IntField()

    class Meta:
        table = "link"
        indexes = (("booking_id", "purpose"),)


def token(secret: bytes, booking: int, purpose: str, version: int) -> str:
    """The link's secret part: 256 bits of HMAC-SHA256, URL-safe."""
    made = hmac.digest(secret, f"{booking}:{purpose}:{version}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


async def issue(run: Run, secret: bytes, booking: int, purpose: str, version: int = 1) -> None:
    """Make a booking's link valid; earlier versions of the same purpose end."""
    await run("DELETE FROM link WHERE booking_id = :booking AND purpose = :purpose", booking=booking, purpose=purpose)
    await run(
        "INSERT INTO link (sha256, booking_id, purpose, version) VALUES (:sha, :booking, :purpose, :version)",
        sha=_sha(token(secret, booking, purpose, version)), booking=booking, purpose=purpose, version=version,
    )  # fmt: skip


async def find(given: str, purpose: str) -> int | None:
    """The booking of a link as a person brought it, or None."""
    rows = await read(
        "SELECT booking_id FROM link WHERE sha256 = :sha AND purpose = :purpose", sha=_sha(given), purpose=purpose
    )
    return int(rows[0]["booking_id"]) if rows else None


def masked(words: str) -> str:
    """Words as others than the guest may read them: an address that opens a booking stands as [link]."""
    return _SECRET.sub(r"\1[link]", words)


def _sha(given: str) -> str:
    return hashlib.sha256(given.encode()).hexdigest()
