"""A place came free: of those who wait, the first whose whole need fits is offered it, for a while; the list ends in time."""

from datetime import datetime, timedelta
from typing import Any

import structlog

from handlers.checkout_opened import close_pages
from handlers.house import SYSTEM, Actor, House
from handlers.request_sent import take
from handlers.telling import talk_learns, tell
from models import catalogs, claims, dues, news, story, timeline
from models.booking import one_at_a_time
from models.catalog import Catalog
from models.database import Rows, Run, read, transaction
from models.fields import micros, unpacked
from models.refusal import NotYours, Refusal, SoldOut
from models.request import Need, Request, as_instant, from_draft

log = structlog.get_logger()

STANDS = timedelta(hours=2)  # an offer: long enough to be read at the beach, short enough for whoever is next

_WAITING = "SELECT id, request FROM booking WHERE state = 'waitlisted' AND starts > :now ORDER BY created, id LIMIT 200"

_TAKEN = (  # who is offered it is no longer on the list: two processes that look at once offer it once
    "UPDATE booking SET state = 'on_hold', hold_until = :until, changed = :now "
    "WHERE id = :booking AND state = 'waitlisted' RETURNING recipient_id, language"
)


async def places_freed(house: House) -> None:
    """Offer whatever is free to those who wait for it, in the order in which they asked.

    Whatever freed it (a cancelled booking, a hold that ended, a change, more units) is seen by looking, so nothing that frees a
    place can forget to say so. Who does not fit waits on and blocks nobody.
    """
    now, catalog = house.now(), await house.catalog()
    full: dict[tuple[str, datetime, datetime], int] = {}
    for row in await read(_WAITING, now=micros(now)):
        try:
            wanted = _wanted(row, catalog, now)
            if wanted is not None and await _may_fit(wanted, full, now):
                await _offer(house, int(row["id"]), wanted, catalog)
        except Exception:  # one that we stumble over keeps nobody else from what is free
            log.exception("a waiting booking could not be looked at", booking=row["id"])


def _wanted(row: dict[str, Any], catalog: Catalog, now: datetime) -> Request | None:
    """What they wait for by the catalogue of today; None when it cannot be sold any more."""
    try:
        return from_draft(unpacked(row["request"]), catalog, now)
    except Refusal:
        return None


async def _may_fit(wanted: Request, full: dict[tuple[str, datetime, datetime], int], now: datetime) -> bool:
    """A look before anything is locked; what was seen to hold too few is not looked at again for as many."""
    for need in wanted.resources():
        place = (need.resource, need.starts, need.ends)
        if place not in full:
            full[place] = await _left(need, now)
        if full[place] < need.quantity:
            return False
    for need in wanted.resources():
        full.pop((need.resource, need.starts, need.ends))
    return True


async def _left(need: Need, now: datetime) -> int:
    """Of a departure the seats that the catalogue has by now count, which may be more than when it was first booked."""
    free = await claims.free(need.resource, need.starts, need.ends, now)
    if free is None or not need.resource.startswith("departure:"):
        return need.units if free is None else free
    known = await read("SELECT units FROM resource WHERE key = :key", key=need.resource)
    return free + max(need.units - int(known[0]["units"]), 0)


async def _offer(house: House, booking: int, wanted: Request, catalog: Catalog) -> None:
    """Hold it for them and say so; whoever was faster by another door has it, and they wait on."""
    now = house.now()
    until = min(now + STANDS, wanted.starts - timedelta(minutes=catalog.services[wanted.service].notice))
    try:
        async with transaction() as run:
            await one_at_a_time(run, booking)
            taken = await run(_TAKEN, until=micros(until), now=micros(now), booking=booking)
            if not taken:
                return  # another process has just offered it
            for leg_id, leg in zip(await _legs(run, booking), wanted.legs, strict=True):
                await take(run, leg, leg_id, lapses=until, now=now)
            await _say_so(run, house, booking, taken[0], until, catalog)
    except SoldOut:
        return


