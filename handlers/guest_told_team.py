"""A guest wrote something about a booking that people must see: the booking remembers it, the house and where it helps the lead hear of it."""

from handlers.house import Actor, House
from handlers.telling import tell, tell_house
from models import delivery, news, story, threads, timeline
from models.database import Run

FOR_THE_LEAD = ("lost", "driver")  # what whoever drives can help with at once


async def told_team(
    run: Run, house: House, booking: int, words: str, actor: Actor, *, matter: str = "", once: str
) -> None:
    """Keep the words in the booking and pass them on; `matter` says what they are about, `once` names the message."""
    told = await story.of_booking(booking, run)
    who = told["guest"]["name"]
    await timeline.record(
        run, booking, "guest_wrote", actor=who, actor_kind=actor.kind, door=actor.door, now=house.now(),
        facts={"matter": matter} if matter else None, personal={"text": words[:2000]},
    )  # fmt: skip
    facts = {"story": told, "who": who, "text": words or ("" if matter == "wheelchair" else "–")}
    await tell_house(run, house, "guest_wrote_house", facts, booking=booking, once=once, mail=False)
    if matter in FOR_THE_LEAD and words:
        await _the_lead(run, house, booking, facts, once)
    news.announce("booking", booking)


async def _the_lead(run: Run, house: House, booking: int, facts: dict[str, object], once: str) -> None:
    leads = (await house.catalog()).leads
    for row in await run("SELECT id, partner FROM thread WHERE booking_id = :booking ORDER BY id", booking=booking):
        if (lead := leads.get(row["partner"])) is None:
            continue
        text, language = f"{facts['who']}: {facts['text']}", lead.languages[0]
        await threads.write(run, int(row["id"]), author="house", name=str(facts["who"]), door="system", text=text,
                            now=house.now())  # fmt: skip
        for channel, address in lead.chats():
            to = await delivery.recipient(run, channel, address, name=lead.name, language=language)
            await tell(run, house, to, "thread_message_lead", {**facts, "text": text}, language=language,
                       booking=booking, thread=int(row["id"]), once=once)  # fmt: skip
