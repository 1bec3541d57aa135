"""A place came free: of those who wait, the first whose whole need fits is offered it, for a while; the list ends in time."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any

from handlers.checkout_opened import close_pages
from handlers.house import SYSTEM, Actor, House
from handlers.part_failed import part_failed, part_well
from handlers.request_sent import take
from handlers.telling import talk_learns, tell
from models import claims, dues, news, restored, story, timeline, waiting
from models.booking import one_at_a_time
from models.catalog import Catalog
from models.database import Rows, Run, read, transaction
from models.fields import instant, micros, unpacked
from models.refusal import NotYours, Refusal, SoldOut
from models.request import Need, Request, as_instant, from_draft
from models.stuck import WAITING

STANDS = timedelta(hours=2)  # an offer: long enough to be read at the beach, short enough for whoever is next

_TAKEN = (  # who is offered it is no longer on the list: two processes that look at once offer it once
    "UPDATE booking SET state = 'on_hold', hold_until = :until, changed = :now "
    "WHERE id = :booking AND state = 'waitlisted' RETURNING recipient_id, language"
)


async def places_freed(house: House) -> None:
    """Offer what came free to those who wait for it, in the order in which they asked.

    Only who waits for something of which some came free is looked at. Who does not fit waits on and blocks nobody; a booking that
    we stumble over is looked at again by itself, ever later.
    """
    places = await waiting.freed(house.now())
    if not places:
        return
    full = dict[tuple[str, datetime, datetime], int]()
    if concerned := await _whom_to_reckon(places):
        await _reckon_anew(house, concerned)
        places += await waiting.freed(house.now())
    for booking, needs in await waiting.waiting_for(places, house.now()):
        await _tried(house, booking, _offer_if_it_fits(house, booking, needs, full))
    await waiting.looked(places)


async def _whom_to_reckon(places: Rows) -> list[int]:
    """Everybody, where the catalogue is another; else those over whom we stumbled a while ago."""
    if any(place["resource"] == waiting.ANYTHING for place in places):
        return await waiting.everybody()
    return [booking for place in places if (booking := waiting.stumbled_over(place["resource"]))]


async def _reckon_anew(house: House, bookings: list[int]) -> None:
    """By the catalogue of today: a bus may be longer by now, a turnaround shorter."""
    catalog = await house.catalog()
    for booking in bookings:
        await _tried(house, booking, _reckoned(house, booking, catalog))


async def _tried(house: House, booking: int, work: Awaitable[None]) -> None:
    """One that we stumble over keeps nobody else from what is free."""
    try:
        await work
    except Exception as fault:  # noqa: BLE001  # whatever it is
        await part_failed(house, f"{WAITING}:{booking}", fault)
        await waiting.again_later(booking, house.now())
    else:
        await part_well(house, f"{WAITING}:{booking}")


async def _reckoned(house: House, booking: int, catalog: Catalog) -> None:
    async with transaction() as run:
        wanted = await _asked(run, booking, catalog, house.now())
        if since := await waiting.since(run, booking):  # nobody has served them meanwhile
            await waiting.wait(run, booking, wanted.resources() if wanted else [], since)


async def _asked(run: Run, booking: int, catalog: Catalog, now: datetime) -> Request | None:
    """What they wait for, read behind the booking's lock: until our transaction ends they change it no more."""
    await one_at_a_time(run, booking)
    rows = await run("SELECT request FROM booking WHERE id = :booking", booking=booking)
    return _wanted(rows[0], catalog, now)


def _wanted(row: dict[str, Any], catalog: Catalog, now: datetime) -> Request | None:
    """What they wait for by the catalogue of today; None when it cannot be sold any more, or read."""
    try:
        return from_draft(unpacked(row["request"]), catalog, now)
    except Refusal:
        return None


async def _offer_if_it_fits(
    house: House, booking: int, needs: list[Need], full: dict[tuple[str, datetime, datetime], int]
) -> None:
    if await _may_fit(needs, full, house.now()):
        await _offer(house, booking)


async def _may_fit(needs: list[Need], full: dict[tuple[str, datetime, datetime], int], now: datetime) -> bool:
    """A look before anything is locked; what was seen to hold too few is not looked at again for as many."""
    for need in needs:
        place = (need.resource, need.starts, need.ends)
        if place not in full:
            full[place] = await _left(need, now)
        if full[place] < need.quantity:
            return False
    for need in needs:
        full.pop((need.resource, need.starts, need.ends), None)
    return True


async def _left(need: Need, now: datetime) -> int:
    """Of a departure the seats that the catalogue has by now count, which may be more than when it was first booked."""
    free = await claims.free(need.resource, need.starts, need.ends, now)
    if free is None or not need.resource.startswith("departure:"):
        return need.units if free is None else free
    known = await read("SELECT units FROM resource WHERE key = :key", key=need.resource)
    return free + max(need.units - int(known[0]["units"]), 0)


async def _offer(house: House, booking: int) -> None:
    """Hold it for them and say so; whoever was faster by another door has it, and they wait on."""
    now, catalog = house.now(), await house.catalog()
    try:
        async with transaction() as run:
            wanted = await _asked(run, booking, catalog, now)
            if wanted is None:
                return
            until = min(now + STANDS, wanted.starts - timedelta(minutes=catalog.services[wanted.service].notice))
            taken = await run(_TAKEN, until=micros(until), now=micros(now), booking=booking)
            if not taken:
                return  # another process has just offered it
            await waiting.leave(run, booking)
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
    await waiting.leave(run, booking)
    await close_pages(run, house, booking)
    await timeline.record(run, booking, kind, actor=actor.name, actor_kind=actor.kind, door=actor.door, now=house.now())
    news.announce("booking", booking)


async def list_ended(run: Run, house: House, booking: int) -> None:
    """It can no longer be booked, and nothing came free: they are told, with thanks for waiting.

    Not who stood on the list of a restored backup: they may have been offered it since.
    """
    await one_at_a_time(run, booking)
    listed = await waiting.since(run, booking)
    ended = await run(
        "UPDATE booking SET state = 'expired', changed = :now WHERE id = :booking AND state = 'waitlisted' "
        "RETURNING recipient_id, language, reference, created",
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
        if listed is None:
            await restored.leave_to_the_desk(run, booking, "list_ended_guest", instant(ended[0]["created"]))


async def listed_again(house: House, booking: int, staff: Actor) -> None:
    """Staff have seen that nothing was offered since the backup: it is on the list again, at the place it had."""
    catalog, now = await house.catalog(), house.now()
    async with transaction() as run:
        await one_at_a_time(run, booking)
        rows = await run("SELECT * FROM booking WHERE id = :booking AND state = 'waitlisted'", booking=booking)
        if not rows or await waiting.since(run, booking):
            return  # over by now, or pressed twice
        wanted = _wanted(rows[0], catalog, now)
        await waiting.wait(run, booking, wanted.resources() if wanted else [], instant(rows[0]["created"]))
        await timeline.record(
            run, booking, "listed_again", actor=staff.name, actor_kind=staff.kind, door=staff.door, now=now
        )
        news.announce("booking", booking)
