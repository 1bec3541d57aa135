"""A partner wrote to us: it lands in the booking's thread with them, and waits for the house."""

from flows.speech import Heard, Option, Say
from handlers.hearing import keep_heard
from handlers.house import House
from handlers.quoting import WHICH, thread_chosen, thread_meant
from handlers.telling import tell_house
from models import doors, news, story, threads, timeline
from models import talk as talks
from models.booking import one_at_a_time
from models.catalog import Lead
from models.database import Run
from models.fields import unpacked
from models.threads import PartnersBooking
from models.turns import Carry, Reply

LONGEST = 4000  # characters of one message in a thread
MOST = 8  # bookings to choose from; any other is chosen by its code


async def partner_wrote(house: House, heard: Heard, recipient: int, lead: Lead, inbound: int | None) -> Carry:
    """Put what a lead wrote under the booking it is about; where that is not clear, keep it and ask."""

    async def act(run: Run, kept: int) -> Reply | None:
        bookings = await threads.open_bookings(run, lead.key, house.now())
        chosen = await thread_chosen(heard, recipient, bookings)
        if chosen is not None:
            return await _took_their_choice(run, house, lead, heard, recipient, chosen)
        meant = await thread_meant(heard, recipient, bookings)
        theirs = await threads.booking_of(run, meant, lead.key) if meant is not None else None
        if theirs is not None:
            await answered(run, house, theirs.booking, theirs.thread, lead.name, heard.channel, kept_words(heard), kept)
            return None
        return (
            await _which(run, house, lead, heard, kept, bookings) if bookings else _reply(lead, Say("lead_no_booking"))
        )

    return await keep_heard(house, heard, recipient, inbound, act, lead.languages[0])


async def partner_answered(house: House, heard: Heard, recipient: int, thread: int, inbound: int | None) -> Carry:
    """Put what a partner wrote into the thread of the message that they answer."""

    async def act(run: Run, kept: int) -> Reply | None:
        row = (await run("SELECT booking_id, partner_name FROM thread WHERE id = :thread", thread=thread))[0]
        await answered(
            run, house, int(row["booking_id"]), thread, row["partner_name"], heard.channel, kept_words(heard), kept
        )
        return None

    return await keep_heard(house, heard, recipient, inbound, act, (await house.catalog()).brand.language)


async def _which(run: Run, house: House, lead: Lead, heard: Heard, kept: int, bookings: list[PartnersBooking]) -> Reply:
    """Keep the message, tell the house that it waits, and ask which of the bookings it is about."""
    await talks.set_aside(run, kept)
    facts = {"who": lead.name, "text": kept_words(heard)}
    await tell_house(run, house, "lead_unclear_house", facts, once=str(kept), mail=False)
    news.announce("talk")
    return _reply(lead, Say(WHICH, options=tuple([await _option(run, theirs) for theirs in bookings[:MOST]])))


async def _option(run: Run, theirs: PartnersBooking) -> Option:
    told = await story.of_booking(theirs.booking, run)
    facts = {"reference": theirs.reference, "starts": told["legs"][0]["starts"], "guest": told["guest"]["name"]}
    return Option(WHICH, str(theirs.thread), "@lead_job", facts=facts)


async def _took_their_choice(run: Run, house: House, lead: Lead, heard: Heard, recipient: int, thread: int) -> Reply:
    theirs = await threads.booking_of(run, thread, lead.key)
    filed = theirs is not None and await file_under(run, house, lead, recipient, theirs)
    reply = _reply(
        lead, Say("lead_filed", {"reference": theirs.reference}) if theirs and filed else Say("lead_nothing_waits")
    )
    if heard.tap and heard.quotes:  # in place of the card, whose options have had their day
        reply.payload["edits"] = heard.quotes
    return reply


async def file_under(run: Run, house: House, lead: Lead, recipient: int, theirs: PartnersBooking) -> bool:
    """Put everything of a lead that was set aside under one booking, in its order; whether there was anything."""
    waiting = await talks.set_asides(run, recipient)
    for row in waiting:
        heard = Heard.from_json(unpacked(row["heard"]))
        await answered(
            run, house, theirs.booking, theirs.thread, lead.name, heard.channel, kept_words(heard), int(row["id"])
        )
    news.announce("talk")
    return bool(waiting)


def _reply(lead: Lead, what: Say) -> Reply:
    return Reply(what.block, what.as_json(), lead.languages[0])


async def answered(
    run: Run, house: House, booking: int, thread: int, name: str, door: str, text: str, inbound: int | None
) -> None:
    """Put a partner's words into a thread: the flag turns to the house, which hears of it in its chats."""
    now = house.now()
    await one_at_a_time(run, booking)
    message = await threads.write(
        run, thread, author="partner", name=name, door=door, text=text, now=now, inbound=inbound
    )
    await timeline.record(
        run, booking, "partner_wrote", actor=name, actor_kind="lead", door=door, now=now, personal={"text": text}
    )
    told = await story.of_booking(booking, run)
    facts = {"story": told, "who": name, "text": text}
    await tell_house(
        run, house, "thread_message_house", facts, booking=booking, thread=thread, once=str(message), mail=False
    )
    news.announce("thread", booking)


def kept_words(heard: Heard) -> str:
    """What a message says, as the house may keep it."""
    return doors.readable(said(heard))


def said(heard: Heard) -> str:
    """What a message says, or what kind of thing it is when it has no words."""
    return (heard.words or f"({heard.kind})")[:LONGEST]
