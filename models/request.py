"""What a guest wants, as plain values: who travels, from where to where, when, in what, and with which extras."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from models.catalog import Catalog, Category, Departure, Service, Text, Tour, Vehicle
from models.refusal import (
    AmbiguousTime,
    Incomplete,
    InThePast,
    NonexistentTime,
    NotOnSale,
    TooMany,
    TooSoon,
)

Draft = Mapping[str, Any]  # what a talk has gathered; its keys are the questions

QUARTER = timedelta(minutes=15)
INFANT = 1  # the age of an infant whose age nobody asked


@dataclass(frozen=True, slots=True)
class Party:
    """Who travels. `children` are ages in years, None where it was not told; `luggage` is pieces, None while not asked.

    `wheelchair` is "folding" or "rigid", None where there is none.
    """

    adults: int
    children: tuple[int | None, ...] = ()
    infants: int = 0
    luggage: int | None = None
    wheelchair: str | None = None

    @property
    def size(self) -> int:
        """Everyone, infants too."""
        return self.adults + len(self.children) + self.infants

    def as_fact(self) -> dict[str, Any]:
        """The plain value of the story."""
        children = list(self.children)
        return {
            "adults": self.adults,
            "children": children,
            "infants": self.infants,
            "luggage": self.luggage,
            "wheelchair": self.wheelchair,
        }


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a leg begins or ends: a place of the catalogue, or what the guest typed, which then has no `place`."""

    name: Text | str
    kind: str
    zone: str
    place: str | None = None
    detail: Text | None = None
    room: str | None = None

    def as_fact(self, catalog: Catalog) -> dict[str, Any]:
        """The plain value of the story; the zone by its name."""
        name = self.name if isinstance(self.name, str) else dict(self.name)
        detail = dict(self.detail) if self.detail else None
        zone = dict(catalog.zones[self.zone].name)
        return {
            "name": name,
            "detail": detail,
            "room": self.room,
            "zone": zone,
            "kind": self.kind,
        }


@dataclass(frozen=True, slots=True)
class Need:
    """Something to claim: `quantity` of a resource that has `units`, from and until these UTC instants, buffers included."""

    resource: str
    units: int
    starts: datetime
    ends: datetime
    quantity: int


@dataclass(frozen=True, slots=True)
class RequestLeg:
    """One journey. `starts` and `ends` are aware UTC instants; `before` and `after` are minutes kept free around it.

    `stops` are made on the way, in this order. Of a tour, `starts` is the departure and `pickup_at` when the guest is fetched.
    Hours have no destination. Without a chosen vehicle there is no `resource`.
    """

    origin: Stop
    destination: Stop | None
    starts: datetime
    ends: datetime
    flight: str | None = None
    pickup_at: datetime | None = None
    resource: str | None = None
    units: int = 0
    quantity: int = 1
    before: int = 0
    after: int = 0
    stops: tuple[Stop, ...] = ()

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.ends - self.starts).total_seconds()) // 60

    def stretches(self) -> list[tuple[Stop, Stop]]:
        """From each place of the way to the next; none where it has no destination."""
        return list(pairwise((self.origin, *self.stops, self.destination))) if self.destination else []

    def resources(self) -> list[Need]:
        """What must be claimed for it."""
        if self.resource is None:
            return []
        starts, ends = (
            self.starts - timedelta(minutes=self.before),
            self.ends + timedelta(minutes=self.after),
        )
        return [Need(self.resource, self.units, starts, ends, self.quantity)]


@dataclass(frozen=True, slots=True)
class Request:
    """What a guest wants of one service. A draft and a booking both turn into one.

    `extras` are bought; `included` lie in the package at no price of their own. `plan`: where a chauffeur shall go, as typed.
    """

    service: str
    legs: tuple[RequestLeg, ...]
    party: Party
    vehicle: str | None = None
    departure: str | None = None
    extras: Mapping[str, int] = field(default_factory=dict)
    occasion: str | None = None
    notes: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    included: Mapping[str, int] = field(default_factory=dict)
    plan: str | None = None

    @property
    def starts(self) -> datetime:
        """When it begins, in UTC: what notice and cancellation are counted from."""
        return min(leg.starts for leg in self.legs)

    def resources(self) -> list[Need]:
        """What must be claimed for all of it."""
        return [need for leg in self.legs for need in leg.resources()]


