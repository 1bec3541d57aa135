"""What a request costs, line by line, what of it is due at once, and what is kept when it is cancelled."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from models.catalog import CancellationRule, Catalog, Extra, Service, Tax, Text, Vehicle
from models.money import Money, rounded, total
from models.refusal import Incomplete, NotOnSale, TooMany
from models.request import Party, Request, RequestLeg, Stop, tour_of, travellers


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a price. Its `key` says what was sold: vehicle:van, adult, extra:flowers, tax.

    Inside a package `unit` and `amount` are None: it costs nothing of its own.
    """

    key: str
    label: Text
    detail: Text | None
    quantity: int
    unit: Money | None
    amount: Money | None

    def as_fact(self) -> dict[str, Any]:
        """The plain value of the story."""
        return {
            "key": self.key,
            "label": dict(self.label),
            "detail": dict(self.detail) if self.detail else None,
            "quantity": self.quantity,
            "unit": self.unit.as_fact() if self.unit is not None else None,
            "amount": self.amount.as_fact() if self.amount is not None else None,
        }


@dataclass(frozen=True, slots=True)
class TaxPart:
    """How much of a total is tax. `included`: the lines hold it; else it has a line of its own."""

    name: str
    percent: Decimal
    included: bool
    amount: Money

    def as_fact(self) -> dict[str, Any]:
        """The plain value of the story."""
        percent = f"{self.percent.normalize():f}"
        return {
            "name": self.name,
            "percent": percent,
            "included": self.included,
            "amount": self.amount.as_fact(),
        }


@dataclass(frozen=True, slots=True)
class Quote:
    """What a request costs by one version of the catalogue; the lines add up to the total."""

    lines: tuple[Line, ...]
    total: Money
    tax: TaxPart | None
    due_now: Money
    catalog_version: int

    @property
    def currency(self) -> str:
        """The ISO 4217 currency of all its amounts."""
        return self.total.currency

    def as_fact(self) -> dict[str, Any]:
        """Plain values, to be kept with the booking and drawn; `from_fact` reads them back."""
        return {
            "lines": [line.as_fact() for line in self.lines],
            "total": self.total.as_fact(),
            "tax": self.tax.as_fact() if self.tax else None,
            "due_now": self.due_now.as_fact(),
            "currency": self.currency,
            "catalog_version": self.catalog_version,
        }

    @classmethod
    def from_fact(cls, fact: dict[str, Any]) -> "Quote":
        """The quote as it was kept."""
        lines = tuple(
            Line(
                of["key"],
                of["label"],
                of["detail"],
                of["quantity"],
                _money(of["unit"]),
                _money(of["amount"]),
            )
            for of in fact["lines"]
        )
        kept, tax = fact["tax"], None
        if kept:
            tax = TaxPart(
                kept["name"],
                Decimal(kept["percent"]),
                kept["included"],
                Money.from_fact(kept["amount"]),
            )
        due_now = Money.from_fact(fact["due_now"])
        return cls(lines, Money.from_fact(fact["total"]), tax, due_now, fact["catalog_version"])


def quote(catalog: Catalog, request: Request) -> Quote:
    """What a request costs: its service, then the extras, then the tax.

    A transfer is priced by route and vehicle, each leg on a line of its own; with stops it costs the sum of the routes from
    stop to stop, because a price per stop would sell a detour of two hours for that of ten minutes. Hours cost the vehicle's
    rate each. A tour is priced by category, a private departure as a whole. A package has its own price, and what lies in it
    has lines without one. Extras are paid once, also on a way there and back.
    Pure: no clock, no capacity. Refuses with NotOnSale, TooMany or Incomplete (no vehicle chosen yet).
    """
    service = catalog.services.get(request.service)
    if service is None:
        raise NotOnSale(what="service", asked=request.service)
    lines = [
        *_service_lines(catalog, service, request),
        *_extra_lines(catalog, request),
    ]
    tax = _tax(catalog.brand.tax, _sum(lines, catalog))
    if tax and not tax.included:
        label = dict.fromkeys(catalog.brand.languages, tax.name)
        lines.append(Line("tax", label, None, 1, tax.amount, tax.amount))
    whole = _sum(lines, catalog)
    return Quote(tuple(lines), whole, tax, whole.percent(service.deposit), catalog.version)


