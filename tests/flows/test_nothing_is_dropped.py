"""Whatever a guest says is taken, asked about or shown back; nothing disappears without a sentence."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import words
from bot.carriers import numbered
from flows.book import BOOKING
from flows.filling import read
from flows.understand.languages import ALL as LANGUAGES
from flows.understand.languages import vocabularies
from flows.understand.leftovers import is_told
from flows.understand.text import BLANK, fold, plain
from tests.flows.people import MENU, Guest, both, usd
from tests.flows.test_after_send import SENT
from tests.flows.test_bad_input import at
from tests.flows.test_transfer import whole_request

ALL = "airport to Bávaro tomorrow 3pm, AA1045, 2 people, 2 bags, suv"
TODO = "aeropuerto a Bávaro mañana a las 3 de la tarde, vuelo AA1045, 2 personas, 2 maletas, suv"


def reviewing(language: str = "en") -> Guest:
    """A guest who looks at the review."""
    guest = Guest("Hannah Moore")
    whole_request(guest)
    guest.talk.language = language
    return guest


def booked() -> Guest:
    """A guest who has paid."""
    guest = reviewing()
    guest.says("send")
    guest.learns("sent", **SENT)
    guest.learns(
        "paid", reference="CA-7K4M2", paid=usd(36), total=usd(36), lead="Rafael", meeting=both("exit B", "salida B")
    )
    return guest


# --- what was not understood ---


@pytest.mark.parametrize(
    ("before", "typed", "left"),
    [
        ([ALL], "2 child seats and a dog", '"a dog"'),
        ([TODO], "2 sillas infantiles y un perro", '"un perro"'),
        ([], "airport to Bávaro tomorrow at 3pm, we bring a surfboard", '"we bring a surfboard"'),
        ([], "airport to Bávaro with a surfboard", '"a surfboard"'),
        ([], "aeropuerto a Bávaro mañana, llevamos un perro", '"llevamos un perro"'),
        (["transfer"], "Arena Blanca, lobby two", '"lobby two"'),
        (["airport to Bávaro"], "sunday, blorp", '"blorp"'),
        (["airport to Bávaro tomorrow"], "3pm and a parrot", '"a parrot"'),
        (["airport to Bávaro tomorrow at 3pm"], "AA1045, terminal unknown", '"terminal unknown"'),
        (["airport to Bávaro tomorrow at 3pm, AA1045"], "2 adults and a parrot", '"a parrot"'),
        (["airport to Bávaro tomorrow at 3pm, AA1045, 2 adults"], "2 bags and a surfboard", '"a surfboard"'),
        (["airport to Bávaro tomorrow at 3pm, AA1045, 2 adults, 2 bags"], "the van, with a trailer", '"a trailer"'),
        (["airport to Bávaro tomorrow at 3pm, AA1045, 2 adults, 2 bags"], "2, and a trailer", '"a trailer"'),
        (["hi"], "saona, blorp blorp", '"blorp blorp"'),
        (["from Arena Blanca to the airport"], "tomorrow and a parrot", '"a parrot"'),
    ],
)
def test_what_is_left_over_is_shown_back(before: list[str], typed: str, left: str) -> None:
    """At every question, in both languages; the rest is taken."""
    guest = at(*before)
    draft = dict(guest.talk.draft)
    answer = guest.says(typed)
    assert "leftover" in guest.before
    assert left in answer
    assert guest.talk.draft != draft


@pytest.mark.parametrize(
    ("language", "typed", "words"),
    [
        ("en", "add flowers and a parrot", ("add a note", "change the note")),
        ("es", "flores y un loro", ("añadir una nota", "cambiar la nota")),
    ],
)
def test_it_is_told_how_to_add_to_the_notes(language: str, typed: str, words: tuple[str, str]) -> None:
    """In words that open them, and open them again."""
    guest = reviewing(language)
    for each in words:
        assert each in guest.says(typed)
        guest.says(each)
        assert guest.block == "notes"
        guest.says("it is quiet")
        assert guest.block == "review"


@pytest.mark.parametrize(
    "typed",
    [
        "Can you pick us up at Arena Blanca tomorrow at 5 in the morning and take us to the airport?",
        "Hello! We are two and we would love a transfer from the airport to Bávaro tomorrow at 3pm, thanks a lot",
        "quisiera cotizar un traslado para 6 personas desde arena blanca al aeropuerto para el viernes, gracias",
        "Hi, I'm Hannah Moore, airport to Bávaro tomorrow 3pm",
        "how much from the airport to Bávaro, for 4 people?",
        "ida y vuelta aeropuerto bavaro el 28 de noviembre a las 3pm, regreso el 5 de diciembre, 2 adultos",
        "from the airport to our airbnb: Calle Los Manglares 12, apt 3B, Bávaro, tomorrow 3pm, 3 people",
        "Hello, airport to Bávaro mañana a las 3pm, 2 adultos",
        "puj bavaro, 2 adults and 2 kids, 4 and 7 years old, please",
    ],
)
def test_polite_words_are_not_called_misunderstood(typed: str) -> None:
    """Only a part of which nothing was understood is shown back."""
    guest = Guest()
    guest.says(typed)
    assert "leftover" not in guest.before


def test_a_part_in_the_other_language_is_understood() -> None:
    """ "…, somos 4" in an English sentence."""
    guest = Guest()
    guest.says("Hello please, from the airport to Bávaro tomorrow at 3pm, somos 4")
    assert guest.talk.draft["party"]["adults"] == 4


def test_a_question_beside_an_answer_is_for_the_team() -> None:
    """The answer is kept, the question has its sentence."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm, do you have wifi?")
    assert guest.talk.draft["time"] == "15:00"
    assert "for_team" in guest.before


