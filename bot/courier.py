"""The courier: carries every delivery to whom it is for, in order, again if it must, and gives up to the desk."""

import asyncio
import random
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.carriers import Attempt, Carrier, Failed, Retry, Sent, Without
from bot.pace import Pace
from bot.packing import Packing, without_links
from handlers.delivery_reported import ENCLOSED, gave_up, without
from handlers.house import House
from handlers.person_stopped import is_unwanted
from models import bells, lanes, news
from models.database import again_at_once, is_away, is_contended, transaction
from models.delivery import WAKE, stop
from models.fields import instant
from models.lanes import Lane, Outcome, Outgoing
from models.turns import Carry

log = structlog.get_logger()

AT_ONCE = 16  # sends of one channel on their way in this process, one per recipient: what a crash can double at most
# More that wait for their papers: these are drawn one after the other, and nobody's answer waits behind them.
DRAWN_AT_ONCE = 48
POLL = 1.0  # seconds between looks for lanes that became due by the clock alone
FIRST, LONGEST = 2.0, 600.0  # seconds of backoff while a provider is busy: doubling, with jitter
PACKING = 30.0  # seconds for drawing a delivery and its documents
ATTEMPT = 45.0  # seconds for one attempt: a provider's steps add up
# After a mistake of ours; then it is the desk's.
AGAIN = (timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=60))
PATIENCE = timedelta(hours=48)  # after that a delivery is given up
DOWN = 3  # attempts in a row that did not reach the provider: then it is away
PROBE = (5.0, 15.0)  # seconds until one delivery sees whether it is back
REST = (5.0, 30.0)  # seconds that a lane rests meanwhile: on the return none waits a minute, and none comes as a herd
DRAIN = 5.0  # seconds that a stop waits for what is on its way: the whole of it takes ten at most
SETTLE_AGAIN = 0.5  # seconds until the database is told again how an attempt ended
# Seconds of a lease that we count on: what left within them has arrived before another may ask what has left.
HELD = (lanes.LEASE - lanes.ARRIVED).total_seconds()


@dataclass(frozen=True, slots=True)
class Mistake:
    """It could not be carried through a fault of ours, which is no news of the provider. `busy`: it only has to wait."""

    reason: str
    busy: bool = False


class Lost(Exception):
    """The lane may be another process's by now: nothing more is sent in it."""


@dataclass(frozen=True, slots=True)
class NotConnected:
    """Carries nothing, and says why."""

    channel: str

    async def send(self, out: Outgoing, attempt: Attempt) -> Failed:
        """No try can mend it."""
        return Failed(f"{self.channel} is not connected")


class Channel:
    """One channel's way out: who carries, how fast, how many at once, and whether the provider is there."""

    def __init__(self, name: str, carrier: Carrier | None, pace: Pace) -> None:
        self.name, self.carrier, self.pace = name, carrier or NotConnected(name), pace
        self.room = asyncio.Semaphore(AT_ONCE)
        self.at_work: dict[asyncio.Task[None], Lane] = {}
        self.drawing = 0  # of those at work, how many wait for their papers
        self.misses, self.probe = 0, datetime.min.replace(tzinfo=UTC)
        self.asked_to_wait: set[int] = set()  # who, since it last took anything from anybody

    @property
    def down(self) -> bool:
        """Whether the provider was not there several times in a row."""
        return self.misses >= DOWN

    def free(self, now: datetime) -> int:
        """How many lanes to claim now: no more than can leave soon, so that what is urgent overtakes the rest."""
        going = len(self.at_work) - self.drawing
        if self.down:
            return int(not going and self.drawing < DOWN and now >= self.probe)
        return min(AT_ONCE, self.pace.soon, DRAWN_AT_ONCE - self.drawing) - going

    def rests(self, now: datetime) -> bool:
        """Whether it is away, and not to be tried yet."""
        return self.down and now < self.probe

    def may_try(self, now: datetime) -> bool:
        """Whether an attempt makes sense; while the provider is away, one does now and then."""
        if self.rests(now):
            return False
        if self.down:
            self.probe = now + timedelta(seconds=ATTEMPT)
        return True

    def missed(self, probe: datetime) -> None:
        """It was not there; nobody tries before `probe` once that has happened several times in a row."""
        self.misses += 1
        self.probe = probe
        if self.misses == DOWN:
            log.warning("a provider is away", channel=self.name)

    def too_busy(self, recipient: int) -> bool:
        """One more is asked to wait; whether it is so for everybody, and not for one chat alone."""
        self.asked_to_wait.add(recipient)
        return len(self.asked_to_wait) >= DOWN

    def answered(self, *, took: bool) -> None:
        """It was there, and either took what it was given or had something against it."""
        if self.down:
            log.warning("a provider is back", channel=self.name)
        self.misses = 0
        if took:
            self.asked_to_wait.clear()


