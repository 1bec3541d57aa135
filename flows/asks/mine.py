"""My bookings: the list of them, and of one its recap with all that can be done."""

from typing import Any

from flows.asks.answer import MOST, Answer, Booking, about, find, option, unknown
from flows.menu import Offer
from flows.speech import Link, Option, Say
from flows.talk import Talk

NAME = "mine"


def answer(talk: Talk, ask: dict[str, Any], bookings: tuple[Booking, ...], offer: Offer) -> Answer:
    """The only one at once; of several the list, to tap one."""
    booking = find(ask, bookings) or (bookings[0] if len(bookings) == 1 and not ask.get("reference") else None)
    if booking:
        return Answer(_one(booking))
    if not bookings and talk.facts.get("reference"):
        return Answer(None)  # the talk itself knows where its booking stands
    if not bookings or ask.get("reference"):
        return unknown(ask)
    shown = bookings[:MOST]
    facts = {"bookings": [_facts(each) for each in shown], "more": len(bookings) - len(shown)}
    return Answer(Say("my_bookings", facts, tuple(option(NAME, each) for each in shown)))


def _facts(booking: Booking) -> dict[str, Any]:
    return {key: booking[key] for key in ("reference", "state", "starts", "story", "owes")}


def _one(booking: Booking) -> Say:
    """What can be done with it are the things one may also write."""
    reference = booking["reference"]
    acts = [("driver", "@ask_driver")] if booking["booked"] and not booking["over"] else []
    acts += [("resend", "@ask_resend")] if booking["papers"] else []
    acts += [("cancel", "@ask_cancel")] if not booking["why_not"] else []
    options = tuple(Option(name, reference, label) for name, label in acts)
    say = about(booking, "my_booking", options, state=booking["state"], owes=booking["owes"])
    links = (*((Link("pay"),) if booking["owes"] and not booking["booked"] else ()), Link("booking"))
    return Say(say.block, say.facts, say.options, links, about=say.about)


def tapped(value: str) -> dict[str, Any]:
    """The booking that was chosen."""
    return {"reference": value}
