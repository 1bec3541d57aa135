"""Where is my driver? Answered at once: who, in what, where they wait, how they are called."""

from dataclasses import replace
from typing import Any

from flows.asks.answer import Answer, Booking, about, ahead, find, past, unknown, which
from flows.menu import Offer
from flows.speech import Link
from flows.talk import Talk, ToTeam
from flows.when import from_instant

NAME = "driver"
NEAR = 6 * 3600  # seconds around the start in which it is urgent


def answer(talk: Talk, ask: dict[str, Any], bookings: tuple[Booking, ...], offer: Offer) -> Answer:
    """Of the booking that is on now, else of the next one."""
    certain = [each for each in ahead(bookings) if each["booked"]]
    booking = find(ask, bookings)
    if booking is None and ask.get("reference"):
        return unknown(ask)
    near = [each for each in certain if _seconds(each, offer) < NEAR]
    if booking is None and len(near) > 1:
        return which(NAME, near)
    booking = booking or next(iter((*near, *certain, *ahead(bookings))), None)
    if booking is None:
        return past(ask, bookings, "driver")
    if not booking["booked"]:
        return Answer(about(booking, "driver_not_yet"))
    return _of(ask, booking, offer)


def _seconds(booking: Booking, offer: Offer) -> float:
    """Until it begins; less than nothing when it has begun."""
    return (from_instant(booking["starts"]) - offer.world.now).total_seconds()


def _of(ask: dict[str, Any], booking: Booking, offer: Offer) -> Answer:
    near, words = _seconds(booking, offer) < NEAR, ask.get("words") or ""
    wish = ToTeam(words, reference=booking["reference"], matter="driver")
    facts = {"lead": booking["lead"], "leg": booking["leg"], "near": near, "phone": booking["phone"]}
    if booking["lead"] is None:
        return Answer(about(booking, "driver_none", **facts), (wish,))
    said = replace(about(booking, "driver", **facts), photos=_photos(booking) if near else ())
    lead = booking["lead"]
    ways = [Link(way) for way, had in (("call", lead["phone"]), ("lead", lead["chat"])) if had and near]
    said = replace(said, links=(*ways, *said.links))
    return Answer(said, (wish,) if near and words else ())


def _photos(booking: Booking) -> tuple[Any, ...]:
    """Whom to look for, and where."""
    return tuple(photo for photo in (booking["lead"]["photo"], booking["leg"]["photo"]) if photo)


def tapped(value: str) -> dict[str, Any]:
    """The booking that was chosen."""
    return {"reference": value}
