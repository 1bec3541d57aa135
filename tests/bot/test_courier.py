"""The courier: in order, at once where it may, again when it must, never twice by its own doing, and to the desk when it gives up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot import courier as couriers
from bot import pace as pacing
from bot.carriers import Attempt, Failed, Retry, Sent
from bot.courier import AT_ONCE, FIRST, LONGEST, Courier
from bot.pace import Bucket, Pace
from bot.words import Drawn
from handlers.delivery_reported import TRIES, Report, delivery_reported, gave_up
from handlers.house import House
from models import delivery, lanes, news, turns
from models.catalog import Alert
from models.database import read, transaction
from models.fields import instant
from models.lanes import Outgoing
from tests.conftest import NOW, Clock
from tests.models.given import a_booking, a_guest

pytestmark = pytest.mark.usefixtures("database")

SENT = Sent("SM1", "Hello")
CLOSED = Report("SM1", "failed", "closed", "Twilio 63016")
HOUSE = Alert("The house", "telegram", "-100", "en")


class Phone:
    """A carrier to nowhere: notes what it is given and answers as it is told; `held` keeps everything on its way."""

    channel = "whatsapp"

    def __init__(self, answer: Callable[[Outgoing], Any] = lambda out: SENT) -> None:
        self.answer, self.given = answer, list[Outgoing]()
        self.held = asyncio.Event()
        self.held.set()
        self.on_the_way = 0
        self.most = 0

    async def send(self, out: Outgoing, attempt: Attempt) -> Any:
        """Carry one."""
        self.given.append(out)
        self.on_the_way += 1
        self.most = max(self.most, self.on_the_way)
        try:
            await self.held.wait()
        finally:
            self.on_the_way -= 1
        answer = self.answer(out)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Plain:
    """Packs nothing: the words of a delivery are its kind."""

    async def pack(self, out: Outgoing, now: Any) -> Attempt:
        """As plain as can be; a delivery called 'undrawable' is one."""
        if out.kind == "undrawable":
            raise KeyError("a template asks for what is not there")
        return Attempt(now, Drawn(out.kind), urls={"booking": "https://b.example/b/secret"})


def courier(clock: Clock, phone: Phone, **paces: Pace) -> Courier:
    """One process's courier, at the time of the test."""
    house = House(clock, "this", b"secret", (HOUSE,))
    return Courier(house, {"whatsapp": phone, "telegram": Phone()}, Plain(), paces, seed=1)  # type: ignore[arg-type]


@asynccontextmanager
async def at_work(one: Courier) -> AsyncIterator[Courier]:
    """While it runs."""
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        await one.drain()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def left(to: int, *kinds: str, **more: Any) -> list[int]:
    """These lie in the lane, in this order; gives their ids."""
    async with transaction() as run:
        return [
            int(await delivery.post(run, to, kind, {"block": kind}, language="en", now=NOW, **more) or 0)
            for kind in kinds
        ]


async def until(look: Callable[[], Any]) -> Any:
    """What `look` gives as soon as it is something, looked at whenever a delivery changes."""
    queue = news.listen()
    try:
        async with asyncio.timeout(15):
            while not (found := await look()):
                await queue.get()
            return found
    finally:
        news.ignore(queue)


async def comes(look: Callable[[], Any]) -> None:
    """Until this is so; the others have their turns meanwhile."""
    async with asyncio.timeout(20):
        while not look():  # noqa: ASYNC110  # what is on its way tells nobody
            await asyncio.sleep(0)


async def row(number: int) -> dict[str, Any]:
    """A delivery as it is kept."""
    return (await read("SELECT * FROM delivery WHERE id = :id", id=number))[0]


async def in_state(number: int, *states: str) -> dict[str, Any]:
    """The same, once it is in one of these states."""

    async def look() -> dict[str, Any] | None:
        found = await row(number)
        return found if found["state"] in states else None

    return dict(await until(look))


async def attempted(number: int, times: int) -> dict[str, Any]:
    """The same once so many attempts of it have ended."""

    async def look() -> dict[str, Any] | None:
        found = await row(number)
        return found if found["attempt"] >= times and found["state"] != "sending" else None

    return dict(await until(look))


