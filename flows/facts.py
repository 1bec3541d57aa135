"""The draft as facts that can be said: places with their names, local times as instants."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flows.menu import Menu, Place, Service, World
from flows.when import from_instant, instant

ORDER = (
    "service", "pickup", "dropoff", "stops", "room", "date", "time", "hours", "plan", "departure", "flight", "trip",
    "return_date", "return_time", "return_flight", "party", "luggage", "wheelchair", "vehicle", "extras", "occasion", "notes", "name",
    "phone", "email",
)  # fmt: skip
AS_THEY_ARE = ("room", "flight", "party", "luggage", "wheelchair", "occasion", "notes", "name", "phone", "email", "hours",
               "plan", "trip", "return_flight")  # fmt: skip


def stop(answer: Mapping[str, Any] | None, menu: Menu) -> dict[str, Any] | None:
    """A pick-up or drop-off as it is said: name, zone, kind."""
    if not answer:
        return None
    place = menu.place(answer.get("place"))
    if place:
        zone = menu.zone_of(place.zone)
        return {"name": dict(place.name), "zone": dict(zone.name) if zone else None, "kind": place.kind}
    zone = menu.zone_of(answer.get("zone"))
    return {"name": answer.get("typed", ""), "zone": dict(zone.name) if zone else None, "kind": "typed"}


def zone_key(answer: Mapping[str, Any] | None, menu: Menu) -> str | None:
    """The zone a pick-up or drop-off lies in."""
    place = menu.place((answer or {}).get("place"))
    return place.zone if place else (answer or {}).get("zone")


def kind_of(answer: Mapping[str, Any] | None, menu: Menu) -> str:
    """What a pick-up or drop-off is: "airport", "hotel", "typed"…."""
    place = menu.place((answer or {}).get("place"))
    return place.kind if place else "typed"


def fetches(service: Service | None, place: str | None, zone: str | None) -> bool:
    """Whether a tour fetches its guests there, or starts there."""
    if service is None or not service.fetched_from:
        return True
    return bool({place, zone} & (service.fetched_from | {service.meeting}) - {None})


def fetched_places(service: Service | None, menu: Menu) -> list[Place]:
    """Where guests of a tour may be fetched; nobody books a tour from an airport."""
    known = [place for place in menu.places if place.kind != "airport" and place not in meeting_place(service, menu)]
    return [place for place in known if fetches(service, place.key, place.zone)]


def meeting_place(service: Service | None, menu: Menu) -> list[Place]:
    """The place a tour starts at, if it is known."""
    place = menu.place(service.meeting) if service else None
    return [place] if place else []


def comes_back(draft: Mapping[str, Any], menu: Menu) -> bool:
    """Whether there is a way back: chosen by the guest, or in the package."""
    service = menu.service(draft.get("service"))
    return bool(service and (service.both_ways or (service.round_trip and draft.get("trip") == "return")))


def back_of(draft: Mapping[str, Any]) -> dict[str, Any]:
    """The way back as a draft of its own: where it begins, where it ends, when."""
    ways = {"pickup": "dropoff", "dropoff": "pickup", "date": "return_date", "time": "return_time"}
    return {key: draft[of] for key, of in ways.items() if of in draft}


def starts(draft: Mapping[str, Any], zone: str) -> dict[str, str] | None:
    """When it begins, as an instant, once day and time are known."""
    if departure := draft.get("departure"):
        return instant(departure[:10], departure[11:], zone)
    return instant(draft["date"], draft["time"], zone) if "date" in draft and "time" in draft else None


def nearness(plain: Mapping[str, str] | None, world: World) -> str | None:
    """ "today" or "tomorrow" when it is."""
    if not plain:
        return None
    days = from_instant(plain).date() - world.now.date()
    return {timedelta(0): "today", timedelta(days=1): "tomorrow"}.get(days)


def so_far(draft: Mapping[str, Any], world: World, only: set[str] | None = None) -> dict[str, Any]:
    """The answers as facts; what is not known, or not among `only`, is None."""
    menu = world.menu
    known = {key: value for key, value in draft.items() if only is None or key in only}
    service, vehicle = menu.service(known.get("service")), menu.vehicle(known.get("vehicle"))
    date = instant(known["date"], "12:00", menu.zone) if "date" in known else None
    time = instant(draft.get("date", "2026-01-15"), known["time"], menu.zone) if "time" in known else None
    departure = starts(known, menu.zone) if "departure" in known else None
    back = back_of(draft)
    return dict.fromkeys(ORDER) | {
        **{key: known.get(key) for key in AS_THEY_ARE},
        "stops": [stop(each, menu) for each in known.get("stops") or []],
        "return_date": instant(back["date"], "12:00", menu.zone) if "return_date" in known else None,
        "return_time": instant(back.get("date", "2026-01-15"), back["time"], menu.zone)
        if "return_time" in known
        else None,
        "included": [{"name": dict(one.name), "quantity": one.quantity} for one in service.included] if service else [],
        "service": dict(service.name) if service else None,
        "kind": service.kind if service else None,
        "by_name": bool(service and service.by_name),
        "pickup": stop(known.get("pickup"), menu),
        "dropoff": stop(known.get("dropoff"), menu),
        "date": date,
        "time": time,
        "departure": departure,
        "near": nearness(departure or date, world),
        "vehicle": dict(vehicle.name) if vehicle else None,
        "extras": chosen(known.get("extras"), menu),
    }


def chosen(extras: Mapping[str, int] | None, menu: Menu) -> list[dict[str, Any]]:
    """The chosen extras with their names and quantities."""
    found = [(menu.extra(key), quantity) for key, quantity in (extras or {}).items()]
    return [{"key": extra.key, "name": dict(extra.name), "quantity": quantity} for extra, quantity in found if extra]
