"""What a turn wishes for is done here, a line for each kind of wish, in the transaction that keeps the turn."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from flows.book import learn
from flows.changing import differences
from flows.checks import for_the_team
from flows.speech import Say
from flows.talk import Cancel, Change, Delayed, Hop, Leave, Person, Resend, Send, Talk, ToTeam, Wish
from flows.understand.details import phone_of
from handlers.flight_delayed import flight_delayed
from handlers.guest_cancelled import guest_cancelled
from handlers.guest_changed import guest_changed, learnt
from handlers.guest_told_team import told_team
from handlers.moment import Moment
from handlers.offers import alternatives
from handlers.papers_asked_again import papers_asked_again
from handlers.place_freed import list_left
from handlers.prices_promised import as_quoted
from handlers.request_sent import request_sent
from handlers.standing import standing_of
from handlers.talk_hopped import hop_offered
from handlers.telling import tell_house
from models import doors
from models import talk as talks
from models.booking import one_at_a_time
from models.database import Run, transaction
from models.refusal import ChangedMeanwhile, Dearer, HoldEnded, InThePast, NotYours, Refusal, SoldOut, TooLate, TooSoon
from models.turns import Stale
from models.waiting import place_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a wish. `talk`: what it learnt, to be said; `facts` are for what is said already."""

    talk: Talk | None = None
    booking: int | None = None
    """One that was made."""
    silent: bool | None = None
    """Whether a person has the talk now."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    at: Moment | None = None
    """Where something else stands by now than the turn began with."""


Fulfil = Callable[[Moment, Talk, Any, Run], Awaitable[Came]]


async def fulfilled(at: Moment, talk: Talk, wish: Wish, run: Run) -> Came:
    """Do what a turn wishes for; a refusal is learnt by the talk, and nothing of what was refused is left behind."""
    fulfil = WISHES.get(type(wish))
    return await fulfil(at, talk, wish, run) if fulfil else Came()


async def stand_still(at: Moment, wishes: Iterable[Wish], run: Run) -> None:
    """Lock what is wished something of, in the order of all, before anything is done. Raises `Stale` where the talk moved on."""
    named = {reference for wish in wishes if (reference := getattr(wish, "reference", ""))}
    bookings = {at.seen.booking, *[await at.theirs(reference, run) for reference in sorted(named)]}
    await one_at_a_time(run, *(booking for booking in bookings if booking is not None))
    row = await talks.locked(run, at.seen.recipient)
    if row is not None and int(row["version"]) != at.seen.version:
        raise Stale


# --- a request ---


async def _send(at: Moment, talk: Talk, wish: Send, run: Run) -> Came:
    if (catalog := await as_quoted(at, talk)) is None:
        return Came(learn(talk, "price_changed", {}))
    draft = {**talk.draft, "phone": talk.draft.get("phone") or phone_of(at.heard)}  # which the channel may know
    by: dict[str, Any] = {
        "recipient": at.seen.recipient, "channel": at.heard.channel, "language": talk.language, "source": talk.source,
    }  # fmt: skip
    try:
        async with transaction() as inner:  # a refusal undoes the half-made booking and nothing else
            booking, told = await request_sent(inner, at.house, catalog, draft, **by)
    except SoldOut as refusal:
        if not wish.waits:
            return Came(await _refused(at, talk, refusal))
        booking, told = await request_sent(run, at.house, catalog, draft, **by, waits=True)
        place = {"reference": told["reference"], "place": await place_of(run, booking)}
        await _about_chairs(at, talk, booking, run)
        return Came(learn(talk, "waitlisted", place), booking)
    except Refusal as refusal:
        return Came(await _refused(at, talk, refusal))
    await _about_chairs(at, talk, booking, run)
    payment = told["payment"]
    sent = {"due": payment["due_now"], "payment": payment, "story": told}
    sent |= {key: told[key] for key in ("reference", "hold_until", "total")}
    return Came(learn(talk, "sent", sent), booking)


async def _about_chairs(at: Moment, talk: Talk, booking: int, run: Run) -> None:
    """The guest was told that the team looks whether the wheelchair, or all of them, can come along."""
    words = for_the_team(talk, at.world.menu)
    if words is not None:
        said = doors.readable(words)
        await told_team(run, at.house, booking, said, at.actor, matter="wheelchair", once=at.heard.external_id)


async def _change(at: Moment, talk: Talk, wish: Change, run: Run) -> Came:
    try:
        if (catalog := await as_quoted(at, talk)) is None:
            raise ChangedMeanwhile(what="price")
        async with transaction() as inner:  # a refusal undoes whatever was changed by then and nothing else
            told = await guest_changed(
                inner, at.house, catalog, wish.reference, talk.draft, base=talk.facts["changing"]["request"],
                agreed=talk.facts["quoted"]["total"], recipient=at.seen.recipient, channel=at.heard.channel,
            )  # fmt: skip
        if at.seen.booking is not None and {"wheelchair", "notes"} & set(differences(talk)):
            await _about_chairs(at, talk, at.seen.booking, run)
        return Came(learn(talk, "changed", learnt(told)))
    except TooLate as refusal:
        await fulfilled(at, talk, ToTeam(at.heard.words or "–"), run)
        return Came(learn(talk, "change_closed", {"why": f"change_{refusal.facts['why']}"}))
    except HoldEnded:
        return Came(learn(talk, "hold_ended", {}))
    except (SoldOut, TooSoon, InThePast) as refusal:
        return Came(await _refused(at, talk, refusal))
    except Refusal as refusal:
        return await _look_again(at, talk, refusal)


async def _refused(at: Moment, talk: Talk, refusal: Refusal) -> Talk:
    """What is free instead is read in here: the winner's commit may be shared with ours, and nobody outside sees it yet."""
    if isinstance(refusal, SoldOut):
        own = at.world.standing["id"] if "changing" in talk.facts and at.world.standing else 0
        return learn(talk, "sold_out", await alternatives(talk.draft, at.catalog, at.now, own))
    if isinstance(refusal, TooSoon | InThePast):
        first = refusal.facts.get("earliest")
        return learn(talk, "too_late", {"first": first} if first else {})
    log.warning("a reviewed request was refused", refusal=refusal.key)
    return learn(talk, "price_changed", {})