async def _legs(run: Run, booking: int) -> list[int]:
    rows = await run("SELECT id FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    return [int(row["id"]) for row in rows]


async def _say_so(run: Run, house: House, booking: int, row: dict[str, Any], until: datetime, catalog: Catalog) -> None:
    await dues.clear_due(run, booking, "list_ends")
    await dues.set_due(run, booking, "hold_ends", until)
    facts = {"until": as_instant(until, catalog.brand.zone)}
    await timeline.record(
        run,
        booking,
        "offered",
        actor=SYSTEM.name,
        actor_kind=SYSTEM.kind,
        door=SYSTEM.door,
        now=house.now(),
        facts=facts,
    )
    told = await story.of_booking(booking, run)
    payment = told["payment"]
    learnt = {
        "reference": told["reference"],
        "hold_until": told["hold_until"],
        "due": payment["due_now"],
        "total": told["total"],
    }
    if row["recipient_id"] is not None:
        await talk_learns(run, booking, "offered", learnt)
        leave = {"question": "waiting", "value": f"leave:{told['reference']}", "label": "@waiting_leave"}
        await tell(
            run, house, int(row["recipient_id"]), "place_free_guest", {"story": told}, language=row["language"],
            booking=booking, links=["pay", "booking"], options=[leave], lapses=until,
        )  # fmt: skip
    news.announce("booking", booking)


async def list_left(run: Run, house: House, reference: str, recipient: int, actor: Actor) -> None:
    """They wait no more, or do not take what they were offered: it is the next one's. Refuses with NotYours."""
    rows = await run(
        "SELECT id FROM booking WHERE reference = :reference AND recipient_id = :recipient",
        reference=reference, recipient=recipient,
    )  # fmt: skip
    for row in rows:
        booking = int(row["id"])
        await one_at_a_time(run, booking)
        left = await run(
            "UPDATE booking SET state = 'cancelled', hold_until = NULL, changed = :now WHERE id = :booking AND "
            "(state = 'waitlisted' OR (state = 'on_hold' AND EXISTS (SELECT 1 FROM entry e WHERE e.booking_id = booking.id "
            "AND e.kind = 'offered'))) RETURNING id",
            now=micros(house.now()), booking=booking,
        )  # fmt: skip
        if left:
            await _free(run, house, booking, "list_left", actor)
            return
    raise NotYours(what="booking")


async def _free(run: Run, house: House, booking: int, kind: str, actor: Actor) -> None:
    for leg in await _legs(run, booking):
        await claims.release(run, leg)
    await dues.clear_due(run, booking, "hold_ends")
    await dues.clear_due(run, booking, "list_ends")
    await close_pages(run, house, booking)
    await timeline.record(run, booking, kind, actor=actor.name, actor_kind=actor.kind, door=actor.door, now=house.now())
    news.announce("booking", booking)


async def list_ended(run: Run, house: House, booking: int) -> None:
    """It can no longer be booked, and nothing came free: they are told, with thanks for waiting."""
    await one_at_a_time(run, booking)
    ended = await run(
        "UPDATE booking SET state = 'expired', changed = :now WHERE id = :booking AND state = 'waitlisted' "
        "RETURNING recipient_id, language, reference",
        now=micros(house.now()), booking=booking,
    )  # fmt: skip
    if not ended:
        return
    await _free(run, house, booking, "list_ended", SYSTEM)
    if ended[0]["recipient_id"] is not None:
        await talk_learns(run, booking, "list_left", {"reference": ended[0]["reference"]})
        facts = {"story": await story.of_booking(booking, run)}
        await tell(
            run, house, int(ended[0]["recipient_id"]), "list_ended_guest", facts, language=ended[0]["language"],
            booking=booking,
        )  # fmt: skip


async def place_of(ask: Any, booking: int) -> int:
    """Which place on the list a booking has among those who wait for anything of the same; 1 is next."""
    rows: Rows = await ask(
        "SELECT id, request, catalog_version FROM booking WHERE state = 'waitlisted' ORDER BY created, id"
    )
    mine = await _needs(next(row for row in rows if int(row["id"]) == booking))
    place = 0
    for row in rows:
        theirs = await _needs(row)
        place += any(a.resource == b.resource and a.starts < b.ends and b.starts < a.ends for a in mine for b in theirs)
        if int(row["id"]) == booking:
            break
    return place


async def _needs(row: dict[str, Any]) -> list[Need]:
    return from_draft(unpacked(row["request"]), await catalogs.version(int(row["catalog_version"]))).resources()
