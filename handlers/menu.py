"""The catalogue as a conversation talks about it: one mapping, kept for as long as the version is on sale."""

from flows import menu
from models import catalog as sold
from models.money import Money

_menus: dict[int, menu.Menu] = {}


def menu_of(catalog: sold.Catalog) -> menu.Menu:
    """The menu of one version of the catalogue."""
    if catalog.version not in _menus:
        _menus.clear()  # only the newest is talked about
        _menus[catalog.version] = _menu(catalog)
    return _menus[catalog.version]


def _menu(catalog: sold.Catalog) -> menu.Menu:
    brand = catalog.brand
    return menu.Menu(
        brand=brand.name, zone=brand.zone, languages=brand.languages, phone=brand.phone, version=str(catalog.version),
        services=tuple(_service(each, catalog) for each in catalog.services.values() if each.kind in ("transfer", "tour")),
        places=tuple(_place(each) for each in catalog.places.values()),
        zones=tuple(menu.Zone(each.key, each.name) for each in catalog.zones.values()),
        vehicles=tuple(menu.Vehicle(v.key, v.name, v.seats, v.bags) for v in _by_size(catalog)),
        extras=tuple(_extra(each, each.price) for each in catalog.extras.values() if each.price is not None),
        routes=frozenset(catalog.routes),
    )  # fmt: skip


def _by_size(catalog: sold.Catalog) -> list[sold.Vehicle]:
    return sorted(catalog.vehicles.values(), key=lambda vehicle: vehicle.seats)


def _service(service: sold.Service, catalog: sold.Catalog) -> menu.Service:
    return menu.Service(
        key=service.key, kind=service.kind, name=service.name, summary=service.summary,
        extras=tuple(extra.key for extra in catalog.extras_for(service.key)),
        pickup=bool(service.tour and service.tour.pickups), notice_minutes=service.notice,
        largest_party=max((row.seats for row in service.tour.departures), default=0) if service.tour else 0,
    )  # fmt: skip


def _place(place: sold.Place) -> menu.Place:
    at = (place.latitude, place.longitude)
    return menu.Place(
        key=place.key, name=place.name, zone=place.zone, kind=place.kind, aliases=place.aliases,
        location=(at[0], at[1]) if at[0] is not None and at[1] is not None else None,
        popular=place.kind == "airport", detail=place.meeting,
    )  # fmt: skip


def _extra(extra: sold.Extra, price: Money) -> menu.Extra:
    return menu.Extra(
        key=extra.key, name=extra.name, price=price.as_fact(), per=extra.per, limit=extra.limit, occasion=extra.occasion
    )