def vehicle_prices(catalog: Catalog, request: Request) -> list[tuple[Vehicle, Money]]:
    """The vehicles that take the party and go this way, smallest first, each with the price of all the legs or of the package.

    Refuses with TooMany when the party, its luggage or its wheelchair fits in none, with NotOnSale when none goes this way.
    """
    service = catalog.services[request.service]
    fitting = catalog.vehicles_for(request.party, service)
    if not fitting:
        raise too_many(catalog.vehicles_of(service), request.party)
    priced = [
        vehicle for vehicle in fitting if all(_fare(catalog, service, leg, vehicle) is not None for leg in request.legs)
    ]
    if not priced:
        raise NotOnSale(
            what="route",
            asked=[[leg.origin.zone, leg.destination and leg.destination.zone] for leg in request.legs],
        )
    return [
        (vehicle, service.price or _sum(_rides(catalog, service, vehicle, request.legs), catalog)) for vehicle in priced
    ]


def too_many(vehicles: Iterable[Vehicle], party: Party) -> TooMany:
    """Why none of these vehicles takes a party: its people, its luggage, or else its wheelchair."""
    vehicles = list(vehicles)
    seats = max((each.seats for each in vehicles), default=0)
    if party.size > seats:
        return TooMany(of="people", asked=party.size, most=seats)
    bags = max((each.bags for each in vehicles if each.seats >= party.size), default=0)
    if (party.luggage or 0) > bags:
        return TooMany(of="luggage", asked=party.luggage, most=bags)
    return TooMany(of="wheelchair", asked=1, most=0)


def charged(extra: Extra, quantity: int, party: Party) -> int:
    """How many of an extra are paid: one per booking, everyone but infants per person, as many as asked per piece."""
    if extra.per == "booking":
        return 1
    return party.adults + len(party.children) if extra.per == "person" else quantity


def compared(before: Quote, after: Quote) -> list[dict[str, Any]]:
    """The lines whose amount differs: `line` as it is to be drawn, its `old` and `new` amount (None where there was or is none).

    The same thing sold twice (there and back) is told apart by its place.
    """
    old, new = _by_place(before), _by_place(after)
    pairs = [(new.get(place), old.get(place)) for place in dict.fromkeys([*old, *new])]
    return [
        {"line": (now or then).as_fact(), "old": _amount(then), "new": _amount(now)}  # type: ignore[union-attr]
        for now, then in pairs
        if _amount(now) != _amount(then)
    ]


def _by_place(quote: Quote) -> dict[tuple[str, int], Line]:
    found: dict[tuple[str, int], Line] = {}
    for line in quote.lines:
        found[line.key, sum(key == line.key for key, _ in found)] = line
    return found


def _amount(line: Line | None) -> dict[str, Any] | None:
    return line.amount.as_fact() if line and line.amount is not None else None


def free_until(rules: Iterable[CancellationRule], starts: datetime) -> datetime | None:
    """Until when cancelling costs nothing; None where it always does."""
    free = [rule.hours for rule in rules if rule.fee == 0]
    return starts - timedelta(hours=min(free)) if free else None


def fee(
    rules: Iterable[CancellationRule],
    starts: datetime,
    cancelled: datetime,
    price: Money,
) -> Money:
    """What is kept of a price when it is cancelled at that moment: the lowest fee whose hours are still there, else all."""
    hours_left = (starts - cancelled) / timedelta(hours=1)
    fitting = [rule.fee for rule in rules if hours_left >= rule.hours]
    return price.percent(min(fitting, default=Decimal(100)))


def _service_lines(catalog: Catalog, service: Service, request: Request) -> list[Line]:
    performed = catalog.performed(service)
    lines = _tour_lines(catalog, performed, request) if performed.tour else _vehicle_lines(catalog, service, request)
    if service.price is None or performed is service:
        return lines
    packed = [*lines, *(_extra_line(catalog.extras[key], n, request.party) for key, n in service.included.items())]
    whole = Line(service.key, service.name, None, 1, service.price, service.price)
    return [whole, *(replace(line, unit=None, amount=None) for line in packed)]