async def lane(recipient: int) -> dict[str, Any]:
    """Where a lane stands."""
    return (await read("SELECT next_due, lease, owner, fence FROM recipient WHERE id = :id", id=recipient))[0]


async def test_each_recipient_hears_in_order_and_all_at_the_same_time(clock: Clock) -> None:
    """One on its way per recipient, as many recipients as there are."""
    phone = Phone()
    phone.held.clear()
    people = [await a_guest() for _ in range(5)]
    for each in people:
        last = (await left(each, "first", "second", "third"))[-1]
    async with at_work(courier(clock, phone)):
        await comes(lambda: phone.on_the_way == len(people))
        assert {out.kind for out in phone.given} == {"first"}
        phone.held.set()
        await in_state(last, "sent")
        for each in people:
            await until_free(each)
    assert phone.most == len(people)
    for each in people:
        assert [out.kind for out in phone.given if out.recipient == each] == ["first", "second", "third"]


async def until_free(recipient: int) -> None:
    """The lane is given back."""
    async with asyncio.timeout(15):
        while (await lane(recipient))["lease"] is not None:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)


async def test_a_born_claimed_reply_leaves_without_anyone_looking(clock: Clock) -> None:
    """The courier's rounds are not even running: `carry` is enough, and the lane is free afterwards."""
    ana, phone = await a_guest(), Phone()
    seen = await turns.look(ana)
    turn = turns.Turn(seen=seen, channel="whatsapp", external_id="SM1", heard={}, words="hi", state={"language": "en"},
                      replies=(turns.Reply("welcome", {"block": "welcome"}, "en"), turns.Reply("ask", {"block": "ask"}, "en")),
                      now=NOW, owner="this")  # fmt: skip
    async with transaction() as run:
        _, born_lane, born = await turns.keep(turn, run)
    assert born_lane is not None
    assert born is not None
    one = courier(clock, phone)
    one.carry((born_lane, born))
    await asyncio.gather(*one.at_work)
    assert [(out.kind, out.attempt, out.again) for out in phone.given] == [("welcome", 1, False), ("ask", 1, False)]
    assert await lane(ana) == {"next_due": None, "lease": None, "owner": None, "fence": born_lane.fence}


async def test_a_provider_that_is_away_is_tried_again_later_and_later(clock: Clock) -> None:
    """Doubling with jitter up to the longest wait; the lane rests meanwhile and keeps its order."""
    ana, phone = await a_guest(), Phone(lambda out: Retry("away"))
    first, second = await left(ana, "first", "second")
    waits = []
    async with at_work(courier(clock, phone)) as one:
        for attempt in range(1, 5):
            found = await attempted(first, attempt)
            assert found["error"] == "away"
            await until_free(ana)
            waits.append((instant((await lane(ana))["next_due"]) - clock()).total_seconds())
            clock.forward(seconds=waits[-1])
            one.wake.set()
        phone.answer = lambda out: SENT
        clock.forward(seconds=60)
        one.wake.set()
        await in_state(second, "sent")
    for number, wait in enumerate(waits):
        assert FIRST * 2**number / 2 <= wait <= FIRST * 2**number
    kinds = [out.kind for out in phone.given]
    assert kinds == sorted(kinds)  # "first" again and again, then "second"


def test_the_backoff_ends_at_the_longest_wait_and_is_never_the_same_for_all(clock: Clock) -> None:
    """Ten minutes at most; fifty deliveries that failed together come back spread."""
    one = courier(clock, Phone())
    assert all(LONGEST / 2 <= one._backoff(attempt) <= LONGEST for attempt in (20, 50, 1000))
    assert len({round(one._backoff(3), 3) for _ in range(50)}) > 40


async def test_the_provider_says_itself_how_long_to_wait(clock: Clock) -> None:
    """A 429's retry-after overrules the backoff."""
    ana, phone = await a_guest(), Phone(lambda out: Retry("slow down", after=33))
    (number,) = await left(ana, "first")
    async with at_work(courier(clock, phone)):
        await attempted(number, 1)
        await until_free(ana)
    assert instant((await lane(ana))["next_due"]) == clock() + timedelta(seconds=33)


