"""SQLite as we need it: one fair gate for every writer, one commit for those who wait at it, and reading beside them.

A statement of a transaction is some ten microseconds' work, done at once; only what waits for the disk or for another process
(the beginning, the commit) goes through the connection's thread. So nobody holds the writer while others' work is done.
"""

import asyncio
import sqlite3
from collections.abc import Coroutine
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

import aiosqlite
from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
)
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionWrapper,
    _gen_savepoint_name,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

GROWN = 4 << 20  # bytes of the log
# Steps of SQLite's machine, some tenths of a millisecond: what takes more is read in a thread. SQLite counts on over the runs of
# a statement it knows, so now and then a short look is read twice.
LONG = 10_000


class ImmediateTransaction(SqliteTransactionWrapper):
    """BEGIN IMMEDIATE: a plain BEGIN that reads first and writes later fails beside another process (sqlite.org, isolation)."""

    async def begin(self) -> None:
        """Take the write lock now, or as soon as a command-line call beside us gives it back, for `busy_timeout` at most."""
        with suppress(sqlite3.OperationalError):
            self._begin_at_once(self._connection._conn)  # noqa: SLF001  # aiosqlite would hand it to its thread
            return
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as refusal:
            raise TransactionManagementError(refusal) from refusal

    def _begin_at_once(self, connection: sqlite3.Connection) -> None:
        patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            connection.execute(f"PRAGMA busy_timeout = {patience}")

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: Any = None) -> list[dict[str, Any]]:
        """Run one statement at once."""
        return _rows(self._connection._conn, query, values)  # noqa: SLF001  # aiosqlite would hand it to its thread

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(ImmediateTransaction(self))

    async def savepoint(self) -> None:
        """From here on it can be undone alone."""
        self._savepoint = _gen_savepoint_name()
        await self.execute_query_dict(f"SAVEPOINT {self._savepoint}")

    async def savepoint_rollback(self) -> None:
        """Undo what was done since, also what the ORM left in the thread's queue when it was called off."""
        await (await self._connection.execute(f"ROLLBACK TO {self._savepoint}")).close()
        await self.release_savepoint()

    async def release_savepoint(self) -> None:
        """It is the outer one's from here on."""
        await self.execute_query_dict(f"RELEASE {self._savepoint}")


class Gate:
    """A lock, first come, first served. All who wait are called at once: who does not stop inside lets the next in at one stroke.

    asyncio's own calls one at a time, and each of them then waits for whatever else the event loop has to do.
    """

    def __init__(self) -> None:
        self.taken, self.numbers = False, count()
        self.line: dict[int, asyncio.Future[None]] = {}  # who waits, in order; done when called

    async def acquire(self) -> None:
        """Come in."""
        if self.taken or self.line:
            await self._wait(next(self.numbers))
        self.taken = True

    async def _wait(self, number: int) -> None:
        try:
            while True:
                # In its old place, if it was called too early.
                self.line[number] = asyncio.get_running_loop().create_future()
                await self.line[number]
                if not self.taken and next(iter(self.line)) == number:
                    break
        except BaseException:
            del self.line[number]
            if not self.taken:
                self._call()
            raise
        del self.line[number]

    def release(self) -> None:
        """Go."""
        self.taken = False
        self._call()

    def _call(self) -> None:
        first = next(iter(self.line.values()), None)
        if first is not None and not first.done():
            for called in self.line.values():
                if not called.done():
                    called.set_result(None)

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.release()


