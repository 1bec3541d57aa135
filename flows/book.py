"""Book a ride, a chauffeur, a tour, a charter or a package: from "hello" to "you are booked".

Read QUESTIONS downwards: that is the conversation. Whoever answers three at once is asked only the rest; whoever changes an
answer is asked again only what hung on it. Only what a booking cannot do without is asked (`ask`): the rest is understood at any
time and offered on the review, so that a ride is booked with nine taps. The words are in templates/chat/book.en.txt, what the
cards show is in `cards.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows import answers, arriving, cards, form, hearing, hopping, news, saying, silence
from flows.arriving import Arrival
from flows.conversation import Conversation, Draft, Move, Question, Talk, Turn
from flows.facts import back_of, comes_back, kind_of
from flows.form import Filled
from flows.menu import Menu, Offer, World
from flows.speech import Heard, Option
from flows.understand.choices import a_vehicle
from flows.understand.dates import a_date
from flows.understand.details import a_flight, a_name, a_phone, a_room, an_email
from flows.understand.hours import a_service_or_hours, some_hours
from flows.understand.party import a_luggage, a_party
from flows.understand.places import a_dropoff, a_pickup
from flows.understand.stops import extras_beside_stops, some_stops
from flows.understand.times import a_time
from flows.understand.trip import a_return_date, a_return_flight, a_return_time, a_trip
from flows.understand.wheelchair import a_wheelchair


def transfer(draft: Draft, menu: Menu) -> bool:
    """A ride from one place to another."""
    service = menu.service(draft.get("service"))
    return bool(service and service.kind == "transfer")


def perhaps_a_transfer(draft: Draft, menu: Menu) -> bool:
    """A ride, or nothing chosen yet."""
    return "service" not in draft or transfer(draft, menu)


def by_the_hour(draft: Draft, menu: Menu) -> bool:
    """A car and its driver for some hours."""
    service = menu.service(draft.get("service"))
    return bool(service and service.kind == "hours")


def perhaps_by_the_hour(draft: Draft, menu: Menu) -> bool:
    """Some hours with a driver, or nothing chosen yet."""
    return "service" not in draft or by_the_hour(draft, menu)


def ride(draft: Draft, menu: Menu) -> bool:
    """Something that is driven when the guest wants it."""
    return transfer(draft, menu) or by_the_hour(draft, menu)


def perhaps_a_ride(draft: Draft, menu: Menu) -> bool:
    """A ride of either kind, or nothing chosen yet."""
    return "service" not in draft or ride(draft, menu)


def ride_with_stops(draft: Draft, menu: Menu) -> bool:
    """A ride on which we stop where the guest likes."""
    service = menu.service(draft.get("service"))
    return bool(service and service.stops)


def perhaps_with_stops(draft: Draft, menu: Menu) -> bool:
    """Such a ride, or nothing chosen yet."""
    return "service" not in draft or ride_with_stops(draft, menu)


def ride_there_and_back(draft: Draft, menu: Menu) -> bool:
    """A ride that may also bring the guest back."""
    service = menu.service(draft.get("service"))
    return bool(service and service.round_trip)


def perhaps_there_and_back(draft: Draft, menu: Menu) -> bool:
    """Such a ride, or nothing chosen yet."""
    return "service" not in draft or ride_there_and_back(draft, menu)


def way_back(draft: Draft, menu: Menu) -> bool:
    """The guest is brought back."""
    return comes_back(draft, menu)


def perhaps_a_way_back(draft: Draft, menu: Menu) -> bool:
    """The guest is brought back, or has not said yet."""
    return comes_back(draft, menu) or (perhaps_there_and_back(draft, menu) and "trip" not in draft)


def way_back_by_air(draft: Draft, menu: Menu) -> bool:
    """The way back begins or ends at an airport."""
    return comes_back(draft, menu) and "airport" in (kind_of(end, menu) for end in _ends(back_of(draft)))


def _ends(draft: Draft) -> list[Any]:
    return [draft.get("pickup"), draft.get("dropoff")]


def tour(draft: Draft, menu: Menu) -> bool:
    """Something with departures."""
    service = menu.service(draft.get("service"))
    return bool(service and service.timetable)


def tour_that_fetches(draft: Draft, menu: Menu) -> bool:
    """A tour that picks its guests up."""
    service = menu.service(draft.get("service"))
    return bool(service and service.timetable and service.pickup)


def tour_that_asks(draft: Draft, menu: Menu) -> bool:
    """A tour before which the house must know something of its guests."""
    service = menu.service(draft.get("service"))
    return bool(service and service.timetable and service.questions)


def from_a_hotel(draft: Draft, menu: Menu) -> bool:
    """Picked up at a hotel, where a room can be called."""
    return kind_of(draft.get("pickup"), menu) == "hotel"


def perhaps_from_a_hotel(draft: Draft, menu: Menu) -> bool:
    """Picked up at a hotel, or nobody knows yet where."""
    return "pickup" not in draft or from_a_hotel(draft, menu)


def at_an_airport(draft: Draft, menu: Menu) -> bool:
    """One end of the ride is an airport, so a flight matters."""
    return ride(draft, menu) and "airport" in (kind_of(end, menu) for end in _ends(draft))


def perhaps_at_an_airport(draft: Draft, menu: Menu) -> bool:
    """One end of the ride is an airport, or may be one yet."""
    unknown = not {"pickup", "dropoff"} <= set(draft)
    return at_an_airport(draft, menu) or (unknown and perhaps_a_ride(draft, menu))


def extras_on_sale(draft: Draft, menu: Menu) -> bool:
    """The service has extras."""
    service = menu.service(draft.get("service"))
    return bool(service and service.extras)


def perhaps_extras_on_sale(draft: Draft, menu: Menu) -> bool:
    """Such a service, or nothing chosen yet."""
    return "service" not in draft or extras_on_sale(draft, menu)


def extras_for_children(draft: Draft, menu: Menu) -> bool:
    """Children travel, for whom a seat may be needed: their parents are asked, everybody else may add what they like."""
    party = draft.get("party")
    return bool(party and (party["children"] or party["infants"])) and extras_on_sale(draft, menu)


NO_FLIGHT = Option("flight", "unknown", "@flight_unknown")
card = cards.plainly

QUESTIONS = (
    Question("service", a_service_or_hours, cards.service),
    Question("pickup", a_pickup, cards.pickup, only_if=ride),
    Question("dropoff", a_dropoff, cards.dropoff, only_if=transfer),
    Question("stops", some_stops, cards.stops, only_if=ride_with_stops, kept_if=perhaps_with_stops, ask=False),
    Question(
        "room",
        a_room,
        card("room", cards.skip("room")),
        only_if=from_a_hotel,
        kept_if=perhaps_from_a_hotel,
        whole=answers.room,
        skips=True,
        ask=False,
    ),
    Question("date", a_date, cards.date, only_if=ride, kept_if=lambda draft, menu: True),
    Question("time", a_time, cards.time, only_if=ride, kept_if=perhaps_a_ride, counts=True),
    Question("hours", some_hours, cards.hours, only_if=by_the_hour, kept_if=perhaps_by_the_hour, counts=True),
    Question(
        "plan",
        answers.nothing,
        card("plan", cards.skip("plan", "@no_plan")),
        only_if=by_the_hour,
        whole=answers.notes,
        skips=True,
        ask=False,
    ),
    Question("flight", a_flight, card("flight", NO_FLIGHT), only_if=at_an_airport, kept_if=perhaps_at_an_airport),
    Question("trip", a_trip, cards.trip, only_if=ride_there_and_back, kept_if=perhaps_there_and_back, ask=False),
    Question("return_date", a_return_date, cards.return_date, only_if=way_back, kept_if=perhaps_a_way_back),
    Question(
        "return_time", a_return_time, cards.return_time, only_if=way_back, kept_if=perhaps_a_way_back, counts=True
    ),
    Question(
        "return_flight", a_return_flight, cards.return_flight, only_if=way_back_by_air, kept_if=perhaps_a_way_back
    ),
    # read behind the party (the last row reads first): "my mother in a wheelchair" is one of them
    Question("wheelchair", a_wheelchair, cards.wheelchair, ask=False),
    Question("party", a_party, cards.party, counts=True),
    Question("departure", answers.a_departure, cards.departure, only_if=tour, needs="departures"),
    Question("pickup", a_pickup, cards.pickup, only_if=tour_that_fetches),
    Question("luggage", a_luggage, cards.luggage, only_if=transfer, kept_if=perhaps_a_transfer, counts=True),
    Question("vehicle", a_vehicle, cards.vehicle, only_if=ride, kept_if=perhaps_a_ride, needs="vehicles"),
    Question("extras", extras_beside_stops, cards.extras, only_if=extras_for_children, needs="quote"),
    Question(
        "extras",
        extras_beside_stops,
        cards.extras,
        only_if=extras_on_sale,
        kept_if=perhaps_extras_on_sale,
        needs="quote",
        ask=False,
    ),
    Question("occasion", answers.an_occasion, cards.occasion, whole=answers.occasion, skips=True, ask=False),
    Question("notes", answers.nothing, cards.tour_notes, only_if=tour_that_asks, whole=answers.tour_notes),
    Question(
        "notes",
        answers.nothing,
        card("notes", cards.skip("notes", "@no_notes")),
        whole=answers.notes,
        skips=True,
        ask=False,
    ),
    Question("name", a_name, cards.name, whole=answers.name),
    Question("phone", a_phone, cards.phone, counts=True),
    Question("email", an_email, card("email", cards.skip("email")), skips=True, ask=False),
)

MOVES = (
    Move("sent", at=("review",), to="waiting_payment"),
    Move("waitlisted", at=("review",), to="waitlisted"),
    Move("offered", at=("waitlisted",), to="waiting_payment"),
    Move("hold_ended", at=("waiting_payment",), to="review"),
    Move("paid", at=("review", "waitlisted", "waiting_payment"), to="booked"),
)

BOOKING = Conversation(QUESTIONS, then="review", moves=MOVES)


def hear(talk: Talk, heard: Heard, world: World) -> Talk:
    """Understand one message and move. Never raises, whatever was written; the talk that was given stays as it was."""
    return hearing.hear(BOOKING, talk, heard, world)


def arrive(talk: Talk, arrival: Arrival, heard: Heard, world: World) -> Talk:
    """The talk after someone came in by a link (`flows/arriving.py`), `heard` by the channel."""
    return arriving.arrive(BOOKING, talk, arrival, heard, world)


def take_up(old: Talk, here: Talk, heard: Heard, world: World, *, silent: bool) -> Talk:
    """The talk of another channel as it goes on here (`flows/hopping.py`); `here` is what was said on this one before."""
    return hopping.taken_up(BOOKING, old, here, heard, world, silent=silent)


def still_open(talk: Talk, menu: Menu) -> list[str]:
    """The keys of every question that is not answered yet, in their order."""
    return list(dict.fromkeys(row.key for row in QUESTIONS if BOOKING.is_open(row, talk, menu)))


def fill_in(fields: Mapping[str, str], world: World, language: str, now: datetime) -> Filled:
    """The answers of a form on a page (`flows/form.py`)."""
    return form.filled(BOOKING, fields, world, language, now)


def filled_in(draft: Mapping[str, Any], world: World, language: str) -> dict[str, str]:
    """A draft as the fields of that form."""
    return form.fields_of(draft, world, language)


def needs(talk: Talk) -> tuple[str, ...]:
    """What `say` must be offered: any of "vehicles", "departures", "quote" and "bookings"."""
    return saying.needs(BOOKING, talk)


def say(talk: Talk, offer: Offer) -> Turn:
    """What is said now, what is wished of the handler, and the talk to keep."""
    return saying.say(BOOKING, talk, offer)


def nudged(talk: Talk, world: World) -> Talk | None:
    """The talk that asks its open question once more after a silence; None where nobody waits for an answer."""
    return silence.nudged(BOOKING, talk, world)


def learn(talk: Talk, what: str, facts: Mapping[str, Any]) -> Talk:
    """The world moved: "sent", "sold_out", "too_late", "hold_ended", "paid", "payment_failed", "handed_back", "answered".

    Facts are told in `flows/news.py`. News that came too late to mean anything here leaves the talk as it was.
    """
    return news.learn(BOOKING, talk, what, facts)
