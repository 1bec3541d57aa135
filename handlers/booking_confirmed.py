"""A booking became certain: everyone who must know is told. This is the one place that lists every confirmation."""

from datetime import datetime
from typing import Any

from flows.book import learn
from flows.talk import Talk
from handlers.checkout_opened import close_pages
from handlers.house import Actor, House
from handlers.request_sent import take
from handlers.telling import tell, tell_house
from models import catalogs, claims, delivery, documents, dues, news, story, threads, timeline
from models import talk as talks
from models.catalog import Catalog, Lead
from models.database import Run
from models.fields import micros, unpacked
from models.request import as_instant, from_draft


async def certain(run: Run, house: House, booking: int) -> None:
    """Turn a booking's holds into claims for good, taking anew what has lapsed. Refuses with SoldOut."""
    row = (await run("SELECT request, catalog_version FROM booking WHERE id = :booking", booking=booking))[0]
    request = from_draft(unpacked(row["request"]), await catalogs.version(int(row["catalog_version"])))
    legs = await run("SELECT id FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    for leg, wanted in zip(legs, request.legs, strict=True):
        if wanted.resources() and not await claims.make_certain(run, int(leg["id"])):
            await take(run, wanted, int(leg["id"]), lapses=None, now=house.now())


async def booking_confirmed(run: Run, house: House, booking: int, actor: Actor) -> None:
    """Confirm a booking whose capacity is certain, issue its documents and leave every confirmation, in this transaction."""
    now, catalog = house.now(), await house.catalog()
    await run(
        "UPDATE booking SET state = 'confirmed', hold_until = NULL, changed = :now WHERE id = :booking",
        now=micros(now), booking=booking,
    )  # fmt: skip
    await dues.clear_due(run, booking, "hold_ends")
    await close_pages(run, house, booking)
    await timeline.record(run, booking, "confirmed", actor=actor.name, actor_kind=actor.kind, door=actor.door, now=now)
    leads = await assign(run, booking, catalog, now)
    told = await story.of_booking(booking, run)
    number = await _issue(run, booking, told, catalog, now)
    row = (await run("SELECT recipient_id, language FROM booking WHERE id = :booking", booking=booking))[0]
    language, facts = row["language"], {"story": told, "number": number}

    if row["recipient_id"] is not None:
        await _the_talk_learns(run, int(row["recipient_id"]), booking, told)
        await tell(run, house, int(row["recipient_id"]), "booking_confirmed_guest", facts, language=language,
                   booking=booking, links=["ticket", "booking"], picture="picture", documents=["ticket"])  # fmt: skip
    if told["guest"]["email"]:
        to = await delivery.recipient(run, "mail", told["guest"]["email"], name=told["guest"]["name"])
        await tell(run, house, to, "booking_confirmed_guest", facts, language=language, booking=booking,
                   documents=["ticket", "invoice"])  # fmt: skip
    await tell_house(run, house, "booking_confirmed_house", facts, booking=booking, links=["desk"])
    for lead, thread in leads:
        await brief(run, house, lead, thread, booking, told)
    news.announce("booking", booking)


async def assign(run: Run, booking: int, catalog: Catalog, now: datetime) -> list[tuple[Lead, int]]:
    """Give each leg without a lead the default one for its service and zone; (lead, thread) of each lead, once."""
    row = (await run("SELECT request, catalog_version FROM booking WHERE id = :booking", booking=booking))[0]
    request = from_draft(unpacked(row["request"]), await catalogs.version(int(row["catalog_version"])))
    legs = await run("SELECT id, lead FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    assigned: dict[str, tuple[Lead, int]] = {}
    for leg, wanted in zip(legs, request.legs, strict=True):
        lead = catalog.leads.get(leg["lead"] or "") or catalog.lead_for(request.service, wanted.origin.zone)
        if lead is None:
            continue
        await run(
            "UPDATE leg SET lead = :key, lead_name = :name, dispatch = 'assigned' WHERE id = :leg",
            key=lead.key, name=lead.name, leg=leg["id"],
        )  # fmt: skip
        if lead.key not in assigned:
            thread = await threads.open_thread(run, booking, lead.key, lead.name)
            assigned[lead.key] = (lead, thread)
            await timeline.record(
                run, booking, "lead_assigned", actor="Bellhop", actor_kind="system", door="catalogue", now=now,
                personal={"lead": lead.name},
            )  # fmt: skip
    return list(assigned.values())


async def _issue(run: Run, booking: int, told: story.Story, catalog: Catalog, now: datetime) -> str:
    """Write the ticket, its picture and the invoice as documents to be drawn; gives the invoice's number."""
    number = await documents.next_number(run, "invoice", catalog.brand.reference_prefix)
    issued = as_instant(now, catalog.brand.zone)
    for kind, facts, numbered in (
        ("ticket", {"story": told}, None),
        ("picture", {"story": told}, None),
        ("invoice", {"story": told, "number": number, "issued": issued}, number),
    ):
        await documents.issue(run, booking, kind, 1, facts, told["language"], now, numbered)
    return number


async def brief(
    run: Run, house: House, lead: Lead, thread: int, booking: int, told: story.Story, *, once: str = ""
) -> None:
    """The lead's brief, by chat and mail; it opens the thread that an answer lands in. `once` names a change that gives them the job."""
    language = lead.languages[0]
    for channel, address in lead.ways():
        to = await delivery.recipient(run, channel, address, name=lead.name, language=language)
        await tell(run, house, to, "brief_lead", {"story": told}, language=language, booking=booking, thread=thread,
                   once=once)  # fmt: skip
    await threads.write(run, thread, author="system", name="Bellhop", door="system", text="brief_sent", now=house.now())


async def _the_talk_learns(run: Run, recipient: int, booking: int, told: story.Story) -> None:
    """The guest's talk knows that it is paid; what is said about it is the confirmation itself."""
    row = await talks.locked(run, recipient)
    request = (await run("SELECT request FROM booking WHERE id = :booking", booking=booking))[0]["request"]
    talk = Talk.from_json(unpacked(row["state"])) if row else None
    if row is None or talk is None or not _is_about(talk, told, unpacked(request)):
        return
    payment, leg = told["payment"], told["legs"][0]
    facts: dict[str, Any] = {
        "reference": told["reference"], "paid": payment["paid"], "total": told["total"], "due": payment["due"],
        "lead": leg["lead"]["name"] if leg["lead"] else None, "meeting": leg["from"]["detail"],
    }  # fmt: skip
    talk = learn(talk, "paid", facts)
    talk.aside = None
    await talks.moved(run, int(row["id"]), talk.as_json())


def _is_about(talk: Talk, told: story.Story, request: dict[str, Any]) -> bool:
    """Whether the talk still stands at this booking, and not at a next one that the guest has begun meanwhile."""
    if talk.facts.get("reference") == told["reference"]:
        return True
    return talk.state == "review" and all(request.get(key) == value for key, value in talk.draft.items())
