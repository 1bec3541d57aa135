"""Back, change, corrections, starting over, help, a person: at any moment, and nothing else is lost."""

from typing import Any

import pytest

from flows.talk import Drop, Hop, Person, Send, Talk
from tests.flows.people import Guest
from tests.flows.test_transfer import whole_request


@pytest.fixture
def reviewing() -> Guest:
    """A guest who looks at the review."""
    guest = Guest("Hannah Moore")
    whole_request(guest)
    return guest


@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [
        ("actually 3 people", "party", {"adults": 3, "children": [], "infants": 0}),
        ("no, pasado mañana", "date", "2026-11-22"),
        ("make it Sunday", "date", "2026-11-22"),
        ("change the time to 4pm", "time", "16:00"),
        ("sorry, from Bayahibe", "pickup", {"place": "bayahibe"}),
        ("mejor a las 5 de la tarde", "time", "17:00"),
        ("3 bags", "luggage", 3),
        ("add a child seat", "extras", {"child_seat": 1}),
    ],
)
def test_a_correction_at_the_review_changes_just_that(reviewing: Guest, typed: str, key: str, value: Any) -> None:
    """One sentence, and back at the review."""
    before = dict(reviewing.talk.draft)
    reviewing.says(typed)
    assert reviewing.talk.draft == before | {key: value} or key == "pickup"
    assert reviewing.talk.draft[key] == value
    assert reviewing.talk.state == "review"


def test_change_lists_every_line_and_asks_only_that_one(reviewing: Guest) -> None:
    """Tap a line, answer it, be back."""
    reviewing.taps("review", "change")
    assert "time" in reviewing.options and "name" in reviewing.options
    reviewing.says("Time")
    assert reviewing.block == "time"
    assert reviewing.talk.draft["time"] == "15:00"
    reviewing.says("16:00")
    assert (reviewing.block, reviewing.talk.draft["time"]) == ("review", "16:00")


def test_a_question_asked_again_can_be_left_as_it_was(reviewing: Guest) -> None:
    """ "Keep it" returns to the review."""
    reviewing.says("change the name")
    reviewing.says("keep it")
    assert (reviewing.block, reviewing.talk.draft["name"]) == ("review", "Hannah Moore")


def test_a_larger_party_loses_the_small_vehicle_and_nothing_else(reviewing: Guest) -> None:
    """Only the invalidated answer is asked again."""
    answer = reviewing.says("actually 5 people")
    assert "Sedan is too small now" in answer
    assert reviewing.block == "vehicle"
    reviewing.says("suv")
    assert reviewing.block == "review"


def test_another_route_keeps_the_date(reviewing: Guest) -> None:
    """The drop-off alone is new."""
    reviewing.says("change the destination")
    reviewing.says("Hyatt Zilara")
    assert reviewing.block == "review"
    assert reviewing.talk.draft["date"] == "2026-11-21"


def test_back_asks_the_question_before_and_keeps_its_answer() -> None:
    """Twice back is two questions back."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm")
    assert guest.block == "flight"
    guest.says("back")
    assert (guest.block, guest.talk.draft["time"]) == ("time", "15:00")
    guest.says("atrás")
    assert guest.block == "date"
    guest.says("sunday")
    assert (guest.block, guest.talk.draft["date"]) == ("flight", "2026-11-22")


def test_back_at_the_first_question_says_so() -> None:
    """There is nothing before it."""
    guest = Guest()
    guest.says("hi")
    guest.says("back")
    assert "nothing_before" in guest.before


def test_start_over_forgets_all_but_what_the_channel_gave(reviewing: Guest) -> None:
    """The wish tells the handler."""
    reviewing.says("start over")
    assert {key: reviewing.talk.draft[key] for key in reviewing.talk.given} == reviewing.talk.draft
    assert reviewing.wishes == (Drop(),)
    assert reviewing.block == "service"


def test_cancel_asks_first(reviewing: Guest) -> None:
    """A draft is not lost by one word."""
    reviewing.says("cancel")
    assert reviewing.block == "confirm_drop"
    reviewing.says("go on")
    assert reviewing.block == "review"
    reviewing.says("cancel")
    reviewing.taps("anytime", "start_over")
    assert reviewing.wishes == (Drop(),)


@pytest.mark.parametrize(
    "typed", ["person", "I want to talk to a human please", "una persona por favor", "quiero hablar con alguien"]
)
def test_a_person_can_be_asked_for_at_any_moment(typed: str) -> None:
    """The draft waits for the hand-back."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm")
    draft = dict(guest.talk.draft)
    guest.says(typed)
    assert guest.wishes == (Person(typed), Hop(""))
    assert guest.block == "person_called"
    assert guest.talk.draft == draft
    guest.learns("handed_back")
    assert guest.block == "flight"


