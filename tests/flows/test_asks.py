"""What is asked about a booking at any moment: by words, by tap, in the midst of a draft, in both languages."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows.asks import delaying
from flows.changing import code_in
from flows.talk import Cancel, Delayed, Resend, ToTeam
from flows.understand.languages import ALL
from flows.understand.text import Words
from flows.when import from_instant
from tests.bot import stories
from tests.flows.people import MENU, ZONE, Guest, usd
from tests.flows.test_after_send import booked, sending, waiting

__all__ = ["booked", "sending", "waiting"]


def a_booking(reference: str = "CA-7K4M2", **more: Any) -> dict[str, Any]:
    """A booking that is paid, as the handlers tell of it."""
    story = stories.one_way() | {"reference": reference, "state": "confirmed"}
    starts = story["legs"][0]["starts"]
    terms = {"what": "all", "fee": usd(0), "refund": usd(36), "owed": usd(0), "free_until": starts, "starts": starts}
    lead = {"name": "Rafael Peña", "phone": "+18095550177", "car": None, "plate": None, "chat": True}
    leg = {"from": story["legs"][0]["from"], "vehicle": story["vehicle"], "guest": story["guest"], "starts": starts}
    known = {
        "id": 7, "reference": reference, "state": "confirmed", "story": story, "over": False, "booked": True,
        "phone": "+18095550142", "starts": starts, "owes": None, "papers": True, "cancel": [terms], "why_not": None,
        "begun": False, "lead": lead, "leg": leg, "landings": [{"leg": 0, "starts": starts}],
    }  # fmt: skip
    return known | more


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("please cancel my booking", "cancel"),
        ("I want to cancel the return", "cancel"),
        ("quiero cancelar mi reserva", "cancel"),
        ("anular el traslado por favor", "cancel"),
        ("what is the cancellation fee?", "cancel"),
        ("can you send me the ticket again?", "resend"),
        ("I lost my ticket", "resend"),
        ("reenvíeme la factura", "resend"),
        ("no me llegó el boleto", "resend"),
        ("show my bookings", "mine"),
        ("mis reservas", "mine"),
        ("¿tengo alguna reserva?", "mine"),
        ("where is my driver?", "driver"),
        ("we've just landed, nobody is here", "driver"),
        ("ya aterrizamos, ¿dónde está el chofer?", "driver"),
        ("our flight is delayed", "delay"),
        ("mi vuelo viene con retraso", "delay"),
        ("my flight has been cancelled", "flight_off"),
        ("nos cancelaron el vuelo", "flight_off"),
        ("perdimos la conexión", "flight_off"),
        ("I left my bag in the van", "lost"),
        ("se me quedó el celular en el carro", "lost"),
    ],
)
def test_what_is_asked_is_found_in_either_language(said: str, name: str) -> None:
    """Whole sentences, with what stands around them."""
    folded = Words(said).folded
    assert any(v.asks[name].search(folded) for v in ALL.values())


@pytest.mark.parametrize(
    "said",
    [
        "from the airport to Bávaro tomorrow at 3pm, no child seat",
        "we land at 15:25",
        "cancel the flowers",
        "del aeropuerto a Bávaro mañana, sin silla de bebé",
        "my name is Ann Cancel",
        "2 adults and a baby",
    ],
)
def test_an_answer_in_a_draft_is_no_ask(said: str) -> None:
    """What the draft is told stays the draft's."""
    guest = Guest("Hannah Moore")
    guest.bookings = (a_booking(),)
    guest.says("a transfer please")
    guest.says(said)
    assert not guest.wishes and all(reply.about is None for reply in guest.replies)


def test_the_fee_is_shown_and_agreed_to(booked: Guest) -> None:
    """Only the tap that names the fee cancels."""
    booked.bookings = (a_booking(),)
    booked.says("cancel my booking")
    assert booked.block == "cancel_terms" and not booked.wishes
    booked.says("yes")
    assert booked.wishes == (Cancel("CA-7K4M2", "all", 0),)


def test_keeping_it_changes_nothing(booked: Guest) -> None:
    """No is no."""
    booked.bookings = (a_booking(),)
    booked.says("cancel it")
    booked.says("no")
    assert (booked.block, booked.wishes) == ("cancel_kept", ())


def test_of_several_bookings_one_is_chosen(booked: Guest) -> None:
    """By tap, by its place, or named at once by its code."""
    booked.bookings = (a_booking(), a_booking("CA-2222X", id=8))
    booked.says("cancel a booking")
    assert booked.block == "which_booking" and booked.options == ["CA-7K4M2", "CA-2222X"]
    booked.says("2")
    assert booked.replies[0].about == 8
    booked.says("cancel booking CA-7K4M2")
    assert booked.replies[0].about == 7


def test_a_word_with_a_hyphen_is_no_code(booked: Guest) -> None:
    """Only what begins as the house's own codes do, in their own letters."""
    booked.bookings = (a_booking(),)
    booked.says("where is my driver? we are at the mid-level exit")
    assert booked.replies[0].about == 7
    assert not any(
        code_in(said, MENU) for said in ("a late-night pick-up", "Anne-Marie Dubois", "CA-O0I1L", "xca-7k4m2")
    )
    assert code_in("change ca-7k4m2, please", MENU) == "CA-7K4M2"