async def test_after_two_days_of_trying_it_is_given_up_and_staff_hear_of_it(clock: Clock) -> None:
    """However often it was tried in between."""
    ana, phone = await a_guest(), Phone(lambda out: Retry("away"))
    (number,) = await left(ana, "first")
    async with at_work(courier(clock, phone)) as one:
        for attempt in range(1, 5):
            found = await attempted(number, attempt)
            clock.forward(hours=17)
            one.wake.set()
        found = await in_state(number, "given_up")
    assert found["error"] == "away"
    assert await told_house() == ["delivery_failed_house"]


async def told_house() -> list[str]:
    """What was left for the house's Telegram."""
    rows = await read(
        "SELECT d.kind FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.channel = 'telegram' ORDER BY d.id"
    )
    return [each["kind"] for each in rows]


async def test_what_no_try_can_mend_is_told_to_staff_and_frees_the_lane(clock: Clock) -> None:
    """Refused for good: once tried, on the booking's timeline, the next one leaves."""
    ana, booking = await a_guest(), await a_booking(NOW)
    phone = Phone(lambda out: Failed("mailbox refused") if out.kind == "first" else SENT)
    first, second = await left(ana, "first", "second", booking=booking)
    async with at_work(courier(clock, phone)):
        await in_state(second, "sent")
    failed = await row(first)
    assert (failed["state"], failed["error"], failed["attempt"]) == ("failed", "mailbox refused", 1)
    entries = await read("SELECT kind FROM entry WHERE booking_id = :booking", booking=booking)
    assert [each["kind"] for each in entries] == ["delivery_failed"]
    assert await told_house() == ["delivery_failed_house"]


