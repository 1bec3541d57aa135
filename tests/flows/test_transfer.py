"""A transfer from the first word to the wish to send, by typing and by tapping, in both languages."""

import pytest

from flows.talk import Send
from tests.flows.people import Guest

TAPS = [
    ("service", "transfer"), ("pickup", "puj"), ("dropoff", "arena_blanca"), ("date", "2026-11-21"),
]  # fmt: skip


def whole_request(guest: Guest) -> None:
    """Everything but the review."""
    guest.says("airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags")
    for answer in ("AA1045", "the sedan", "Hannah Moore"):
        guest.says(answer)
    assert guest.block == "review"


def test_everything_said_at_once_is_understood_said_back_and_not_asked() -> None:
    """The first sentence fills service, route, date, time and party; the next question is the flight."""
    hannah = Guest("Hannah Moore")
    answer = hannah.says("airport to Bávaro tomorrow at 3pm, 4 people")
    assert "Hello Hannah, this is Costa Alisia." in answer
    assert "Airport PUJ to Bávaro, tomorrow Sat 21 Nov 15:00, 4 adults." in answer
    assert hannah.block == "flight"
    assert hannah.talk.draft == {
        "name": "Hannah Moore",
        "phone": "+447700900142",
        "service": "transfer",
        "pickup": {"place": "puj"},
        "dropoff": {"place": "bavaro"},
        "date": "2026-11-21",
        "time": "15:00",
        "party": {"adults": 4, "children": [], "infants": 0},
    }


def test_the_same_in_spanish() -> None:
    """Spanish is heard from the first words, with accents, ages and the part of the day."""
    lucia = Guest("Lucía", sender="700100201", channel="telegram", language="en")
    answer = lucia.says("PUJ a Bávaro mañana a las 3 de la tarde, 2 adultos y un niño de 4")
    assert "Aeropuerto PUJ a Bávaro, mañana sáb 21 nov 15:00, 2 adultos, 1 menor de 4 años." in answer
    assert lucia.talk.language == "es"
    assert lucia.talk.draft["party"] == {"adults": 2, "children": [4], "infants": 0}


def test_a_walk_by_typing_ends_with_the_wish_to_send() -> None:
    """Guest and bot in turn, until it is sent."""
    hannah = Guest("Hannah Moore")
    hannah.says("airport to Bávaro tomorrow at 3pm, 4 people")
    assert "How many bags" in hannah.says("AA1045")
    assert "Which vehicle" in hannah.says("3 bags")
    assert hannah.options == ["suv", "van", "minibus"]
    assert "US$48.00" in hannah.says("the van")
    assert "Child seat × 2" in hannah.says("2 child seats")
    review = hannah.says("it is our honeymoon")
    assert "Your request, Hannah Moore" in review
    assert "Occasion: Honeymoon" in review
    assert "$12.00 Child seat, 2 × $6.00" in review
    assert "US$60.00 in total, tax included" in review
    assert "By sending you accept the terms of Costa Alisia." in review
    assert hannah.options == ["send", "add", "change"]
    hannah.says("send request")
    assert hannah.wishes == (Send(),)
    assert hannah.replies == []


def test_a_plain_transfer_takes_ten_messages_by_tapping() -> None:
    """A greeting and nine taps, and every question that has options can be answered without a word."""
    guest = Guest("Ana Reyes")
    guest.says("hi")
    for tap in (("service", "transfer"), ("pickup", "puj"), ("dropoff", "arena_blanca"), ("date", "2026-11-21"), ("time", "14:00"),
                ("flight", "unknown"), ("party", "2+2"), ("vehicle", "van"), ("review", "send")):  # fmt: skip
        assert tap[1] in guest.options, guest.block
        guest.taps(*tap)
    assert guest.wishes == (Send(),)
    assert guest.count == 10


def test_what_is_not_asked_is_added_at_the_review() -> None:
    """One tap shows what there is, and each of them comes back to the review."""
    guest = Guest("Ana Reyes")
    whole_request(guest)
    guest.taps("review", "add")
    assert guest.options == ["wheelchair", "extras", "occasion", "notes", "email", "nothing"]
    guest.taps("change", "extras")
    guest.taps("extras", "flowers")
    guest.taps("extras", "done")
    guest.taps("review", "add")
    guest.taps("change", "occasion")
    guest.taps("occasion", "birthday")
    assert guest.block == "review"
    assert (guest.talk.draft["extras"], guest.talk.draft["occasion"]) == ({"flowers": 1}, "birthday")
    guest.taps("review", "add")
    assert guest.options == ["wheelchair", "notes", "email", "nothing"]
    guest.taps("change", "nothing")
    assert guest.block == "review"


