"""What each question shows: its block, its facts, and the options to tap."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date as date_type
from datetime import timedelta
from itertools import dropwhile
from typing import Any

from flows import waiting
from flows.facts import back_of, chosen, comes_back, fetched_places, meeting_place, so_far, starts, stop, zone_key
from flows.menu import DepartureOffer, Extra, Menu, Offer, Place, Service, VehicleOffer
from flows.speech import Link, Option, Say
from flows.talk import Talk
from flows.understand.ear import Doubt
from flows.understand.party import size
from flows.understand.places import AREAS
from flows.understand.times import time_option, too_soon
from flows.understand.wheelchair import OPTIONS
from flows.when import as_instant, from_instant, instant

MOST_OPTIONS = 8
PROMISED = timedelta(hours=24)  # a price that was asked for holds
FURTHEST = 730  # days ahead that can be picked
POPULAR = 8
MOST_WAITED = 3  # departures to wait for on one card
STAYS = (3, 4, 5, 7)  # nights after which most guests go back
HOURS = ("06:00", "08:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00")


def plainly(block: str, *options: Option) -> Any:
    """A card that is the same for everyone."""

    def card(talk: Talk, offer: Offer) -> Say:
        return Say(block, {}, options)

    return card


def skip(key: str, label: str = "@skip") -> Option:
    """The option to leave a question out."""
    return Option(key, "skip", label)


def service(talk: Talk, offer: Offer) -> Say:
    """What may we arrange? Too many for one card are offered by kind; a charter only to a party that it takes."""
    menu = offer.world.menu
    fitting = [s for s in menu.services if not _too_large(talk, s)]
    kinds = dict.fromkeys("package" if s.package else s.kind for s in fitting)
    options = _services(fitting) if len(fitting) <= MOST_OPTIONS else [_kind_or_one(kind, menu) for kind in kinds]
    return Say("service", {"brand": menu.brand}, tuple(options))


def _too_large(talk: Talk, one: Service) -> bool:
    party = talk.draft.get("party")
    return bool(party and one.kind == "charter" and one.largest_party < size(party))


def _services(services: list[Service]) -> list[Option]:
    return [Option("service", s.key, s.name, s.short) for s in services]


def _kind_or_one(kind: str, menu: Menu) -> Option:
    alike = _alike(kind, menu)
    return _services(alike)[0] if len(alike) == 1 else Option("service", f"kind:{kind}", f"@kind_{kind}")


def _alike(kind: str, menu: Menu) -> list[Service]:
    return [s for s in menu.services if ("package" if s.package else s.kind) == kind]


def which_service(kind: str, menu: Menu) -> Doubt | None:
    """Which one of a kind, when the first card offered kinds."""
    alike = _alike(kind, menu)
    return Doubt("which_service", {}, tuple(_services(alike[:MOST_OPTIONS]))) if alike else None


def pickup(talk: Talk, offer: Offer) -> Say:
    """Where do we fetch you? The other end tells whether an airport or a hotel is likelier."""
    kind = _kind(talk, offer)
    tour = kind in ("tour", "charter")
    block = "pickup_tour" if tour else "pickup"
    places = _fetched(talk, offer) if tour else _popular(talk, offer)
    return Say(block, {}, _places("pickup", places), shares="place")


def dropoff(talk: Talk, offer: Offer) -> Say:
    """Where do we bring you?"""
    from_ = stop(talk.draft.get("pickup"), offer.world.menu)
    return Say("dropoff", {"pickup": from_}, _places("dropoff", _popular(talk, offer)))


def stops(talk: Talk, offer: Offer) -> Say:
    """Where do we stop on the way? Those told so far stay."""
    menu = offer.world.menu
    so_far = [stop(each, menu) for each in talk.draft.get("stops") or []]
    none = Option("stops", "none", "@no_stops")
    return Say("stops", {"stops": so_far}, (*_places("stops", _popular(talk, offer)), none))


def _kind(talk: Talk, offer: Offer) -> str:
    service = offer.world.menu.service(talk.draft.get("service"))
    return service.kind if service else "transfer"


def _popular(talk: Talk, offer: Offer) -> list[Place]:
    """The likeliest places: the main airport first unless one is at the other end, then what is marked popular."""
    menu = offer.world.menu
    taken = [(talk.draft.get(end) or {}).get("place") for end in ("pickup", "dropoff")]
    flown = any(place.kind == "airport" for place in map(menu.place, taken) if place)
    free = [place for place in menu.places if place.key not in taken and not (flown and place.kind == "airport")]
    return _likeliest(free)


def _fetched(talk: Talk, offer: Offer) -> list[Place]:
    """The likeliest of the places a tour fetches from, and last the one it starts at."""
    menu = offer.world.menu
    service = menu.service(talk.draft.get("service"))
    return _likeliest(fetched_places(service, menu)) + meeting_place(service, menu)


def _likeliest(places: list[Place]) -> list[Place]:
    likely = [place for place in places if place.popular or place.kind in AREAS]
    return sorted(likely, key=lambda place: (not place.popular, place.kind != "airport"))[:POPULAR]


def _places(end: str, places: list[Place]) -> tuple[Option, ...]:
    return tuple(Option(end, place.key, place.name) for place in places)


def date(talk: Talk, offer: Offer) -> Say:
    """Which day? The next four to tap, any other to type."""
    today = offer.world.now.date()
    days = [(today + timedelta(days=n)).isoformat() for n in range(4)]
    labels = ["@today", "@tomorrow", "@day_option", "@day_option"]
    facts = [{"date": instant(day, "12:00", offer.world.menu.zone)} for day in days]
    options = tuple(Option("date", d, label, facts=f) for d, label, f in zip(days, labels, facts, strict=True))
    soonest = offer.world.now + timedelta(minutes=offer.world.menu.notice_minutes)
    return Say("date", {}, options, pick=_days_from("date", soonest.date(), today))


def _days_from(question: str, first: date_type, today: date_type) -> dict[str, str]:
    last = today + timedelta(days=FURTHEST)
    return {"question": question, "kind": "day", "from": first.isoformat(), "to": last.isoformat()}


def _times_from(question: str, first: str = "00:00") -> dict[str, str]:
    return {"question": question, "kind": "time", "from": first, "to": "23:45"}


def time(talk: Talk, offer: Offer) -> Say:
    """At what time? At an airport it is the landing that counts. Some hours to tap, any time to write."""
    menu = offer.world.menu
    from_ = stop(talk.draft.get("pickup"), menu)
    day = instant(talk.draft["date"], "12:00", menu.zone) if "date" in talk.draft else None
    date = talk.draft.get("date", "9999-01-01")
    open_hours = dropwhile(lambda hour: too_soon(date, hour, offer.world), HOURS)
    options = tuple(time_option(hour, menu.zone) for hour in open_hours)
    facts = {"landing": bool(from_ and from_["kind"] == "airport"), "date": day}
    soonest = offer.world.now + timedelta(minutes=menu.notice_minutes)
    first = f"{soonest:%H:%M}" if talk.draft.get("date") == soonest.date().isoformat() else "00:00"
    return Say("time", facts, options, pick=_times_from("time", first))


def hours(talk: Talk, offer: Offer) -> Say:
    """For how many hours? From the fewest on, to tap; any other number to write."""
    service = offer.world.menu.service(talk.draft.get("service"))
    least, most = service.hours if service else (1, 24)
    counts = range(least, most + 1)[:MOST_OPTIONS]
    options = tuple(Option("hours", str(n), "@hours_option", facts={"hours": n}) for n in counts)
    return Say("hours", {"least": least, "most": most}, options)


def trip(talk: Talk, offer: Offer) -> Say:
    """There only, or back too?"""
    options = (Option("trip", "one_way", "@trip_one_way"), Option("trip", "return", "@trip_return"))
    return Say("trip", {"dropoff": stop(talk.draft.get("dropoff"), offer.world.menu)}, options)


def return_date(talk: Talk, offer: Offer) -> Say:
    """Which day back? Some stays to tap, any day to type."""
    zone = offer.world.menu.zone
    out = date_type.fromisoformat(talk.draft.get("date") or offer.world.now.date().isoformat())
    days = [(out + timedelta(days=n)).isoformat() for n in STAYS]
    options = (Option("return_date", day, "@day_option", facts={"date": instant(day, "12:00", zone)}) for day in days)
    pick = _days_from("return_date", out, offer.world.now.date())
    return Say("return_date", {"date": instant(out.isoformat(), "12:00", zone)}, tuple(options), pick=pick)


def return_time(talk: Talk, offer: Offer) -> Say:
    """At what time back? To an airport it hangs on the flight, from one on the landing."""
    menu, back = offer.world.menu, back_of(talk.draft)
    from_, to = stop(back.get("pickup"), menu), stop(back.get("dropoff"), menu)
    options = tuple(replace(time_option(hour, menu.zone), question="return_time") for hour in HOURS)
    flies = bool(to and to["kind"] == "airport")
    facts = {"pickup": from_, "landing": _is_airport(from_), "flies": flies}
    return Say("return_time", facts, options, pick=_times_from("return_time"))


def return_flight(talk: Talk, offer: Offer) -> Say:
    """Which flight belongs to the way back?"""
    from_ = stop(back_of(talk.draft).get("pickup"), offer.world.menu)
    unknown = Option("return_flight", "unknown", "@flight_unknown")
    return Say("return_flight", {"landing": _is_airport(from_)}, (unknown,))


def _is_airport(from_: Mapping[str, Any] | None) -> bool:
    return bool(from_ and from_["kind"] == "airport")


def departure(talk: Talk, offer: Offer) -> Say:
    """Which departure? Those with seats for the party, of the day already named when there are any."""
    people = size(talk.draft["party"]) if talk.draft.get("party") else 1
    fitting = [one for one in offer.departures if one.seats_left >= people and not one.full]
    day = talk.draft.get("date")
    that_day = [one for one in fitting if day and local_of(one).startswith(day)]
    options = tuple(_departure_option(one) for one in (that_day or fitting)[:MOST_OPTIONS])
    asked = instant(day, "12:00", offer.world.menu.zone) if day else None
    full = () if _fixed(talk) or (fitting and not day) else tuple(map(_full_option, _full(offer, day)))
    if not options:
        return Say("no_departure", {"people": people}, (*full, _change("party"), _change("service"), _person()))
    facts = {"people": people, "date": asked, "that_day": bool(that_day)}
    return Say("departure", facts, (*options, *full), photos=_photos(talk, offer))


def _photos(talk: Talk, offer: Offer) -> tuple[Mapping[str, Any], ...]:
    """What is on sale, to be seen where it is chosen."""
    service = offer.world.menu.service(talk.draft.get("service"))
    return (service.photo,) if service and service.photo else ()


def _fixed(talk: Talk) -> bool:
    """Whether what is changed holds a place, which nobody gives up for a waiting list."""
    return "changing" in talk.facts and not waiting.is_changed(talk)


def _full(offer: Offer, day: str | None) -> list[DepartureOffer]:
    """What is sold out and may be waited for: of the named day, or what comes first."""
    full = [one for one in offer.departures if one.full and (not day or local_of(one).startswith(day))]
    return full[:MOST_WAITED]


def _full_option(one: DepartureOffer) -> Option:
    return Option(
        waiting.ASKED, local_of(one), "@waiting_departure", "@waiting_departure_short", {"starts": dict(one.starts)}
    )


def local_of(one: DepartureOffer) -> str:
    """A departure's local start, as the draft keeps it: "2026-11-24T07:30"."""
    return f"{from_instant(one.starts):%Y-%m-%dT%H:%M}"


