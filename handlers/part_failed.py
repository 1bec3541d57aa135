"""A part of the work that comes by itself failed: it is logged, shown at the desk and left alone for a while; the others go on."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from handlers.house import House, Rest
from models import stuck
from models.database import is_away, is_contended

FIRST, LONGEST = timedelta(seconds=1), timedelta(minutes=5)  # the longest is shorter than the desk remembers a failure

log = structlog.get_logger()


class SomeFailed(Exception):
    """Of many things to take up some failed; its cause is the first one's fault. The others had their turn, and must have the next."""


async def known_to_fail(now: datetime) -> dict[str, Rest]:
    """What the desk is told of, by whatever process, so that it is forgotten where it works by now."""
    return {part: Rest(now, timedelta()) for part in await stuck.noted_failing()}


async def done_by_itself(house: House, part: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do a part of the work that comes by itself. One that fails keeps none of the others, and rests twice as long each time.

    While the database refuses it rests for a second; where only another transaction stood in its way, not at all.
    """
    rest = house.failing.get(part)
    if rest and house.now() < rest.until:
        return
    try:
        await work()
    except Exception as fault:  # noqa: BLE001  # whatever it is, the other parts go on
        await part_failed(house, part, fault)
        if not is_contended(fault):
            rests(house, part, again=not is_away(fault) and not isinstance(fault, SomeFailed))
    else:
        await part_well(house, part)


def rests(house: House, part: str, *, again: bool = True, first: timedelta = FIRST) -> datetime:
    """Until when it is left alone: twice as long as the last time, unless it did not fail `again` by itself."""
    before = house.failing[part].pause if part in house.failing else timedelta()
    pause = max(first, min(before * 2, LONGEST)) if again else first
    house.failing[part] = Rest(house.now() + pause, pause if again else before)
    return house.failing[part].until


async def part_failed(house: House, part: str, fault: Exception) -> None:
    """Say that it fails now. That the database refuses is no fault of the part, and is said elsewhere.

    Where it failed stands in the log once a minute, however often it fails.
    """
    if is_away(fault) or is_contended(fault):
        log.warning("the database refused", part=part, why=repr(fault)[:200])
        return
    first = True
    house.failing.setdefault(part, Rest(house.now(), timedelta()))
    with suppress(Exception):  # the log has it
        first = await stuck.note_failing(part, house.now())
    log.error("what comes by itself failed", part=part, why=repr(fault)[:200], exc_info=fault if first else None)


async def part_well(house: House, part: str) -> None:
    """What failed works again: the desk is told of it no more."""
    if part in house.failing:
        with suppress(Exception):  # then the next time
            await stuck.forget_failing(part)
            house.failing.pop(part, None)
