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
        brand=brand.name, zone=brand.zone, languages=brand.languages, phone=brand.phone, version=str(catalog.version),
        services=tuple(_service(each, catalog) for each in catalog.services.values() if each.kind in ("transfer", "tour")),
        places=tuple(_place(each, popular) for each in catalog.places.values()),
        zones=tuple(menu.Zone(each.key, each.name, _called(each, catalog)) for each in catalog.zones.values()),
        vehicles=tuple(menu.Vehicle(v.key, v.name, v.seats, v.bags) for v in _by_size(catalog)),
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
    return menu.Service(
        key=service.key, kind=service.kind, name=service.name, summary=service.summary,
        extras=tuple(extra.key for extra in catalog.extras_for(service.key)),
        pickup=bool(service.tour and service.tour.pickups), notice_minutes=service.notice,
        fetched_from=_fetched_from(service), meeting=service.tour.starts_at if service.tour else None,
        youngest=service.tour.youngest if service.tour else 0, price=_adult_price(service),
        questions=tuple(each.text for each in service.tour.questions if each.required) if service.tour else (),
        largest_party=max((row.seats for row in service.tour.departures), default=0) if service.tour else 0,
    )  # fmt: skip


def _fetched_from(service: sold.Service) -> frozenset[str]:
    points = service.tour.pickups if service.tour else ()
    return frozenset(key for point in points for key in (point.zone, point.place) if key)


def _adult_price(service: sold.Service) -> Mapping[str, Any] | None:
    return service.tour.adults.price.as_fact() if service.tour else None


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
