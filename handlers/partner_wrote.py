"""A partner wrote to us: it lands in the booking's thread with them, and waits for the house."""

from flows.speech import Heard, Say
from handlers.hearing import keep_heard
from handlers.house import House
from handlers.quoting import last_told, quoted
from handlers.telling import tell_house
from models import news, story, threads, timeline
from models.booking import one_at_a_time
from models.catalog import Lead
from models.database import Run
from models.turns import Carry, Reply

LONGEST = 4000  # characters of one message in a thread


async def partner_wrote(house: House, heard: Heard, recipient: int, lead: Lead, inbound: int | None) -> Carry:
    """Bind what a lead wrote to the booking it quotes, or else the last one we wrote to them about."""

    async def act(run: Run, kept: int) -> Reply | None:
        booking, thread = await quoted(heard, recipient)
        if thread is None:
            booking, thread = await last_told(recipient)
        if booking is None or thread is None:
            return Reply("lead_no_booking", Say("lead_no_booking").as_json(), lead.languages[0])
        await answered(run, house, booking, thread, lead.name, heard.channel, said(heard), kept)
        return None

    return await keep_heard(house, heard, recipient, inbound, act, lead.languages[0])


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


def said(heard: Heard) -> str:
    """What a message says, or what kind of thing it is when it has no words."""
    return (heard.words or f"({heard.kind})")[:LONGEST]