def held_for(lane: Lane) -> float:
    """Seconds for which we count on the lane being ours."""
    return lane.since + HELD - time.monotonic()


async def while_held(lane: Lane, sending: Coroutine[Any, Any, Sent | Retry | Failed]) -> Sent | Retry | Failed:
    """How a send ended. Raises `Lost`, having broken it off, as soon as the lane may become another's before it arrives."""
    task = asyncio.ensure_future(sending)
    try:
        while not task.done():
            if (left := held_for(lane)) <= 0:
                raise Lost
            await asyncio.wait({task}, timeout=left)
        return task.result()
    finally:
        if task.cancel():
            await asyncio.wait({task})


class Courier:
    """One process's courier. `carry` takes a reply that was born claimed; `run` works the lanes that are due."""

    def __init__(self, house: House, carriers: dict[str, Carrier], packing: Packing,
                 paces: dict[str, Pace], seed: int | None = None) -> None:  # fmt: skip
        self.house, self.packing = house, packing
        self.random = random.Random(seed)  # noqa: S311  # jitter, not a secret
        self.carriers, self.paces = carriers, paces
        self.channels: dict[str, Channel] = {}
        self.wake = asyncio.Event()
        self.stopping = False

    def carry(self, carried: Carry) -> None:
        """Carry a reply from memory, right after the commit that wrote it."""
        if carried is not None:
            self._go(self._channel(carried[1].channel), *carried)

    def _channel(self, name: str) -> Channel:
        if name not in self.channels:
            self.channels[name] = Channel(name, self.carriers.get(name), self.paces.get(name) or Pace(name, 0))
        return self.channels[name]

    async def run(self) -> None:
        """Work until cancelled."""
        bells.hear(WAKE, self._woken)
        renewing = asyncio.create_task(self._renewing())
        try:
            await self._recovered()
            while True:
                await self._round()
        finally:
            renewing.cancel()
            bells.unhear(WAKE, self._woken)

    async def _recovered(self) -> None:
        try:
            await lanes.recover(self.house.owner, self.house.now())
        except Exception:  # the leases of the dead end by themselves
            log.exception("the lanes of the dead could not be given up")

    def _woken(self, _said: str) -> None:
        self.wake.set()

    async def _round(self) -> None:
        self.wake.clear()
        try:
            if await self._claimed():
                return
        except Exception:  # the database may be away for a while; what is owed stays written
            log.exception("the courier could not look at its lanes")
        with suppress(TimeoutError):
            # Not wait_for: before Python 3.12 it loses a cancel that comes with the wake.
            async with asyncio.timeout(POLL):
                await self.wake.wait()

    async def _claimed(self) -> bool:
        """Claim what is due on every channel that has room; whether there was anything."""
        some = False
        for name in await lanes.due(self.house.now()):
            channel = self._channel(name)
            free = 0 if self.stopping else channel.free(self.house.now())
            if free > 0:
                for lane in await lanes.claim(self.house.owner, self.house.now(), name, free):
                    self._go(channel, lane, None)
                    some = True
        return some

    async def _renewing(self) -> None:
        """Lengthen the leases of all that is on its way; what could not be lengthened is broken off and not sent any more."""
        while True:
            await asyncio.sleep(lanes.LEASE.total_seconds() / 4)
            held = [lane for channel in self.channels.values() for lane in channel.at_work.values()]
            try:
                await again_at_once(partial(lanes.renew, held, self.house.owner))
            except Exception as away:  # noqa: BLE001  # whatever it is, the leases end by themselves
                log.warning("leases could not be lengthened", why=str(away)[:200])

    async def drain(self) -> None:
        """Let what is on its way arrive; begin nothing new."""
        self.stopping = True
        if tasks := [task for channel in self.channels.values() for task in channel.at_work]:
            _, left = await asyncio.wait(tasks, timeout=DRAIN)
            for task in left:  # what is not noted by now is asked for after the next start
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _go(self, channel: Channel, lane: Lane, first: Outgoing | None) -> None:
        task = asyncio.create_task(self._work(channel, lane, first))
        channel.at_work[task] = lane
        task.add_done_callback(lambda done: self._done(channel, done))

    def _done(self, channel: Channel, task: asyncio.Task[None]) -> None:
        del channel.at_work[task]
        if not task.cancelled() and task.exception():
            log.error("a lane broke off; its lease lets another take it up", exc_info=task.exception())
        self.wake.set()

    async def _work(self, channel: Channel, lane: Lane, first: Outgoing | None) -> None:
        """Carry a lane's deliveries one after the other until none waits or the lane must rest."""
        with suppress(Lost):
            out = first or await self._next(channel, lane, crowded=False)
            while out and await self._settled(lane, out, await self._attempt(channel, lane, out)):
                out = await self._next(channel, lane, crowded=channel.pace.before > 0)

    async def _next(self, channel: Channel, lane: Lane, *, crowded: bool) -> Outgoing | None:
        """The next delivery of the lane, unless it must rest, or one was sent and others, maybe more urgent, wait for a turn."""
        now = self.house.now()
        rest = channel.pace.rest(lane, now)
        if rest or self.stopping or crowded:
            await lanes.leave(lane, self.house.owner, now + rest)
            return None
        await self.packing.courtesy.turn()
        return await lanes.begin(lane, self.house.owner, self.house.now())

    async def _attempt(self, channel: Channel, lane: Lane, out: Outgoing) -> Outcome:
        now = self.house.now()
        if out.lapses is not None and instant(out.lapses) <= now:
            return Outcome("lapsed", error="it came to be pointless before it could leave")
        if is_unwanted(out):
            return Outcome("failed", error="they asked to hear nothing more here (STOP)")
        if rest := channel.pace.rest(lane, now):
            return Outcome("held", due=now + rest)
        if channel.pace.before > channel.pace.soon:  # back into the queue, where what is most urgent goes first
            return Outcome("held", due=now)
        if channel.rests(now):
            return self._away(channel)
        packed = await self._packed(channel, out)
        if not isinstance(packed, Attempt):
            return self._outcome(channel, out, packed)
        async with channel.room:
            if not channel.may_try(self.house.now()):  # it may have gone while we waited for room
                return self._away(channel)
            return self._outcome(channel, out, await self._tried(channel, lane, out, packed))

    def _away(self, channel: Channel) -> Outcome:
        return Outcome("held", due=self._after(REST), error=f"{channel.name} is away")

    async def _packed(self, channel: Channel, out: Outgoing) -> Attempt | Mistake | Without:
        """What is to be sent. Whoever waits for papers takes no room from those who may go."""
        papers = bool(out.payload.get("picture") or out.payload.get("documents"))
        channel.drawing += papers
        try:
            async with asyncio.timeout(PACKING):
                return await self.packing.pack(out, self.house.now())
        except TimeoutError:  # many papers stand in line; one that hangs is noticed by the document process itself
            return Mistake("its papers are still being drawn", busy=True)
        except Without as less:
            return less
        except Exception as bug:  # a delivery that cannot be drawn must not hold up the ones behind it for ever
            log.exception("a delivery could not be drawn", delivery=out.id)
            return Mistake(repr(bug)[:500])
        finally:
            channel.drawing -= papers

    async def _tried(
        self, channel: Channel, lane: Lane, out: Outgoing, attempt: Attempt
    ) -> Sent | Retry | Failed | Mistake | Without:
        try:
            return await self._carry(channel, lane, out, attempt)
        except Lost:
            raise
        except Without as less:
            return less
        except Exception as bug:  # nor one that the carrier stumbles over
            log.exception("a delivery could not be carried", delivery=out.id)
            return Mistake(repr(bug)[:500])

    async def _carry(self, channel: Channel, lane: Lane, out: Outgoing, attempt: Attempt) -> Sent | Retry | Failed:
        if attempt.letter:
            await self.packing.courtesy.turn()  # putting its parts together takes as long as drawing them
        messages = 1 + len(attempt.enclosed)
        for _ in range(messages):
            await channel.pace.turn()  # not before: leaves that waited for room or papers would all be used at once
        if held_for(lane) <= 0:  # frozen or cut off meanwhile: another may be sending this
            raise Lost
        for _ in range(messages):
            channel.pace.sent(lane, self.house.now())
        try:
            async with asyncio.timeout(ATTEMPT):
                result = await while_held(lane, channel.carrier.send(out, attempt))
        except TimeoutError:
            return Retry(f"not done within {ATTEMPT:g} seconds", away=True)
        if isinstance(result, Sent):
            return Sent(result.provider_id, without_links(result.text, attempt.urls), result.template)
        return result

    def _outcome(self, channel: Channel, out: Outgoing, result: Sent | Retry | Failed | Mistake | Without) -> Outcome:
        if isinstance(result, Retry) and (result.away or (result.after and channel.too_busy(out.recipient))):
            channel.missed(self._after((max(PROBE[0], result.after or 0), max(PROBE[1], result.after or 0))))
        elif not isinstance(result, Mistake | Without):
            channel.answered(took=not isinstance(result, Retry))
        match result:
            case Sent(provider_id=sid, text=text, template=template):
                return Outcome("sent", provider_id=sid, drawn=text, template=template)
            case Failed(reason=reason, stopped=stopped):
                return Outcome("failed", error=reason, stopped=stopped)
            case Without(kinds=kinds):
                waits = "retry" if out.left else "held"
                return Outcome(
                    waits, error=f"without {result}", due=self.house.now(), payload=without(out.payload, kinds)
                )
            case Mistake(reason=reason, busy=True):
                return Outcome("retry", error=reason, due=self._after(REST))
            case Mistake(reason=reason):
                return self._after_mistake(out, f"our mistake: {reason}")
            case Retry(reason=reason):
                if out.begun is not None and self.house.now() - instant(out.begun) > PATIENCE:
                    return Outcome("given_up", error=reason)
                return self._after_retry(out, result)

    def _after_mistake(self, out: Outgoing, reason: str) -> Outcome:
        """Tried again like a turn that fails; then a chat's without what is enclosed, if anything is; then it is the desk's."""
        made = int(out.payload.get("mistakes", 0))
        if made < len(AGAIN):
            return Outcome(
                "retry", error=reason, due=self.house.now() + AGAIN[made], payload={**out.payload, "mistakes": made + 1}
            )
        if out.channel != "mail" and any(name in out.payload for name in ENCLOSED):
            plain = {name: value for name, value in out.payload.items() if name not in (*ENCLOSED, "mistakes")}
            out.left.clear()  # of other messages than it has now
            return Outcome("retry", error=reason, due=self.house.now(), payload=plain)
        return Outcome("failed", error=reason)

    def _after_retry(self, out: Outgoing, result: Retry) -> Outcome:
        """While it is away, soon, for the breaker sees to the rest; when it is busy, as it says itself or later and later."""
        if result.away:
            return Outcome("retry", error=result.reason, due=self._after(REST))
        busy = int(out.payload.get("busy", 0))
        steady = min(LONGEST, FIRST * 2.0 ** min(busy, 20))
        due = self._after((steady / 2, steady) if result.after is None else (result.after, result.after))
        return Outcome("retry", error=result.reason, due=due, payload={**out.payload, "busy": busy + 1})

    def _after(self, between: tuple[float, float]) -> datetime:
        return self.house.now() + timedelta(seconds=self.random.uniform(*between))

    async def _settled(self, lane: Lane, out: Outgoing, outcome: Outcome) -> bool:
        """Note how it ended, again until the database takes it: what is forgotten here is sent twice. Whether the lane goes on.

        Who is told of a failure is a lane too, which may be telling us at the same moment: the one undone begins anew.
        """
        while True:
            try:
                return await self._settle(lane, out, outcome)
            except Exception as refusal:
                if is_away(refusal):
                    log.warning("the database did not take how a delivery ended", delivery=out.id)
                    await asyncio.sleep(SETTLE_AGAIN)
                elif not is_contended(refusal):
                    log.exception("how a delivery ended could not be noted whole", delivery=out.id)
                    return await self._barely_settled(lane, out, outcome)

    async def _barely_settled(self, lane: Lane, out: Outgoing, outcome: Outcome) -> bool:
        """After a mistake in noting: that it left, and no more; otherwise it would leave again with every lease."""
        bare = Outcome(outcome.state, outcome.provider_id, error=outcome.error, due=outcome.due)
        async with transaction() as run:
            news.announce("delivery", out.booking)
            return await lanes.settle(run, lane, self.house.owner, out, bare, self.house.now())

    async def _settle(self, lane: Lane, out: Outgoing, outcome: Outcome) -> bool:
        """Note how it ended; what will never arrive is told in the same commit."""
        async with transaction() as run:
            goes_on = await lanes.settle(run, lane, self.house.owner, out, outcome, self.house.now())
            if goes_on and outcome.state in ("failed", "given_up"):
                await gave_up(run, self.house, out.id, outcome.error or "")
            if goes_on and outcome.stopped:
                await stop(run, out.recipient, self.house.now())
            news.announce("delivery", out.booking)
        return goes_on
