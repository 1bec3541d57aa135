"""Time passed: a hold ended, a message is owed its turn, an event what follows from it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from flows.speech import Heard
from handlers.checkout_opened import close_pages
from handlers.delivery_reported import Report, delivery_reported
from handlers.event_told import Event, stumbled
from handlers.guest_cancelled import refund_owed
from handlers.guest_paid import Paid, guest_paid
from handlers.guest_wrote import kept_owed
from handlers.house import SYSTEM, House
from handlers.part_failed import SomeFailed, done_by_itself, part_failed, part_well, rests
from handlers.payment_returned import Returned, payment_returned
from handlers.place_freed import list_ended, places_freed
from handlers.someone_wrote import someone_wrote
from handlers.telling import talk_learns, tell
from models import claims, dues, ledger, news, restored, story, timeline, turns
from models.booking import one_at_a_time
from models.database import Rows, Run, is_away, is_contended, transaction
from models.fields import instant, micros, unpacked
from models.turns import Carry

log = structlog.get_logger()

LATER = timedelta(minutes=1)  # for something due that failed; what is due behind it does not wait


async def time_passed(house: House, carry: Callable[[Carry], None] = lambda _: None) -> None:
    """Do what is due by now, each part by itself: one that fails is logged, shown at the desk, rests ever longer, and keeps none from its turn.

    `carry` is given each answer that is born claimed, right after its commit.
    """
    for part in (_dues, _owed_turns, _owed_events, _waiting_list):
        await done_by_itself(house, part.__name__.strip("_"), partial(part, house, carry))


async def _dues(house: House, _: object) -> None:
    while await _one_due(house):
        pass


async def _owed_turns(house: House, carry: Callable[[Carry], None]) -> None:
    async def take(row: dict[str, Any]) -> None:
        carry(await _owed_turn(house, row))

    await _each(await turns.owed(house.now()), take)


async def _owed_events(house: House, _: object) -> None:
    await _each(await ledger.owed(house.now()), partial(_owed_event, house))


async def _each(rows: Rows, take: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Take every row up. When all have had their turn, raises that some could not even be left for later."""
    faults: list[Exception] = []
    for row in rows:
        try:
            await take(row)
        except Exception as fault:  # noqa: BLE001  # and the others
            faults.append(fault)
    if faults and (is_away(faults[0]) or is_contended(faults[0])):
        raise faults[0]
    if faults:
        raise SomeFailed(repr(faults[0])[:200]) from faults[0]


async def _waiting_list(house: House, _: object) -> None:
    await places_freed(house)


async def _owed_turn(house: House, row: dict[str, Any]) -> Carry:
    """Take one owed message up again; one that cannot even be read is tried later, then parked, as any that fails."""
    number = int(row["id"])
    try:
        return await someone_wrote(house, Heard.from_json(unpacked(row["heard"])), number)
    except Exception as fault:
        if is_away(fault) or is_contended(fault):
            raise  # it stays owed
        log.exception("an owed message could not be taken up", inbound=number)
        barely = Heard(row["channel"], row["external_id"], "", house.now())
        return await kept_owed(house, barely, await turns.look(int(row["recipient_id"])), number, repr(fault)[:500])


async def _owed_event(house: House, row: dict[str, Any]) -> None:
    """Take one owed event up again; as with a message."""
    told, number = Event(row["provider"], row["external_id"], row["kind"], unpacked(row["body"])), int(row["id"])
    try:
        await _EVENTS.get(told.kind, _payment)(house, told, number)
    except Exception as fault:
        if is_away(fault) or is_contended(fault):
            raise  # it stays owed
        log.exception("an owed event could not be taken up", told=told.external_id)
        await stumbled(house, told, number, fault)


async def _payment(house: House, told: Event, owed: int) -> None:
    await guest_paid(house, Paid.from_event(told), owed)


async def _refund(house: House, told: Event, owed: int) -> None:
    await payment_returned(house, Returned.from_event(told), owed)


async def _report(house: House, told: Event, owed: int) -> None:
    await delivery_reported(house, *Report.of_event(told), owed)


_EVENTS = {"returned": _refund, "reported": _report}


async def _one_due(house: House) -> bool:
    """Do the oldest thing due; one that fails is due again later."""
    async with transaction() as run:
        rows = await dues.take_one(run, house.now())
        if not rows:
            return False
        booking, kind = int(rows[0]["booking_id"]), str(rows[0]["kind"])
        name = f"{kind}:{booking}"
        try:
            async with transaction() as inner:
                await _DUES[kind](inner, house, booking)
        except Exception as fault:  # noqa: BLE001  # and what else is due
            await part_failed(house, name, fault)
            await dues.set_due(run, booking, kind, rests(house, name, first=LATER))
        else:
            await part_well(house, name)
    return True


async def hold_ended(run: Run, house: House, booking: int) -> None:
    """Nobody paid in time: what was held is free, the guest is told and may take it up again."""
    now = house.now()
    await one_at_a_time(run, booking)
    held = await run("SELECT hold_until FROM booking WHERE id = :booking", booking=booking)
    changed = await run(
        "UPDATE booking SET state = 'expired', hold_until = NULL, changed = :now WHERE id = :booking "
        "AND state = 'on_hold' AND hold_until <= :now RETURNING recipient_id, language",
        booking=booking, now=micros(now),
    )  # fmt: skip
    if not changed:
        return
    for leg in await run("SELECT id FROM leg WHERE booking_id = :booking", booking=booking):
        await claims.release(run, int(leg["id"]))
    await timeline.record(
        run, booking, "hold_ended", actor=SYSTEM.name, actor_kind=SYSTEM.kind, door=SYSTEM.door, now=now
    )
    await close_pages(run, house, booking)
    if changed[0]["recipient_id"] is not None:
        await _the_guest_hears(run, house, booking, int(changed[0]["recipient_id"]), changed[0]["language"])
        await restored.leave_to_the_desk(run, booking, "hold_ended_guest", instant(held[0]["hold_until"]))
    news.announce("booking", booking)


async def _the_guest_hears(run: Run, house: House, booking: int, recipient: int, language: str) -> None:
    await talk_learns(run, booking, "hold_ended", {})
    facts = {"story": await story.of_booking(booking, run)}
    await tell(run, house, recipient, "hold_ended_guest", facts, language=language, booking=booking)


_DUES: dict[str, Callable[[Run, House, int], Awaitable[None]]] = {
    "hold_ends": hold_ended,
    "refund": refund_owed,
    "list_ends": list_ended,
}