def _departure_option(one: DepartureOffer) -> Option:
    facts = {"starts": dict(one.starts), "seats": one.seats_left, "price": dict(one.price), "private": one.private}
    return Option("departure", local_of(one), "@departure_option", "@departure_short", facts)


def party(talk: Talk, offer: Offer) -> Say:
    """How many travel? Numbers that are also their place in the list."""
    kind = _kind(talk, offer)
    with_bags = kind == "transfer" and "luggage" not in talk.draft
    if with_bags:
        label, short = "@adults_bags_option", "@adults_bags_short"
        counts = [(f"{n}+{n}", {"adults": n, "bags": n}) for n in range(1, 7)]
    else:
        label, short = "@adults_option", None
        counts = [(str(n), {"adults": n}) for n in range(1, 7)]
    options = tuple(Option("party", value, label, short, facts) for value, facts in counts)
    return Say("party", {"kind": kind, "bags": with_bags}, options)


def luggage(talk: Talk, offer: Offer) -> Say:
    """How many bags?"""
    bags = tuple(Option("luggage", str(n), "@bags_option", facts={"bags": n}) for n in range(1, 7))
    return Say("luggage", {}, (*bags, Option("luggage", "0", "@no_bags")))


def wheelchair(talk: Talk, offer: Offer) -> Say:
    """Does a wheelchair come along, and does it fold?"""
    return Say("wheelchair", {}, OPTIONS)


