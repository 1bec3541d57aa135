"""A stop hands back everything it held: no socket and no file stays open, however often the house opens and closes."""

import asyncio
import gc
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.checkout import Client
from tests.people import Person, whole_bellhop

ROUNDS = 4


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    """What is open when the house is closed was left open: the collector would close it behind our back."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _open() -> int:
    """How many files and sockets this process holds."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def _opens_and_closes(database_url: str, data: Path) -> None:
    """Two guests write, and the house closes while the providers still tell it what became of the answers."""
    async with whole_bellhop(database_url, data) as whole:
        ana, luis = Person(whole, "ana", "whatsapp"), Person(whole, "luis", "telegram")
        await asyncio.gather(ana.says("hello"), luis.says("hola"))
        await ana.hears("What")


async def _left(database_url: str, data: Path) -> int:
    """How many more are open after some rounds than after the first one."""
    await _opens_and_closes(database_url, data)
    before = _open()
    for _ in range(ROUNDS):
        await _opens_and_closes(database_url, data)
    return _open() - before


async def test_nothing_is_left_open(database_url: str, tmp_path: Path) -> None:
    """As many as before, round after round."""
    assert await _left(database_url, tmp_path) <= 0


async def test_what_is_left_open_is_found(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a stop that forgets one provider (Stripe, which is asked at every start) leaves a connection at every round."""
    kept: list[Client] = []

    async def forgotten(self: Client) -> None:
        kept.append(self)

    closed = Client.close
    monkeypatch.setattr(Client, "close", forgotten)
    try:
        assert await _left(database_url, tmp_path) >= 1
    finally:
        for each in kept:
            await closed(each)


async def _closes_after(rounds: int) -> None:
    """A server is closed so many rounds of the loop after somebody connected."""
    runner = web.AppRunner(web.Application(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    caller = socket.create_connection(("127.0.0.1", site.port))
    for _ in range(rounds):
        await asyncio.sleep(0)
    await runner.cleanup()
    caller.close()


async def test_who_connects_as_the_door_closes_is_let_go() -> None:
    """At whichever moment: asyncio's own loop loses a connection that it accepts in the round in which the server closes."""
    await _closes_after(6)
    before = _open()
    for rounds in range(6):
        await _closes_after(rounds)
    assert _open() <= before
