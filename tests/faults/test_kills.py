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