def test_what_is_told_before_its_question_applies_is_kept() -> None:
    """Time, bags, flight and vehicle before the service; a room before the pick-up."""
    guest = at("tomorrow at 3pm for 4 people with 2 bags, flight AA1045, an SUV", "transfer", "airport", "Bávaro")
    assert guest.block == "name"
    assert (guest.talk.draft["time"], guest.talk.draft["flight"], guest.talk.draft["luggage"]) == ("15:00", "AA1045", 2)
    guest = at("transfer", "room 204", "from Arena Blanca to the airport")
    assert (guest.block, guest.talk.draft["room"]) == ("date", "204")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("from Arena Blanca to Bayahibe tomorrow at 3pm, flight AA1045", "Flight: not needed"),
        ("saona on tuesday for 2 adults, 2 bags", "Luggage: not needed"),
        ("saona el martes, 2 adultos y 2 maletas", "Equipaje: no hace falta"),
    ],
)
def test_what_is_not_needed_is_said_to_be_left_out(typed: str, said: str) -> None:
    """A flight between two hotels, bags on a tour."""
    assert said in Guest().says(typed)


def test_a_flight_at_six_is_no_pickup_at_six() -> None:
    """On the way to the airport it is counted back."""
    guest = at("from Arena Blanca to the airport on Saturday the 28th, flight at 6pm")
    assert (guest.block, guest.options) == ("there_by", ["14:15"])


def test_one_of_us_is_no_party_of_one() -> None:
    """And what it is about is shown back."""
    guest = at("one of us is vegetarian, airport to Bávaro tomorrow at 3pm")
    assert "party" not in guest.talk.draft
    assert '"one of us is vegetarian"' in guest.text


# --- every word ---

PARTS = {
    "en": "airport to Bávaro|from Palma Real to the airport|tomorrow|on sunday|the 28th|at 3pm|at half past two|2 adults|my wife and me|"
    "a child of 4|4 or 5 of us|AA1045|2 bags|an suv|with flowers|no child seat|one way|room 204|coming back on the 9th|no, sunday|next to|"
    "my dog|blorp|a parrot|sunday|please|5 people|surfboards|and|we are three|at 10:30|for our honeymoon|not tomorrow|one adult less|"
    "I'm Hannah Moore|anna@example.com|vegetarian food|hello",
    "es": "del aeropuerto a Bávaro|de Palma Real al aeropuerto|mañana|el domingo|el 28|a las 3 de la tarde|a las 2 y media|dos adultos|"
    "mi esposa y yo|un niño de 4|vuelo AA1045|2 maletas|una jeepeta|con flores|sin silla infantil|solo ida|habitación 204|regreso el 9|"
    "no, el domingo|al lado de|mi perro|blorp|una silla de ruedas|por favor|somos 5|tablas de surf|y|a las 10:30|de luna de miel|"
    "un adulto menos|me llamo Ana Pérez|ana@example.com|comida vegetariana|hola",
}
BEFORE: tuple[tuple[str, ...], ...] = (
    (),
    ("airport to Bávaro",),
    ("airport to Bávaro tomorrow at 3pm", "AA1045"),
    (ALL,),
    (ALL, "no", "no"),
)
BESIDE = {"name", "email", "phone", "occasion"}  # said back when they are asked for, or on the review


def idle(word: str) -> bool:
    """Whether a word tells nothing by itself, in either language."""
    return not is_told(word, list(LANGUAGES.values()))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PARTS)), st.sampled_from(BEFORE), st.data())
