"""One transaction at a time, savepoints inside it, and a database that comes back after it was away."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tortoise.exceptions import TransactionManagementError

from models.database import after_commit, dialect, numbered, read, sqlite_path, transaction
from models.settings import keep_value, kept
from tests.conftest import Dialect
from tests.models.given import one
from tests.patience import PATIENCE

BESIDE = Path(__file__).with_name("beside.py")


def test_names_become_numbers() -> None:
    """A name used twice is one value; a cast is no name."""
    sql = "SELECT :b::text, :a WHERE :b = x AND '12:30' <> y"
    assert numbered(sql) == ("SELECT $1::text, $2 WHERE $1 = x AND '12:30' <> y", ("b", "a"))


async def test_inside_another_a_transaction_is_a_savepoint(database: str) -> None:
    """The inner one is undone alone, and what it promised for after the commit is dropped with it."""
    told: list[str] = []
    async with transaction():
        await keep_value("outer", "yes")
        after_commit(lambda: told.append("outer"))
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await keep_value("inner", "yes")
                after_commit(lambda: told.append("inner"))
                raise ZeroDivisionError
        async with transaction():
            after_commit(lambda: told.append("second"))
        assert told == []
    assert (await kept("outer"), await kept("inner")) == ("yes", None)
    assert told == ["outer", "second"]


async def test_writers_take_turns(database: str) -> None:
    """Read, think, write: fifty at once on the one counter lose nothing when each locks what it read."""
    await keep_value("count", "0")
    lock = " FOR UPDATE" if dialect() == "postgres" else ""

    async def add() -> None:
        async with transaction() as run:
            row = (await run(f"SELECT value FROM kept WHERE name = 'count'{lock}"))[0]
            await asyncio.sleep(0)
            await run("UPDATE kept SET value = :value WHERE name = 'count'", value=str(int(row["value"]) + 1))

    await asyncio.gather(*(add() for _ in range(50)))
    assert await kept("count") == "50"


async def test_a_writer_that_is_called_off_leaves_the_gate_open(database: str) -> None:
    """Whenever its task is cancelled: before it began, while it writes, as it commits."""

    async def write(turn: int) -> None:
        async with transaction() as run:
            await run("INSERT INTO kept (name, value) VALUES (:name, '')", name=f"called off {turn}")

    for turn in range(12):
        task = asyncio.create_task(write(turn))
        for _ in range(turn):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(PATIENCE):
            await keep_value("next", str(turn))
    assert await kept("next") == "11"


async def test_a_database_that_was_away_comes_back(database: str, template: Dialect) -> None:
    """PostgreSQL drops every connection, twenty times over: some turns fail, then all is as before, no door is lost."""
    if template.host is None:
        pytest.skip("an embedded database does not go away")
    drop = "SELECT pg_terminate_backend(pid) AS gone FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    async def try_to(name: str) -> bool:
        try:
            await keep_value(name, "yes")
        except Exception:  # noqa: BLE001  # which one is the driver's business
            return False
        return True

    for turn in range(20):
        await asyncio.gather(*(try_to(f"{turn}:{n}") for n in range(5)), read(drop), return_exceptions=True)
    async with asyncio.timeout(PATIENCE):
        while not all(await asyncio.gather(*(try_to(f"after {n}") for n in range(20)))):
            pass
    assert await one("SELECT count(*) AS n FROM kept WHERE name LIKE 'after %'") == 20


class TestSqlite:
    """What only the embedded database has to promise."""

    @pytest.fixture(autouse=True)
    def _only_there(self, database: str) -> None:
        if dialect() != "sqlite":
            pytest.skip("about SQLite")

    async def test_it_is_durable_and_checks_its_references(self) -> None:
        """Write-ahead log, every commit on the disk, foreign keys watched."""
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
        async with transaction() as run:
            assert {name: next(iter((await run(f"PRAGMA {name}"))[0].values())) for name in wanted} == wanted

    async def test_two_processes_may_write_to_one_file(self, database: str) -> None:
        """A command beside the running server: two hundred times read-then-write each, none fails, none is lost."""
        assert await together(database, "immediate") == [(0, 0), (0, 0)]
        assert await kept("count") == "400"

    async def test_a_plain_begin_would_fail_beside_another_process(self, database: str) -> None:
        """The control: the same two without BEGIN IMMEDIATE are refused again and again."""
        codes = await together(database, "deferred")
        assert sum(failures for _, failures in codes) > 0

    async def test_a_file_locked_for_too_long_is_a_refusal_and_then_over(self, database: str) -> None:
        """While a command holds the file a write fails; afterwards it works, the gate was not left shut."""
        async with transaction() as run:
            await run("PRAGMA busy_timeout = 20")
        with sqlite3.connect(sqlite_path(database), isolation_level=None) as command:
            command.execute("BEGIN IMMEDIATE")
            for _ in range(2):
                with pytest.raises(TransactionManagementError, match="locked"):
                    await keep_value("server", "no")
            command.execute("ROLLBACK")
        command.close()
        async with asyncio.timeout(PATIENCE):
            await keep_value("server", "yes")
        assert await kept("server") == "yes"


async def together(url: str, how: str) -> list[tuple[int, int]]:
    """Two processes count up on one file; gives exit code and failures of each."""
    await keep_value("count", "0")

    def run() -> list[tuple[int, int]]:
        command = [sys.executable, str(BESIDE), url, how, "200"]
        house = {**os.environ, "PYTHONPATH": str(BESIDE.parents[2])}
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=house) for _ in range(2)]
        told = [one.communicate(timeout=60)[0] for one in both]
        return [(one.returncode, int(words)) for one, words in zip(both, told, strict=True)]

    return await asyncio.to_thread(run)
