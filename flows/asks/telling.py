"""What people must see to: something lost, a flight that does not go. The team has it at once, in the booking it is about."""

from typing import Any

from flows.asks.answer import Answer, Booking, about, ahead, find, past, unknown, which
from flows.menu import Offer
from flows.talk import Talk, ToTeam


def lost(talk: Talk, ask: dict[str, Any], bookings: tuple[Booking, ...], offer: Offer) -> Answer:
    """Something was left behind: in what was driven last, else in what is next."""
    begun = [each for each in bookings if each["begun"] and each["state"] != "cancelled"]
    booking = find(ask, bookings) or next(iter((*begun, *ahead(bookings))), None)
    if booking is None or (ask.get("reference") and booking["reference"] != ask["reference"]):
        return unknown(ask)
    return Answer(about(booking, "lost_noted", phone=booking["phone"]), (_wish(ask, booking, "lost"),))


def flight_off(talk: Talk, ask: dict[str, Any], bookings: tuple[Booking, ...], offer: Offer) -> Answer:
    """A flight that is cancelled or missed is for a person; nothing is cancelled by it."""
    coming = ahead(bookings)
    booking = find(ask, bookings) or (coming[0] if len(coming) == 1 else None)
    if booking is None and len(coming) > 1 and not ask.get("reference"):
        return which("flight_off", coming)
    if booking is None:
        return past(ask, bookings, "flight_off")
    return Answer(about(booking, "flight_off_noted", phone=booking["phone"]), (_wish(ask, booking, "flight_off"),))


def _wish(ask: dict[str, Any], booking: Booking, matter: str) -> ToTeam:
    return ToTeam(ask.get("words") or "", reference=booking["reference"], matter=matter)


def tapped(value: str) -> dict[str, Any]:
    """The booking that was chosen."""
    return {"reference": value}