def _vehicle_lines(catalog: Catalog, service: Service, request: Request) -> list[Line]:
    if request.vehicle is None:
        raise Incomplete(missing=["vehicle"])
    vehicle = catalog.vehicles[request.vehicle]
    if vehicle not in catalog.vehicles_of(service):
        raise NotOnSale(what="vehicle", asked=vehicle.key)
    if not vehicle.takes(request.party):
        raise too_many([vehicle], request.party)
    return _rides(catalog, service, vehicle, request.legs)


def _rides(catalog: Catalog, service: Service, vehicle: Vehicle, legs: Iterable[RequestLeg]) -> list[Line]:
    lines = []
    for leg in legs:
        price = _fare(catalog, service, leg, vehicle)
        if price is None:
            raise NotOnSale(
                what="route",
                asked=[leg.origin.zone, leg.destination and leg.destination.zone],
            )
        hours = 1 if leg.destination else leg.minutes // 60
        lines.append(Line(f"vehicle:{vehicle.key}", vehicle.name, _way(catalog, leg), hours, price, price * hours))
    return lines


def _fare(catalog: Catalog, service: Service, leg: RequestLeg, vehicle: Vehicle) -> Money | None:
    """What a vehicle costs on the whole of a way, or for an hour where there is no destination; None where it does not go."""
    if leg.destination is None:
        return catalog.performed(service).rates.get(vehicle.key)
    routes = [catalog.route(start.zone, end.zone) for start, end in leg.stretches()]
    fares = [route.prices.get(vehicle.key) if route else None for route in routes]
    known = [fare for fare in fares if fare is not None]
    return total(known, catalog.brand.currency) if len(known) == len(fares) else None


def _way(catalog: Catalog, leg: RequestLeg) -> Text:
    """ "Airport PUJ → Hotel Arena Blanca": an arrow, so that it needs no word of any language."""
    stops = [stop for stop in (leg.origin, *leg.stops, leg.destination) if stop]
    return {language: " → ".join(_called(stop, language) for stop in stops) for language in catalog.brand.languages}


def _called(stop: Stop, language: str) -> str:
    return stop.name if isinstance(stop.name, str) else stop.name[language]


def _tour_lines(catalog: Catalog, service: Service, request: Request) -> list[Line]:
    departure = catalog.departure(service.key, request.departure or "")
    if departure is None:
        raise NotOnSale(what="departure", asked=request.departure)
    if departure.private and departure.price is not None:
        return [Line(service.key, service.name, None, 1, departure.price, departure.price)]
    return [
        Line(
            category.key,
            category.name,
            service.name,
            count,
            category.price,
            category.price * count,
        )
        for category, count in travellers(tour_of(service), request.party)
    ]


def _extra_lines(catalog: Catalog, request: Request) -> list[Line]:
    offered = {extra.key: extra for extra in catalog.extras_for(request.service)}
    lines = []
    for key, quantity in request.extras.items():
        if key not in offered:
            raise NotOnSale(what="extra", asked=key)
        if quantity + request.included.get(key, 0) > offered[key].limit:
            raise TooMany(of=key, asked=quantity, most=offered[key].limit - request.included.get(key, 0))
        lines.append(_extra_line(offered[key], quantity, request.party))
    return lines


def _extra_line(extra: Extra, quantity: int, party: Party) -> Line:
    count = charged(extra, quantity, party)
    amount = extra.price * count if extra.price is not None else None
    return Line(f"extra:{extra.key}", extra.name, None, count, extra.price, amount)


def _tax(tax: Tax | None, lines: Money) -> TaxPart | None:
    """Of prices that hold the tax, the part that is tax; else what comes on top of them."""
    if tax is None:
        return None
    whole = 100 + Fraction(tax.percent) if tax.included else Fraction(100)
    amount = Money(rounded(Fraction(tax.percent) * lines.minor / whole), lines.currency)
    return TaxPart(tax.name, tax.percent, tax.included, amount)


def _sum(lines: Iterable[Line], catalog: Catalog) -> Money:
    return total(
        (line.amount for line in lines if line.amount is not None),
        catalog.brand.currency,
    )


def _money(fact: dict[str, Any] | None) -> Money | None:
    return Money.from_fact(fact) if fact is not None else None
