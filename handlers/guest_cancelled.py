"""A guest cancelled a booking, or one way of two: what it held is free, the fee is kept, everyone who must know is told."""

from datetime import datetime, timedelta
from typing import Any

from flows.speech import Link, Say
from flows.talk import Cancel
from handlers.checkout_opened import close_pages
from handlers.house import SYSTEM, Actor, House
from handlers.telling import tell, tell_house
from models import cancelling, catalogs, claims, delivery, dues, ledger, news, story, threads, timeline, waiting
from models.booking import one_at_a_time
from models.cancelling import Terms
from models.catalog import Catalog
from models.database import Run
from models.fields import micros, packed, unpacked
from models.money import Money
from models.price import Quote
from models.refusal import Over
from models.request import Request, as_instant, from_draft

REMIND = timedelta(days=1)  # after which the house is told again of money that has not gone back


async def guest_cancelled(run: Run, house: House, booking: int, wish: Cancel, actor: Actor) -> Say:
    """Cancel it as agreed; gives what to say. Refuses with Over, Underway or Dearer, and nothing has changed then."""
    now = house.now()
    await one_at_a_time(run, booking)
    row = (await run("SELECT * FROM booking WHERE id = :booking", booking=booking))[0]
    catalog = await catalogs.version(int(row["catalog_version"]))
    request, quote = from_draft(unpacked(row["request"]), catalog), Quote.from_fact(unpacked(row["quote"]))
    terms = await _agreed(run, row, request, quote, catalog, wish, now)
    before = await story.of_booking(booking, run)
    await _free(run, booking, terms, row, request, now)
    await _charge(run, booking, cancelling.credited(quote, terms))
    await close_pages(run, house, booking)
    facts = _facts(before, terms, request, catalog)
    kind = "cancelled" if terms.what == "all" else "way_cancelled"
    await timeline.record(
        run, booking, kind, actor=before["guest"]["name"], actor_kind=actor.kind, door=actor.door, now=now,
        facts={"what": terms.what, "fee": terms.fee.as_fact(), "refund": terms.refund.as_fact()},
    )  # fmt: skip
    if terms.refund.minor:
        await dues.set_due(run, booking, "refund", now + REMIND)
    await _tell(run, house, booking, facts, row["language"])
    news.announce("booking", booking)
    return Say("cancelled", facts, links=(Link("booking"),), about=booking)


async def _agreed(
    run: Run, row: dict[str, Any], request: Request, quote: Quote, catalog: Catalog, wish: Cancel, now: datetime
) -> Terms:
    what = next((each for each in cancelling.choices(request, quote) if each == wish.what), None)
    if what is None:
        raise Over  # the way that was meant is gone by now
    cancelling.refuse(row["state"], request, what, now)
    paid, back = await ledger.sums(run, int(row["id"]))
    terms = cancelling.terms(row["state"], request, quote, catalog, Money(paid - back, row["currency"]), what, now)
    cancelling.refuse_dearer(terms, wish.agreed)
    return terms


