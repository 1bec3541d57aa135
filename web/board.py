"""What the board shows: every booking that matters now, by time; who waits for us; what just happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models import catalogs, ledger
from models.booking import OVER, standing
from models.catalog import Catalog
from models.database import Rows, read
from models.fields import instant, micros, unpacked
from models.ledger import payment_state
from models.price import Quote
from models.request import as_instant, from_draft
from models.story import Story, told
from models.threads import awaited

GROUPS = ("road", "next", "later", "coming", "done")
SOON = timedelta(hours=3)
MOST = 200  # rows of one board; a search finds the rest
HOURS = range(6, 22)  # of the fleet strip, by the brand's clock


@dataclass(frozen=True, slots=True)
class Row:
    """One booking on the board. `starts` is the pick-up, where there is one; house, partner or guest is `awaiting`ed `since`."""

    id: int
    reference: str
    state: str
    story: Story
    starts: datetime
    ends: datetime
    dispatch: str
    lead: str | None
    payment: str
    group: str
    awaiting: str | None
    since: datetime | None
    guest_wrote: datetime | None  # and we have not answered
    hold_until: datetime | None
    changed: datetime

    @property
    def turn(self) -> bool:
        """Whether it waits for us."""
        return self.awaiting == "house" or self.unassigned

    @property
    def unassigned(self) -> bool:
        """Certain, still to come, and nobody performs it."""
        return self.state == "confirmed" and self.dispatch == "unassigned" and self.group != "done"


@dataclass(frozen=True, slots=True)
class Board:
    """The whole of it at one moment."""

    now: datetime
    shown: list[tuple[str, list[Row]]]
    needs: list[dict[str, Any]]
    happened: list[dict[str, Any]]
    counts: Mapping[str, Any]
    fleet: list[dict[str, Any]] = field(default_factory=list)


async def board(now: datetime, *, search: str = "", only: str = "") -> Board:
    """The board at `now` (aware). `search` looks for code, name or phone among all bookings; `only` names a counter."""
    _, catalog = await catalogs.on_sale()
    zone = catalog.brand.zone
    day = _midnight(now, zone)
    rows = await _rows("live", now, day)
    guests = await waiting_guests()
    rows = [
        row
        for row in rows
        if row.group != "done" or (day <= max(row.starts, row.changed) and row.starts < day + timedelta(days=1))
    ]
    needs = await _needs(rows, guests, zone)
    found = await _rows("search", now, day, search) if search else rows
    counts = await _counts(rows, needs, now, day, zone)
    shown = [row for row in found if _wanted(row, only, day, counts)]
    groups = [(group, [row for row in shown if row.group == group]) for group in GROUPS]
    return Board(
        now, [(group, members) for group, members in groups if members], needs, await happened(),
        counts, await fleet(catalog, now, day),
    )  # fmt: skip


def _midnight(now: datetime, zone: str) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


# --- rows ---

_LIVE = (  # three short looks: with OR, or joined, the database would read every booking there ever was
    "b.id IN (SELECT id FROM booking WHERE starts >= :day UNION SELECT id FROM booking WHERE state = 'in_service' "
    "UNION SELECT booking_id FROM thread WHERE awaiting = 'house' AND state = 'open')"
)
_FOUND = (
    "(lower(b.reference) LIKE :like ESCAPE '!' OR lower(g.name) LIKE :like ESCAPE '!' "
    "OR (:digits <> '' AND g.phone LIKE :phone))"
)
_WHICH = {"live": (_LIVE, "b.starts"), "search": (_FOUND, "b.starts DESC")}


async def _rows(which: str, now: datetime, day: datetime, search: str = "") -> list[Row]:
    where, order = _WHICH[which]
    chosen = f"SELECT b.id FROM booking b JOIN guest g ON g.id = b.guest_id WHERE {where} ORDER BY {order} LIMIT {MOST}"  # noqa: S608
    values = {"day": micros(day)} if which == "live" else _asked(search)
    bookings = await read(
        "SELECT b.*, (SELECT COALESCE(SUM(CASE WHEN p.amount > 0 THEN p.amount ELSE 0 END), 0) FROM payment p "  # noqa: S608  # constants
        "WHERE p.booking_id = b.id AND p.apart IS NULL) AS paid, "
        "(SELECT COALESCE(SUM(CASE WHEN p.amount < 0 THEN -p.amount ELSE 0 END), 0) FROM payment p "
        f"WHERE p.booking_id = b.id AND p.apart IS NULL) AS refunded FROM booking b WHERE b.id IN ({chosen}) ORDER BY b.starts, b.id",
        **values,
    )
    legs = _by_booking(await read(f"SELECT * FROM leg WHERE booking_id IN ({chosen}) ORDER BY position", **values))  # noqa: S608
    threads = _by_booking(await read(
        f"SELECT * FROM thread WHERE state = 'open' AND awaiting <> 'nobody' AND booking_id IN ({chosen}) ORDER BY since",  # noqa: S608
        **values,
    ))  # fmt: skip
    spoken = {row["booking_id"]: row for row in await read(_SPOKEN.format(chosen=chosen), **values)}
    rows = [
        await _row(each, legs.get(each["id"], []), threads.get(each["id"], []), spoken.get(each["id"]), now, day)
        for each in bookings
    ]
    return sorted(rows, key=lambda row: (row.starts, row.id))


_SPOKEN = (
    "SELECT booking_id, MAX(CASE WHEN kind = 'guest_wrote' THEN at END) AS guest, "
    "MAX(CASE WHEN kind IN ('staff_wrote', 'handed_back') THEN at END) AS staff FROM entry "
    "WHERE kind IN ('guest_wrote', 'staff_wrote', 'handed_back') AND booking_id IN ({chosen}) GROUP BY booking_id"
)


def _asked(search: str) -> dict[str, str]:
    plain = search.strip().lower()
    for special in "!%_":
        plain = plain.replace(special, "!" + special)
    digits = "".join(filter(str.isdigit, search))
    return {"like": f"%{plain}%", "digits": digits if len(digits) > 3 else "", "phone": f"%{digits}%"}


def _by_booking(rows: Rows) -> dict[int, Rows]:
    found: dict[int, Rows] = {}
    for row in rows:
        found.setdefault(row["booking_id"], []).append(row)
    return found


async def _row(
    booking: dict[str, Any], legs: Rows, threads: Rows, spoken: dict[str, Any] | None, now: datetime, day: datetime
) -> Row:
    leg = next((leg for leg in legs if instant(leg["ends"]) > now), legs[-1])
    story, ends = await _story(booking), instant(leg["ends"])
    pickup = story["legs"][legs.index(leg)]["pickup_at"]
    starts = datetime.fromisoformat(pickup["utc"]) if pickup else instant(leg["starts"])
    until = instant(booking["hold_until"]) if booking["hold_until"] and booking["state"] == "on_hold" else None
    wrote = (
        instant(spoken["guest"]) if spoken and spoken["guest"] and spoken["guest"] > (spoken["staff"] or 0) else None
    )
    awaiting, since = awaited(booking["state"], instant(booking["created"]), threads, wrote)
    stands = standing(booking["state"], leg["dispatch"], starts, ends, now)
    return Row(
        id=booking["id"], reference=booking["reference"], state=booking["state"], story=story,
        starts=starts, ends=ends, dispatch=leg["dispatch"], lead=leg["lead_name"],
        payment=payment_state(booking["total"], booking["due_now"], int(booking["paid"]), int(booking["refunded"])),
        group=_group(stands, starts, now, day), awaiting=awaiting, since=since,
        guest_wrote=wrote, hold_until=until, changed=instant(booking["changed"]),
    )  # fmt: skip


def _group(stands: str, starts: datetime, now: datetime, day: datetime) -> str:
    """Under which heading it is shown."""
    if stands != "ahead":
        return stands
    if starts <= now + SOON:
        return "next"
    return "later" if starts < day + timedelta(days=1) else "coming"


_stories: dict[tuple[str, int], Story] = {}


async def _story(booking: dict[str, Any]) -> Story:
    """What was booked, drawn from the frozen request; kept in memory as long as the booking does not change."""
    key = (booking["reference"], booking["changed"])
    if key not in _stories:
        if len(_stories) > 2000:
            _stories.clear()
        catalog = await catalogs.version(int(booking["catalog_version"]))
        source = {"channel": booking["channel"], "at": as_instant(instant(booking["created"]), catalog.brand.zone)}
        request = from_draft(unpacked(booking["request"]), catalog)
        quote = Quote.from_fact(unpacked(booking["quote"]))
        _stories[key] = told(request, quote, catalog, language=booking["language"], source=source)
    return _stories[key]


# --- what waits for us ---


async def waiting_guests() -> list[dict[str, Any]]:
    """Talks a person has, whose guest said something after our last answer: who, where, what, since when."""
    return [
        row
        for row in await talks("t.silent = :silent", silent=True)
        if row["heard"] and row["heard"] > (row["answered"] or 0)
    ]


async def talks(where: str, **values: Any) -> list[dict[str, Any]]:
    """Talks with who, where and what was said last; `where` is a condition on `t` and `r`, its values named."""
    return await read(
        "SELECT t.id, t.booking_id, t.silent, t.changed, t.state, r.id AS recipient_id, r.name, r.address, r.channel, "  # noqa: S608
        "r.last_heard, r.stopped, b.reference, (SELECT MAX(i.received) FROM inbound i WHERE i.recipient_id = r.id) AS heard, "
        "(SELECT i.words FROM inbound i WHERE i.recipient_id = r.id ORDER BY i.id DESC LIMIT 1) AS words, "
        "(SELECT MAX(d.created) FROM delivery d WHERE d.recipient_id = r.id AND d.kind = 'message_from_house') AS answered "
        "FROM talk t JOIN recipient r ON r.id = t.recipient_id LEFT JOIN booking b ON b.id = t.booking_id "
        f"WHERE {where} ORDER BY t.changed DESC LIMIT 100",
        **values,
    )


async def _needs(rows: list[Row], guests: list[dict[str, Any]], zone: str) -> list[dict[str, Any]]:
    """Everything that waits for us, longest first within its kind: what, where it is opened, since when."""
    return [
        *await _asking_partners(),
        *_asking_guests(rows, guests),
        *_without_lead(rows, zone),
        *await _to_give_back(),
        *await _not_sent(),
        *await _parked(),
        *await _parked_events(),
    ]


async def _asking_partners() -> list[dict[str, Any]]:
    asked = await read(
        "SELECT t.id, t.partner_name, t.since, b.reference, (SELECT m.text FROM message m WHERE m.thread_id = t.id "
        "AND m.author = 'partner' ORDER BY m.id DESC LIMIT 1) AS text FROM thread t JOIN booking b ON b.id = t.booking_id "
        "WHERE t.state = 'open' AND t.awaiting = 'house' ORDER BY t.since LIMIT 50"
    )
    return [
        {"kind": "partner", "who": row["partner_name"], "reference": row["reference"], "text": row["text"],
         "since": instant(row["since"]), "href": f"/desk/bookings/{row['reference']}?talk={row['id']}#text"}
        for row in asked
    ]  # fmt: skip


def _asking_guests(rows: list[Row], guests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    silent = [
        {"kind": "guest", "who": row["name"] or row["address"], "reference": row["reference"], "text": row["words"],
         "since": instant(row["heard"]), "href": _talk_page(row)}
        for row in guests
    ]  # fmt: skip
    known = {item["reference"] for item in silent}
    wrote = [
        {"kind": "guest", "who": row.story["guest"]["name"], "reference": row.reference, "text": None,
         "since": row.guest_wrote, "href": f"/desk/bookings/{row.reference}?talk=guest#text"}
        for row in rows
        if row.guest_wrote and row.reference not in known
    ]  # fmt: skip
    return silent + wrote


def _talk_page(row: Mapping[str, Any]) -> str:
    return f"/desk/bookings/{row['reference']}?talk=guest#text" if row["reference"] else f"/desk/talks/{row['id']}#text"


def _without_lead(rows: list[Row], zone: str) -> list[dict[str, Any]]:
    return [
        {"kind": "lead", "who": None, "reference": row.reference, "text": None, "since": None,
         "at": as_instant(row.starts, zone), "href": f"/desk/bookings/{row.reference}"}
        for row in rows
        if row.unassigned
    ]  # fmt: skip


async def _to_give_back() -> list[dict[str, Any]]:
    """Money that guests are owed since something was cancelled or changed; a payment returned ends it."""
    rows = await read(
        "SELECT b.reference, b.total, b.currency, b.changed, g.name, (SELECT COALESCE(SUM(p.amount), 0) FROM payment p "
        "WHERE p.booking_id = b.id AND p.apart IS NULL) AS paid FROM due d JOIN booking b ON b.id = d.booking_id "
        "JOIN guest g ON g.id = b.guest_id WHERE d.kind = 'refund' ORDER BY b.changed LIMIT 50"
    )
    return [
        {"kind": "refund", "who": row["name"], "reference": row["reference"], "text": None, "since": instant(row["changed"]),
         "amount": {"minor": int(row["paid"]) - row["total"], "currency": row["currency"]},
         "href": f"/desk/bookings/{row['reference']}#money"}
        for row in rows
        if row["paid"] > row["total"]
    ]  # fmt: skip


async def _not_sent() -> list[dict[str, Any]]:
    """What could not be sent, once per recipient, with how many there are; opened at the newest one's booking."""
    rows = await read(
        "SELECT d.id, d.created, r.id AS recipient, r.channel, r.name, r.address, b.reference, d.error FROM delivery d "
        "JOIN recipient r ON r.id = d.recipient_id LEFT JOIN booking b ON b.id = d.booking_id "
        "WHERE d.state IN ('failed', 'given_up') ORDER BY d.id DESC LIMIT 200"
    )
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row["recipient"], _unsent(row))["count"] += 1
    return list(found.values())


