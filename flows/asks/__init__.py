"""What guests ask about their bookings, at any moment: in the midst of a draft its question stays open and is asked again.

Read `TABLE` downwards: that is all there is. `hearing.py` finds the ask in the words; what it is answered from, the bookings of
whoever writes, is read in between; each module answers its own.
"""

from collections.abc import Callable
from typing import Any

from flows.asks import cancelling, change, delaying, driver, mine, resending, telling
from flows.asks.answer import Answer, Booking
from flows.menu import Offer
from flows.talk import Talk

Answering = Callable[[Talk, dict[str, Any], tuple[Booking, ...], Offer], Answer]

TABLE: dict[str, Answering] = {
    "driver": driver.answer,
    "delay": delaying.answer,
    "flight_off": telling.flight_off,
    "lost": telling.lost,
    "cancel": cancelling.answer,
    "change": change.answer,
    "resend": resending.answer,
    "mine": mine.answer,
}


def answer(talk: Talk, offer: Offer) -> Answer:
    """What is said to the ask of this turn, and what is wished for."""
    ask = talk.ask or {}
    return TABLE[ask["name"]](talk, ask, offer.bookings, offer)
