"""Once it was sent: sold out, held, paid, and whatever is written then."""

import pytest

from flows.talk import Hop, Person, Send, ToTeam
from tests.flows.people import Guest, both, usd
from tests.flows.test_transfer import whole_request

HOLD = {"utc": "2026-11-20T14:55:00Z", "zone": "America/Santo_Domingo"}
SENT = {"reference": "CA-7K4M2", "hold_until": HOLD, "due": usd(36), "total": usd(36)}


@pytest.fixture
def sending() -> Guest:
    """A guest whose request is wished to be sent."""
    guest = Guest("Hannah Moore")
    whole_request(guest)
    guest.says("send")
    guest.says("accept")
    assert guest.wishes == (Send(),)
    return guest


@pytest.fixture
def waiting(sending: Guest) -> Guest:
    """A guest with a pay link."""
    sending.learns("sent", **SENT)
    return sending


@pytest.fixture
def booked(waiting: Guest) -> Guest:
    """A guest who has paid."""
    waiting.learns(
        "paid", reference="CA-7K4M2", paid=usd(36), total=usd(36), lead="Rafael", meeting=both("exit B", "salida B")
    )
    return waiting


def test_a_request_that_was_taken_comes_with_the_pay_link(sending: Guest) -> None:
    """What is held, until when, how much."""
    answer = sending.learns("sent", **SENT)
    assert "Your sedan is held until 10:55" in answer
    assert "<Pay US$36.00>" in answer and "<Your booking>" in answer
    assert sending.talk.state == "waiting_payment"


def test_sold_out_offers_what_is_free_and_keeps_all_else(sending: Guest) -> None:
    """Another time or vehicle is one tap, then send again."""
    van = {"key": "van", "name": both("Van"), "seats": 7, "bags": 8, "price": usd(48)}
    answer = sending.learns("sold_out", times=["15:30"], vehicles=[van])
    assert "The last Sedan for 15:00 was just taken.\nNothing is charged." in answer
    assert "[15:30]" in answer and "[Van, up to 7 people, $48.00]" in answer
    sending.says("15:30")
    assert (sending.block, sending.talk.draft["time"]) == ("review", "15:30")
    sending.says("send")
    assert sending.wishes == (Send(),)


def test_sold_out_without_alternatives_still_has_a_next_step(sending: Guest) -> None:
    """Another day, or a person."""
    sending.learns("sold_out")
    assert sending.options == ["join", "date", "person"]
    sending.says("Day")
    assert sending.block == "date"


def test_too_late_offers_the_first_free_start(sending: Guest) -> None:
    """Date and time in one tap."""
    sending.learns("too_late", first={"utc": "2026-11-21T22:00:00Z", "zone": "America/Santo_Domingo"})
    sending.says("1")
    assert (sending.talk.draft["time"], sending.block) == ("18:00", "review")


@pytest.mark.parametrize("typed", ["hello?", "where is my booking", "ok", "blorp", "help", "summary", "price"])
def test_while_waiting_anything_is_answered_with_the_links(waiting: Guest, typed: str) -> None:
    """Status, pay, booking."""
    waiting.says(typed)
    assert waiting.block == "waiting_payment"
    assert [link.purpose for link in waiting.replies[0].links] == ["pay", "booking"]


def test_an_old_tap_is_answered_with_where_things_stand(waiting: Guest) -> None:
    """Nothing changes after send."""
    draft = dict(waiting.talk.draft)
    waiting.taps("vehicle", "van", turn=3)
    assert waiting.before == ["old_tap"]
    assert waiting.block == "waiting_payment"
    assert waiting.talk.draft == draft


def test_a_declined_card_keeps_the_hold(waiting: Guest) -> None:
    """And says so."""
    waiting.learns("payment_failed")
    assert waiting.before == ["payment_failed"]


def test_when_the_hold_ends_the_request_is_shown_again(waiting: Guest) -> None:
    """All answers are kept; sending again is one tap."""
    waiting.learns("hold_ended")
    assert (waiting.block, waiting.before) == ("review", ["hold_ended"])
    waiting.taps("review", "send")
    assert waiting.wishes == (Send(),)


def test_paid_says_booked_with_the_ticket(waiting: Guest) -> None:
    """Thanks, by name."""
    answer = waiting.learns(
        "paid", reference="CA-7K4M2", paid=usd(36), total=usd(36), lead="Rafael", meeting=both("exit B")
    )
    assert "You are booked: CA-7K4M2." in answer
    assert "Rafael waits for you at exit B" in answer
    assert "<Ticket>" in answer


def test_news_that_comes_twice_or_too_late_changes_nothing(booked: Guest) -> None:
    """Paid stays paid."""
    for news in ("paid", "hold_ended", "sold_out", "payment_failed", "sent"):
        booked.learns(news)
        assert booked.talk.state == "booked"


def test_words_about_a_booking_go_to_the_team(booked: Guest) -> None:
    """And the guest is told."""
    booked.says("we land an hour later")
    assert booked.wishes == (ToTeam("we land an hour later"),)
    assert booked.block == "told_team"
    booked.sends("voice")
    assert booked.wishes == (ToTeam("", "voice"),)


def test_thanks_is_for_nobody_to_work_on(booked: Guest) -> None:
    """You are welcome."""
    booked.says("thank you so much!")
    assert (booked.wishes, booked.block) == ((), "welcome")


def test_a_person_can_be_asked_for_after_booking(booked: Guest) -> None:
    """As ever."""
    booked.says("talk to a person")
    assert booked.wishes == (Person("talk to a person"), Hop(""))


@pytest.mark.parametrize("typed", ["new booking", "nueva reserva"])
def test_a_new_booking_keeps_who_the_guest_is(booked: Guest, typed: str) -> None:
    """Name and phone are not asked again."""
    booked.says(typed)
    assert booked.talk.draft == {"name": "Hannah Moore", "phone": "+447700900142"}
    assert booked.block == "service"
