"""Copies all records from one database into an empty one of either kind, in one transaction on each side, and checks the copy."""

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from models.database import Refused, credentials, one_migrates, sqlite_path

# Tortoise keeps the SQL of the first kind of database that a process has opened, so both sides are spoken to by their drivers.

BATCH = 256  # rows held in memory at a time at most
LARGE = 8 << 20  # bytes of pictures, papers and letters in them; one row may have more
SHAPE = "tortoise_migrations"  # the tables' own history: made with the tables, never copied

Tell = Callable[[str, int], None]  # a table and how many of its rows are copied, once a batch
Row = tuple[Any, ...]
Tables = dict[str, dict[str, str]]  # table → column → its type


class Side(Protocol):
    """One of the two databases, open in a transaction of its own."""

    async def tables(self) -> Tables: ...
    async def references(self) -> list[Row]:
        """Every table with one it refers to."""

    async def ask(self, sql: str) -> list[Row]: ...
    def rows(self, table: str, columns: Mapping[str, str]) -> AsyncIterator[list[Row]]:
        """All rows of a table, in batches of so many that they are held in memory with ease."""

    async def put(self, table: str, columns: list[str], rows: list[Row]) -> None: ...
    async def numbers(self) -> dict[str, int]:
        """The highest id that each table ever gave."""

    async def number_on(self, given: dict[str, int]) -> None:
        """Let every table go on behind these."""


async def copy(source: str, target: str, tell: Tell) -> dict[str, int]:
    """Copy all records; gives how many there are by table. The target has the tables and no row yet.

    The source is read at one moment: what others write there meanwhile is not in the copy, and they do not wait. Refuses
    (`Refused`) a target that holds something, a source of another shape, and a copy that differs; the target is then as before.
    """
    # no server may find the target empty and fill it beside us
    async with one_migrates(target), opened(source) as there, opened(target, writing=True) as here:
        tables = await here.tables()
        await _refuse_another_shape(there, here)
        await _refuse_full(here)
        counts = {}
        for table in await _parents_first(here, tables):
            counts[table] = await _copy(table, tables[table], there, here, tell)
        await here.number_on(await there.numbers())
    return counts


async def refuse_full(url: str) -> None:
    """Refuse a database that holds anything; one that is not there yet, or has only its tables, is empty."""
    if not url.startswith("sqlite:") or _file(url).exists():
        async with opened(url) as side:
            await _refuse_full(side)


async def refuse_others(url: str) -> None:
    """Refuse a PostgreSQL database that somebody has open; who serves an SQLite file holds its lock."""
    if not url.startswith("sqlite:"):
        async with opened(url) as side:
            if await side.ask(_OTHERS):
                raise Refused("the database is in use: stop every Bellhop that works on it first")


_OTHERS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)


async def newest_migration(url: str) -> str:
    """The name of the last migration that shaped this database."""
    async with opened(url) as side:
        return max(await _migrations(side), default="")


async def counts(url: str) -> dict[str, int]:
    """How many rows each table holds."""
    async with opened(url) as side:
        return {
            table: (await side.ask(f'SELECT COUNT(*) FROM "{table}"'))[0][0]  # noqa: S608  # a name from the database
            for table in sorted(await side.tables())
        }


@asynccontextmanager
async def opened(url: str, *, writing: bool = False) -> AsyncIterator[Side]:
    """A database in one transaction: all that it holds at one moment, or, for writing, all or nothing."""
    kind = _sqlite if url.startswith("sqlite:") else _postgres
    async with kind(url, writing) as side:
        yield side


# --- what the two must agree on ---


async def _refuse_another_shape(there: Side, here: Side) -> None:
    theirs, ours = await _migrations(there), await _migrations(here)
    if theirs - ours:
        raise Refused(f"the records are of a newer Bellhop ({max(theirs - ours)}): update this one first")
    if ours - theirs:
        raise Refused(
            f"the records are of an older Bellhop (without {min(ours - theirs)}): run `bellhop migrate` first"
        )
    left, right = await there.tables(), await here.tables()
    for table in sorted(left.keys() | right.keys()):
        if left.get(table, {}).keys() != right.get(table, {}).keys():
            raise Refused(f"the table {table} is not the same in both databases: one of them is not Bellhop's alone")


async def _migrations(side: Side) -> set[str]:
    try:
        return {name for (name,) in await side.ask(f"SELECT name FROM {SHAPE} WHERE app = 'models'")}  # noqa: S608
    except (sqlite3.OperationalError, asyncpg.UndefinedTableError):
        raise Refused("this is no database of Bellhop's: it has never been migrated") from None


