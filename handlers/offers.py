"""What the open question is answered from: free vehicles, departures with seats left, a price. Read outside any transaction."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flows.menu import DepartureOffer, Offer, Quote, VehicleOffer, World
from handlers.bookings import bookings_of
from handlers.standing import difference, keeps_its_place, sold_anew
from models import claims, story
from models.catalog import Catalog, Departure
from models.price import quote, vehicle_prices
from models.refusal import Refusal
from models.request import Need, Request, as_instant, from_draft, utc

DAYS_SHOWN = 21  # how far ahead departures are offered when no day was named
DEPARTURES_SHOWN = 8
THERE, BACK = ("date", "time"), ("return_date", "return_time")

Draft = Mapping[str, Any]


async def offer_for(
    needs: Collection[str], draft: Draft, world: World, catalog: Catalog, source: dict[str, Any],
    recipient: int | None = None,
) -> Offer:  # fmt: skip
    """The offer a talk needs; what cannot be priced or is not on sale is simply not in it."""
    offer = Offer(world)
    try:
        if "vehicles" in needs:
            offer = Offer(world, vehicles=await free_vehicles(draft, catalog, world.now, _own(world)))
        elif "departures" in needs:
            offer = Offer(world, departures=await departures(draft, catalog, world.now, _own(world)))
        elif "quote" in needs:
            offer = await _quoted(draft, world, catalog, source)
    except Refusal:
        pass  # the checks of the flow have said so already
    if "bookings" in needs and recipient is not None:
        return replace(offer, bookings=await bookings_of(recipient, world.now))
    return offer


async def _quoted(draft: Draft, world: World, catalog: Catalog, source: dict[str, Any]) -> Offer:
    """A change is compared with what was sold, a new request only priced."""
    sold = world.standing
    if sold:
        catalog, request, price = await sold_anew(draft, catalog, sold)
    else:
        request = from_draft(draft, catalog)
        price = quote(catalog, request)
    fact = price.as_fact()
    valid = as_instant(world.now + timedelta(minutes=catalog.services[request.service].hold), catalog.brand.zone)
    plain = Quote(tuple(fact["lines"]), fact["total"], fact["tax"], fact["due_now"], valid)
    told = story.told(request, price, catalog, language=source.get("language", catalog.brand.language), source=source)
    change = difference(sold, price, told, await keeps_its_place(sold, request)) if sold else None
    return Offer(world, quote=plain, story=told, change=change)


def _own(world: World) -> int:
    """The booking that is changed: what it holds itself is free for it."""
    return world.standing["id"] if world.standing else 0


async def free_vehicles(draft: Draft, catalog: Catalog, now: datetime, own: int = 0) -> tuple[VehicleOffer, ...]:
    """The tiers that take this party this way, each with its price and whether a unit is free then."""
    request = from_draft({**draft, "vehicle": None}, catalog)
    offered = []
    for vehicle, price in vehicle_prices(catalog, request):
        wanted = from_draft({**draft, "vehicle": vehicle.key}, catalog)
        free = await fits(wanted, now, own)
        offered.append(VehicleOffer(vehicle.key, vehicle.name, vehicle.seats, vehicle.bags, price.as_fact(), free))
    return tuple(offered)


async def fits(request: Request, now: datetime, own: int = 0) -> bool:
    """Whether everything a request must claim is free at this moment; what the booking `own` holds is free for it."""
    return all([await left(need, now, own) >= need.quantity for need in request.resources()])


async def left(need: Need, now: datetime, own: int = 0) -> int:
    """Units free over the whole of a need's interval; a departure nobody has booked yet is wholly free."""
    free = await claims.free(need.resource, need.starts, need.ends, now, own)
    return need.units if free is None else free


async def departures(draft: Draft, catalog: Catalog, now: datetime, own: int = 0) -> tuple[DepartureOffer, ...]:
    """A tour's next departures with seats for the party: of the named day, else of the weeks after it; of the coming weeks.

    Those that are full on the way there are last.
    """
    full: list[DepartureOffer] = []
    for first, last in _spans(draft, now.astimezone(ZoneInfo(catalog.brand.zone)).date()):
        found = await _between(first, last, draft, catalog, now, own)
        full += [each for each in found if each.full]
        if free := [each for each in found if not each.full]:
            return (*free, *full)
    return tuple(full)


