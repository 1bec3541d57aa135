"""A guest wrote to us: one turn of the talk, kept with all it causes in one commit."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import structlog

from flows.book import arrive, hear, learn, needs, say, still_open
from flows.changing import TAP
from flows.conversation import Turn
from flows.hopping import taken_up
from flows.menu import Offer, World
from flows.speech import Heard, Say
from flows.talk import Cancel, Change, Delayed, Hop, Leave, Person, Resend, Send, Talk, ToTeam
from flows.understand.details import phone_of
from handlers.door_opened import Entry, count, entry_of, refused
from handlers.flight_delayed import flight_delayed
from handlers.guest_cancelled import guest_cancelled
from handlers.guest_changed import guest_changed, learnt
from handlers.guest_told_team import told_team
from handlers.house import Actor, House
from handlers.menu import menu_of
from handlers.offers import alternatives, offer_for
from handlers.pages import card_turned
from handlers.papers_asked_again import papers_asked_again
from handlers.place_freed import list_left
from handlers.request_sent import request_sent
from handlers.standing import standing_of
from handlers.talk_hopped import Leaving, hop_offered, leaving_by, talk_hopped
from handlers.telling import tell_house
from models import catalogs, news, turns
from models.catalog import Catalog
from models.database import Run, is_away, is_contended, transaction
from models.money import Money
from models.refusal import ChangedMeanwhile, Dearer, HoldEnded, InThePast, NotYours, Refusal, SoldOut, TooLate, TooSoon
from models.request import as_instant
from models.turns import Carry, Repeated, Reply, Seen, Stale
from models.waiting import place_of

log = structlog.get_logger()

BY_LETTER = ("mail",)
TRIES = 3  # of a turn whose talk moved on meanwhile
AGAIN = (timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=60))  # after a bug; then it is parked


@dataclass(frozen=True, slots=True)
class Moment:
    """What one turn is taken in."""

    house: House
    heard: Heard
    seen: Seen
    catalog: Catalog
    world: World
    now: datetime
    inbound: int | None

    @property
    def language(self) -> str:
        """The guest's language for a talk that begins now."""
        return spoken(self.heard, self.catalog)

    @property
    def world_then(self) -> World:
        """What "tomorrow" is counted from, where a message reaches us late."""
        return replace(self.world, now=self.heard.at.astimezone(self.world.now.tzinfo))


def spoken(heard: Heard, catalog: Catalog) -> str:
    """The language of someone we have not talked with: what the channel says, if the brand speaks it."""
    told = (heard.language or "").split("-")[0]
    return told if told in catalog.brand.languages else catalog.brand.language


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
            return await owe(house, heard, seen, None, "")
        try:
            return await _turn(await _moment(house, heard, seen, inbound))
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
            return await owe(house, heard, seen, inbound, repr(bug)[:500])
    return await owe(house, heard, seen, inbound, "the talk moved on three times")


async def _moment(house: House, heard: Heard, seen: Seen, inbound: int | None) -> Moment:
    catalog, now = await house.catalog(), house.now()
    world = World(now.astimezone(ZoneInfo(catalog.brand.zone)), menu_of(catalog))
    return Moment(house, heard, seen, catalog, world, now, inbound)


async def _turn(at: Moment) -> Carry:
    talk = Talk.from_json(at.seen.state) if at.seen.state else Talk.new(at.language)
    by_letter = at.seen.booking is not None and at.heard.channel in BY_LETTER
    if at.seen.silent or at.seen.stopped or by_letter:
        return await _listen(at)  # a letter's sender is not proven: what is booked is changed by people who look
    if page := await card_turned(at.heard, at.seen):
        return await _turn_page(at, page)
    if reference := about(talk, at.heard):
        standing = await standing_of(reference, at.seen.recipient, at.now)
        at = replace(at, world=replace(at.world, standing=standing))
    entry = await entry_of(at.house, at.heard)
    leaving = await leaving_by(entry.known, at.seen.recipient) if entry.known and entry.known.hop else None
    if leaving and not leaving.refused:
        return await _go_on_here(at, talk, leaving)
    moved = _moved(at, talk, refused(entry, leaving.refused) if leaving else entry)
    turn = say(moved, await _offer(at, moved))
    async with transaction() as run:
        await count(run, at.house, entry, at.seen.recipient)
        turn, booking, silent = await _fulfil(at, turn, run)
        if at.heard.channel in BY_LETTER:
            turn = await _as_letters(at, turn, run)
        return await _keep(at, turn, booking, silent, run)


