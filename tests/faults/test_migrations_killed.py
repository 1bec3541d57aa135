"""Migrating is killed by -9 at any statement, from each earlier shape of the tables: it has finished, or nothing has happened."""

import asyncio
import json
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest_asyncio

from models import copying, database, guards, migrating
from tests.conftest import DIALECT, SAMPLE, Dialect
from tests.faults.conftest import sized
from tests.faults.earlier import LAST
from tests.faults.fleet import Fault, Nursery, between_looks
from tests.faults.test_kills import report
from tests.models.filled import fill
from tests.models.test_copying import silent, url_of

PATIENCE = 60.0  # seconds until something that must come is missed
MOMENT = 0.01  # seconds between looks at what tells nobody when it has changed
HERE = "tests.faults.earlier"
MIGRATIONS = sorted(path.stem for path in Path(migrating.__file__).with_name("migrations").glob("0*.py"))
STATEMENT = {
    "sqlite": "tortoise.migrations.schema_editor.sqlite:SqliteSchemaEditor._run_sql",
    "postgres": "tortoise.migrations.schema_editor.base:BaseSchemaEditor._run_sql",
}[DIALECT]
COMMIT = {
    "sqlite": "aiosqlite.core:Connection.commit",
    "postgres": "tortoise.backends.asyncpg.client:TransactionWrapper.commit",
}[DIALECT]
NOTED = "tortoise.migrations.recorder:MigrationRecorder.record_applied"
GUARD = "models.database:Run.__call__"
BEGUN: Fault = ("bot.program:_fill", "after", 1)  # a server that has come so far has migrated and has a catalogue


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    kills: int  # on each way
    ways: int  # from how many earlier shapes, the oldest of them first
    bookings: int


SHORT, LONG = Size(kills=4, ways=1, bookings=2), Size(kills=60, ways=99, bookings=40)
SIZE = sized(SHORT, LONG)


# -- programs that migrate ----------------------------------------------------------------------


@dataclass
class Programs:
    """Processes of `bellhop migrate` and `bellhop serve`, from the nursery."""

    nursery: Nursery
    folder: Path
    codes: dict[int, int] = field(default_factory=dict)  # how each ended
    stopped: set[int] = field(default_factory=set)
    born: list[int] = field(default_factory=list)
    rest: bytes = b""

    def told(self) -> None:
        """What became of them."""
        *lines, self.rest = (self.rest + os.read(self.nursery.told.fileno(), 65536)).split(b"\n")
        for what in map(json.loads, lines):
            if "born" in what:
                self.born.append(what["born"])
            elif "stopped" in what:
                self.stopped.add(what["stopped"])
            elif "ended" in what:
                self.codes[what["ended"]] = what["code"]

    async def begins(
        self, url: str, *faults: Fault, command: str = "migrate", without: str = "", last: str = ""
    ) -> int:
        """One begins; gives its number."""
        env = {**os.environ, LAST: last, "BELLHOP_DATABASE_URL": url, "BELLHOP_DATA": str(self.folder)}
        order = {
            "command": command, "env": env | {"BELLHOP_CATALOG": str(SAMPLE)}, "log": str(self.folder / "programs.log"),
            "faults": faults, "without": [f"{HERE}:{without}"] if without else [],
        }  # fmt: skip
        known = len(self.born)
        self.nursery.orders.write(json.dumps(order).encode() + b"\n")
        self.nursery.orders.flush()
        await until(lambda: len(self.born) > known)
        return self.born[known]

    async def ends(self, pid: int) -> int:
        """How it ended."""
        await until(lambda: pid in self.codes)
        return self.codes[pid]

    async def run(self, url: str, *faults: Fault, **how: str) -> int:
        """One, from its beginning to its end."""
        return await self.ends(await self.begins(url, *faults, **how))

    def last_words(self) -> str:
        """The end of what they printed."""
        return (self.folder / "programs.log").read_text()[-3000:]


