"""Two servers are stopped in order and started again, one after the other, while guests talk through the balancer: nobody notices."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.conftest import DIALECT
from tests.faults.conftest import sized
from tests.faults.crowd import Guest, Plan, people
from tests.faults.fleet import Fleet, Nursery, Replica, between_looks, by_reason, fleet_of
from tests.faults.test_kills import report
from tests.faults.verdict import verdict

pytestmark = pytest.mark.skipif(DIALECT != "postgres", reason="an SQLite file has one server")
DRAINED = 10.0  # seconds at most from SIGTERM until the process has ended
LOOKS = 0.2  # seconds between the balancer's looks at /readyz


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    rounds: int
    talking: int  # guests who talk at the same time, one after the other without a pause
    patience: float  # seconds that a guest waits for an answer


SIZE = sized(Size(rounds=1, talking=2, patience=120), Size(rounds=3, talking=6, patience=300))


@dataclass
class Front:
    """A balancer that knows HTTP: it leads to who is ready, to the next one where it is refused, and answers 502 for who breaks off."""

    fleet: Fleet
    http: aiohttp.ClientSession
    ready: set[Replica] = field(default_factory=set)
    turn: Any = field(default_factory=count)
    held: Counter[int] = field(default_factory=Counter)  # requests in hand, by port
    answers: Counter[int] = field(default_factory=Counter)  # by status
    longest: float = 0.0  # seconds until an answer
    broken: list[str] = field(default_factory=list)  # what was answered with an error, and by whom
    farewells: Counter[str] = field(default_factory=Counter)  # how those who were ready took their leave

    async def looks(self) -> None:
        """Who is ready, again and again, until cancelled."""
        while True:
            await asyncio.gather(*(self._looks_at(replica) for replica in self.fleet.replicas))
            await between_looks(LOOKS)

    async def _looks_at(self, replica: Replica) -> None:
        """Who says no or refuses is left out; who is only slow stays as it was."""
        try:
            async with self.http.get(f"{replica.url}/readyz", timeout=aiohttp.ClientTimeout(total=5)) as answer:
                if answer.status == 200:
                    self.ready.add(replica)
                else:
                    self._left(replica, "said so")
        except aiohttp.ClientError:
            self._left(replica, "was gone")
        except TimeoutError:
            return

    def _left(self, replica: Replica, how: str) -> None:
        if replica in self.ready:
            self.ready.discard(replica)
            self.farewells[how] += 1

    async def leads(self, request: web.Request) -> web.Response:
        """One request to one server."""
        began, body = time.monotonic(), await request.read()
        answer = await self._led(request, body)
        self.answers[answer.status] += 1
        self.longest = max(self.longest, time.monotonic() - began)
        if answer.status >= 500:
            self.broken.append(f"{request.path.split('/')[1]} {answer.status}: {answer.text}"[:120])
        return answer

    async def _led(self, request: web.Request, body: bytes) -> web.Response:
        first, ready = next(self.turn), sorted(self.ready, key=lambda each: each.port)
        for number in range(len(ready)):
            port = ready[(first + number) % len(ready)].port
            self.held[port] += 1
            try:
                return await self._asked(port, request, body)
            except aiohttp.ClientConnectorError:
                continue
            except aiohttp.ClientError as broken:
                return web.Response(status=502, text=repr(broken))
            finally:
                self.held[port] -= 1
        return web.Response(status=503, text="nobody is ready")

    async def _asked(self, port: int, request: web.Request, body: bytes) -> web.Response:
        headers = {
            name: value for name, value in request.headers.items() if name not in ("Connection", "Content-Length")
        }
        async with self.http.request(
            request.method,
            f"http://127.0.0.1:{port}{request.raw_path}",
            data=body,
            headers=headers,
            allow_redirects=False,
        ) as answer:
            kept = {
                name: answer.headers[name]
                for name in ("Location", "Content-Type", "Set-Cookie")
                if name in answer.headers
            }
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)


@asynccontextmanager
async def front_of(fleet: Fleet) -> AsyncIterator[Front]:
    """Before the fleet's public address, which then leads nowhere else."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        front, app = Front(fleet, http), web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{any:.*}", front.leads)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fleet.balancer.behind = [runner.addresses[0][1]]
        looking = asyncio.create_task(front.looks())
        try:
            yield front
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await runner.cleanup()


