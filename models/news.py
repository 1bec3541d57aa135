"""What just changed, told once it is durable: the desk's live pages listen, whichever process they are connected to."""

import asyncio
from dataclasses import dataclass

from models import bells

BELL = "news"


@dataclass(frozen=True, slots=True)
class News:
    """Something changed: `what` is booking, talk, delivery, thread, payment, catalogue, or `anew` when news may have been missed."""

    what: str
    booking: int | None = None


_listeners: set[asyncio.Queue[News]] = set()


def announce(what: str, booking: int | None = None) -> None:
    """Tell whoever listens, after the transaction around us is durable."""
    bells.ring(BELL, f"{what}:{booking or ''}")


def _tell(said: str) -> None:
    what, _, booking = said.partition(":")
    news = News(what or "anew", int(booking) if booking else None)
    for queue in _listeners:
        if queue.qsize() < 1000:  # a page that no longer reads loses news, not our memory
            queue.put_nowait(news)


bells.hear(BELL, _tell)


def listen() -> asyncio.Queue[News]:
    """A queue of news from now on; give it back to `ignore`."""
    queue: asyncio.Queue[News] = asyncio.Queue()
    _listeners.add(queue)
    return queue


def ignore(queue: asyncio.Queue[News]) -> None:
    """No longer listen."""
    _listeners.discard(queue)