class FairGate(TransactionContext):
    """The way in for one transaction: first come, first served. It is over once it is durable."""

    def __init__(self, client: "FairSqliteClient", gate: Gate) -> None:
        self.of, self.gate = client, gate
        self.connection_name = client.connection_name

    async def __aenter__(self) -> TransactionalDBClient:
        """Come in, or leave the gate as it was: Tortoise's own stays shut when BEGIN fails or is called off."""
        await self.gate.acquire()
        try:
            self.shared = await self.of.begun()
            self.client = ImmediateTransaction(self.of)
            await self.client.savepoint()
        except BaseException:
            self.gate.release()
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Undo it, or wait until it is durable."""
        try:
            if not self.of.broken(error):
                await (self.client.savepoint_rollback() if kind else self.client.release_savepoint())
                if not self.gate.line:  # else whoever comes last
                    await self.of.ended()
        finally:
            get_connections().reset(self.token)
            self.gate.release()
        if not kind:
            await asyncio.shield(self.shared)


class Alone(ConnectionWrapper):  # type: ignore[type-arg]
    """A statement outside any transaction: durable by itself, and no part of what others have not committed yet."""

    async def __aenter__(self) -> Any:
        """Wait for the gate, and have done what is open."""
        await self._lock.acquire()
        try:
            await self.client.ended()  # type: ignore[attr-defined]
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection


class FairSqliteClient(SqliteClient):
    """The process's one writing connection, behind the fair gate.

    Whoever waits at the gate when a transaction begins is committed together with it: the disk is waited for once.
    """

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self._lock = Gate()  # type: ignore[assignment]
        self.reader = SqliteClient(file_path, **kwargs, query_only="ON")
        self._quick: sqlite3.Connection | None = None
        self._open: asyncio.Future[None] | None = None  # done when what was begun is durable
        self._grown = GROWN
        self._endings = set[asyncio.Task[None]]()

    async def create_connection(self, with_db: bool) -> None:
        """Open the file; our statements run in the event loop's thread, commits in the connection's own."""
        if self._connection is None:
            connection = await aiosqlite.connect(
                self.filename, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            connection.row_factory = sqlite3.Row
            for pragma, value in (self.pragmas | {"wal_autocheckpoint": 0}).items():
                await (await connection.execute(f"PRAGMA {pragma}={value}")).close()
            self._connection = connection
            await self._post_connect()

    async def close(self) -> None:
        """End both connections, once everything begun is durable."""
        while self._endings:
            await asyncio.wait(self._endings)
        await self.reader.close()
        if self._quick is not None:
            self._quick.close()
            self._quick = None
        await super().close()

    def acquire_connection(self) -> Any:
        """For a single statement that is no part of a transaction."""
        return Alone(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return FairGate(self, self._lock)  # type: ignore[arg-type]

    async def execute_query_dict(self, query: str, values: Any = None) -> list[dict[str, Any]]:
        """Read, waiting for no writer: at once, or in a thread of its own when that takes long."""
        quick = self._quick or await self._opened()
        try:
            return _rows(quick, query, values)
        except sqlite3.OperationalError:  # broken off, locked or wrong: the thread has the time to find out
            return await self.reader.execute_query_dict(query, values)  # type: ignore[no-any-return]

    async def _opened(self) -> sqlite3.Connection:
        """Both ways of reading, once, however many come at the same time."""
        async with self.reader.acquire_connection():
            if self._quick is None:
                self._quick = _quick(self.filename)
            return self._quick

    # Whoever calls these has the lock.

    async def begun(self) -> asyncio.Future[None]:
        """Begin, or come into what is begun and not yet committed."""
        if self._open is None:
            await self.create_connection(with_db=True)
            beginning = ImmediateTransaction(self)
            try:
                await beginning.begin()
            except BaseException:
                await beginning.rollback()  # called off: the connection's thread may have begun all the same
                raise
            self._open = asyncio.get_running_loop().create_future()
            self._open.add_done_callback(_heard)
            self._let(self._end(self._open))
        return self._open

    def _let(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
        return task

    async def _end(self, begun: "asyncio.Future[None]") -> None:
        """Behind those who wait now."""
        async with self._lock:
            if self._open is begun:
                await self.ended()

    async def ended(self) -> None:
        """Make durable whatever is open, and tell those who wait for it, also when whoever asks is called off."""
        begun, self._open = self._open, None
        if begun is None:
            return
        if self._connection is None:
            begun.set_exception(sqlite3.OperationalError("the database was closed meanwhile"))
            return
        await _to_its_end(self._let(_commit(self._connection, begun)))
        await self._tidy(self._connection)

    async def _tidy(self, writer: aiosqlite.Connection) -> None:
        """Have a log that has grown carried over into the file: by the reader's thread, so that no commit waits for it.

        A log begins anew only when all of it is carried over; where somebody writes at every moment, writers wait for that.
        """
        size = self._log_size()
        if size < GROWN:
            self._grown = GROWN
        elif size > self._grown:
            self._grown = size + GROWN  # somebody may be reading for a long time what stands in it
            if size > 4 * GROWN:
                await _to_its_end(self._let(_carried_over(writer)))
            else:
                self._let(self._carried_over_beside())

    async def _carried_over_beside(self) -> None:
        async with self.reader.acquire_connection() as connection:
            await _carried_over(connection)

    def _log_size(self) -> int:
        try:
            return Path(f"{self.filename}-wal").stat().st_size
        except OSError:
            return 0

    def broken(self, error: BaseException | None) -> bool:
        """Whether SQLite has undone everything open by itself (a full disk): then it is undone for all who share it."""
        if self._open is None or self._connection is None or self._connection.in_transaction:
            return False
        begun, self._open = self._open, None
        refused = sqlite3.OperationalError("the disk refused, and all was undone")
        refused.__cause__ = error
        begun.set_exception(refused)
        return True


def _quick(path: str) -> sqlite3.Connection:
    """For reading in the event loop's thread: whatever would take long, or has to wait, breaks off."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0, cached_statements=512)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only = ON")
    connection.set_progress_handler(lambda: 1, LONG)
    return connection


def _rows(connection: sqlite3.Connection, query: str, values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query, values or ()).fetchall()]


async def _to_its_end(task: "asyncio.Task[None]") -> None:
    """Whoever is called off meanwhile keeps the gate until it is over: the next must not find the connection at work."""
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _commit(connection: aiosqlite.Connection, begun: "asyncio.Future[None]") -> None:
    try:
        await connection.commit()
    except Exception as refusal:  # noqa: BLE001  # whatever it is, those who wait hear it
        with suppress(Exception):
            await connection.rollback()
        begun.set_exception(refusal)
    else:
        begun.set_result(None)


async def _carried_over(connection: aiosqlite.Connection) -> None:
    with suppress(sqlite3.Error):  # then the next time
        await (await connection.execute("PRAGMA wal_checkpoint(PASSIVE)")).close()


def _heard(done: "asyncio.Future[None]") -> None:
    """There may be nobody left to hear how it ended."""
    _ = done.cancelled() or done.exception()


client_class = FairSqliteClient