async def _refuse_full(side: Side) -> None:
    for table in await side.tables():
        if await side.ask(f'SELECT 1 FROM "{table}" LIMIT 1'):  # noqa: S608  # a name from the database
            raise Refused(f"the database is not empty (it has rows in {table}): name one that holds nothing")


async def _parents_first(side: Side, tables: Tables) -> list[str]:
    graph: dict[str, set[str]] = {table: set() for table in sorted(tables)}
    for table, parent in await side.references():
        if parent != table:
            graph[table].add(parent)
    return list(TopologicalSorter(graph).static_order())


# --- one table ---


async def _copy(table: str, columns: dict[str, str], there: Side, here: Side, tell: Tell) -> int:
    names, read, kept = list(columns), Seal(), Seal()
    fitting = [_FITTING.get(kind.lower()) for kind in columns.values()]
    async for batch in there.rows(table, columns):
        read.add(batch)
        try:
            await here.put(table, names, [_fitted(row, fitting) for row in batch] if any(fitting) else batch)
        except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TypeError) as refusal:
            raise Refused(f"the table {table} cannot be copied: {refusal}") from refusal
        tell(table, read.count)
    async for batch in here.rows(table, columns):
        kept.add(batch)
    if read != kept:
        raise Refused(f"the copy of the table {table} is not the same ({read.count} rows, {kept.count} in the copy)")
    return read.count


# What a driver does not turn by itself into its column's type: SQLite has no truth values, only 0 and 1.
_FITTING: dict[str, Callable[[Any], Any]] = {"boolean": bool}


def _fitted(row: Row, fitting: list[Callable[[Any], Any] | None]) -> Row:
    return tuple(value if fit is None or value is None else fit(value) for value, fit in zip(row, fitting, strict=True))


class Seal:
    """The number of some rows and the sum of their SHA-256, whatever their order and whichever database gave them."""

    def __init__(self) -> None:
        self.count = self.sum = 0

    def add(self, rows: list[Row]) -> None:
        """More rows."""
        self.count += len(rows)
        for row in rows:
            plain = [_PLAIN[type(value)](value) if type(value) in _PLAIN else value for value in row]
            digest = hashlib.sha256(repr(plain).encode()).digest()
            self.sum = (self.sum + int.from_bytes(digest)) % (1 << 256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seal) and (self.count, self.sum) == (other.count, other.sum)

    __hash__ = None  # type: ignore[assignment]  # it grows


_BYTES = ("blob", "bytea")  # as either of them calls it

# How the two tell of the same value alike; a document's bytes are long, and their words four times as long.
_PLAIN: dict[type, Callable[[Any], Any]] = {bool: int, bytes: lambda value: hashlib.sha256(value).hexdigest()}


# --- SQLite ---


@asynccontextmanager
async def _sqlite(url: str, writing: bool) -> AsyncIterator["_Sqlite"]:
    if not _file(url).exists():
        raise Refused(f"there is no database at {_file(url)}")
    connection = sqlite3.connect(f"{_file(url).as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards if writing else ():  # they judge what is written now; this was judged when it was
            connection.execute(f'DROP TRIGGER "{name}"')
        yield _Sqlite(connection)
        for _, made in guards if writing else ():
            connection.execute(made)
        if broken := connection.execute("PRAGMA foreign_key_check").fetchone() if writing else None:
            raise Refused(f"a row of the table {broken[0]} refers to one of {broken[2]} that is not there")
        connection.execute("COMMIT")
    finally:
        connection.close()  # what is not committed is undone


def _file(url: str) -> Path:
    return Path(sqlite_path(url)).absolute()


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def ask(self, sql: str) -> list[Row]:
        return self._connection.execute(sql).fetchall()

    async def tables(self) -> Tables:
        return _by_table(await self.ask(
            "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c "
            "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY m.name, c.cid"
        ))  # fmt: skip

    async def references(self) -> list[Row]:
        return await self.ask('SELECT m.name, f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f')

    async def rows(self, table: str, columns: Mapping[str, str]) -> AsyncIterator[list[Row]]:
        batch, size = list[Row](), 0
        for row in self._connection.execute(_select(table, columns)):
            large = sum(len(value) for value in row if isinstance(value, bytes))
            if batch and (len(batch) == BATCH or size + large > LARGE):
                yield batch
                batch, size = [], 0
            batch.append(row)
            size += large
        if batch:
            yield batch

    async def put(self, table: str, columns: list[str], rows: list[Row]) -> None:
        places = ", ".join("?" * len(columns))
        self._connection.executemany(f'INSERT INTO "{table}" ({_list(columns)}) VALUES ({places})', rows)  # noqa: S608

    async def numbers(self) -> dict[str, int]:
        return {
            table: given
            for table, given in await self.ask("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
            if table != SHAPE
        }

    async def number_on(self, given: dict[str, int]) -> None:
        for table, last in given.items():
            self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))


