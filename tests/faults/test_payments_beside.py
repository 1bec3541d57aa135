"""Payments come in while guests chat: each is in the ledger once, everybody is answered, and neither waits long for the other.

The short form looks only at what became of them. The long form measures: quiet and beside payments, one after the other, several times.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

from models.database import read
from tests.faults.conftest import short_on, sized
from tests.faults.crowd import ANSWERS, VEHICLE_ASKED, Guest, Plan, people
from tests.faults.fleet import Fleet, Nursery, by_reason, fleet_of
from tests.faults.measured import FILE
from tests.faults.test_kills import all_at_once, report
from tests.faults.verdict import heard_once, left, paid, whole

MEASURED = "tests.faults.measured:transactions"
PREPARING = 16  # guests who book at the same time before a round
START_OVER = {"en": "start over", "es": "empezar de nuevo"}
TURNS = ("handlers.guest_wrote:_turn",)
PAYMENTS = ("handlers.event_told:_once",)
LEDGER_MS, TWICE = 50.0, 2.0  # a payment's transaction at p99; a chat beside payments against a quiet one


@dataclass(frozen=True, slots=True)
class Size:
    """How many chat and pay; `rate` payments come each second, a guest thinks for `thinks` seconds before each message."""

    chatting: int
    payments: int
    rounds: int
    rate: float
    thinks: float


SHORT = Size(chatting=3, payments=4, rounds=1, rate=20, thinks=0.1)
LONG = Size(chatting=64, payments=100, rounds=5, rate=2, thinks=4.0)
SIZE = sized(SHORT, LONG)


class Chatter(Guest):
    """A guest who asks, answers, and thinks better of it, over and over."""

    async def talks(self, enough: asyncio.Event, dice: Random, thinks: float) -> None:
        """Until it is enough; each message is answered before the next is written."""
        await _for(enough, dice.uniform(0, 2 * thinks))  # they do not all come at once
        while not enough.is_set():
            await self.person.says(self.plan.asks)
            for block in ANSWERS:
                await self._hears(self._on(block))
                await _for(enough, dice.expovariate(1 / thinks) if thinks else 0)
                await self.person.taps(self._on(block))
            await self._hears(VEHICLE_ASKED[self.plan.language])
            await self.person.says(START_OVER[self.plan.language])
            await self.person.hears()
            await _for(enough, dice.expovariate(1 / thinks) if thinks else 0)


async def _for(enough: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await enough.wait()


class Wire:
    """How long each webhook took to be answered, by the provider's own watch."""

    def __init__(self, fleet: Fleet) -> None:
        self.took: dict[str, list[tuple[float, float]]] = defaultdict(list)  # path → when, ms
        fleet.sim.world.listeners.add(self)  # type: ignore[arg-type]

    def qsize(self) -> int:
        """Nothing ever waits here."""
        return 0

    def put_nowait(self, event: dict[str, Any]) -> None:
        """One thing that happened at the providers."""
        if event["type"] == "wire" and event["entry"]["way"] == "webhook":
            self.took[urlsplit(event["entry"]["url"]).path].append((time.monotonic(), float(event["entry"]["ms"])))


# -- a round ------------------------------------------------------------------------------------


async def on_hold(fleet: Fleet, payers: list[Guest]) -> dict[Guest, str]:
    """All of them book and open the checkout; gives where each would pay."""
    room, pages = asyncio.Semaphore(PREPARING), dict[Guest, str]()

    async def prepares(guest: Guest) -> None:
        async with room:
            await guest.books()
            pages[guest] = (await guest.opens_the_checkout()).rsplit("/", 1)[-1]

    await all_at_once(*(prepares(each) for each in payers))
    await fleet.drained()
    return pages


@asynccontextmanager
async def chatting(chatters: list[Chatter], dice: Random, thinks: float) -> AsyncIterator[None]:
    """Everybody chats meanwhile; then each finishes what they were about to say."""
    enough = asyncio.Event()
    talking = asyncio.create_task(
        all_at_once(*(each.talks(enough, Random(dice.random()), thinks) for each in chatters))
    )
    try:
        yield
        enough.set()
        await talking
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


async def pay(fleet: Fleet, sessions: list[str], rate: float, dice: Random) -> None:
    """With a good card, one after the other at moments of chance."""
    async with asyncio.TaskGroup() as group:
        for session in sessions:
            group.create_task(_pays(fleet, session))
            await _for(asyncio.Event(), dice.expovariate(rate))


async def in_the_ledger(fleet: Fleet, payments: int) -> None:
    """Until so many have been booked in."""

    async def look() -> bool:
        return int((await read("SELECT COUNT(*) AS n FROM payment"))[0]["n"]) >= payments

    await fleet.until(lambda: False, look)


async def _pays(fleet: Fleet, session: str) -> None:
    async with fleet.http.post(
        f"{fleet.sim.url}/sim/checkout/{session}", data={"card": "ok"}, allow_redirects=False
    ) as answer:
        assert answer.status == 303, await answer.text()


