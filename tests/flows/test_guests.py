"""Guests as they really write: transcripts of what was once misread."""

import pytest

from flows.talk import Person, Send
from tests.flows.people import Guest

ALL_AT_ONCE = "airport to Bávaro tomorrow at 3pm, AA1045, 2 adults, 2 bags, sedan, no extras, no occasion, no notes"


def asked_for_a_name(name: str = "Hannah") -> Guest:
    """A guest whose profile gives no whole name, and of whom everything else is known."""
    guest = Guest(name)
    guest.says(ALL_AT_ONCE)
    assert guest.block == "name"
    return guest


@pytest.mark.parametrize("yes", ["yes", "sí", "ok", "me", "mine", "a mi nombre", "sí, soy yo", "that's me", "1"])
def test_a_yes_takes_the_name_that_is_offered(yes: str) -> None:
    """Nobody is called "yes"."""
    guest = asked_for_a_name()
    guest.says(yes)
    assert guest.talk.draft["name"] == "Hannah"
    assert guest.block == "review"


@pytest.mark.parametrize("word", ["yes", "no", "ok", "skip", "done", "send", "listo", "omitir", "next"])
def test_a_word_that_is_no_name_is_asked_again(word: str) -> None:
    """Where no name is offered, a yes names nobody."""
    guest = asked_for_a_name("")
    guest.says(word)
    assert guest.block == "name_again"
    assert "name" not in guest.talk.draft


@pytest.mark.parametrize("name", ["Hannah Moore", "José Luis Pérez", "D'Angelo O'Neill-Smith", "李 小龙 Lee"])
def test_a_whole_name_of_the_profile_is_taken(name: str) -> None:
    """It stands on the review, where it can be changed; nobody is asked what the channel told."""
    guest = Guest(name)
    assert f"Your request, {name}" in guest.says(ALL_AT_ONCE)
    assert guest.block == "review"
    guest.says("the name is Peter Smith")
    assert guest.talk.draft["name"] == "Peter Smith"


@pytest.mark.parametrize("name", ["Ana", "🌴Mike🌴", "A B", "Punta Cana 24/7", "ana_1988 x", "~", "."])
def test_a_profile_that_is_no_whole_name_is_only_offered(name: str) -> None:
    """A driver must know whom to wait for."""
    guest = Guest(name)
    guest.says(ALL_AT_ONCE)
    assert guest.block == "name"
    assert "name" not in guest.talk.draft


def test_everything_in_one_message_needs_one_more() -> None:
    """What is declined is understood too: request, send."""
    guest = Guest("")
    guest.says(f"{ALL_AT_ONCE}, name Hannah Moore, no email")
    assert guest.block == "review"
    guest.says("send")
    assert guest.wishes == (Send(),)
    assert (guest.talk.draft["name"], guest.talk.draft["extras"], guest.talk.draft["notes"]) == (
        "Hannah Moore",
        {},
        None,
    )


def test_someone_who_presents_herself_is_known_by_her_name() -> None:
    """ "I'm Hannah Moore" is a name for its capitals; "I'm at the hotel" is none."""
    guest = Guest()
    guest.says("Hi, I'm Hannah Moore, airport to Bávaro tomorrow 3pm")
    assert guest.talk.draft["name"] == "Hannah Moore"
    other = Guest()
    other.says("soy alérgica al maní, aeropuerto a Bávaro mañana")
    assert "name" not in other.talk.draft


def at_occasion() -> Guest:
    """A guest who is asked for the occasion."""
    guest = Guest("Ana Reyes")
    guest.says(ALL_AT_ONCE.replace(", no occasion", ""))
    guest.adds("occasion")
    assert guest.block == "occasion"
    return guest


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("birthday", "birthday"), ("cumpleaños", "birthday"), ("It's our anniversary", "anniversary"), ("3", "birthday"),
        ("honeymoon!", "honeymoon"), ("my wife's birthday", "birthday"), ("luna de miel", "honeymoon"),
        ("Birthday, 60 years", "Birthday, 60 years"), ("a reunion", "a reunion"), ("ok", None), ("no", None),
    ],
)  # fmt: skip
def test_a_known_occasion_is_kept_by_its_key(typed: str, kept: str | None) -> None:
    """Free text stays as it was typed."""
    guest = at_occasion()
    guest.says(typed)
    assert guest.talk.draft["occasion"] == kept


def test_an_occasion_is_read_in_the_readers_language() -> None:
    """Told in English, reviewed in Spanish."""
    guest = at_occasion()
    guest.taps("occasion", "birthday")
    assert "Occasion: Birthday" in guest.text
    assert "Ocasión: Cumpleaños" in guest.says("español")


