"""Whatever comes in: a clear sentence, a next step, and nothing lost."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flows.anytime import command
from flows.book import QUESTIONS
from flows.speech import Tap
from flows.understand.languages import vocabularies
from tests.flows.people import NOW, Guest

START = "airport to Bávaro tomorrow at 3pm, 2 adults"


def at(*answers: str) -> Guest:
    """A guest who has said this much."""
    guest = Guest("Hannah")
    for answer in answers:
        guest.says(answer)
    return guest


def test_an_unknown_place_offers_the_nearest_and_to_keep_it() -> None:
    """Kept as typed, it asks its zone, since routes are priced by zone."""
    guest = at("transfer")
    guest.says("Villa Rosa, calle 3")
    assert guest.block == "unknown_place"
    assert "Villa Rosa" in guest.text
    assert "typed" in guest.options
    guest.taps("pickup", "typed")
    assert guest.block == "which_zone"
    guest.says("Bávaro")
    assert guest.talk.draft["pickup"] == {"typed": "Villa Rosa, calle 3", "zone": "bavaro"}


def test_a_place_that_may_be_two_is_asked_about() -> None:
    """Both are options, and a few more letters decide."""
    guest = at("transfer", "puj")
    guest.says("hyatt")
    assert guest.block == "which_place"
    assert guest.options[:2] == ["hyatt_ziva", "hyatt_zilara"]
    guest.says("zilara")
    assert guest.talk.draft["dropoff"] == {"place": "hyatt_zilara"}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("bavarro", "bavaro"),
        ("arena blanka", "arena_blanca"),
        ("BAYAIBE", "bayahibe"),
        ("Hotel Arena Blanca in Bávaro", "arena_blanca"),
    ],
)
def test_typing_errors_are_forgiven(typed: str, key: str) -> None:
    """A place nearly spelt is that place."""
    guest = at("transfer", "puj")
    guest.says(typed)
    assert guest.talk.draft["dropoff"] == {"place": key}


def test_both_ends_the_same_are_refused() -> None:
    """And the destination asked again."""
    guest = at("transfer", "puj")
    guest.says("the airport")
    assert guest.block == "same_place"


def test_a_route_that_is_not_driven_is_refused() -> None:
    """With a person to ask."""
    guest = at("transfer", "puj")
    guest.says("Samaná")
    assert guest.block == "no_route"
    assert "person" in guest.options


@pytest.mark.parametrize(
    ("typed", "block"),
    [
        ("30 february", "no_such_day"), ("31/4", "no_such_day"), ("yesterday", "past_date"), ("2025-01-01", "past_date"),
        ("19 november", "past_date"), ("1 january 2031", "far_date"), ("5/12", "which_date"), ("next saturday", "which_date"),
        ("friday", "which_date"), ("sunday 28 november", "weekday_clash"),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_said_to_be_so(typed: str, block: str) -> None:
    """A guess is never booked."""
    guest = at("airport to Bávaro")
    guest.says(typed)
    assert guest.block == block
    assert "date" not in guest.talk.draft


def test_an_hour_without_am_or_pm_is_asked_about() -> None:
    """Both readings are offered; a tap or the number decides."""
    guest = at("airport to Bávaro tomorrow at 3")
    assert guest.block == "which_time"
    assert guest.options == ["15:00", "03:00"]
    guest.says("1")
    assert guest.talk.draft["time"] == "15:00"


def test_an_hour_that_only_one_reading_leaves_bookable_is_taken() -> None:
    """Today at 10 in the morning, "at 3" can only be the afternoon."""
    guest = at("airport to Bávaro today at 3")
    assert guest.talk.draft["time"] == "15:00"


def test_too_little_notice_is_answered_with_the_first_free_time() -> None:
    """Three hours from ten o'clock is one."""
    guest = at("airport to Bávaro today at 11am")
    assert guest.block == "too_soon"
    assert "we need 3 hours. The first free time is 13:00." in guest.text
    assert "time" not in guest.talk.draft
    guest.taps("time", "13:00")
    assert guest.talk.draft["time"] == "13:00"


def test_a_first_free_time_on_another_day_sets_both() -> None:
    """Late in the evening it is tomorrow."""
    from dataclasses import replace

    guest = Guest()
    guest.world = replace(guest.world, now=NOW.replace(hour=22))
    guest.says("airport to Bávaro today at 23:00")
    assert guest.options == ["2026-11-21T01:00"]
    guest.taps("time", "2026-11-21T01:00")
    assert (guest.talk.draft["date"], guest.talk.draft["time"]) == ("2026-11-21", "01:00")


def test_a_time_that_does_not_exist_or_exists_twice_is_asked_about() -> None:
    """When clocks change, another hour is chosen."""
    from dataclasses import replace
    from zoneinfo import ZoneInfo

    for day, time in (("2027-03-14", "02:30"), ("2027-11-07", "01:30")):
        guest = Guest()
        guest.world = replace(
            guest.world,
            now=NOW.astimezone(ZoneInfo("America/New_York")),
            menu=replace(guest.world.menu, zone="America/New_York"),
        )
        guest.says(f"airport to Bávaro {day} at {time}")
        assert guest.block == "clocks_change"


