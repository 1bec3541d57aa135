"""What is on sale, as plain values: the menu a conversation talks about, and the offer it was read for one turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flows.speech import Text

Money = Mapping[str, Any]
"""`{"minor": 4800, "currency": "USD"}`"""
Instant = Mapping[str, str]
"""`{"utc": "2026-11-21T19:00:00Z", "zone": "America/Santo_Domingo"}`"""


@dataclass(frozen=True, slots=True)
class Included:
    """An extra that lies in a package, so many times."""

    key: str
    name: Text
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Service:
    """Something that is sold. `kind` is "transfer", "hours", "tour" or "charter", of a package that of the service in it.

    `pickup` says whether a tour fetches its guests.
    """

    key: str
    kind: str
    name: Text
    aliases: tuple[str, ...] = ()
    short: Text | None = None
    """20 characters at most, for a button."""
    summary: Text | None = None
    extras: tuple[str, ...] = ()
    """Keys of the extras it may be booked with."""
    pickup: bool = True
    largest_party: int = 0
    """People at most in one booking; 0 is no limit of its own."""
    notice_minutes: int = 0
    """How long before the start it must be booked; 0 takes the menu's."""
    photo: Mapping[str, Any] | None = None
    """A picture of it, {"file", "alt"}: of a ride what it may be driven in, of a tour where it goes."""
    fetched_from: frozenset[str] = frozenset()
    """Keys of the zones and places a tour fetches its guests from; empty is everywhere."""
    meeting: str | None = None
    """Key of the place a tour starts at: guests may come there by themselves."""
    youngest: int = 0
    """Age in years from which one may come along."""
    questions: tuple[Text, ...] = ()
    """What the house must know before: asked with the notes."""
    price: Money | None = None
    """What an adult pays where that is one price; of a charter and of a package the least for all."""
    package: bool = False
    included: tuple[Included, ...] = ()
    round_trip: bool = False
    """The guest may choose to be brought back; `both_ways` says that it is in it anyhow."""
    both_ways: bool = False
    stops: int = 0
    """The most stops on the way; each takes `stop_minutes`."""
    stop_minutes: int = 0
    hours: tuple[int, int] = (1, 24)
    """The fewest and the most hours of a chauffeur."""
    vehicles: tuple[str, ...] = ()
    """Keys of the tiers it may be done in; none is all."""
    zones: frozenset[str] = frozenset()
    """Keys of the zones it is sold in; empty is everywhere."""

    @property
    def timetable(self) -> bool:
        """It leaves by departures."""
        return self.kind in ("tour", "charter")

    @property
    def by_name(self) -> bool:
        """It is asked for by its name; a plain transfer by where one goes."""
        return self.package or self.kind != "transfer"

    def included_of(self, extra: str) -> int:
        """How many of an extra lie in it already."""
        return sum(one.quantity for one in self.included if one.key == extra)


@dataclass(frozen=True, slots=True)
class Zone:
    """An area that routes are priced between."""

    key: str
    name: Text
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a guest may be fetched or brought. `kind` is "airport", "hotel", "area", "port"…; `popular` ones are offered first."""

    key: str
    name: Text
    zone: str
    kind: str
    aliases: tuple[str, ...] = ()
    location: tuple[float, float] | None = None
    """Latitude, longitude."""
    popular: bool = False
    detail: Text | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A tier of vehicles and what fits into one."""

    key: str
    name: Text
    seats: int
    bags: int
    aliases: tuple[str, ...] = ()
    wheelchair: str | None = None
    """Which wheelchairs it takes: "none", "folding" or "any"; None where nobody has said."""

    def takes_chair(self, chair: str | bool | None) -> bool:
        """Whether a "folding" or "rigid" wheelchair comes along; what nobody has said is not ruled out."""
        return not chair or self.wheelchair in (None, "any", chair)


@dataclass(frozen=True, slots=True)
class Extra:
    """An add-on. `per` is "booking", "person" or "piece"; only pieces are counted, up to `limit`."""

    key: str
    name: Text
    price: Money
    per: str = "booking"
    limit: int = 1
    occasion: bool = False
    aliases: tuple[str, ...] = ()
    short: Text | None = None

    @property
    def most(self) -> int:
        """How many a guest may take: pieces up to the limit, anything else once."""
        return self.limit if self.per == "piece" else 1


