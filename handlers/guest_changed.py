"""A guest changed a booking that stands: what it needs now is taken before what it needed is free, and everyone who must know is told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers.booking_confirmed import assign, booking_confirmed, brief, certain
from handlers.checkout_opened import close_pages
from handlers.guest_cancelled import REMIND
from handlers.house import Actor, House
from handlers.request_sent import add_leg, add_lines, take
from handlers.standing import difference, keeps_its_place, sold_anew, standing_of
from handlers.telling import tell, tell_house
from models import catalogs, claims, delivery, documents, dues, news, recap, story, threads, timeline, waiting
from models.booking import OPEN, one_at_a_time
from models.catalog import Catalog
from models.database import Run
from models.fields import instant, micros, packed, unpacked
from models.price import Quote
from models.refusal import ChangedMeanwhile, HoldEnded, NotYours, TooLate
from models.request import Request, RequestLeg, from_draft

Draft = Mapping[str, Any]


async def guest_changed(
    run: Run, house: House, catalog: Catalog, reference: str, draft: Draft, *, base: Draft, agreed: Mapping[str, Any],
    recipient: int, channel: str,
) -> dict[str, Any]:  # fmt: skip
    """Make the booking what the draft says; gives its story as it is now, with what the change came to under "change".

    `base` is the request that the guest saw it change from, `agreed` the total that was shown. Refuses with NotYours, TooLate
    (its facts say `why`), HoldEnded, ChangedMeanwhile, SoldOut and whatever a request is refused with; nothing is then changed.
    """
    await _locked(run, reference, recipient)
    now = house.now()
    sold = await standing_of(reference, recipient, now, run)
    if sold is None:
        raise NotYours(what="booking")
    booking = int(sold["id"])
    row = (await run("SELECT * FROM booking WHERE id = :booking", booking=booking))[0]
    _refuse(sold, row, base, now)
    catalog, request, price = await sold_anew(draft, catalog, sold, now)
    if price.total.as_fact() != dict(agreed) or price.currency != row["currency"]:
        raise ChangedMeanwhile(what="price")
    lapses = instant(row["hold_until"]) if row["state"] != "confirmed" and row["hold_until"] else None
    stays = await keeps_its_place(sold, request)
    await _claim_anew(
        run,
        booking,
        unpacked(row["request"]),
        row["catalog_version"],
        request,
        catalog,
        lapses,
        now,
        claims_it=stays is None,
    )  # fmt: skip
    await _sell_anew(run, booking, request, price, draft, catalog, now)
    if stays is not None:
        await _wait_anew(run, booking, request, catalog, now, stays=stays)
    return await _told(run, house, booking, sold, price, Actor(request.name or "", "guest", channel), catalog, stays)


async def _locked(run: Run, reference: str, recipient: int) -> None:
    """Two changes at once come one after the other."""
    for row in await run(
        "SELECT id FROM booking WHERE reference = :reference AND recipient_id = :recipient",
        reference=reference, recipient=recipient,
    ):  # fmt: skip
        await one_at_a_time(run, int(row["id"]))


def _refuse(sold: Mapping[str, Any], row: Mapping[str, Any], base: Draft, now: datetime) -> None:
    if sold["closed"]:
        raise TooLate(why=sold["closed"])
    if sold["state"] in OPEN and row["hold_until"] is not None and instant(row["hold_until"]) <= now:
        raise HoldEnded(ended=None)
    if sold["request"] != dict(base):
        raise ChangedMeanwhile(what="request")


# --- capacity ---


async def _claim_anew(
    run: Run, booking: int, before: Draft, version: int, request: Request, catalog: Catalog, lapses: datetime | None,
    now: datetime, *, claims_it: bool,
) -> None:  # fmt: skip
    """Take what each leg needs now, unless it waits for it (not `claims_it`).

    Until this transaction ends nobody else sees what is given back, so nothing is lost by a SoldOut.
    """
    was = from_draft(before, await catalogs.version(int(version))).legs
    rows = await run("SELECT id FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    ids = [int(each["id"]) for each in rows]
    same = [a.resources() == b.resources() for a, b in zip(was, request.legs, strict=False)]
    for id_, kept in zip(ids, [*same, *[False] * (len(ids) - len(same))], strict=True):
        if not kept:
            await claims.release(run, id_)
    for position, leg in enumerate(request.legs):
        if position >= len(ids):
            await add_leg(run, booking, position, leg, catalog, lapses, now, claimed=claims_it)
            continue
        await _move(run, ids[position], leg)
        if claims_it and not same[position]:
            await take(run, leg, ids[position], lapses=lapses, now=now)
    for id_ in ids[len(request.legs) :]:
        await run("DELETE FROM leg WHERE id = :leg", leg=id_)


async def _wait_anew(run: Run, booking: int, request: Request, catalog: Catalog, now: datetime, *, stays: bool) -> None:
    """Who waits for something else now has asked for that only now: behind all who did before."""
    ends = request.starts - timedelta(minutes=catalog.services[request.service].notice)
    await dues.set_due(run, booking, "list_ends", ends)
    if not stays or not await waiting.since(run, booking):
        await waiting.wait(run, booking, request.resources(), now)


async def _move(run: Run, leg_id: int, leg: RequestLeg) -> None:
    await run(
        "UPDATE leg SET starts = :starts, ends = :ends WHERE id = :leg",
        starts=micros(leg.starts), ends=micros(leg.ends), leg=leg_id,
    )  # fmt: skip


# --- what is kept of it ---


async def _sell_anew(
    run: Run, booking: int, request: Request, price: Quote, draft: Draft, catalog: Catalog, now: datetime
) -> None:
    """The request and its price from now on; the lines of the sale before stay where they are."""
    row = await run(
        "UPDATE booking SET request = :request, quote = :quote, catalog_version = :version, total = :total, due_now = :due, "
        "starts = :starts, changed = :now WHERE id = :booking RETURNING guest_id",
        request=packed(dict(draft)), quote=packed(price.as_fact()), version=catalog.version, total=price.total.minor,
        due=price.due_now.minor, starts=micros(request.starts), now=micros(now), booking=booking,
    )  # fmt: skip
    await run(
        "UPDATE guest SET name = :name, phone = :phone, email = :email WHERE id = :guest",
        name=request.name or "", phone=request.phone, email=request.email, guest=row[0]["guest_id"],
    )  # fmt: skip
    sales = await run("SELECT MAX(version) AS sale FROM line WHERE booking_id = :booking", booking=booking)
    await add_lines(run, booking, price, int(sales[0]["sale"] or 0) + 1)


async def _told(
    run: Run,
    house: House,
    booking: int,
    sold: dict[str, Any],
    price: Quote,
    actor: Actor,
    catalog: Catalog,
    stays: bool | None,
) -> dict[str, Any]:
    """Timeline, papers, and a word to everyone who must know."""
    now, before = house.now(), sold["story"]
    leads = await _leads(run, booking, catalog, now) if sold["state"] == "confirmed" else None
    after = await story.of_booking(booking, run)
    change = difference(sold, price, after, stays)
    number = await _record(run, booking, before, after, change, actor, now)
    await close_pages(run, house, booking)
    if change["back"]:
        await dues.set_due(run, booking, "refund", now + REMIND)
    if leads is not None:
        await _issue(run, booking, after, now)
    facts = {"story": after, "change": change}
    team = recap.changed(before, after, "team")
    await tell_house(
        run, house, "booking_changed_house", facts | {"changed": team}, booking=booking, links=["desk"], once=number
    )
    await _tell_guest(run, house, booking, facts | {"changed": change["changed"]}, number, papers=leads is not None)
    await _tell_leads(run, house, booking, leads or {}, before, after, number)
    if await _is_paid(run, booking, sold["state"], price):
        await certain(run, house, booking)
        await booking_confirmed(run, house, booking, actor)
        after = await story.of_booking(booking, run)
    news.announce("booking", booking)
    return after | {"change": change, "place": await waiting.place_of(run, booking)}


async def _is_paid(run: Run, booking: int, state: str, price: Quote) -> bool:
    """What was paid of a hold may be enough once it is cheaper."""
    if state not in OPEN:
        return False
    kept = (await story.of_booking(booking, run))["payment"]["paid"]["minor"]
    return bool(kept) and bool(kept >= price.due_now.minor)


async def _record(
    run: Run,
    booking: int,
    before: story.Story,
    after: story.Story,
    change: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> str:
    """Every changed field, old and new, for whoever reads the timeline; gives what tells this change from others."""
    fields = recap.changed(before, after, "team")
    await timeline.record(
        run, booking, "changed", actor=actor.name, actor_kind=actor.kind, door=actor.door, now=now,
        facts={
            "what": [each["key"] for each in fields], "was": change["was"], "total": change["total"],
            "owed": change["owed"], "back": change["back"],
        },
        personal={"changed": fields},
    )  # fmt: skip
    rows = await run("SELECT MAX(position) AS n FROM entry WHERE booking_id = :booking", booking=booking)
    return str(rows[0]["n"])


async def _issue(run: Run, booking: int, after: story.Story, now: datetime) -> None:
    """Ticket and picture anew, as their next version. An invoice stays as it is: it is corrected, never written anew."""
    for kind in ("ticket", "picture"):
        rows = await run(
            "SELECT MAX(version) AS last FROM document WHERE booking_id = :booking AND kind = :kind",
            booking=booking,
            kind=kind,
        )
        if rows[0]["last"]:
            await documents.issue(
                run, booking, kind, int(rows[0]["last"]) + 1, {"story": after}, after["language"], now
            )


# --- who is told ---


async def _leads(run: Run, booking: int, catalog: Catalog, now: datetime) -> dict[str, bool]:
    """The leads of its legs by their key, and whether each is new to it."""
    knew = {row["lead"] for row in await run("SELECT lead FROM leg WHERE booking_id = :booking", booking=booking)}
    return {lead.key: lead.key not in knew for lead, _ in await assign(run, booking, catalog, now)}


async def _tell_leads(
    run: Run,
    house: House,
    booking: int,
    leads: Mapping[str, bool],
    before: story.Story,
    after: story.Story,
    number: str,
) -> None:
    """Whoever has the job hears what is another now, whoever has just got it gets the brief, whose leg is gone is told so too."""
    known = (await house.catalog()).leads
    were = {leg["lead"]["key"] for leg in before["legs"] if leg["lead"]}
    changed = recap.changed(before, after, "partner")
    for key in [*dict.fromkeys((*leads, *sorted(were)))]:
        lead = known.get(key)
        if lead is None:
            continue
        thread = await threads.open_thread(run, booking, lead.key, lead.name)
        if leads.get(key):
            await brief(run, house, lead, thread, booking, after, once=number)
            continue
        language = lead.languages[0]
        for channel, address in lead.ways() if changed else ():
            to = await delivery.recipient(run, channel, address, name=lead.name, language=language)
            await tell(
                run, house, to, "booking_changed_lead", {"story": after, "changed": changed}, language=language,
                booking=booking, thread=thread, once=number,
            )  # fmt: skip


async def _tell_guest(
    run: Run, house: House, booking: int, facts: dict[str, Any], number: str, *, papers: bool
) -> None:
    """Their mail has what is changed, and the new ticket; their chat is answered by the turn itself."""
    told = facts["story"]
    if told["guest"]["email"]:
        to = await delivery.recipient(run, "mail", told["guest"]["email"], name=told["guest"]["name"])
        await tell(
            run, house, to, "booking_changed_guest", facts, language=told["language"], booking=booking,
            documents=["ticket"] if papers else None, once=number,
        )  # fmt: skip


def learnt(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the guest's talk learns of it."""
    payment, leg = told["payment"], told["legs"][0]
    if told["state"] == "waitlisted":
        return {"state": "waitlisted", "reference": told["reference"], "place": told["place"], "change": told["change"]}
    certain_ = told["state"] == "confirmed"
    owed = payment["due_now"] if payment["due_now"]["minor"] else None
    return {
        "state": "booked" if certain_ else "waiting_payment", "reference": told["reference"], "owed": owed if certain_ else None,
        "hold_until": told["hold_until"], "due": payment["due"] if certain_ else payment["due_now"], "total": told["total"],
        "paid": payment["paid"], "lead": leg["lead"]["name"] if leg["lead"] else None, "meeting": leg["from"]["detail"],
        "change": told["change"],
    }  # fmt: skip