async def _as_letters(at: Moment, turn: Turn, run: Run) -> Turn:
    """A letter names all that is open, and leads into a chat that goes on exactly here."""
    door = await hop_offered(run, at.seen.recipient, turn.talk, at.now)
    facts = {"door": door, "open": still_open(turn.talk, at.world.menu)}
    return replace(turn, replies=tuple(replace(said, facts={**said.facts, **facts}) for said in turn.replies))


async def _go_on_here(at: Moment, talk: Talk, leaving: Leaving) -> Carry:
    """Take up the talk of another channel, with whoever has it and whatever is booked."""
    moved = taken_up(leaving.talk, talk, at.heard)
    turn = say(moved, await _offer(at, moved))
    async with transaction() as run:
        await talk_hopped(run, at.house, leaving, at.seen.recipient, at.heard.channel)
        return await _keep(at, turn, leaving.booking, leaving.silent, run)


def _moved(at: Moment, talk: Talk, entry: Entry) -> Talk:
    if entry.arrival is not None:
        return arrive(talk, entry.arrival, entry.heard, at.world_then)
    return hear(talk, entry.heard, at.world_then)


async def _offer(at: Moment, talk: Talk) -> Offer:
    source = {"channel": at.heard.channel, "at": as_instant(at.now, at.catalog.brand.zone), "language": talk.language}
    world = at.world if "changing" in talk.facts else replace(at.world, standing=None)
    promised = None if "changing" in talk.facts else talk.facts.get("promised")
    if promised is None or promised["version"] == str(at.catalog.version):
        return await offer_for(needs(talk), talk.draft, world, at.catalog, source, at.seen.recipient)
    told = await catalogs.version(int(promised["version"]))
    if datetime.fromisoformat(promised["valid_until"]["utc"]) >= at.now:
        world = replace(world, menu=menu_of(told))
        return await offer_for(needs(talk), talk.draft, world, told, source, at.seen.recipient)
    offer = await offer_for(needs(talk), talk.draft, world, at.catalog, source, at.seen.recipient)
    return replace(offer, over=await _over(at, talk, offer, told))


async def _over(at: Moment, talk: Talk, offer: Offer, told: Catalog) -> dict[str, Any]:
    """How a price that was promised and is over differs from what the same costs now; nothing where it does not."""
    before = (await offer_for(("quote",), talk.draft, at.world, told, {"channel": at.heard.channel})).quote
    if before is None or offer.quote is None or dict(before.total) == dict(offer.quote.total):
        return {}
    was, now = Money.from_fact(dict(before.total)), Money.from_fact(dict(offer.quote.total))
    difference = now - was if was < now else was - now
    return {"was": was.as_fact(), "now": now.as_fact(), "difference": difference.as_fact(), "dearer": was < now}


async def _fulfil(at: Moment, turn: Turn, run: Run) -> tuple[Turn, int | None, bool | None]:
    """Do what the turn wishes for; gives the turn to keep, the booking it made and whether the bot falls silent."""
    booking, silent = None, None
    for wish in turn.wishes:
        match wish:
            case Send(waits=waits):
                turn, booking = await _send(at, turn, waits, run)
            case Leave(reference=reference):
                turn = await _leave(at, turn, reference, run)
            case Change(reference=reference):
                turn = await _change(at, turn, reference, run)
            case Person(words=said):
                silent = True
                await _call_a_person(at, said, run)
            case ToTeam(words=said, reference=reference, matter=matter):
                await _pass_on(at, said, run, reference, matter)
            case Cancel():
                turn = await _cancel(at, turn, wish, run)
            case Delayed():
                turn = await _delayed(at, turn, wish, run)
            case Resend(reference=reference, address=address):
                turn = await _send_again(at, turn, reference, address, run)
            case Hop():
                turn = await _offer_hop(at, turn, run)
    return turn, booking, silent