def vehicle(talk: Talk, offer: Offer) -> Say:
    """Which vehicle? Only those that are free and large enough."""
    people = size(talk.draft["party"]) if talk.draft.get("party") else 1
    bags = talk.draft.get("luggage") or 0
    fitting = [one for one in offer.vehicles if one.seats >= people and one.bags >= bags]
    options = tuple(_vehicle_option(one) for one in fitting if one.free)
    if not options:
        waited = [] if _fixed(talk) else fitting[:1]  # the smallest that is large enough
        wait = (
            Option(waiting.ASKED, one.key, "@waiting_vehicle", "@waiting_vehicle_short", {"name": dict(one.name)})
            for one in waited
        )
        chair = talk.draft.get("wheelchair")
        other = (
            (_change("wheelchair"), _change("service")) if chair and not fitting else (_change("time"), _change("date"))
        )
        again = (*wait, *other, _change("party"), _person())
        facts = {"people": people, "bags": bags, "sold_out": bool(fitting), "wheelchair": chair}
        return Say("no_vehicle", facts, again)
    service = offer.world.menu.service(talk.draft.get("service"))
    facts = {"people": people, "bags": bags, "kind": _kind(talk, offer), "package": bool(service and service.package)}
    facts["both_ways"] = comes_back(talk.draft, offer.world.menu)
    facts["wheelchair"] = talk.draft.get("wheelchair")
    return Say("vehicle", facts, options, photos=_photos(talk, offer))


