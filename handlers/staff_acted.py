"""Staff acted, at the desk or in the house's chat: wrote, took over, handed back, confirmed, sent again, set aside."""

from typing import Any

from flows.book import learn
from flows.talk import Talk
from handlers.booking_confirmed import booking_confirmed, certain
from handlers.house import Actor, House
from handlers.partner_wrote import file_under
from handlers.speaking import speak
from handlers.telling import tell
from models import bells, delivery, ledger, news, story, threads, timeline
from models import talk as talks
from models.booking import may_confirm, one_at_a_time
from models.database import Run, contended_again, transaction
from models.fields import micros, packed, unpacked
from models.refusal import HoldEnded, NotYours

TOOK_OVER, HANDED_BACK = "took_over", "handed_back"
COUNTS = ("mistakes", "busy")  # what a delivery's payload knows of its failed attempts


@contended_again
async def replied(house: House, staff: Actor, thread: int, text: str) -> None:
    """Answer a partner in a thread."""
    async with transaction() as run:
        await reply_in(run, house, staff, thread, text)


async def reply_in(run: Run, house: House, staff: Actor, thread: int, text: str) -> None:
    """The same inside a transaction: the flag turns to the partner, whose phone gets the words. Refuses with NotYours."""
    rows = await run("SELECT booking_id, partner FROM thread WHERE id = :thread", thread=thread)
    if not rows or not text.strip():
        raise NotYours(what="thread")
    booking, now = int(rows[0]["booking_id"]), house.now()
    await one_at_a_time(run, booking)
    message = await threads.write(run, thread, author="house", name=staff.name, door=staff.door, text=text, now=now)
    await _record(run, house, staff, booking, "house_replied", personal={"text": text})
    facts = {"story": await story.of_booking(booking, run), "who": staff.name, "text": text}
    for to, language in await _chats(run, house, rows[0]["partner"]):
        await tell(
            run, house, to, "thread_message_lead", facts, language=language, booking=booking, thread=thread,
            once=str(message),
        )  # fmt: skip
    news.announce("thread", booking)


async def _chats(run: Run, house: House, partner: str) -> list[tuple[int, str]]:
    """(recipient, language) of each place where a lead is written to."""
    lead = (await house.catalog()).leads.get(partner)
    if lead is None:
        return []
    language = lead.languages[0]
    return [
        (await delivery.recipient(run, channel, address, name=lead.name, language=language), language)
        for channel, address in lead.chats()
    ]


@contended_again
async def wrote_to_guest(house: House, staff: Actor, booking: int, text: str) -> None:
    """Write to the guest of a booking, where they talk with us."""
    async with transaction() as run:
        await write_to(run, house, staff, booking, text)


async def write_to(run: Run, house: House, staff: Actor, booking: int, text: str) -> None:
    """The same inside a transaction. Refuses with NotYours when the guest has no chat and no mail."""
    rows = await run(
        "SELECT b.reference, b.recipient_id, b.language, g.email, g.name FROM booking b JOIN guest g ON g.id = b.guest_id "
        "WHERE b.id = :booking",
        booking=booking,
    )
    if not rows or not text.strip():
        raise NotYours(what="booking")
    to, row = rows[0]["recipient_id"], rows[0]
    if to is None and row["email"]:
        to = await delivery.recipient(run, "mail", row["email"], name=row["name"])
    if to is None:
        raise NotYours(what="guest")
    await _record(run, house, staff, booking, "staff_wrote", personal={"text": text})
    told = await story.of_booking(booking, run)
    facts = {"reference": row["reference"], "text": text, "who": staff.name, "story": told}
    await tell(
        run, house, int(to), "message_from_house", facts, language=row["language"], booking=booking, once=None,
        urgency=delivery.ANSWER,
    )  # fmt: skip
    news.announce("booking", booking)


@contended_again
async def wrote_in_talk(house: House, staff: Actor, talk: int, text: str) -> None:
    """Write to a guest who has no booking yet, in the talk. Refuses with NotYours."""
    async with transaction() as run:
        await write_in(run, house, staff, talk, text)


async def write_in(run: Run, house: House, staff: Actor, talk: int, text: str) -> None:
    """The same inside a transaction."""
    row, stands = await _talk(run, talk)
    if not text.strip():
        raise NotYours(what="talk")
    await tell(
        run, house, int(row["recipient_id"]), "message_from_house",
        {"reference": None, "text": text, "who": staff.name}, language=stands.language, once=None, urgency=delivery.ANSWER,
    )  # fmt: skip
    await _noted(run, house, staff, row, "staff_wrote", personal={"text": text})


@contended_again
async def took_over(house: House, staff: Actor, talk: int) -> None:
    """The bot falls silent in this talk; whatever the guest writes waits for staff. One who comes second changes nothing, and sees who has it."""
    async with transaction() as run:
        row, stands = await _talk(run, talk)
        if row["silent"] and stands.desk and stands.desk["what"] == TOOK_OVER:
            return
        stands.desk = _by(house, staff, TOOK_OVER)
        await talks.moved(run, talk, stands.as_json(), silent=True)
        await _noted(run, house, staff, row, TOOK_OVER)


@contended_again
async def handed_back(house: House, staff: Actor, talk: int) -> None:
    """The bot speaks again, at the first question still open; once, however many hand it back."""
    catalog = await house.catalog()
    async with transaction() as run:
        row, stands = await _talk(run, talk)
        if not row["silent"]:
            return
        stands.desk = _by(house, staff, HANDED_BACK)
        await speak(run, house, catalog, row, learn(stands, HANDED_BACK, {}), silent=False)
        await _noted(run, house, staff, row, HANDED_BACK)


