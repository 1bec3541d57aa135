"""The courier: carries every delivery to whom it is for, in order, again if it must, and gives up to the desk."""

import asyncio
import random
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bot.carriers import Carrier, Failed, Retry, Sent
from bot.pace import Pace
from bot.packing import Packing, without_links
from handlers.delivery_reported import gave_up
from handlers.house import House
from models import lanes, news
from models.database import is_contended, transaction
from models.delivery import Wake
from models.fields import instant
from models.lanes import Lane, Outcome, Outgoing
from models.turns import Carry

log = structlog.get_logger()

AT_ONCE = 64  # sends in flight in this process: what a crash can double at most, one per recipient
POLL = 1.0  # seconds between looks for lanes that became due by the clock alone
FIRST, LONGEST = 2.0, 600.0  # seconds of backoff: doubling, with jitter, so that nobody returns as a herd
# Seconds for one attempt, its waiting included: a provider's steps add up, and a lease (60 s) that ended under an
# attempt would let another take the lane up and send the same once more.
ATTEMPT = 45.0
PATIENCE = timedelta(hours=48)  # after that a delivery is given up


class Courier:
    """One process's courier. `carry` takes a reply that was born claimed; `run` works the lanes that are due."""

    def __init__(self, house: House, carriers: dict[str, Carrier], packing: Packing,
                 paces: dict[str, Pace], seed: int | None = None) -> None:  # fmt: skip
        self.house, self.carriers, self.packing, self.paces = house, carriers, packing, paces
        self.random = random.Random(seed)  # noqa: S311  # jitter, not a secret
        self.wake = asyncio.Event()
        self.room = asyncio.Semaphore(AT_ONCE)
        self.at_work: set[asyncio.Task[None]] = set()
        self.stopping = False

    def carry(self, carried: Carry) -> None:
        """Carry a reply from memory, right after the commit that wrote it."""
        if carried is not None:
            self._go(*carried)

    async def run(self) -> None:
        """Work until cancelled."""
        Wake.listeners.append(self.wake.set)
        try:
            await lanes.recover(self.house.owner, self.house.now())
            while True:
                await self._round()
        finally:
            Wake.listeners.remove(self.wake.set)

    async def _round(self) -> None:
        self.wake.clear()
        try:
            free = AT_ONCE - len(self.at_work)
            claimed = await lanes.claim(self.house.owner, self.house.now(), free) if free > 0 else []
            for lane in claimed:
                self._go(lane, None)
            if claimed:
                return
        except Exception:  # the database may be away for a while; what is owed stays written
            log.exception("the courier could not look at its lanes")
        with suppress(TimeoutError):
            async with asyncio.timeout(
                POLL
            ):  # not wait_for: before Python 3.12 it loses a cancel that comes with the wake
                await self.wake.wait()

    async def drain(self) -> None:
        """Let what is on its way arrive; begin nothing new."""
        self.stopping = True
        if self.at_work:
            await asyncio.wait(self.at_work, timeout=10)

    def _go(self, lane: Lane, first: Outgoing | None) -> None:
        task = asyncio.create_task(self._work(lane, first))
        self.at_work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.at_work.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a lane broke off; its lease lets another take it up", exc_info=task.exception())
        self.wake.set()

    async def _work(self, lane: Lane, first: Outgoing | None) -> None:
        """Carry a lane's deliveries one after the other until none waits or the lane must rest."""
        out = first
        while True:
            if out is None and self.stopping:
                await lanes.leave(lane, self.house.owner, self.house.now())
                return
            if out is None:
                out = await lanes.begin(lane, self.house.owner, self.house.now())
            if out is None:
                return
            outcome = await self._attempt(out)
            if not await self._settled(lane, out, outcome):
                return
            out = None

    async def _attempt(self, out: Outgoing) -> Outcome:
        if out.lapses is not None and instant(out.lapses) <= self.house.now():
            return Outcome("given_up", error="it came to be pointless before it could leave")
        result: Sent | Retry | Failed
        try:
            async with asyncio.timeout(ATTEMPT):
                result = await self._in_turn(out)
        except TimeoutError:
            result = Retry(f"not done within {ATTEMPT:g} seconds")
        except Exception as bug:  # a delivery that cannot be drawn must not hold up the ones behind it for ever
            log.exception("a delivery could not be carried", delivery=out.id)
            result = Retry(f"our mistake: {bug!r}"[:500])
        return self._outcome(out, result, self.house.now())

    async def _in_turn(self, out: Outgoing) -> Sent | Retry | Failed:
        """Wait for the provider's pace first: whoever waits takes no room from those who may go."""
        pace = self.paces.get(out.channel)
        if pace is not None:
            await pace.turn(out.address)
        async with self.room:
            return await self._carry(out, self.house.now())

    async def _carry(self, out: Outgoing, now: datetime) -> Sent | Retry | Failed:
        carrier = self.carriers.get(out.channel)
        if carrier is None:
            return Failed(f"{out.channel} is not connected")
        attempt = await self.packing.pack(out, now)
        result = await carrier.send(out, attempt)
        if isinstance(result, Sent):
            return Sent(result.provider_id, without_links(result.text, attempt.urls), result.template)
        return result

    def _outcome(self, out: Outgoing, result: Sent | Retry | Failed, now: datetime) -> Outcome:
        match result:
            case Sent(provider_id=sid, text=text, template=template):
                return Outcome("sent", provider_id=sid, drawn=text, template=template)
            case Failed(reason=reason):
                return Outcome("failed", error=reason)
            case Retry(reason=reason, after=after):
                wait = after if after is not None else self._backoff(out.attempt)
                begun = instant(out.begun) if out.begun else now
                if out.attempt > 1 and now - begun > PATIENCE:
                    return Outcome("given_up", error=reason)
                return Outcome("retry", error=reason, due=now + timedelta(seconds=wait))

    def _backoff(self, attempt: int) -> float:
        steady = min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 20))
        return steady * self.random.uniform(0.5, 1.0)

    async def _settled(self, lane: Lane, out: Outgoing, outcome: Outcome) -> bool:
        """Note how it ended; what will never arrive is told in the same commit. Whether the lane goes on.

        Who is told is a lane too, which may be telling us at the same moment: the one undone for it begins anew.
        """
        while True:
            try:
                async with transaction() as run:
                    goes_on = await lanes.settle(run, lane, self.house.owner, out, outcome, self.house.now())
                    if goes_on and outcome.state in ("failed", "given_up"):
                        await gave_up(run, self.house, out.id, outcome.error or "")
                    news.announce("delivery", out.booking)
            except Exception as refusal:
                if not is_contended(refusal):
                    raise
            else:
                return goes_on
