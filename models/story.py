"""A booking's story as plain values: what every recap, message, mail, page and document is drawn from."""

from typing import Any

from models import catalogs, ledger
from models.booking import HELD
from models.catalog import Catalog, Extra, Service
from models.database import Ask, read
from models.doors import name_of
from models.fields import instant, unpacked
from models.ledger import payment_state
from models.money import Money
from models.price import Quote, charged, free_until
from models.request import Request, as_instant, from_draft

Story = dict[str, Any]


def told(request: Request, quote: Quote | None, catalog: Catalog, *, language: str, source: dict[str, Any]) -> Story:
    """The story of a request that nobody has booked yet; without a quote it has no price."""
    service = catalog.services[request.service]
    performed = catalog.performed(service)
    vehicle = catalog.vehicles.get(request.vehicle or "")
    until = free_until(service.cancellation, request.starts)
    return {
        "reference": None, "state": "draft", "language": language,
        "service": {"kind": performed.kind, "key": service.key, "name": dict(service.name), "icon": service.icon,
                    "private": _private(request, performed, catalog), "package": performed is not service},
        "legs": [_leg(leg, catalog) for leg in request.legs],
        "guest": {"name": request.name, "phone": request.phone, "email": request.email, "language": language},
        "party": request.party.as_fact(),
        "vehicle": vehicle and {"key": vehicle.key, "name": dict(vehicle.name), "seats": vehicle.seats, "icon": vehicle.icon},
        "extras": _extras(request, catalog), "plan": request.plan,
        "occasion": request.occasion, "notes": request.notes, "asked": _asked(request, performed), **_price(quote),
        "hold_until": None, "free_until": until and as_instant(until, catalog.brand.zone), "source": source,
    }  # fmt: skip


def _private(request: Request, performed: Service, catalog: Catalog) -> bool:
    """Whether the whole of a departure is theirs, at one price for everyone."""
    departure = catalog.departure(performed.key, request.departure or "")
    return bool(departure and departure.private)


def _extras(request: Request, catalog: Catalog) -> list[dict[str, Any]]:
    """What lies in the package first, then what was bought."""
    packed = [_extra(catalog.extras[key], n, request) | {"included": True} for key, n in request.included.items()]
    return packed + [_extra(catalog.extras[key], count, request) for key, count in request.extras.items()]


def _extra(extra: Extra, count: int, request: Request) -> dict[str, Any]:
    """An extra as often as it is sold: for three people, three."""
    sold = charged(extra, count, request.party)
    return {
        "key": extra.key, "name": dict(extra.name), "quantity": sold, "occasion": extra.occasion, "included": False,
    }  # fmt: skip


def _asked(request: Request, service: Service) -> list[dict[str, str]]:
    """What the house asks before a tour: the notes are the answer to it, in the guest's own words."""
    questions = service.tour.questions if service.tour and request.notes else ()
    return [dict(question.text) for question in questions if question.required]


def _leg(leg: Any, catalog: Catalog) -> dict[str, Any]:
    zone = catalog.brand.zone
    return {
        "from": leg.origin.as_fact(catalog), "stops": [stop.as_fact(catalog) for stop in leg.stops],
        "to": leg.destination and leg.destination.as_fact(catalog),
        "starts": as_instant(leg.starts, zone), "ends": as_instant(leg.ends, zone), "minutes": leg.minutes,
        "pickup_at": leg.pickup_at and as_instant(leg.pickup_at, zone), "flight": leg.flight,
        "dispatch": "unassigned", "lead": None,
    }  # fmt: skip


def _price(quote: Quote | None) -> dict[str, Any]:
    if quote is None:
        return {"lines": [], "total": None, "tax": None, "payment": None}
    nothing = Money(0, quote.currency).as_fact()
    fact = quote.as_fact()
    payment = {
        "state": "unpaid",
        "due_now": fact["due_now"],
        "paid": nothing,
        "due": fact["total"],
        "method": None,
        "at": None,
    }
    return {"lines": fact["lines"], "total": fact["total"], "tax": fact["tax"], "payment": payment}


async def of_booking(booking: int, ask: Ask = read) -> Story:
    """The story of a booking as it stands; inside a transaction it sees what that has written."""
    row = (await ask("SELECT * FROM booking WHERE id = :booking", booking=booking))[0]
    catalog = await catalogs.version(int(row["catalog_version"]))
    draft, quote = unpacked(row["request"]), Quote.from_fact(unpacked(row["quote"]))
    zone = catalog.brand.zone
    at = as_instant(instant(row["created"]), zone)
    source = {"channel": row["channel"], "at": at, "door": row["source"], "name": await name_of(row["source"], ask)}
    story = told(from_draft(draft, catalog), quote, catalog, language=row["language"], source=source)
    hold = row["hold_until"]
    story |= {
        "reference": row["reference"], "state": row["state"],
        "hold_until": as_instant(instant(hold), zone) if hold and row["state"] == "on_hold" else None,
        "payment": await _payment(ask, row, zone),
    }  # fmt: skip
    legs = await ask("SELECT * FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    for told_leg, leg in zip(story["legs"], legs, strict=True):
        told_leg |= {"dispatch": leg["dispatch"], "lead": _lead(leg, catalog)}
    return story


def _lead(leg: dict[str, Any], catalog: Catalog) -> dict[str, Any] | None:
    if leg["lead"] is None:
        return None
    known = catalog.leads.get(leg["lead"])
    return {"key": leg["lead"], "name": leg["lead_name"], "phone": known.phone if known else None}


def _asked_now(row: dict[str, Any], kept: int) -> int:
    """What is to be paid by card now: of a certain booking only what a change made dearer. Staff have agreed on all else."""
    return max(row["due_now"] - kept, 0) if kept or row["state"] not in HELD else 0


async def _payment(ask: Ask, row: dict[str, Any], zone: str) -> dict[str, Any]:
    paid, refunded = await ledger.sums(ask, int(row["id"]))
    last = await ask(
        "SELECT method, at FROM payment WHERE booking_id = :booking AND apart IS NULL ORDER BY id DESC LIMIT 1",
        booking=row["id"],
    )
    currency, kept = row["currency"], paid - refunded
    return {
        "state": payment_state(row["total"], row["due_now"], paid, refunded),
        "due_now": Money(_asked_now(row, kept), currency).as_fact(),
        "paid": Money(kept, currency).as_fact(),
        "due": Money(max(row["total"] - kept, 0), currency).as_fact(),
        "method": last[0]["method"] if last else None,
        "at": as_instant(instant(last[0]["at"]), zone) if last else None,
    }
