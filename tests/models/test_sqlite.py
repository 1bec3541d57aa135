"""One gate, one commit for those who wait at it, and reading beside them: what the embedded database does for us."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from contextvars import Context
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from tortoise import connections

from models import sqlite
from models.database import after_commit, close, connect, dialect, is_away, read, sqlite_path, transaction
from models.settings import Kept, keep_value, kept
from models.sqlite import FairSqliteClient, Gate
from tests.patience import PATIENCE

OUTSIDE = Context()  # of somebody who is in no transaction


@pytest.fixture(autouse=True)
def file(database: str) -> str:
    """The file of this test, opened."""
    if dialect() != "sqlite":
        pytest.skip("about SQLite")
    return sqlite_path(database)


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows by one with each commit."""
    found: list[None] = []
    ended = FairSqliteClient.ended

    async def counted(self: Any) -> None:
        found.extend([None] * (self._open is not None))
        await ended(self)

    monkeypatch.setattr(FairSqliteClient, "ended", counted)
    return found


async def write(name: str, *, fails: bool = False) -> None:
    """A transaction of two statements; one that fails fails between them."""
    async with transaction() as run:
        await run("INSERT INTO kept (name, value) VALUES (:name, '')", name=name)
        await asyncio.sleep(0)
        if fails:
            raise ZeroDivisionError
        await run("UPDATE kept SET value = 'whole' WHERE name = :name", name=name)


async def whole() -> set[str]:
    """What is there, written to the end."""
    return {row["name"] for row in await read("SELECT name FROM kept WHERE name LIKE 'w%' AND value = 'whole'")}


async def test_who_waits_is_committed_with_the_others_and_undone_alone(commits: list[None]) -> None:
    """Forty at once, each fourth fails: those are gone without a trace, the others durable, by a few commits."""
    works = [write(f"w{number}", fails=number % 4 == 3) for number in range(40)]
    ended = await asyncio.gather(*works, return_exceptions=True)
    good = {f"w{number}" for number in range(40) if number % 4 != 3}
    assert [isinstance(each, ZeroDivisionError) for each in ended] == [number % 4 == 3 for number in range(40)]
    assert await whole() == good
    assert (await read("SELECT COUNT(*) AS n FROM kept WHERE name LIKE 'w%'"))[0]["n"] == 30
    assert 1 <= len(commits) <= 4


async def test_the_gate_lets_in_who_came_first() -> None:
    """Also when some stop inside, some are called off while they wait, and others come meanwhile."""
    gate, came = Gate(), list[int]()

    async def comes(number: int) -> None:
        async with gate:
            assert gate.taken
            came.append(number)
            for _ in range(number % 3):
                await asyncio.sleep(0)
            assert came[-1] == number, "one at a time"

    tasks = []
    for number in range(60):
        tasks.append(asyncio.create_task(comes(number)))
        if number % 7 == 6:
            await asyncio.sleep(0)
            tasks[number - 1].cancel()
    async with asyncio.timeout(PATIENCE):
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert came == sorted(came)
    assert len(came) >= 60 - sum(isinstance(each, asyncio.CancelledError) for each in ended)
    assert not gate.taken and not gate.line


async def test_nobody_is_told_before_it_is_durable(file: str) -> None:
    """Another connection, as after a crash, sees each write when its transaction is over, and what was promised comes after."""
    told: list[str] = []

    async def writes(name: str) -> None:
        async with transaction() as run:
            await run("INSERT INTO kept (name, value) VALUES (:name, '')", name=name)
            after_commit(lambda: told.append(name) if name in there(file) else None)
        assert name in there(file)

    await asyncio.gather(*(writes(f"w{number}") for number in range(20)))
    assert sorted(told) == sorted(f"w{number}" for number in range(20))


def there(file: str) -> set[str]:
    """What somebody else finds in the file."""
    with closing(sqlite3.connect(file)) as other:
        return {name for (name,) in other.execute("SELECT name FROM kept")}