def _vehicle_option(one: VehicleOffer) -> Option:
    facts = {"name": dict(one.name), "seats": one.seats, "bags": one.bags, "price": dict(one.price)}
    return Option("vehicle", one.key, "@vehicle_option", "@vehicle_short", facts)


def extras(talk: Talk, offer: Offer) -> Say:
    """Anything to add? A tap ticks, or counts what comes by the piece; the total on the card follows."""
    menu = offer.world.menu
    service = menu.service(talk.draft.get("service"))
    on_sale = [extra for extra in menu.extras if service and extra.key in service.extras and _more(extra, service)]
    basket = talk.draft.get("extras") or {}
    options = tuple(option for extra in on_sale for option in _extra_options(extra, basket.get(extra.key, 0)))
    end = Option("extras", "done", "@done" if basket else "@no_extras")
    total = dict(offer.quote.total) if offer.quote else None
    included = [{"name": dict(one.name), "quantity": one.quantity} for one in service.included] if service else []
    facts = {"extras": chosen(basket, menu), "total": total, "included": included}
    return Say("extras", facts, (*options, end), edits=talk.choosing)


def _more(extra: Extra, service: Service) -> bool:
    """Whether there may be more of it than lies in the package already."""
    return extra.most > service.included_of(extra.key)


def _extra_options(extra: Extra, quantity: int) -> tuple[Option, ...]:
    """An extra; where a tap on a ticked one would add another, one less is beside it."""
    facts = {"name": dict(extra.name), "price": dict(extra.price), "per": extra.per, "quantity": quantity}
    option = Option("extras", extra.key, "@extra_option", extra.short or "@extra_short", facts)
    less = Option("extras", f"less:{extra.key}", "@extra_less", "@extra_less_short", {"extra": dict(extra.name)})
    return (option, less) if quantity and extra.most > 1 else (option,)


def occasion(talk: Talk, offer: Offer) -> Say:
    """Is it a special day?"""
    known = ("honeymoon", "anniversary", "birthday", "proposal")
    options = tuple(Option("occasion", key, f"@occasion_{key}") for key in known)
    return Say("occasion", {}, (*options, skip("occasion", "@no_occasion")))


def tour_notes(talk: Talk, offer: Offer) -> Say:
    """What the house must know before this tour, and anything else."""
    service = offer.world.menu.service(talk.draft.get("service"))
    return Say("tour_notes", {"questions": [dict(text) for text in service.questions] if service else []})


def name(talk: Talk, offer: Offer) -> Say:
    """In whose name? The profile's is offered."""
    options = (Option("name", "profile", talk.profile[:60]),) if talk.profile else ()
    return Say("name", {"profile": talk.profile or None}, options)


def phone(talk: Talk, offer: Offer) -> Say:
    """Which number do we call?"""
    return Say("phone", shares="phone")


def price(talk: Talk, offer: Offer) -> Say:
    """What it costs, as far as that can be told: the whole, the fares of the route, the tour for an adult."""
    menu, draft = offer.world.menu, talk.draft
    service = menu.service(draft.get("service"))
    fares = menu.fares.get((zone_key(draft.get("pickup"), menu) or "", zone_key(draft.get("dropoff"), menu) or ""), {})
    until = promise(talk, offer)["valid_until"]
    if offer.quote:
        lines = [dict(line) for line in offer.quote.lines]
        return Say("price_quoted", {"lines": lines, "total": dict(offer.quote.total), "until": until})
    if fares:
        ends = {end: stop(draft[end], menu) for end in ("pickup", "dropoff")}
        return Say(
            "price_route", ends | {"fares": _fares(fares, talk, menu)}, before=(Say("price_holds", {"until": until}),)
        )
    if service and service.price:
        block = "price_whole" if service.package or service.kind == "charter" else "price_tour"
        facts = {"service": dict(service.name), "price": dict(service.price)}
        return Say(block, facts | {"least": service.kind == "charter"})
    return Say("price_unknown")


