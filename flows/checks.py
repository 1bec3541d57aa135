"""What cannot be booked: too soon, too many people, nowhere we drive. Each check says so and opens its question again."""

from collections.abc import Callable
from typing import Any

from flows.facts import chosen, fetched_places, fetches, kind_of, meeting_place, stop, zone_key
from flows.filling import in_doubt
from flows.menu import Service, World
from flows.speech import Option
from flows.talk import Talk
from flows.understand.ear import Doubt
from flows.understand.party import size
from flows.understand.times import time_option, too_soon
from flows.when import as_instant, first_bookable, happens_once, instant

FETCHED = 6  # pick-up points offered where a tour does not fetch


def check(talk: Talk, world: World) -> None:
    """Take out of the draft whatever does not hold together, and keep what is to be said about it."""
    for one in CHECKS:
        one(talk, world)


def doubt(talk: Talk, key: str, what: Doubt) -> None:
    """Ask this question again in these words."""
    talk.forget(key)
    in_doubt(talk, key, what)


def notice_of(talk: Talk, world: World) -> int:
    """Minutes that the operator needs before the start of this service."""
    service = world.menu.service(talk.draft.get("service"))
    return (service and service.notice_minutes) or world.menu.notice_minutes


def _still_on_the_menu(talk: Talk, world: World) -> None:
    draft, menu = talk.draft, world.menu
    if "service" in draft and not menu.service(draft["service"]):
        talk.forget("service")
    if "vehicle" in draft and not menu.vehicle(draft["vehicle"]):
        talk.forget("vehicle")
    for end in ("pickup", "dropoff"):
        if end in draft and not zone_key(draft[end], menu):
            talk.forget(end)
    _extras_on_sale(talk, world)


def _extras_on_sale(talk: Talk, world: World) -> None:
    service = world.menu.service(talk.draft.get("service"))
    extras = talk.draft.get("extras")
    if not extras or not service:
        return
    kept = {key: n for key, n in extras.items() if key in service.extras and world.menu.extra(key)}
    if kept != extras:
        gone = {key: n for key, n in extras.items() if key not in kept}
        talk.draft["extras"] = kept
        talk.remark("extra_not_here", extras=chosen(gone, world.menu))


def _day_is_ahead(talk: Talk, world: World) -> None:
    if "date" in talk.draft and talk.draft["date"] < world.now.date().isoformat():
        doubt(talk, "date", Doubt("past_date", {"date": instant(talk.draft["date"], "12:00", world.menu.zone)}))


def _departure_on_its_day(talk: Talk, world: World) -> None:
    draft = talk.draft
    if "departure" in draft and "date" in draft and not draft["departure"].startswith(draft["date"]):
        talk.forget("departure")
    elif "departure" in draft and too_soon(
        draft["departure"][:10], draft["departure"][11:], world, notice_of(talk, world)
    ):
        doubt_departure = instant(draft["departure"][:10], draft["departure"][11:], world.menu.zone)
        talk.remark("departure_too_soon", starts=doubt_departure, notice=notice_of(talk, world))
        talk.forget("departure")
    elif "departure" in draft:
        draft.pop("date", None)


def _time_leaves_notice(talk: Talk, world: World) -> None:
    draft, zone = talk.draft, world.menu.zone
    if "date" not in draft or "time" not in draft:
        return
    if not happens_once(draft["date"], draft["time"], zone):
        doubt(talk, "time", Doubt("clocks_change", {"time": instant(draft["date"], draft["time"], zone)}))
    elif too_soon(draft["date"], draft["time"], world, notice_of(talk, world)):
        doubt(talk, "time", _too_soon(talk, world))


def _too_soon(talk: Talk, world: World) -> Doubt:
    """ "15:00 today is too soon for us": with the first time that is free, on another day if need be."""
    draft, notice = talk.draft, notice_of(talk, world)
    first = first_bookable(world.now, notice)
    same_day = first.date().isoformat() == draft["date"]
    option = time_option(f"{first:%H:%M}", world.menu.zone)
    if not same_day:
        option = Option("time", f"{first:%Y-%m-%dT%H:%M}", "@moment_option", facts={"starts": as_instant(first)})
    asked = instant(draft["date"], draft["time"], world.menu.zone)
    facts = {"asked": asked, "first": as_instant(first), "minutes": notice, "same_day": same_day}
    return Doubt("too_soon", facts | {"today": draft["date"] == world.now.date().isoformat()}, (option,))


