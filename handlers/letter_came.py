"""A letter reached us: it is kept as it came before anybody reads it, then it is whoever's it is, and what came of it is noted."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

import structlog

from flows.speech import Heard, Media
from handlers.delivery_reported import letter_returned
from handlers.event_told import Event, unread
from handlers.house import Actor, House
from handlers.letter_answered import answered_by
from handlers.someone_wrote import someone_wrote
from handlers.telling import tell_house
from models import letters, news, rates
from models.database import Run, again_at_once, read, transaction
from models.turns import Carry

log = structlog.get_logger()

NO_SENDER = "it has no sender"
AUTOMATIC = "it was sent automatically"
UNPROVEN = "our mail server found that it does not come from this address"
TOO_MANY = "more strangers wrote within the hour than are answered by themselves"
HOUR = 3600  # seconds
DAY = timedelta(days=1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail server reports of a letter: its Message-ID, and in plain words why it failed; without, it is only late."""

    letter: str
    reason: str
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as far as it could be read.

    `heard` is what it says, `bounces` what a mail server reports, `aside` why nobody waits for an answer; `ours`: it comes from
    an address that we write from ourselves; `about`: the letter of ours that a mail server writes of in a form of its own;
    `forged`: our own mail server found that it does not come from that address.
    """

    sender: str = ""
    subject: str = ""
    heard: Heard | None = None
    bounces: tuple[Bounce, ...] = ()
    aside: str = ""
    ours: bool = False
    about: str = ""
    forged: bool = False


async def letter_kept(house: House, raw: bytes) -> tuple[int, bool]:
    """Keep a letter, whatever is in it; gives its number and whether it has had its effect before.

    A large one by many commits, so that nobody waits long for one of them; what ends in between is begun anew by whoever brings
    it again, or taken away after a day.
    """
    sha256 = (await asyncio.to_thread(hashlib.sha256, raw)).hexdigest()
    beginning, rest = raw[: letters.PIECE], range(letters.PIECE, len(raw), letters.PIECE)
    kept, became = await _commit(lambda run: letters.begin(run, sha256, beginning, house.now(), whole=not rest))
    if became != letters.COMING:
        return kept, became is not None
    for position, at in enumerate(rest, 1):
        await _commit(partial(letters.go_on, letter=kept, position=position, piece=raw[at : at + letters.PIECE]))
    return kept, await _commit(lambda run: letters.end(run, kept, len(rest))) is not None


async def _commit(work: Callable[[Run], Awaitable[T]]) -> T:
    async def whole() -> T:
        async with transaction() as run:
            return await work(run)

    return await again_at_once(whole)


async def unfinished_letters_go(house: House) -> None:
    """What was begun a day ago and never ended was never acknowledged either: nothing of it stays."""
    before = house.now() - DAY
    while await _commit(lambda run: letters.take_away_unfinished(run, before)):
        pass


async def letter_let(house: House, actor: Actor, kept: int, letter: Letter) -> Carry:
    """Staff looked at a letter that was held back: the bot may answer it, unless another of the team was faster.

    It is taken first: what ends between that and the answer leaves it on the desk, to be let again.
    """
    why = f"let be answered by {actor.name}"
    async with transaction() as run:
        taken = await letters.let(run, kept, why)
    return await letter_came(house, kept, letter, let=why) if taken else None


async def letter_came(house: House, kept: int, letter: Letter, *, let: str = "") -> Carry:
    """Let a letter have its effect. Gives the reply that is born claimed, if there is one.

    `let`: who of the staff looked at one that was held back and let the bot answer it, in words.
    """
    carried, became, why = None, "heard", let
    if letter.bounces:
        became, why = "bounce", await _returned(house, letter.bounces)
    elif letter.heard is not None and await _concerns_somebody(house, letter, letter.heard):
        held_back = None if let else await _held_back(house, letter, letter.heard)
        if held_back is None:
            whole = Media(f"letter:{kept}", "message/rfc822")
            carried = await someone_wrote(house, replace(letter.heard, media=(whole,)))
        else:
            became, why = held_back
            await _house_knows(house, letter)
    elif trouble := _trouble(house, letter):
        became, why = "unread", trouble
        await _to_the_desk(house, kept, trouble)
    else:
        became, why = "aside", letter.aside or "we wrote it"
        log.info("a letter is not answered", letter=kept, why=why)
    await _noted(kept, became, why, letter)
    return carried


async def _concerns_somebody(house: House, letter: Letter, heard: Heard) -> bool:
    """Whether a person wrote it; or a partner's machine, "away until Monday", which the thread must have and nobody answers."""
    if letters.delivery_of(house.secret, heard.external_id) is not None:
        return False  # a letter of ours that somebody's mailbox passes on to us
    if letter.aside == AUTOMATIC:
        answered = await answered_by(house, heard)
        return answered is not None and answered.thread is not None
    return not letter.aside and (not letter.ours or await answered_by(house, heard) is not None)