def test_a_party_larger_than_any_vehicle_is_told_the_most() -> None:
    """And a person is offered."""
    guest = at(START.replace("2 adults", "40 people"))
    assert guest.block == "party_large"
    assert "16 is the most" in guest.text


def test_more_bags_than_any_vehicle_holds() -> None:
    """Likewise."""
    guest = at(START, "AA1045")
    guest.says("60 bags")
    assert guest.block == "luggage_large"


@pytest.mark.parametrize("typed", ["ana@x.com\nBcc: all@x.com", "ana@x", "a@b.com, c@d.com", "ana at x dot com", "@"])
def test_a_bad_email_is_refused_and_may_be_skipped(typed: str) -> None:
    """Line breaks above all."""
    guest = at(START, "AA1045", "2 bags", "sedan", "Hannah Moore")
    guest.adds("email")
    guest.says(typed)
    assert guest.block == "bad_email"
    assert "email" not in guest.talk.draft
    guest.says("skip")
    assert guest.talk.draft["email"] is None


@pytest.mark.parametrize("typed", ["12345", "+++", "call me"])
def test_a_bad_phone_is_refused(typed: str) -> None:
    """With the way it should be written."""
    guest = Guest("Hannah", sender="700100201", channel="telegram")
    for answer in (START, "AA1045", "2 bags", "sedan", "Hannah Moore"):
        guest.says(answer)
    guest.says(typed)
    assert guest.block == "bad_phone" or guest.wishes
    assert "phone" not in guest.talk.draft


def test_ten_thousand_characters_are_answered_and_nothing_is_lost() -> None:
    """Too long is said with its length."""
    guest = at(START)
    draft = dict(guest.talk.draft)
    guest.says("lovely weather " * 667)
    assert "10005 characters" in guest.text
    assert guest.talk.draft == draft


@pytest.mark.parametrize("kind", ["voice", "photo", "video", "document", "sticker", "other", "contact", "location"])
def test_what_we_cannot_read_is_said_and_the_question_asked_again(kind: str) -> None:
    """Each kind has its sentence."""
    guest = at(START)
    guest.sends(kind)
    assert guest.before
    assert guest.block.startswith("flight")


@pytest.mark.parametrize("kind", ["voice", "sticker", "location", "contact"])
def test_what_cannot_be_read_is_never_called_a_misunderstanding(kind: str) -> None:
    """Its own sentence says enough, however often and after whatever it comes."""
    guest = at(START)
    for words in ("blorp", "blorp blorp", "blorp again"):
        guest.says(words)
    for _ in range(4):
        guest.sends(
            kind,
            location=(40.4, -3.7) if kind == "location" else None,
            contact=("Bob", "5") if kind == "contact" else None,
        )
        assert guest.before and "offer_person" not in guest.before


def test_a_photo_with_words_is_read_by_its_words() -> None:
    """The caption is the message."""
    guest = at(START)
    guest.sends("photo", words="AA1045")
    assert guest.talk.draft["flight"] == "AA1045"


def test_an_edited_message_is_read_as_a_correction() -> None:
    """What it does not say changes nothing."""
    guest = at(START)
    guest.sends("edited", words="airport to Bávaro tomorrow at 4pm, 2 adults")
    assert guest.talk.draft["time"] == "16:00"
    guest.sends("edited", words="thx!!1 lol")
    assert "edited" in guest.before


def test_a_pin_is_the_known_place_there_or_a_point_in_its_zone() -> None:
    """Too far away it is refused, and unasked it changes nothing."""
    guest = at("transfer")
    guest.sends("location", location=(18.5675, -68.3635))
    assert guest.talk.draft["pickup"] == {"place": "puj"}
    guest.sends("location", location=(40.4, -3.7))
    assert "pin_far" in guest.before
    guest.sends("location", location=(18.676, -68.418))
    assert guest.talk.draft["dropoff"]["zone"] == "bavaro"
    guest.sends("location", location=(18.5675, -68.3635))
    assert "pin_unasked" in guest.before


def test_an_unknown_tap_shows_where_we_are() -> None:
    """Foreign questions, foreign values and a tap nobody could read."""
    guest = at(START)
    draft = dict(guest.talk.draft)
    for question, value in (
        ("service", "moon"),
        ("nonsense", "x"),
        ("pickup", "in:mars"),
        ("time", "25:99"),
        ("party", "-1"),
        ("change", "?"),
    ):
        guest.taps(question, value)
        assert "unknown_tap" in guest.before
    guest.sends("tap", tap=None)
    assert "unknown_tap" in guest.before
    assert guest.talk.draft == draft


