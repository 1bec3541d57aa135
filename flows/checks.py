"""What cannot be booked: too soon, too many people, nowhere we drive. Each check says so and opens its question again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from flows.facts import chosen, comes_back, fetched_places, fetches, kind_of, meeting_place, stop, zone_key
from flows.filling import in_doubt
from flows.menu import Menu, Service, Vehicle, World
from flows.speech import Option
from flows.talk import Talk
from flows.understand.ear import Doubt
from flows.understand.party import size
from flows.understand.times import notice_of, too_soon, too_soon_for_us
from flows.when import happens_once, instant, local

FETCHED = 6  # pick-up points offered where a tour does not fetch


def check(talk: Talk, world: World) -> None:
    """Take out of the draft whatever does not hold together, and keep what is to be said about it."""
    for one in CHECKS:
        one(talk, world)


def doubt(talk: Talk, key: str, what: Doubt) -> None:
    """Ask this question again in these words."""
    talk.forget(key)
    in_doubt(talk, key, what)


def _still_on_the_menu(talk: Talk, world: World) -> None:
    draft, menu = talk.draft, world.menu
    if "service" in draft and not menu.service(draft["service"]):
        talk.forget("service")
    if "vehicle" in draft and not menu.vehicle(draft["vehicle"]):
        talk.forget("vehicle")
    for end in ("pickup", "dropoff"):
        if end in draft and not zone_key(draft[end], menu):
            talk.forget(end)
    if not all(zone_key(each, menu) for each in draft.get("stops") or []):
        talk.forget("stops")
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
    _extras_within_limit(talk, service, world)


def _extras_within_limit(talk: Talk, service: Service, world: World) -> None:
    """What lies in a package counts too: of an extra there is no more than its limit in all."""
    kept = dict(talk.draft["extras"])
    for key, count in talk.draft["extras"].items():
        extra, packed = world.menu.extra(key), service.included_of(key)
        if extra and packed and count > extra.most - packed:
            kept[key] = extra.most - packed
            talk.remark("extra_most", name=dict(extra.name), most=extra.most)
    talk.draft["extras"] = {key: count for key, count in kept.items() if count}


def _day_is_ahead(talk: Talk, world: World) -> None:
    if "date" in talk.draft and talk.draft["date"] < world.now.date().isoformat():
        doubt(talk, "date", Doubt("past_date", {"date": instant(talk.draft["date"], "12:00", world.menu.zone)}))


def _departure_on_its_day(talk: Talk, world: World) -> None:
    draft = talk.draft
    if "departure" in draft and "date" in draft and not draft["departure"].startswith(draft["date"]):
        talk.forget("departure")
    elif "departure" in draft and too_soon(
        draft["departure"][:10], draft["departure"][11:], world, notice_of(talk.draft, world)
    ):
        doubt_departure = instant(draft["departure"][:10], draft["departure"][11:], world.menu.zone)
        talk.remark("departure_too_soon", starts=doubt_departure, notice=notice_of(talk.draft, world))
        talk.forget("departure")
    elif "departure" in draft:
        draft.pop("date", None)


def _time_leaves_notice(talk: Talk, world: World) -> None:
    draft, zone = talk.draft, world.menu.zone
    if "date" not in draft or "time" not in draft:
        return
    if not happens_once(draft["date"], draft["time"], zone):
        doubt(talk, "time", Doubt("clocks_change", {"time": instant(draft["date"], draft["time"], zone)}))
    elif too_soon(draft["date"], draft["time"], world, notice_of(talk.draft, world)):
        doubt(talk, "time", too_soon_for_us(draft, world))


def _party_fits(talk: Talk, world: World) -> None:
    party, service = talk.draft.get("party"), world.menu.service(talk.draft.get("service"))
    most = _largest_party(service, world)
    if party and most and size(party) > most:
        doubt(talk, "party", Doubt("party_large", {"party": party, "people": size(party), "most": most}, (_person(),)))


def _largest_party(service: Service | None, world: World) -> int:
    if service and (service.timetable or service.largest_party):
        return service.largest_party
    return max((vehicle.seats for vehicle in _vehicles_of(service, world)), default=0)


def _vehicles_of(service: Service | None, world: World) -> list[Vehicle]:
    return [one for one in world.menu.vehicles if not service or not service.vehicles or one.key in service.vehicles]


def _luggage_fits(talk: Talk, world: World) -> None:
    service = world.menu.service(talk.draft.get("service"))
    most = max((vehicle.bags for vehicle in _vehicles_of(service, world)), default=0)
    bags = talk.draft.get("luggage")
    if bags is not None and most and bags > most:
        doubt(talk, "luggage", Doubt("luggage_large", {"bags": bags, "most": most}, (_person(),)))


def _vehicle_fits(talk: Talk, world: World) -> None:
    vehicle, service = world.menu.vehicle(talk.draft.get("vehicle")), world.menu.service(talk.draft.get("service"))
    party, bags, chair = talk.draft.get("party"), talk.draft.get("luggage"), talk.draft.get("wheelchair")
    if vehicle and service and vehicle not in _vehicles_of(service, world):
        talk.forget("vehicle")
        talk.remark("vehicle_not_here", vehicle=dict(vehicle.name), service=dict(service.name))
    elif vehicle and ((party and vehicle.seats < size(party)) or (bags and vehicle.bags < bags)):
        talk.forget("vehicle")
        facts = {"vehicle": dict(vehicle.name), "seats": vehicle.seats, "bags": vehicle.bags}
        talk.remark("vehicle_small", **facts)
    elif vehicle and not vehicle.takes_chair(chair):
        talk.forget("vehicle")
        talk.remark("vehicle_no_chair", vehicle=dict(vehicle.name), folding=vehicle.wheelchair == "folding")


def _chair_fits(talk: Talk, world: World) -> None:
    """Where no vehicle takes the wheelchair that is told at once, and once; a person may know a way."""
    service, chair = world.menu.service(talk.draft.get("service")), talk.draft.get("wheelchair")
    said = talk.facts.pop("no_chair", None)
    if not chair or service is None:
        return
    if service.timetable or not any(each.takes_chair(chair) for each in _vehicles_of(service, world)):
        if said != [service.key, chair]:
            block = "tour_chair" if service.timetable else "service_no_chair"
            talk.remark(block, service=dict(service.name), wheelchair=chair)
        talk.facts["no_chair"] = [service.key, chair]


def _chairs_noted(talk: Talk, world: World) -> None:
    """More than one wheelchair stands in the notes in the guest's words, behind the answers to what the house asks there."""
    service, before = world.menu.service(talk.draft.get("service")), talk.facts.pop("wheelchairs", "")
    told = [each["facts"]["words"] for each in talk.remarks if each["block"] == "wheelchairs"]
    gone = "wheelchair" in talk.draft and not talk.draft["wheelchair"]
    words = "" if gone else told[-1] if told else before
    if not words and not before:
        return
    talk.facts |= {"wheelchairs": words} if words else {}
    notes = talk.draft.get("notes") or ""
    own = notes.removesuffix(words).removesuffix(before).rstrip(" ·")
    noted = " · ".join(filter(None, (own, words)))
    if not noted or service is None or (service.timetable and service.questions and not own):
        talk.forget("notes")
    elif noted != notes:
        talk.answer("notes", noted)


