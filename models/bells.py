"""Bells: rung once something is durable, heard in this process and, on PostgreSQL, in every other process of the house.

A bell only says "look again": what it tells of stands in the database. Bells between processes are gathered for a moment and
leave by a connection of their own, for a NOTIFY inside a transaction would make all commits wait for one another.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from models.database import after_commit, credentials

Hear = Callable[[str], None]

CHANNEL = "bellhop"
TOGETHER = 0.02  # seconds in which bells are gathered into one
LARGEST = 7000  # bytes of one telling; PostgreSQL takes 8000
AGAIN = 1.0  # seconds until a lost connection is made anew
BEAT = 5.0  # seconds between looks whether the connection still stands
LAST = 1.0  # seconds that an end waits for what was rung

log = structlog.get_logger()

_hearers: dict[str, set[Hear]] = defaultdict(set)
_leaving: set["_Outside"] = set()


@dataclass(frozen=True, slots=True)
class _Ring:
    """Equal for equal bells, so that one transaction rings a bell once."""

    bell: str
    said: str

    def __call__(self) -> None:
        _sound(self.bell, self.said)
        for outside in _leaving:
            outside.add(self)


def ring(bell: str, said: str = "") -> None:
    """Ring after the transaction around us is durable; never when it is undone."""
    after_commit(_Ring(bell, said))


def hear(bell: str, act: Hear) -> None:
    """Act on every ring from now on. `act` gets what was said, or "" when rings may have been missed: then look at everything."""
    _hearers[bell].add(act)


def unhear(bell: str, act: Hear) -> None:
    """No longer."""
    _hearers[bell].discard(act)


def _sound(bell: str, said: str) -> None:
    for act in tuple(_hearers[bell]):
        act(said)


@asynccontextmanager
async def between_processes(url: str) -> AsyncIterator[None]:
    """Join the bells of all processes on this PostgreSQL; an SQLite file has one process."""
    if url.startswith("sqlite:"):
        yield
        return
    outside = _Outside(credentials(url))
    _leaving.add(outside)
    task = asyncio.create_task(outside.work())
    try:
        await outside.joined.wait()
        yield
    finally:
        _leaving.discard(outside)
        await outside.say_the_last(task)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Outside:
    """The one connection by which bells leave and arrive."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known
        self.rings: dict[_Ring, None] = {}
        self.some = asyncio.Event()
        self.joined = asyncio.Event()
        self.ending = False
        self.number = 0  # of the server's process behind our connection: our own bells come back with it

    def add(self, rung: _Ring) -> None:
        self.rings[rung] = None
        self.some.set()

    async def say_the_last(self, work: "asyncio.Task[None]") -> None:
        """What was rung before the end leaves too, if PostgreSQL takes it soon."""
        self.ending = True
        self.some.set()
        await asyncio.wait({work}, timeout=LAST)

    async def work(self) -> None:
        while not self.ending:
            try:
                await self._connected()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as lost:
                log.warning("the bells between processes are silent", why=str(lost)[:200])
                self.joined.set()  # the poll stands in until PostgreSQL is back
            if not self.ending:
                await asyncio.sleep(AGAIN)

    async def _connected(self) -> None:
        connection = await asyncpg.connect(**self.known)
        try:
            self.number = connection.get_server_pid()
            await connection.add_listener(CHANNEL, self._heard)
            self._anew()
            self.joined.set()
            ending = False
            while not ending:
                ending = self.ending  # whatever was rung before is in this round
                await self._some()
                await self._leave(connection)
        finally:
            with suppress(Exception):
                await asyncio.shield(connection.close(timeout=1))

    def _anew(self) -> None:
        """While we were not connected anything may have been told."""
        for bell in tuple(_hearers):
            _sound(bell, "")

    async def _some(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self.ending or self.rings else BEAT):
                await self.some.wait()
        self.some.clear()
        if self.rings:
            await asyncio.sleep(TOGETHER)

    async def _leave(self, connection: Any) -> None:
        """Tell what was gathered; with nothing to tell, see whether anybody is there."""
        leaving = tuple(self.rings)
        told = [[rung.bell, rung.said] for rung in leaving]
        text = json.dumps(told)
        if len(text) > LARGEST:  # too much to say: let everybody look at everything
            text = json.dumps([[bell, ""] for bell in dict.fromkeys(bell for bell, _ in told)])
        if told:
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, text)
        else:
            await connection.execute("SELECT 1")
        for rung in leaving:  # not before: what a lost connection did not take leaves by the next
            self.rings.pop(rung, None)

    def _heard(self, _connection: Any, sender: int, _channel: str, text: str) -> None:
        if sender != self.number:
            for bell, said in json.loads(text):
                _sound(bell, said)
