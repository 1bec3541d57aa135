"""A guest asked for the ticket and the invoice again: here, and by mail where they said so."""

from flows.speech import Link, Say
from handlers.house import Actor, House
from handlers.telling import tell, tell_house
from models import delivery, news, story, timeline
from models.database import Run


async def papers_asked_again(run: Run, house: House, booking: int, address: str, actor: Actor, once: str) -> Say:
    """Leave the letter at the address, if there is one, and give what to say here. Another address than the booking's is told to the house."""
    told = await story.of_booking(booking, run)
    own = told["guest"]["email"]
    elsewhere = bool(address) and address.lower() != (own or "").lower()
    rows = await run(
        "SELECT number FROM document WHERE booking_id = :booking AND kind = 'invoice' ORDER BY version DESC LIMIT 1",
        booking=booking,
    )
    if address:
        to = await delivery.recipient(run, "mail", address, name=told["guest"]["name"])
        facts = {"story": told, "number": rows[0]["number"] if rows else None}
        await tell(run, house, to, "booking_confirmed_guest", facts, language=told["language"], booking=booking,
                   documents=["ticket", "invoice"], once=once)  # fmt: skip
    if elsewhere:
        facts = {"story": told, "who": told["guest"]["name"], "address": address}
        await tell_house(run, house, "papers_elsewhere_house", facts, booking=booking, once=once, mail=False)
    await timeline.record(
        run, booking, "papers_again", actor=told["guest"]["name"], actor_kind=actor.kind, door=actor.door, now=house.now(),
        facts={"elsewhere": elsewhere} if elsewhere else None, personal={"text": address} if address else None,
    )  # fmt: skip
    news.announce("booking", booking)
    links = (Link("ticket"), Link("invoice"), Link("booking"))
    facts = {"story": told, "reference": told["reference"], "address": address, "elsewhere": elsewhere and bool(own)}
    return Say("papers_again", facts, links=links, picture="picture", documents=("ticket",), about=booking)
