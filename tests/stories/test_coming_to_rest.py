"""A house that is told to stop first comes to rest: what the clock has begun is done to its end, and what that says still leaves."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import program
from handlers import guest_wrote as turn_taking
from models import database
from models.database import read
from tests.handlers.mistake import Mistake
from tests.people import Person, whole_bellhop


async def stopped_in_the_midst_of_a_tick(database_url: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A message is owed its turn; the tick that takes it up has just begun when the stop comes. Gives what Ana was told then."""
    began, goes_on, real = asyncio.Event(), asyncio.Event(), program.time_passed

    async def slowly(*given: Any) -> None:
        began.set()
        await goes_on.wait()
        await real(*given)

    async with whole_bellhop(database_url, data) as bellhop:
        ana = Person(bellhop, "ana", "whatsapp")
        with monkeypatch.context() as patched:
            Mistake(patched, turn_taking, "_reply", times=1)
            await ana.says("airport to Hard Rock")
        monkeypatch.setattr(program, "time_passed", slowly)
        await bellhop.program.clock.advance(timedelta(seconds=2))
        await began.wait()
        asyncio.get_running_loop().call_later(0.3, goes_on.set)
        told = bellhop.sim.world
    await database.connect(database_url)
    try:
        assert await read("SELECT id FROM delivery WHERE state IN ('waiting', 'sending')") == []
        return [one["text"] for one in told.messages if one["person"] == "ana" and not one["mine"]]
    finally:
        await database.close()


async def test_what_a_tick_has_begun_still_leaves(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The courier drains when nothing more can come: the answer is with her, and not half-way."""
    told = await stopped_in_the_midst_of_a_tick(database_url, tmp_path, monkeypatch)
    assert any("Hard Rock" in text for text in told)


async def test_without_the_rest_the_answer_has_not_left(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: drained at once, the tick is cut off."""
    monkeypatch.setattr(program, "ENDED", 0.0)
    told = await stopped_in_the_midst_of_a_tick(database_url, tmp_path, monkeypatch)
    assert told == []
