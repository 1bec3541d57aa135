"""Copying between databases: everything arrives, the guards stand, and a copy that is not the same is refused by its table.

From an SQLite file into the kind of database that this process tests on; on PostgreSQL also back into a file.
"""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from os import environ
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
import pytest_asyncio
from tortoise.exceptions import IntegrityError

from models import copying, database
from models.copying import copy
from models.database import Refused
from tests.conftest import DIALECT, Dialect
from tests.models.filled import fill

BOOKINGS = 40

Contents = dict[str, list[str]]


def silent(table: str, rows: int) -> None:
    """Nobody watches."""


async def contents(url: str, but: dict[str, set[str]] | None = None) -> Contents:
    """Every row of every table in plain words, in order, but for some columns; and the last number each table gave."""
    async with copying.opened(url) as side:
        found = {"numbers": sorted(f"{name} {last}" for name, last in (await side.numbers()).items())}
        for table, columns in (await side.tables()).items():
            names = ", ".join(f'"{name}"' for name in sorted(columns.keys() - (but or {}).get(table, set())))
            rows = await side.ask(f'SELECT {names} FROM "{table}"')
            found[table] = sorted(repr(tuple(int(v) if isinstance(v, bool) else v for v in row)) for row in rows)
    return found


def url_of(path: Path) -> str:
    """The DATABASE_URL of an SQLite file."""
    return f"sqlite:///{quote(str(path))}"


def shape(url: str) -> None:
    """Make the tables, in a process of its own as the product does."""
    subprocess.run(
        [sys.executable, "-m", "bot", "migrate"], env={**environ, "BELLHOP_DATABASE_URL": url}, check=True, timeout=120
    )


@pytest.fixture(scope="module")
def shaped(workshop: Path) -> Path:
    """An SQLite file with tables and no row."""
    path = workshop / "shaped.db"
    shape(url_of(path))
    return path


@pytest.fixture(scope="module")
def full(shaped: Path) -> str:
    """An SQLite file with rows in every table, which tests only read."""
    path = shaped.with_name("full.db")
    shutil.copyfile(shaped, path)
    fill(path, BOOKINGS)
    return url_of(path)


@pytest.fixture(scope="module")
def tables(dialect: Dialect, shaped: Path) -> str:
    """The name of a database of this process's kind with tables and no row, of which there are copies."""
    if DIALECT == "sqlite":
        return "shaped"
    url = asyncio.run(dialect.empty())
    shape(url)
    return database.credentials(url)["database"]  # type: ignore[no-any-return]


@pytest_asyncio.fixture
async def target(dialect: Dialect, tables: str) -> AsyncIterator[str]:
    """A database of this process's kind with tables and no row."""
    url = await dialect.copy(tables)
    yield url
    await dialect.drop(url)


async def order(url: str, sql: str) -> None:
    """One statement from outside, as another program would."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(database.sqlite_path(url), timeout=0.05)) as connection, connection:
            connection.execute(sql)
        return
    connection = await asyncpg.connect(**database.credentials(url), command_timeout=5)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def test_everything_arrives_as_it_was(full: str, target: str, shaped: Path, tmp_path: Path) -> None:
    """Each value of each column, empty ones, bytes and all scripts; the ids go on behind the last; and back again."""
    before = await contents(full)
    assert all(before.values()), "a row in every table, or this shows nothing"
    counted = await copy(full, target, silent)
    assert await contents(target) == before
    assert (
        counted
        == {table: len(rows) for table, rows in before.items() if table != "numbers"}
        == await copying.counts(full)
    )

    back = url_of(Path(shutil.copyfile(shaped, tmp_path / "back.db")))
    await copy(target, back, silent)
    assert await contents(back) == before


async def test_large_rows_are_held_in_memory_a_few_at_a_time(
    full: str, target: str, shaped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their bytes, not by their number: letters of many megabytes. A row that is larger than that goes alone."""
    monkeypatch.setattr(copying, "LARGE", 1000)  # pictures, papers and letters have 300 in these
    held: list[list[int]] = []
    kinds = (copying._Sqlite, copying._Postgres)
    for side in kinds:

        async def rows(self: Any, *given: Any, real: Any = side.rows) -> AsyncIterator[list[Any]]:
            async for batch in real(self, *given):
                held.append([sum(len(value) for value in row if isinstance(value, bytes)) for row in batch])
                yield batch

        monkeypatch.setattr(side, "rows", rows)
    before = await contents(full)
    await copy(full, target, silent)
    back = url_of(Path(shutil.copyfile(shaped, tmp_path / "back.db")))
    await copy(target, back, silent)
    assert await contents(back) == before
    assert any(sum(batch) for batch in held)
    assert all(sum(batch) <= 1000 for batch in held)
    assert max(len(batch) for batch in held) > 3, "what is small goes many at a time"
    held.clear()
    monkeypatch.setattr(copying, "LARGE", 100)
    again = url_of(Path(shutil.copyfile(shaped, tmp_path / "again.db")))
    await copy(target, again, silent)
    assert await contents(again) == before
    assert {len(batch) for batch in held if sum(batch)} == {1}


