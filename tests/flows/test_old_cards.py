"""A tap on any card of the past: an edit that is said back, or where things stand."""

from dataclasses import replace

import pytest

from flows.book import QUESTIONS
from flows.menu import Service, World
from flows.speech import Tap
from tests.flows.people import MENU, NOW, Guest, both
from tests.flows.test_after_send import SENT


def added(question: str, value: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The taps that add what is not asked."""
    return ("change", question), (question, value)


RIDE = (
    ("service", "transfer"), ("pickup", "arena_blanca"), ("dropoff", "puj"), ("date", "2026-11-22"), ("time", "14:00"),
    ("flight", "unknown"), ("party", "2+2"), ("vehicle", "van"), ("name", "profile"), *added("room", "skip"),
    *added("luggage", "2"), *added("extras", "flowers"), ("extras", "done"), *added("occasion", "birthday"),
    *added("notes", "skip"), *added("email", "skip"), *added("wheelchair", "folding"),
)  # fmt: skip
TOUR = (
    ("service", "isla_saona"), ("party", "2"), ("departure", "2026-11-24T07:30"), ("pickup", "arena_blanca"),
    ("name", "profile"), *added("room", "skip"), *added("extras", "done"), *added("occasion", "skip"),
)  # fmt: skip
BACK = (
    *RIDE[:9], *added("trip", "return"), ("return_date", "2026-11-25"), ("return_time", "10:00"), ("return_flight", "unknown"),
)  # fmt: skip
HIRE = (
    ("service", "driver"), ("pickup", "arena_blanca"), ("date", "2026-11-22"), ("time", "14:00"), ("hours", "4"),
    ("party", "2"), ("vehicle", "van"), ("name", "profile"), *added("plan", "skip"),
)  # fmt: skip
WALKS = (RIDE, TOUR, BACK, HIRE)
RIDES = replace(
    MENU,
    services=(
        replace(MENU.services[0], round_trip=True, stops=2),
        *MENU.services[1:],
        Service("driver", "hours", both("Driver by the hour", "Chofer por horas"), hours=(3, 8)),
    ),
)
EVERY_TAP = [tap for taps in WALKS for tap in taps]
PRESSED = [
    *(tap for tap in (*RIDE, *TOUR) if tap[0] != "change"),
    ("review", "send"),
    ("terms", "accept"),
    ("change", "date"),
]
OTHER = {
    "service": "buggy_macao", "pickup": "bayahibe", "dropoff": "sdq", "date": "2026-11-23", "time": "16:00", "party": "3",
    "trip": "one_way", "return_date": "2026-11-26", "return_time": "12:00", "hours": "5",
    "luggage": "0", "vehicle": "minibus", "departure": "2026-11-26T07:30", "occasion": "honeymoon", "wheelchair": "rigid",
}  # fmt: skip


def walked(taps: tuple[tuple[str, str], ...]) -> tuple[Guest, dict[str, int]]:
    """A guest who tapped to the review, and the turn of each question's card."""
    guest, cards = Guest("Ana"), dict[str, int]()
    guest.world = World(NOW, RIDES if taps in (BACK, HIRE) else MENU)
    guest.says("hi")
    for question, value in taps:
        assert question == "change" or value in guest.options, (question, guest.block)
        cards.setdefault(question, guest.talk.turn)
        guest.taps(question, value)
    assert guest.block == "review"
    return guest, cards


def test_every_question_with_options_is_walked() -> None:
    """A question added to the table must be added to these walks."""
    assert {question.key for question in QUESTIONS} - {"phone", "stops"} == {key for key, _ in EVERY_TAP} - {"change"}


@pytest.mark.parametrize(
    ("taps", "key", "value"), [(taps, *tap) for taps in WALKS for tap in taps if tap[0] != "change"]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_an_old_tap_is_an_edit_that_says_what_stands(
    taps: tuple[tuple[str, str], ...], key: str, value: str, language: str
) -> None:
    """Of the same option or of another, at the review; nothing else is lost by a tap on what stands already."""
    guest, cards = walked(taps)
    guest.talk.language, draft = language, dict(guest.talk.draft)
    guest.taps(key, value, turn=cards[key])
    assert {"stands", "extra_now"} & set(guest.before)
    assert guest.talk.draft == draft or key == "extras"
    if key in OTHER:
        guest, cards = walked(taps)
        guest.talk.language = language
        guest.taps(key, OTHER[key], turn=cards[key])
        assert "stands" in guest.before


@pytest.mark.parametrize(("key", "value"), RIDE[:7])
def test_an_old_tap_while_another_question_is_open(key: str, value: str) -> None:
    """The open question follows what was said back."""
    guest = Guest("Ana")
    guest.says("hi")
    for tap in RIDE[:8]:
        guest.taps(*tap)
    assert guest.block == "name"
    guest.taps(key, OTHER.get(key, value), turn=1)
    assert "stands" in guest.before


def test_keep_and_done_of_old_cards_say_what_stands() -> None:
    """They change nothing."""
    guest, _ = walked(RIDE)
    for question, value in (("date", "keep"), ("extras", "done"), ("name", "keep")):
        guest.taps(question, value, turn=2)
        assert guest.before == ["stands"]
        assert guest.block == "review"


def test_an_old_forget_my_answers_is_asked_about_again() -> None:
    """The answers given since are not lost by a button of the past."""
    guest = Guest("Ana")
    guest.says("airport to Bávaro")
    guest.says("cancel")
    old = guest.talk.turn
    guest.says("go on")
    guest.says("tomorrow at 3pm")
    guest.taps("anytime", "start_over", turn=old)
    assert guest.block == "confirm_drop"
    assert guest.talk.draft["time"] == "15:00"


@pytest.mark.parametrize(("key", "value"), PRESSED)
def test_after_send_an_old_tap_is_answered_with_the_booking(key: str, value: str) -> None:
    """Nothing changes any more."""
    guest, cards = walked(RIDE)
    guest.taps("review", "send")
    guest.learns("sent", **SENT)
    draft = dict(guest.talk.draft)
    guest.taps(key, value, turn=cards.get(key, 3))
    assert (guest.before, guest.block, guest.talk.draft) == (["old_tap"], "waiting_payment", draft)
    assert guest.wishes == ()


@pytest.mark.parametrize(("key", "value"), PRESSED)
@pytest.mark.parametrize("booked_before", [False, True])
def test_in_a_new_talk_an_old_tap_is_answered(key: str, value: str, booked_before: bool) -> None:
    """It is taken and said back, or it no longer works; nothing is sent."""
    guest = Guest("Ana")
    if booked_before:
        guest, _ = walked(RIDE)
        guest.taps("review", "send")
        guest.learns("sent", **SENT)
        guest.learns("paid", reference="CA-7K4M2")
        guest.says("new booking")
    guest.does(kind="tap", tap=Tap(key, value, 3))
    assert guest.wishes == ()
    assert (key, guest.block) == ("service", "pickup" if value == "transfer" else "party") or (
        {"stands", "unknown_tap", "not_yet"} & set(guest.before)
    )
