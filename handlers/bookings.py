"""Somebody's own bookings as plain facts: what a talk answers from when they ask about them.

| fact | what |
|---|---|
| id, reference, state | of the booking; `over`: nothing more will happen in it; `booked`: it is certain |
| story | as `models/story.py` tells it |
| starts | instant: when what is next of it begins, a pick-up before its departure |
| owes | money still to be paid, None when nothing is |
| papers | whether a ticket was issued |
| cancel | what of it may be cancelled and what that costs, `models/cancelling.Terms` each; `why_not`: "over" or "underway" |
| begun | whether its first way has begun |
| leg | of what is next of it: `from`, `vehicle`, `guest` and `starts`, and a `photo` of where it begins |
| lead | who drives that: name, phone, car, plate, a `photo`, and whether they `chat`; None where nobody is named |
| landings | the ways that begin at an airport and are not driven yet: `leg` by number, `starts` |
| phone | where the house answers day and night |
"""

from datetime import datetime, timedelta
from typing import Any

from models import cancelling, catalogs, ledger, story
from models.booking import OVER
from models.catalog import Catalog, Lead, Place
from models.database import Ask, read
from models.fields import instant, micros, unpacked
from models.money import Money
from models.price import Quote
from models.refusal import Refusal
from models.request import Request, as_instant, from_draft

MOST = 20
AFTERWARDS = timedelta(hours=3)  # in which it may still be under way: somebody waits for a driver
LATE = timedelta(hours=12)  # after the planned landing a delay may still be told
LATELY = timedelta(days=60)  # what was over before is for the desk to look up


async def bookings_of(recipient: int, now: datetime, ask: Ask = read) -> tuple[dict[str, Any], ...]:
    """The bookings that this recipient made, what comes next first, then what is over, newest first."""
    rows = await ask(
        "SELECT * FROM booking WHERE recipient_id = :recipient AND starts > :since ORDER BY starts DESC LIMIT :most",
        recipient=recipient, since=micros(now - LATELY), most=MOST,
    )  # fmt: skip
    told = [await _facts(row, now, ask) for row in rows if row["state"] not in ("expired", "rejected")]
    return (*(each for each in reversed(told) if not each["over"]), *(each for each in told if each["over"]))


async def _facts(row: dict[str, Any], now: datetime, ask: Ask) -> dict[str, Any]:
    booking, catalog = int(row["id"]), await catalogs.version(int(row["catalog_version"]))
    request, told = from_draft(unpacked(row["request"]), catalog), await story.of_booking(booking, ask)
    legs = await ask("SELECT starts, ends FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    over = row["state"] in OVER or all(instant(leg["ends"]) < now - AFTERWARDS for leg in legs)
    due = told["payment"]["due"]
    return {
        "id": booking, "reference": row["reference"], "state": row["state"], "story": told, "over": over,
        "booked": row["state"] in ("confirmed", "in_service"), "phone": catalog.brand.emergency_phone,
        "starts": as_instant(_next(request, now), catalog.brand.zone), "owes": due if due["minor"] and not over else None,
        "papers": bool(await ask("SELECT 1 AS one FROM document WHERE booking_id = :booking", booking=booking)),
        "begun": request.starts <= now, **_driver(told, request, catalog, now),
        "landings": _landings(told, request, now),
        **await _cancelling(row, request, catalog, now, ask),
    }  # fmt: skip


def _driver(told: story.Story, request: Request, catalog: Catalog, now: datetime) -> dict[str, Any]:
    """What is next of a booking, and who drives it."""
    number = next((n for n, leg in enumerate(request.legs) if leg.ends > now), 0)
    leg = told["legs"][number]
    lead = catalog.leads.get(leg["lead"]["key"]) if leg["lead"] else None
    known = {
        "from": leg["from"],
        "vehicle": told["vehicle"],
        "guest": told["guest"],
        "starts": leg["pickup_at"] or leg["starts"],
        "photo": _photo(catalog.places.get(request.legs[number].origin.place or "")),
    }
    if lead is None:
        return {"leg": known, "lead": None}
    car = dict(lead.car) if lead.car else None
    who = {"name": lead.name, "phone": lead.phone, "car": car, "plate": lead.plate, "chat": bool(lead.whatsapp)}
    who["photo"] = _photo(lead)
    return {"leg": known, "lead": who}


def _photo(of: Lead | Place | None) -> dict[str, Any] | None:
    return of.photo.as_fact() if of and of.photo else None


def _landings(told: story.Story, request: Request, now: datetime) -> list[dict[str, Any]]:
    """What of it begins with a landing, and may still be moved."""
    done = ("on_board", "dropped_off")
    legs = enumerate(zip(told["legs"], request.legs, strict=True))
    return [
        {"leg": number, "starts": leg["starts"]}
        for number, (leg, wanted) in legs
        if leg["from"]["kind"] == "airport" and wanted.starts > now - LATE and leg["dispatch"] not in done
    ]


def _next(request: Request, now: datetime) -> datetime:
    """When the next way begins; of what is over, the first."""
    starts = [leg.pickup_at or leg.starts for leg in request.legs]
    return next((each for each, leg in zip(starts, request.legs, strict=True) if leg.ends > now), starts[0])


async def _cancelling(
    row: dict[str, Any], request: Request, catalog: Catalog, now: datetime, ask: Ask
) -> dict[str, Any]:
    paid, back = await ledger.sums(ask, int(row["id"]))
    quote, kept = Quote.from_fact(unpacked(row["quote"])), Money(paid - back, row["currency"])
    found, why = [], None
    for what in cancelling.choices(request, quote):
        try:
            cancelling.refuse(row["state"], request, what, now)
        except Refusal as refusal:
            why = why or refusal.key
            continue
        terms = cancelling.terms(row["state"], request, quote, catalog, kept, what, now)
        found.append(
            terms.as_fact(catalog.brand.zone)
            | {"starts": as_instant(cancelling.start_of(request, what), catalog.brand.zone)}
        )
    return {"cancel": found, "why_not": None if found else why}
