"""The catalogue: what this operator sells, where, in what, for how much, and who performs it. Nothing in it ever changes."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar

from models.channels import known_as
from models.money import Money

T = TypeVar("T")

Text = Mapping[str, str]  # the same words in every language of the brand: {"en": "Van", "es": "Van"}
Content = dict[str, Any]  # the catalogue as plain JSON values, as it is written in the file and kept in the database

PlaceKind = Literal["airport", "hotel", "area", "port", "town"]
ServiceKind = Literal["transfer", "hours", "tour", "charter", "package"]
ExtraKind = Literal["seat", "comfort", "occasion"]
Per = Literal["booking", "person", "piece"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Travellers(Protocol):
    """What the catalogue needs to know of a party (`models.request.Party`)."""

    @property
    def size(self) -> int: ...
    @property
    def luggage(self) -> int | None: ...
    @property
    def wheelchair(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on everything sold. `included`: prices hold it already; else it is added as a line of its own."""

    name: str
    percent: Decimal
    included: bool


@dataclass(frozen=True, slots=True)
class Brand:
    """The face of the operator. Phones are E.164; `colours` are #RRGGBB by role; `logo` and `art` are file names."""

    key: str
    name: str
    legal_name: str
    tagline: Text
    address: tuple[str, ...]
    tax_id: str
    phone: str
    emergency_phone: str
    email: str
    billing_email: str
    whatsapp: str
    telegram: str
    languages: tuple[str, ...]
    currency: str
    zone: str
    colours: Mapping[str, str]
    logo: str
    art: str
    terms: Text
    tax: Tax | None
    reference_prefix: str

    @property
    def language(self) -> str:
        """The language for someone whose own we do not speak: the first one named."""
        return self.languages[0]

    def ways(self) -> list[tuple[str, str]]:
        """Every (channel, address) at which a guest reaches the house, in the order they are shown."""
        known = (("whatsapp", self.whatsapp), ("telegram", self.telegram), ("phone", self.phone), ("mail", self.email))
        return [(channel, address) for channel, address in known if address]

    def chats(self) -> list[tuple[str, str]]:
        """Those of them in which a guest can write to the bot."""
        return [way for way in self.ways() if known_as(way[0]).chat]

    @property
    def terms_hash(self) -> str:
        """Which wording of the terms was agreed to: SHA-256 of all its languages."""
        return fingerprint(dict(self.terms))


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the country between which routes are priced."""

    key: str
    name: Text


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a guest names. `aliases` are other ways to write it, misspelt ones too; `meeting` says where we wait there, and `photo` shows it."""

    key: str
    kind: PlaceKind
    name: Text
    zone: str
    aliases: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    meeting: Text | None
    photo: "Photo | None" = None


@dataclass(frozen=True, slots=True)
class Route:
    """From one zone to another: `minutes` on the road, and the price of each vehicle for one way."""

    origin: str
    destination: str
    minutes: int
    prices: Mapping[str, Money]


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A tier to choose. `units`: how many of it we have; `turnaround`: minutes each needs after a leg before the next.

    `wheelchair`: which ones it takes, "none", "folding" or "any"; None where nobody has said.
    """

    key: str
    name: Text
    icon: str
    seats: int
    bags: int
    units: int
    turnaround: int
    wheelchair: str | None = None

    @property
    def resource(self) -> str:
        """How its units are named among what can be claimed."""
        return f"vehicle:{self.key}"

    def takes(self, party: Travellers) -> bool:
        """Everyone sits, infants too, and the luggage fits, and the wheelchair."""
        fits = self.seats >= party.size and self.bags >= (party.luggage or 0)
        return fits and takes_wheelchair(self.wheelchair, party.wheelchair)


def takes_wheelchair(taken: str | None, brought: str | None) -> bool:
    """Whether what takes "none", "folding" or "any" wheelchairs takes a "folding" or a "rigid" one; what nobody has said is not ruled out."""
    return not brought or taken in (None, "any") or taken == brought


@dataclass(frozen=True, slots=True)
class CancellationRule:
    """Cancelled at least `hours` before the start, `fee` percent of the price is kept."""

    hours: int
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Category:
    """Who pays which price on a tour: from `youngest` to `oldest` years, both included. `seat`: takes one of the seats."""

    key: str
    name: Text
    youngest: int
    oldest: int
    price: Money
    seat: bool


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture by its file name (`templates/brand/<key>/photos`), with words for who cannot see it."""

    file: str
    alt: Text

    def as_fact(self) -> Content:
        """Plain values, as a message keeps them."""
        return {"file": self.file, "alt": dict(self.alt)}


