"""What just changed, told within this process once it is durable: the desk's live pages listen."""

import asyncio
from dataclasses import dataclass

from models.database import after_commit


@dataclass(frozen=True, slots=True)
class News:
    """Something changed: `what` is booking, talk, delivery, thread, payment or catalogue."""

    what: str
    booking: int | None = None


_listeners: set[asyncio.Queue[News]] = set()


def announce(what: str, booking: int | None = None) -> None:
    """Tell whoever listens, after the transaction around us is durable."""
    news = News(what, booking)
    after_commit(_Telling(news))


@dataclass(frozen=True, slots=True)
class _Telling:
    """Equal for equal news, so that one transaction tells a thing once."""

    news: News

    def __call__(self) -> None:
        for queue in _listeners:
            if queue.qsize() < 1000:  # a page that no longer reads loses news, not our memory
                queue.put_nowait(self.news)


def listen() -> asyncio.Queue[News]:
    """A queue of news from now on; give it back to `ignore`."""
    queue: asyncio.Queue[News] = asyncio.Queue()
    _listeners.add(queue)
    return queue


def ignore(queue: asyncio.Queue[News]) -> None:
    """No longer listen."""
    _listeners.discard(queue)