class Crowd:
    """Guests who book and pay, the next one as soon as one is done, until it is over."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.numbers, self.over = fleet, count(), False
        self.guests: list[Guest] = []

    async def talks(self) -> None:
        """One after the other."""
        while not self.over:
            guest = Guest(self.fleet, Plan(next(self.numbers)))
            self.guests.append(guest)
            await guest.books_and_pays()


async def stopped(fleet: Fleet, front: Front, replica: Replica, how: signal.Signals) -> float:
    """Told to stop while it has a request in hand; the seconds until it has ended."""
    await fleet.until(lambda: False, lambda: _holds(front, replica))
    began = time.monotonic()
    os.kill(replica.pid, how)
    await fleet.until(lambda: replica.code is not None)
    assert replica.code == (0 if how == signal.SIGTERM else -how), replica.last_words()
    return time.monotonic() - began


async def _holds(front: Front, replica: Replica) -> bool:
    await asyncio.sleep(0)
    return front.held[replica.port] > 0


async def in_turn(fleet: Fleet, front: Front, crowd: Crowd, rounds: int, how: signal.Signals) -> float:
    """Each server is stopped and begins anew, so many times round; the longest time that a stop took."""
    longest = 0.0
    async with asyncio.TaskGroup() as group:
        for _ in range(SIZE.talking):
            group.create_task(crowd.talks())
        for _ in range(rounds):
            for replica in fleet.replicas:
                longest = max(longest, await stopped(fleet, front, replica, how))
                await replica.starts()
                await fleet.until(lambda: replica in front.ready, _a_moment)  # noqa: B023  # awaited here
        crowd.over = True
    await fleet.drained()
    return longest


async def _a_moment() -> bool:
    await between_looks()
    return False


async def rolled(
    url: str, data: Path, servers: Nursery, rounds: int, how: signal.Signals
) -> tuple[dict[str, Any], list[str]]:
    """Figures and faults of two servers that are stopped in turn."""
    async with fleet_of(url, data, servers, people(400), seed=1) as fleet:
        await asyncio.gather(*(each.starts() for each in (fleet.add(), fleet.add())))
        fleet.patience = SIZE.patience
        async with front_of(fleet) as front:
            await fleet.until(lambda: len(front.ready) == 2, _a_moment)
            crowd = Crowd(fleet)
            longest = await in_turn(fleet, front, crowd, rounds, how)
            found = {
                "rounds": rounds, "guests": len(crowd.guests), "answers": dict(front.answers),
                "longest stop": round(longest, 2), "longest answer": round(front.longest, 2), "refused": dict(fleet.ledger.refused),
                "broken": dict(Counter(front.broken)),
            }  # fmt: skip
            return found, await verdict(fleet, crowd.guests)


async def test_servers_stopped_one_after_the_other_are_missed_by_nobody(
    database_url: str, tmp_path: Path, servers: Nursery
) -> None:
    """No answer is an error, nothing is lost or doubled, every guest is answered, and each stop is over in ten seconds."""
    found, faults = await rolled(database_url, tmp_path, servers, SIZE.rounds, signal.SIGTERM)
    report("stopped in turn", found)
    assert faults == []
    assert not [status for status in found["answers"] if status >= 500]
    assert found["refused"] == {}
    assert found["longest stop"] <= DRAINED


async def test_a_server_that_does_not_answer_what_it_has_begun_is_missed(
    database_url: str, tmp_path: Path, servers: Nursery
) -> None:
    """The control: killed instead of stopped, with a request in hand."""
    found, faults = await rolled(database_url, tmp_path, servers, 1, signal.SIGKILL)
    report("killed in turn", found | {"faults": by_reason(faults)})
    assert found["answers"].get(502)


async def farewell(fleet: Fleet, replica: Replica, *without: str) -> str:
    """How a server that is told to stop is found to have left, by a balancer that looks now and then."""
    await replica.starts(without=without)
    async with front_of(fleet) as front:
        await fleet.until(lambda: front.ready == {replica}, _a_moment)
        os.kill(replica.pid, signal.SIGTERM)
        await fleet.until(lambda: not front.ready and replica.code is not None, _a_moment)
        return next(iter(front.farewells))


async def test_who_leaves_says_so_while_still_at_the_door(database_url: str, tmp_path: Path, servers: Nursery) -> None:
    """Nobody is turned away before the balancer knows; the control shuts its door at once (a look in that very moment is looked again)."""
    async with fleet_of(database_url, tmp_path, servers, people(1), seed=1) as fleet:
        replica = fleet.add()
        assert await farewell(fleet, replica) == "said so"
        assert "was gone" in [await farewell(fleet, replica, "leaving") for _ in range(2)]