Span = tuple[str, float, float]


class Trial:
    """Rounds of chatting with and without payments, and when each began and ended."""

    def __init__(self, fleet: Fleet, size: Size, seed: int) -> None:
        self.fleet, self.size, self.dice = fleet, size, Random(seed)
        self.chatters = [Chatter(fleet, Plan(number)) for number in range(size.chatting)]
        self.payers: list[Guest] = []
        self.spans: list[Span] = []
        self.wire = Wire(fleet)

    async def round(self, number: int) -> None:
        """Quiet, then beside payments; the next round the other way about."""
        first = self.size.chatting + len(self.payers)
        payers = [Guest(self.fleet, Plan(first + each)) for each in range(self.size.payments)]
        self.payers += payers
        pages = await on_hold(self.fleet, payers)
        for what in ("quiet", "beside") if number % 2 == 0 else ("beside", "quiet"):
            async with chatting(self.chatters, self.dice, self.size.thinks):
                began = time.monotonic()
                if what == "quiet":
                    await _for(asyncio.Event(), self.size.payments / self.size.rate)
                else:
                    await pay(self.fleet, list(pages.values()), self.size.rate, self.dice)
                    await in_the_ledger(self.fleet, len(self.payers))
                self.spans.append((what, began, time.monotonic()))
            await self.fleet.drained()

    def figures(self) -> dict[str, Any]:
        """p50, p95 and p99 in ms: what took how long, quiet and beside."""
        took = {"chat": ("/hooks/whatsapp", "/hooks/telegram"), "payment": ("/hooks/stripe",)}
        found = {
            f"{name} answered {what}": self._percentiles(what, [one for path in paths for one in self.wire.took[path]])
            for name, paths in took.items() for what in ("quiet", "beside")
        }  # fmt: skip
        lines = [json.loads(line) for line in Path(self.fleet.env[FILE]).read_text().splitlines()]
        for name, who in (("turn", TURNS), ("payment", PAYMENTS)):
            for side in ("waited", "took"):
                times = [(float(line["at"]), float(line[side])) for line in lines if line["who"] in who]
                for what in ("quiet", "beside"):
                    found[f"{name}'s transaction {side} {what}"] = self._percentiles(what, times)
        return {name: value for name, value in found.items() if value}

    def _percentiles(self, what: str, times: list[tuple[float, float]]) -> dict[str, float]:
        within = [
            ms for at, ms in times if any(name == what and began <= at <= ended for name, began, ended in self.spans)
        ]
        if len(within) < 2:
            return {}
        cuts = quantiles(within, n=100, method="inclusive")
        return {"n": len(within), **{f"p{each}": round(cuts[each - 1], 1) for each in (50, 95, 99)}}


@short_on("sqlite")
async def test_payments_beside_chatting_guests(database_url: str, tmp_path: Path, servers: Nursery, seed: int) -> None:
    """Every payment is in the ledger once and every chat answered; in the long form, neither is much slower for the other."""
    many = SIZE.chatting + SIZE.payments * SIZE.rounds
    async with fleet_of(database_url, tmp_path, servers, people(many), seed) as fleet:
        fleet.env |= {FILE: str(tmp_path / "measured")}
        await fleet.add().starts(without=(MEASURED,))
        trial = Trial(fleet, SIZE, seed)
        for number in range(SIZE.rounds):
            await trial.round(number)
        found = trial.figures()
        report("payments beside chats", {"chatting": SIZE.chatting, "payments": len(trial.payers)} | found)
        assert await paid(fleet, trial.payers) + await heard_once(fleet) + await left(fleet) + await whole() == []
        assert not fleet.ledger.refused
        if SIZE.rounds > 1:
            assert found["payment's transaction took beside"]["p99"] <= LEDGER_MS
            assert found["chat answered beside"]["p99"] <= TWICE * found["chat answered quiet"]["p99"]


@short_on("sqlite")
async def test_a_payment_that_is_not_known_again_is_booked_twice(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """The control: Stripe brings a payment three times. Once it counts, without the guard three times."""
    async with fleet_of(database_url, tmp_path, servers, people(2), seed) as fleet:
        server, guests = fleet.add(), list[Guest]()
        for guards, harmed in (((), False), (("one payment",), True)):
            await server.starts(without=guards)
            guests.append(Guest(fleet, Plan(len(guests))))
            for session in (await on_hold(fleet, guests[-1:])).values():
                await _pays(fleet, session)
            await fleet.drained()
            brought = [one["entry"] for one in fleet.sim.world.wire if one["entry"]["provider"] == "stripe"]
            number = [one["n"] for one in brought if one["way"] == "webhook"][-1]
            await fleet.pull(f"/sim/wire/{number}/again", times=2, parallel=True)
            await fleet.drained()
            found = await paid(fleet, guests)
            assert bool(found) == harmed, found
            await fleet.kill(server)
        report("a payment not known again", by_reason(found))