def test_what_was_not_understood_is_shown_back_and_asked_in_other_words() -> None:
    """A third time in a row offers a person."""
    guest = at(START)
    assert 'I did not catch "blorp".' in guest.says("blorp")
    assert guest.block == "flight_again"
    guest.says("blorp blorp")
    assert "offer_person" not in guest.before
    guest.says("blorp again")
    assert "offer_person" in guest.before
    assert "person" in guest.options
    guest.says("AA1045")
    assert guest.talk.misses == 0


def test_a_bare_number_means_the_open_question_only() -> None:
    """Unasked, "4" is nobody's party."""
    guest = at("airport to Bávaro")
    guest.says("hm 4x")
    assert "party" not in guest.talk.draft


def test_names_and_notes_stay_as_typed() -> None:
    """Signs and foreign letters are the guest's own."""
    guest = at(START, "AA1045", "2 bags", "sedan")
    guest.adds("notes")
    guest.says("<script>alert('x')</script> {{ 7*7 }} 李小龍")
    assert guest.talk.draft["notes"] == "<script>alert('x')</script> {{ 7*7 }} 李小龍"
    guest.says("12345")
    assert guest.block == "bad_name"
    guest.says("Robert'); DROP TABLE guests;--")
    assert guest.talk.draft["name"] == "Robert'); DROP TABLE guests;--"


WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from([
        "1", "2", "0", "99999999999", "back", "change", "yes", "no", "skip", "done", "tomorrow", "at 3", "5/12", "29 feb", "send",
        "from A to B", "de a a b", "2 adults", "a child", "no, actually", "change the time", "+1 809 555 0188", "a@b.co", "puj", "saona",
        "next monday week", "the 31st", "in 999 weeks", "room 5", "AA 1", "🏝️", "\n\n", "half past 25", "keep", "person", "new booking",
        "9999-99-99", "0/0", "40 people", "-5 people", "quarter to 12am", "12:60", "١٢", "²", "/start x", "cancel", "none",
    ]),
)  # fmt: skip
KEYS = st.sampled_from([*{question.key for question in QUESTIONS}, "review", "terms", "change", "anytime", "zzz"])
VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "skip",
            "keep",
            "done",
            "typed",
            "in:bavaro",
            "puj",
            "van",
            "send",
            "accept",
            "2026-02-31",
            "2026-02-31T10:00",
            "2026-12-01T10:00",
            "24:00",
        ]
    ),
)
KINDS = st.sampled_from(["text", "voice", "edited", "sticker", "photo", "other"])


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.builds(lambda words, kind: {"words": words, "kind": kind}, WORDS, KINDS),
            st.builds(
                lambda question, value, turn: {"kind": "tap", "tap": Tap(question, value, turn)},
                KEYS,
                VALUES,
                st.integers(-3, 99),
            ),
            st.builds(
                lambda lat, lon: {"kind": "location", "location": (lat, lon)}, st.floats(-90, 90), st.floats(-180, 180)
            ),
            st.builds(lambda number: {"kind": "contact", "contact": ("x", number)}, st.text(max_size=15)),
        ),
        max_size=12,
    )
)
def test_nothing_that_is_heard_raises_and_every_turn_has_an_answer(steps: list[dict[str, Any]]) -> None:
    """Any sequence of messages and taps, through JSON each time."""
    guest = Guest("Ana")
    for step in steps:
        guest.does(**step)
        assert guest.replies or guest.wishes


@settings(max_examples=150, deadline=None)
@given(words=st.text(alphabet=st.characters(exclude_categories=["Nd", "Nl", "No"]), max_size=80))
def test_garbage_never_loses_an_answer(words: str) -> None:
    """Whatever is not understood leaves the draft alone, unless it asks for exactly that."""
    guest = at(START)
    draft = dict(guest.talk.draft)
    assume(command(words, guest.talk.state, vocabularies("en", ("en", "es"))) is None)
    guest.says(words)
    assert set(draft) <= set(guest.talk.draft)


@pytest.mark.parametrize(
    "typed",
    [
        "back tomorrow, on the 31st of february, no, sunday", "regreso mañana, el 30 de febrero a las 25",
        "2 adults, one adult less, two more kids, 5 instead of 4",
        "tomorrow yesterday today monday tuesday at 3 at 4 at 5 o'clock", "no no no no, no", "mañana no, ayer tampoco, hoy quizás",
        " ".join(f"do you have number {n}?" for n in range(30)),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "before",
    [
        [],
        ["airport to Bávaro"],
        ["airport to Bávaro tomorrow at 3pm, AA1045"],
        ["airport to Bávaro on 30 february, back on the 9th"],
    ],
)
def test_contradictions_and_thirty_questions_are_answered(before: list[str], typed: str) -> None:
    """At the first question, at the day, at the way back, and where a day is in doubt: a sentence, and nothing is sent."""
    guest = at(*before)
    assert guest.says(typed).strip()
    assert guest.wishes == ()
