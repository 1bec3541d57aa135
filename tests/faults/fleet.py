"""The house as a fleet: servers in processes of their own behind a balancer, their simulated providers, and what these saw.

Servers come from a nursery (launch.py) that has loaded everything once, so that a life begins within a moment; each may be killed,
frozen or doomed at any time. The providers live on in this process, and everything that passes them is written down.
"""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bot import demo
from bot.settings import Settings
from models import database
from models.catalog import Catalog, compile
from models.catalog_file import read_file
from models.settings import keep_value
from tests.conftest import DIALECT, SAMPLE
from tests.stories.test_killed import a_free_port, prepare
from web.stage.providers import Running, start

PATIENCE = 60.0  # seconds until something that must come is missed
MOMENT = 0.05  # seconds between looks at what tells nobody when it has changed
KEPT = {"twilio": "whatsapp", "telegram": "telegram"}  # providers and our channels

Fault = tuple[str, str, int]


async def between_looks(seconds: float = MOMENT) -> None:
    """The time from one look to the next at what tells nobody when it has changed: another process, or a database."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()


# -- the nursery --------------------------------------------------------------------------------


class Nursery:
    """The process that servers come from; one for all trials of a run."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("launch.py")
        order = [sys.executable, str(script), "nursery"]
        self.process = subprocess.Popen(order, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin
        assert self.process.stdout
        self.orders, self.told = self.process.stdin, self.process.stdout
        assert b"ready" in self.told.readline()
        os.set_blocking(self.told.fileno(), False)

    def close(self) -> None:
        """End it, and with it whatever came from it."""
        self.orders.close()
        self.process.wait(PATIENCE)
        self.told.close()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A nursery, loaded."""
    made = Nursery()
    try:
        yield made
    finally:
        made.close()


# -- one server ---------------------------------------------------------------------------------


class Replica:
    """One `bellhop serve` or `bellhop worker`, life after life. `faults` and `without` are for the next life."""

    def __init__(self, fleet: "Fleet", command: str, name: str) -> None:
        self.fleet, self.command, self.name = fleet, command, name
        self.port = a_free_port()
        self.pid = 0
        self.code: int | None = None  # how the last life ended
        self.frozen = False
        self.lives = 0

    @property
    def url(self) -> str:
        """Its own address, past the balancer."""
        return f"http://127.0.0.1:{self.port}"

    async def starts(self, *faults: Fault, without: tuple[str, ...] = ()) -> None:
        """Begin a life; back when it is ready to work, or has ended already."""
        self.code, self.frozen, self.lives = None, False, self.lives + 1
        env = self.fleet.env | {"BELLHOP_PORT": str(self.port)}
        order = {"command": self.command, "env": env, "log": str(self.log), "faults": faults, "without": without}
        self.pid = await self.fleet.born(order, self)
        await self.fleet.until(lambda: self.code is not None or self.frozen, self._ready)
        assert self.code in (None, -signal.SIGKILL), self.last_words()

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.fleet.data / f"{self.name}.log"

    def last_words(self) -> str:
        """The end of what it printed."""
        return f"{self.name} ended with {self.code}:\n{self.log.read_text()[-3000:]}"

    async def _ready(self) -> bool:
        if self.command == "worker":  # it has no door; its listener on the database is its sign of life
            return True
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.fleet.http.get(f"{self.url}/readyz", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                return answer.status == 200
        return False

    async def killed(self) -> None:
        """Kill it by -9, now."""
        assert self.code is None, self.last_words()
        os.kill(self.pid, signal.SIGKILL)
        await self.dies()

    async def dies(self) -> None:
        """Until it has been killed, whoever did it."""
        await self.fleet.until(lambda: self.code is not None)
        assert self.code == -signal.SIGKILL, self.last_words()
        self.fleet.kills += 1

    async def freezes(self) -> None:
        """Until it has frozen at its fault."""
        await self.fleet.until(lambda: self.frozen or self.code is not None)
        assert self.frozen, self.last_words()

    def thaws(self) -> None:
        """It goes on where it was stopped, and knows nothing of the time between."""
        self.frozen = False
        os.kill(self.pid, signal.SIGCONT)


# -- the way in ---------------------------------------------------------------------------------


class Balancer:
    """A public address whose connections go to one server after the other; to none while none is there."""

    def __init__(self) -> None:
        self.behind: list[int] = []
        self.turn = itertools.count()
        self.port = 0
        self.server: asyncio.Server | None = None
        self.open = set[asyncio.Task[None]]()

    async def start(self) -> None:
        """Listen."""
        self.server = await asyncio.start_server(self._came, "127.0.0.1", 0)
        self.port = int(self.server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Let nobody in any more, and end what is open."""
        assert self.server is not None
        self.server.close()
        for task in self.open:
            task.cancel()
        await asyncio.gather(*self.open, return_exceptions=True)

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        task.add_done_callback(self.open.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._led(reader, writer)
        writer.transport.abort()

    async def _led(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports, first = list(self.behind), next(self.turn)
        for number in range(len(ports)):
            with suppress(OSError):
                there, onward = await asyncio.open_connection("127.0.0.1", ports[(first + number) % len(ports)])
                try:
                    await _either(_pipe(reader, onward), _pipe(there, writer))
                finally:
                    onward.transport.abort()
                return


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await source.read(65536):
            sink.write(part)
            await sink.drain()


async def _either(*ways: Any) -> None:
    """Until one of them ends; then both have."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# -- what the providers saw ---------------------------------------------------------------------


class Ledger:
    """Written down as it happens at the providers: what was acknowledged to them. Listens as the stage's page does, and never lags."""

    def __init__(self, sim: Running, random: Random) -> None:
        self.sim, self.random = sim, random
        self.brought = Counter[tuple[str, str]]()  # (channel, id) → how often it was brought
        self.acknowledged = Counter[tuple[str, str]]()  # … and answered with 200
        self.refused = Counter[str]()  # other answers, by provider and status
        self.phones: dict[tuple[str, str], Callable[[Any], None]] = {}
        self.repeats = 1  # a webhook comes up to so many times
        self.coming = set[asyncio.Task[Any]]()

    def qsize(self) -> int:
        """Nothing ever waits here."""
        return 0

    def put_nowait(self, event: dict[str, Any]) -> None:
        """One thing that happened."""
        if event["type"] == "wire" and event["entry"]["way"] == "webhook":
            self._webhook(event["entry"])
        elif (message := event.get("message")) and (phone := self.phones.get((event["person"], event["channel"]))):
            phone(message)

    def _webhook(self, entry: dict[str, Any]) -> None:
        what = self._named(entry)
        if what is None:
            return
        self.brought[what] += 1
        if entry["status"] == 200:
            self.acknowledged[what] += 1
        else:
            self.refused[f"{entry['provider']} {entry['status']}"] += 1
        more = self.random.randint(0, self.repeats - 1) if self.brought[what] == 1 else 0
        if more:
            again = self.sim.parts.postman.again(
                str(entry["n"]), more, parallel=self.random.random() < 0.5, forge=False, fresh=False
            )
            task = asyncio.create_task(again)
            self.coming.add(task)
            task.add_done_callback(self.coming.discard)

    def _named(self, entry: dict[str, Any]) -> tuple[str, str] | None:
        """The channel and the provider's id of what a webhook brings; None for a status."""
        body = self.sim.world.wire.get(str(entry["n"]))["replay"]["body"]
        if entry["provider"] == "telegram":
            return "telegram", str(json.loads(body)["update_id"])
        if entry["provider"] == "stripe":
            return "stripe", str(json.loads(body)["id"])
        return (
            None if urlsplit(entry["url"]).path.endswith("/status") else ("whatsapp", parse_qs(body)["MessageSid"][0])
        )

    async def done(self) -> None:
        """Until no repeated webhook is on its way any more."""
        while self.coming:
            await asyncio.gather(*self.coming, return_exceptions=True)


# -- all of it ----------------------------------------------------------------------------------


@dataclass
class Fleet:
    """Everything a trial needs."""

    settings: Settings
    env: dict[str, str]
    sim: Running
    http: aiohttp.ClientSession
    data: Path
    nursery: Nursery
    balancer: Balancer
    ledger: Ledger
    offset: float
    replicas: list[Replica] = field(default_factory=list)
    kills: int = 0
    freezes: int = 0
    restarts: int = 0  # of PostgreSQL
    orphans: dict[int, float] = field(default_factory=dict)  # delivery → when its bearer was killed, seconds since 1970
    patience: float = PATIENCE
    _waiting: deque[tuple[Replica, asyncio.Future[int]]] = field(default_factory=deque)
    _by_pid: dict[int, Replica] = field(default_factory=dict)
    _errands: Any = field(default_factory=itertools.count)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _rest: bytes = b""

    @property
    def url(self) -> str:
        """The public address."""
        return f"http://127.0.0.1:{self.balancer.port}"

    # -- processes ------------------------------------------------------------------------------

    def listen(self) -> None:
        """Hear what the nursery tells."""
        asyncio.get_running_loop().add_reader(self.nursery.told.fileno(), self._told)

    def _told(self) -> None:
        *lines, self._rest = (self._rest + os.read(self.nursery.told.fileno(), 65536)).split(b"\n")
        for line in lines:
            self._note(json.loads(line))
        self._news.set()

    def _note(self, what: dict[str, int]) -> None:
        if pid := what.get("born"):
            replica, future = self._waiting.popleft()
            self._by_pid[pid] = replica
            future.set_result(pid)
        elif (pid := what.get("stopped")) and pid in self._by_pid:
            self._by_pid[pid].frozen = True
        elif (pid := what.get("ended")) and pid in self._by_pid:
            self._by_pid.pop(pid).code = what["code"]

    async def born(self, order: dict[str, Any], replica: Replica) -> int:
        """Have a process begun; gives its id."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((replica, future))
        self.nursery.orders.write(json.dumps(order).encode() + b"\n")
        self.nursery.orders.flush()
        return int(await future)

    async def runs(
        self, command: str, *words: str, without: tuple[str, ...] = (), **settings: object
    ) -> tuple[int, str]:
        """A command from its beginning to its end, with these settings alone; gives its exit code and all it said."""
        errand = Replica(self, command, f"errand{next(self._errands)}")
        env = {name: value for name, value in os.environ.items() if not name.startswith("BELLHOP_")}
        env |= {f"BELLHOP_{name.upper()}": str(value) for name, value in settings.items()}
        order = {"command": command, "words": words, "env": env, "log": str(errand.log), "without": without}
        errand.code = None
        await self.born(order, errand)
        await self.until(lambda: errand.code is not None)
        return errand.code or 0, errand.log.read_text()

    async def until(self, right: Callable[[], bool], look: Callable[[], Any] | None = None) -> None:
        """Until one of them says so; `look` is awaited again and again, `right` whenever a process was told of."""
        async with asyncio.timeout(PATIENCE):
            while not right() and not (look and await look()):
                self._news.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(MOMENT):
                        await self._news.wait()

    def add(self, command: str = "serve") -> Replica:
        """One more of the fleet, not started yet."""
        replica = Replica(self, command, f"{command}{len(self.replicas) + 1}")
        self.replicas.append(replica)
        if command == "serve":
            self.balancer.behind.append(replica.port)
        return replica

    async def kill(self, replica: Replica) -> None:
        """Kill one, and remember what it had in hand."""
        pid = replica.pid
        await replica.killed()
        await self.was_killed(pid)

    async def was_killed(self, pid: int) -> None:
        """The message that the dead had in hand in each lane is an orphan now."""
        now = time.time()
        with suppress(Exception):  # PostgreSQL may be down as well
            rows = await database.read(
                "SELECT MIN(d.id) AS id FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.owner LIKE :owner "
                "AND d.state IN ('sending', 'waiting') AND r.channel IN ('whatsapp', 'telegram') "
                "AND d.kind <> 'booking_confirmed_guest' GROUP BY r.id",  # its picture is drawn first, and others' before it
                owner=f"%:{pid}:%",
            )
            self.orphans |= {int(row["id"]): now for row in rows}

    async def ends(self) -> None:
        """Everybody is killed."""
        for replica in self.replicas:
            if replica.pid and replica.code is None:
                os.kill(replica.pid, signal.SIGKILL)
                await self.until(lambda: replica.code is not None)  # noqa: B023  # awaited here
        asyncio.get_running_loop().remove_reader(self.nursery.told.fileno())

    # -- the providers --------------------------------------------------------------------------

    async def pull(self, path: str, **wish: Any) -> Any:
        """One of the simulators' strings (see web/stage/providers)."""
        async with self.http.post(self.sim.url + path, json=wish) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def later(self, **by: float) -> None:
        """Let time pass for the house and the providers alike."""
        self.offset += timedelta(**by).total_seconds()
        await keep_value("clock_offset", str(self.offset))
        await self.pull("/sim/clock", offset=self.offset)

    async def drained(self) -> None:
        """Until nothing is on its way any more: at the providers, in the lanes, owed or due."""
        await self.ledger.done()
        async with asyncio.timeout(self.patience):
            while await self._busy():
                await self.pull("/sim/hurry")
                await between_looks(MOMENT * 2)

    async def _busy(self) -> bool:
        """Whether anything is left to do; a database that is away has more to do."""
        if len(self.sim.world.jobs) or self.ledger.coming:
            return True
        try:
            rows = await database.read(
                "SELECT (SELECT COUNT(*) FROM delivery WHERE state IN ('waiting', 'sending')) + "
                "(SELECT COUNT(*) FROM recipient WHERE next_due IS NOT NULL) + "
                "(SELECT COUNT(*) FROM inbound WHERE state = 'owed') + (SELECT COUNT(*) FROM event WHERE state = 'owed') AS n"
            )
        except Exception:  # noqa: BLE001  # it is being started again
            return True
        return bool(rows[0]["n"])


@cache
def _sample() -> Catalog:
    """Nobody changes it, and reading it takes a third of a second."""
    return compile(read_file(SAMPLE).content or {})


@asynccontextmanager
async def fleet_of(
    database_url: str, data: Path, nursery: Nursery, people: list[dict[str, Any]], seed: int
) -> AsyncIterator[Fleet]:
    """The providers, a migrated database and the way in; no server yet. Our own connection is for looking on."""
    async with AsyncExitStack() as stack:
        balancer = Balancer()
        await balancer.start()
        stack.push_async_callback(balancer.stop)
        url = f"http://127.0.0.1:{balancer.port}"
        first = Settings(_env_file=None, public_url=url, data=data, database_url=database_url, catalog=SAMPLE)  # type: ignore[call-arg]
        accounts, catalog = demo.sandbox(first), _sample()
        config = demo.simulators(first, accounts, catalog)
        sim = await start(config | {"pace": 0.02, "state": None, "people": [*config["people"], *people]})
        stack.push_async_callback(sim.stop)
        env = demo.environment(first, accounts, catalog, {"port": sim.port, "smtp_port": sim.smtp_port})
        ours = {name.removeprefix("BELLHOP_").lower(): value for name, value in env.items()}
        settings = Settings(_env_file=None, **ours)  # type: ignore[arg-type,call-arg]
        env |= {
            "BELLHOP_TWILIO_RATE": "0",
            "BELLHOP_TELEGRAM_RATE": "0",
            "BELLHOP_SECRET_KEY": "the secret of the tests",
        }
        await prepare(settings, sim)
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        await database.connect(database_url)
        stack.push_async_callback(database.close)
        await _durable(database_url)
        ledger = Ledger(sim, Random(seed))  # a trial's dice
        sim.world.listeners.add(ledger)  # type: ignore[arg-type]
        fleet = Fleet(settings, env, sim, http, data, nursery, balancer, ledger, sim.world.offset)
        fleet.listen()
        stack.push_async_callback(fleet.ends)
        yield fleet


async def _durable(url: str) -> None:
    """The tests' PostgreSQL is careless with what was just committed; here it may be killed, and must not be."""
    if DIALECT == "postgres":
        name = url.split("@/")[1].split("?", maxsplit=1)[0]
        async with database.transaction() as run:
            await run(f"ALTER DATABASE {name} SET synchronous_commit = on")


def by_reason(faults: list[str]) -> dict[str, int]:
    """How many of each kind: the words before the colon."""
    kinds = defaultdict[str, int](int)
    for fault in faults:
        kinds[fault.split(":")[0]] += 1
    return dict(kinds)