def test_a_yes_alone_is_no_occasion() -> None:
    """It is asked which."""
    guest = at_occasion()
    guest.says("yes please")
    assert guest.block == "occasion_again"
    guest.says("ana@example.com")
    assert guest.talk.draft["email"] == "ana@example.com"
    assert "occasion" not in guest.talk.draft


def test_flowers_for_an_anniversary_are_both() -> None:
    """The extra and the occasion, in one sentence at the review."""
    guest = Guest("John Baker")
    guest.says("airport to Bávaro tomorrow 3pm, AA1045, 2 people, 2 bags, suv")
    guest.says("flowers for my wife, it is our anniversary")
    assert (guest.talk.draft["extras"], guest.talk.draft["occasion"]) == ({"flowers": 1}, "anniversary")
    guest.says("remove the flowers")
    assert guest.talk.draft["extras"] == {}


def test_a_girl_is_not_called_a_boy() -> None:
    """A child is said back without guessing."""
    assert "1 menor de 7 años" in Guest().says("PUJ a Bávaro mañana, 2 adultos y una niña de 7")


def test_ages_may_follow_the_children_bare() -> None:
    """ "2 kids 3 and 5 and a baby"."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow 3pm, 2 adults, 2 kids 3 and 5 and a baby, 4 bags")
    assert guest.talk.draft["party"] == {"adults": 2, "children": [3, 5], "infants": 1}


def test_a_tour_does_not_fetch_everywhere() -> None:
    """Said at once, with the places it does fetch from and the one it starts at."""
    guest = Guest("Ana Reyes")
    guest.says("saona on tuesday for 2 adults")
    guest.says("1")
    answer = guest.says("Samaná")
    assert "does not fetch guests at Samaná" in answer
    assert guest.block == "no_pickup"
    assert guest.options[-2:] == ["bayahibe", "person"]
    guest.says("we'll come on our own")
    assert guest.talk.draft["pickup"] == {"place": "bayahibe"}
    assert guest.block == "review"


def test_what_a_tour_must_know_is_asked_with_the_notes() -> None:
    """A bare "no" is kept as it was typed, apart from the question; it cannot be skipped."""
    guest = Guest("Ana")
    guest.says("buggy ride on tuesday for 2 adults")
    for answer in ("1", "arena blanca"):
        guest.says(answer)
    assert "Is anyone pregnant?" in guest.text
    guest.says("no")
    assert guest.talk.draft["notes"] == "no"


def test_a_tour_has_a_youngest_age() -> None:
    """Before a departure is offered, not after."""
    guest = Guest("Ana")
    guest.says("buggy ride on tuesday for 2 adults and a child of 4")
    assert guest.block == "party_young"


def test_to_be_there_by_a_time_is_no_pickup_time() -> None:
    """The way to the airport is counted back from the arrival or the flight, and offered."""
    guest = Guest("Bob")
    answer = guest.says("I need to be at the airport by 2pm tomorrow from Arena Blanca, 2 people")
    assert "To be at Airport PUJ by 14:00 we would fetch you at 13:15" in answer
    guest.says("my flight leaves at 16:30")
    assert "For a flight at 16:30 we would fetch you at 12:45" in guest.text
    guest.says("yes")
    assert guest.talk.draft["time"] == "12:45"


def test_a_flight_that_lands_is_taken_at_its_time() -> None:
    """From an airport, the flight's time is the ride's."""
    guest = Guest("Bob")
    guest.says("airport to Bávaro tomorrow, our flight is at 5pm")
    assert guest.talk.draft["time"] == "17:00"


def test_midnight_has_two_days() -> None:
    """The night before or the night after is asked, and either is one tap."""
    guest = Guest("Bob")
    guest.says("airport to Bávaro on Sunday at midnight, 2 people")
    assert guest.block == "which_midnight"
    assert guest.options == ["2026-11-22T00:00", "2026-11-23T00:00"]
    guest.says("2")
    assert (guest.talk.draft["date"], guest.talk.draft["time"]) == ("2026-11-23", "00:00")


def test_the_half_of_the_day_may_come_later() -> None:
    """ "3", then "afternoon"."""
    guest = Guest("Bob")
    guest.says("airport to Bávaro sunday")
    guest.says("3")
    guest.says("in the afternoon")
    assert guest.talk.draft["time"] == "15:00"


def test_whoever_asks_the_price_first_is_told_it() -> None:
    """Fares of the route before anything else is known, then for the party; an extra that is asked about is not ordered."""
    guest = Guest("Bob")
    answer = guest.says("how much from the airport to Bávaro?")
    assert "$36.00 Sedan, up to 3 people" in answer
    answer = guest.says("and how much for 4 people?")
    assert "Sedan" not in answer and "$48.00 Van" in answer
    guest.says("is the child seat free?")
    assert "extras" not in guest.talk.draft
    assert "US$99.00 per adult" in Guest().says("how much is saona?")


def test_the_price_may_be_asked_while_vehicles_are_shown() -> None:
    """The vehicles stay on the card."""
    guest = Guest("Bob")
    guest.says("airport to Bávaro tomorrow 3pm, AA1045, 2 people, 2 bags")
    guest.says("price?")
    assert guest.block == "vehicle"


@pytest.mark.parametrize("typed", ["do you have wifi in the car?", "¿aceptan tarjeta?", "do you take amex"])
def test_what_only_a_person_knows_is_passed_to_one(typed: str) -> None:
    """The question stays open, and is not taken for a place or a name."""
    for guest in (asked_for_a_name(), Guest("Bob")):
        if not guest.talk.turn:
            guest.says("transfer")
        guest.says(typed)
        assert guest.before == ["for_team"]
        assert guest.options[-1] == "person"
        assert guest.talk.misses == 0


def test_a_yes_to_a_person_calls_one() -> None:
    """ "Shall I ask a person?" is a question that can be answered."""
    guest = Guest("Bob")
    guest.says("airport to Bávaro tomorrow 3pm, AA1045, 2 people, 2 bags")
    for _ in range(3):
        guest.says("ok")
    assert "offer_person" in guest.before
    guest.says("yes")
    assert isinstance(guest.wishes[0], Person)


@pytest.mark.parametrize(
    "typed",
    ["I'd rather speak with someone from your team", "quiero hablar con una persona de verdad", "can someone call me"],
)
def test_a_person_is_asked_for_in_many_words(typed: str) -> None:
    """And it is not a party of one."""
    guest = Guest("Bob")
    guest.says(typed)
    assert isinstance(guest.wishes[0], Person)


@pytest.mark.parametrize(
    ("typed", "route"),
    [
        ("necesito un transporte pal aeropuerto desde arena blanca", ("arena_blanca", "puj")),
        ("una guagua del aeropuerto pa bavaro mañana", ("puj", "bavaro")),
        ("llego mañana a las 3 de la tarde al aeropuerto, voy para el hotel arena blanca", ("puj", "arena_blanca")),
        ("two of us landing at PUJ tomorrow at 2pm, staying at Hyatt Ziva", ("puj", "hyatt_ziva")),
        ("transfer puj bavaro tomorrow", ("puj", "bavaro")),
    ],
)
def test_routes_as_guests_say_them(typed: str, route: tuple[str, str]) -> None:
    """Dominican prepositions, arriving and staying, two names side by side."""
    guest = Guest()
    guest.says(typed)
    draft = guest.talk.draft
    assert (draft["pickup"], draft["dropoff"]) == ({"place": route[0]}, {"place": route[1]})


def test_an_address_that_names_its_area_needs_no_question() -> None:
    """An apartment is no room of ours, commas are part of it."""
    guest = Guest("Bob")
    guest.says("from the airport to our airbnb: Calle Los Manglares 12, apt 3B, Bávaro, tomorrow 3pm, 3 people")
    assert guest.talk.draft["dropoff"] == {"typed": "airbnb: Calle Los Manglares 12, apt 3B, Bávaro", "zone": "bavaro"}
    assert guest.block == "flight"


@pytest.mark.parametrize("typed", ["si", "no", "ya", "dale", "na", "ok", "nope", "mine"])
def test_a_yes_or_no_is_no_place_in_any_language(typed: str) -> None:
    """It is asked again instead of kept as it was typed."""
    guest = Guest("Ana", language="es")
    guest.says("un traslado")
    guest.says(typed)
    assert guest.block == "pickup_again"


@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [
        ("sorry, I meant Macao", "dropoff", {"place": "macao"}), ("not tomorrow, sunday", "date", "2026-11-22"),
        ("change the time to 5pm", "time", "17:00"),
    ],
)  # fmt: skip
def test_a_correction_is_said_back(typed: str, key: str, value: object) -> None:
    """At the review too."""
    guest = Guest("Bob Marsh")
    guest.says("airport to Bávaro tomorrow 3pm, AA1045, 2 people, 2 bags, van")
    guest.says(typed)
    assert guest.talk.draft[key] == value
    assert "understood" in guest.before


def test_a_day_is_no_room_and_another_hotel_is_the_pickup() -> None:
    """At "what is your room number?"."""
    guest = Guest("Bob")
    guest.says("from Arena Blanca to the airport")
    guest.adds("room")
    guest.says("tomorrow 10am")
    assert guest.talk.draft["time"] == "10:00"
    guest.says("Palma Real")
    assert guest.talk.draft["pickup"] == {"place": "palma_real"}
    guest.says("B-12")
    assert guest.talk.draft["room"] == "B-12"


def test_an_old_card_that_changes_something_says_so() -> None:
    """The guest sees what the tap did."""
    guest = Guest("Bob")
    guest.says("airport to Bávaro tomorrow")
    assert "Pick-up: Airport SDQ." in guest.taps("pickup", "sdq", 1)


@pytest.mark.parametrize(
    ("typed", "vehicle"), [("the cheapest", "sedan"), ("la más grande", "minibus"), ("whichever", "sedan")]
)
def test_a_vehicle_by_its_price_or_size(typed: str, vehicle: str) -> None:
    """The list runs from small to large."""
    guest = Guest("Bob")
    guest.says("airport to Bávaro tomorrow 3pm, AA1045, 2 people, 2 bags")
    guest.says(typed)
    assert guest.talk.draft["vehicle"] == vehicle


def test_a_round_trip_is_told_what_becomes_of_the_way_back() -> None:
    """Its day is not taken for the day of this ride."""
    guest = Guest("Ana")
    answer = guest.says(
        "ida y vuelta aeropuerto bavaro el 28 de noviembre a las 3pm, regreso el 5 de diciembre, 2 adultos"
    )
    assert "El regreso es una reserva aparte" in answer
    assert guest.talk.draft["date"] == "2026-11-28"


def test_a_flight_told_before_the_route_becomes_a_pickup_with_it() -> None:
    """Where to is asked first, then the pick-up is counted back."""
    guest = Guest("Bob")
    guest.says("from Arena Blanca tomorrow, my flight is at 6pm")
    assert guest.block == "dropoff"
    guest.says("airport")
    assert "For a flight at 18:00 we would fetch you at 14:15" in guest.text


def test_my_son_is_a_child_and_a_seat_is_none() -> None:
    """ "2 adults and my son, he is 9"; a baby car seat is no baby."""
    guest = Guest("Bob")
    guest.says("airport to Bávaro tomorrow 3pm, AA1045, 2 adults and my son, he is 9, 2 bags, suv")
    assert guest.talk.draft["party"] == {"adults": 2, "children": [9], "infants": 0}
    guest.says("a baby car seat")
    assert guest.talk.draft["party"]["infants"] == 0
    guest.says("a child car seat")
    assert guest.talk.draft["extras"] == {"child_seat": 1}


@pytest.mark.parametrize(
    "typed",
    [
        "Can you pick us up at Arena Blanca tomorrow at 5 in the morning and take us to the airport?",
        "quisiera cotizar un traslado para 6 personas desde arena blanca al aeropuerto para el viernes",
    ],
)
def test_the_words_around_a_route_are_no_places(typed: str) -> None:
    """Polite sentences."""
    guest = Guest("Bob")
    guest.says(typed)
    assert (guest.talk.draft["pickup"], guest.talk.draft["dropoff"]) == ({"place": "arena_blanca"}, {"place": "puj"})


def test_two_things_in_doubt_are_both_cleared_up() -> None:
    """Neither is lost when a third thing is changed meanwhile."""
    guest = Guest("Bob")
    guest.says(f"{ALL_AT_ONCE}, name Bob Dylan, no email")
    guest.says("make it Sunday at 4")
    guest.says("and 3 kids")
    guest.says("change the notes")
    guest.says("no")
    assert guest.block == "which_time"
    guest.says("16:00")
    assert guest.block == "party_ages"
    guest.says("keep it")
    assert guest.talk.draft["time"] == "16:00"


def test_a_line_is_changed_in_many_words() -> None:
    """The number of people is no phone number, and "change drop off" is no place."""
    guest = Guest("Bob")
    guest.says(f"{ALL_AT_ONCE}, name Bob Dylan, no email")
    guest.says("change drop off to Macao")
    assert guest.talk.draft["dropoff"] == {"place": "macao"}
    assert guest.block == "review"
    guest.says("change the number of people")
    assert guest.block == "party"