# --- PostgreSQL ---


@asynccontextmanager
async def _postgres(url: str, writing: bool) -> AsyncIterator["_Postgres"]:
    connection = await asyncpg.connect(**credentials(url))
    try:
        how = {"isolation": "read_committed"} if writing else {"isolation": "repeatable_read", "readonly": True}
        async with connection.transaction(**how):
            side = _Postgres(connection)
            if writing:
                await side.guard(on=False)
            yield side
            if writing:
                await side.guard(on=True)
    finally:
        await connection.close()


class _Postgres:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def ask(self, sql: str) -> list[Row]:
        async with self._connection.transaction():  # a savepoint: an error leaves the rest as it is
            return [tuple(row) for row in await self._connection.fetch(sql)]

    async def tables(self) -> Tables:
        return _by_table(await self.ask(
            "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns "
            "JOIN information_schema.tables t USING (table_schema, table_name) "
            "WHERE table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position"
        ))  # fmt: skip

    async def references(self) -> list[Row]:
        return await self.ask(
            "SELECT c.relname, p.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
            "JOIN pg_class p ON p.oid = k.confrelid "
            "WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace"
        )

    async def guard(self, *, on: bool) -> None:
        """They judge what is written now; what is copied was judged when it was written."""
        for table in await self.tables():
            await self._connection.execute(f'ALTER TABLE "{table}" {"ENABLE" if on else "DISABLE"} TRIGGER USER')

    async def _at_a_time(self, table: str, columns: Mapping[str, str]) -> int:
        """So many rows that, were all of them as large as the largest, they would still be held with ease."""
        large = [f'COALESCE(octet_length("{name}"), 0)' for name, kind in columns.items() if kind.lower() in _BYTES]
        if not large:
            return BATCH
        ((largest,),) = await self.ask(f'SELECT MAX({" + ".join(large)}) FROM "{table}"')  # noqa: S608  # names from the database
        return max(1, min(BATCH, LARGE // max(1, largest or 0)))

    async def rows(self, table: str, columns: Mapping[str, str]) -> AsyncIterator[list[Row]]:
        many = await self._at_a_time(table, columns)
        name = f'"rows of {table}"'  # its own: asyncpg remembers a FETCH by its words
        await self._connection.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {_select(table, columns)}")
        while batch := await self._connection.fetch(f"FETCH {many} FROM {name}"):
            yield [tuple(row) for row in batch]
        await self._connection.execute(f"CLOSE {name}")  # no guard is laid on a table that is being read

    async def put(self, table: str, columns: list[str], rows: list[Row]) -> None:
        await self._connection.copy_records_to_table(table, columns=columns, records=rows)

    async def numbers(self) -> dict[str, int]:
        return {table: last for table, _, last in await self.ask(_SEQUENCES) if last is not None}

    async def number_on(self, given: dict[str, int]) -> None:
        for table, sequence, _ in await self.ask(_SEQUENCES):
            if table in given:
                await self._connection.execute("SELECT setval($1::text::regclass, $2)", sequence, given[table])


_SEQUENCES = (
    f"SELECT t, s, pg_sequence_last_value(s::regclass) FROM (SELECT table_name::text AS t, "  # noqa: S608  # constant
    "pg_get_serial_sequence(quote_ident(table_name), column_name) AS s FROM information_schema.columns "
    f"WHERE table_schema = current_schema() AND table_name <> '{SHAPE}') numbered WHERE s IS NOT NULL"
)


def _by_table(found: list[Row]) -> Tables:
    tables: Tables = {}
    for table, column, kind in found:
        if table != SHAPE:
            tables.setdefault(table, {})[column] = kind
    return tables


def _select(table: str, columns: Iterable[str]) -> str:
    return f'SELECT {_list(columns)} FROM "{table}"'  # noqa: S608  # names from the database


def _list(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
