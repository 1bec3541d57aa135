"""A guest sent a request: capacity is held, the booking is made, the house hears of it, all at once or not at all."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flows.changing import ALPHABET
from handlers.house import Actor, House
from handlers.telling import tell, tell_house
from models import claims, delivery, dues, links, news, story, timeline, waiting
from models.catalog import Catalog
from models.database import Run
from models.fields import micros, packed
from models.price import Quote, quote
from models.request import Request, RequestLeg, as_instant, from_draft


async def request_sent(
    run: Run, house: House, catalog: Catalog, draft: Mapping[str, Any], *, recipient: int, channel: str, language: str,
    source: str | None = None, waits: bool = False,
) -> tuple[int, dict[str, Any]]:  # fmt: skip
    """Make the booking of a draft; gives its id and its story. One that `waits` is on the waiting list and claims nothing.

    Refuses with SoldOut, TooSoon, InThePast, NotOnSale, TooMany or Incomplete; nothing of it is then left behind.
    """
    now = house.now()
    request = from_draft(draft, catalog, now)
    price = quote(catalog, request)
    service = catalog.services[request.service]
    hold = None if waits else now + timedelta(minutes=service.hold)
    booking = await _booking(run, catalog, request, price, draft, hold, now, recipient, channel, language, source)
    for position, leg in enumerate(request.legs):
        await add_leg(run, booking, position, leg, catalog, hold, now, claimed=not waits)
    if waits:
        await waiting.wait(run, booking, request.resources(), now)
    await add_lines(run, booking, price)
    await links.issue(run, house.secret, booking, "guest")
    ends = request.starts - timedelta(minutes=service.notice)  # after that nothing can be booked any more
    await (dues.set_due(run, booking, "hold_ends", hold) if hold else dues.set_due(run, booking, "list_ends", ends))
    told = await story.of_booking(booking, run)
    await _record(run, booking, request, told, Actor(request.name or "", "guest", channel), hold, catalog, now)
    await _tell(run, house, booking, told)
    news.announce("booking", booking)
    return booking, told


async def _booking(  # one row, all of it from the request
    run: Run, catalog: Catalog, request: Request, price: Quote, draft: Mapping[str, Any], hold: datetime | None,
    now: datetime, recipient: int, channel: str, language: str, source: str | None,
) -> int:  # fmt: skip
    guest = await run(
        "INSERT INTO guest (name, phone, email, language, created) VALUES (:name, :phone, :email, :language, :now) "
        "RETURNING id",
        name=request.name or "", phone=request.phone, email=request.email, language=language, now=micros(now),
    )  # fmt: skip
    row = await run(
        "INSERT INTO booking (reference, state, catalog_version, request, quote, currency, total, due_now, guest_id, "
        "recipient_id, channel, source, language, hold_until, link_version, terms_sha256, terms_accepted, starts, created, changed) "
        "VALUES (:reference, :state, :version, :request, :quote, :currency, :total, :due, :guest, :recipient, :channel, "
        ":source, :language, :hold, 1, :terms, :now, :starts, :now, :now) RETURNING id",
        reference=await _new_reference(run, catalog.brand.reference_prefix), version=catalog.version,
        request=packed(dict(draft)), quote=packed(price.as_fact()), currency=price.currency, total=price.total.minor,
        due=price.due_now.minor, guest=guest[0]["id"], recipient=recipient, channel=channel, source=source, language=language,
        state="on_hold" if hold else "waitlisted", hold=micros(hold) if hold else None,
        terms=catalog.brand.terms_hash, starts=micros(request.starts), now=micros(now),
    )  # fmt: skip
    return int(row[0]["id"])


async def _new_reference(run: Run, prefix: str) -> str:
    while True:
        code = f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(5))}"
        if not await run("SELECT 1 AS taken FROM booking WHERE reference = :code", code=code):
            return code


async def add_leg(
    run: Run, booking: int, position: int, leg: RequestLeg, catalog: Catalog, hold: datetime | None, now: datetime,
    *, claimed: bool = True,
) -> None:  # fmt: skip
    """Write a leg and claim what it needs, until the hold ends or for good. Refuses with SoldOut."""
    row = await run(
        "INSERT INTO leg (booking_id, position, starts, ends, zone, dispatch) "
        "VALUES (:booking, :position, :starts, :ends, :zone, 'unassigned') RETURNING id",
        booking=booking, position=position, starts=micros(leg.starts), ends=micros(leg.ends), zone=catalog.brand.zone,
    )  # fmt: skip
    if claimed:
        await take(run, leg, int(row[0]["id"]), lapses=hold, now=now)


async def take(run: Run, leg: RequestLeg, leg_id: int, *, lapses: datetime | None, now: datetime) -> None:
    """Claim what a leg needs; a departure becomes a resource when it is first claimed. Refuses with SoldOut."""
    for need in leg.resources():
        if need.resource.startswith("departure:"):
            await claims.Resource.declare(run, need.resource, need.units)
        await claims.claim(
            run, need.resource, need.starts, need.ends, need.quantity, leg=leg_id, lapses=lapses, now=now
        )


async def add_lines(run: Run, booking: int, price: Quote, sale: int = 1) -> None:
    """Write the lines of a sale, the booking's first or one that a change made."""
    for position, line in enumerate(price.lines):
        await run(
            "INSERT INTO line (booking_id, position, label, detail, quantity, unit, amount, version) "
            "VALUES (:booking, :position, :label, :detail, :quantity, :unit, :amount, :sale)",
            booking=booking, sale=sale, position=position, label=packed(dict(line.label)),
            detail=packed(dict(line.detail)) if line.detail else None, quantity=line.quantity,
            unit=line.unit.minor if line.unit else None, amount=line.amount.minor if line.amount else None,
        )  # fmt: skip


async def _record(
    run: Run, booking: int, request: Request, told: dict[str, Any], actor: Actor, hold: datetime | None,
    catalog: Catalog, now: datetime,
) -> None:  # fmt: skip
    asked = {"total": told["total"], "terms": catalog.brand.terms_hash, "request": packed_public(request)}
    held = {
        "until": hold and as_instant(hold, catalog.brand.zone), "vehicle": told["vehicle"] and told["vehicle"]["name"],
    }  # fmt: skip
    for kind, facts in (("requested", asked), ("held" if hold else "waitlisted", held if hold else {})):
        await timeline.record(
            run, booking, kind, actor=actor.name, actor_kind=actor.kind, door=actor.door, now=now, facts=facts
        )


def packed_public(request: Request) -> dict[str, Any]:
    """What of a request is no personal value: enough to read from the timeline what was asked for."""
    return {
        "service": request.service, "vehicle": request.vehicle, "departure": request.departure,
        "extras": dict(request.extras), "starts": request.starts.isoformat(), "people": request.party.size,
    }  # fmt: skip


async def _tell(run: Run, house: House, booking: int, told: dict[str, Any]) -> None:
    """The house hears of it in its chats and inboxes; the guest's mail gets the pay link. Of who waits only its chats hear."""
    if told["state"] == "waitlisted":
        await tell_house(run, house, "waitlisted_house", {"story": told}, booking=booking, links=["desk"], mail=False)
        return
    await tell_house(run, house, "booking_requested_house", {"story": told}, booking=booking, links=["desk"])
    if told["guest"]["email"]:
        to = await delivery.recipient(run, "mail", told["guest"]["email"], name=told["guest"]["name"])
        await tell(run, house, to, "guest_link", {"story": told}, language=told["language"], booking=booking)
