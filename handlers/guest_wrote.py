"""A guest wrote to us: one turn of the talk, kept with all it causes in one commit."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import structlog

from flows.book import arrive, hear, say, still_open, take_up
from flows.changing import chosen, code_in
from flows.conversation import Turn
from flows.menu import Menu
from flows.speech import Heard, Say
from flows.talk import Person, Talk, ToTeam
from handlers.door_opened import Entry, count, entry_of, refused, used_by
from handlers.hearing import as_turn, owe
from handlers.house import House
from handlers.moment import Moment, moment_of, spoken
from handlers.pages import card_turned
from handlers.prices_promised import offer_as_promised
from handlers.standing import standing_of
from handlers.talk_hopped import Leaving, hop_offered, leaving_by, talk_hopped
from handlers.wishes import Came, fulfilled, stand_still
from models import news, turns
from models.database import Run, is_away, is_contended, transaction
from models.turns import Carry, Repeated, Reply, Seen, Stale

log = structlog.get_logger()

TRIES = 3  # of a turn whose talk moved on meanwhile


async def guest_wrote(house: House, heard: Heard, recipient: int, inbound: int | None = None) -> Carry:
    """Take the turn. Gives the reply that is born claimed, if there is one, for the courier to carry.

    A message heard before changes nothing. A turn that fails with a bug leaves its message owed; a database that refuses
    is raised, so that the provider sends it again.
    """
    async with _at_a_time(recipient):
        return await _take(house, heard, recipient, inbound)


_locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()


def _at_a_time(recipient: int) -> asyncio.Lock:
    """One turn of a talk at a time in this process; between processes the talk's version decides."""
    return _locks.setdefault(recipient, asyncio.Lock())


async def _take(house: House, heard: Heard, recipient: int, inbound: int | None) -> Carry:
    for _ in range(TRIES):
        seen = await turns.look(recipient)
        if seen.owed and inbound is None:
            return await kept_owed(house, heard, seen, None, "")
        try:
            return await _turn(await moment_of(house, heard, seen, inbound))
        except Repeated:
            return None
        except Stale:
            continue
        except Exception as bug:
            if is_contended(bug):
                continue
            if is_away(bug):
                raise  # not kept: the provider sends it again
            log.exception("turn failed", recipient=recipient, channel=heard.channel)
            return await kept_owed(house, heard, seen, inbound, repr(bug)[:500])
    return await kept_owed(house, heard, seen, inbound, "the talk moved on three times")


async def kept_owed(house: House, heard: Heard, seen: Seen, inbound: int | None, error: str) -> Carry:
    """Keep the message to be tried again; behind an owed one it waits its turn (no `error`)."""
    language = str((seen.state or {}).get("language") or spoken(heard, await house.catalog()))
    return await owe(as_turn(house, heard, seen, inbound), error, language)


async def _turn(at: Moment) -> Carry:
    by_letter = at.seen.booking is not None and not at.channel.proven
    if at.seen.silent or at.seen.stopped or by_letter:
        return await _listen(at)  # a letter's sender is not proven: what is booked is changed by people who look
    if page := await card_turned(at.heard, at.seen, edits=at.channel.edits):
        return await _turn_page(at, page)
    talk = at.talk
    if reference := about(talk, at.heard, at.world.menu):
        standing = await standing_of(reference, at.seen.recipient, at.now)
        at = replace(at, world=replace(at.world, standing=standing))
    entry = await entry_of(at.house, at.heard)
    leaving = await leaving_by(entry.known, at.seen.recipient) if entry.known and entry.known.hop else None
    if leaving and not leaving.refused:
        return await _go_on_here(at, talk, leaving)
    no_good = leaving.refused if leaving else used_by(entry, at.seen.recipient)
    entry = refused(entry, no_good) if no_good else entry
    moved = _moved(at, talk, entry)
    turn = say(moved, await offer_as_promised(at, moved))
    async with transaction() as run:
        await count(run, at.house, entry, at.seen.recipient)
        if turn.wishes:
            await stand_still(at, turn.wishes, run)
        turn, came = await _fulfilled(at, turn, run)
        if not at.channel.chat:
            turn = await _as_letters(at, turn, run)
        return await _keep(at, turn, came, run)


