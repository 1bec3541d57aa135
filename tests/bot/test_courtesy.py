"""Letters stand aside while somebody is being answered, but not for ever, and one at a time."""

import asyncio
from contextlib import AbstractContextManager
from typing import Any

import pytest

from bot import courtesy
from bot.courtesy import Courtesy
from tests.patience import PATIENCE


async def _until_it_stands() -> None:
    for _round in range(5):
        await asyncio.sleep(0)


async def test_a_letter_waits_until_everybody_is_answered() -> None:
    """Two are being answered; the letter goes when the second has been."""
    line = Courtesy()
    with line.answering():
        with line.answering():
            letter = asyncio.create_task(line.turn())
            await _until_it_stands()
            assert not letter.done()
        await _until_it_stands()
        assert not letter.done(), "one of the two is still being answered"
    await letter


async def test_a_letter_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody is always being answered, letters go all the same: a hundred wait no longer than one."""
    monkeypatch.setattr(courtesy, "PATIENCE", 1.0)
    line = Courtesy()
    with line.answering():
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(line.turn() for _ in range(100)))  # together they wait as long as one


async def test_one_letter_in_each_round_of_the_loop() -> None:
    """Twenty that wait go in twenty rounds, so that whoever writes is heard in between."""
    line, rounds, went = Courtesy(), 0, list[int]()

    async def letter() -> None:
        await line.turn()
        went.append(rounds)

    waiting = asyncio.gather(*(letter() for _ in range(20)))
    while not waiting.done():
        await asyncio.sleep(0)
        rounds += 1
    assert len(set(went)) == 20


async def test_whoever_failed_is_answered_too() -> None:
    """A turn that breaks off holds no letter up."""
    line = Courtesy()
    with pytest.raises(LookupError), line.answering():
        raise LookupError
    await line.turn()


async def test_a_guest_who_writes_is_being_answered(bellhop: Any, ana: Any, luis: Any) -> None:
    """Both chat channels' hooks say so."""
    seen = list[str]()

    class Watched(Courtesy):
        def answering(self) -> AbstractContextManager[None]:
            seen.append("answered")
            return super().answering()

    bellhop.program.packing.courtesy = Watched()
    for person in (ana, luis):
        seen.clear()
        await person.says("hello")
        assert seen


async def test_whoever_only_looks_holds_no_letter_up(bellhop: Any, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk page stays open for hours, listening for news: that is nobody being answered."""
    monkeypatch.setattr(courtesy, "PATIENCE", 60.0)
    async with desk.http.get(f"{bellhop.url}/desk/events") as news:
        assert news.status == 200
        async with asyncio.timeout(PATIENCE):
            await bellhop.program.packing.courtesy.turn()
