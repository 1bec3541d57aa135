"""A crowd books and pays while the house is killed by -9, at random moments and at every point where it commits or sends."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from models.database import read
from tests.conftest import DIALECT
from tests.faults.conftest import Form, short_on
from tests.faults.crowd import Guest, Plan, people
from tests.faults.fleet import Fleet, Nursery, by_reason, fleet_of
from tests.faults.points import BOUND_EARLY, ON_THE_WAY, WHEN_A_HOLD_ENDS
from tests.faults.verdict import doubled, figures, heard_once, left, verdict
from tests.people import Missed

IMPATIENCE = 5.0  # seconds that a guest of a control waits for an answer
AT_ONCE = 5  # guests who talk at the same time while the points are visited
CROWD = 500  # dialogues at the same time; of a larger crowd the next begins when one is done
PACED = "models.rates:take"  # what commits only where there is a pace
QUIET = 4  # guests who have the house to themselves first: one of each kind


def report(name: str, found: Any) -> None:
    """One line of figures; `pytest -rP` shows it."""
    print(f"{name} on {DIALECT}: {json.dumps(found)}")  # noqa: T201  # figures


async def quiet(fleet: Fleet) -> list[Guest]:
    """The first of each kind, one house, no fault: what everybody is to live through."""
    first = [Guest(fleet, Plan(number)) for number in range(QUIET)]
    await all_at_once(*(one.books_and_pays() for one in first))
    await fleet.drained()
    return first


async def all_at_once(*works: Coroutine[Any, Any, None]) -> None:
    """All of them; the first who misses something ends it."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as missed:
        raise missed.exceptions[0] from None


@asynccontextmanager
async def crowd(fleet: Fleet, guests: list[Guest]) -> AsyncIterator[asyncio.Task[None]]:
    """All of them, so many at once as the house has room for; ends when the last has paid and everything has drained."""
    room = asyncio.Semaphore(CROWD)

    async def comes(guest: Guest) -> None:
        async with room:
            await guest.books_and_pays()

    task = asyncio.create_task(all_at_once(*(comes(one) for one in guests)))
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


async def test_killed_at_any_moment(database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int) -> None:
    """Nothing acknowledged is lost, nothing is booked or paid twice, and everybody goes on at their question."""
    async with fleet_of(database_url, tmp_path, servers, people(form.guests + QUIET), seed) as fleet:
        fleet.patience = form.patience
        await fleet.add().starts()
        guests = await quiet(fleet)
        more = [Guest(fleet, Plan(QUIET + number)) for number in range(form.guests)]
        await random_kills(fleet, more, form, Random(seed))
        report("killed at any moment", await figures(fleet, guests + more))
        assert await verdict(fleet, guests + more) == []


# -- killed at every named point ----------------------------------------------------------------


def named_points(form: Form) -> list[tuple[str, str]]:
    """Before and after each; of the short form every so-many-th, others on the other database."""
    points = [(where, moment) for moment in ("before", "after") for where in ON_THE_WAY]
    return points[(DIALECT == "postgres") * form.points // 2 :: form.points]


async def go_on(fleet: Fleet, guests: list[Guest], enough: asyncio.Event) -> None:
    """One guest after the other books and pays, until it is enough."""
    while not enough.is_set():
        guests.append(Guest(fleet, Plan(len(guests))))
        await guests[-1].books_and_pays()


async def visit(fleet: Fleet, points: list[tuple[str, str]], enough: asyncio.Event) -> None:
    """Life after life ends at the next of the points; then it is enough."""
    server = fleet.replicas[0]
    for where, moment in points:
        await server.starts((BOUND_EARLY.get(where, where), moment, 1))
        if where == "handlers.hearing:_act":
            await fleet.pull("/sim/chats/house/telegram/messages", text="hello", wait=0)
        pid = server.pid
        try:
            await server.dies()
        except TimeoutError:
            raise AssertionError(f"never came to {moment} {where}") from None
        await fleet.was_killed(pid)
    await server.starts()
    enough.set()


async def test_killed_at_every_point_where_it_commits_or_sends(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """Each of the table's points is reached and deadly, and the zeros are the same."""
    points, enough = named_points(form), asyncio.Event()
    async with fleet_of(database_url, tmp_path, servers, people(500), seed) as fleet:
        fleet.patience = form.patience
        if any(where == PACED for where, _ in points):  # with a pace the house's chat takes one notice in four seconds
            fleet.env |= {"BELLHOP_TELEGRAM_RATE": "25", "BELLHOP_TWILIO_RATE": "70"}
        await fleet.add().starts()
        guests = await quiet(fleet)
        await fleet.kill(fleet.replicas[0])
        talking = [go_on(fleet, guests, enough) for _ in range(AT_ONCE)]
        await all_at_once(*talking, visit(fleet, points, enough))
        await fleet.drained()
        report("killed at every point", {"points": len(points)} | await figures(fleet, guests))
        assert fleet.kills == len(points) + 1
        assert await verdict(fleet, guests) == []


@short_on("sqlite")
async def test_killed_while_a_hold_ends(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """A guest opens the checkout and does not pay: one end, told once, the page closed, nothing held any more."""
    points = [(where, moment) for where in WHEN_A_HOLD_ENDS[::-1] for moment in ("before", "after")]
    async with fleet_of(database_url, tmp_path, servers, people(2), seed) as fleet:
        server = fleet.add()
        await server.starts()
        guest = Guest(fleet, Plan(1))
        await guest.books()
        session = (await guest.opens_the_checkout()).rsplit("/", 1)[-1]
        await fleet.drained()
        await fleet.kill(server)
        await fleet.later(minutes=31)
        for where, moment in points[form.points > 1 :: 2 if form.points > 1 else 1]:
            await server.starts((where, moment, 1))
            await server.dies()
        await server.starts()
        await fleet.drained()
        kinds = [row["kind"] for row in await read("SELECT kind FROM entry ORDER BY id")]
        assert kinds == ["requested", "held", "hold_ended"]
        assert await read("SELECT id FROM claim") == []
        assert len(await read("SELECT id FROM delivery WHERE kind = 'hold_ended_guest' AND state = 'sent'")) == 1
        assert [one["session"]["status"] for one in fleet.sim.world.sessions if one["session"]["id"] == session] == [
            "expired"
        ]
        assert await heard_once(fleet) + await left(fleet) + await doubled(fleet) == []


# -- controls: the guard is taken out, and the trial finds the harm -----------------------------


@short_on("sqlite")
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


@short_on("sqlite")
async def test_what_is_acknowledged_before_it_is_kept_is_lost(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """The control of the 200 that says "kept": killed after it, the house has forgotten the guest."""
    async with fleet_of(database_url, tmp_path, servers, people(QUIET), seed) as fleet:
        server = fleet.add()
        for guards, lost in (((), False), (("kept first",), True)):
            await server.starts(("models.turns:keep", "before", 1), without=guards)
            fleet.balancer.behind = [server.port]
            await Guest(fleet, Plan(1)).person.says("hola")
            await server.dies()
            fleet.balancer.behind = []  # nobody is there when it is brought again
            found = [fault for fault in await heard_once(fleet) if fault.startswith("lost")]
            assert bool(found) == lost
        report("acknowledged before it is kept", by_reason(found))
