"""Keeps what someone other than a guest wrote, with what it causes, in one commit; a bug leaves it owed."""

from collections.abc import Awaitable, Callable

import structlog

from flows.speech import Heard, Say
from handlers.guest_wrote import AGAIN
from handlers.house import House
from models import turns
from models.database import Run, again_at_once, is_away, transaction
from models.turns import Repeated, Reply

log = structlog.get_logger()


async def keep_heard(
    house: House, heard: Heard, recipient: int, inbound: int | None,
    act: Callable[[Run, int], Awaitable[Reply | None]], language: str,
) -> turns.Carry:  # fmt: skip
    """Keep a message and `act` on it in the same commit; `act` is given the inbound's id and may give a reply.

    `language` is theirs, for the apology that parks a message whose turn goes on failing.
    """
    seen = await turns.look(recipient)
    turn = turns.Turn(
        seen=seen, channel=heard.channel, external_id=heard.external_id, heard=heard.as_json(), words=heard.words,
        state=None, replies=(), now=house.now(), owner=house.owner, name=heard.name, inbound=inbound,
    )  # fmt: skip
    if seen.owed and inbound is None:
        return await _owe(house, turn, "", language)  # behind one whose turn failed, so that their order stays
    try:
        return await again_at_once(lambda: _act(turn, act))
    except Repeated:
        return None
    except Exception as bug:
        if is_away(bug):
            raise  # not kept: the provider sends it again
        log.exception("hearing failed", recipient=recipient, channel=heard.channel)
        return await _owe(house, turn, repr(bug)[:500], language)


async def _act(turn: turns.Turn, act: Callable[[Run, int], Awaitable[Reply | None]]) -> turns.Carry:
    async with transaction() as run:
        kept = await turns.heard(turn, run)
        reply = await act(run, kept)
        await turns.met(turn, run)  # their lane last: who confirms a booking has the house's, and goes on to its lead's
        return await turns.answer(turn, kept, reply, run) if reply else None


async def _owe(house: House, turn: turns.Turn, error: str, language: str) -> turns.Carry:
    """Keep the message to be tried again."""
    apology = Reply("our_mistake", Say("our_mistake").as_json(), language)
    async with transaction() as run:
        await turns.owe(turn, run, error=error, due=house.now() + AGAIN[0], waits=AGAIN, apology=apology)
    return None