async def test_the_guards_stand_in_the_copy(full: str, target: str) -> None:
    """All of them as they were laid; the next id is a new one, and what is never edited is not."""
    await copy(full, target, silent)
    await database.connect(target)
    try:
        await database.verify()
        async with database.transaction() as run:
            rows = await run("INSERT INTO guest (name, language, created) VALUES ('Ana', 'en', 0) RETURNING id")
        assert rows[0]["id"] == BOOKINGS + 1
        with pytest.raises(IntegrityError, match="never edited"):
            async with database.transaction() as run:
                await run("UPDATE payment SET amount = 0")
    finally:
        await database.close()


async def test_it_is_one_moment(
    full: str, target: str, shaped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes to the source meanwhile does not wait, and is not in the copy."""
    await copy(full, target, silent)
    before = await contents(target)
    put, late = (
        copying._Sqlite.put,
        ["INSERT INTO guest (name, language, created) VALUES ('Late', 'en', 0)", "DELETE FROM kept"],
    )

    async def putting(self: Any, *given: Any) -> None:
        while late:  # the first table is being copied
            await order(target, late.pop())
        await put(self, *given)

    monkeypatch.setattr(copying._Sqlite, "put", putting)
    back = url_of(Path(shutil.copyfile(shaped, tmp_path / "back.db")))
    await copy(target, back, silent)
    assert late == [] and (await contents(target))["kept"] == []
    after = await contents(back)
    assert {table: after[table] for table in after if table != "numbers"} == {
        table: before[table] for table in before if table != "numbers"
    }


async def test_a_copy_that_is_not_the_same_is_refused(full: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that is lost, doubled or altered on the way: the table is named, and nothing stays in the target."""
    side = copying._Sqlite if DIALECT == "sqlite" else copying._Postgres
    put = side.put

    def spoiling(spoil: Any) -> Any:
        async def spoiled(self: Any, table: str, columns: list[str], rows: list[Any]) -> None:
            await put(self, table, columns, spoil(rows, columns) if table == "entry" else rows)

        return spoiled

    def altered(rows: list[Any], columns: list[str]) -> list[Any]:
        at = columns.index("kind")
        return [(*rows[0][:at], rows[0][at] + " ", *rows[0][at + 1 :]), *rows[1:]]

    for spoil in (lambda rows, columns: rows[1:], altered):
        monkeypatch.setattr(side, "put", spoiling(spoil))
        with pytest.raises(Refused, match="table entry"):
            await copy(full, target, silent)
        await copying.refuse_full(target)


async def test_a_row_that_does_not_fit_is_named_by_its_table(full: str, target: str, tmp_path: Path) -> None:
    """SQLite takes any length and a NUL; PostgreSQL does not: nothing is cut, the copy is refused."""
    if DIALECT == "sqlite":
        return
    odd = tmp_path / "odd.db"
    for wrong in ("'" + "x" * 41 + "'", "'a' || char(0)"):
        shutil.copyfile(database.sqlite_path(full), odd)
        await order(url_of(odd), f"UPDATE recipient SET owner = {wrong} WHERE id = 3")
        with pytest.raises(Refused, match="the table recipient cannot be copied"):
            await copy(url_of(odd), target, silent)
    await copying.refuse_full(target)


async def test_only_an_empty_database_of_the_same_shape_is_written_to(full: str, target: str, tmp_path: Path) -> None:
    """One with a row, one of an older or newer program, one with a table of somebody else's: left as it is, and said."""
    await order(target, "INSERT INTO guest (name, language, created) VALUES ('Here first', 'en', 0)")
    for refusing in (copy(full, target, silent), copying.refuse_full(target)):
        with pytest.raises(Refused, match=r"not empty .*guest"):
            await refusing
    await order(target, "DELETE FROM guest")

    other = Path(shutil.copyfile(database.sqlite_path(full), tmp_path / "other.db"))
    changes = {
        "older Bellhop .*0002": ("DELETE FROM tortoise_migrations WHERE name LIKE '0002%'",),
        "newer Bellhop .*0999": (
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', '0999_new', 0)",
        ),
        "table theirs is not the same": ("CREATE TABLE theirs (id INTEGER)",),
        "never been migrated": ("DROP TABLE tortoise_migrations",),
    }
    for said, statements in changes.items():
        shutil.copyfile(database.sqlite_path(full), other)
        for statement in statements:
            await order(url_of(other), statement)
        with pytest.raises(Refused, match=said):
            await copy(url_of(other), target, silent)
    with pytest.raises(Refused, match="there is no database at"):
        await copy(url_of(tmp_path / "nowhere.db"), target, silent)
    await copying.refuse_full(target)
