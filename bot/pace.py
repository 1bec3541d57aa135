"""Keeps within what a provider takes: so many a second in all, and so many at once to one chat."""

import asyncio
import time
from collections import OrderedDict

CHATS_REMEMBERED = 10_000


class Bucket:
    """Lets `rate` through a second, `burst` at once; a rate of 0 lets everything through."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.level, self.at = burst, time.monotonic()

    def wait(self) -> float:
        """Take one; gives the seconds to wait before it may go."""
        if not self.rate:
            return 0.0
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.at) * self.rate) - 1
        self.at = now
        return max(0.0, -self.level / self.rate)


class Pace:
    """One provider's rate and its chats' buckets. Telegram: about one message a second to a chat, bursts allowed."""

    def __init__(self, rate: float, *, chat_rate: float = 0.0, chat_burst: float = 1.0) -> None:
        self.all = Bucket(rate, max(rate, 1.0))
        self.chat_rate, self.chat_burst = chat_rate, chat_burst
        self.chats: OrderedDict[str, Bucket] = OrderedDict()

    async def turn(self, address: str) -> None:
        """Wait until one more may go to this address."""
        await asyncio.sleep(max(self.all.wait(), self._chat(address).wait()))

    def _chat(self, address: str) -> Bucket:
        bucket = self.chats.pop(address, None) or Bucket(self.chat_rate, self.chat_burst)
        self.chats[address] = bucket
        if len(self.chats) > CHATS_REMEMBERED:
            self.chats.popitem(last=False)
        return bucket
