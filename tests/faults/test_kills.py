"""A crowd books and pays while the house is killed by -9, at random moments and at every point where it commits or sends."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conftest import DIALECT
from tests.faults.conftest import Form
from tests.faults.crowd import Guest, Plan, people
from tests.faults.fleet import Fleet, Nursery, by_reason, fleet_of
from tests.faults.verdict import figures, verdict
from tests.people import Missed

IMPATIENCE = 5.0  # seconds that a guest of a control waits for an answer
QUIET = 4  # guests who have the house to themselves first: one of each kind


def report(name: str, found: Any) -> None:
    """One line of figures; `pytest -rP` shows it."""
    print(f"{name} on {DIALECT}: {json.dumps(found)}")


async def quiet(fleet: Fleet) -> list[Guest]:
    """The first of each kind, one house, no fault: what everybody is to live through."""
    first = [Guest(fleet, Plan(number)) for number in range(QUIET)]
    await everybody(first)
    await fleet.drained()
    return first


async def everybody(guests: list[Guest]) -> None:
    """All of them at once; the first who misses something ends it."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in guests:
                group.create_task(one.books_and_pays())
    except ExceptionGroup as missed:
        raise missed.exceptions[0] from None


@asynccontextmanager
async def crowd(fleet: Fleet, guests: list[Guest]) -> AsyncIterator[asyncio.Task[None]]:
    """All of them at once; ends when the last has paid and everything has drained."""
    task = asyncio.create_task(everybody(guests))
    try:
        yield task
        await task
        await fleet.drained()
    finally:
        task.cancel()
        with suppress(BaseException):
            await task


async def harm(fleet: Fleet, guests: list[Guest], trial: Awaitable[None] | None = None) -> list[str]:
    """What a control finds: whatever the verdict says, and whom the house has forgotten."""
    faults = []
    try:
        await (trial or crowd_alone(fleet, guests))
    except (Missed, TimeoutError) as missed:
        faults.append(f"forgotten: {str(missed)[:200]}")
    return faults + await verdict(fleet, guests)


async def crowd_alone(fleet: Fleet, guests: list[Guest]) -> None:
    """Nobody harms them."""
    async with crowd(fleet, guests):
        return


async def while_they_talk(talking: Any, between: float) -> bool:
    """Until so many seconds have gone by; False when everybody was done before."""
    done, _ = await asyncio.wait([talking], timeout=between)
    return not done


async def random_kills(fleet: Fleet, guests: list[Guest], form: Form, dice: Random) -> None:
    """The one server is killed at moments of chance, and begins anew each time."""
    fleet.ledger.repeats = form.repeats
    server = fleet.replicas[0]
    async with crowd(fleet, guests) as talking:
        while fleet.kills < form.kills and await while_they_talk(talking, dice.uniform(*form.between)):
            await fleet.kill(server)
            await server.starts()


async def test_killed_at_any_moment(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """Nothing acknowledged is lost, nothing is booked or paid twice, and everybody goes on at their question."""
    async with fleet_of(database_url, tmp_path, servers, people(form.guests + QUIET), seed) as fleet:
        fleet.patience = form.patience
        await fleet.add().starts()
        guests = await quiet(fleet)
        more = [Guest(fleet, Plan(QUIET + number)) for number in range(form.guests)]
        await random_kills(fleet, more, form, Random(seed))
        report("killed at any moment", await figures(fleet, guests + more))
        assert await verdict(fleet, guests + more) == []


# -- controls: the guard is taken out, and the trial finds the harm -----------------------------


async def test_a_message_that_is_not_known_again_is_heard_twice(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """The control of one message, one effect: nobody is killed, and webhooks come up to three times as before."""
    async with fleet_of(database_url, tmp_path, servers, people(QUIET), seed) as fleet:
        fleet.patience, fleet.ledger.repeats = IMPATIENCE, form.repeats
        await fleet.add().starts(without=("one inbound",))
        found = await harm(fleet, [Guest(fleet, Plan(number)) for number in range(QUIET)])
        report("every webhook a new message", by_reason(found))
        assert any(fault.startswith("heard twice") for fault in found)


async def test_what_is_acknowledged_before_it_is_kept_is_lost(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """The control of the 200 that says "kept": killed after it, the house has forgotten the guest."""
    async with fleet_of(database_url, tmp_path, servers, people(QUIET), seed) as fleet:
        fleet.patience = IMPATIENCE
        server = fleet.add()
        await server.starts(("models.turns:keep", "before", 3), without=("kept first",))
        guests = [Guest(fleet, Plan(number)) for number in range(QUIET) if Plan(number).channel == "telegram"]

        async def killed_once() -> None:
            async with crowd(fleet, guests):
                await server.dies()
                await server.starts()

        found = await harm(fleet, guests, killed_once())
        report("acknowledged before it is kept", by_reason(found))
        assert any(fault.startswith("lost") for fault in found)
