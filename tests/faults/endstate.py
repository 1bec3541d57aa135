"""What a house has come to, without what is nobody's concern: our own row numbers, when something arrived, codes drawn by lot."""

import hashlib
import re
from collections import Counter
from itertools import zip_longest
from typing import Any

from models import timeline
from models.database import read
from models.fields import packed

State = dict[str, list[str]]

BOOKED = "JOIN booking b ON b.id = x.booking_id"
WHO = "r.channel || ':' || r.address AS who"
TABLES = {
    "messages": f"SELECT {WHO}, x.external_id, x.words, x.state FROM inbound x JOIN recipient r ON r.id = x.recipient_id",
    "events": "SELECT provider, external_id, kind, body, state, CASE WHEN state = 'done' THEN NULL ELSE error END AS error FROM event",
    "people": f"SELECT {WHO}, r.name, r.language FROM recipient r",
    "talks": f"SELECT {WHO}, x.version, x.state, x.silent, b.reference FROM talk x JOIN recipient r ON r.id = x.recipient_id "
    "LEFT JOIN booking b ON b.id = x.booking_id",
    "bookings": f"SELECT {WHO}, b.reference, b.state, b.currency, b.total, b.due_now, b.request, b.quote, b.channel, b.language, "
    "b.hold_until IS NULL AS certain, b.starts, b.link_version, g.name, g.phone, g.email FROM booking b "
    "JOIN guest g ON g.id = b.guest_id LEFT JOIN recipient r ON r.id = b.recipient_id",
    "legs": f"SELECT b.reference, x.position, x.starts, x.ends, x.dispatch, x.lead FROM leg x {BOOKED}",
    "lines": f"SELECT b.reference, x.position, x.label, x.detail, x.quantity, x.unit, x.amount FROM line x {BOOKED}",
    "claims": "SELECT b.reference, x.resource, x.starts, x.ends, x.quantity, x.lapses IS NULL AS certain FROM claim x "
    "LEFT JOIN leg l ON l.id = x.leg_id LEFT JOIN booking b ON b.id = l.booking_id",
    "resources": "SELECT key, units, longest FROM resource",
    "payments": "SELECT b.reference, x.kind, x.provider, x.provider_id, x.amount, x.currency, x.method, x.apart "
    f"FROM payment x {BOOKED}",
    "checkouts": "SELECT session, state, amount, currency FROM checkout",
    "documents": f"SELECT b.reference, x.kind, x.version, x.language, x.facts FROM document x {BOOKED}",
    "numbers": "SELECT name, given FROM counter",
    "timelines": "SELECT b.reference, x.kind, x.actor_kind, x.door, x.facts, p.facts AS personal FROM entry x "
    f"JOIN personal p ON p.entry_id = x.id {BOOKED}",
    "threads": f"SELECT b.reference, x.partner, x.state, x.awaiting FROM thread x {BOOKED}",
    "said": "SELECT b.reference, t.partner, x.author, x.name, x.door, x.text FROM message x JOIN thread t ON t.id = x.thread_id "
    "JOIN booking b ON b.id = t.booking_id",
    "dues": f"SELECT b.reference, x.kind FROM due x {BOOKED}",
}
DELIVERIES = (
    f"SELECT x.id, {WHO}, x.kind, x.language, x.payload, x.state, x.provider_id, x.error, x.delivered IS NULL AS undelivered, "
    "x.read IS NULL AS unread, b.reference, EXISTS (SELECT 1 FROM talk t WHERE t.recipient_id = r.id) AS talks "
    "FROM delivery x JOIN recipient r ON r.id = x.recipient_id LEFT JOIN booking b ON b.id = x.booking_id ORDER BY x.id"
)
LEFT = ("sent", "delivered", "read")
GIVEN = "SMgiven"  # begins Twilio's ids of deliveries that a trial was given: what became of them is told by the trial alone
_TODAY = re.compile(r"2026-11-21T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")  # the moments of the trial itself
_NUMBERED = re.compile(r'(\\*"(?:talk|edits)\\*":)(?:\d+|\\*"\d+\\*")')
# How often it was tried before it left, on a machine that is busy.
_TRIED = re.compile(r',\\*"(?:busy|mistakes)\\*":\d+')
_INVOICE = re.compile(r"\bCA\d{8}\b")


async def end_state() -> State:
    """Every table as sorted lines of JSON. Who talks has their messages in order; notices to anybody else come as they come."""
    codes = {row["reference"]: f"<{row['who']} {row['starts']}>" for row in await read(
        "SELECT b.reference, g.name AS who, b.starts FROM booking b JOIN guest g ON g.id = b.guest_id"
    )}  # fmt: skip
    found = {name: [_line(row, codes) for row in await read(sql)] for name, sql in TABLES.items()}
    found["deliveries"] = [_line(row, codes) for row in _outcomes(await read(DELIVERIES))]
    found["broken timelines"] = [
        codes[row["reference"]]
        for row in await read("SELECT id, reference FROM booking")
        if not await timeline.whole(int(row["id"]))
    ]
    return {name: sorted(lines) for name, lines in found.items()}


def _outcomes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whatever the courier carried has left; of what the trial was given, all that is known."""
    places = Counter[str]()
    told = []
    for row in rows:
        known = {name: row[name] for name in ("who", "kind", "language", "reference", "state", "error")}
        if str(row["provider_id"]).startswith(GIVEN):
            known |= {name: row[name] for name in ("provider_id", "undelivered", "unread")}
        elif row["state"] in LEFT:
            known["state"] = "left"
        if row["talks"]:
            places[row["who"]] += 1
            known["place"] = places[row["who"]]
        told.append(known | {"payload": row["payload"]})
    return told


def _line(row: dict[str, Any], codes: dict[str, str]) -> str:
    text = re.sub(r"\bCA-[2-9A-Z]{5}\b", lambda found: codes[found[0]], packed(row))
    return _INVOICE.sub("<number>", _NUMBERED.sub(r"\1 0", _TODAY.sub("<today>", _TRIED.sub("", text))))


def hash_of(state: State) -> str:
    """One word for all of it."""
    return hashlib.sha256(packed(state).encode()).hexdigest()[:16]


def differences(usual: State, other: State) -> list[str]:
    """What is in one and not in the other, by table."""
    found = []
    for name in usual | other:
        before, after = Counter(usual.get(name, ())), Counter(other.get(name, ()))
        gone, come = sorted((before - after).elements()), sorted((after - before).elements())
        found += [f"{name}: {_beside(was, became)}" for was, became in zip_longest(gone, come, fillvalue="")]
    return found


def _beside(was: str, became: str) -> str:
    """A line, and where it is another."""
    same = next((at for at, (one, other) in enumerate(zip(was, became, strict=False)) if one != other), 0)
    at = max(0, same - 40)
    return f"{(became or was)[:400]} … was {was[at : at + 200]!r}, is {became[at : at + 200]!r}"
