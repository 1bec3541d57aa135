"""A part of the work that comes by itself failed: it is logged and shown at the desk, and the other parts go on."""

from contextlib import suppress

import structlog

from handlers.house import House
from models import stuck
from models.database import is_away, is_contended

log = structlog.get_logger()


async def part_failed(house: House, part: str, fault: Exception) -> None:
    """Say that it fails now. That the database refuses is no fault of the part, and is said elsewhere.

    Where it failed stands in the log once a minute, however often it fails.
    """
    if is_away(fault) or is_contended(fault):
        log.warning("the database refused", part=part, why=repr(fault)[:200])
        return
    first = True
    with suppress(Exception):  # the log has it
        first = await stuck.note_failing(part, house.now())
    log.error("what comes by itself failed", part=part, why=repr(fault)[:200], exc_info=fault if first else None)
