"""The ticket, the invoice and the link once more: here, and to a mail address where that is asked for."""

from typing import Any

from flows.asks.answer import Answer, Booking, about, find, unknown, which
from flows.menu import Offer
from flows.speech import Option
from flows.talk import Resend, Talk

NAME = "resend"


def answer(talk: Talk, ask: dict[str, Any], bookings: tuple[Booking, ...], offer: Offer) -> Answer:
    """Of the booking that is meant, else of the next one; without papers yet its page is the answer."""
    booking = find(ask, bookings)
    issued = [each for each in bookings if each["papers"]]
    ahead = [each for each in issued if not each["over"]]
    if booking is None and ask.get("reference"):
        return unknown(ask)
    if booking is None and len(ahead) > 1:
        return which(NAME, ahead, lambda each: f":{'mail' if ask.get('mail') else ask.get('address') or ''}")
    booking = booking or next(iter((*ahead, *issued, *bookings)), None)
    if booking is None:
        return unknown(ask)
    if not booking["papers"]:
        return Answer(about(booking, "no_papers_yet"))
    return _sent(ask, booking)


def _sent(ask: dict[str, Any], booking: Booking) -> Answer:
    known = booking["story"]["guest"]["email"]
    address = ask.get("address") or (known if ask.get("mail") else None)
    if ask.get("mail") and not address:
        left = {"name": NAME, "reference": booking["reference"]}
        here = Option(NAME, booking["reference"], "@papers_here")
        return Answer(about(booking, "which_address", (here,)), asks_back=True, left=left)
    return Answer(None, (Resend(booking["reference"], address or ""),))


def tapped(value: str) -> dict[str, Any]:
    """The booking, and behind it an address or "mail"."""
    reference, _, where = value.partition(":")
    return {"reference": reference, "mail": where == "mail", "address": where if "@" in where else None}
