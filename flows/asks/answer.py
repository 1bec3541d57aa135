"""What an ask is answered with, and which booking it is about."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.speech import Link, Option, Say
from flows.talk import ToTeam, Wish

Booking = Mapping[str, Any]
"""One booking of whoever writes, as `handlers/bookings.py` tells it."""

MOST = 8  # bookings to choose from


@dataclass(frozen=True, slots=True)
class Answer:
    """`say` is None where the answer comes of the wishes. `asks_back`: the guest is to answer it before anything else.

    `left` is what the next words may answer without naming it. `instead` shows something of the talk's own.
    """

    say: Say | None
    wishes: tuple[Wish, ...] = ()
    asks_back: bool = False
    left: dict[str, Any] | None = None
    instead: str | None = None


def find(ask: Mapping[str, Any], bookings: Iterable[Booking]) -> Booking | None:
    """The booking whose code the ask names."""
    return next((each for each in bookings if each["reference"] == ask.get("reference")), None)


def ahead(bookings: Iterable[Booking]) -> list[Booking]:
    """Those in which something is still to happen."""
    return [each for each in bookings if not each["over"]]


def which(name: str, bookings: list[Booking], tail: Callable[[Booking], str] = lambda each: "") -> Answer:
    """Ask which booking is meant; `tail` goes behind its code in what a tap stands for."""
    several = len({each["story"]["guest"]["name"] for each in bookings}) > 1
    options = tuple(option(name, each, tail(each), named=several) for each in bookings[:MOST])
    return Answer(Say("which_booking", {}, options), asks_back=True)


def option(name: str, booking: Booking, tail: str = "", *, named: bool = False) -> Option:
    """A booking to tap; `named` where those to choose from are in several names."""
    who = booking["story"]["guest"]["name"] if named else None
    known = {"story": booking["story"], "starts": booking["starts"]}
    facts = known | {"who": who, "waits": booking["state"] == "waitlisted"}
    return Option(name, booking["reference"] + tail, "@booking_option", "@booking_short", facts)


def unknown(ask: Mapping[str, Any]) -> Answer:
    """There is no booking of theirs that this could be about."""
    person = Option("anytime", "person", "@person")
    return Answer(Say("no_booking", {"reference": ask.get("reference")}, (person,)))


def past(ask: Mapping[str, Any], bookings: tuple[Booking, ...], matter: str) -> Answer:
    """Everything of theirs is over, or there is nothing: what is over may still be a matter for people."""
    booking = next((each for each in bookings if each["state"] != "cancelled"), None)
    if booking is None or ask.get("reference"):
        return unknown(ask)
    wish = ToTeam(ask.get("words") or "", reference=booking["reference"], matter=matter)
    return Answer(about(booking, "over_for_team", phone=booking["phone"]), (wish,))


def about(booking: Booking, block: str, options: tuple[Option, ...] = (), **facts: Any) -> Say:
    """A message about one booking, with the door to its page."""
    known = {"story": booking["story"], "reference": booking["reference"]} | facts
    return Say(block, known, options, (Link("booking"),), about=booking["id"])