async def test_a_failure_and_its_notice_are_one_commit(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks off between the two leaves neither; in two commits a crash there would lose the notice for ever."""
    ana, phone = await a_guest(), Phone(lambda out: Failed("no"))
    (number,) = await left(ana, "first")

    async def breaks_off(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(couriers, "gave_up", breaks_off)
    async with at_work(courier(clock, phone)) as one:
        await comes(lambda: phone.given)
        await asyncio.gather(*one.at_work, return_exceptions=True)
        assert (await row(number))["state"] == "sending"
        monkeypatch.undo()
        async with transaction() as run:  # its minute goes by
            await run("UPDATE recipient SET lease = -1 WHERE id = :ana", ana=ana)
        one.wake.set()
        await in_state(number, "failed")
    assert await told_house() == ["delivery_failed_house"]


async def test_two_lanes_that_tell_each_other_both_come_to_an_end(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL undoes one of two that wait for one another; it settles anew and sends nothing again."""
    ana, phone = await a_guest(), Phone(lambda out: Failed("no") if out.kind == "first" else SENT)
    (number,) = await left(ana, "first")
    undone = [asyncpg.DeadlockDetectedError("two lanes"), None]

    async def sometimes(*given: Any) -> None:
        if refusal := undone.pop(0):
            raise refusal
        await gave_up(*given)

    monkeypatch.setattr(couriers, "gave_up", sometimes)
    async with at_work(courier(clock, phone)):
        await in_state(number, "failed")
    assert [out.kind for out in phone.given].count("first") == 1
    assert await told_house() == ["delivery_failed_house"]


async def test_a_courier_that_lost_its_lane_alarms_nobody(clock: Clock) -> None:
    """What it could not deliver is in the hands of another now, who may well deliver it."""
    ana, phone = await a_guest(), Phone(lambda out: Failed("no"))
    (number,) = await left(ana, "first")
    phone.held.clear()
    async with at_work(courier(clock, phone)) as one:
        await comes(lambda: phone.given)
        async with transaction() as run:
            await run(
                "UPDATE recipient SET lease = :far, owner = 'other', fence = fence + 1 WHERE id = :ana",
                far=2**60,
                ana=ana,
            )
        phone.held.set()
        await asyncio.gather(*one.at_work)
    assert (await row(number))["state"] == "sending"
    assert await told_house() == []


async def test_a_notice_to_staff_that_fails_tells_no_staff(clock: Clock) -> None:
    """Or it would go on for ever."""
    ana, phone = await a_guest(), Phone(lambda out: Failed("no"))
    (number,) = await left(ana, "booking_confirmed_house")
    async with at_work(courier(clock, phone)):
        await in_state(number, "failed")
    assert await told_house() == []


@pytest.mark.parametrize("fault", ["the carrier's", "the drawing's"])
async def test_a_mistake_of_ours_is_tried_again_and_leaves_the_others_alone(clock: Clock, fault: str) -> None:
    """It waits with its backoff; other recipients notice nothing."""
    ana, luis = await a_guest(), await a_guest()
    phone = Phone(lambda out: KeyError("ours") if out.kind == "broken" else SENT)
    (bad,) = await left(ana, "undrawable" if fault == "the drawing's" else "broken")
    (good,) = await left(luis, "fine")
    async with at_work(courier(clock, phone)):
        await in_state(good, "sent")
        found = await attempted(bad, 1)
    assert found["state"] == "waiting"
    assert "our mistake" in found["error"]


async def test_a_channel_that_is_not_connected_is_said_so(clock: Clock) -> None:
    """Not tried for two days."""
    luis = await a_guest("signal", "+447700900142")
    (number,) = await left(luis, "hello")
    async with at_work(courier(clock, Phone())):
        found = await in_state(number, "failed")
    assert found["error"] == "signal is not connected"


async def test_a_delivery_that_came_to_be_pointless_does_not_leave(clock: Clock) -> None:
    """Its moment is over: suppressed with a reason, and the next one leaves."""
    ana, phone = await a_guest(), Phone()
    (late,) = await left(ana, "your driver waits", lapses=NOW + timedelta(minutes=10))
    (next_one,) = await left(ana, "thank you")
    clock.forward(minutes=10)
    async with at_work(courier(clock, phone)):
        await in_state(next_one, "sent")
    assert [out.kind for out in phone.given if out.recipient == ana] == ["thank you"]
    assert (await row(late))["state"] == "given_up"


async def test_outside_the_24_hours_it_comes_again_as_a_template(clock: Clock) -> None:
    """Twilio accepts free words and reports 63016 later: the same delivery leaves once more, closed, in its place."""
    ana, phone = await a_guest(), Phone()
    first, second = await left(ana, "confirmed", "thanks")
    async with at_work(courier(clock, phone)) as one:
        await in_state(second, "sent")
        await until_free(ana)
        await delivery_reported(one.house, first, 1, CLOSED)
        found = await attempted(first, 2)
        await until_free(ana)
    assert found["state"] == "sent"
    assert phone.given[-1].payload == {"block": "confirmed", "closed": True}
    assert not phone.given[-1].again  # its end is known: nothing has to be asked
    async with at_work(courier(clock, phone)) as one:
        await delivery_reported(one.house, first, 2, CLOSED)  # a template is refused: no third time
    assert (await row(first))["state"] == "failed"


async def test_a_picture_that_cannot_be_fetched_is_left_out(clock: Clock) -> None:
    """The words arrive without it."""
    ana, phone = await a_guest(), Phone()
    async with transaction() as run:
        payload = {"block": "confirmed", "picture": "picture"}
        number = int(await delivery.post(run, ana, "confirmed", payload, language="en", now=NOW) or 0)
    async with at_work(courier(clock, phone)) as one:
        await in_state(number, "sent")
        await until_free(ana)
        await delivery_reported(one.house, number, 1, Report("SM1", "failed", "picture"))
        await attempted(number, 2)
    assert phone.given[-1].payload == {"block": "confirmed"}


async def test_a_provider_too_busy_is_tried_again_a_little_later(clock: Clock) -> None:
    """It took the message and then had no room for it: it leaves once more each time, as it is, until it was often enough."""
    ana, phone = await a_guest(), Phone()
    (number,) = await left(ana, "confirmed")
    async with at_work(courier(clock, phone)) as one:
        for attempt in range(1, TRIES + 1):
            await attempted(number, attempt)
            await until_free(ana)
            await delivery_reported(one.house, number, attempt, Report("SM1", "failed", "busy", "Twilio 63018"))
            state = "waiting" if attempt < TRIES else "failed"
            assert (await row(number))["state"] == state, "it waits until its time has come"
            clock.forward(minutes=attempt)
            delivery.Wake.ring()
    assert [out.payload for out in phone.given] == [{"block": "confirmed"}] * TRIES
    assert (await row(number))["error"] == "Twilio 63018"


async def test_a_report_of_an_older_attempt_changes_nothing(clock: Clock) -> None:
    """It speaks of an attempt that is no longer the one that counts."""
    ana, phone = await a_guest(), Phone()
    (number,) = await left(ana, "confirmed")
    async with at_work(courier(clock, phone)) as one:
        await in_state(number, "sent")
        await until_free(ana)
        await delivery_reported(one.house, number, 0, Report("SM0", "failed"))
        assert (await row(number))["state"] == "sent"
        await delivery_reported(one.house, number, 1, Report("SM1", "read"))
        await delivery_reported(one.house, number, 1, Report("SM1", "delivered"))
    assert (await row(number))["state"] == "read"


async def test_a_courier_that_lost_its_lane_marks_nothing(clock: Clock) -> None:
    """It slept through its lease while sending; another took the lane up. Its mark is refused and it begins nothing more."""
    ana, phone = await a_guest(), Phone()
    first, _ = await left(ana, "first", "second")
    phone.held.clear()
    async with at_work(courier(clock, phone)):
        await comes(lambda: phone.given)
        async with transaction() as run:  # its minute is over and the other process claims
            await run(
                "UPDATE recipient SET lease = :far, owner = 'other', fence = fence + 1 WHERE id = :ana",
                far=2**60,
                ana=ana,
            )
        phone.held.set()
    found = await row(first)
    assert (found["state"], found["provider_id"]) == ("sending", None)
    assert [out.kind for out in phone.given] == ["first"]


async def test_what_a_dead_courier_had_begun_is_asked_for_first(clock: Clock) -> None:
    """The next process is handed it as `again`, in its place before everything later."""
    ana, phone = await a_guest(), Phone()
    await left(ana, "first", "second")
    (dead,) = await lanes.claim("dead", NOW, 1)
    assert await lanes.begin(dead, "dead", NOW) is not None
    async with transaction() as run:
        await run("UPDATE recipient SET lease = -1 WHERE id = :ana", ana=ana)
    async with at_work(courier(clock, phone)):
        await comes(lambda: len(phone.given) == 2)
    assert [(out.kind, out.attempt, out.again) for out in phone.given] == [("first", 2, True), ("second", 1, False)]


async def test_an_attempt_ends_before_its_lease(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that never answers is tried again later; otherwise another would send the same beside us."""
    assert lanes.LEASE.total_seconds() > couriers.ATTEMPT + 10
    monkeypatch.setattr(couriers, "ATTEMPT", 0.05)
    ana, phone = await a_guest(), Phone()
    phone.held.clear()
    (number,) = await left(ana, "first")
    async with at_work(courier(clock, phone)):
        found = await attempted(number, 1)
        await until_free(ana)
    assert (found["state"], found["error"]) == ("waiting", "not done within 0.05 seconds")
    assert phone.on_the_way == 0


async def test_whoever_waits_for_the_pace_takes_no_room(clock: Clock) -> None:
    """A chat that must wait leaves its place to one that may go."""

    class Gate(Pace):
        opened = asyncio.Event()

        async def turn(self, address: str) -> None:
            await (self.opened.wait() if address == "+447700900142" else asyncio.sleep(0))

    gate, phone = Gate(0.0), Phone()
    (slow,) = await left(await a_guest(address="+447700900142"), "slow")
    (quick,) = await left(await a_guest(), "quick")
    one = courier(clock, phone, whatsapp=gate)
    one.room = asyncio.Semaphore(1)
    async with at_work(one):
        await in_state(quick, "sent")
        assert [out.kind for out in phone.given] == ["quick"]
        gate.opened.set()
        await in_state(slow, "sent")


async def test_never_more_than_64_are_on_their_way(clock: Clock) -> None:
    """That bounds what a crash can double."""
    phone = Phone()
    phone.held.clear()
    for _ in range(AT_ONCE + 6):
        await left(await a_guest(), "hello")
    async with at_work(courier(clock, phone)):
        await comes(lambda: phone.on_the_way == AT_ONCE)
        for _ in range(200):
            await asyncio.sleep(0)
        assert phone.most == AT_ONCE
        phone.held.set()


async def test_stopping_lets_what_is_on_its_way_arrive_and_begins_nothing(clock: Clock) -> None:
    """The mark of what has left is kept; the rest waits for the next process, which need not wait for any lease."""
    ana, phone = await a_guest(), Phone()
    first, second = await left(ana, "first", "second")
    phone.held.clear()
    one = courier(clock, phone)
    task = asyncio.create_task(one.run())
    await comes(lambda: phone.given)
    draining = asyncio.create_task(one.drain())
    await asyncio.sleep(0)
    phone.held.set()
    await draining
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await row(first))["state"] == "sent"
    assert (await row(second))["state"] == "waiting"
    assert [each.recipient for each in await lanes.claim("next", clock(), 10)] == [ana]


async def test_secret_addresses_do_not_stand_in_what_is_kept(clock: Clock) -> None:
    """The transcript shows [link]."""
    ana, phone = await a_guest(), Phone(lambda out: Sent("SM1", "Your booking: https://b.example/b/secret"))
    (number,) = await left(ana, "first")
    async with at_work(courier(clock, phone)):
        found = await in_state(number, "sent")
    assert found["drawn"] == "Your booking: [link]"


# -- pace ---------------------------------------------------------------------------------------


class Seconds:
    """Takes the place of the monotonic clock."""

    def __init__(self) -> None:
        self.at = 100.0

    def monotonic(self) -> float:
        """Now."""
        return self.at


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """The clock of the buckets, set by hand."""
    made = Seconds()
    monkeypatch.setattr(pacing, "time", made)
    return made


def test_a_burst_goes_at_once_and_then_one_after_the_other(seconds: Seconds) -> None:
    """Two a second, three at once: the fourth waits half a second, the fifth a whole one."""
    bucket = Bucket(2.0, 3.0)
    assert [bucket.wait() for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 1.0]


def test_a_pause_fills_the_bucket_but_never_over_its_brim(seconds: Seconds) -> None:
    """After an hour of silence there is one burst and no more."""
    bucket = Bucket(2.0, 3.0)
    for _ in range(5):
        bucket.wait()
    seconds.at += 3600
    assert [bucket.wait() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_a_rate_of_nothing_is_no_pacing(seconds: Seconds) -> None:
    """Whatever comes goes."""
    bucket = Bucket(0, 1.0)
    assert {bucket.wait() for _ in range(1000)} == {0.0}


def test_a_chat_is_paced_for_itself(seconds: Seconds) -> None:
    """One busy chat leaves the others their burst; the provider's own rate holds for all of them together."""
    pace = Pace(100.0, chat_rate=1.0, chat_burst=2.0)
    assert [pace._chat("hannah").wait() for _ in range(4)] == [0.0, 0.0, 1.0, 2.0]
    assert pace._chat("luis").wait() == 0.0
    together = Pace(10.0)
    assert [round(together.all.wait(), 2) for _ in range(12)][-2:] == [0.1, 0.2]


def test_chats_that_are_long_silent_are_forgotten(seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow with everyone who ever wrote."""
    monkeypatch.setattr(pacing, "CHATS_REMEMBERED", 3)
    pace = Pace(0.0, chat_rate=1.0, chat_burst=1.0)
    for name in ("a", "b", "c", "a", "d"):
        pace._chat(name)
    assert list(pace.chats) == ["c", "a", "d"]


async def test_the_courier_waits_its_turn_at_the_provider(clock: Clock) -> None:
    """What it carries passes the pace of its channel."""

    class Gate(Pace):
        passed: list[str]

        async def turn(self, address: str) -> None:
            self.passed.append(address)

    gate = Gate(0.0)
    gate.passed = []
    ana, phone = await a_guest(address="+447700900142"), Phone()
    (number,) = await left(ana, "first")
    async with at_work(courier(clock, phone, whatsapp=gate)):
        await in_state(number, "sent")
    assert gate.passed == ["+447700900142"]