async def _offer_hop(at: Moment, turn: Turn, run: Run) -> Turn:
    """The link for going on elsewhere is named by its number; its address is derived when it is drawn."""
    door = await hop_offered(run, at.seen.recipient, turn.talk, at.now)
    replies = tuple(
        replace(said, facts={**said.facts, "door": door}) if said.block == "hop" else said for said in turn.replies
    )
    return replace(turn, replies=replies)


async def _cancel(at: Moment, turn: Turn, wish: Cancel, run: Run) -> Turn:
    """Cancel what the guest agreed to, and say what came of it; a refusal leaves all as it was."""
    booking = await _theirs(at, wish.reference, run)
    try:
        if booking is None:
            raise NotYours(what="booking")
        async with transaction() as inner:
            said = await guest_cancelled(inner, at.house, booking, wish, _actor(at))
        ended = wish.reference if wish.what == "all" else None
    except Dearer:
        turn.talk.ask = {"name": "cancel", "reference": wish.reference, "what": wish.what}
        return say(turn.talk, await _offer(at, turn.talk))
    except Refusal:
        turn.talk.ask = {"name": "cancel", "reference": wish.reference}
        return say(turn.talk, await _offer(at, turn.talk))
    talk = learn(turn.talk, "answered", {"say": said.as_json(), "ended": ended})
    return say(talk, await _offer(at, talk))


async def _send_again(at: Moment, turn: Turn, reference: str, address: str, run: Run) -> Turn:
    booking = await _theirs(at, reference, run)
    if booking is None:
        turn.talk.ask = {"name": "resend", "reference": reference}
        return say(turn.talk, await _offer(at, turn.talk))
    said = await papers_asked_again(run, at.house, booking, address, _actor(at), at.heard.external_id)
    talk = learn(turn.talk, "answered", {"say": said.as_json()})
    return say(talk, await _offer(at, talk))


async def _delayed(at: Moment, turn: Turn, wish: Delayed, run: Run) -> Turn:
    booking = await _theirs(at, wish.reference, run)
    if booking is None:
        turn.talk.ask = {"name": "delay", "reference": wish.reference}
        return say(turn.talk, await _offer(at, turn.talk))
    said = await flight_delayed(run, at.house, booking, wish, _actor(at), once=at.heard.external_id)
    talk = learn(turn.talk, "answered", {"say": said.as_json()})
    return say(talk, await _offer(at, talk))


async def _theirs(at: Moment, reference: str, run: Run) -> int | None:
    """The booking of that code, if whoever writes made it."""
    rows = await run(
        "SELECT id FROM booking WHERE reference = :reference AND recipient_id = :recipient",
        reference=reference, recipient=at.seen.recipient,
    )  # fmt: skip
    return int(rows[0]["id"]) if rows else None


def _actor(at: Moment) -> Actor:
    return Actor(at.heard.name or at.heard.sender, "guest", at.heard.channel)


async def _leave(at: Moment, turn: Turn, reference: str, run: Run) -> Turn:
    try:
        await list_left(run, at.house, reference, at.seen.recipient, _actor(at))
        talk = learn(turn.talk, "list_left", {"reference": reference})
    except NotYours:  # it is paid by now, or over
        talk = turn.talk.next()
        talk.remark("old_tap")
    return say(talk, await _offer(at, talk))


async def _wait(at: Moment, talk: Talk, catalog: Catalog, run: Run) -> tuple[Talk, int]:
    """What is sold out is waited for: said back with the place in the order."""
    booking, told = await request_sent(
        run, at.house, catalog, _whole_draft(at, talk), recipient=at.seen.recipient, channel=at.heard.channel,
        language=talk.language, source=talk.source, waits=True,
    )  # fmt: skip
    place = await place_of(run, booking)
    return learn(talk, "waitlisted", {"reference": told["reference"], "place": place}), booking


