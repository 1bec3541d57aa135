"""Webhooks of all kinds, each one to five times, in any order, sixteen at once: one effect each, and the same end.

What one person says is a dialogue, and Telegram keeps one update in flight per chat: their words come in their own order, while
everybody's are mixed at will; a repetition may come anywhere after. What is told of one object, of a message of ours at Twilio or of
a checkout and its payment at Stripe, comes in any order at all. Not tried is what cannot be: a message that was read and could not be
delivered, a session that was paid and expired.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from models import database
from models.database import read
from tests.conftest import DIALECT, Dialect
from tests.faults.conftest import sized
from tests.faults.endstate import State, differences, end_state, hash_of
from tests.faults.fleet import Fleet, Nursery, fleet_of
from tests.faults.launch import place, put
from tests.faults.permuting import Webhook, bring, everybody_wrote_today, give, people, permuted, webhooks
from tests.faults.test_kills import report

AT_ONCE = 16  # webhooks in parallel
PATIENCE = 300.0  # seconds until all that follows from them must have left; papers are drawn among it
SERVERS = 2 if DIALECT == "postgres" else 1  # at most; every other permutation on PostgreSQL has one


@dataclass(frozen=True, slots=True)
class Size:
    """How many permutations, and how many of each story in one."""

    permutations: int
    sets: int
    most: int = 5  # times that a webhook comes


SHORT, LONG = Size(permutations=2, sets=1, most=3), Size(permutations=50, sets=3)
SIZE = sized(SHORT, LONG)


@dataclass
class Rehearsal:
    """A house given what webhooks will speak of, copied anew for each permutation; its simulators live on."""

    fleet: Fleet
    template: Dialect
    name: str
    hooks: list[Webhook]

    @asynccontextmanager
    async def copied(self) -> AsyncIterator[None]:
        """A copy is open, and the servers will work on it."""
        url = await self.template.copy(self.name)
        await database.connect(url)
        self.fleet.env["BELLHOP_DATABASE_URL"] = url
        try:
            yield
        finally:
            await database.close()
            await self.template.drop(url)

    async def comes_to(
        self, order: list[Webhook], servers: int, at_once: int, without: tuple[str, ...] = ()
    ) -> tuple[State, Counter[int]]:
        """What the house has come to once these were brought in this order, and how they were answered."""
        async with self.copied():
            at_work = self.fleet.replicas[:servers]
            await asyncio.gather(*(each.starts(without=without) for each in at_work))
            self.fleet.balancer.behind = [each.port for each in at_work]
            answers = await bring(self.fleet, self.hooks, order, at_once)
            await self.at_rest()
            state = await end_state()
            for each in at_work:
                os.kill(each.pid, signal.SIGKILL)
            await self.fleet.until(lambda: all(each.code is not None for each in at_work))
        self.fleet.sim.world.reset()
        self.fleet.sim.world.settings.put("offset", self.fleet.offset)
        return state, answers

    async def at_rest(self) -> None:
        """Until nothing is on its way, and Twilio has told all that it has to tell."""
        while True:
            await self.fleet.drained()
            ours = [one for one in self.fleet.sim.world.messages if one["channel"] == "whatsapp" and not one["mine"]]
            if all(one["status"] in ("read", "failed") for one in ours) and not len(self.fleet.sim.world.jobs):
                return
            await self.fleet.pull("/sim/hurry")


@asynccontextmanager
async def rehearsed(
    database_url: str, template: Dialect, data: Path, servers: Nursery, seed: int
) -> AsyncIterator[Rehearsal]:
    """The house as it is before anything is brought."""
    async with fleet_of(database_url, data, servers, people(SIZE.sets), seed) as fleet:
        everybody_wrote_today(fleet)
        fleet.patience = PATIENCE
        given = await give(fleet, SIZE.sets)
        hooks = webhooks(fleet, given, SIZE.sets)
        if DIALECT == "sqlite":  # a file is copied whole only when nothing stands in its journal
            await read("PRAGMA wal_checkpoint(TRUNCATE)")
        await database.close()
        for _ in range(SERVERS):
            fleet.add()
        yield Rehearsal(fleet, template, _name(database_url), hooks)


def _name(url: str) -> str:
    """The name of a database in its address."""
    return url.split("@/")[1].split("?", maxsplit=1)[0] if DIALECT == "postgres" else Path(url).stem


# -- the control: the guards are taken out, and the end is another -------------------------------


def every_event_is_new() -> None:
    """An event of a provider that was kept before is taken for another one."""
    owner, name = place("models.ledger:heard_first")
    first, numbers = getattr(owner, name), iter(range(10**6))

    async def anew(run: Any, provider: str, external_id: str, *rest: Any) -> Any:
        return await first(run, provider, f"{external_id}#{os.getpid()}.{next(numbers)}", *rest)

    put("models.ledger:heard_first", anew)


class _Latest(int):
    def __gt__(self, _: object) -> bool:
        return True

    def __le__(self, _: object) -> bool:
        return False


def the_last_report_holds() -> None:
    """Whatever is told last of a delivery is what became of it."""
    put(
        "handlers.delivery_reported:_ORDER",
        {name: _Latest() for name in ("sending", "sent", "failed", "delivered", "read")},
    )


GUARDS = {  # and what is found without it
    "one inbound": '"external_id":"SMguest2.0#',
    f"{__name__}:every_event_is_new": '"kind":"payment_failed","actor_kind":"provider"',
    f"{__name__}:the_last_report_holds": '"state":"sent","error":null,"provider_id":"SMgiven',
}


async def without_its_guards(house: Rehearsal, usual: State, dice: Random) -> None:
    """One message, one effect; one event, one effect; no report takes back a later one: three harms, and each is seen."""
    late = [hook for hook in house.hooks if hook.name.startswith("sent ")]
    order = permuted(house.hooks, 3, dice, least=2) + late
    state, _ = await house.comes_to(order, 1, AT_ONCE, without=tuple(GUARDS))
    found = differences(usual, state)
    report("without the guards", Counter(one.split(":")[0] for one in found))
    for guard, harm in GUARDS.items():
        assert any(harm in one for one in found), f"not seen: {guard}"


# -- the trial ----------------------------------------------------------------------------------


async def test_twenty_thousand_webhooks_in_any_order(
    database_url: str, template: Dialect, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """The end is the end of each one brought once, one after the other; every other permutation has two servers on PostgreSQL.

    The control: without the guards the end is another.
    """
    began, dice = time.monotonic(), Random(seed)
    async with rehearsed(database_url, template, tmp_path, servers, seed) as house:
        usual, answers = await house.comes_to(house.hooks, 1, at_once=1)
        hashes = Counter([hash_of(usual)])
        assert [one for one in usual["deliveries"] if '"state":"failed"' in one and "Twilio 63024" not in one] == []
        for number in range(SIZE.permutations):
            order = permuted(house.hooks, SIZE.most, dice)
            state, more = await house.comes_to(order, 1 + number % SERVERS, AT_ONCE)
            answers += more
            hashes[hash_of(state)] += 1
            assert differences(usual, state) == [], f"permutation {number} of seed {seed}"
        figures = {"webhooks": len(house.hooks), "permutations": SIZE.permutations, "brought": dict(answers), "hashes": dict(hashes),
                   "seconds": round(time.monotonic() - began)}  # fmt: skip
        report("webhooks in any order", figures)
        assert len(hashes) == 1
        assert answers.total() == answers[200]
        await without_its_guards(house, usual, dice)
