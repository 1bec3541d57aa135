"""Somebody wrote a letter: what they answer says who they are; where the bot has nothing to say, people hear of it."""

from dataclasses import dataclass
from datetime import timedelta

from flows.speech import Heard
from handlers.guest_told_team import told_team
from handlers.guest_wrote import guest_wrote
from handlers.hearing import keep_heard
from handlers.house import Actor, House
from handlers.moment import spoken
from handlers.partner_wrote import kept_words, partner_answered
from handlers.person_stopped import asked_to_confirm, person_started, person_stopped, wants_silence, wants_us_again
from handlers.telling import tell_house
from models import delivery, letters, news, threads, timeline, turns
from models import talk as talks
from models.database import Run, read
from models.fields import micros
from models.turns import Carry, Reply

MOST = (
    10  # letters that the bot answers to one address within an HOUR: two machines that answer each other come to an end
)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Answered:
    """The letter of ours that somebody answers."""

    kind: str
    booking: int | None
    thread: int | None

    @property
    def for_the_house(self) -> bool:
        """Whether it went to the house itself."""
        return delivery.is_for_the_house(self.kind)


async def by_letter(house: House, heard: Heard, recipient: int, inbound: int | None) -> Carry:
    """Whoever answers a letter of ours, from the address that it went to, is whom it was written to; nobody else is more than a guest.

    STOP and START count from them, and from whom our mail server vouches for; anybody else is asked to answer a letter with it.
    """
    catalog, answered = await house.catalog(), await answered_by(house, heard)
    if answered and answered.thread is not None:
        return await partner_answered(house, heard, recipient, answered.thread, inbound)
    if answered and answered.for_the_house:
        return await left_to_people(house, heard, recipient, inbound, "staff", answered.booking)
    seen, many = await turns.look(recipient), await too_many(house, recipient)
    proven, language = answered is not None or heard.vouched, spoken(heard, catalog)
    if wants_silence(heard) and not (many and seen.stopped):
        stop = person_stopped if proven else asked_to_confirm
        return await stop(house, heard, recipient, language, inbound)
    if wants_us_again(heard) and seen.stopped:
        start = person_started if proven else asked_to_confirm
        return await start(house, heard, recipient, language, inbound)
    if answered and answered.booking is not None:
        return await guest_answered(house, heard, recipient, answered.booking, inbound)
    if catalog.lead_at(heard.channel, heard.sender):
        return await left_to_people(house, heard, recipient, inbound, "lead")
    if await house.alert_at(heard.channel, heard.sender):
        return await left_to_people(house, heard, recipient, inbound, "staff")
    if many:
        return await left_to_people(house, heard, recipient, inbound, "many")
    return await guest_wrote(house, heard, recipient, inbound)


async def answered_by(house: House, heard: Heard) -> Answered | None:
    """The letter of ours that this one answers, if it went to the address that this one comes from.

    Its number bears our seal, so whoever names it has seen it; that alone does not make them who it was written to.
    """
    number = letters.delivery_of(house.secret, heard.quotes)
    if number is None:
        return None
    rows = await read(
        "SELECT d.kind, d.booking_id, d.thread_id FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "WHERE d.id = :id AND r.channel = :channel AND r.address = :address",
        id=number, channel=heard.channel, address=heard.sender,
    )  # fmt: skip
    return Answered(rows[0]["kind"], rows[0]["booking_id"], rows[0]["thread_id"]) if rows else None


async def too_many(house: House, recipient: int) -> bool:
    """Whether the bot has answered this address so often of late that it may be talking to another machine."""
    rows = await read(
        "SELECT COUNT(*) AS n FROM delivery WHERE recipient_id = :to AND urgency = :answer AND created > :since "
        "AND kind <> 'message_from_house'",
        to=recipient, answer=delivery.ANSWER, since=micros(house.now() - HOUR),
    )  # fmt: skip
    return int(rows[0]["n"]) >= MOST


async def guest_answered(house: House, heard: Heard, recipient: int, booking: int, inbound: int | None) -> Carry:
    """A guest answered a letter about a booking: their words are put there, and the house hears of them."""

    async def act(run: Run, kept: int) -> Reply | None:
        await told_team(run, house, booking, heard.words, Actor(heard.sender, "guest", heard.channel), once=str(kept))
        return None

    return await keep_heard(house, heard, recipient, inbound, act, await _language(house))


async def left_to_people(
    house: House, heard: Heard, recipient: int, inbound: int | None, why: str, booking: int | None = None
) -> Carry:
    """Keep a letter that the bot does not answer: with its booking where it has one, and the house hears of it.

    `why`: staff, lead or many; of many the house hears once an hour.
    """

    async def act(run: Run, kept: int) -> Reply | None:
        who, reference = heard.name or heard.sender, None
        if booking is not None:
            rows = await run("SELECT reference FROM booking WHERE id = :booking", booking=booking)
            reference = rows[0]["reference"]
            await timeline.record(
                run, booking, "staff_noted", actor=who, actor_kind="staff", door=heard.channel, now=house.now(),
                personal={"text": kept_words(heard)},
            )  # fmt: skip
        elif await _has_bookings(run, house, heard):
            await talks.set_aside(run, kept)  # the desk says which of them it is about
        once = f"{recipient}:{int(house.now().timestamp()) // 3600}" if why == "many" else str(kept)
        facts = {"who": who, "reference": reference, "text": kept_words(heard), "why": why}
        await tell_house(run, house, "letter_house", facts, booking=booking, once=once, mail=False)
        news.announce("booking" if booking is not None else "talk", booking)
        return None

    return await keep_heard(house, heard, recipient, inbound, act, await _language(house))


async def _has_bookings(run: Run, house: House, heard: Heard) -> bool:
    lead = (await house.catalog()).lead_at(heard.channel, heard.sender)
    return lead is not None and bool(await threads.open_bookings(run, lead.key, house.now()))


async def _language(house: House) -> str:
    return (await house.catalog()).brand.language
