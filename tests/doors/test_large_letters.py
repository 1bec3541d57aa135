"""Letters of many megabytes: kept piece by piece, so that nobody waits for them; wherever it ends, nothing acknowledged is lost and no half stays."""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from handlers import letter_came
from handlers.letter_came import letter_kept, unfinished_letters_go
from models import letters
from models.database import Run
from models.settings import keep_value
from tests.doors.knocking import Door, count
from tests.doors.test_letters import LETTER, brings
from tests.people import Bellhop, Desk
from tests.stories import moves

pytestmark = moves.SDKS
PIECES = 4
LARGE = LETTER % 1 + b"airport PUJ to Hard Rock\r\n" + b"x" * (letters.PIECE * PIECES)


class Ends:
    """The program ends at one of its commits of a letter, just before it or right after."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, *, after: bool) -> None:
        self.at, self.after, self.commits = at, after, 0
        self.real: Callable[..., Any] = letter_came._commit
        patch.setattr(letter_came, "_commit", self)

    async def __call__(self, work: Any) -> Any:
        """One commit."""
        self.commits += 1
        if self.commits == self.at and not self.after:
            raise OSError(28, "ended before it")
        done = await self.real(work)
        if self.commits == self.at:
            raise OSError(28, "ended after it")
        return done


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, PIECES + 3))
async def test_wherever_it_ends_it_is_whole_when_it_is_brought_again(
    door: Door, desk: Desk, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    """Not acknowledged before it is whole; a half is shown to nobody; brought again, it is there once and has its effect once."""
    with monkeypatch.context() as patched:
        Ends(patched, at, after=after)
        assert await brings(door, LARGE) == 503
    page = await desk.opens("/desk/letters")
    assert ("No letter yet" in page) == ((at, after) != (PIECES + 2, True))
    assert await count("inbound") == 0
    assert [await brings(door, LARGE), await brings(door, LARGE)] == [200, 200]
    assert await letters.content(1) == LARGE
    assert await count("letter") == await count("inbound") == 1
    assert await count("letter_piece") == PIECES


async def test_what_nobody_brings_again_is_taken_away_after_a_day(
    door: Door, bellhop: Bellhop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was never acknowledged; whoever brings it later begins anew. Whole letters stay."""
    with monkeypatch.context() as patched:
        Ends(patched, 3, after=True)
        assert await brings(door, LARGE) == 503
    assert await brings(door, LARGE.replace(b"<1@", b"<2@")) == 200
    await unfinished_letters_go(bellhop.program.house)
    assert (await count("letter"), await count("letter_piece")) == (2, PIECES + 2)
    await bellhop.later(days=1, minutes=1)
    await bellhop.program.catch_up(at_once=True)
    assert (await count("letter"), await count("letter_piece")) == (1, PIECES)
    assert await brings(door, LARGE) == 200
    assert await count("letter") == 2


async def test_one_that_was_brought_again_lately_is_not_taken_away(
    door: Door, bellhop: Bellhop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its day begins anew, or it would vanish while it is being kept."""
    with monkeypatch.context() as patched:
        Ends(patched, 3, after=True)
        assert await brings(door, LARGE) == 503
    await bellhop.later(days=1, minutes=1)
    with monkeypatch.context() as patched:
        Ends(patched, 2, after=True)
        assert await brings(door, LARGE) == 503
    await unfinished_letters_go(bellhop.program.house)
    assert await count("letter_piece") == 2


async def test_no_commit_takes_more_than_a_piece_and_others_have_their_turn(
    door: Door, bellhop: Bellhop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes meanwhile is never behind more than one piece; and what takes long is reckoned in another thread."""
    sizes, threads, others = [], [], []
    run, digest, end = Run.__call__, hashlib.sha256, letters.end

    async def noting(self: Run, sql: str, **values: Any) -> Any:
        sizes.extend(len(value) for value in values.values() if isinstance(value, bytes))
        return await run(self, sql, **values)

    def digested(given: bytes = b"", **named: Any) -> Any:
        if len(given) > letters.PIECE:
            threads.append(threading.current_thread())
        return digest(given, **named)

    async def ended(*given: Any) -> Any:
        busy.cancel()
        return await end(*given)

    async def writes() -> None:
        while True:
            await keep_value("another", str(len(others)))
            others.append(len(sizes))

    monkeypatch.setattr(Run, "__call__", noting)
    monkeypatch.setattr(hashlib, "sha256", digested)
    monkeypatch.setattr(letters, "end", ended)
    busy = asyncio.create_task(writes())
    await letter_kept(bellhop.program.house, LARGE)
    await asyncio.gather(busy, return_exceptions=True)
    assert len(sizes) == PIECES + 1 and max(sizes) <= letters.PIECE
    between = set(others) & set(range(1, PIECES + 1))
    assert len(between) >= 2, "between its pieces somebody else wrote"
    assert threads and threading.main_thread() not in threads


async def test_the_desk_has_it_whole(door: Door, desk: Desk) -> None:
    """Put together again, byte by byte."""
    assert await brings(door, LARGE) == 200
    async with desk.http.get(f"{door.bellhop.url}/desk/letters/1") as answer:
        assert await answer.read() == LARGE