def _unsent(row: dict[str, Any]) -> dict[str, Any]:
    where = f"/desk/bookings/{row['reference']}#deliveries" if row["reference"] else "/desk/talks#unsent"
    return {
        "kind": "unsent", "who": row["name"] or row["address"], "reference": row["reference"], "text": row["error"],
        "channel": row["channel"], "since": instant(row["created"]), "href": where, "count": 0,
    }  # fmt: skip


async def _parked() -> list[dict[str, Any]]:
    rows = await read(
        "SELECT i.id, i.state, i.words, i.received, r.name, r.address FROM inbound i "
        "JOIN recipient r ON r.id = i.recipient_id WHERE i.state IN ('parked', 'asked') ORDER BY i.id LIMIT 20"
    )
    return [
        {"kind": row["state"], "who": row["name"] or row["address"], "reference": None, "text": row["words"],
         "since": instant(row["received"]), "href": "/desk/talks#parked"}
        for row in rows
    ]  # fmt: skip


async def _parked_events() -> list[dict[str, Any]]:
    rows = await read("SELECT provider, body, error, received FROM event WHERE state = 'parked' ORDER BY id LIMIT 20")
    return [
        {"kind": "event", "who": row["provider"].title(), "text": row["error"], "since": instant(row["received"]),
         "reference": _code(await ledger.booking_of(read, unpacked(row["body"]))), "href": "/desk/talks#events"}
        for row in rows
    ]  # fmt: skip