def about(talk: Talk, heard: Heard, menu: Menu) -> str | None:
    """The code of the booking that a message may want to change: the one that it names, or that the talk stands at."""
    named = chosen(talk, heard) or code_in(heard.words, menu)
    return named if named and "changing" not in talk.facts else talk.facts.get("reference")


def _moved(at: Moment, talk: Talk, entry: Entry) -> Talk:
    if entry.arrival is not None:
        return arrive(talk, entry.arrival, entry.heard, at.world_then)
    return hear(talk, entry.heard, at.world_then)


async def _go_on_here(at: Moment, talk: Talk, leaving: Leaving) -> Carry:
    """Take up the talk of another channel, with whoever has it and whatever is booked."""
    moved = take_up(leaving.talk, talk, at.heard, at.world, silent=leaving.silent)
    turn = say(moved, await offer_as_promised(at, moved))
    async with transaction() as run:
        await talk_hopped(run, at.house, leaving, at.seen.recipient, at.actor)
        return await _keep(at, turn, Came(booking=leaving.booking, silent=leaving.silent), run)


async def _fulfilled(at: Moment, turn: Turn, run: Run) -> tuple[Turn, Came]:
    """Do what the turn wishes for; gives the turn to keep, and what came of it in all."""
    booking, silent = None, None
    for wish in turn.wishes:
        came = await fulfilled(at, turn.talk, wish, run)
        booking = came.booking if came.booking is not None else booking
        silent = came.silent if came.silent is not None else silent
        if came.talk is not None:
            turn = say(came.talk, await offer_as_promised(came.at or at, came.talk))
        turn = _with(turn, came.facts)
    return turn, Came(booking=booking, silent=silent)


def _with(turn: Turn, facts: Mapping[str, Any]) -> Turn:
    """The same turn, whose replies know this too."""
    replies = tuple(replace(said, facts={**said.facts, **facts}) for said in turn.replies)
    return replace(turn, replies=replies) if facts else turn


async def _as_letters(at: Moment, turn: Turn, run: Run) -> Turn:
    """A letter names all that is open, and leads into a chat that goes on exactly here."""
    door = await hop_offered(run, at.seen.recipient, turn.talk, at.now)
    facts = {"door": door, "open": still_open(turn.talk, at.world.menu), "answers": at.heard.external_id}
    return _with(turn, facts)


async def _keep(at: Moment, turn: Turn, came: Came, run: Run) -> Carry:
    replies = tuple(_reply(at, turn.talk, each) for each in turn.replies)
    kept = at.kept(state=turn.talk.as_json(), replies=replies, silent=came.silent, booking=came.booking)
    news.announce("talk", came.booking or at.seen.booking)
    return await turns.keep(kept, run)


def _reply(at: Moment, talk: Talk, said: Say) -> Reply:
    payload = said.as_json() | {"turn": talk.turn}
    if said.edits and at.heard.kind == "tap" and at.heard.quotes:
        payload["edits"] = at.heard.quotes
    return Reply(said.block, payload, talk.language, _lapses(said), said.about)


def _lapses(said: Say) -> datetime | None:
    """That something is held, and may be paid, is not said any more once the hold has ended: another notice says so."""
    until = said.facts.get("hold_until") if said.block == "held" else None
    return datetime.fromisoformat(until["utc"]) if until else None


async def _turn_page(at: Moment, page: Reply) -> Carry:
    """The same card at another page; the talk stays where it is."""
    async with transaction() as run:
        return await turns.keep(at.kept(replies=(page,)), run)


async def _listen(at: Moment) -> Carry:
    """A person has the talk: the bot keeps what was said and stays silent."""
    async with transaction() as run:
        said = at.heard.words or f"({at.heard.kind})"
        wish = Person(said) if at.seen.booking is None else ToTeam(said)
        await stand_still(at, [wish], run)
        await fulfilled(at, at.talk, wish, run)
        news.announce("talk", at.seen.booking)
        return await turns.keep(at.kept(), run)