def test_every_word_is_taken_or_shown_back(language: str, before: tuple[str, ...], data: st.DataObject) -> None:
    """Each word was understood, or stands in the answer, or is one of those that say nothing; and what was taken is said."""
    typed = ", ".join(data.draw(st.lists(st.sampled_from(PARTS[language].split("|")), min_size=1, max_size=5)))
    guest = at(*before)
    guest.talk.language = language
    talk, state = guest.talk, guest.talk.state
    readings = [read(BOOKING, talk, typed, guest.world, v, state) for v in vocabularies(language, MENU.languages)]
    answer = plain(guest.says(typed))
    set_aside = {"for_team", "not_for_this"} & set(guest.before)
    kept = plain(str(guest.talk.draft.get(state)))
    words = list(re.finditer(r"[^\W_]+", fold(typed)))
    crossed = {one[0] for one in words for each in readings if BLANK in each.words.folded[one.start() : one.end()]}
    for word in words:
        assert word[0] in crossed or idle(word[0]) or word[0] in answer or word[0] in kept or set_aside, word[0]
    new = {key for key, value in guest.talk.draft.items() if talk.draft.get(key) != value} - BESIDE - {state, "service"}
    facts = [facts for reply in guest.replies for _, facts in reply.parts()]
    assert all(
        any(one.get(key) for one in facts) or key in guest.talk.doubts for key in new if guest.talk.draft[key]
    ), new


# --- extras ---


@pytest.mark.parametrize(
    ("typed", "left", "said"),
    [
        ("remove one child seat", {"child_seat": 1}, "Child seat: now 1."),
        ("quitar una silla infantil", {"child_seat": 1}, "Child seat: now 1."),
        ("one child seat less", {"child_seat": 1}, "Child seat: now 1."),
        ("una silla infantil menos", {"child_seat": 1}, "Child seat: now 1."),
        ("another child seat", {"child_seat": 3}, "Child seat: now 3."),
        ("una silla infantil más", {"child_seat": 3}, "Child seat: now 3."),
        ("no child seats", {}, "Child seat: taken off."),
        ("remove the child seats", {}, "Child seat: taken off."),
        ("sin sillas infantiles", {}, "Child seat: taken off."),
        ("10 child seats", {"child_seat": 3}, "Child seat: 3 is the most"),
    ],
)
@pytest.mark.parametrize("settled", [False, True])
def test_taking_away_counts_and_says_what_stands(typed: str, left: dict[str, int], said: str, settled: bool) -> None:
    """At the extras, and at the name where nobody asked for them."""
    guest = at(ALL, "2 child seats")
    if not settled:
        guest.adds("extras")
    answer = guest.says(typed)
    assert guest.talk.draft["extras"] == left
    assert said in answer


def test_pieces_are_tapped_up_and_down() -> None:
    """One less stands beside what is ticked; what comes once is ticked and unticked."""
    guest = at(ALL)
    guest.taps("extras", "flowers")
    assert "[✓ Welcome flowers $35.00]\n[One less: Welcome flowers]" in guest.text
    assert "Welcome flowers: now 2.\nAdded: Welcome flowers × 2.\nUS$111.00" in guest.taps("extras", "flowers")
    assert "[✓ 2 × Welcome flowers $35.00]" in guest.text
    guest.taps("extras", "less:flowers")
    assert "Welcome flowers: taken off." in guest.taps("extras", "less:flowers")
    assert guest.talk.draft["extras"] == {}
    guest.taps("extras", "drinks")
    assert "less:drinks" not in guest.options
    assert "Cold drinks: taken off." in guest.taps("extras", "drinks")


def test_an_extra_of_an_old_card_is_answered_by_the_card_as_it_is() -> None:
    """With its ticks and price, from anywhere in the draft."""
    guest = at(ALL, "flowers")
    guest.adds("notes")
    assert guest.block == "notes"
    answer = guest.taps("extras", "flowers", turn=1)
    assert "Welcome flowers: now 2." in answer
    assert (guest.block, guest.replies[0].edits) == ("extras", True)
    assert "US$111.00" in answer
    guest.taps("extras", "done")
    assert guest.block == "name"
    guest.says("change the date")
    guest.taps("extras", "less:flowers", turn=1)
    assert "Welcome flowers: now 1." in guest.text


# --- the hotel ---


