"""Whether a provider was ever asked for more than it takes: sliding windows over what came to the simulators, accepted or not."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web

from tests.faults.fleet import Fleet
from web.stage.providers.server import Handler

CHAT = re.compile(r'(?:chat_id=|name="chat_id"\r\n\r\n|To=(?:whatsapp:)?)([-+]?\d+)')
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
    """Notes every call as it comes in at the simulators' door, and how it was answered."""

    def __init__(self, fleet: Fleet) -> None:
        self.calls: list[Call] = []
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

    def breaches(self) -> list[str]:
        """Each limit that was ever exceeded, by what was accepted or only tried."""
        return [
            f"{limit.name}: {most} to {chat}"
            for limit in LIMITS
            for chat, most in self._busiest(limit).items()
            if most > limit.most
        ]

    def figures(self) -> dict[str, Any]:
        """The busiest moment against each limit, and how often Telegram and Twilio said that it was too much."""
        busiest = {limit.name: max(self._busiest(limit).values(), default=0) for limit in LIMITS}
        return busiest | {"refused": sum(call.status == 429 for call in self.calls)}

    def _busiest(self, limit: Limit) -> dict[str, int]:
        times = defaultdict[str, list[float]](list)
        for call in filter(limit.about, self.calls):
            times[call.chat if limit.each_chat else "all"].append(call.at if limit.each_chat else call.real)
        return {chat: most_in(each, limit.seconds) for chat, each in times.items()}


def most_in(times: Iterable[float], seconds: float) -> int:
    """The most of these moments that any window of so many seconds holds."""
    ordered, first, most = sorted(times), 0, 0
    for number, at in enumerate(ordered):
        while ordered[first] <= at - seconds:
            first += 1
        most = max(most, number - first + 1)
    return most