async def _look_again(at: Moment, talk: Talk, refusal: Refusal) -> Came:
    """It is another booking, or another price, than the guest saw: shown as it is now."""
    log.info("an agreed change was refused", refusal=refusal.key)
    standing = await standing_of(talk.facts["reference"], at.seen.recipient, at.now)
    overtaken = isinstance(refusal, ChangedMeanwhile) and refusal.facts["what"] == "request"
    facts = {"request": standing["request"]} if standing else {}
    talk = learn(talk, "change_overtaken" if overtaken else "price_changed", facts)
    return Came(talk, at=replace(at, world=replace(at.world, standing=standing)))


# --- a booking that stands ---


async def _theirs(at: Moment, talk: Talk, wish: Any, run: Run) -> Came:
    """Done to a booking of whoever writes, who is told what came of it; a refusal is answered as the ask behind the wish."""
    ask, act = THEIRS[type(wish)]
    try:
        if (booking := await at.theirs(wish.reference, run)) is None:
            raise NotYours(what="booking")
        async with transaction() as inner:
            said = await act(inner, at, booking, wish)
    except Refusal as refusal:
        talk.ask = {"name": ask, "reference": wish.reference}
        if isinstance(refusal, Dearer):
            talk.ask["what"] = wish.what
        return Came(talk)
    ended = wish.reference if getattr(wish, "what", None) == "all" else None
    return Came(learn(talk, "answered", {"say": said.as_json(), "ended": ended}))


async def _leave(at: Moment, talk: Talk, wish: Leave, run: Run) -> Came:
    try:
        await list_left(run, at.house, wish.reference, at.seen.recipient, at.actor)
        return Came(learn(talk, "list_left", {"reference": wish.reference}))
    except NotYours:  # it is paid by now, or over
        talk = talk.next()
        talk.remark("old_tap")
        return Came(talk)


# --- people, and other channels ---


async def _call_a_person(at: Moment, talk: Talk, wish: Person, run: Run) -> Came:
    who, text = at.actor.name, doors.readable(wish.words) or "–"
    facts = {"who": who, "channel": at.heard.channel, "text": text, "reference": None, "talk": at.seen.talk}
    await tell_house(run, at.house, "person_wanted_house", facts, once=None, mail=False)
    return Came(silent=True)


async def _to_team(at: Moment, talk: Talk, wish: ToTeam, run: Run) -> Came:
    """A guest's message about a booking that stands."""
    booking = await at.theirs(wish.reference, run) if wish.reference else at.seen.booking
    if booking is not None:
        said, once = doors.readable(wish.words), at.heard.external_id
        await told_team(run, at.house, booking, said, at.actor, matter=wish.matter, once=once)
    return Came()


async def _offer_hop(at: Moment, talk: Talk, wish: Hop, run: Run) -> Came:
    """The link for going on elsewhere is named by its number; its address is derived when it is drawn."""
    return Came(facts={"door": await hop_offered(run, at.seen.recipient, talk, at.now)})


THEIRS: dict[type[Wish], tuple[str, Callable[[Run, Moment, int, Any], Awaitable[Say]]]] = {
    Cancel: ("cancel", lambda run, at, booking, wish: guest_cancelled(run, at.house, booking, wish, at.actor)),
    Delayed: ("delay", lambda run, at, booking, wish: flight_delayed(
        run, at.house, booking, wish, at.actor, once=at.heard.external_id
    )),
    Resend: ("resend", lambda run, at, booking, wish: papers_asked_again(
        run, at.house, booking, wish.address, at.actor, at.heard.external_id)),
}  # fmt: skip

WISHES: dict[type[Wish], Fulfil] = {
    Send: _send,
    Change: _change,
    Leave: _leave,
    **dict.fromkeys(THEIRS, _theirs),
    Person: _call_a_person,
    ToTeam: _to_team,
    Hop: _offer_hop,
}