@pytest.mark.parametrize(
    ("typed", "place", "people"),
    [
        ("the hotel is Palma Real, and 3 people", "palma_real", 3),
        ("the hotel is Palma Real and 3 people", "palma_real", 3),
        ("change the hotel to Palma Real", "palma_real", 2),
        ("el hotel es Palma Real, y somos 3", "palma_real", 3),
        ("cambie el hotel a Hyatt Ziva", "hyatt_ziva", 2),
        ("our hotel is Hyatt Ziva", "hyatt_ziva", 2),
    ],
)
def test_the_hotel_is_the_end_that_is_no_airport(typed: str, place: str, people: int) -> None:
    """Said back, and at the review again."""
    guest = reviewing()
    guest.says(typed)
    assert (guest.talk.draft["pickup"], guest.talk.draft["dropoff"]) == ({"place": "puj"}, {"place": place})
    assert guest.talk.draft["party"]["adults"] == people
    assert guest.block == "review"
    assert "understood" in guest.before


def test_the_hotel_may_be_where_the_ride_begins() -> None:
    """ "Change the hotel" asks for that end too."""
    guest = at("from Arena Blanca to the airport", "204", "tomorrow")
    guest.says("the hotel is Palma Real")
    assert guest.talk.draft["pickup"] == {"place": "palma_real"}
    guest.says("change the hotel")
    assert guest.talk.reopened == "pickup"


def test_a_ride_between_two_hotels_asks_which_end() -> None:
    """Either end is one tap or one word."""
    for answer, end in ((("pickup", "palma_real"), "pickup"), ("destination", "dropoff")):
        guest = at("from Arena Blanca to Bayahibe tomorrow at 3pm")
        assert "Is Palma Real Resort where we pick you up" in guest.says("the hotel is Palma Real")
        _ = guest.says(answer) if isinstance(answer, str) else guest.taps(*answer)
        assert guest.talk.draft[end] == {"place": "palma_real"}
        assert guest.talk.reopened is None
        assert "which_end" not in (guest.block, *guest.before)


@pytest.mark.parametrize(("typed", "zone"), [("Dreams Macao", "uvero_alto"), ("Ocean Blue Bávaro", "bavaro")])
def test_a_hotel_we_do_not_know_keeps_its_name_beside_its_area(typed: str, zone: str) -> None:
    """The driver must know more than the area; the area alone stays the place."""
    guest = at(f"airport to {typed} tomorrow")
    assert guest.talk.draft["dropoff"] == {"typed": typed, "zone": zone}


# --- days, free text ---


