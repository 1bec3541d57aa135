"""The catalogue as a conversation talks about it: one mapping, kept for as long as the version is on sale."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flows import menu
from models import catalog as sold
from models.money import Money

NOTICE, HOLD = 180, 30  # minutes, where the catalogue sells no transfer
TOWNS = 4  # offered to tap beside the airport and two hotels
AREAS = ("town", "area")

_menus: dict[int, menu.Menu] = {}


def menu_of(catalog: sold.Catalog) -> menu.Menu:
    """The menu of one version of the catalogue."""
    if catalog.version not in _menus:
        _menus.clear()  # only the newest is talked about
        _menus[catalog.version] = _menu(catalog)
    return _menus[catalog.version]


def _menu(catalog: sold.Catalog) -> menu.Menu:
    brand, popular = catalog.brand, _popular(catalog)
    return menu.Menu(
        brand=brand.name, zone=brand.zone, languages=brand.languages, phone=brand.phone,
        chats=tuple(channel for channel, _ in brand.chats()), version=str(catalog.version), prefix=brand.reference_prefix,
        services=tuple(_service(each, catalog) for each in catalog.services.values()),
        places=tuple(_place(each, popular) for each in catalog.places.values()),
        zones=tuple(menu.Zone(each.key, each.name, _called(each, catalog)) for each in catalog.zones.values()),
        vehicles=tuple(menu.Vehicle(v.key, v.name, v.seats, v.bags, wheelchair=v.wheelchair) for v in _by_size(catalog)),
        extras=tuple(_extra(each, each.price) for each in catalog.extras.values() if each.price is not None),
        routes=frozenset(catalog.routes), minutes={ends: route.minutes for ends, route in catalog.routes.items()},
        fares={ends: {key: fare.as_fact() for key, fare in route.prices.items()} for ends, route in catalog.routes.items()},
        notice_minutes=min((each.notice for each in catalog.services.values() if each.kind == "transfer"), default=NOTICE),
        hold_minutes=min((each.hold for each in catalog.services.values()), default=HOLD),
    )  # fmt: skip


def _called(zone: sold.Zone, catalog: sold.Catalog) -> tuple[str, ...]:
    """A zone also goes by every name of its towns and areas: "los corales" is told for Bávaro."""
    places = [place for place in catalog.places.values() if place.zone == zone.key and place.kind in AREAS]
    return tuple(dict.fromkeys(name for place in places for name in (*place.name.values(), *place.aliases)))


def _by_size(catalog: sold.Catalog) -> list[sold.Vehicle]:
    return sorted(catalog.vehicles.values(), key=lambda vehicle: vehicle.seats)


def _service(service: sold.Service, catalog: sold.Catalog) -> menu.Service:
    performed = catalog.performed(service)
    tour, packed = performed.tour, catalog.goes_back(service, None)
    return menu.Service(
        key=service.key, kind=performed.kind, name=service.name, summary=service.summary, aliases=service.aliases,
        extras=tuple(extra.key for extra in catalog.extras_for(service.key)),
        pickup=bool(tour and tour.pickups), notice_minutes=service.notice,
        fetched_from=_fetched_from(tour), meeting=tour.starts_at if tour else None,
        youngest=tour.youngest if tour else 0, price=_price(service, tour),
        questions=tuple(each.text for each in tour.questions if each.required) if tour else (),
        largest_party=service.people or (max((row.seats for row in tour.departures), default=0) if tour else 0),
        package=performed is not service, included=_included(service, catalog), both_ways=packed,
        round_trip=service.round_trip, stops=performed.stops, stop_minutes=performed.stop_minutes, hours=performed.hours,
        vehicles=tuple(vehicle.key for vehicle in catalog.vehicles_of(service)), zones=frozenset(service.zones),
        photo=_photo(service.photos or performed.photos),
    )  # fmt: skip


def _photo(photos: tuple[sold.Photo, ...]) -> dict[str, Any] | None:
    return photos[0].as_fact() if photos else None


def _included(service: sold.Service, catalog: sold.Catalog) -> tuple[menu.Included, ...]:
    return tuple(menu.Included(key, catalog.extras[key].name, count) for key, count in service.included.items())


def _fetched_from(tour: sold.Tour | None) -> frozenset[str]:
    points = tour.pickups if tour else ()
    return frozenset(key for point in points for key in (point.zone, point.place) if key)


def _price(service: sold.Service, tour: sold.Tour | None) -> Mapping[str, Any] | None:
    """What an adult pays; of a package, and of what is only sold whole, the least for all."""
    if service.price is not None or tour is None:
        return service.price.as_fact() if service.price is not None else None
    whole = [row.price for row in tour.departures if row.private and row.price is not None]
    sold_whole = len(whole) == len(tour.departures)
    return (min(whole, key=lambda price: price.minor) if sold_whole else tour.adults.price).as_fact()


def _popular(catalog: sold.Catalog) -> frozenset[str]:
    """The airports, the towns and areas nearest to the first of them, and of the zone with most hotels the first two.

    The catalogue names first what matters most.
    """
    airports = [place.key for place in catalog.places.values() if place.kind == "airport"]
    towns = [key for key in catalog.zones if key in catalog.places and catalog.places[key].kind in AREAS]
    hotels = Counter(place.zone for place in catalog.places.values() if place.kind == "hotel")
    busiest = hotels.most_common(1)[0][0] if hotels else None
    first = [place.key for place in catalog.places.values() if place.kind == "hotel" and place.zone == busiest][:2]
    return frozenset((*airports, *_nearest(towns, airports[:1], catalog), *first))


def _nearest(towns: list[str], airport: list[str], catalog: sold.Catalog) -> list[str]:
    """The towns and areas most guests go to: those nearest to the main airport by road."""
    if not airport:
        return towns[:TOWNS]
    start = catalog.places[airport[0]].zone
    driven = [town for town in towns if catalog.route(start, catalog.places[town].zone)]
    return sorted(driven, key=lambda town: catalog.routes[start, catalog.places[town].zone].minutes)[:TOWNS]


def _place(place: sold.Place, popular: frozenset[str]) -> menu.Place:
    at = (place.latitude, place.longitude)
    return menu.Place(
        key=place.key, name=place.name, zone=place.zone, kind=place.kind, aliases=place.aliases,
        location=(at[0], at[1]) if at[0] is not None and at[1] is not None else None,
        popular=place.key in popular, detail=place.meeting,
    )  # fmt: skip


def _extra(extra: sold.Extra, price: Money) -> menu.Extra:
    return menu.Extra(
        key=extra.key, name=extra.name, price=price.as_fact(), per=extra.per, limit=extra.limit, occasion=extra.occasion
    )
