"""Whether a provider was ever asked for more than it takes: sliding windows over what came to the simulators, accepted or not."""

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from aiohttp import web

from tests.faults.fleet import Fleet
from web.stage.providers.server import Handler

CHAT = re.compile(r'(?:chat_id=|name="chat_id"\r\n\r\n|To=(?:whatsapp:)?)([-+]?\d+)')
LOOK = 0.02  # seconds between looks whether we are looking at all
SAID = re.compile(r"/(send(?!ChatAction)|edit)\w+$|/Messages\.json$")


@dataclass(slots=True)
class Call:
    """One message or edit that came to a provider. `at`: seconds since 1970 on the provider's clock; `real` goes on evenly."""

    provider: str
    chat: str
    at: float
    real: float
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in so many seconds, of those that it is about; to one chat, or in all."""

    name: str
    most: int
    seconds: float
    about: Callable[[Call], bool]
    each_chat: bool = True


LIMITS = (  # Twilio: 80 a second for a WhatsApp sender. Telegram's FAQ: 30 a second, 20 a minute to a group, 1 a second to a chat
    Limit("80/s on WhatsApp", 80, 1.0, lambda call: call.provider == "twilio", each_chat=False),
    Limit("30/s on Telegram", 30, 1.0, lambda call: call.provider == "telegram", each_chat=False),
    Limit("20/min to a group", 20, 60.0, lambda call: call.provider == "telegram" and call.chat.startswith("-")),
    # … of which it says that short bursts may go over it
    Limit("1/s to a chat", 60 + 8, 60.0, lambda call: call.provider == "telegram" and not call.chat.startswith("-")),
    Limit("1/s to a chat, a burst", 10 + 8, 10.0, lambda call: call.provider == "telegram" and not call.chat.startswith("-")),
)  # fmt: skip


class Watch:
    """Notes every call as it comes in at the simulators' door, how it was answered, and when nobody looked at the door for a moment.

    What came meanwhile is seen late and all at once: so much more is allowed in a window as there was a pause before its end.
    """

    def __init__(self, fleet: Fleet) -> None:
        self.calls: list[Call] = []
        self.pauses: list[tuple[float, float]] = []  # when one ended, how long it was
        self.looking: asyncio.TimerHandle
        self._look(time.monotonic())
        self.asked = Counter[str]()  # whatever was asked of a provider
        self.world, self.real = fleet.sim.world, fleet.sim.parts.logged
        fleet.sim.parts.logged = self.logged  # type: ignore[method-assign]

    async def logged(self, provider: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Instead of the simulators' own, which it hands on to."""
        self.asked[provider] += 1
        if request.method != "POST" or not SAID.search(request.path):
            return await self.real(provider, request, handler)
        body = unquote_plus((await request.read())[:4096].decode("utf-8", "replace"))
        found = CHAT.search(body)
        call = Call(provider, found[1] if found else "?", self.world.now(), time.monotonic())
        self.calls.append(call)
        response = await self.real(provider, request, handler)
        call.status = response.status
        return response

    def _look(self, due: float) -> None:
        late = time.monotonic() - due
        if late > LOOK:
            self.pauses.append((due + late, late))
        due = time.monotonic() + LOOK
        self.looking = asyncio.get_running_loop().call_later(LOOK, self._look, due)

    def stop(self) -> None:
        """Look no more."""
        self.looking.cancel()

    def breaches(self) -> list[str]:
        """Each limit that was ever exceeded, by what was accepted or only tried."""
        return [
            f"{limit.name}: {max(over)} to {chat}"
            for limit in LIMITS for chat, found in self._windows(limit).items()
            if (over := [one.count for one in found if one.count > limit.most and one.count > self._allowed(limit, one)])
        ]  # fmt: skip

    def figures(self) -> dict[str, Any]:
        """The busiest moment against each limit, how often Telegram and Twilio said that it was too much, and our longest pause."""
        busiest = {
            limit.name: max((one.count for each in self._windows(limit).values() for one in each), default=0)
            for limit in LIMITS
        }
        longest = max((long for _, long in self.pauses), default=0.0)
        return busiest | {"refused": sum(call.status == 429 for call in self.calls), "pause, ms": round(longest * 1000)}

    def _allowed(self, limit: Limit, window: "Window") -> float:
        if limit.each_chat:
            return limit.most
        while_we_looked_away = [
            long for ended, long in self.pauses if window.first - LOOK <= ended <= window.last + LOOK
        ]
        return limit.most * (1 + max(while_we_looked_away, default=0.0) / limit.seconds)

    def _windows(self, limit: Limit) -> dict[str, list["Window"]]:
        times = defaultdict[str, list[float]](list)
        for call in filter(limit.about, self.calls):
            times[call.chat if limit.each_chat else "all"].append(call.at if limit.each_chat else call.real)
        return {chat: windows(each, limit.seconds) for chat, each in times.items()}


class Window(NamedTuple):
    """So many between its first and its last."""

    count: int
    first: float
    last: float


def windows(times: Iterable[float], seconds: float) -> list[Window]:
    """For each of these moments the window of so many seconds that ends with it."""
    ordered, first, found = sorted(times), 0, []
    for number, at in enumerate(ordered):
        while ordered[first] <= at - seconds:
            first += 1
        found.append(Window(number - first + 1, ordered[first], at))
    return found
