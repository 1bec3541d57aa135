"""A wheelchair: told in any words, asked whether it folds, kept to the end, and refused by vehicles that take none."""

from dataclasses import replace
from typing import Any

import pytest

from flows.checks import check, for_the_team
from flows.menu import World
from models.catalog import takes_wheelchair
from tests.flows.people import MENU, NOW, Guest

ASKED = "airport to Arena Blanca tomorrow at 3pm, AA1045, 2 adults, 2 bags"
TAKES = {"sedan": "none", "suv": "folding", "van": "any"}  # of the minibus nobody has said


def someone(**more: Any) -> Guest:
    """A guest of a house that says which vehicles take a wheelchair."""
    guest = Guest("Ana Lindqvist", **more)
    vehicles = tuple(replace(each, wheelchair=TAKES.get(each.key)) for each in MENU.vehicles)
    guest.world = World(NOW, replace(MENU, vehicles=vehicles))
    return guest


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("with a folding wheelchair", "folding"), ("we bring an electric wheelchair", "rigid"), ("my husband uses a wheelchair", None),
        ("one of us is in a wheelchair", None), ("a wheelchair that doesn't fold", "rigid"), ("a wheelchair accessible van", "rigid"),
        ("the wheel-chair folds up", "folding"), ("no wheelchair", False), ("we don't need a wheelchair", False),
        ("con silla de ruedas", None), ("mi mamá va en silla de ruedas plegable", "folding"), ("sin silla de ruedas", False),
        ("llevamos una silla de ruedas eléctrica", "rigid"), ("silla de ruedas que no se pliega", "rigid"),
    ],
)  # fmt: skip
def test_it_is_understood_and_nothing_is_guessed(typed: str, kind: str | bool | None) -> None:
    """Which kind it is, or the question whether it folds; no word of it is shown back as not understood."""
    guest = someone()
    answer = guest.says(f"2 adults, {typed}")
    assert "leftover" not in guest.before, answer
    assert guest.talk.draft["party"]["adults"] == 2
    assert (guest.talk.draft.get("wheelchair") or None) == (kind or None)
    assert ("wheelchair" in guest.talk.doubts) == (kind is None)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("yes", "folding"), ("no", "rigid"), ("it folds", "folding"), ("it does not fold", "rigid"), ("sí, se pliega", "folding"),
     ("no se pliega", "rigid"), ("it's electric", "rigid"), ("No wheelchair", False), ("1", "folding")],
)  # fmt: skip
def test_whether_it_folds_is_answered_in_any_words(answer: str, kind: str | bool) -> None:
    """A bare "no" to "does it fold?" is no "no wheelchair"."""
    guest = someone()
    guest.says(f"{ASKED}, with a wheelchair")
    assert guest.talk.state == "wheelchair"
    guest.says(answer)
    assert (guest.talk.draft["wheelchair"], guest.talk.state) == (kind, "vehicle")


def test_only_vehicles_that_take_it_are_priced_and_kept() -> None:
    """What is chosen already is taken out, with the reason; what nobody has said is not ruled out."""
    guest = someone()
    assert "Sedan" in guest.says("how much from the airport to Bávaro?")
    assert "Sedan" not in guest.says("we have an electric wheelchair, how much is it now?")
    guest.says(f"{ASKED}, sedan")
    assert guest.talk.draft.get("vehicle") is None
    assert "Sedan takes no wheelchair" in guest.text
    guest.says("minibus")
    assert guest.talk.draft["vehicle"] == "minibus"


def test_it_stands_in_the_review_and_is_changed_there() -> None:
    """By tapping its line, and by saying so; without it the sedan may be had again."""
    guest = someone()
    guest.says(f"{ASKED}, with a folding wheelchair")
    assert "SUV takes a wheelchair only" not in guest.says("suv")
    assert "2 adults, 2 bags, a folding wheelchair" in guest.text
    guest.taps("review", "change")
    assert "wheelchair" in guest.options
    guest.taps("change", "wheelchair")
    assert "SUV takes a wheelchair only when it folds." in guest.taps("wheelchair", "rigid")
    guest.says("van")
    assert "wheelchair that does not fold" in guest.text
    assert "heelchair" not in guest.says("no wheelchair")
    guest.says("change the vehicle")
    guest.taps("vehicle", "sedan")
    assert guest.talk.draft["vehicle"] == "sedan"


