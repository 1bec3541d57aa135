"""The doors for whoever watches over the program: however often they are knocked at, it looks once a second."""

import asyncio
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from models.settings import kept
from tests.people import Bellhop
from tests.web.test_stuck import waits
from web import health, keys
from web.app import make_app


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The clock by which these doors remember, set by hand: `second(3)`."""
    time = [100.0]
    monkeypatch.setattr(health, "monotonic", lambda: time[0])
    return lambda moment: time.__setitem__(0, 100.0 + moment)


async def test_readyz_writes_once_a_second(bellhop: Bellhop, second: Any) -> None:
    """Forty knocks are one durable write and forty answers; a second later it writes again."""
    answers = await asyncio.gather(*(_opens(bellhop, "/readyz") for _ in range(40)))
    assert {status for status, _ in answers} == {200} and len(set(answers)) == 1
    written = await kept("ready")
    second(0.9)
    await _opens(bellhop, "/readyz")
    assert await kept("ready") == written
    second(1.1)
    await _opens(bellhop, "/readyz")
    assert await kept("ready") != written


async def test_a_server_that_is_told_to_stop_says_so_at_once(bellhop: Bellhop, second: Any) -> None:
    """Whatever it answered a moment ago: the balancer leads nobody there any more, while all else is answered."""
    app = make_app(bellhop.program)
    async with TestClient(TestServer(app)) as balancer:
        assert (await balancer.get("/readyz")).status == 200
        app[keys.LEAVING].set()
        assert (await balancer.get("/readyz")).status == 503
        assert (await balancer.get("/healthz")).status == 200


async def test_metrics_counts_once_a_second(bellhop: Bellhop, second: Any) -> None:
    """What came meanwhile is counted at the next look."""
    first = await _opens(bellhop, "/metrics")
    await waits(2, address="+12025550199")
    assert await _opens(bellhop, "/metrics") == first
    second(1.1)
    assert await _opens(bellhop, "/metrics") != first


async def test_what_cannot_be_written_is_said_a_second_later(
    bellhop: Bellhop, second: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that refuses: 503 at the next look, and 200 at the one after it has healed."""
    assert (await _opens(bellhop, "/readyz"))[0] == 200
    with monkeypatch.context() as broken:
        broken.setattr(health, "keep_value", _refuses)
        second(1.1)
        assert (await _opens(bellhop, "/readyz"))[0] == 503
    second(2.2)
    assert (await _opens(bellhop, "/readyz"))[0] == 200


async def _refuses(_name: str, _value: str) -> None:
    raise OSError("no room")


async def _opens(bellhop: Bellhop, path: str) -> tuple[int, str]:
    async with bellhop.http.get(bellhop.url + path) as answer:
        return answer.status, await answer.text()
