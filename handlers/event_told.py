"""A provider told us of an event: kept once with all that follows from it; what fails with a bug is kept and taken again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from handlers.hearing import AGAIN
from handlers.house import House
from handlers.telling import tell_house
from models import ledger, news
from models.database import Run, again_at_once, is_away, is_contended, transaction
from models.fields import instant

log = structlog.get_logger()

LOOKS = timedelta(minutes=1)  # between looks whether what an event speaks of is known by now
WAITS = timedelta(days=1)  # for it, unless the event says otherwise; then it is parked

Act = Callable[[Run], Awaitable[None]]


class TooEarly(Exception):
    """The event speaks of something that we do not know yet: it waits until we do.

    `waits`: how long at most. One that may be another program's on the same account (not `ours`) then alarms nobody.
    """

    def __init__(self, unknown: str, *, waits: timedelta | None = None, ours: bool = True) -> None:
        super().__init__(unknown)
        self.waits, self.ours = waits, ours


@dataclass(frozen=True, slots=True)
class Event:
    """What a provider told us, by its own id. `body` is what is needed to act on it again, in plain values."""

    provider: str
    external_id: str
    kind: str
    body: dict[str, Any]


async def event_told(house: House, told: Event, act: Act, owed: int | None = None) -> None:
    """Keep an event and `act` on it in the same commit; one that was kept before changes nothing.

    A bug leaves nothing of the act, and the event owed: it is taken again after 1, 10 and 60 seconds, then parked. `owed`
    names an event that is taken again. Only a database that refuses is raised.
    """
    await again_at_once(lambda: _once(house, told, act, owed))


async def _once(house: House, told: Event, act: Act, owed: int | None) -> None:
    async with transaction() as run:
        if owed is not None:
            await _again(run, house, told, act, owed)
            return
        kept = await ledger.heard_first(run, told.provider, told.external_id, told.kind, told.body, house.now())
        if kept is not None:
            await _tried(run, house, told, act, kept, 0, house.now())


async def _again(run: Run, house: House, told: Event, act: Act, owed: int) -> None:
    row = await ledger.take_up(run, owed, house.now())
    if row and await _tried(run, house, told, act, owed, int(row["attempts"]), instant(row["received"])):
        await ledger.done(run, owed)


async def _tried(run: Run, house: House, told: Event, act: Act, kept: int, tried: int, since: datetime) -> bool:
    """Act; whether it succeeded. `tried` says how often it has failed, `since` when we first heard of it."""
    now = house.now()
    try:
        async with transaction() as inner:
            await act(inner)
    except TooEarly as unknown:
        late = now >= since + (WAITS if unknown.waits is None else unknown.waits)
        if late and not unknown.ours:
            return True
        await _owe(run, house, told, kept, str(unknown), None if late else now + LOOKS, tried)
    except Exception as bug:
        if is_away(bug) or is_contended(bug):
            raise  # not kept: the provider sends it again
        log.exception("an event could not be taken", provider=told.provider, told=told.external_id)
        await _failed(run, house, told, kept, bug, tried)
    else:
        return True
    return False


async def _failed(run: Run, house: House, told: Event, kept: int, bug: Exception, tried: int) -> None:
    due = house.now() + AGAIN[tried] if tried < len(AGAIN) else None
    await _owe(run, house, told, kept, repr(bug)[:500], due, tried + 1)


async def stumbled(house: House, told: Event, owed: int, bug: Exception) -> None:
    """An owed event failed before it could even be acted on: it is owed as any other that fails."""
    async with transaction() as run:
        row = await ledger.take_up(run, owed, house.now())
        if row:
            await _failed(run, house, told, owed, bug, int(row["attempts"]))


async def unread(house: House, told: Event, error: str) -> None:
    """Keep that a provider told us something in a form that we cannot read; the desk has it, and looks it up there."""
    async with transaction() as run:
        kept = await ledger.heard_first(run, told.provider, told.external_id, "unread", told.body, house.now())
        if kept is not None:
            await _owe(run, house, told, kept, error, None, 1)


async def _owe(run: Run, house: House, told: Event, kept: int, error: str, due: datetime | None, tried: int) -> None:
    """Keep it to be taken again, or park it; the house is told once of one that is parked."""
    await ledger.owe(run, kept, error, due, tried)
    news.announce("payment")
    if due is not None:
        return
    try:
        async with transaction() as inner:
            await _tell(inner, house, told, kept, error)
    except Exception as bug:
        if is_away(bug) or is_contended(bug):
            raise
        log.exception("nobody could be told of a parked event", told=told.external_id)  # the desk shows it all the same


async def _tell(run: Run, house: House, told: Event, kept: int, error: str) -> None:
    about = await ledger.booking_of(run, told.body)
    booking, reference = (int(about["id"]), about["reference"]) if about else (None, told.body.get("reference") or None)
    facts = {"provider": told.provider.title(), "event": told.kind, "reference": reference, "text": error}
    await tell_house(run, house, "event_parked_house", facts, booking=booking, once=str(kept), mail=False)