def test_where_nothing_takes_it_that_is_said_at_once_and_once() -> None:
    """Nothing else that was told is lost by it."""
    guest = someone()
    guest.world = World(NOW, replace(guest.world.menu, vehicles=guest.world.menu.vehicles[:1]))
    assert "None of the vehicles" in guest.says("airport to Arena Blanca tomorrow at 3pm, with an electric wheelchair")
    assert "None of the vehicles" not in guest.says("AA1045")
    assert guest.talk.draft["dropoff"] == {"place": "arena_blanca"}
    assert guest.talk.draft["wheelchair"] == "rigid"


@pytest.mark.parametrize(
    ("typed", "noted"),
    [("we have three wheelchairs that fold", "we have three wheelchairs that fold"),
     ("llevamos dos sillas de ruedas plegables", "llevamos dos sillas de ruedas plegables")],
)  # fmt: skip
def test_more_than_one_stands_in_the_notes_and_is_for_people(typed: str, noted: str) -> None:
    """In the guest's words, beside a note of their own, until there is none; the team is to hear of it."""
    guest = someone()
    guest.says(f"{ASKED}, suv, {typed}")
    assert f"“{noted}”" in guest.text
    assert for_the_team(guest.talk, guest.world.menu) == noted
    guest.says("change the notes")
    guest.says("my aunt gets car sick")
    assert guest.talk.draft["notes"] == f"my aunt gets car sick · {noted}"
    guest.says("no wheelchair")
    assert guest.talk.draft["notes"] == "my aunt gets car sick"
    assert for_the_team(guest.talk, guest.world.menu) is None


def test_one_on_a_ride_is_for_nobody_to_look_at() -> None:
    """The vehicles that are offered take it."""
    guest = someone()
    guest.says(f"{ASKED}, suv, with a folding wheelchair")
    assert guest.talk.draft.get("notes") is None
    assert for_the_team(guest.talk, guest.world.menu) is None


def test_what_is_asked_before_a_tour_is_asked_still() -> None:
    """Two wheelchairs are no answer to "is anyone pregnant?"; they stand behind it."""
    guest = someone()
    guest.says("we have two folding wheelchairs, buggy ride tomorrow, 2 adults")
    assert "notes" not in guest.talk.draft
    guest.talk.answer("notes", "nobody")
    check(guest.talk, guest.world)
    assert guest.talk.draft["notes"] == "nobody · we have two folding wheelchairs"


@pytest.mark.parametrize("chair", ["a folding wheelchair", "a wheelchair that does not fold"])
def test_on_a_tour_a_person_says_whether_it_comes_along(chair: str) -> None:
    """We know of vehicles only: nothing is promised of a boat, it is said once, and the team is to hear of it."""
    guest = someone()
    assert f"Whether {chair} can come along on Isla Saona" in guest.says(f"Saona tomorrow for 2 with {chair}")
    assert "Whether" not in guest.says("ana@example.com")
    assert for_the_team(guest.talk, guest.world.menu) == ""


def test_asking_whether_it_folds_promises_nothing() -> None:
    """When it is asked it may be for a boat, and there may be no vehicle with room for it."""
    assert "we send" not in someone().says("Saona tomorrow for 2 with a wheelchair")


@pytest.mark.parametrize("brought", [None, "folding", "rigid"])
@pytest.mark.parametrize("taken", [None, "none", "folding", "any"])
def test_the_talk_and_the_prices_agree_on_what_takes_a_wheelchair(taken: str | None, brought: str | None) -> None:
    """The rule stands in the talk and in the catalogue, which know nothing of each other."""
    assert replace(MENU.vehicles[0], wheelchair=taken).takes_chair(brought) == takes_wheelchair(taken, brought)
