"""A change is asked for of one of several bookings: which one, before anything of it is a draft."""

from typing import Any

from flows.asks.answer import Answer, Booking, ahead, which
from flows.changing import TAP
from flows.menu import Offer
from flows.talk import Talk


def answer(talk: Talk, ask: dict[str, Any], bookings: tuple[Booking, ...], offer: Offer) -> Answer:
    """The bookings that are still ahead, to choose from; what is to change is kept until one is chosen."""
    talk.facts["to_change"] = ask["words"]
    return which(TAP, ahead(bookings))