def _party_fits(talk: Talk, world: World) -> None:
    party, service = talk.draft.get("party"), world.menu.service(talk.draft.get("service"))
    most = _largest_party(service, world)
    if party and most and size(party) > most:
        doubt(talk, "party", Doubt("party_large", {"party": party, "people": size(party), "most": most}, (_person(),)))


def _largest_party(service: Service | None, world: World) -> int:
    if service and service.kind != "transfer":
        return service.largest_party
    return max((vehicle.seats for vehicle in world.menu.vehicles), default=0)


def _luggage_fits(talk: Talk, world: World) -> None:
    most = max((vehicle.bags for vehicle in world.menu.vehicles), default=0)
    bags = talk.draft.get("luggage")
    if bags is not None and most and bags > most:
        doubt(talk, "luggage", Doubt("luggage_large", {"bags": bags, "most": most}, (_person(),)))


def _vehicle_fits(talk: Talk, world: World) -> None:
    vehicle = world.menu.vehicle(talk.draft.get("vehicle"))
    party, bags = talk.draft.get("party"), talk.draft.get("luggage")
    if vehicle and ((party and vehicle.seats < size(party)) or (bags and vehicle.bags < bags)):
        talk.forget("vehicle")
        facts = {"vehicle": dict(vehicle.name), "seats": vehicle.seats, "bags": vehicle.bags}
        talk.remark("vehicle_small", **facts)


def _route_is_driven(talk: Talk, world: World) -> None:
    draft, menu = talk.draft, world.menu
    if "pickup" not in draft or "dropoff" not in draft or "dropoff" in talk.doubts:
        return
    ends: dict[str, Any] = {"pickup": stop(draft["pickup"], menu), "dropoff": stop(draft["dropoff"], menu)}
    pair = (zone_key(draft["pickup"], menu), zone_key(draft["dropoff"], menu))
    if draft["pickup"] == draft["dropoff"]:
        doubt(talk, "dropoff", Doubt("same_place", ends))
    elif menu.routes and pair not in menu.routes:
        doubt(talk, "dropoff", Doubt("no_route", ends, (_person(),)))


def _tour_fetches_there(talk: Talk, world: World) -> None:
    """A tour fetches from some zones only: where it does is offered, and to come to its start by oneself."""
    menu, pickup = world.menu, talk.draft.get("pickup")
    service = menu.service(talk.draft.get("service"))
    if service is None or service.kind == "transfer" or pickup is None:
        return
    if fetches(service, pickup.get("place"), zone_key(pickup, menu)):
        return
    near = [place for place in fetched_places(service, menu) if place.popular][:FETCHED]
    options = [Option("pickup", place.key, place.name) for place in (*near, *meeting_place(service, menu))]
    driven = {place.zone for place in fetched_places(service, menu)}
    zones = [dict(zone.name) for zone in menu.zones if zone.key in driven]
    facts = {"pickup": stop(pickup, menu), "service": dict(service.name), "zones": zones}
    doubt(talk, "pickup", Doubt("no_pickup", facts, (*options, _person())))


def _old_enough(talk: Talk, world: World) -> None:
    party, service = talk.draft.get("party"), world.menu.service(talk.draft.get("service"))
    if not party or not service or not service.youngest:
        return
    ages = [age for age in party["children"] if age is not None] + [0] * party["infants"]
    if any(age < service.youngest for age in ages):
        facts = {"service": dict(service.name), "youngest": service.youngest}
        doubt(talk, "party", Doubt("party_young", facts, (Option("change", "service", "@other_service"), _person())))


def _room_is_of_this_hotel(talk: Talk, world: World) -> None:
    if talk.draft.get("room") and "pickup" in talk.draft and kind_of(talk.draft.get("pickup"), world.menu) != "hotel":
        talk.forget("room")


def _person() -> Option:
    return Option("anytime", "person", "@person")


CHECKS: tuple[Callable[[Talk, World], None], ...] = (
    _still_on_the_menu,
    _route_is_driven,
    _tour_fetches_there,
    _room_is_of_this_hotel,
    _day_is_ahead,
    _departure_on_its_day,
    _time_leaves_notice,
    _old_enough,
    _party_fits,
    _luggage_fits,
    _vehicle_fits,
)