def promise(talk: Talk, offer: Offer) -> dict[str, Any]:
    """By which version of the catalogue prices are told, and until when they hold: what was promised before still does."""
    made: dict[str, Any] | None = talk.facts.get("promised")
    if made and from_instant(made["valid_until"]) >= offer.world.now:
        return made
    return {"version": offer.world.menu.version, "valid_until": as_instant(offer.world.now + PROMISED)}


def _fares(fares: Mapping[str, Any], talk: Talk, menu: Menu) -> list[dict[str, Any]]:
    people = size(talk.draft["party"]) if talk.draft.get("party") else 1
    bags = talk.draft.get("luggage") or 0
    chair = talk.draft.get("wheelchair")
    fitting = [
        tier
        for tier in menu.vehicles
        if tier.key in fares and tier.seats >= people and tier.bags >= bags and tier.takes_chair(chair)
    ]
    return [{"name": dict(tier.name), "seats": tier.seats, "price": dict(fares[tier.key])} for tier in fitting]


def review(talk: Talk, offer: Offer, additions: list[str]) -> Say:
    """The whole request with its price, line by line, sending which accepts the terms; of a booking that is changed, what was and would be."""
    if "changing" in talk.facts:
        return change_review(talk, offer)
    more = (Option("review", "add", "@add_something"),) if additions else ()
    waits = waiting.waits(talk)
    send = Option("review", "send", "@waiting_join" if waits else "@send")
    options = (send, *more, Option("review", "change", "@change_something"))
    facts = (
        everything(talk, offer) | {"brand": offer.world.menu.brand} | ({"due": None} if waits else {})
    )  # nothing now
    return Say("review", facts, options, (Link("terms"),))


def change_review(talk: Talk, offer: Offer) -> Say:
    """What changes of a booking, what that costs, and the one tap that agrees to it."""
    end = (Option("review", "change", "@change_more"), LEAVE)
    if offer.change is None:  # it cannot be priced: nobody agrees to that
        return Say("change_unpriced", {"reference": talk.facts["reference"]}, (*end, _person()))
    facts = (
        so_far(talk.draft, offer.world)
        | dict(offer.change)
        | {"certain": talk.facts["changing"]["before"]["state"] == "booked"}
    )
    return Say("change_review", facts, (Option("review", "send", "@change_agree"), *end))


LEAVE = Option("anytime", "leave", "@change_leave")


def everything(talk: Talk, offer: Offer) -> dict[str, Any]:
    """Every answer, and the price where there is one."""
    quote, world = offer.quote, offer.world
    zone = world.menu.zone
    facts = so_far(talk.draft, world) | {"start": starts(talk.draft, zone)} | _as_told(offer.story or {})
    facts["back"] = starts(back_of(talk.draft), zone) if comes_back(talk.draft, world.menu) else None
    return facts | {
        "lines": [dict(line) for line in quote.lines] if quote else [],
        "total": dict(quote.total) if quote else None,
        "tax": _or_none(quote.tax) if quote else None,
        "due": _or_none(quote.due) if quote else None,
    }


def _as_told(story: Mapping[str, Any]) -> dict[str, Any]:
    """What only the story knows: when a tour fetches its guests, what their notes answer, whether all of it is theirs."""
    leg: Mapping[str, Any] = next(iter(story.get("legs") or ()), {})
    private = bool(story.get("service", {}).get("private"))
    return {"pickup_at": leg.get("pickup_at"), "asked": story.get("asked") or [], "private": private}


def _or_none(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(value) if value else None


def change(talk: Talk, offer: Offer, keys: list[str]) -> Say:
    """Every line that can be changed."""
    options = tuple(Option("change", key, f"@line_{key}") for key in keys)
    if "changing" in talk.facts:
        return Say("change_booked", {"reference": talk.facts["reference"]}, (*options, LEAVE), edits=True)
    return Say("change", {}, (*options, Option("change", "nothing", "@change_nothing")), edits=True)


def add(talk: Talk, offer: Offer, keys: list[str]) -> Say:
    """Whatever was not asked for and may be added."""
    options = tuple(Option("change", key, f"@line_{key}") for key in keys)
    return Say("add", {}, (*options, Option("change", "nothing", "@add_nothing")), edits=True)


def _change(key: str) -> Option:
    return Option("change", key, f"@line_{key}")


def _person() -> Option:
    return Option("anytime", "person", "@person")
