"""Keeps what someone other than a guest wrote, with what it causes, in one commit; a bug leaves it owed."""

from collections.abc import Awaitable, Callable

import structlog

from flows.speech import Heard, Say
from handlers.guest_wrote import AGAIN
from handlers.house import House
from models import turns
from models.database import Run, is_away, transaction
from models.turns import Repeated, Reply

log = structlog.get_logger()


async def keep_heard(
    house: House, heard: Heard, recipient: int, inbound: int | None, act: Callable[[Run, int], Awaitable[Reply | None]]
) -> turns.Carry:
    """Keep a message and `act` on it in the same commit; `act` is given the inbound's id and may give a reply."""
    seen = await turns.look(recipient)
    turn = turns.Turn(
        seen=seen, channel=heard.channel, external_id=heard.external_id, heard=heard.as_json(), words=heard.words,
        state=None, replies=(), now=house.now(), owner=house.owner, name=heard.name, inbound=inbound,
    )  # fmt: skip
    try:
        async with transaction() as run:
            kept, _, _ = await turns.keep(turn, run)
            reply = await act(run, kept)
            return await turns.answer(turn, kept, reply, run) if reply else None
    except Repeated:
        return None
    except Exception as bug:
        if is_away(bug):
            raise  # not kept: the provider sends it again
        log.exception("hearing failed", recipient=recipient, channel=heard.channel)
        async with transaction() as run:
            apology = Reply("our_mistake", Say("our_mistake").as_json(), "en")
            due = house.now() + AGAIN[0]
            await turns.owe(turn, run, error=repr(bug)[:500], due=due, waits=AGAIN, apology=apology)
        return None