@dataclass(frozen=True, slots=True)
class Step:
    """What happens on a tour, so many `minutes` after the departure."""

    minutes: int
    text: Text


@dataclass(frozen=True, slots=True)
class Pickup:
    """We fetch guests in this zone, or at this one place, so many `minutes` before the departure."""

    zone: str | None
    place: str | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Question:
    """Something the house must know of a guest before a tour."""

    key: str
    text: Text
    kind: Literal["text", "number", "yes_no", "choice"]
    per: Literal["booking", "person"]
    required: bool
    choices: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Departures:
    """A row of the timetable: on these weekdays (0 is Monday) at this local time, from and until these days, both included.

    `private`: one party takes it whole, for `price` whatever its size.
    """

    days: tuple[int, ...]
    at: time
    seats: int
    valid_from: date | None
    valid_until: date | None
    closed: frozenset[date]
    private: bool
    price: Money | None

    def runs_on(self, day: date) -> bool:
        """Whether it leaves on that day."""
        if day.weekday() not in self.days or day in self.closed:
            return False
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


@dataclass(frozen=True, slots=True)
class Departure:
    """One departure of one day, by the clock of the brand's zone."""

    service: str
    local: datetime
    seats: int
    private: bool
    price: Money | None

    @property
    def key(self) -> str:
        """How a draft names it: "2026-11-24T07:30"."""
        return self.local.strftime("%Y-%m-%dT%H:%M")

    @property
    def resource(self) -> str:
        """How its seats are named among what can be claimed."""
        return f"departure:{self.service}:{self.key}"