def _by(house: House, staff: Actor, what: str) -> dict[str, str]:
    return {"who": staff.name, "what": what, "at": house.now().isoformat()}


async def _noted(
    run: Run, house: House, staff: Actor, row: dict[str, Any], what: str, *, personal: dict[str, Any] | None = None
) -> None:
    if row["booking_id"] is not None:
        await _record(run, house, staff, int(row["booking_id"]), what, personal=personal)
    news.announce("talk", row["booking_id"])


@contended_again
async def confirmed(house: House, staff: Actor, booking: int) -> None:
    """Confirm a booking that is to be paid another way. Refuses with HoldEnded or SoldOut."""
    async with transaction() as run:
        await one_at_a_time(run, booking)
        row = await run("SELECT state FROM booking WHERE id = :booking", booking=booking)
        if not row or not may_confirm(row[0]["state"]):
            raise HoldEnded(ended=None)
        await certain(run, house, booking)
        await booking_confirmed(run, house, booking, staff)


@contended_again
async def sent_again(house: House, staff: Actor, outgoing: int) -> None:
    """Let a delivery that was given up leave once more, as its lane's next; what was tried before counts no more.

    Refuses with NotYours.
    """
    async with transaction() as run:
        rows = await run(
            "UPDATE delivery SET state = 'waiting', error = NULL, sending = NULL, parts = NULL "
            "WHERE id = :id AND state IN ('failed', 'given_up', 'aside') "
            "RETURNING recipient_id, booking_id, kind, payload",
            id=outgoing,
        )
        if not rows:
            raise NotYours(what="delivery")
        fresh = {name: value for name, value in unpacked(rows[0]["payload"]).items() if name not in COUNTS}
        await run("UPDATE delivery SET payload = :payload WHERE id = :id", payload=packed(fresh), id=outgoing)
        await run(
            "UPDATE recipient SET next_due = :now WHERE id = :to",
            now=micros(house.now()), to=rows[0]["recipient_id"],
        )  # fmt: skip
        if rows[0]["booking_id"] is not None:
            await _record(run, house, staff, int(rows[0]["booking_id"]), "sent_again", facts={"what": rows[0]["kind"]})
        bells.ring(delivery.WAKE)
        news.announce("delivery", rows[0]["booking_id"])


@contended_again
async def delivery_aside(house: House, staff: Actor, outgoing: int) -> None:
    """A delivery that was given up has been seen to by hand, or matters no more: it waits for nobody. Refuses with NotYours."""
    async with transaction() as run:
        rows = await run(
            "UPDATE delivery SET state = 'aside', error = :why || COALESCE(': ' || error, '') "
            "WHERE id = :id AND state IN ('failed', 'given_up') RETURNING booking_id, kind",
            why=f"set aside by {staff.name}", id=outgoing,
        )  # fmt: skip
        if not rows:
            raise NotYours(what="delivery")
        if rows[0]["booking_id"] is not None:
            await _record(run, house, staff, int(rows[0]["booking_id"]), "set_aside", facts={"what": rows[0]["kind"]})
        news.announce("delivery", rows[0]["booking_id"])


@contended_again
async def try_again(house: House, inbound: int) -> None:
    """Let a parked message be taken once more."""
    async with transaction() as run:
        await run(
            "UPDATE inbound SET state = 'owed', attempts = 0, due = :now WHERE id = :id AND state = 'parked'",
            now=micros(house.now()), id=inbound,
        )  # fmt: skip
        news.announce("talk")


@contended_again
async def event_again(house: House, event: int) -> None:
    """Let a parked event be taken once more."""
    async with transaction() as run:
        await ledger.try_again(run, event, house.now())
        news.announce("payment")


@contended_again
async def event_aside(house: House, staff: Actor, event: int) -> None:
    """A parked event has been seen to by hand, or is none of ours: it waits no more."""
    async with transaction() as run:
        await ledger.set_aside(run, event, f"set aside by {staff.name}")
        news.announce("payment")


@contended_again
async def filed(house: House, inbound: int, thread: int) -> None:
    """Put what a lead wrote, and all else of theirs that waits likewise, under a booking of theirs. Refuses with NotYours."""
    async with transaction() as run:
        rows = await run(
            "SELECT r.id, r.channel, r.address FROM inbound i JOIN recipient r ON r.id = i.recipient_id WHERE i.id = :id",
            id=inbound,
        )
        lead = (await house.catalog()).lead_at(rows[0]["channel"], rows[0]["address"]) if rows else None
        theirs = await threads.booking_of(run, thread, lead.key) if lead else None
        if lead is None or theirs is None:
            raise NotYours(what="thread")
        await file_under(run, house, lead, int(rows[0]["id"]), theirs)


async def _talk(run: Run, talk: int) -> tuple[dict[str, Any], Talk]:
    row = await talks.locked_at(run, talk)
    if row is None:
        raise NotYours(what="talk")
    return row, Talk.from_json(unpacked(row["state"]))


async def _record(
    run: Run, house: House, staff: Actor, booking: int, kind: str, *, facts: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    await timeline.record(
        run, booking, kind, actor=staff.name, actor_kind=staff.kind, door=staff.door, now=house.now(), facts=facts,
        personal=personal,
    )  # fmt: skip
