"""What was heard is kept with all it causes in one commit, whoever wrote it; a bug leaves it owed, to be tried again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog

from flows.speech import Heard, Say
from handlers.house import House
from models import news, turns
from models.database import Run, again_at_once, is_away, transaction
from models.turns import Carry, Repeated, Reply, Seen, Turn

log = structlog.get_logger()

AGAIN = (timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=60))  # after a bug; then it is parked


def as_turn(house: House, heard: Heard, seen: Seen, inbound: int | None, **left: Any) -> Turn:
    """What was heard as a turn to keep; `left` is what it leaves behind beside it, by the names of `models.turns.Turn`."""
    plain: dict[str, Any] = {"state": None, "replies": ()}
    return Turn(
        seen=seen, channel=heard.channel, external_id=heard.external_id, heard=heard.as_json(), words=heard.words,
        now=house.now(), owner=house.owner, name=heard.name, inbound=inbound, **plain | left,
    )  # fmt: skip


async def keep_heard(
    house: House, heard: Heard, recipient: int, inbound: int | None,
    act: Callable[[Run, int], Awaitable[Reply | None]], language: str,
) -> Carry:  # fmt: skip
    """Keep a message and `act` on it in the same commit; `act` is given the inbound's id and may give a reply.

    `language` is theirs, for the apology that parks a message whose turn goes on failing.
    """
    seen = await turns.look(recipient)
    turn = as_turn(house, heard, seen, inbound)
    if seen.owed and inbound is None:
        return await owe(turn, "", language)  # behind one whose turn failed, so that their order stays
    try:
        return await again_at_once(lambda: _act(turn, act))
    except Repeated:
        return None
    except Exception as bug:
        if is_away(bug):
            raise  # not kept: the provider sends it again
        log.exception("hearing failed", recipient=recipient, channel=heard.channel)
        return await owe(turn, repr(bug)[:500], language)


async def _act(turn: Turn, act: Callable[[Run, int], Awaitable[Reply | None]]) -> Carry:
    async with transaction() as run:
        kept = await turns.heard(turn, run)
        reply = await act(run, kept)
        await turns.met(turn, run)  # their lane last: who confirms a booking has the house's, and goes on to its lead's
        return await turns.answer(turn, kept, reply, run) if reply else None


async def owe(turn: Turn, error: str, language: str) -> Carry:
    """Keep the message to be tried again; behind an owed one it waits its turn (no `error`)."""
    apology = Reply("our_mistake", Say("our_mistake").as_json(), language)
    async with transaction() as run:
        await turns.owe(turn, run, error=error, due=turn.now + AGAIN[0], waits=AGAIN, apology=apology)
        news.announce("talk", turn.seen.booking)
    return None
