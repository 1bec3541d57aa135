"""What cancelling costs: the rule of the catalogue that a booking was sold under, for all of it or for one way of two."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from models.booking import OPEN, OVER
from models.catalog import Catalog
from models.money import Money
from models.price import Line, Quote, fee, free_until
from models.refusal import Dearer, Over, Underway
from models.request import Request, RequestLeg, as_instant

What = Literal["all", "there", "back"]
NOTHING_KEPT = (*OPEN, "waitlisted")  # nothing is certain yet, so nothing is kept of it
LAST_CALL = timedelta(minutes=30)  # before the start: then whoever drives has set out, and a person sees to it
_LABELS = {
    "all": {"en": "Cancelled", "es": "Cancelado"},
    "there": {"en": "Way there cancelled", "es": "Ida cancelada"},
    "back": {"en": "Way back cancelled", "es": "Vuelta cancelada"},
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What one cancellation comes to at a moment. `fee` is kept of the price, `left` is what the booking costs from then on.

    `refund` goes back of what was paid, `owed` is what the fee exceeds it by. `free_until` is None where it never was free.
    """

    what: What
    fee: Money
    left: Money
    refund: Money
    owed: Money
    free_until: datetime | None

    def as_fact(self, zone: str) -> dict[str, Any]:
        """Plain values, ready to be shown."""
        return {
            "what": self.what, "fee": self.fee.as_fact(), "refund": self.refund.as_fact(), "owed": self.owed.as_fact(),
            "free_until": as_instant(self.free_until, zone) if self.free_until else None,
        }  # fmt: skip


def choices(request: Request, quote: Quote) -> list[What]:
    """What of a booking can be cancelled: all of it, and of two ways each that has a price of its own."""
    return ["all", "there", "back"] if len(_fares(request, quote)) > 1 else ["all"]


def refuse(state: str, request: Request, what: What, now: datetime) -> None:
    """Refuses with Over what is over already, with Underway what has begun or begins within the last half hour."""
    if state in OVER:
        raise Over
    if state not in NOTHING_KEPT and now >= start_of(request, what) - LAST_CALL:
        raise Underway(starts=start_of(request, what).isoformat())


def start_of(request: Request, what: What) -> datetime:
    """When what is cancelled begins, in UTC; whoever is fetched begins when they are fetched."""
    if what == "all":
        return min(leg.pickup_at or leg.starts for leg in request.legs)
    return leg_of(request, what).starts


def leg_of(request: Request, what: What) -> RequestLeg:
    """The one way that is meant."""
    return request.legs[0 if what == "there" else -1]


def terms(
    state: str, request: Request, quote: Quote, catalog: Catalog, paid: Money, what: What, now: datetime
) -> Terms:
    """What it costs to cancel at `now` (aware), with `paid` what was paid and not given back.

    The rule counts the hours to the start of what is cancelled. Nothing is certain before it is paid, so nothing is kept of it.
    """
    rules = catalog.services[request.service].cancellation
    price = quote.total if what == "all" else _price_of(request, quote, what)
    starts = request.starts if what == "all" else leg_of(request, what).starts
    kept = Money(0, price.currency) if state in NOTHING_KEPT else fee(rules, starts, now, price)
    left = quote.total - price + kept
    nothing = Money(0, price.currency)
    return Terms(what, kept, left, max(paid - left, nothing), max(left - paid, nothing), free_until(rules, starts))


def refuse_dearer(terms: Terms, agreed: int | None) -> None:
    """Refuses with Dearer when the fee has grown since the guest was shown it; `agreed` in minor units."""
    if agreed is None or terms.fee.minor > agreed:
        raise Dearer(fee=terms.fee.as_fact())


def credited(quote: Quote, terms: Terms) -> Quote:
    """The quote with one more line, which takes off what is not charged any more; the lines sold stay as they were."""
    label, off = _LABELS[terms.what], terms.left - quote.total
    line = Line(f"cancelled:{terms.what}", label, None, 1, off, off)
    tax = quote.tax
    part = replace(tax, amount=terms.left.percent(tax.percent * 100 / (100 + tax.percent))) if tax else None
    return Quote((*quote.lines, line), terms.left, part, min(quote.due_now, terms.left), quote.catalog_version)


def _fares(request: Request, quote: Quote) -> list[Money]:
    """The price of each way, where every way has one: `price.quote` has a line for each leg, in their order."""
    fares = [line.amount for line in quote.lines if line.key.startswith("vehicle:")]
    priced = [fare for fare in fares if fare is not None]  # inside a package it has none
    return priced if len(priced) == len(request.legs) else []


def _price_of(request: Request, quote: Quote, what: What) -> Money:
    fare, tax = _fares(request, quote)[0 if what == "there" else -1], quote.tax
    return fare if tax is None or tax.included else fare + fare.percent(tax.percent)


def without(draft: dict[str, Any], what: What) -> dict[str, Any]:
    """The draft of the one way that is left."""
    kept = {key: value for key, value in draft.items() if not key.startswith("return_")} | {"trip": "one_way"}
    if what == "back":
        return kept
    ends = {"pickup": draft["dropoff"], "dropoff": draft["pickup"], "stops": [], "room": None}
    when = {"date": draft["return_date"], "time": draft["return_time"], "flight": draft.get("return_flight")}
    return kept | ends | when