def _code(booking: dict[str, Any] | None) -> str | None:
    return booking["reference"] if booking else None


# --- counters, the fleet, what just happened ---


async def _counts(
    rows: list[Row], needs: list[dict[str, Any]], now: datetime, day: datetime, zone: str
) -> dict[str, Any]:
    tomorrow = day + timedelta(days=1)
    today = [row for row in rows if day <= row.starts < tomorrow and row.state not in OVER[1:]]
    holds = [row.hold_until for row in rows if row.hold_until is not None and row.hold_until > now]
    paid = await read(
        "SELECT booking_id, currency, amount FROM payment WHERE at >= :day AND apart IS NULL", day=micros(day)
    )
    sums: dict[str, int] = {}
    for row in paid:
        sums[row["currency"]] = sums.get(row["currency"], 0) + int(row["amount"])
    return {
        "today": len(today), "guests": sum(_heads(row) for row in today), "needs": len(needs),
        "road": sum(row.group == "road" for row in rows),
        **{f"awaiting_{whom}": sum(row.awaiting == whom for row in rows) for whom in ("house", "partner", "guest")},
        "holds": len(holds), "next_hold": as_instant(min(holds), zone) if holds else None,
        "paid": [{"minor": minor, "currency": currency} for currency, minor in sums.items()],
        "paid_bookings": {row["booking_id"] for row in paid},
    }  # fmt: skip


