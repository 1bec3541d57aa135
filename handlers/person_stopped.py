"""Somebody asked to hear nothing more on this channel, or to hear of us again: STOP and START, BAJA and ALTA.

Twilio keeps such a list of its own and refuses (21610) what is sent in spite of it; ours holds on every channel, and for what is
still to be said the other channels are used. By mail, what belongs to a booking still comes, for papers have no other way.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from flows.speech import Heard, Say
from handlers.hearing import as_turn
from handlers.house import House
from models import channels, delivery, news, turns
from models.database import Run, contended_again, read, transaction
from models.fields import micros
from models.lanes import Outgoing
from models.turns import Carry, Reply

STOP = re.compile(
    r"/?(?:please |por favor,? )?(?:stop|stop ?all|unsubscribe(?: me)?|(?:dar(?:me|se) de )?baja)(?:,? please|,? por favor)?[\s.!]*",
    re.IGNORECASE,
)
START = re.compile(r"/?(?:start|unstop|(?:dar(?:me|se) de )?alta)[\s.!]*", re.IGNORECASE)
CONFIRM_STOP, CONFIRM_START = "confirm_stop", "confirm_start"
SAID_TO_THE_STOPPED = ("stopped", "stopped_letters", CONFIRM_STOP, CONFIRM_START)
DAY = timedelta(days=1)


def wants_silence(heard: Heard) -> bool:
    """Whether these words, and no others, ask to be left alone."""
    bare = channels.known_as(heard.channel).knows_stop or heard.words.startswith("/")
    return heard.kind == "text" and bare and bool(STOP.fullmatch(_said(heard)))


def wants_us_again(heard: Heard) -> bool:
    """Whether they ask to hear of us again."""
    return heard.kind == "text" and bool(START.fullmatch(_said(heard)))


def _said(heard: Heard) -> str:
    """The words that count: of a letter what stands below its subject, or the subject when that is all."""
    lines = heard.words.strip().splitlines()
    below = len(lines) == 2 and channels.known_as(heard.channel).letters
    return (lines[1] if below else heard.words).strip()


def is_unwanted(out: Outgoing) -> bool:
    """Whether this is not to leave for them: nothing in a chat; by mail whatever belongs to no booking and no person wrote."""
    if not out.stopped or out.kind in SAID_TO_THE_STOPPED:
        return False
    if not channels.known_as(out.channel).letters:
        return True
    return delivery.is_unasked(out.kind, out.payload) or (out.booking is None and out.kind != "message_from_house")


async def person_stopped(house: House, heard: Heard, recipient: int, language: str, inbound: int | None) -> Carry:
    """From now on nothing leaves for them here but one sentence that says so; the talk and its bookings stay as they are."""
    return await _noted(house, heard, recipient, language, inbound, silent=True)


async def person_started(house: House, heard: Heard, recipient: int, language: str, inbound: int | None) -> Carry:
    """They hear of us again, from what is said next on."""
    return await _noted(house, heard, recipient, language, inbound, silent=False)


async def asked_to_confirm(house: House, heard: Heard, recipient: int, language: str, inbound: int | None) -> Carry:
    """Anybody can write an address into From: whoever has it is asked to answer a letter with the word; nothing else changes.

    Once a day at most, and not who is left alone as it is.
    """
    seen, block = await turns.look(recipient), CONFIRM_STOP if wants_silence(heard) else CONFIRM_START
    spoken = str((seen.state or {}).get("language") or language)
    reply = Reply(block, Say(block, {"answers": heard.external_id}).as_json(), spoken)
    needless = (seen.stopped and block == CONFIRM_STOP) or await _asked_lately(recipient, block, house.now())
    return await _kept_once(as_turn(house, heard, seen, inbound, replies=() if needless else (reply,)))


async def _asked_lately(recipient: int, block: str, now: datetime) -> bool:
    rows = await read(
        "SELECT 1 FROM delivery WHERE recipient_id = :to AND kind = :kind AND created > :since LIMIT 1",
        to=recipient, kind=block, since=micros(now - DAY),
    )  # fmt: skip
    return bool(rows)


async def stopped_by_link(house: House, stopping: int) -> bool:
    """Whoever got this letter hears nothing more that they did not ask for; whether there is such a letter."""
    async with transaction() as run:
        rows = await run("SELECT recipient_id FROM delivery WHERE id = :id", id=stopping)
        if rows:
            await delivery.stop(run, int(rows[0]["recipient_id"]), house.now())
            news.announce("talk")
    return bool(rows)


async def _noted(
    house: House, heard: Heard, recipient: int, language: str, inbound: int | None, *, silent: bool
) -> Carry:
    seen, block = await turns.look(recipient), "stopped" if silent else "started"
    block += "_letters" if silent and channels.known_as(heard.channel).letters else ""
    spoken = str((seen.state or {}).get("language") or language)
    kept = as_turn(house, heard, seen, inbound, replies=(Reply(block, Say(block).as_json(), spoken),))
    stopped = house.now() if silent else None
    return await _kept_once(kept, lambda run: delivery.stop(run, kept.seen.recipient, stopped))


async def _kept_once(turn: turns.Turn, act: Callable[[Run], Awaitable[None]] | None = None) -> Carry:
    try:
        return await _kept(turn, act)
    except turns.Repeated:
        return None


@contended_again
async def _kept(turn: turns.Turn, act: Callable[[Run], Awaitable[None]] | None) -> Carry:
    async with transaction() as run:
        news.announce("talk", turn.seen.booking)
        if act is not None:
            await act(run)
        return await turns.keep(turn, run)