@pytest.mark.parametrize(("typed", "block"), [("30 February", "no_such_day"), ("yesterday", "past_date")])
@pytest.mark.parametrize(
    "before",
    [
        [], ["from Arena Blanca to the airport"], ["from Arena Blanca to the airport", "add my room"],
        ["airport to Xanadu Towers"], ["saona"], ["airport to Bávaro tomorrow at 3pm"], [ALL], [ALL, "add a note"],
        [ALL, "special occasion"],
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_said_at_any_question(before: list[str], typed: str, block: str) -> None:
    """And asked again; first message, room, an unknown place, a tour, flight, extras, notes, name."""
    guest = at(*before)
    guest.says(typed)
    assert block in (guest.block, *guest.before)
    if guest.block == block:
        assert len([option for option in guest.options if option.startswith("2026")]) == 4


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("from PUJ to Xanadu Towers yesterday at 3pm", {"pickup": {"place": "puj"}, "time": "15:00"}),
        ("tomorrow", {"date": "2026-11-21"}), ("4 people", {"party": {"adults": 4, "children": [], "infants": 0}}),
        ("mañana a las 10 de la mañana", {"date": "2026-11-21", "time": "10:00"}), ("nov 28", {"date": "2026-11-28"}),
        ("from Palma Real to the airport", {"pickup": {"place": "palma_real"}}),
        ("room 204, tomorrow", {"room": "204", "date": "2026-11-21"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("missed", [False, True])
def test_at_the_room_something_else_is_understood_as_that(typed: str, expected: dict[str, Any], missed: bool) -> None:
    """And what was said about a bad room is not said again."""
    guest = at("from Arena Blanca to the airport")
    guest.adds("room")
    if missed:
        guest.says("this is a very long sentence that means nothing at all to us here")
        assert (guest.block, guest.options) == ("text_long", ["skip"])
    guest.says(typed)
    assert expected.items() <= guest.talk.draft.items()
    assert guest.block != "text_long"


@pytest.mark.parametrize(("typed", "kept"), [("🏝️", False), ("***", False), ("204", True), ("Penthouse", True)])
def test_a_room_has_a_letter_or_a_figure(typed: str, kept: bool) -> None:
    """Anything else is asked again."""
    guest = at("from Arena Blanca to the airport")
    guest.adds("room")
    guest.says(typed)
    assert ("room" in guest.talk.draft) == kept


@pytest.mark.parametrize("before", [[ALL, "change the occasion"], [ALL, "add a note"], [ALL]])
@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [("3 people", "party", {"adults": 3, "children": [], "infants": 0}), ("sunday", "date", "2026-11-22")],
)
def test_free_text_is_no_place_for_a_party_or_a_day(before: list[str], typed: str, key: str, value: Any) -> None:
    """Occasion, notes and name; a note that holds more is a note."""
    guest = at(*before)
    state = guest.talk.state
    guest.says(typed)
    assert guest.talk.draft[key] == value
    assert (guest.talk.state, "understood" in guest.before) == (state, True)
    if state != "name":
        guest.says("one of 3 people is allergic to nuts")
        assert guest.talk.draft[state] == "one of 3 people is allergic to nuts"


# --- options that come along ---


def test_a_doubt_brings_the_options_of_its_question() -> None:
    """Whoever only taps can go on."""
    guest = at("airport to Bávaro")
    guest.taps("pickup", "bavaro", turn=1)
    assert guest.block == "same_place"
    assert {"puj", "arena_blanca"} <= set(guest.options)
    guest = at(ALL.replace("2 people", "40 people"))
    assert (guest.block, guest.options) == ("party_large", ["1", "2", "3", "4", "5", "6", "person"])
    guest = at("airport to Bávaro tomorrow at 3pm", "AA1045", "a child of 4")
    assert guest.block == "party_no_adult"
    guest.taps("party", "2")
    assert guest.talk.draft["party"] == {"adults": 2, "children": [4], "infants": 0}


@pytest.mark.parametrize("answer", [("luggage", "0"), "No bags", "Sin equipaje", "0", "none"])
def test_no_bags_is_an_option(answer: str | tuple[str, str]) -> None:
    """Tapped or typed; "7" stays seven bags."""
    guest = at("airport to Bávaro tomorrow at 3pm, AA1045, 2 adults")
    assert guest.options[-1] == "0"
    _ = guest.says(answer) if isinstance(answer, str) else guest.taps(*answer)
    assert guest.talk.draft["luggage"] == 0


def test_numbered_lines_give_no_bags_its_own_number() -> None:
    """ "7" under them is seven bags, "0" is none."""
    guest = at("airport to Bávaro tomorrow at 3pm, AA1045, 2 adults")
    lines = numbered(words.draw(guest.replies[0].as_json(), "en")).split("\n")
    assert (lines[0], lines[-1]) == ("1. 1 bag", "0. No bags")
    guest.says("7")
    assert guest.talk.draft["luggage"] == 7


# --- after the booking ---


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("from PUJ to Hyatt Ziva tomorrow at 3pm", "flight"),
        ("de PUJ a Bayahibe pasado mañana a las 4 de la tarde", "flight"),
        ("Hello, we need another transfer from Bávaro to the airport on sunday at 10am, 3 people", "flight"),
        ("I'd also like to book the Saona tour on tuesday for 2 adults", "departure"),
        ("from PUJ to Xanadu Towers tomorrow at 3pm", "dropoff"),
        ("from PUJ to Hyatt Ziva on 30 february", "date"),
    ],
)
def test_a_whole_request_begins_a_new_booking(typed: str, state: str) -> None:
    """In one line, and the booked one stays."""
    guest = booked()
    guest.says(typed)
    assert "new_beside" in guest.before
    assert "CA-7K4M2" in guest.text
    assert (guest.talk.state, guest.wishes) == (state, ())
    assert guest.talk.draft["name"] == "Hannah Moore"


@pytest.mark.parametrize(
    "typed",
    [
        "we land an hour later", "tomorrow at 4pm please",
        "airport to Bávaro tomorrow at 3pm", "the hotel is Palma Real", "can we go to Hyatt Ziva?",
    ],
)  # fmt: skip
def test_words_about_the_booking_begin_nothing(typed: str) -> None:
    """They are for the team."""
    guest = booked()
    guest.says(typed)
    assert (guest.talk.state, guest.block) == ("booked", "told_team")


def test_help_helps_after_the_booking_too() -> None:
    """And "back" says how to change what was sent."""
    guest = booked()
    assert "our team reads it" in guest.says("help")
    assert guest.before == ["help_sent"]
    guest.says("ayuda")
    assert guest.before == ["help_sent"]
    guest.says("back")
    assert guest.before == ["cancel_how"]