def _heads(row: Row) -> int:
    party = row.story["party"]
    return int(party["adults"] + len(party["children"]) + party["infants"])


def _wanted(row: Row, only: str, day: datetime, counts: Mapping[str, Any]) -> bool:
    match only:
        case "today":
            return day <= row.starts < day + timedelta(days=1) and row.state not in OVER[1:]
        case "needs":
            return row.turn
        case "road":
            return row.group == "road"
        case "awaiting":
            return row.awaiting is not None
        case "holds":
            return row.hold_until is not None
        case "paid":
            return row.id in counts["paid_bookings"]
    return True


async def happened() -> list[dict[str, Any]]:
    """The last entries of every timeline, newest first, personal values filled in where they are still kept."""
    rows = await read(
        "SELECT e.id, e.at, e.actor_kind, e.door, e.kind, e.facts, p.facts AS private, b.reference FROM entry e "
        "JOIN booking b ON b.id = e.booking_id LEFT JOIN personal p ON p.entry_id = e.id "
        "WHERE e.kind <> 'held' ORDER BY e.id DESC LIMIT 14"
    )
    return [
        {**row, "facts": unpacked(row["facts"]), "personal": unpacked(row["private"]) if row["private"] else {}}
        for row in rows
    ]


async def fleet(catalog: Catalog, now: datetime, day: datetime) -> list[dict[str, Any]]:
    """Each vehicle tier's day, hour by hour: how much of it is taken (0 to 4 quarters), whether by holds, and what is free now."""
    until = day + timedelta(days=1)
    claims = await read(  # none that overlaps began earlier than its resource's longest claim before
        "SELECT c.resource, c.starts, c.ends, c.quantity, c.lapses FROM resource r CROSS JOIN claim c "
        "WHERE r.key LIKE 'vehicle:%' AND c.resource = r.key AND c.starts > :day - r.longest AND c.starts < :until "
        "AND c.ends > :day AND (c.lapses IS NULL OR c.lapses > :now)",
        day=micros(day), until=micros(until), now=micros(now),
    )  # fmt: skip
    return [
        _tier(vehicle, [each for each in claims if each["resource"] == vehicle.resource], now, day)
        for vehicle in catalog.vehicles.values()
    ]


