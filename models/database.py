"""Where the records are kept: opening the database, one transaction at a time, SQL that both databases read."""

import errno
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise import Tortoise, connections
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError, TransactionManagementError
from tortoise.transactions import in_transaction

from models import guards, migrating

RECORDS = [
    "models.booking", "models.catalogs", "models.claims", "models.delivery", "models.documents", "models.doors",
    "models.dues", "models.guest", "models.ledger", "models.letters", "models.links", "models.rates",
    "models.settings", "models.staff", "models.talk", "models.threads", "models.timeline",
    "models.waiting",
]  # fmt: skip

T = TypeVar("T")
P = ParamSpec("P")
AS_LONG_AS_IT_TAKES = 600_000  # milliseconds that a second process waits at an SQLite file that the first one migrates
IDLE = "10s"  # PostgreSQL undoes what a frozen process had begun: its locks would hold up everybody else
Rows = list[dict[str, Any]]
AfterCommit = Callable[[], None]
_owed: ContextVar[list[AfterCommit] | None] = ContextVar("after_commit", default=None)


class Refused(Exception):
    """The database cannot be opened as asked; the sentence says why and what to do."""


def config(url: str) -> dict[str, Any]:
    """Tortoise's configuration for `sqlite:///path` or `postgres://user:password@host/name`."""
    return {
        "connections": {"default": _connection(url)},
        "apps": {
            "models": {"models": RECORDS, "default_connection": "default", "migrations": "models.migrations"},
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def _connection(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {"engine": "models.sqlite", "credentials": {"file_path": sqlite_path(url), **_PRAGMAS}}
    if parts.scheme not in ("postgres", "postgresql"):
        raise Refused(f"DATABASE_URL must begin with sqlite:/// or postgres://, not {parts.scheme or 'nothing'}")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "engine": "models.postgres",
        "credentials": {
            "host": query.get("host", parts.hostname or "localhost"),
            "port": parts.port or 5432,
            "user": unquote(parts.username or "postgres"),
            "password": unquote(parts.password or ""),
            "database": parts.path.lstrip("/"),
            "minsize": 1,
            "maxsize": 10,
            "server_settings": {"idle_in_transaction_session_timeout": IDLE},
        },
    }


def credentials(url: str) -> dict[str, Any]:
    """What asyncpg needs for a connection of its own beside the pool's."""
    known: dict[str, Any] = _connection(url)["credentials"]
    return {name: known[name] for name in ("host", "port", "user", "password", "database")}


_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON", "busy_timeout": 5000}


def sqlite_path(url: str) -> str:
    """The file of `sqlite:///relative` or `sqlite:////absolute`."""
    return unquote(url.removeprefix("sqlite:///"))


async def connect(url: str, **pragmas: Any) -> None:
    """Open the database for this process; `close` ends it. `pragmas` are SQLite's, where others than ours are wanted."""
    known = config(url)
    if url.startswith("sqlite:"):
        Path(sqlite_path(url)).parent.mkdir(parents=True, exist_ok=True)
        known["connections"]["default"]["credentials"] |= pragmas
    await Tortoise.init(config=known, _enable_global_fallback=True)


async def close() -> None:
    """Close every connection (aiosqlite's thread would keep the process alive otherwise)."""
    await Tortoise.close_connections()


@asynccontextmanager
async def one_migrates(url: str) -> AsyncIterator[None]:
    """Of several processes that start at once, one at a time migrates and fills the database. SQLite has one server, and one writer."""
    if url.startswith("sqlite:"):
        yield
        return
    connection = await asyncpg.connect(**credentials(url))
    try:
        await connection.execute("SELECT pg_advisory_lock(7340033)")  # any number of our own
        yield
    finally:
        await connection.close()


async def migrate(url: str) -> None:
    """Bring the tables to the newest shape and lay whichever guard does not stand as it should, all or nothing; then verify.

    Refuses (`Refused`) a database that a newer program has written, and one whose guards cannot be laid.
    """
    await connect(url, busy_timeout=AS_LONG_AS_IT_TAKES)
    async with transaction() as run:
        await migrating.to_the_newest(config(url)["apps"])
        await _refuse_newer(run)
        await _lay(run)
    await close()
    await connect(url)
    await verify()


async def _lay(run: "Run") -> None:
    """Lay the guards that are gone or altered (Tortoise drops some silently when it rebuilds a table)."""
    lacking = {name for name, _ in await _lacking(run)}
    for name in guards.laid(dialect()):
        if name in lacking:
            try:
                for statement in guards.mending(name, dialect()):
                    await run(statement)
            except (IntegrityError, OperationalError) as refusal:
                raise Refused(f"the guard {name} cannot be laid over what the database holds: {refusal}") from refusal


async def verify() -> None:
    """Every guard, reference and obligatory column stands in the database as it is written here."""
    ours, lacking = guards.laid(dialect()), await _lacking(read)
    if lost := sorted(name for name, _ in lacking if name in ours):
        raise Refused(f"the database lacks its guards {', '.join(lost)}: run `bellhop migrate`")
    if lost := sorted(f"{table}: {what}" for table, what in lacking):
        raise Refused(f"the database lacks what its records rely on ({', '.join(lost)}): restore a backup")


async def _lacking(ask: "Ask") -> set[guards.Fact]:
    wanted = guards.laid(dialect()).items() | guards.promised(Tortoise.describe_models())
    return wanted - {(row["name"], row["made"]) for row in await ask(guards.standing(dialect()))}


async def _refuse_newer(run: "Run") -> None:
    ours = {path.stem for path in (Path(__file__).parent / "migrations").glob("0*.py")}
    theirs = {row["name"] for row in await run("SELECT name FROM tortoise_migrations WHERE app = 'models'")}
    if theirs - ours:
        raise Refused(
            f"the database was written by a newer Bellhop ({', '.join(sorted(theirs - ours))}): update this one"
        )


_SQLITE_AWAY = ("locked", "disk", "readonly", "unable to open", "busy")
_FULL = {errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.EROFS, errno.EIO}
_POSTGRES_AWAY = (
    asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError, asyncpg.PostgresSystemError, asyncpg.IdleInTransactionSessionTimeoutError,
)  # fmt: skip


def is_away(error: BaseException) -> bool:
    """Whether the database itself refuses (locked, full, gone), rather than a statement or a value being wrong."""
    if isinstance(error, IntegrityError):
        return False
    if (
        isinstance(error, sqlite3.OperationalError | OperationalError | TransactionManagementError)
        and dialect() == "sqlite"
    ):
        return any(word in str(error).lower() for word in _SQLITE_AWAY)
    if isinstance(error, OSError) and dialect() == "sqlite":
        return error.errno in _FULL
    return isinstance(error, (DBConnectionError, TransactionManagementError, OSError, *_POSTGRES_AWAY))


def is_contended(error: BaseException) -> bool:
    """Whether two transactions stood in each other's way (PostgreSQL undoes one): the same may be tried again at once."""
    return isinstance(error, asyncpg.TransactionRollbackError)


async def again_at_once(work: Callable[[], Awaitable[T]]) -> T:
    """Do a whole transaction, and again at once while another stands in its way, three times in all."""
    for _ in range(2):
        try:
            return await work()
        except Exception as undone:
            if not is_contended(undone):
                raise
    return await work()


def contended_again(act: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Of a function that is one whole transaction: the same, which is done again where another stands in its way."""

    @wraps(act)
    async def acting(*given: P.args, **named: P.kwargs) -> T:
        return await again_at_once(lambda: act(*given, **named))

    return acting


def dialect() -> str:
    """`sqlite` or `postgres`."""
    return str(connections.get("default").capabilities.dialect)


class Run:
    """Runs one statement of SQL with `:named` values inside its transaction and gives the rows back."""

    __slots__ = ("_connection", "_positional")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._positional = connection.capabilities.dialect != "sqlite"

    @property
    def locks_rows(self) -> bool:
        """Whether this database locks rows one by one (PostgreSQL) rather than all at once."""
        return bool(self._positional)

    async def __call__(self, sql: str, **values: Any) -> Rows:
        if not self._positional:
            rows: Rows = await self._connection.execute_query_dict(sql, values)
            return rows
        text, names = numbered(sql)
        found: Rows = await self._connection.execute_query_dict(text, [values[name] for name in names])
        return found


@lru_cache(maxsize=512)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """`:name` as PostgreSQL's `$1`; a name used twice keeps its number. `::type` is left alone."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    text = re.sub(r"(?<![:\w]):([a-z_]\w*)", number, sql)
    return text, tuple(names)


@asynccontextmanager
async def transaction() -> AsyncIterator[Run]:
    """One transaction; inside another it is a savepoint. On SQLite every writer passes the one fair gate."""
    outer = _owed.get()
    owed: list[AfterCommit] = []
    token = _owed.set(owed)
    try:
        async with in_transaction() as connection:
            yield Run(connection)
    finally:
        _owed.reset(token)
    if outer is not None:
        outer.extend(owed)
        return
    for act in owed:
        act()


def after_commit(act: AfterCommit) -> None:
    """Do this in memory once the transaction around us is durable; dropped when it is undone."""
    owed = _owed.get()
    if owed is None:
        act()
    elif act not in owed:
        owed.append(act)


async def read(sql: str, **values: Any) -> Rows:
    """Rows read outside any transaction."""
    return await Run(connections.get("default"))(sql, **values)


Ask = Callable[..., Awaitable[Rows]]  # a `Run` inside a transaction, or `read` outside any