async def _held_back(house: House, letter: Letter, heard: Heard) -> tuple[str, str] | None:
    """Why nobody is answered before people have looked: anybody may write the address of somebody else into From.

    Whoever answers a letter of ours has had it: they are no stranger.
    """
    if await answered_by(house, heard) is not None:
        return None
    if letter.forged:
        return "unproven", UNPROVEN
    if await _a_stranger(house, heard) and not await _one_more(house):
        return "waiting", TOO_MANY
    return None


async def _house_knows(house: House, letter: Letter) -> None:
    """The house's chats hear of the first letter of an hour that is held back; the desk counts them all."""
    async with transaction() as run:
        once = str(int(house.now().timestamp()) // HOUR)
        await tell_house(run, house, "letter_held_house", {"who": letter.sender}, once=once, mail=False)
        news.announce("talk")


async def _a_stranger(house: House, heard: Heard) -> bool:
    """Whether an answer would be the first that we ever wrote to this address; to the house and its leads nothing is answered."""
    if (await house.catalog()).lead_at(heard.channel, heard.sender) or await house.alert_at(
        heard.channel, heard.sender
    ):
        return False
    written = await read(
        "SELECT 1 FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "WHERE r.channel = :channel AND r.address = :address LIMIT 1",
        channel=heard.channel, address=heard.sender,
    )  # fmt: skip
    return not written


async def _one_more(house: House) -> bool:
    """Whether one more stranger may be answered by now: half of an hour's at once, and half as it goes by."""
    if not house.strangers:
        return True
    given, _ = await rates.take("strangers", house.strangers / 2 / HOUR, max(1, house.strangers // 2), 1)
    return bool(given)


def _trouble(house: House, letter: Letter) -> str:
    """Why people must look at a letter that nobody is answered for."""
    if letter.aside == NO_SENDER:
        return NO_SENDER
    if letters.delivery_of(house.secret, letter.about) is not None:
        return "a mail server writes about a letter of ours in a form that we do not know"
    return ""


async def letter_unread(house: House, kept: int, fault: str) -> None:
    """We stumbled over a letter: it is kept as it came, and the desk has it."""
    await _to_the_desk(house, kept, fault)
    await _noted(kept, "unread", fault, Letter())


async def _to_the_desk(house: House, kept: int, why: str) -> None:
    await unread(house, Event("mail", f"letter:{kept}", "unread", {"letter": kept}), why)


async def _returned(house: House, bounces: tuple[Bounce, ...]) -> str:
    """Note each letter of ours that came back; gives what is known of it in words."""
    told = []
    for bounce in bounces:
        if not bounce.reason:
            told.append("late, and still on its way")
        elif await letter_returned(house, bounce.letter, bounce.reason, unreachable=bounce.unreachable):
            told.append(bounce.reason)
        else:
            told.append("it names no letter of ours")
    return "; ".join(told)


async def held_back(kept: int) -> bytes | None:
    """A letter that waits until people have looked at it, as it came; None when there is no such letter (any more)."""
    rows = await read("SELECT became FROM letter WHERE id = :id", id=kept)
    return await letters.content(kept) if rows and rows[0]["became"] in letters.HELD_BACK else None


async def letter_set_aside(house: House, actor: Actor, kept: int) -> None:
    """Staff looked at a letter that was held back: nobody is answered."""
    async with transaction() as run:
        await letters.set_aside(run, kept, f"set aside by {actor.name}")
        news.announce("talk")


async def _noted(kept: int, became: str, why: str, letter: Letter) -> None:
    async with transaction() as run:
        await letters.became(run, kept, became, why, sender=letter.sender, subject=letter.subject)