def test_help_summary_and_price_leave_the_question_open() -> None:
    """They are said before it."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm")
    for typed, block in (("help", "help"), ("resumen", "summary"), ("how much is it?", "price_route")):
        guest.says(typed)
        assert block in guest.before
        assert guest.block == "flight"


def test_the_price_so_far_is_told_once_there_is_one(reviewing: Guest) -> None:
    """From the same quote as the review."""
    assert "US$36.00 in total. This price holds until" in reviewing.says("price")


def test_the_language_can_be_switched_and_back() -> None:
    """By name, or by writing three words of it."""
    guest = Guest()
    guest.says("hi")
    assert "¿Qué le podemos organizar?" in guest.says("español")
    assert "What may we arrange" in guest.says("english please")
    guest.says("quiero un traslado para mañana por favor")
    assert guest.talk.language == "es"


def test_an_old_option_is_an_edit_while_the_draft_is_built(reviewing: Guest) -> None:
    """A tap on yesterday's card changes that answer."""
    reviewing.taps("date", "2026-11-23", turn=1)
    assert (reviewing.block, reviewing.talk.draft["date"]) == ("review", "2026-11-23")


def test_an_old_send_does_not_send_what_has_changed(reviewing: Guest) -> None:
    """The price on that card may be another one."""
    old = reviewing.talk.turn
    reviewing.says("change the time to 4pm")
    reviewing.taps("review", "send", turn=old)
    assert reviewing.before == ["review_stale"]
    assert not reviewing.wishes
    reviewing.taps("review", "send")
    reviewing.taps("terms", "accept")
    assert reviewing.wishes == (Send(),)


def test_send_before_everything_is_answered_sends_nothing() -> None:
    """A forged or ancient button."""
    guest = Guest()
    guest.says("hi")
    for question, value in (("review", "send"), ("terms", "accept")):
        guest.taps(question, value, turn=99)
        assert guest.wishes == ()
        assert "not_yet" in guest.before


def test_a_request_that_became_too_late_is_not_sent(reviewing: Guest) -> None:
    """The notice is checked again when it is sent."""
    from dataclasses import replace
    from datetime import timedelta

    reviewing.world = replace(reviewing.world, now=reviewing.world.now + timedelta(hours=28))
    reviewing.says("send")
    assert reviewing.wishes == ()
    assert reviewing.block == "too_soon"


def test_a_telegram_start_greets_and_later_goes_on() -> None:
    """/start does not throw the draft away."""
    guest = Guest()
    assert "What may we arrange" in guest.says("/start")
    guest.says("airport to Bávaro")
    guest.says("/start")
    assert guest.before == ["welcome_back"]
    assert guest.block == "date"


def test_the_talk_survives_json_and_a_later_version(reviewing: Guest) -> None:
    """Unknown keys are left aside, missing ones take their default."""
    kept = reviewing.talk.as_json()
    assert kept["version"] == 1
    assert Talk.from_json(kept) == reviewing.talk
    assert Talk.from_json(kept | {"version": 2, "mood": "sunny"}) == reviewing.talk
    assert Talk.from_json({"state": "service"}) == Talk.new("en")


def test_a_question_that_no_longer_exists_is_walked_past() -> None:
    """A talk kept by another version goes on at the first open question."""
    guest = Guest()
    guest.says("airport to Bávaro")
    guest.talk.state = "favourite_colour"
    guest.says("hm")
    assert guest.block in ("date", "date_again")
