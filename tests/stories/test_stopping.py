"""A server that is told to stop, or that its machine leaves without room, loses nothing that it has acknowledged."""

import asyncio
import resource
import signal
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import DIALECT
from tests.patience import PATIENCE
from tests.stories.test_killed import Server, server

__all__ = ["server"]
TELEGRAM = "X-Telegram-Bot-Api-Secret-Token"
on_a_file = pytest.mark.skipif(DIALECT != "sqlite", reason="PostgreSQL's files are not this process's")


async def writes(server: Server, number: int) -> int:
    """A guest of its own writes on Telegram; gives the answer to the webhook, 0 when there was none."""
    update = {
        "update_id": number, "message": {"message_id": number, "text": "hi", "chat": {"id": number, "type": "private"},
                                         "from": {"id": number, "is_bot": False, "first_name": "Ana"}},
    }  # fmt: skip
    secret = server.env["BELLHOP_TELEGRAM_SECRET"]
    try:
        async with server.http.post(f"{server.url}/hooks/telegram", json=update, headers={TELEGRAM: secret}) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


async def is_ready(server: Server) -> int:
    """What /readyz answers."""
    async with server.http.get(f"{server.url}/readyz") as answer:
        return answer.status


async def comes_to_say(server: Server, status: int) -> None:
    """/readyz answers so as soon as it looks again, which is once a second."""
    async with asyncio.timeout(PATIENCE):
        while await is_ready(server) != status:
            pass


async def kept(server: Server) -> set[int]:
    """The updates that the records have."""
    return {int(row["external_id"]) for row in await server.asks("SELECT external_id FROM inbound")}


async def test_told_to_stop_it_answers_what_it_has_begun_and_ends(server: Server) -> None:
    """Six guests write without a pause: no answer is an error, whatever was acknowledged is kept, and it ends in order."""
    await server.starts()
    numbers, answered = count(5000), dict[int, int]()

    async def goes_on_writing() -> None:
        while (status := await writes(server, number := next(numbers))) != 0:
            answered[number] = status
            if len(answered) == 60:
                assert server.process is not None
                server.process.send_signal(signal.SIGTERM)

    await asyncio.gather(*(goes_on_writing() for _ in range(6)))
    assert server.process is not None
    async with asyncio.timeout(PATIENCE):
        assert await server.process.wait() == 0
    assert set(answered.values()) == {200}
    assert set(answered) <= await kept(server)


@on_a_file
async def test_on_a_full_disk_nothing_is_acknowledged_and_it_heals_by_itself(server: Server) -> None:
    """503 to the provider, who comes again; /readyz says so; once there is room both answer as before."""
    await server.starts()
    assert await writes(server, 1) == 200
    assert server.process is not None
    full = 4096  # bytes: no file of the process may grow beyond, its log among them
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
    assert {await writes(server, number) for number in range(2, 6)} == {503}
    await comes_to_say(server, 503)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert await writes(server, 6) == 200
    await comes_to_say(server, 200)
    assert await kept(server) == {1, 6}


async def test_without_file_handles_it_waits_for_some(server: Server) -> None:
    """No connection is taken meanwhile and nothing is acknowledged; what stands goes on, and afterwards all is well."""
    await server.starts()
    assert await writes(server, 1) == 200
    assert server.process is not None
    pid = server.process.pid
    open_now = len(list(Path(f"/proc/{pid}/fd").iterdir()))  # noqa: ASYNC240  # of /proc
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now, hard))
    refused = await asyncio.gather(*(_knocks(server, number) for number in range(100, 110)))
    assert 500 not in refused
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
    assert await writes(server, 2) == 200
    await comes_to_say(server, 200)
    acknowledged = {number for number, status in zip(range(100, 110), refused, strict=True) if status == 200}
    assert await kept(server) >= acknowledged | {1, 2}


async def _knocks(server: Server, number: int) -> Any:
    """On a connection of its own, with little patience."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1.5)) as own:
        alone = Server(server.sim, own, server.settings, server.env)
        try:
            return await writes(alone, number)
        except TimeoutError:
            return 0