def for_the_team(talk: Talk, menu: Menu) -> str | None:
    """What of the wheelchairs is for people to see: the guest's words where they are several, "" of one on a tour, None of nothing."""
    service = menu.service(talk.draft.get("service"))
    if "wheelchairs" in talk.facts:
        return str(talk.facts["wheelchairs"])
    return "" if service and service.timetable and talk.draft.get("wheelchair") else None


def _route_is_driven(talk: Talk, world: World) -> None:
    draft, menu = talk.draft, world.menu
    if "pickup" not in draft or "dropoff" not in draft or "dropoff" in talk.doubts:
        return
    ends: dict[str, Any] = {"pickup": stop(draft["pickup"], menu), "dropoff": stop(draft["dropoff"], menu)}
    pair = (zone_key(draft["pickup"], menu), zone_key(draft["dropoff"], menu))
    service = menu.service(draft.get("service"))
    if draft["pickup"] == draft["dropoff"]:
        doubt(talk, "dropoff", Doubt("same_place", ends))
    elif service and service.zones and not set(pair) <= service.zones:
        sold_in = [dict(zone.name) for zone in menu.zones if zone.key in service.zones]
        doubt(
            talk,
            "dropoff",
            Doubt("not_sold_there", ends | {"service": dict(service.name), "zones": sold_in}, _elsewhere()),
        )
    elif menu.routes and pair not in menu.routes:
        doubt(talk, "dropoff", Doubt("no_route", ends, (_person(),)))