def test_half_an_hour_before_it_is_for_a_person(booked: Guest) -> None:
    """The team hears of it in the guest's words."""
    booked.bookings = (a_booking(cancel=[], why_not="underway"),)
    booked.says("cancel it please")
    assert booked.block == "cancel_late"
    assert booked.wishes == (ToTeam("cancel it please", reference="CA-7K4M2", matter="late"),)


def test_in_the_midst_of_a_draft_its_question_is_asked_again() -> None:
    """The answer is a message of its own; the draft lost nothing."""
    guest = Guest("Hannah Moore")
    guest.bookings = (a_booking(), a_booking("CA-2222X"))
    guest.says("airport to Bávaro")
    draft = dict(guest.talk.draft)
    guest.says("what have I booked?")
    assert [reply.block for reply in guest.replies] == ["my_bookings", "date"]
    assert guest.talk.draft == draft
    guest.says("tomorrow")
    assert guest.talk.draft["date"] == "2026-11-21"


def test_a_number_typed_under_two_cards_answers_the_last() -> None:
    """The open question's options are counted, the list above it is tapped or named."""
    guest = Guest("Hannah Moore")
    guest.bookings = (a_booking(), a_booking("CA-2222X"))
    guest.says("airport to Bávaro")
    guest.says("my bookings")
    guest.says("2")
    assert guest.talk.draft["date"] == "2026-11-21"


def test_cancelling_without_a_booking_is_about_the_draft() -> None:
    """As ever: shall I forget your answers?"""
    guest = Guest("Hannah Moore")
    guest.says("airport to Bávaro")
    guest.says("cancel my booking")
    assert guest.block == "confirm_drop"


def test_papers_go_to_an_address_that_is_named(booked: Guest) -> None:
    """At once, or after we asked for it; or only here."""
    booked.bookings = (a_booking(),)
    booked.says("send my ticket to me@example.com")
    assert booked.wishes == (Resend("CA-7K4M2", "me@example.com"),)
    booked.bookings[0]["story"]["guest"]["email"] = None
    booked.says("email me the invoice")
    assert booked.block == "which_address"
    booked.says("it is you@example.com")
    assert booked.wishes == (Resend("CA-7K4M2", "you@example.com"),)
    booked.says("send me the ticket again")
    assert booked.wishes == (Resend("CA-7K4M2"),)


def test_whose_booking_is_over_begins_anew(booked: Guest) -> None:
    """Name and phone are not asked again."""
    say = {"block": "cancel_kept", "facts": {"reference": "CA-7K4M2"}}
    booked.learns("answered", say=say, ended="CA-7K4M2")
    assert booked.block == "cancel_kept"
    assert booked.talk.draft == {"name": "Hannah Moore", "phone": "+447700900142"}
    booked.says("airport to Bávaro")
    assert booked.block == "date"


LANDING = datetime(2026, 11, 21, 15, tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("when", "moments"),
    [
        ("T19:10", ["2026-11-21T19:10"]),
        ("+45", ["2026-11-21T15:45"]),
        ("T00:40", ["2026-11-22T00:40"]),
        ("T14:30", ["2026-11-21T14:30"]),
        ("T07:10/19:10", ["2026-11-21T19:10"]),
        ("T02:30/14:30", ["2026-11-21T14:30", "2026-11-22T02:30"]),
        ("2026-11-23T08:00", ["2026-11-23T08:00"]),
        ("", []),
    ],
)
def test_a_new_landing_is_read_with_its_day(when: str, moments: list[str]) -> None:
    """The next such time from the planned landing on, past midnight too; a little earlier is an early flight."""
    assert [f"{each:%Y-%m-%dT%H:%M}" for each in delaying.landings(LANDING, when)] == moments


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("my flight is delayed, landing 19:10", "T19:10"),
        ("our flight is two hours late", "+120"),
        ("delayed by an hour and 20 minutes", "+80"),
        ("mi vuelo viene con dos horas y media de retraso", "+150"),
        ("mi vuelo se atrasó, llegamos a las 7:10 de la noche", "T19:10"),
        ("the flight is delayed until tomorrow at 8am", "2026-11-21T08:00"),
        ("my flight is delayed", ""),
    ],
)
def test_what_a_delay_tells(said: str, when: str) -> None:
    """A time, a span, a day; or nothing, and it is asked for."""
    guest = Guest("Hannah Moore")
    told = {delaying.told(said, guest.world, v) for v in ALL.values()}
    assert when in told


def test_a_late_flight_is_moved_or_asked_about(booked: Guest) -> None:
    """The time in the same words, or in the next ones."""
    booked.bookings = (a_booking(),)
    starts = booked.bookings[0]["landings"][0]["starts"]
    booked.says("my flight is late")
    assert booked.block == "which_landing"
    booked.says("30 minutes late")
    assert [type(wish) for wish in booked.wishes] == [Delayed]
    later = delaying.landings(from_instant(starts), "+30")[0]
    assert booked.wishes[0].landing == f"{later:%Y-%m-%dT%H:%M}"  # type: ignore[union-attr]


def test_somebody_elses_code_finds_nothing(booked: Guest) -> None:
    """Nor does it tell whether there is such a booking."""
    booked.bookings = (a_booking(),)
    booked.says("cancel booking CA-99999")
    assert (booked.block, booked.wishes) == ("no_booking", ())
