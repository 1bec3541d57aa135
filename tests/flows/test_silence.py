"""A guest falls silent in the middle of a request, and comes back."""

from datetime import timedelta

import pytest

from flows.book import nudged
from flows.menu import World
from tests.flows.people import MENU, Guest
from tests.flows.test_after_send import SENT


def later(guest: Guest, **by: float) -> None:
    """Time passes for this guest."""
    guest.world = World(guest.world.now + timedelta(**by), MENU)


def asked() -> Guest:
    """A guest who was asked for the flight and says nothing."""
    guest = Guest("Ava Nilsson")
    guest.says("airport to Bávaro on 28 November at 3pm, 2 adults")
    assert guest.block == "flight"
    return guest


def test_a_nudge_repeats_the_open_question_and_comes_once() -> None:
    """It says that nothing is lost; after it there is silence on our side too."""
    guest = asked()
    later(guest, hours=2)
    talk = nudged(guest.talk, guest.world)
    assert talk is not None
    assert "Shall we go on?" in guest.answered(talk)
    assert (guest.block, guest.before) == ("flight", ["nudge"])
    assert nudged(guest.talk, guest.world) is None
    guest.says("start over")
    guest.says("airport to Bávaro tomorrow")
    assert nudged(guest.talk, guest.world) is not None, "another draft, another nudge"


def test_nobody_is_nudged_who_has_told_nothing_or_sent_it() -> None:
    """What the channel told is not the guest's; after sending, notices speak of the hold."""
    guest = Guest("Ava Nilsson")
    guest.says("hi")
    assert nudged(guest.talk, guest.world) is None
    guest.says("airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags, AA1045, sedan")
    guest.says("send")
    guest.learns("sent", **SENT)
    assert nudged(guest.talk, guest.world) is None
    guest.learns("hold_ended")
    assert nudged(guest.talk, guest.world) is None, "the notice that it ended was the nudge"


@pytest.mark.parametrize(("by", "welcomed"), [({"hours": 5}, False), ({"hours": 7}, True), ({"days": 29}, True)])
def test_whoever_comes_back_is_welcomed_to_the_question_that_was_open(by: dict[str, float], welcomed: bool) -> None:
    """Not after a coffee; a day that has passed meanwhile is asked anew."""
    guest = asked()
    later(guest, **by)
    guest.says("LH2032")
    assert ("welcome_back" in guest.before) == welcomed
    assert guest.talk.draft["flight"] == "LH2032"
    assert guest.block == ("past_date" if by == {"days": 29} else "luggage")


def test_a_draft_is_kept_for_a_month() -> None:
    """After it everything but what the channel tells begins anew."""
    guest = asked()
    later(guest, days=31)
    guest.says("hi")
    assert (guest.before, guest.block) == (["draft_too_old"], "service")
    assert set(guest.talk.draft) == {"name", "phone"}


def test_a_word_takes_up_what_was_held_and_an_old_card_does_not() -> None:
    """The notice says: write "book". A button from before the hold ended is shown the request once more."""
    for said, sends in (("book", True), (None, False)):
        guest = Guest("Ava Nilsson")
        guest.says("airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags, AA1045, sedan")
        turn = guest.talk.turn
        guest.says("send")
        guest.learns("sent", **SENT)
        guest.learns("hold_ended")
        _ = guest.says(said) if said else guest.taps("review", "send", turn=turn)
        assert bool(guest.wishes) == sends