async def until(right: Callable[[], Any]) -> None:
    """Until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not right():  # another process tells nobody
            await between_looks(MOMENT)


@pytest_asyncio.fixture
async def programs(servers: Nursery, tmp_path: Path) -> AsyncIterator[Programs]:
    """Listens to the nursery while a trial lasts."""
    made = Programs(servers, tmp_path)
    asyncio.get_running_loop().add_reader(servers.told.fileno(), made.told)
    yield made
    for pid in set(made.born) - made.codes.keys():
        os.kill(pid, signal.SIGKILL)
        await made.ends(pid)
    asyncio.get_running_loop().remove_reader(servers.told.fileno())


# -- earlier shapes -----------------------------------------------------------------------------


@dataclass
class Earlier:
    """Databases of an earlier day, full of rows: one is made of each shape, and copied."""

    dialect: Dialect
    programs: Programs
    made: dict[str, str] = field(default_factory=dict)

    async def of(self, last: str) -> str:
        """A fresh one that ends with this migration, or an empty one; gives its address."""
        if not last:
            return await self.dialect.empty()
        if last not in self.made:
            self.made[last] = await self._make(last)
        return await self.dialect.copy(self.made[last])

    async def _make(self, last: str) -> str:
        name = f"earlier{last[:4]}"
        path = (self.dialect.folder if DIALECT == "sqlite" else self.programs.folder) / f"{name}.db"
        path.unlink(missing_ok=True)
        await self._shape(url_of(path), last)
        await asyncio.to_thread(fill, path, SIZE.bookings)
        if DIALECT == "sqlite":
            return name
        url = await self.dialect.empty()
        await self._shape(url, last)
        async with copying.opened(url) as side:
            _only_truths(path, await side.tables())
        await copying.copy(url_of(path), url, silent)
        return str(database.credentials(url)["database"])

    async def _shape(self, url: str, last: str) -> None:
        assert await self.programs.run(url, without="program", last=last) == 0, self.programs.last_words()


def _only_truths(path: Path, tables: copying.Tables) -> None:
    """What was a truth value then and is gone today was filled with a number, which PostgreSQL does not take for one."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, columns in tables.items():
            for name in (name for name, kind in columns.items() if kind == "boolean"):
                connection.execute(f"UPDATE {table} SET {name} = {name} % 2")


@pytest_asyncio.fixture
async def earlier(template: Dialect, programs: Programs) -> Earlier:
    """The databases of a trial."""
    return Earlier(template, programs)


@dataclass
class Picture:
    """All that a database is."""

    migrations: set[str] = field(default_factory=set)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    standing: set[copying.Row] = field(default_factory=set)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def is_finished(self) -> bool:
        """Whether it has its newest shape, with all guards."""
        return self.migrations == set(MIGRATIONS) and self.standing >= set(guards.laid(DIALECT).items())

    def keeps(self, before: "Picture") -> bool:
        """Whether each row of before is there, with each value whose column still is."""
        return all(
            shown(rows, self.columns[table], table) == shown(self.rows[table], before.columns[table], table)
            for table, rows in before.rows.items()
        )


# Dropped when nothing wrote it any more, and made anew later as something else: what stood in the first is not in the second.
ANEW = {"recipient": {"stopped"}}


def shown(rows: list[dict[str, Any]], columns: Any, table: str) -> Counter[str]:
    """The rows of a table as far as they have these columns."""
    names = set(columns) - ANEW.get(table, set())
    return Counter(repr([(name, row[name]) for name in sorted(row) if name in names]) for row in rows)


async def picture(url: str) -> Picture:
    """What is there now."""
    if DIALECT == "sqlite" and not os.path.exists(database.sqlite_path(url)):  # noqa: ASYNC240, PTH110  # a look
        return Picture()
    found = Picture()
    async with copying.opened(url) as side:
        found.columns = await side.tables()
        if found.columns:
            found.migrations = {name for (name,) in await side.ask("SELECT name FROM tortoise_migrations")}
        found.standing = set(await side.ask(guards.standing(DIALECT)))
        for table, columns in found.columns.items():
            names = ", ".join(f'"{name}"' for name in columns)
            rows = await side.ask(f'SELECT {names} FROM "{table}"')
            found.rows[table] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found


# -- the trials ---------------------------------------------------------------------------------


def deaths(dice: Random, kills: int) -> list[Fault]:
    """Where the process dies: before and after each statement, note and commit, and between the steps of a start."""
    steps = ("models.migrating:to_the_newest", "models.database:_lay", "models.database:verify", "models.catalogs:load")
    many = {STATEMENT: 40, NOTED: len(MIGRATIONS), GUARD: 24, COMMIT: len(MIGRATIONS) + 2}
    places = [(step, moment, 1) for step in steps for moment in ("before", "after")]
    places += [
        (name, moment, turn + 1) for name, n in many.items() for moment in ("before", "after") for turn in range(n)
    ]
    by_name = dict[str, list[Fault]]()
    for fault in dice.sample(places, len(places)):
        by_name.setdefault(fault[0], []).append(fault)
    in_turn = [faults.pop() for _ in places for faults in by_name.values() if faults]  # of each kind one, and again
    return in_turn[:kills]