def from_draft(draft: Draft, catalog: Catalog, now: datetime | None = None) -> Request:
    """The request that a draft describes, as soon as service, where, when and party are answered.

    With `now` (aware) the minimum notice is checked. Refuses with Incomplete, NotOnSale, TooMany, InThePast, TooSoon,
    NonexistentTime or AmbiguousTime.
    """
    service = catalog.services.get(draft.get("service") or "")
    if service is None:
        raise _missing(draft, "service") or NotOnSale(what="service", asked=draft["service"])
    party = party_of(draft)
    vehicle = _vehicle(draft, catalog)
    extras = {key: quantity for key, quantity in (draft.get("extras") or {}).items() if quantity > 0}
    if service.people and party.size > service.people:
        raise TooMany(of="people", asked=party.size, most=service.people)
    legs = _legs(draft, catalog, service, vehicle, party)
    if now is not None:
        refuse_late(service, legs[0].starts, catalog.brand.zone, now)
    known = {key: draft.get(key) for key in ("departure", "occasion", "notes", "name", "phone", "email", "plan")}
    return Request(
        service.key,
        legs,
        party,
        vehicle.key if vehicle else None,
        extras=extras,
        included=service.included,
        **known,
    )


def _legs(
    draft: Draft, catalog: Catalog, service: Service, vehicle: Vehicle | None, party: Party
) -> tuple[RequestLeg, ...]:
    performed = catalog.performed(service)
    if performed.tour:
        return (_tour_leg(draft, catalog, performed, party),)
    if performed.kind == "hours":
        return (_in_vehicle(_hours_leg(draft, catalog, service), performed, vehicle),)
    out = _way_there(draft, catalog, service)
    ways = (out, _way_back(draft, catalog, out)) if catalog.goes_back(service, draft.get("trip")) else (out,)
    return tuple(_in_vehicle(way, performed, vehicle) for way in ways)


def party_of(draft: Draft) -> Party:
    """Who travels, as far as a draft says. Refuses with Incomplete before that was asked."""
    of = draft.get("party")
    if of is None:
        raise Incomplete(missing=["party"])
    return Party(
        of["adults"],
        tuple(of.get("children") or ()),
        of.get("infants") or 0,
        draft.get("luggage"),
        draft.get("wheelchair") or None,
    )


def utc(local: datetime, zone: str) -> datetime:
    """The UTC instant of a local time in an IANA zone; a time that has its own offset is taken by that.

    Refuses with NonexistentTime or AmbiguousTime on the days on which the clock is changed.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    first, second = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    refusal, ways = (AmbiguousTime, (first, second)) if first < second else (NonexistentTime, (second, first))
    earlier, later = (way.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")[11:] for way in ways)
    raise refusal(
        local=local.isoformat(timespec="minutes"),
        zone=zone,
        earlier=earlier,
        later=later,
    )


def as_instant(moment: datetime, zone: str) -> dict[str, str]:
    """The plain value of an instant: UTC and the IANA zone in which it is shown."""
    return {"utc": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "zone": zone}


def refuse_late(service: Service, starts: datetime, zone: str, now: datetime) -> None:
    """Refuse with InThePast or TooSoon what starts before the service's notice from `now`."""
    if starts <= now:
        raise InThePast(asked=as_instant(starts, zone), now=as_instant(now, zone))
    earliest = earliest_start(service, now)
    if starts < now + timedelta(minutes=service.notice):
        raise TooSoon(notice=service.notice, earliest=as_instant(earliest, zone))


