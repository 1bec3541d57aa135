"""Bells: rung once durable, heard by every process on the same database, and made good after a silence."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from models import bells, database, news
from models.bells import _Outside, between_processes
from models.database import transaction
from tests.conftest import DIALECT
from tests.patience import PATIENCE

between = pytest.mark.skipif(DIALECT != "postgres", reason="an SQLite file has one process")


@pytest.fixture
def heard() -> list[str]:
    """What the bell `test` said."""
    said: list[str] = []
    bells.hear("test", said.append)
    yield said  # type: ignore[misc]
    bells.unhear("test", said.append)


async def test_a_bell_rings_once_its_cause_is_durable_and_never_when_it_is_undone(
    database: str, heard: list[str]
) -> None:
    """Inside the transaction nothing is heard; equal rings of one transaction are one."""
    async with transaction():
        bells.ring("test", "one")
        bells.ring("test", "one")
        assert heard == []
    assert heard == ["one"]
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            bells.ring("test", "two")
            raise ZeroDivisionError
    assert heard == ["one"]


async def another_process(url: str) -> asyncpg.Connection:
    """What another process would hear and say."""
    return await asyncpg.connect(**database.credentials(url))


async def until(asked: Callable[[], object]) -> None:
    """Wait for it, with the event loop turning."""
    async with asyncio.timeout(PATIENCE):
        while not asked():  # noqa: ASYNC110  # another process's doing
            await asyncio.sleep(0)


async def test_other_processes_hear_and_are_heard(database: str, heard: list[str]) -> None:
    """On PostgreSQL, gathered into one telling, and our own bells do not come back to us."""
    if database.startswith("sqlite"):
        async with between_processes(database):
            bells.ring("test", "here")
        assert heard == ["here"]
        return
    other, told = await another_process(database), []
    await other.add_listener(bells.CHANNEL, lambda *given: told.append(given[3]))
    try:
        async with between_processes(database):
            heard.clear()  # joining says: look at everything
            bells.ring("test", "a")
            bells.ring("test", "b")
            await until(lambda: told)
            assert told == ['[["test", "a"], ["test", "b"]]']
            await other.execute("SELECT pg_notify($1, $2)", bells.CHANNEL, '[["test", "c"]]')
            await until(lambda: "c" in heard)
        assert heard == ["a", "b", "c"]
    finally:
        await other.close()


@between
async def test_a_connection_that_was_cut_is_made_anew_and_everything_is_looked_at(
    database: str, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told meanwhile is lost; so everybody looks at everything."""
    monkeypatch.setattr(bells, "AGAIN", 0.01)
    monkeypatch.setattr(bells, "BEAT", 0.05)
    async with between_processes(database):
        outside = next(iter(bells._leaving))
        assert isinstance(outside, _Outside)
        heard.clear()
        other = await another_process(database)
        await other.execute("SELECT pg_terminate_backend($1)", outside.number)
        await until(lambda: "" in heard)
        await other.execute("SELECT pg_notify($1, $2)", bells.CHANNEL, '[["test", "after"]]')
        await until(lambda: "after" in heard)
        await other.close()


@between
async def test_too_much_to_say_becomes_look_at_everything(database: str, heard: list[str]) -> None:
    """PostgreSQL takes 8000 bytes."""
    other, told = await another_process(database), []
    await other.add_listener(bells.CHANNEL, lambda *given: told.append(given[3]))
    async with between_processes(database):
        for number in range(1000):
            bells.ring("test", f"{number} and more")
        await until(lambda: told)
    await other.close()
    assert told[0] == '[["test", ""]]'


@between
async def test_what_is_rung_last_leaves_before_the_end_and_holds_it_up_for_no_time(database: str) -> None:
    """A command that is over in a moment is heard all the same."""
    other, told = await another_process(database), []
    await other.add_listener(bells.CHANNEL, lambda *given: told.append(given[3]))
    for word in ("first", "last"):
        async with asyncio.timeout(bells.LAST * 0.9), between_processes(database):
            await asyncio.sleep(0)
            bells.ring("test", word)
    await until(lambda: len(told) == 2)
    assert told == ['[["test", "first"]]', '[["test", "last"]]']
    await other.close()


@between
async def test_what_a_lost_connection_did_not_take_leaves_by_the_next(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try to tell fails: the others hear of it all the same."""
    monkeypatch.setattr(bells, "AGAIN", 0.01)
    leave, tries = _Outside._leave, []

    class Cut:
        async def execute(self, *_: object) -> None:
            raise asyncpg.ConnectionDoesNotExistError("cut")

    async def cut_once(outside: _Outside, connection: asyncpg.Connection) -> None:
        tries.append(tuple(outside.rings))
        await leave(outside, Cut() if len(tries) == 1 else connection)

    monkeypatch.setattr(_Outside, "_leave", cut_once)
    other, told = await another_process(database), []
    await other.add_listener(bells.CHANNEL, lambda *given: told.append(given[3]))
    async with between_processes(database):
        bells.ring("test", "a")
        await until(lambda: told)
    assert told == ['[["test", "a"]]']
    await other.close()


async def test_news_may_have_been_missed(database: str) -> None:
    """The desk is told to look anew."""
    queue = news.listen()
    try:
        bells._sound(news.BELL, "")
        assert queue.get_nowait() == news.News("anew")
        news.announce("booking", 7)
        assert queue.get_nowait() == news.News("booking", 7)
    finally:
        news.ignore(queue)
