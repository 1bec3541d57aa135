"""Guards that a control takes out in a server's process, to see the harm that they keep away."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg

from models import copying
from models.database import credentials
from tests.faults.launch import place, put

LATE = 0.5  # seconds until what was acknowledged too early is kept


def _one_inbound() -> None:
    """`turns.keep` no longer knows a message again: each webhook is a message of its own."""
    keep = _known("models.turns:keep")

    async def anew(turn: Any, run: Any) -> Any:
        name = f"{turn.external_id}#{secrets.token_hex(4)}"
        return await keep(replace(turn, external_id=name) if turn.inbound is None else turn, run)

    put("models.turns:keep", anew)


def _kept_first() -> None:
    """What someone wrote is acknowledged, and kept only then."""
    wrote, later = _known("web.hooks:someone_wrote"), set[Any]()

    async def work(given: Any) -> None:
        await asyncio.sleep(0)
        ready = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(LATE, ready.set_result, None)
        await ready
        await wrote(*given)

    async def at_once(*given: Any) -> None:
        task = asyncio.create_task(work(given))
        later.add(task)
        task.add_done_callback(later.discard)

    put("web.hooks:someone_wrote", at_once)


def _lease() -> None:
    """A lane is anybody's as soon as it is claimed."""
    put("models.lanes:LEASE", timedelta(milliseconds=1))


def _held() -> None:
    """Whoever was frozen sends what it was about to send."""
    put("bot.courier:HELD", 10.0**9)


def _fence() -> None:
    """A lane is ours whoever has it."""

    async def whoever(*_: Any) -> bool:
        return True

    put("models.lanes:_still_ours", whoever)


def _attempt() -> None:
    """How an attempt ended is noted, whatever has become of the delivery since."""
    blindly = (
        "UPDATE delivery SET state = :state, provider_id = :provider_id, error = :error, sent = :now WHERE id = :id"
    )
    put("models.lanes:_NOTE", blindly)


def _one_payment() -> None:
    """Each time Stripe tells of a payment it is another event, and another payment."""
    paid = _known("handlers.guest_paid:guest_paid")

    async def anew(house: Any, told: Any, owed: int | None = None) -> Any:
        mark = f"#{secrets.token_hex(4)}"
        return await paid(house, replace(told, event=told.event + mark, payment=told.payment + mark), owed)

    put("handlers.guest_paid:guest_paid", anew)


def _pace() -> None:
    """Everything leaves at once."""

    async def at_once(_: Any) -> None:
        return

    put("bot.pace:Pace.turn", at_once)
    put("bot.pace:Pace.rest", lambda *_: timedelta())


def _breaker() -> None:
    """A provider that is away is tried by everybody."""
    put("bot.courier:Channel.down", property(lambda _: False))


def _catch_up() -> None:
    """What a provider could not bring is left there."""

    async def never(*_: Any, **__: Any) -> None:
        return

    put("bot.catching_up:catch_up", never)


def _one_moment() -> None:
    """A backup takes the file as it lies there, without its log; on PostgreSQL one table after the other, at leisure."""
    copy = _known("models.copying:_copy")

    @asynccontextmanager
    async def many_moments(url: str, _: bool) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(**credentials(url))
        async with connection.transaction(isolation="read_committed"):
            yield copying._Postgres(connection)
        await connection.close()

    async def at_leisure(*given: Any) -> int:
        with suppress(TimeoutError):
            async with asyncio.timeout(LATE / 5):
                await asyncio.Event().wait()
        return int(await copy(*given))

    put("bot.backup:_vacuum", shutil.copyfile)
    put("models.copying:_postgres", many_moments)
    put("models.copying:_copy", at_leisure)


def _missed_first() -> None:
    """What is written now does not wait for what was missed, which is long in coming: somebody writes before it is here."""
    keep, fetch, wrote = _known("web.hooks:someone_wrote"), _known("bot.catching_up:_messages"), asyncio.Event()

    async def kept(house: Any, heard: Any) -> Any:
        answers = await keep(house, heard)
        if heard.channel == "whatsapp":
            wrote.set()
        return answers

    async def after_one(*given: Any) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LATE * 20):
                await wrote.wait()
        await fetch(*given)

    put("bot.program:FIRST", 0.0)
    put("web.hooks:someone_wrote", kept)
    put("bot.catching_up:_messages", after_one)


def _leaving() -> None:
    """A server that is told to stop shuts its door at once."""
    put("web.serving:LEAVING", 0.0)


GUARDS: dict[str, Callable[[], None]] = {
    "one inbound": _one_inbound, "kept first": _kept_first, "lease": _lease, "held": _held, "fence": _fence,
    "attempt": _attempt, "one payment": _one_payment, "pace": _pace, "breaker": _breaker, "catch-up": _catch_up,
    "missed first": _missed_first, "one moment": _one_moment, "leaving": _leaving,
}  # fmt: skip


def take_out(name: str) -> None:
    """Take out one guard in this process; `module:function` names what a trial does there itself."""
    (_known(name) if ":" in name else GUARDS[name])()


def _known(where: str) -> Any:
    owner, name = place(where)
    return getattr(owner, name)