def earliest_start(service: Service, now: datetime) -> datetime:
    """From when on a service can begin: its notice from now, on the next quarter of an hour."""
    soonest = now.astimezone(UTC) + timedelta(minutes=service.notice)
    past = (soonest - soonest.replace(minute=0, second=0, microsecond=0)) % QUARTER
    return soonest + (QUARTER - past if past else timedelta())


def _missing(draft: Draft, *keys: str) -> Incomplete | None:
    missing = [key for key in keys if draft.get(key) is None]
    return Incomplete(missing=missing) if missing else None


def _vehicle(draft: Draft, catalog: Catalog) -> Vehicle | None:
    key = draft.get("vehicle")
    if key is not None and key not in catalog.vehicles:
        raise NotOnSale(what="vehicle", asked=key)
    return catalog.vehicles[key] if key is not None else None


def stop_of(answer: Mapping[str, Any], catalog: Catalog, room: str | None = None) -> Stop:
    """Where an answer {"place": "puj"} or {"typed": "Villa Rosa, calle 3", "zone": "bavaro"} is. Refuses with NotOnSale."""
    if answer.get("place") is not None:
        place = catalog.place(answer["place"])
        if place is None:
            raise NotOnSale(what="place", asked=answer["place"])
        return Stop(place.name, place.kind, place.zone, place.key, place.meeting, room)
    if answer.get("zone") not in catalog.zones:
        raise NotOnSale(what="place", asked=answer.get("typed"))
    return Stop(answer["typed"], "address", answer["zone"], room=room)


def _way_there(draft: Draft, catalog: Catalog, service: Service) -> RequestLeg:
    if missing := _missing(draft, "pickup", "dropoff", "date", "time"):
        raise missing
    stops = tuple(stop_of(each, catalog) for each in draft.get("stops") or ())
    ride = catalog.performed(service)
    if len(stops) > ride.stops:
        raise TooMany(of="stops", asked=len(stops), most=ride.stops)
    origin = stop_of(draft["pickup"], catalog, draft.get("room"))
    destination = stop_of(draft["dropoff"], catalog)
    starts = _local(draft, catalog, "date", "time")
    leg = RequestLeg(origin, destination, starts, starts, draft.get("flight"), stops=stops)
    _refuse_elsewhere(service, (origin, *stops, destination))
    return replace(leg, ends=starts + _driven(leg, catalog) + timedelta(minutes=ride.stop_minutes * len(stops)))


def _way_back(draft: Draft, catalog: Catalog, out: RequestLeg) -> RequestLeg:
    """From the destination straight back to where the way there began; the stops are made on the way there only."""
    if missing := _missing(draft, "return_date", "return_time"):
        raise missing
    starts = _local(draft, catalog, "return_date", "return_time")
    if starts < out.ends:
        raise Incomplete(missing=["return_date", "return_time"])
    home, start = stop_of(draft["dropoff"], catalog), replace(out.origin, room=None)
    leg = RequestLeg(home, start, starts, starts, draft.get("return_flight"))
    return replace(leg, ends=starts + _driven(leg, catalog))


def _local(draft: Draft, catalog: Catalog, date: str, time: str) -> datetime:
    return utc(datetime.fromisoformat(f"{draft[date]}T{draft[time]}"), catalog.brand.zone)


def _driven(leg: RequestLeg, catalog: Catalog) -> timedelta:
    """How long a way takes on the road; refuses with NotOnSale one that is not driven, or that leads nowhere."""
    minutes = 0
    for start, end in leg.stretches():
        route = catalog.route(start.zone, end.zone)
        if route is None or (start.place is not None and start.place == end.place):
            raise NotOnSale(what="route", asked=[start.place or start.zone, end.place or end.zone])
        minutes += route.minutes
    return timedelta(minutes=minutes)


def _refuse_elsewhere(service: Service, stops: tuple[Stop, ...]) -> None:
    if service.zones and any(stop.zone not in service.zones for stop in stops):
        raise NotOnSale(what="route", asked=[stop.zone for stop in stops])