async def _send(at: Moment, turn: Turn, waits: bool, run: Run) -> tuple[Turn, int | None]:
    talk, booking = turn.talk, None
    catalog = await _as_quoted(at, talk)
    if catalog is None:
        talk = learn(talk, "price_changed", {})
        return say(talk, await _offer(at, talk)), None
    try:
        async with transaction() as inner:  # a refusal undoes the half-made booking and nothing else
            booking, told = await request_sent(
                inner, at.house, catalog, _whole_draft(at, talk), recipient=at.seen.recipient,
                channel=at.heard.channel, language=talk.language, source=talk.source,
            )  # fmt: skip
        talk = learn(talk, "sent", _sent(told))
    except SoldOut:  # read in here: the winner's commit may be shared with ours, and nobody outside sees it yet
        if waits:
            talk, booking = await _wait(at, talk, catalog, run)
        else:
            talk = learn(talk, "sold_out", await alternatives(talk.draft, at.catalog, at.now))
    except (TooSoon, InThePast) as refusal:
        first = refusal.facts.get("earliest")
        talk = learn(talk, "too_late", {"first": first} if first else {})
    except Refusal as refusal:
        log.warning("a reviewed request was refused", refusal=refusal.key)
        talk = learn(talk, "price_changed", {})
    return say(talk, await _offer(at, talk)), booking


async def _change(at: Moment, turn: Turn, reference: str, run: Run) -> Turn:
    talk = turn.talk
    catalog = await _as_quoted(at, talk)
    try:
        if catalog is None:
            raise ChangedMeanwhile(what="price")
        async with transaction() as inner:  # a refusal undoes whatever was changed by then and nothing else
            told = await guest_changed(
                inner, at.house, catalog, reference, talk.draft, base=talk.facts["changing"]["request"],
                agreed=talk.facts["quoted"]["total"], recipient=at.seen.recipient, channel=at.heard.channel,
            )  # fmt: skip
        talk = learn(talk, "changed", learnt(told))
    except SoldOut:
        own = at.world.standing["id"] if at.world.standing else 0
        talk = learn(talk, "sold_out", await alternatives(talk.draft, at.catalog, at.now, own))
    except (TooSoon, InThePast) as refusal:
        first = refusal.facts.get("earliest")
        talk = learn(talk, "too_late", {"first": first} if first else {})
    except TooLate as refusal:
        talk = learn(talk, "change_closed", {"why": f"change_{refusal.facts['why']}"})
        await _pass_on(at, at.heard.words or "–", run)
    except HoldEnded:
        talk = learn(talk, "hold_ended", {})
    except Refusal as refusal:
        return await _look_again(at, talk, refusal)
    return say(talk, await _offer(at, talk))


async def _look_again(at: Moment, talk: Talk, refusal: Refusal) -> Turn:
    """It is another booking, or another price, than the guest saw: shown as it is now."""
    log.info("an agreed change was refused", refusal=refusal.key)
    standing = await standing_of(talk.facts["reference"], at.seen.recipient, at.now)
    at = replace(at, world=replace(at.world, standing=standing))
    news = (
        "change_overtaken"
        if isinstance(refusal, ChangedMeanwhile) and refusal.facts["what"] == "request"
        else "price_changed"
    )
    talk = learn(talk, news, {"request": standing["request"]} if standing else {})
    return say(talk, await _offer(at, talk))


async def _as_quoted(at: Moment, talk: Talk) -> Catalog | None:
    """The catalogue that the review was priced by, while that price is valid or still the same; else None."""
    quoted = talk.facts.get("quoted")
    if quoted is None or quoted["version"] == str(at.catalog.version):
        return at.catalog
    promised = talk.facts.get("promised") or quoted
    until = [each["valid_until"]["utc"] for each in (quoted, promised) if each["version"] == quoted["version"]]
    if datetime.fromisoformat(max(until)) >= at.now:
        return await catalogs.version(int(quoted["version"]))
    now = await offer_for(("quote",), talk.draft, at.world, at.catalog, {"channel": at.heard.channel})
    return at.catalog if now.quote and dict(now.quote.total) == quoted["total"] else None


def about(talk: Talk, heard: Heard) -> str | None:
    """The code of the booking that a message may want to change: the one that was tapped, or that the talk stands at."""
    tapped = heard.tap.value if heard.tap and heard.tap.question == TAP else None
    return tapped if tapped and "changing" not in talk.facts else talk.facts.get("reference")