@dataclass(frozen=True, slots=True)
class Tour:
    """What is particular to a tour or charter: who pays what, where it goes, when it leaves, whom it fetches where."""

    categories: tuple[Category, ...]
    departures: tuple[Departures, ...]
    duration: int
    starts_at: str
    description: Text
    difficulty: Literal["easy", "moderate", "hard"]
    itinerary: tuple[Step, ...]
    included: tuple[Text, ...]
    not_included: tuple[Text, ...]
    bring: tuple[Text, ...]
    pickups: tuple[Pickup, ...]
    questions: tuple[Question, ...]

    def category_for(self, age: int) -> Category | None:
        """The category of someone of that age; None for who is too young for this tour."""
        fitting = [each for each in self.categories if each.youngest <= age <= each.oldest]
        oldest = self.adults if age > self.adults.oldest else None
        return fitting[0] if fitting else oldest

    @property
    def adults(self) -> Category:
        """The category of a grown-up of unknown age."""
        return max(self.categories, key=lambda each: each.oldest)

    @property
    def children(self) -> Category:
        """The category of a child of unknown age: the dearest below the adults' that is not for infants alone."""
        younger = [each for each in self.categories if each != self.adults and each.oldest > 3]
        return max(younger, key=lambda each: each.price.minor, default=self.adults)

    @property
    def youngest(self) -> int:
        """From which age on one may come along."""
        return min(each.youngest for each in self.categories)


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a package: a service or an extra, so many times, at no price of its own."""

    service: str | None
    extra: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Service:
    """Something on sale. `notice` and `hold` are minutes; `before` and `after` minutes are kept free around it.

    `deposit` is the percentage due at once. `vehicles`: the tiers it may be done in, none named is all. `zones`: where it is
    sold, none named is everywhere. `round_trip`: a transfer may be booked there and back. `stops` is the most on one way,
    `stop_minutes` how long each takes. `tour` is set for tours and charters; `rates` is the price of an hour by vehicle and
    `hours` the fewest and the most of them, for hours; `price`, `items` and `people` (the most it is for) are a package's. The first of
    `photos` is shown in a talk: of a ride what it may be driven in, of a tour where it goes.
    """

    key: str
    kind: ServiceKind
    name: Text
    summary: Text
    icon: str
    notice: int
    hold: int
    deposit: Decimal
    cancellation: tuple[CancellationRule, ...]
    before: int
    after: int
    vehicles: tuple[str, ...]
    tour: Tour | None = None
    rates: Mapping[str, Money] = field(default_factory=dict)
    price: Money | None = None
    items: tuple[Item, ...] = ()
    aliases: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    round_trip: bool = False
    stops: int = 0
    stop_minutes: int = 0
    hours: tuple[int, int] = (1, 24)
    people: int = 0
    photos: tuple[Photo, ...] = ()

    @property
    def included(self) -> dict[str, int]:
        """The extras that lie in a package, and how many of each."""
        return {item.extra: item.quantity for item in self.items if item.extra is not None}


@dataclass(frozen=True, slots=True)
class Extra:
    """An add-on. `limit`: the most of it in one booking. `services`: with which it is offered, none named is all.

    Without a price it exists only inside packages.
    """

    key: str
    name: Text
    kind: ExtraKind
    per: Per
    price: Money | None
    limit: int
    services: tuple[str, ...]

    @property
    def occasion(self) -> bool:
        """Flowers, champagne and the like: the lead must prepare it."""
        return self.kind == "occasion"


@dataclass(frozen=True, slots=True)
class Default:
    """What a lead performs unless staff say otherwise: a service, in these zones (of the pick-up); none named is all."""

    service: str
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """Who performs: a driver, a service lead or a partner company, and how they are reached."""

    key: str
    name: str
    company: str | None
    languages: tuple[str, ...]
    whatsapp: str | None
    telegram: str | None
    email: str | None
    phone: str | None
    defaults: tuple[Default, ...]
    car: Text | None = None  # what guests look for: "white Hyundai Staria"
    plate: str | None = None
    photo: Photo | None = None

    def ways(self) -> list[tuple[str, str]]:
        """Every (channel, address) at which they are reached, in the order of preference; mail comes last."""
        known = (("whatsapp", self.whatsapp), ("telegram", self.telegram), ("mail", self.email))
        return [(channel, address) for channel, address in known if address]

    def chats(self) -> list[tuple[str, str]]:
        """Where they are written to in a talk: their chats, or their mail when they have none."""
        return [way for way in self.ways() if known_as(way[0]).chat] or self.ways()


@dataclass(frozen=True, slots=True)
class Alert:
    """Where the house hears of bookings: an address on a channel (whatsapp, telegram, mail), in its language."""

    name: str
    channel: Literal["whatsapp", "telegram", "mail"]
    address: str
    language: str

    @property
    def chat(self) -> bool:
        """Whether the house talks there, and may answer by quoting."""
        return known_as(self.channel).chat


@dataclass(frozen=True, slots=True)
class Door:
    """A way for a guest to reach us, shown on the page; `words` are typed for them where the channel can."""

    channel: Literal["whatsapp", "telegram", "phone", "mail", "web"]
    address: str
    words: Text | None


@dataclass(frozen=True, slots=True)
class Catalog:
    """One version of everything on sale. `version` is its number in the database, 0 before it is stored."""

    brand: Brand
    zones: Mapping[str, Zone]
    places: Mapping[str, Place]
    routes: Mapping[tuple[str, str], Route]
    vehicles: Mapping[str, Vehicle]
    services: Mapping[str, Service]
    extras: Mapping[str, Extra]
    leads: Mapping[str, Lead]
    alerts: tuple[Alert, ...]
    doors: tuple[Door, ...]
    version: int = 0

    def place(self, key: str) -> Place | None:
        """The place of that key, if there is one."""
        return self.places.get(key)

    def route(self, zone_a: str, zone_b: str) -> Route | None:
        """How one gets from the first zone to the second, if we drive it."""
        return self.routes.get((zone_a, zone_b))

    def performed(self, service: Service) -> Service:
        """What is done for the guest: of a package the service that lies in it, else the service itself."""
        return next((self.services[item.service] for item in service.items if item.service is not None), service)

    def goes_back(self, service: Service, trip: str | None) -> bool:
        """Whether there is a way back: in a package when its ride is in it twice, else as the guest chose."""
        rides = [item.quantity for item in service.items if item.service is not None]
        return rides[0] > 1 if rides else service.round_trip and trip == "return"

    def tours(self) -> list[Service]:
        """What leaves by a timetable, in the order of the file."""
        return [each for each in self.services.values() if each.tour is not None]

    def units(self) -> dict[str, int]:
        """What can be claimed whenever we like, and how many there are: {"vehicle:van": 3}. Departures come by themselves."""
        return {vehicle.resource: vehicle.units for vehicle in self.vehicles.values()}

    def vehicles_of(self, service: Service) -> list[Vehicle]:
        """The tiers a service may be done in, smallest first; hours only in those that have a rate."""
        performed = self.performed(service)
        allowed = service.vehicles or performed.vehicles or tuple(performed.rates) or tuple(self.vehicles)
        return sorted((self.vehicles[key] for key in allowed), key=lambda each: each.seats)

    def vehicles_for(self, party: Travellers, service: Service | None = None) -> list[Vehicle]:
        """The tiers that take the party with its luggage, smallest first; of one service when it is given."""
        offered = self.vehicles_of(service) if service else sorted(self.vehicles.values(), key=lambda each: each.seats)
        return [each for each in offered if each.takes(party)]

    def extras_for(self, service: str) -> list[Extra]:
        """What may be added to a service and has a price, in the order of the file; to a package also what goes with its ride or tour."""
        keys = {service, self.performed(self.services[service]).key}
        return [
            each
            for each in self.extras.values()
            if each.price is not None and (not each.services or keys & set(each.services))
        ]

    def departures_on(self, service: str, day: date) -> list[Departure]:
        """What of a tour leaves on a local day, earliest first, sold out or not."""
        tour = self.services[service].tour
        rows = [row for row in (tour.departures if tour else ()) if row.runs_on(day)]
        found = [
            Departure(
                service,
                datetime.combine(day, row.at),
                row.seats,
                row.private,
                row.price,
            )
            for row in rows
        ]
        return sorted(found, key=lambda each: each.local)

    def departures_between(self, service: str, first: date, last: date) -> Iterator[Departure]:
        """Every departure from the first local day to the last, both included."""
        for offset in range((last - first).days + 1):
            yield from self.departures_on(service, first + timedelta(days=offset))

    def departure(self, service: str, key: str) -> Departure | None:
        """The departure that a draft names "2026-11-24T07:30", if the timetable has it."""
        try:
            day = date.fromisoformat(key[:10])
        except ValueError:
            return None
        return next((each for each in self.departures_on(service, day) if each.key == key), None)

    def pickup_for(self, service: str, place: str | None, zone: str | None) -> Pickup | None:
        """How long before a departure we fetch a guest there; a rule for the place itself goes before its zone's."""
        tour = self.services[service].tour
        points = tour.pickups if tour else ()
        exact = [each for each in points if each.place is not None and each.place == place]
        return next(
            iter(exact + [each for each in points if each.zone is not None and each.zone == zone]),
            None,
        )

    def lead_for(self, service: str, zone: str | None) -> Lead | None:
        """Who performs a service that starts in a zone unless staff say otherwise; naming the zone goes before "all".

        A package that nobody is named for falls to whoever performs what lies in it.
        """
        anywhere: Lead | None = None
        for lead, default in self._defaults():
            if default.service == service and zone in default.zones:
                return lead
            if default.service == service and not default.zones:
                anywhere = anywhere or lead
        known = self.services.get(service)
        performed = self.performed(known).key if known else service
        return anywhere or (self.lead_for(performed, zone) if performed != service else None)

    def lead_at(self, channel: str, address: str) -> Lead | None:
        """The lead who is reached at this address."""
        return next((lead for lead in self.leads.values() if (channel, address) in lead.ways()), None)

    def _defaults(self) -> Iterator[tuple[Lead, Default]]:
        return ((lead, default) for lead in self.leads.values() for default in lead.defaults)