def _hours_leg(draft: Draft, catalog: Catalog, service: Service) -> RequestLeg:
    if missing := _missing(draft, "pickup", "date", "time", "hours"):
        raise missing
    least, most = catalog.performed(service).hours
    if draft["hours"] > most:
        raise TooMany(of="hours", asked=draft["hours"], most=most)
    if draft["hours"] < least:
        raise NotOnSale(what="hours", asked=draft["hours"], least=least)
    origin = stop_of(draft["pickup"], catalog, draft.get("room"))
    _refuse_elsewhere(service, (origin,))
    starts = _local(draft, catalog, "date", "time")
    return RequestLeg(origin, None, starts, starts + timedelta(hours=draft["hours"]), draft.get("flight"))


def _in_vehicle(leg: RequestLeg, service: Service, vehicle: Vehicle | None) -> RequestLeg:
    if vehicle is None:
        return leg
    after = service.after + vehicle.turnaround
    return replace(
        leg,
        resource=vehicle.resource,
        units=vehicle.units,
        before=service.before,
        after=after,
    )


def _tour_leg(draft: Draft, catalog: Catalog, service: Service, party: Party) -> RequestLeg:
    tour = tour_of(service)
    if missing := _missing(draft, "departure"):
        raise missing
    departure = catalog.departure(service.key, draft["departure"])
    if departure is None:
        raise NotOnSale(what="departure", asked=draft["departure"])
    starts = utc(departure.local, catalog.brand.zone)
    pier = stop_of({"place": tour.starts_at}, catalog)
    origin, pickup_at = _fetched(draft, catalog, service, starts) if draft.get("pickup") else (pier, None)
    return RequestLeg(
        origin=origin,
        destination=pier if origin.place != pier.place else None,
        starts=starts,
        ends=starts + timedelta(minutes=tour.duration),
        pickup_at=pickup_at,
        resource=departure.resource,
        units=departure.seats,
        quantity=seats_of(departure, tour, party),
        before=service.before,
        after=service.after,
    )


def _fetched(draft: Draft, catalog: Catalog, service: Service, starts: datetime) -> tuple[Stop, datetime | None]:
    """Where a guest of a tour is picked up and when; None for who comes to the departure by themselves."""
    origin = stop_of(draft["pickup"], catalog, draft.get("room"))
    if origin.place is not None and origin.place == tour_of(service).starts_at:
        return origin, None
    point = catalog.pickup_for(service.key, origin.place, origin.zone)
    if point is None:
        raise NotOnSale(what="pickup", asked=draft["pickup"])
    return origin, starts - timedelta(minutes=point.minutes)


def tour_of(service: Service) -> Tour:
    """What is particular to a tour; NotOnSale for a service that has no timetable."""
    if service.tour is None:
        raise NotOnSale(what="service", asked=service.key)
    return service.tour


def travellers(tour: Tour, party: Party) -> list[tuple[Category, int]]:
    """How many of the party pay in each category of a tour, in the catalogue's order. Refuses who is too young with NotOnSale."""
    young = [_of_age(tour, INFANT) for _ in range(party.infants)]
    young += [tour.children if age is None else _of_age(tour, age) for age in party.children]
    who = [tour.adults] * party.adults + young
    return [(category, count) for category in tour.categories if (count := who.count(category))]


def _of_age(tour: Tour, age: int) -> Category:
    category = tour.category_for(age)
    if category is None:
        raise NotOnSale(what="age", asked=age, youngest=tour.youngest)
    return category


def seats_of(departure: Departure, tour: Tour, party: Party) -> int:
    """How many seats of a departure a party takes: all of them on a private one. Refuses with TooMany."""
    taken = sum(count for category, count in travellers(tour, party) if category.seat)
    if taken > departure.seats:
        raise TooMany(of="people", asked=taken, most=departure.seats)
    return departure.seats if departure.private else taken