def _spans(draft: Draft, today: date) -> list[tuple[date, date]]:
    weeks = timedelta(days=DAYS_SHOWN)
    if draft.get("date"):
        named = date.fromisoformat(draft["date"])
        return [(named, named), (named + timedelta(days=1), named + weeks)]
    return [(today, today + weeks)]


async def _between(
    first: date, last: date, draft: Draft, catalog: Catalog, now: datetime, own: int
) -> tuple[DepartureOffer, ...]:
    service = catalog.services[draft["service"]]
    offered: list[DepartureOffer] = []
    for departure in catalog.departures_between(catalog.performed(service).key, first, last):
        starts = utc(departure.local, catalog.brand.zone)
        if starts >= now + timedelta(minutes=service.notice):
            offered += await _offered(departure, draft, catalog, now, own)
        if sum(not each.full for each in offered) == DEPARTURES_SHOWN:
            break
    return tuple(offered)


async def _offered(
    departure: Departure, draft: Draft, catalog: Catalog, now: datetime, own: int
) -> list[DepartureOffer]:
    try:
        request = from_draft({**draft, "departure": departure.key, "extras": {}}, catalog)
        price = quote(catalog, request).total
    except Refusal:
        return []
    needs = request.resources()
    seats = min([await left(need, now, own) for need in needs], default=0)
    full = any(seats < need.quantity for need in needs)
    starts = as_instant(request.legs[0].starts, catalog.brand.zone)
    return [DepartureOffer(starts, seats, price.as_fact(), departure.private, full)]


async def alternatives(draft: Draft, catalog: Catalog, now: datetime, own: int = 0) -> dict[str, Any]:
    """What is free instead of something sold out: other vehicles, nearby times, other departures.

    `returning` says that it is the way back which is taken; the times are then times of that.
    """
    try:
        if catalog.performed(catalog.services[draft["service"]]).tour:
            that_day = {**draft, "date": draft["departure"][:10]}
            return {
                "departures": [
                    _plain_departure(each) for each in await departures(that_day, catalog, now, own) if not each.full
                ][:4]
            }
        others = [each for each in await free_vehicles(draft, catalog, now, own) if each.free]
        returning = await _only_the_way_back_is_taken(draft, catalog, now, own)
        return {
            "vehicles": [_plain_vehicle(each) for each in others],
            "times": await _times_nearby(draft, catalog, now, own, *(BACK if returning else THERE)),
            "returning": returning,
        }
    except Refusal:
        return {}


async def _only_the_way_back_is_taken(draft: Draft, catalog: Catalog, now: datetime, own: int) -> bool:
    there, *back = from_draft(draft, catalog).legs
    free = [await left(need, now, own) >= need.quantity for need in there.resources()]
    return bool(back) and all(free)


async def _times_nearby(draft: Draft, catalog: Catalog, now: datetime, own: int, day: str, time: str) -> list[str]:
    asked = datetime.fromisoformat(f"{draft[day]}T{draft[time]}")
    found: list[str] = []
    for minutes in (30, -30, 60, -60, 90, 120, 180, 240):
        local = asked + timedelta(minutes=minutes)
        if local.date() != asked.date() or len(found) == 3:
            continue
        try:
            request = from_draft({**draft, time: local.strftime("%H:%M")}, catalog, now)
        except Refusal:
            continue
        if await fits(request, now, own):
            found.append(local.strftime("%H:%M"))
    return sorted(found)


def _plain_vehicle(each: VehicleOffer) -> dict[str, Any]:
    return {"key": each.key, "name": dict(each.name), "seats": each.seats, "bags": each.bags, "price": dict(each.price)}


def _plain_departure(each: DepartureOffer) -> dict[str, Any]:
    return {"starts": dict(each.starts), "seats_left": each.seats_left, "price": dict(each.price)}