def _elsewhere() -> tuple[Option, ...]:
    return Option("change", "pickup", "@line_pickup"), Option("change", "service", "@other_service"), _person()


def _stops_lie_on_the_way(talk: Talk, world: World) -> None:
    """As many as the service makes, none where the ride begins or ends, and each where we drive."""
    draft, menu = talk.draft, world.menu
    service, stops = menu.service(draft.get("service")), draft.get("stops")
    if not stops or not service or not {"pickup", "dropoff"} <= set(draft):
        return
    way = [draft["pickup"], *stops, draft["dropoff"]]
    pairs = list(pairwise(way))
    driven = all((zone_key(a, menu), zone_key(b, menu)) in menu.routes for a, b in pairs) or not menu.routes
    if len(stops) > service.stops:
        talk.draft["stops"] = stops[: service.stops]
        talk.remark("stops_many", most=service.stops)
    elif not driven or any(a == b for a, b in pairs):
        talk.forget("stops")
        talk.remark("stops_off", stops=[stop(each, menu) for each in stops])


def _hours_within(talk: Talk, world: World) -> None:
    service, hours = world.menu.service(talk.draft.get("service")), talk.draft.get("hours")
    if service and hours is not None and not service.hours[0] <= hours <= service.hours[1]:
        least, most = service.hours
        doubt(talk, "hours", Doubt("hours_span", {"hours": hours, "least": least, "most": most}, (_person(),)))


def _back_after_there(talk: Talk, world: World) -> None:
    """The way back begins after the way there has ended."""
    draft, menu = talk.draft, world.menu
    if not comes_back(draft, menu) or not {"date", "time", "return_date"} <= set(draft):
        return
    there, zone = instant(draft["date"], draft["time"], menu.zone), menu.zone
    if draft["return_date"] < draft["date"]:
        doubt(talk, "return_date", Doubt("back_before", {"there": there}))
    elif "return_time" in draft and not happens_once(draft["return_date"], draft["return_time"], zone):
        clock = instant(draft["return_date"], draft["return_time"], zone)
        doubt(talk, "return_time", Doubt("clocks_change", {"time": clock}))
    elif "return_time" in draft and local(draft["return_date"], draft["return_time"], zone) < _there_at(talk, world):
        doubt(talk, "return_time", Doubt("back_before", {"there": there}))


def _there_at(talk: Talk, world: World) -> datetime:
    """When the way there has ended, by the clock of the operator."""
    draft, menu = talk.draft, world.menu
    way = [draft.get("pickup"), *(draft.get("stops") or []), draft.get("dropoff")]
    driven = sum(menu.minutes.get((zone_key(a, menu) or "", zone_key(b, menu) or ""), 0) for a, b in pairwise(way))
    service = menu.service(draft.get("service"))
    waited = (service.stop_minutes if service else 0) * (len(way) - 2)
    return local(draft["date"], draft["time"], menu.zone) + timedelta(minutes=driven + waited)


def _tour_fetches_there(talk: Talk, world: World) -> None:
    """A tour fetches from some zones only: where it does is offered, and to come to its start by oneself."""
    menu, pickup = world.menu, talk.draft.get("pickup")
    service = menu.service(talk.draft.get("service"))
    if service is None or not service.timetable or pickup is None:
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
    _stops_lie_on_the_way,
    _tour_fetches_there,
    _room_is_of_this_hotel,
    _day_is_ahead,
    _departure_on_its_day,
    _time_leaves_notice,
    _hours_within,
    _back_after_there,
    _old_enough,
    _party_fits,
    _luggage_fits,
    _vehicle_fits,
    _chair_fits,
    _chairs_noted,
)
