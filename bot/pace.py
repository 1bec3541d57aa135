"""Keeps within what a provider takes: so many a second in all, from all processes together, and so many to one chat."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import rates
from models.lanes import Lane

FRESH = 0.05  # seconds that a leave to send may be kept; also how far ahead leaves are taken
SOON = 0.5  # seconds of work that may stand before the gate

Take = Callable[[str, float, int, int], Awaitable[tuple[int, float]]]


@dataclass(frozen=True, slots=True)
class ChatPace:
    """What one chat takes: `rate` a second, `burst` at once. What it has used up is kept as a moment (GCRA)."""

    rate: float
    burst: int

    def rest(self, used: datetime | None, now: datetime) -> timedelta:
        """How long the chat must be left alone now."""
        if used is None:
            return timedelta()
        return max(timedelta(), used - now - timedelta(seconds=(self.burst - 1) / self.rate))

    def after(self, used: datetime | None, now: datetime) -> datetime:
        """Up to when it is used up once one more was sent."""
        return max(used or now, now) + timedelta(seconds=1 / self.rate)


ChatPaces = Callable[[str], ChatPace | None]


class Pace:
    """One provider's rate, in sends a second; 0 lets everything through. Processes share it by its name.

    `chat` gives the pace of a chat by its address, None where there is none.
    """

    def __init__(self, name: str, rate: float, chat: ChatPaces = lambda _: None, take: Take = rates.take) -> None:
        self.name, self.rate, self.chat, self.take = name, rate, chat, take
        self.at_once = max(1, int(rate * FRESH))
        self.gate = asyncio.Lock()
        self.before = 0  # how many stand before the gate
        self.leaves, self.until = 0, 0.0

    @property
    def soon(self) -> int:
        """How many can leave soon: no more than that is worth claiming, so that what is urgent overtakes the rest."""
        return max(1, int(self.rate * SOON)) if self.rate else 1000

    async def turn(self) -> None:
        """Wait until one more may be sent; first come, first served."""
        if not self.rate:
            return
        self.before += 1
        try:
            async with self.gate:
                while not self.leaves or time.monotonic() > self.until:
                    await self._take()
                self.leaves -= 1
        finally:
            self.before -= 1

    async def _take(self) -> None:
        self.leaves, wait = await self.take(self.name, self.rate, self.at_once, min(self.before, self.at_once))
        self.until = time.monotonic() + FRESH
        if not self.leaves:
            await asyncio.sleep(wait)

    def rest(self, lane: Lane, now: datetime) -> timedelta:
        """How long the lane's chat must be left alone now."""
        chat = self.chat(lane.address) if self.rate else None
        return chat.rest(lane.used, now) if chat else timedelta()

    def sent(self, lane: Lane, now: datetime) -> None:
        """One more leaves now."""
        if self.rate and (chat := self.chat(lane.address)):
            lane.used = chat.after(lane.used, now)