@dataclass(frozen=True, slots=True)
class Menu:
    """All that is on sale, from one version of the catalogue.

    `routes` holds every (zone, zone) that is driven, in the direction driven; empty means every pair is. `zone` is the IANA zone of
    the operator's clock.
    """

    brand: str
    zone: str
    languages: tuple[str, ...]
    services: tuple[Service, ...]
    places: tuple[Place, ...]
    zones: tuple[Zone, ...]
    vehicles: tuple[Vehicle, ...]
    extras: tuple[Extra, ...] = ()
    routes: frozenset[tuple[str, str]] = frozenset()
    fares: Mapping[tuple[str, str], Mapping[str, Money]] = field(default_factory=dict)
    """The price of each vehicle tier on a route, one way."""
    minutes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How long a route takes on the road."""
    notice_minutes: int = 180
    hold_minutes: int = 30
    country: str = "DO"
    """ISO 3166: how a phone number without a country is read."""
    phone: str | None = None
    chats: tuple[str, ...] = ()
    """The channels on which the house can be written to."""
    prefix: str = ""
    """What the code of every booking begins with: "CA" of "CA-7K4M2"."""
    version: str = ""
    """Names this version of the catalogue; equal versions are the same menu."""
    _by_key: Mapping[str, Mapping[str | None, Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """What is on sale is looked up at every step of every turn."""
        kinds = ("services", "places", "zones", "vehicles", "extras")
        by_key = {kind: {one.key: one for one in reversed(getattr(self, kind))} for kind in kinds}
        object.__setattr__(self, "_by_key", by_key)

    def service(self, key: str | None) -> Service | None:
        """The service of that key, if it is still sold."""
        found: Service | None = self._by_key["services"].get(key)
        return found

    def ride(self) -> Service | None:
        """The plain transfer, which is meant by a way from one place to another."""
        return next((service for service in self.services if not service.by_name), None)

    def place(self, key: str | None) -> Place | None:
        """The place of that key, if it still exists."""
        found: Place | None = self._by_key["places"].get(key)
        return found

    def zone_of(self, key: str | None) -> Zone | None:
        """The zone of that key."""
        found: Zone | None = self._by_key["zones"].get(key)
        return found

    def vehicle(self, key: str | None) -> Vehicle | None:
        """The vehicle tier of that key."""
        found: Vehicle | None = self._by_key["vehicles"].get(key)
        return found

    def extra(self, key: str | None) -> Extra | None:
        """The extra of that key."""
        found: Extra | None = self._by_key["extras"].get(key)
        return found


@dataclass(frozen=True, slots=True)
class World:
    """The moment and the menu a turn is taken in. `now` is aware and in the operator's zone."""

    now: datetime
    menu: Menu
    standing: Mapping[str, Any] | None = None
    """The booking that the talk stands at, as it is now: see `handlers/standing.py`."""


@dataclass(frozen=True, slots=True)
class VehicleOffer:
    """A vehicle tier for this route and time: its price, and whether one is free."""

    key: str
    name: Text
    seats: int
    bags: int
    price: Money
    free: bool = True


@dataclass(frozen=True, slots=True)
class DepartureOffer:
    """A departure of a tour: when it starts, how many seats are left, what the party pays; `private`: all of it is theirs."""

    starts: Instant
    seats_left: int
    price: Money
    private: bool = False
    full: bool = False
    """It has no room for the party: it may be waited for."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the request costs. `lines` are the story's lines; `tax` is the story's tax; `due` is what is paid first."""

    lines: tuple[Mapping[str, Any], ...]
    total: Money
    tax: Mapping[str, Any] | None = None
    due: Money | None = None
    valid_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What the open question is answered from: only what `needs` named is filled, the rest stays empty.

    Any of it may also be empty because nothing is on sale; the conversation then says so and offers another day.
    """

    world: World
    vehicles: tuple[VehicleOffer, ...] = ()
    departures: tuple[DepartureOffer, ...] = ()
    quote: Quote | None = None
    story: Mapping[str, Any] = field(default_factory=dict)
    change: Mapping[str, Any] | None = None
    """What the change of a booking comes to, where the draft is one: `difference` of `handlers/standing.py`."""
    over: Mapping[str, Any] = field(default_factory=dict)
    """A promised price that is over and was another: `was`, `now`, `difference` (money, never negative), `dearer`."""
    bookings: tuple[Mapping[str, Any], ...] = ()
    """Whoever writes' own bookings, what comes next first: see `handlers/bookings.py`."""