async def _free(run: Run, booking: int, terms: Terms, row: dict[str, Any], request: Request, now: datetime) -> None:
    """What was claimed is free. Of two ways the one that is left becomes the whole of the booking."""
    legs = await run("SELECT id FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    gone = {"all": legs, "there": legs[:1], "back": legs[-1:]}[terms.what]
    for leg in gone:
        await claims.release(run, int(leg["id"]))
    if terms.what == "all":
        await run(
            "UPDATE booking SET state = 'cancelled', hold_until = NULL, changed = :now WHERE id = :booking",
            now=micros(now), booking=booking,
        )  # fmt: skip
        for kind in ("hold_ends", "list_ends"):
            await dues.clear_due(run, booking, kind)
        await waiting.leave(run, booking)
        return
    await run("DELETE FROM leg WHERE id = :leg", leg=gone[0]["id"])
    await run("UPDATE leg SET position = 0 WHERE booking_id = :booking", booking=booking)
    left = cancelling.leg_of(request, "back" if terms.what == "there" else "there")
    await run(
        "UPDATE booking SET request = :request, starts = :starts, changed = :now WHERE id = :booking",
        request=packed(cancelling.without(unpacked(row["request"]), terms.what)), starts=micros(left.starts),
        now=micros(now), booking=booking,
    )  # fmt: skip


async def _charge(run: Run, booking: int, quote: Quote) -> None:
    """From now on the booking costs what is kept; the lines sold stay, and one more takes off the rest."""
    await run(
        "UPDATE booking SET quote = :quote, total = :total, due_now = :due WHERE id = :booking",
        quote=packed(quote.as_fact()), total=quote.total.minor, due=quote.due_now.minor, booking=booking,
    )  # fmt: skip
    line = quote.lines[-1]
    amount = line.amount.minor if line.amount else None
    await run(
        "INSERT INTO line (booking_id, position, label, detail, quantity, unit, amount, version) SELECT :booking, "
        "MAX(position) + 1, :label, NULL, 1, :amount, :amount, MAX(version) FROM line WHERE booking_id = :booking",
        booking=booking, label=packed(dict(line.label)), amount=amount,
    )  # fmt: skip


def _facts(before: dict[str, Any], terms: Terms, request: Request, catalog: Catalog) -> dict[str, Any]:
    """What everyone is told: the booking as it was, what of it is cancelled and what that comes to."""
    zone = catalog.brand.zone
    starts = as_instant(cancelling.start_of(request, terms.what), zone)
    return {"story": before, "reference": before["reference"], "terms": terms.as_fact(zone) | {"starts": starts}}


async def _tell(run: Run, house: House, booking: int, facts: dict[str, Any], language: str) -> None:
    """The guest has it in the chat already; by mail with the calendar's cancellation."""
    guest, once = facts["story"]["guest"], facts["terms"]["what"]
    if guest["email"]:
        to = await delivery.recipient(run, "mail", guest["email"], name=guest["name"])
        documents = ["calendar"] if once == "all" else None
        await tell(run, house, to, "booking_cancelled_guest", facts, language=language, booking=booking,
                   documents=documents, once=once)  # fmt: skip
    await tell_house(run, house, "booking_cancelled_house", facts, booking=booking, links=["desk"], once=once)
    catalog = await house.catalog()
    for row in await run("SELECT id, partner FROM thread WHERE booking_id = :booking", booking=booking):
        lead = catalog.leads.get(row["partner"])
        if lead is None or not _does(facts, lead.key):
            continue
        for channel, address in lead.ways():
            to = await delivery.recipient(run, channel, address, name=lead.name, language=lead.languages[0])
            await tell(run, house, to, "booking_cancelled_lead", facts, language=lead.languages[0], booking=booking,
                       thread=int(row["id"]), once=once)  # fmt: skip
        await threads.write(run, int(row["id"]), author="system", name=SYSTEM.name, door="system",
                            text="cancelled", now=house.now())  # fmt: skip


def _does(facts: dict[str, Any], lead: str) -> bool:
    """Whether what is cancelled was theirs."""
    legs = facts["story"]["legs"]
    gone = {"all": legs, "there": legs[:1], "back": legs[-1:]}[facts["terms"]["what"]]
    return any(leg["lead"] and leg["lead"]["key"] == lead for leg in gone)


async def refund_owed(run: Run, house: House, booking: int) -> None:
    """Money that is to go back has not gone yet: the house is told again, until it has."""
    row = (await run("SELECT total, currency FROM booking WHERE id = :booking", booking=booking))[0]
    paid, back = await ledger.sums(run, booking)
    if paid - back <= row["total"]:
        return
    amount = Money(paid - back - row["total"], row["currency"]).as_fact()
    facts = {"story": await story.of_booking(booking, run), "amount": amount}
    await tell_house(
        run, house, "refund_owed_house", facts, booking=booking, once=house.now().date().isoformat(), mail=False
    )
    await dues.set_due(run, booking, "refund", house.now() + REMIND)