async def test_a_commit_that_is_refused_fails_all_who_share_it() -> None:
    """None of them is kept, each is told, and the gate stands open for the next."""

    async def harmful() -> None:
        async with transaction() as run:
            await run("PRAGMA defer_foreign_keys = ON")
            await run("INSERT INTO due (booking_id, kind, at) VALUES (99, 'nothing', 0)")

    ended = await asyncio.gather(write("w1"), harmful(), write("w2"), return_exceptions=True)
    assert [type(each) for each in ended] == [sqlite3.IntegrityError] * 3
    assert await whole() == set()
    await write("w3")
    assert await whole() == {"w3"}


async def test_a_database_that_has_undone_everything_fails_all_who_share_it() -> None:
    """SQLite does so by itself when the disk is full; nobody who had been before is told that it is kept."""

    async def undone() -> None:
        async with transaction() as run:
            await run("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")

    ended = await asyncio.gather(write("w1"), undone(), write("w2"), return_exceptions=True)
    assert isinstance(ended[0], sqlite3.OperationalError) and is_away(ended[0])
    assert isinstance(ended[1], sqlite3.OperationalError)
    assert ended[2] is None
    assert await whole() == {"w2"}


async def test_a_reader_does_not_wait_for_a_writer() -> None:
    """It sees what is durable, and nothing of what is being written; it writes nothing."""
    await keep_value("w", "before")
    async with transaction() as run:
        await run("UPDATE kept SET value = 'after' WHERE name = 'w'")
        outside = asyncio.get_running_loop().create_task(kept("w"), context=OUTSIDE)
        async with asyncio.timeout(PATIENCE):
            assert await outside == "before"
        assert await kept("w") == "after", "inside, it sees its own"
    assert await kept("w") == "after"
    with pytest.raises(Exception, match="readonly"):
        await read("DELETE FROM kept")


async def test_many_who_read_first_open_one_connection(database: str) -> None:
    """Each connection has a thread, which would outlive us if it were forgotten."""
    await close()
    await connect(database)
    before = threading.active_count()
    await asyncio.gather(*(kept("w") for _ in range(20)))
    assert threading.active_count() == before + 1


async def test_a_long_look_holds_up_nobody() -> None:
    """It goes on in a thread: others read, write and are done meanwhile, and it comes to its end."""
    long = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT MAX(i) AS last FROM n"
    )
    looking = asyncio.create_task(read(long))
    await keep_value("w", "meanwhile")
    assert await kept("w") == "meanwhile"
    assert not looking.done()
    assert await looking == [{"last": 3000000}]


def size(file: str) -> int:
    """In bytes."""
    return Path(file).stat().st_size


async def test_the_log_is_carried_over_beside_the_writers(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty megabytes are written, and the log is never nearly as long; the reader's connection does it, no commit by itself."""
    longest, by, carried_over = 0, set[str](), sqlite._carried_over

    async def noted(connection: aiosqlite.Connection) -> None:
        by.add("reader" if (await (await connection.execute("PRAGMA query_only")).fetchone())[0] else "writer")  # type: ignore[index]
        await carried_over(connection)

    monkeypatch.setattr(sqlite, "_carried_over", noted)
    for number in range(80):
        async with transaction() as run:
            await run("INSERT INTO kept (name, value) VALUES (:name, :value)", name=f"w{number}", value="x" * 500_000)
        longest = max(longest, size(f"{file}-wal"))
    async with transaction() as run:
        assert await run("PRAGMA wal_autocheckpoint") == [{"wal_autocheckpoint": 0}]
    assert "reader" in by
    assert longest < 30_000_000


async def test_a_single_statement_is_durable_by_itself(file: str) -> None:
    """It comes among others who share a commit: theirs is made first, and it is no part of what they may yet lose."""
    go, client = asyncio.Event(), connections.get("default")

    async def alone() -> set[str]:
        await go.wait()
        await Kept.create(name="w3", value="")
        return there(file)  # before anything else is done

    async def second() -> None:
        await go.wait()
        await write("w2")

    works = [asyncio.create_task(second()), asyncio.create_task(alone())]
    async with transaction() as run:
        await run("INSERT INTO kept (name, value) VALUES ('w1', '')")
        go.set()
        while len(client._lock.line) < len(works):  # type: ignore[attr-defined]  # noqa: ASYNC110  # the gate tells nobody
            await asyncio.sleep(0)
    _, durable = await asyncio.gather(*works)
    assert {"w1", "w2", "w3"} <= durable
