"""A tour: departures instead of a route."""

from flows.talk import Send
from tests.flows.people import DEPARTURES, Guest


def test_a_tour_in_spanish_from_the_first_word_to_send() -> None:
    """Day, party, departure, pick-up, extras, and no question about vehicle or luggage."""
    lucia = Guest("Lucía Fernández")
    assert "Isla Saona en catamarán, mar 24 nov." in lucia.says("hola! queremos ir a Saona el martes")
    assert lucia.block == "party"
    lucia.says("2 adultos y una niña de 7")
    assert lucia.options == ["2026-11-24T07:30", "2026-11-24T08:30"]
    lucia.says("8:30")
    assert lucia.talk.draft["departure"] == "2026-11-24T08:30"
    assert "date" not in lucia.talk.draft
    assert lucia.block == "pickup_tour"
    lucia.says("en arena blanka")
    assert lucia.talk.draft["pickup"] == {"place": "arena_blanca"}
    assert lucia.block == "extras"
    lucia.says("snorkel")
    assert lucia.talk.draft["extras"] == {"snorkel": 1}
    lucia.says("listo")
    assert lucia.block == "review"
    lucia.says("enviar")
    assert lucia.wishes == (Send(),)


def test_departures_without_enough_seats_are_not_offered() -> None:
    """Four people do not fit the three seats of 08:30."""
    guest = Guest()
    guest.says("Saona on Tuesday for 4 people")
    assert guest.options == ["2026-11-24T07:30"]


def test_a_day_without_departures_says_so_and_offers_others() -> None:
    """Wednesday has none; the nearest are shown."""
    guest = Guest()
    assert "On Wed 25 Nov no departure" in guest.says("Saona on Wednesday for 2 people")
    assert len(guest.options) == len(DEPARTURES)


def test_another_day_typed_at_the_departures_narrows_them() -> None:
    """The date is a filter, not a question."""
    guest = Guest()
    guest.says("Saona for 2 people")
    guest.says("thursday")
    assert guest.options == ["2026-11-26T07:30", "2026-11-26T08:30"]
    guest.says("thursday at 7:30")
    assert guest.talk.draft["departure"] == "2026-11-26T07:30"


def test_a_sold_out_tour_offers_a_next_step() -> None:
    """No departures at all: party, service or a person."""
    guest = Guest()
    guest.departures = ()
    guest.says("Saona for 2 people")
    assert guest.block == "no_departure"
    assert "person" in guest.options


def test_changing_from_transfer_to_tour_keeps_what_still_holds() -> None:
    """Date and party stay, the route's end and the vehicle go."""
    guest = Guest()
    guest.says("Arena Blanca to airport on Tuesday at 3pm, 2 adults")
    guest.says("change the service")
    guest.says("Saona")
    assert guest.talk.draft["party"]["adults"] == 2
    assert "dropoff" not in guest.talk.draft
    guest.says("skip")
    assert guest.options == ["2026-11-24T07:30", "2026-11-24T08:30"]