def _tier(vehicle: Any, claims: Rows, now: datetime, day: datetime) -> dict[str, Any]:
    cells = [_cell(vehicle.units, claims, day + timedelta(hours=hour), now) for hour in HOURS]
    full = next((cell["hour"] for cell in cells if cell["taken"] == 4 and cell["ends"] > now), None)
    return {
        "name": dict(vehicle.name), "icon": vehicle.icon, "units": vehicle.units, "cells": cells, "full_at": full,
        "free": max(0, vehicle.units - _load(claims, micros(now), micros(now) + 1)),
    }  # fmt: skip


def _cell(units: int, claims: Rows, starts: datetime, now: datetime) -> dict[str, Any]:
    ends = starts + timedelta(hours=1)
    load = _load(claims, micros(starts), micros(ends))
    sure = _load([each for each in claims if each["lapses"] is None], micros(starts), micros(ends))
    return {
        "hour": starts.strftime("%H:%M"), "ends": ends, "taken": min(4, -(-4 * load // max(units, 1))), "held": load > sure,
        "now": starts <= now < ends, "free": max(0, units - load),
    }  # fmt: skip


def _load(claims: Rows, starts: int, ends: int) -> int:
    """The most units taken at once between two moments."""
    near = [each for each in claims if each["starts"] < ends and each["ends"] > starts]
    moments = {starts, *(each["starts"] for each in near if each["starts"] > starts)}
    return max(sum(int(each["quantity"]) for each in near if each["starts"] <= at < each["ends"]) for at in moments)
