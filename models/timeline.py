"""The timeline: everything that happened to a booking, who, by which door, in words a new colleague understands.

Each entry's hash covers the one before it. Personal values stand apart, covered only by their salted hash, so that
erasing them leaves the chain whole.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.booking import one_at_a_time
from models.database import Run, read
from models.fields import Instant, Json, micros, packed, unpacked


class Entry(Model):
    """One thing that happened. `kind` names its sentence, `facts` fill it, `personal` are facts about a person."""

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="entries", on_delete=fields.RESTRICT
    )
    position = fields.IntField()
    at = Instant()
    actor_kind = fields.CharField(max_length=8)  # guest | staff | lead | system | provider
    door = fields.CharField(max_length=16)
    kind = fields.CharField(max_length=32)
    facts = Json()
    personal_sha256 = fields.CharField(max_length=64)
    before = fields.CharField(max_length=64)
    sha256 = fields.CharField(max_length=64)

    class Meta:
        table = "entry"


class Personal(Model):
    """The personal values of an entry (actor's name among them), which may be erased."""

    entry: fields.OneToOneRelation[Entry] = fields.OneToOneField(
        "models.Entry", primary_key=True, related_name="personal", on_delete=fields.RESTRICT
    )
    salt = fields.CharField(max_length=32)
    facts = Json()

    class Meta:
        table = "personal"


async def record(
    run: Run, booking: int, kind: str, *, actor: str, actor_kind: str, door: str, now: datetime,
    facts: dict[str, Any] | None = None, personal: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write what happened, chained to the entry before it."""
    await one_at_a_time(run, booking)  # the next entry's place in the chain is read before it is written
    last = await run(
        "SELECT position, sha256 FROM entry WHERE booking_id = :booking ORDER BY position DESC LIMIT 1", booking=booking
    )
    position, before = (int(last[0]["position"]) + 1, str(last[0]["sha256"])) if last else (1, "")
    salt, private = secrets.token_hex(16), packed({"actor": actor, **(personal or {})})
    public = {
        "booking": booking, "position": position, "at": micros(now), "actor_kind": actor_kind, "door": door,
        "kind": kind, "facts": packed(facts or {}), "personal": _sha(salt + private),
    }  # fmt: skip
    row = await run(
        "INSERT INTO entry (booking_id, position, at, actor_kind, door, kind, facts, personal_sha256, before, sha256) "
        "VALUES (:booking, :position, :at, :actor_kind, :door, :kind, :facts, :personal, :before, :sha) RETURNING id",
        **public, before=before, sha=_chained(before, public),
    )  # fmt: skip
    await run(
        "INSERT INTO personal (entry_id, salt, facts) VALUES (:entry, :salt, :facts)",
        entry=row[0]["id"], salt=salt, facts=private,
    )  # fmt: skip


async def timeline(booking: int) -> list[dict[str, Any]]:
    """A booking's entries, oldest first, personal values filled in where they are still kept."""
    rows = await read(
        "SELECT e.*, p.facts AS private FROM entry e LEFT JOIN personal p ON p.entry_id = e.id "
        "WHERE e.booking_id = :booking ORDER BY e.position",
        booking=booking,
    )
    return [
        {**row, "facts": unpacked(row["facts"]), "personal": unpacked(row["private"]) if row["private"] else {}}
        for row in rows
    ]


# What happened → where the booking stands since: reading a timeline rebuilds the state.
LEADS_TO = {
    "requested": "requested",
    "held": "on_hold",
    "waitlisted": "waitlisted",
    "offered": "on_hold",
    "list_left": "cancelled",
    "list_ended": "expired",
    "confirmed": "confirmed",
    "hold_ended": "expired",
    "paid_too_late": "expired",
    "cancelled": "cancelled",
}


def rebuilt(entries: list[dict[str, Any]]) -> str | None:
    """The state of a booking as its timeline tells it."""
    states = [LEADS_TO[entry["kind"]] for entry in entries if entry["kind"] in LEADS_TO]
    return states[-1] if states else None


async def whole(booking: int) -> bool:
    """Whether the chain of a booking's entries is as it was written."""
    before = ""
    for row in await read("SELECT * FROM entry WHERE booking_id = :booking ORDER BY position", booking=booking):
        public = {
            "booking": booking, "position": row["position"], "at": row["at"], "actor_kind": row["actor_kind"],
            "door": row["door"], "kind": row["kind"], "facts": row["facts"], "personal": row["personal_sha256"],
        }  # fmt: skip
        if row["before"] != before or row["sha256"] != _chained(before, public):
            return False
        before = row["sha256"]
    return True


def _chained(before: str, public: dict[str, Any]) -> str:
    return _sha(before + packed(public))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