def _whole_draft(at: Moment, talk: Talk) -> dict[str, Any]:
    """The draft with the phone that the channel itself tells, where it does."""
    return {**talk.draft, "phone": talk.draft.get("phone") or phone_of(at.heard)}


def _sent(told: dict[str, Any]) -> dict[str, Any]:
    payment = told["payment"]
    return {
        "reference": told["reference"], "hold_until": told["hold_until"], "due": payment["due_now"],
        "total": told["total"], "payment": payment, "story": told,
    }  # fmt: skip


async def _call_a_person(at: Moment, words: str, run: Run) -> None:
    who = at.heard.name or at.heard.sender
    facts = {"who": who, "channel": at.heard.channel, "text": words or "–", "reference": None, "talk": at.seen.talk}
    await tell_house(run, at.house, "person_wanted_house", facts, once=None, mail=False)
    news.announce("talk", at.seen.booking)


async def _pass_on(at: Moment, words: str, run: Run, reference: str = "", matter: str = "") -> None:
    """A guest's message about a booking that stands."""
    booking = await _theirs(at, reference, run) if reference else at.seen.booking
    if booking is not None:
        await told_team(run, at.house, booking, words, _actor(at), matter=matter, once=at.heard.external_id)


async def _keep(at: Moment, turn: Turn, booking: int | None, silent: bool | None, run: Run) -> Carry:
    kept = turns.Turn(
        seen=at.seen, channel=at.heard.channel, external_id=at.heard.external_id, heard=at.heard.as_json(),
        words=at.heard.words, state=turn.talk.as_json(), replies=tuple(_reply(at, turn.talk, each) for each in turn.replies),
        now=at.now, owner=at.house.owner, name=at.heard.name, silent=silent, booking=booking, inbound=at.inbound,
    )  # fmt: skip
    _, lane, born = await turns.keep(kept, run)
    news.announce("talk", booking or at.seen.booking)
    return (lane, born) if lane and born else None


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
    kept = turns.Turn(
        seen=at.seen, channel=at.heard.channel, external_id=at.heard.external_id, heard=at.heard.as_json(),
        words=at.heard.words, state=None, replies=(page,), now=at.now, owner=at.house.owner, name=at.heard.name,
        inbound=at.inbound,
    )  # fmt: skip
    async with transaction() as run:
        _, lane, born = await turns.keep(kept, run)
    return (lane, born) if lane and born else None


async def _listen(at: Moment) -> Carry:
    """A person has the talk: the bot keeps what was said and stays silent."""
    kept = turns.Turn(
        seen=at.seen, channel=at.heard.channel, external_id=at.heard.external_id, heard=at.heard.as_json(),
        words=at.heard.words, state=None, replies=(), now=at.now, owner=at.house.owner, name=at.heard.name,
        inbound=at.inbound,
    )  # fmt: skip
    async with transaction() as run:
        await turns.keep(kept, run)
        said = at.heard.words or f"({at.heard.kind})"
        if at.seen.booking is not None:
            await _pass_on(at, said, run)
        else:
            await _call_a_person(at, said, run)
        news.announce("talk", at.seen.booking)
    return None


async def owe(house: House, heard: Heard, seen: Seen, inbound: int | None, error: str) -> Carry:
    """Keep the message to be tried again; behind an owed one it waits its turn (no `error`)."""
    now = house.now()
    language = str((seen.state or {}).get("language") or spoken(heard, await house.catalog()))
    apology = Reply("our_mistake", Say("our_mistake").as_json(), language)
    kept = turns.Turn(
        seen=seen, channel=heard.channel, external_id=heard.external_id, heard=heard.as_json(), words=heard.words,
        state=None, replies=(), now=now, owner=house.owner, name=heard.name, inbound=inbound,
    )  # fmt: skip
    async with transaction() as run:
        await turns.owe(kept, run, error=error, due=now + AGAIN[0], waits=AGAIN, apology=apology)
        news.announce("talk", seen.booking)
    return None