def fingerprint(content: Any) -> str:
    """SHA-256 of plain JSON values, the same however their keys are ordered."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def compile(content: Content, version: int = 0) -> Catalog:
    """The catalogue that checked content (`models.catalog_file.read`) describes; unchecked content may raise anything."""
    return _Compiler(content).catalog(version)


class _Compiler:
    """Content to catalogue, part by part; it knows the currency of the prices and the languages of plain names."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.currency: str = content["brand"]["currency"]
        self.languages: tuple[str, ...] = tuple(content["brand"]["languages"])

    def catalog(self, version: int) -> Catalog:
        each = self.each
        return Catalog(
            brand=self.brand(self.content["brand"]),
            zones=each("zones", lambda key, of: Zone(key, self.text(of["name"]))),
            places=each("places", self.place),
            routes={(route.origin, route.destination): route for route in self.routes()},
            vehicles=each("vehicles", self.vehicle),
            services=each("services", self.service),
            extras=each("extras", self.extra),
            leads=each("leads", self.lead),
            alerts=tuple(
                Alert(
                    of["name"],
                    of["channel"],
                    str(of["address"]),
                    of.get("language", self.languages[0]),
                )
                for of in self.content.get("alerts", [])
            ),
            doors=tuple(
                Door(
                    of["channel"],
                    str(of["address"]),
                    self.text_or_none(of.get("words")),
                )
                for of in self.content.get("doors", [])
            ),
            version=version,
        )

    def each(self, part: str, make: Callable[[str, Content], T]) -> dict[str, T]:
        return {key: make(key, of) for key, of in self.content.get(part, {}).items()}

    def brand(self, of: Content) -> Brand:
        tax = of.get("tax")
        return Brand(
            key=of["key"],
            name=of["name"],
            legal_name=of["legal_name"],
            tagline=self.text(of["tagline"]),
            address=tuple(of["address"]),
            tax_id=of["tax_id"],
            phone=of["phone"],
            emergency_phone=of.get("emergency_phone") or of["phone"],
            email=of["email"],
            billing_email=of.get("billing_email") or of["email"],
            whatsapp=of["whatsapp"],
            telegram=of["telegram"],
            languages=self.languages,
            currency=self.currency,
            zone=of["zone"],
            colours=of["colours"],
            logo=of["logo"],
            art=of["art"],
            terms=self.text(of["terms"]),
            tax=Tax(tax["name"], percentage(tax["percent"]), tax.get("included", True)) if tax else None,
            reference_prefix=of["reference_prefix"],
        )

    def place(self, key: str, of: Content) -> Place:
        latitude, longitude = of.get("at") or (None, None)
        return Place(
            key=key,
            kind=of["kind"],
            name=self.text(of["name"]),
            zone=of["zone"],
            aliases=tuple(of.get("aliases", ())),
            latitude=None if latitude is None else float(latitude),
            longitude=None if longitude is None else float(longitude),
            meeting=self.text_or_none(of.get("meeting")),
            photo=next(iter(self.photos([of["photo"]] if of.get("photo") else [])), None),
        )

    def routes(self) -> Iterator[Route]:
        for of in self.content.get("routes", []):
            origin, destination = of["between"]
            prices = self.prices(of["prices"])
            yield Route(origin, destination, of["minutes"], prices)
            if not of.get("one_way", False):
                yield Route(destination, origin, of["minutes"], prices)

    def vehicle(self, key: str, of: Content) -> Vehicle:
        return Vehicle(
            key,
            self.text(of["name"]),
            of["icon"],
            of["seats"],
            of["bags"],
            of["units"],
            of.get("turnaround", 0),
            of.get("wheelchair"),
        )

    def service(self, key: str, of: Content) -> Service:
        return Service(
            key=key,
            kind=of["kind"],
            name=self.text(of["name"]),
            summary=self.text(of["summary"]),
            icon=of.get("icon") or of["kind"],
            notice=of["notice"],
            hold=of["hold"],
            deposit=percentage(of["deposit"]),
            cancellation=tuple(self.cancellation(of.get("cancellation", []))),
            before=of.get("before", 0),
            after=of.get("after", 0),
            vehicles=tuple(of.get("vehicles", ())),
            tour=self.tour(of["tour"]) if of.get("tour") else None,
            rates=self.prices(of.get("rates", {})),
            price=self.price(of.get("price")),
            items=tuple(
                Item(item.get("service"), item.get("extra"), item.get("quantity", 1)) for item in of.get("items", [])
            ),
            aliases=tuple(of.get("aliases", ())),
            zones=tuple(of.get("zones", ())),
            round_trip=of.get("round_trip", False),
            stops=of.get("stops", {}).get("most", 0),
            stop_minutes=of.get("stops", {}).get("minutes", 0),
            hours=(of.get("hours", {}).get("least", 1), of.get("hours", {}).get("most", 24)),
            people=of.get("people", 0),
            photos=self.photos(of.get("photos") or (of.get("tour") or {}).get("photos") or []),
        )

    def photos(self, of: Iterable[Content]) -> tuple[Photo, ...]:
        return tuple(Photo(each["file"], self.text(each["alt"])) for each in of)

    def cancellation(self, rules: Iterable[Content]) -> list[CancellationRule]:
        read = [CancellationRule(rule["hours"], percentage(rule["fee"])) for rule in rules]
        return sorted(read, key=lambda rule: rule.hours, reverse=True)

    def tour(self, of: Content) -> Tour:
        return Tour(
            categories=tuple(self.category(key, each) for key, each in of["categories"].items()),
            departures=tuple(self.departures(row) for row in of["departures"]),
            duration=of["duration"],
            starts_at=of["starts_at"],
            description=self.text(of["description"]),
            difficulty=of["difficulty"],
            itinerary=tuple(Step(each["minutes"], self.text(each["text"])) for each in of.get("itinerary", [])),
            included=self.texts(of.get("included", [])),
            not_included=self.texts(of.get("not_included", [])),
            bring=self.texts(of.get("bring", [])),
            pickups=tuple(
                Pickup(each.get("zone"), each.get("place"), each["minutes"]) for each in of.get("pickups", [])
            ),
            questions=tuple(self.question(key, each) for key, each in of.get("questions", {}).items()),
        )

    def category(self, key: str, of: Content) -> Category:
        youngest, oldest = of["ages"]
        price = Money.of(of["price"], self.currency)
        return Category(key, self.text(of["name"]), youngest, oldest, price, of.get("seat", True))

    def departures(self, of: Content) -> Departures:
        return Departures(
            days=tuple(WEEKDAYS.index(day) for day in of["days"]),
            at=time.fromisoformat(of["at"]),
            seats=of["seats"],
            valid_from=self.day(of.get("from")),
            valid_until=self.day(of.get("until")),
            closed=frozenset(date.fromisoformat(day) for day in of.get("closed", [])),
            private=of.get("private", False),
            price=self.price(of.get("price")),
        )

    def question(self, key: str, of: Content) -> Question:
        choices = self.texts(of.get("choices", []))
        return Question(
            key,
            self.text(of["text"]),
            of["kind"],
            of["per"],
            of.get("required", False),
            choices,
        )

    def extra(self, key: str, of: Content) -> Extra:
        price, services = self.price(of.get("price")), tuple(of.get("services", ()))
        return Extra(
            key,
            self.text(of["name"]),
            of["kind"],
            of["per"],
            price,
            of.get("limit", 1),
            services,
        )

    def lead(self, key: str, of: Content) -> Lead:
        telegram = of.get("telegram")
        return Lead(
            key=key,
            name=of["name"],
            company=of.get("company"),
            languages=tuple(of["languages"]),
            whatsapp=of.get("whatsapp"),
            telegram=None if telegram is None else str(telegram),
            email=of.get("email"),
            phone=of.get("phone") or of.get("whatsapp"),
            defaults=tuple(Default(each["service"], tuple(each.get("zones", ()))) for each in of.get("defaults", [])),
            car=self.text_or_none(of.get("car")),
            plate=of.get("plate"),
            photo=next(iter(self.photos([of["photo"]] if of.get("photo") else [])), None),
        )

    def text(self, of: str | Text) -> Text:
        """A plain string is a name that is the same in every language."""
        return dict.fromkeys(self.languages, of) if isinstance(of, str) else of

    def text_or_none(self, of: str | Text | None) -> Text | None:
        return None if of is None else self.text(of)

    def texts(self, of: Iterable[str | Text]) -> tuple[Text, ...]:
        return tuple(self.text(each) for each in of)

    def price(self, of: str | int | None) -> Money | None:
        return None if of is None else Money.of(of, self.currency)

    def prices(self, of: Mapping[str, str | int]) -> dict[str, Money]:
        return {key: Money.of(price, self.currency) for key, price in of.items()}

    def day(self, of: str | None) -> date | None:
        return None if of is None else date.fromisoformat(of)


def percentage(written: str | int) -> Decimal:
    """The number of hundredths in "30%", "30" or 30."""
    return Decimal(str(written).strip().removesuffix("%").strip())