async def one_way(earlier: Earlier, last: str, faults: list[Fault], without: str = "") -> Counter[str]:
    """Killed at each of these, again and again on one database as long as nothing has happened there; then not killed."""
    programs, found = earlier.programs, Counter[str]()
    url = await earlier.of(last)
    before = await picture(url)
    for number, fault in enumerate(faults):
        serves = not (last or without) and number % 2  # what fills an earlier database is no catalogue
        code = await programs.run(
            url, fault, *([BEGUN] if serves else []), command="serve" if serves else "migrate", without=without
        )
        now = await picture(url)
        if code not in (0, -signal.SIGKILL):
            found["did not start again"] += 1
        elif now.is_finished() and now.keeps(before):
            found["finished"] += 1
            url = await earlier.of(last)
        else:
            found["rolled back" if now == before else f"neither: {fault}"] += 1
    await (programs.run(url) if last else programs.run(url, BEGUN, command="serve"))
    now = await picture(url)
    if not (now.is_finished() and now.keeps(before) and now.rows["catalog_version"]):
        found["not finished in the end"] += 1
    return found


async def test_killed_anywhere_it_has_finished_or_nothing_has_happened(earlier: Earlier, seed: int) -> None:
    """From an empty database and from each earlier shape, with rows: the next start finishes, and no row is lost."""
    ways = ["", *MIGRATIONS[: SIZE.ways]]
    dice, figures = Random(seed), dict[str, dict[str, int]]()
    for last in ways:
        figures[last or "empty"] = dict(await one_way(earlier, last, deaths(dice, SIZE.kills)))
    report("migrations killed", figures)
    ended = Counter[str]()
    for each in figures.values():
        ended.update(each)
    assert set(ended) == {"finished", "rolled back"}


async def test_without_the_one_transaction_a_killed_migration_stays_half(earlier: Earlier) -> None:
    """The control: killed between a migration and the note of it, the next start fails."""
    found = await one_way(earlier, "", [(NOTED, "before", 2), (NOTED, "before", 2)], without="in_pieces")
    report("migrated in pieces", dict(found))
    assert found["did not start again"] or found["not finished in the end"]
    assert any(name.startswith("neither") for name in found)


async def two_at_once(earlier: Earlier, without: str = "") -> list[int]:
    """One is in the middle when the other begins; how both ended."""
    programs, url = earlier.programs, await earlier.of(MIGRATIONS[0])
    second = await programs.begins(url, ("bot.__main__:_migrate", "frozen-before", 1), without=without)
    await until(lambda: second in programs.stopped)
    first = await programs.begins(url, (NOTED, "frozen-after", 1), without=without)
    await until(lambda: first in programs.stopped)
    os.kill(second, signal.SIGCONT)
    async with asyncio.timeout(PATIENCE):
        while second not in programs.codes and not await waits(second, url):  # another process
            await between_looks(MOMENT)
    if not without:
        assert await copying.newest_migration(url) == MIGRATIONS[0]
        assert second not in programs.codes
    os.kill(first, signal.SIGCONT)
    codes = [await programs.ends(first), await programs.ends(second)]
    assert (await picture(url)).is_finished(), programs.last_words()
    return codes


async def waits(pid: int, url: str) -> bool:
    """Whether this process waits at the database, or (SQLite tells nobody) has opened it."""
    if DIALECT == "sqlite":
        return database.sqlite_path(url) in _opened_by(pid)
    async with copying.opened(url) as side:
        return bool(await side.ask("SELECT 1 FROM pg_locks WHERE NOT granted"))


def _opened_by(pid: int) -> list[str]:
    try:
        return [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
    except FileNotFoundError:  # it has ended, or closed one as we looked
        return []


async def test_of_two_at_once_one_migrates_and_the_other_waits(earlier: Earlier) -> None:
    """Both end well."""
    assert await two_at_once(earlier) == [0, 0]


async def test_without_the_lock_the_second_fails(earlier: Earlier) -> None:
    """The control."""
    assert await two_at_once(earlier, without="side_by_side") != [0, 0]
