"""A booking as it stands, for its guest to change: what was asked for and sold, what it would be instead, what is then owed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import catalogs, story
from models.booking import OVER, may_change
from models.catalog import Catalog
from models.database import Ask, read
from models.fields import micros, unpacked
from models.money import Money
from models.price import Quote, compared, quote
from models.recap import changed
from models.refusal import InThePast, Refusal, TooSoon
from models.request import Request, from_draft, refuse_late

Draft = Mapping[str, Any]


async def standing_of(reference: str, recipient: int, now: datetime, ask: Ask = read) -> dict[str, Any] | None:
    """A booking of this guest, as plain values; None for one that is not theirs.

    `request` is what was asked for as a draft, `story` how it stands; `closed` says why the guest may not change it without a
    person: "late" (its notice has begun) or "over"; None: they may. `others`: how many more bookings of theirs are still ahead.
    """
    rows = await ask(
        "SELECT id, state, request, quote, catalog_version FROM booking "
        "WHERE reference = :reference AND recipient_id = :recipient",
        reference=reference, recipient=recipient,
    )  # fmt: skip
    if not rows:
        return None
    row, request = rows[0], unpacked(rows[0]["request"])
    legs = await ask("SELECT dispatch FROM leg WHERE booking_id = :booking", booking=row["id"])
    whole = not any(line["key"].startswith("cancelled:") for line in unpacked(row["quote"])["lines"])
    open_ = whole and may_change(row["state"], [leg["dispatch"] for leg in legs])  # a fee that was kept is for people
    catalog = await catalogs.version(int(row["catalog_version"]))
    return {
        "id": int(row["id"]), "reference": reference, "state": row["state"], "request": request,
        "quote": unpacked(row["quote"]), "story": await story.of_booking(int(row["id"]), ask),
        "closed": _late(request, catalog, now) if open_ else "over", "others": await _others(rows[0], recipient, now, ask),
    }  # fmt: skip


async def _others(row: Mapping[str, Any], recipient: int, now: datetime, ask: Ask) -> int:
    rows = await ask(
        "SELECT id, state FROM booking WHERE recipient_id = :to AND starts > :now", to=recipient, now=micros(now)
    )
    return sum(each["id"] != row["id"] and each["state"] not in OVER for each in rows)


def _late(request: Draft, catalog: Catalog, now: datetime) -> str | None:
    """The notice that a booking must be made with is the notice for changing one."""
    of = from_draft(request, catalog)
    try:
        refuse_late(catalog.services[of.service], of.starts, catalog.brand.zone, now)
    except (TooSoon, InThePast):
        return "late"
    return None


async def sold_anew(
    draft: Draft, catalog: Catalog, sold: Mapping[str, Any], now: datetime | None = None
) -> tuple[Catalog, Request, Quote]:
    """A changed request with its price, and the catalogue that has both.

    While nothing that costs has changed, what was sold keeps its price, whatever it costs by now; else today's prices are
    those of the whole. Refuses as `from_draft` and `quote` do.
    """
    before = Quote.from_fact(dict(sold["quote"]))
    then = await catalogs.version(before.catalog_version)
    try:
        request = from_draft(draft, then, now)
        price = quote(then, request)
        if not compared(before, price):
            return then, request, price
    except Refusal:
        pass  # today's catalogue says whether and why not
    request = from_draft(draft, catalog, now)
    return catalog, request, quote(catalog, request)


async def keeps_its_place(sold: Mapping[str, Any], request: Request) -> bool | None:
    """Whether a change leaves what is waited for as it is; None of a booking that does not wait."""
    if sold["state"] != "waitlisted":
        return None
    before = from_draft(sold["request"], await catalogs.version(Quote.from_fact(dict(sold["quote"])).catalog_version))
    return [(need.resource, need.starts, need.ends, need.quantity) for need in before.resources()] == [
        (need.resource, need.starts, need.ends, need.quantity) for need in request.resources()
    ]


def difference(
    sold: Mapping[str, Any], price: Quote, after: Mapping[str, Any], stays: bool | None = None
) -> dict[str, Any]:
    """What a change comes to, for its guest; amounts are money, None where there is none.

    `changed` fields, price `lines` that differ, what it is `more` or `less` in all, `owed` now, and to be given `back`; `stays`:
    of what is waited for, whether the place on the list does (None of all else).
    """
    before, payment = Quote.from_fact(dict(sold["quote"])), sold["story"]["payment"]
    paid, certain = payment["paid"]["minor"], sold["state"] == "confirmed"
    owed = 0 if certain and not paid else max(price.due_now.minor - paid, 0)
    step = price.total.minor - before.total.minor
    amounts = {"more": step, "less": -step, "owed": owed, "back": paid - price.total.minor}
    return {
        "changed": changed(sold["story"], after, "guest"), "lines": compared(before, price),
        "was": before.total.as_fact(), "total": price.total.as_fact(), "reference": sold["reference"],
        "paid": payment["paid"] if paid else None, "stays": stays,
        **{key: Money(amount, price.currency).as_fact() if amount > 0 else None for key, amount in amounts.items()},
    }  # fmt: skip
