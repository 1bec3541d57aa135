"""Who travels: counted, told by who they are, more or fewer than before; today is Friday 20 November 2026, 10:00."""

from typing import Any

import pytest

from tests.flows.people import Guest
from tests.flows.test_bad_input import at


def party(adults: int, *children: int, infants: int = 0) -> dict[str, Any]:
    """A party as the draft holds it."""
    return {"adults": adults, "children": list(children), "infants": infants}


BEFORE = ("airport to Bávaro tomorrow at 3pm, one way", "AA1045")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("my wife, me and two kids of 3 and 7", party(2, 3, 7)), ("my wife and me", party(2)), ("me and my two friends", party(3)),
        ("my husband, our daughter (6) and me", party(2, 6)), ("my parents and I", party(3)), ("with my wife and a baby", party(2, infants=1)),
        ("two couples", party(4)), ("a family of 5 with 2 kids aged 4 and 6", party(3, 4, 6)),
        ("4 people, 2 of them kids aged 3 and 5", party(2, 3, 5)),
        ("2 adults and a baby of 8 months", party(2, infants=1)), ("2 adults and a toddler of 3", party(2, 3)),
        ("2 adults and two 4-year-olds", party(2, 4, 4)), ("2 adults, 2 kids aged 12 and 19", party(3, 12)),
        ("2 adluts and a chlid of 5", party(2, 5)), ("4 people, 2 adults and 2 kids of 3 and 5", party(2, 3, 5)), ("2 adults, no kids", party(2)),
        ("two adults and 2 kids, 3 and 7", party(2, 3, 7)), ("mi esposa, yo y dos niños de 3 y 7", party(2, 3, 7)),
        ("dos adultos y dos niñas de 3 y 5 años", party(2, 3, 5)), ("con mi esposa y un bebé de 8 meses", party(2, infants=1)),
        ("mis padres y yo", party(3)), ("yo y mi esposo", party(2)), ("somos dos parejas", party(4)), ("2 adutlos", party(2)),
        ("mi esposo, nuestra hija de 6 y yo", party(2, 6)), ("somos 4, dos adultos y dos niños de 3 y 5", party(2, 3, 5)),
    ],
)  # fmt: skip
def test_families_are_counted(typed: str, expected: dict[str, Any]) -> None:
    """Whoever speaks is one of them; a child of no year is an infant, one of eighteen is grown."""
    guest = at(*BEFORE)
    guest.says(typed)
    assert guest.talk.draft.get("party") == expected
    assert "leftover" not in guest.before


@pytest.mark.parametrize(
    ("before", "typed", "expected"),
    [
        ("5 adults", "one adult less", party(4)), ("5 adults", "two fewer adults", party(3)),
        ("2 adults", "two more kids aged 4 and 6", party(2, 4, 6)),
        ("3 people", "from three to two people", party(2)), ("4 people", "5 instead of 4", party(5)), ("4 people", "one more", party(5)),
        ("4 people", "we are one less", party(3)), ("2 adults and a child of 5", "another child of 7", party(2, 5, 7)),
        ("2 adults and a child of 5", "one child less", party(2)), ("2 adults and a child of 5", "no kids", party(2)),
        ("2 adults and a child of 5", "3 adults", party(3, 5)), ("2 adults and a child of 5", "no, five people", party(4, 5)),
        ("2 adults and a child of 5", "just 2 people", party(2)), ("2 adults", "and a baby", party(2, infants=1)),
        ("5 adultos", "un adulto menos", party(4)), ("5 adultos", "somos uno más", party(6)), ("5 personas", "uno menos", party(4)),
        ("2 adultos y un niño de 5", "otro niño de 7", party(2, 5, 7)), ("3 personas", "de tres a dos personas", party(2)),
        ("2 adultos y un niño de 5", "sin niños", party(2)), ("2 adultos", "dos adultos más", party(4)),
    ],
)  # fmt: skip
def test_more_and_fewer_than_before(before: str, typed: str, expected: dict[str, Any]) -> None:
    """What was told is added or taken off, and the whole party is said back."""
    guest = at(*BEFORE, before)
    guest.says(typed)
    assert guest.talk.draft["party"] == expected
    assert "understood" in guest.before


@pytest.mark.parametrize(
    ("typed", "options"),
    [("4 or 5 of us", ["4", "5"]), ("entre 4 y 5 personas", ["4", "5"]), ("4 o 5 personas", ["4", "5"])],
)
def test_a_party_of_no_sure_size_is_asked_about(typed: str, options: list[str]) -> None:
    """Both sizes are one tap."""
    guest = at(*BEFORE)
    guest.says(typed)
    assert "party" not in guest.talk.draft
    assert (guest.block, guest.options) == ("party_range", options)
    guest.taps("party", "5")
    assert guest.talk.draft["party"] == party(5)


@pytest.mark.parametrize("typed", ["our friends and me", "my family and I", "mi familia y yo"])
def test_people_nobody_counted_are_asked_about(typed: str) -> None:
    """In figures."""
    guest = at(*BEFORE)
    guest.says(typed)
    assert guest.block == "party_unclear"


def test_one_child_less_of_two_asks_which_is_left() -> None:
    """Their ages are not the same."""
    guest = at(*BEFORE, "2 adults and 2 kids of 4 and 9")
    guest.says("one child less")
    assert guest.block == "party_ages"
    guest.says("9")
    assert guest.talk.draft["party"] == party(2, 9)


def test_more_leave_than_there_are_is_asked_about() -> None:
    """Nobody travels as a minus."""
    guest = at(*BEFORE, "2 adults")
    guest.says("three adults less")
    assert guest.block == "party_unclear"
    assert guest.talk.draft["party"] == party(2)


@pytest.mark.parametrize(
    "typed",
    ["my wife is pregnant", "one of us is vegetarian", "a couple of questions", "2 child seats", "una silla de bebé"],
)
def test_not_everything_counted_is_a_party(typed: str) -> None:
    """Nobody is made of such words."""
    guest = Guest()
    guest.says(f"airport to Bávaro tomorrow at 3pm, {typed}")
    assert "party" not in guest.talk.draft


@pytest.mark.parametrize("typed", ["2 adluts", "my wife and me"])
def test_what_was_likely_meant_is_said_back(typed: str) -> None:
    """So that a slip is seen, though it answers what was asked."""
    guest = at(*BEFORE)
    guest.says(typed)
    assert "2 adults." in guest.text