def test_whoever_travels_with_children_is_asked_for_extras() -> None:
    """A seat is not something to find in a list."""
    guest = Guest("Ana Reyes")
    guest.says("airport to Bávaro tomorrow at 3pm, 2 adults and a child of 4, 2 bags, AA1045, van")
    assert guest.block == "extras"
    guest.says("a child seat")
    assert guest.talk.draft["extras"] == {"child_seat": 1}


def test_hi_is_greeted_and_asked_what_it_shall_be() -> None:
    """The first options are the transfer and every tour."""
    guest = Guest()
    assert "What may we arrange for you?" in guest.says("hi")
    assert guest.options == ["transfer", "isla_saona", "buggy_macao"]
    assert guest.before == ["hello"]


@pytest.mark.parametrize(
    "typed", ["1", "the first one", "second", "quiero un traslado", "Private transfer", "transfer please"]
)
def test_a_typed_label_number_or_place_is_the_tap(typed: str) -> None:
    """Typing an option in any of these ways chooses it."""
    guest = Guest()
    guest.says("hi")
    guest.says(typed)
    assert guest.talk.draft["service"] == ("isla_saona" if typed == "second" else "transfer")


def test_a_room_may_be_added_where_the_pickup_is_a_hotel() -> None:
    """It is not asked, from an airport it is not even offered."""
    guest = Guest()
    guest.says("from Arena Blanca to the airport")
    assert guest.block == "date"
    guest.adds("room")
    guest.says("204")
    assert guest.talk.draft["room"] == "204"
    assert guest.block == "date"


def test_the_phone_is_asked_only_where_the_channel_gives_none() -> None:
    """On WhatsApp it is known, on Telegram it is asked and a contact card answers it."""
    lucia = Guest("Lucía", sender="700100201", channel="telegram")
    lucia.says("airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags")
    for answer in ("no idea", "sedan", "Lucía Fernández"):
        lucia.says(answer)
    assert lucia.block == "phone"
    lucia.sends("contact", contact=("Lucía", "+1 809 555 0188"))
    assert lucia.talk.draft["phone"] == "+18095550188"
    assert lucia.block == "review"


def test_extras_tick_count_and_fall_off_again() -> None:
    """A piece counts up to its limit and down again, anything else is on or off; the card may be replaced and shows the total."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags")
    guest.says("AA1045")
    guest.says("sedan")
    guest.adds("extras")
    assert "US$42.00" in guest.taps("extras", "child_seat")
    assert [card.edits for card in guest.replies] == [True]
    assert "US$46.00" in guest.taps("extras", "drinks")
    for _ in range(3):
        guest.taps("extras", "child_seat")
    assert guest.talk.draft["extras"] == {"child_seat": 3, "drinks": 1}
    assert "Child seat: 3 is the most" in guest.text
    for _ in range(3):
        guest.says("One less: Child seat")
    assert guest.talk.draft["extras"] == {"drinks": 1}
    guest.taps("extras", "drinks")
    assert guest.talk.draft["extras"] == {}
    guest.says("none")
    assert guest.block == "name"


def test_extras_named_early_are_not_asked_again() -> None:
    """ "2, and flowers please" picks the vehicle and settles the extras."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm, four of us with a child seat, 2 bags")
    guest.says("AA1045")
    guest.says("2, and flowers please")
    assert guest.talk.draft["vehicle"] == "van"
    assert guest.talk.draft["extras"] == {"child_seat": 1, "flowers": 1}
    assert guest.block == "name"


def test_only_vehicles_that_are_free_and_large_enough_are_offered() -> None:
    """A sold-out tier is not an option, and naming it says so."""
    guest = Guest()
    guest.taken = {"suv"}
    guest.says("airport to Bávaro tomorrow at 3pm, 4 people, 2 bags")
    guest.says("AA1045")
    assert guest.options == ["van", "minibus"]
    guest.says("suv please")
    assert "vehicle_taken" in guest.before
    assert "vehicle" not in guest.talk.draft


def test_when_every_vehicle_is_taken_another_time_is_offered() -> None:
    """Nothing ends in a wall."""
    guest = Guest()
    guest.taken = {"sedan", "suv", "van", "minibus"}
    guest.says("airport to Bávaro tomorrow at 3pm, 4 people, 2 bags")
    guest.says("AA1045")
    assert guest.block == "no_vehicle"
    guest.says("change the time to 5pm")
    assert guest.talk.draft["time"] == "17:00"
    guest.taps("change", "date")
    assert guest.block == "date"


def test_a_child_without_an_age_is_asked_about() -> None:
    """An age may also follow later: then it stays open."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm, 2 adults and 2 kids")
    assert guest.block == "party_ages"
    guest.says("4 and 7")
    assert guest.talk.draft["party"] == {"adults": 2, "children": [4, 7], "infants": 0}
    other = Guest()
    other.says("airport to Bávaro tomorrow at 3pm, 2 adults and 1 child")
    other.taps("party", "ages")
    assert other.talk.draft["party"]["children"] == [None]
