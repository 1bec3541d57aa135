"""How much Telegram takes: whoever says more is refused and told how many seconds to wait.

Telegram's FAQ ("My bot is hitting limits"): about 30 messages a second in all, 20 a minute to one group, and to one chat one a
second, though short bursts may go over that.
"""

from collections import defaultdict, deque
from math import ceil

Window = tuple[int, float]  # so many in so many seconds
ALL: tuple[Window, ...] = ((30, 1.0),)
GROUP: tuple[Window, ...] = ((20, 60.0),)
PERSON: tuple[Window, ...] = ((18, 10.0), (68, 60.0))  # one a second, and a short burst of eight
LONGEST = 60.0


class Limits:
    """What was said lately, in all and to each chat; moments in seconds."""

    def __init__(self) -> None:
        self.said: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, chat: str, now: float, real: float) -> int:
        """Whole seconds until one more is taken; 0: it is taken and counted. `real` goes on evenly when the clock is moved."""
        group = chat.startswith("-")
        waits = [self._wait("", ALL, real), self._wait(chat, GROUP if group else PERSON, now)]
        if not any(waits):
            self.said[""].append(real)
            self.said[chat].append(now)
        return ceil(max(waits))

    def _wait(self, whom: str, windows: tuple[Window, ...], now: float) -> float:
        said = self.said[whom]
        while said and said[0] <= now - LONGEST:
            said.popleft()
        full = [(most, long) for most, long in windows if len(said) >= most and said[-most] > now - long]
        return max((said[-most] + long - now for most, long in full), default=0.0)
