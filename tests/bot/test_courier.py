"""The courier: in order, at once where it may, again when it must, never twice by its own doing, and to the desk when it gives up."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from bot import courier as couriers
from bot.carriers import Attempt, Enclosed, Failed, Retry, Sent, Without
from bot.courier import AT_ONCE, DOWN, FIRST, LONGEST, REST, Courier
from bot.courtesy import Courtesy
from bot.pace import ChatPace, Pace
from bot.words import Drawn
from handlers.delivery_reported import TRIES, Report, delivery_reported, gave_up
from handlers.house import House
from models import bells, delivery, lanes, news, rates, turns
from models.catalog import Alert
from models.database import dialect, read, transaction
from models.fields import instant
from models.lanes import Outgoing
from tests.conftest import NOW, Clock
from tests.models.given import a_booking, a_guest
from tests.patience import PATIENCE

pytestmark = pytest.mark.usefixtures("database")

SENT = Sent("SM1", "Hello")
CLOSED = Report("SM1", "failed", "closed", "Twilio 63016", by="whatsapp")
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

    def __init__(self) -> None:
        self.courtesy = Courtesy()

    async def pack(self, out: Outgoing, now: Any) -> Attempt:
        """As plain as can be; a delivery called 'undrawable' is one."""
        if out.kind == "undrawable":
            raise KeyError("a template asks for what is not there")
        enclosed = (Enclosed("a.jpg", b"", "https://b.example/a.jpg"),) * (2 if out.kind == "illustrated" else 0)
        return Attempt(now, Drawn(out.kind), urls={"booking": "https://b.example/b/secret"}, enclosed=enclosed)


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
        async with asyncio.timeout(PATIENCE):
            while not (found := await look()):
                await queue.get()
            return found
    finally:
        news.ignore(queue)


async def comes(look: Callable[[], Any]) -> None:
    """Until this is so; the others have their turns meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while not look():  # noqa: ASYNC110  # what is on its way tells nobody
            await asyncio.sleep(0)


def on_their_way(one: Courier) -> list[asyncio.Task[None]]:
    """What this courier is carrying."""
    return [task for channel in one.channels.values() for task in channel.at_work]


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
    async with asyncio.timeout(PATIENCE):
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
        carry = await turns.keep(turn, run)
    assert carry is not None
    one = courier(clock, phone)
    one.carry(carry)
    await asyncio.gather(*on_their_way(one))
    assert [(out.kind, out.attempt, out.begun) for out in phone.given] == [("welcome", 1, None), ("ask", 1, None)]
    assert await lane(ana) == {"next_due": None, "lease": None, "owner": None, "fence": carry[0].fence}


async def test_what_we_do_wrong_is_tried_again_later_and_later(clock: Clock) -> None:
    """Doubling with jitter up to the longest wait; the lane rests meanwhile and keeps its order."""
    ana, phone = await a_guest(), Phone(lambda out: Retry("busy"))
    first, second = await left(ana, "first", "second")
    waits = []
    async with at_work(courier(clock, phone)) as one:
        for attempt in range(1, 5):
            found = await attempted(first, attempt)
            assert found["error"] == "busy"
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


async def test_the_backoff_ends_at_the_longest_wait_and_is_never_the_same_for_all(clock: Clock) -> None:
    """Ten minutes at most; fifty deliveries that failed together come back spread."""
    one, ana = courier(clock, Phone()), await a_guest()
    (number,) = await left(ana, "first")

    def waits(busy: int) -> float:
        out = Outgoing(number, ana, 1, 1, "whatsapp", "", "first", {"busy": busy}, "en", None, 0)
        due = one._after_retry(out, Retry("busy")).due
        assert due is not None
        return (due - clock()).total_seconds()

    assert all(LONGEST / 2 <= waits(times) <= LONGEST for times in (20, 50, 1000))
    assert len({round(waits(3), 3) for _ in range(50)}) > 40


AWAY = Retry("nobody there", away=True)


async def test_a_provider_that_is_away_is_left_alone_but_for_a_probe(clock: Clock) -> None:
    """Three misses, then nobody tries until the probe's moment, which one delivery alone uses; the others wait untried."""
    phone = Phone(lambda out: AWAY)
    people = [await a_guest() for _ in range(20)]
    numbers = [(await left(each, "hello"))[0] for each in people]
    phone.held.clear()
    async with at_work(courier(clock, phone)) as one:
        await comes(lambda: phone.on_the_way == AT_ONCE)
        phone.held.set()
        await comes(lambda: not on_their_way(one))
        channel = one.channels["whatsapp"]
        assert channel.down
        tried, channel.probe = len(phone.given), clock() + timedelta(seconds=REST[1] + 1)
        clock.forward(seconds=REST[1])
        await rounds(one, 3)
        assert len(phone.given) == tried  # not before the probe's moment
        clock.forward(seconds=1)
        one.wake.set()
        await comes(lambda: len(phone.given) == tried + 1 and not on_their_way(one))
        await rounds(one, 3)
        assert len(phone.given) == tried + 1
        phone.answer = lambda out: SENT
        clock.forward(seconds=REST[1])
        one.wake.set()
        for number in numbers:
            await in_state(number, "sent")
    assert not channel.down
    assert channel.misses == 0


async def rounds(one: Courier, times: int) -> None:
    """The courier looks this many times."""
    for _ in range(times):
        one.wake.set()
        await comes(lambda: not one.wake.is_set())
        for _ in range(20):
            await asyncio.sleep(0)


async def test_a_provider_too_busy_for_several_is_left_alone_as_if_it_were_away(clock: Clock) -> None:
    """One chat that is asked to wait is no news of the others; several in a row, and nothing taken in between, are."""
    phone = Phone(lambda out: Retry("slow down", after=33))
    people = [await a_guest() for _ in range(2 * DOWN + 2)]
    numbers = [(await left(each, "hello"))[0] for each in people]
    one = courier(clock, phone)
    channel = one._channel("whatsapp")
    for _ in range(DOWN):
        await carried(one, people[0])
        clock.forward(seconds=33)
    assert not channel.misses
    for each in people[1:]:
        await carried(one, each)
    assert channel.down
    assert channel.probe >= clock() + timedelta(seconds=33)
    held = await row(numbers[-1])
    assert (held["state"], held["error"], held["sending"]) == ("waiting", "whatsapp is away", None)
    phone.answer = lambda out: SENT
    clock.forward(seconds=40)
    await carried(one, people[-1])
    assert not channel.misses
    assert not channel.asked_to_wait


async def carried(one: Courier, recipient: int) -> None:
    """This lane is worked once, by hand."""
    async with transaction() as run:
        await run("UPDATE recipient SET next_due = 0, urgency = 0 WHERE id = :id", id=recipient)
    (hers,) = await lanes.claim("this", one.house.now(), "whatsapp", 1)
    one._go(one.channels["whatsapp"], hers, None)
    await asyncio.gather(*on_their_way(one))
    async with transaction() as run:
        await run("UPDATE recipient SET urgency = 9 WHERE id = :id", id=recipient)


async def test_on_its_return_nobody_waits_a_minute_and_nobody_is_asked_about_what_was_never_tried(clock: Clock) -> None:
    """A lane rests for half a minute at most; a reply held back by the breaker has no attempt that could have left."""
    ana, phone = await a_guest(), Phone(lambda out: AWAY)
    one = courier(clock, phone)
    one._channel("whatsapp").misses = DOWN
    one._channel("whatsapp").probe = NOW + timedelta(days=1)
    (number,) = await left(ana, "hello")
    (lane_of_hers,) = await lanes.claim("this", NOW, "whatsapp", 1)
    one._go(one.channels["whatsapp"], lane_of_hers, None)
    await asyncio.gather(*on_their_way(one))
    assert phone.given == []
    found = await row(number)
    assert (found["state"], found["sending"], found["error"]) == ("waiting", None, "whatsapp is away")
    wait = (instant((await lane(ana))["next_due"]) - clock()).total_seconds()
    assert REST[0] <= wait <= REST[1] <= 30


async def test_one_channels_trouble_is_no_others(clock: Clock) -> None:
    """WhatsApp hangs with everything it may have on its way: Telegram's deliveries leave at once."""
    hangs, works = Phone(), Phone()
    hangs.held.clear()
    one = courier(clock, hangs)
    one.carriers["telegram"] = works
    for _ in range(AT_ONCE + 5):
        await left(await a_guest(), "hello")
    async with at_work(one):
        await comes(lambda: hangs.on_the_way == AT_ONCE)
        (number,) = await left(await a_guest("telegram", "77"), "quick")
        await in_state(number, "sent")
        hangs.held.set()


async def test_an_outcome_is_noted_again_until_the_database_takes_it(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has left and is not noted would leave once more."""
    ana, phone, refusals = await a_guest(), Phone(), [True, True]
    (number,) = await left(ana, "first")
    settle = lanes.settle

    async def refuses(*given: Any) -> bool:
        if refusals:
            refusals.pop()
            raise asyncpg.CannotConnectNowError if dialect() == "postgres" else OperationalError("database is locked")
        return await settle(*given)

    monkeypatch.setattr(lanes, "settle", refuses)
    monkeypatch.setattr(couriers, "SETTLE_AGAIN", 0.0)
    async with at_work(courier(clock, phone)):
        await in_state(number, "sent")
    assert len(phone.given) == 1


async def test_a_zombie_sends_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frozen between its claim and the send, longer than its lease: what it was about to send is another's by now."""
    ana, phone = await a_guest(), Phone()
    await left(ana, "first")
    one = courier(clock, phone)
    (hers,) = await lanes.claim("this", NOW, "whatsapp", 1)
    hers.since -= lanes.LEASE.total_seconds()
    monkeypatch.setattr(lanes, "_still_ours", lambda *_: asyncio.sleep(0, result=True))  # so that it may begin at all
    one._go(one._channel("whatsapp"), hers, None)
    await asyncio.gather(*on_their_way(one))
    assert phone.given == []
    monkeypatch.setattr(couriers, "HELD", 10**9)  # without the guard it sends
    one._go(one._channel("whatsapp"), hers, None)
    await asyncio.gather(*on_their_way(one))
    assert [out.kind for out in phone.given] == ["first"]


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

    class Killed(BaseException):
        """The process ends here."""

    async def breaks_off(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(couriers, "gave_up", breaks_off)
    async with at_work(courier(clock, phone)) as one:
        await comes(lambda: phone.given)
        await asyncio.gather(*on_their_way(one), return_exceptions=True)
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
        await asyncio.gather(*on_their_way(one))
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


async def test_a_mistake_of_ours_silences_nobody_for_long(clock: Clock) -> None:
    """Tried again after 1, 10 and 60 seconds, then it is the desk's, the house hears of it, and what waited behind it leaves."""
    ana, phone = await a_guest(), Phone()
    bad, good = await left(ana, "undrawable", "fine")
    async with at_work(courier(clock, phone)) as one:
        for attempt, wait in enumerate((1, 10, 60), 1):
            await attempted(bad, attempt)
            await until_free(ana)
            assert instant((await lane(ana))["next_due"]) == clock() + timedelta(seconds=wait)
            clock.forward(seconds=wait)
            one.wake.set()
        await in_state(good, "sent")
        assert not one.channels["whatsapp"].misses  # no news of the provider
    assert (await row(bad))["state"] == "failed"
    assert await told_house() == ["delivery_failed_house"]


async def test_a_picture_that_cannot_be_made_is_left_out_in_the_end(clock: Clock) -> None:
    """The words matter more."""
    ana, phone = await a_guest(), Phone(lambda out: KeyError("picture") if out.payload.get("picture") else SENT)
    async with transaction() as run:
        payload = {"block": "confirmed", "picture": "picture"}
        number = int(await delivery.post(run, ana, "confirmed", payload, language="en", now=NOW) or 0)
    async with at_work(courier(clock, phone)) as one:
        for attempt in range(1, 4):
            await attempted(number, attempt)
            await until_free(ana)
            clock.forward(seconds=60)
            one.wake.set()
        await in_state(number, "sent")
    assert phone.given[-1].payload == {"block": "confirmed"}


async def test_what_has_left_of_it_is_kept_however_an_attempt_ends(clock: Clock) -> None:
    """Another process goes on from there; of what has left whole, the last is kept apart."""
    ana, had = await a_guest(), list[list[str]]()

    def answer(out: Outgoing) -> Any:
        had.append(list(out.left))
        out.left.append(f"SM{out.attempt}")
        return (KeyError("ours"), Retry("busy"), Sent("SM3", "Hello"))[out.attempt - 1]

    phone = Phone(answer)
    (number,) = await left(ana, "first")
    for attempt in range(1, 4):
        async with at_work(courier(clock, phone)):
            await attempted(number, attempt)
            await until_free(ana)
        clock.forward(seconds=60)
    assert had == [[], ["SM1"], ["SM1", "SM2"]]
    found = await row(number)
    assert (found["state"], found["provider_id"], found["parts"]) == ("sent", "SM3", '["SM1","SM2"]')


async def test_a_paper_that_is_not_ready_is_left_out_for_good_before_anything_leaves(clock: Clock) -> None:
    """A later attempt encloses the same as the first one that sent anything, though the paper may be ready by then."""
    ana, phone = await a_guest(), Phone(lambda out: Retry("busy") if out.begun is None else SENT)
    one = courier(clock, phone)
    pack, late = one.packing.pack, ["ticket"]

    async def slowly(out: Outgoing, now: Any) -> Attempt:
        if "ticket" in out.payload.get("documents", ()) and late:
            raise Without(late.pop())
        return await pack(out, now)

    one.packing.pack = slowly  # type: ignore[method-assign]
    async with transaction() as run:
        payload = {"block": "confirmed", "picture": "picture", "documents": ["ticket", "invoice"]}
        number = int(await delivery.post(run, ana, "confirmed", payload, language="en", now=NOW) or 0)
    async with at_work(one):
        await attempted(number, 2)
        await until_free(ana)
        clock.forward(seconds=60)
        one.wake.set()
        await in_state(number, "sent")
    enclosed = {"block": "confirmed", "picture": "picture", "documents": ["invoice"]}
    assert [(out.payload, bool(out.begun)) for out in phone.given] == [
        (enclosed, False),
        (enclosed | {"busy": 1}, True),
    ]


async def test_what_a_provider_refuses_is_left_out_for_good_and_the_rest_goes_on(clock: Clock) -> None:
    """At once, and with what has left in mind."""
    ana = await a_guest()

    def answer(out: Outgoing) -> Any:
        out.left.append(f"SM{out.attempt}")
        return Without("b.jpg", "picture") if out.attempt == 1 else SENT

    phone = Phone(answer)
    async with transaction() as run:
        payload = {"block": "confirmed", "picture": "picture", "photos": [{"file": "a.jpg"}, {"file": "b.jpg"}]}
        number = int(await delivery.post(run, ana, "confirmed", payload, language="en", now=NOW) or 0)
    async with at_work(courier(clock, phone)) as one:
        await in_state(number, "sent")
        assert not one.channels["whatsapp"].misses
    last = phone.given[-1]
    assert (last.payload, bool(last.begun)) == ({"block": "confirmed", "photos": [{"file": "a.jpg"}]}, True)
    assert last.left == ["SM1", "SM2"]


async def test_a_mistake_in_noting_that_it_left_does_not_send_it_again(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be noted is noted, in the commit after."""
    ana, phone = await a_guest(), Phone()
    (number,) = await left(ana, "first")
    settle = lanes.settle

    async def stumbles(run: Any, hers: Any, owner: str, out: Outgoing, outcome: Any, now: Any) -> bool:
        if outcome.drawn is not None:
            raise ValueError("words that no database takes")
        return await settle(run, hers, owner, out, outcome, now)

    monkeypatch.setattr(lanes, "settle", stumbles)
    async with at_work(courier(clock, phone)):
        await in_state(number, "sent")
        await until_free(ana)
    assert len(phone.given) == 1


async def test_waiting_for_our_own_pace_is_no_news_of_the_provider(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the call itself is timed; and what cannot leave soon goes back into the queue."""
    monkeypatch.setattr(couriers, "ATTEMPT", 0.05)
    phone, takes = Phone(), Takes()
    pace = Pace("test", 2.0, take=takes)
    one = courier(clock, phone, whatsapp=pace)
    for _ in range(8):
        person = await a_guest()
        await left(person, "hello")
    claimed = await lanes.claim("this", clock(), "whatsapp", 8)
    for each in claimed:
        one._go(one._channel("whatsapp"), each, None)
    await comes(lambda: len(on_their_way(one)) == pace.soon + 1 == pace.before)
    states = [each["state"] for each in await read("SELECT state FROM delivery")]
    assert (states.count("sending"), states.count("waiting")) == (2, 6)
    async with asyncio.timeout(PATIENCE):
        while time.monotonic() < one.channels["whatsapp"].at_work[on_their_way(one)[0]].since + 0.1:  # noqa: ASYNC110
            await asyncio.sleep(0)
    takes.free = True
    takes.allowed.release()
    await asyncio.gather(*on_their_way(one))
    assert not one.channels["whatsapp"].misses
    assert len(phone.given) == 2


async def test_leave_to_send_is_not_saved_up_while_papers_are_drawn(clock: Clock) -> None:
    """Sixteen pictures are ready at the same moment: they leave one by one as the provider takes them, and not at once."""
    phone, takes, drawn = Phone(), Takes(), asyncio.Event()
    for _ in range(AT_ONCE):
        await left(await a_guest(), "hello")
    one = courier(clock, phone, whatsapp=Pace("test", 1000.0, take=takes))
    pack, packing = one.packing.pack, list[int]()

    async def slowly(out: Outgoing, now: Any) -> Attempt:
        packing.append(out.id)
        await drawn.wait()
        return await pack(out, now)

    one.packing.pack = slowly  # type: ignore[method-assign]
    async with at_work(one):
        await comes(lambda: len(packing) == AT_ONCE)
        for _ in range(3):
            takes.allowed.release()
        drawn.set()
        await comes(lambda: len(phone.given) == 3)
        for _ in range(200):
            await asyncio.sleep(0)
        assert len(phone.given) == 3
        takes.free = True
        takes.allowed.release()


async def test_a_provider_that_goes_while_many_wait_for_room_is_left_alone(clock: Clock) -> None:
    """Sixteen hang, ten answers stand behind them: when the sixteen have failed, the ten wait for the probe."""
    phone = Phone(lambda out: AWAY)
    phone.held.clear()
    for _ in range(AT_ONCE + 10):
        await left(await a_guest(), "hello")
    one = courier(clock, phone)
    for hers in await lanes.claim("this", clock(), "whatsapp", AT_ONCE + 10):
        one._go(one._channel("whatsapp"), hers, None)
    await comes(lambda: phone.on_the_way == AT_ONCE)
    phone.held.set()
    await asyncio.gather(*on_their_way(one))
    assert len(phone.given) < AT_ONCE + DOWN


async def test_papers_that_stand_in_line_are_no_mistake_and_no_news_of_the_provider(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the line is, they are waited for."""
    monkeypatch.setattr(couriers, "PACKING", 0.05)
    ana = await a_guest()
    (number,) = await left(ana, "first")
    one = courier(clock, Phone())

    async def hangs(*_: Any) -> Any:
        await asyncio.Event().wait()

    one.packing.pack = hangs  # type: ignore[method-assign]
    async with at_work(one):
        found = await attempted(number, 1)
        assert not one.channels["whatsapp"].misses
    assert (found["state"], found["error"]) == ("waiting", "its papers are still being drawn")
    assert "mistakes" not in found["payload"]


async def test_while_a_provider_is_away_no_papers_are_drawn_for_it_without_end() -> None:
    """Whoever draws leaves the probe to others, but only a few do: without a bound one more would begin at every look."""
    channel = couriers.Channel("mail", None, Pace("mail", 0))
    channel.misses = DOWN
    assert [_free(channel, drawing) for drawing in (0, DOWN - 1, DOWN)] == [1, 1, 0]
    channel.misses = 0
    assert [_free(channel, drawing) for drawing in (0, couriers.DRAWN_AT_ONCE)] == [AT_ONCE, 0]


def _free(channel: couriers.Channel, drawing: int) -> int:
    channel.drawing, channel.at_work = drawing, dict.fromkeys(range(drawing))  # type: ignore[arg-type,assignment]
    return channel.free(NOW)


async def test_an_answer_does_not_wait_for_the_papers_of_others(clock: Clock) -> None:
    """More confirmations than leave at once stand in line for their tickets; a guest who writes meanwhile is answered."""
    drawn, begun = asyncio.Event(), list[Outgoing]()

    class Slow(Plain):
        """Whose tickets are long in drawing."""

        async def pack(self, out: Outgoing, now: Any) -> Attempt:
            """When they are done."""
            if out.payload.get("picture"):
                begun.append(out)
                news.announce("delivery", None)
                await drawn.wait()
            return await super().pack(out, now)

    phone = Phone()
    one = courier(clock, phone)
    one.packing = Slow()  # type: ignore[assignment]
    async with transaction() as run:
        for _ in range(AT_ONCE + 4):
            with_picture = {"block": "confirmed", "picture": "picture"}
            await delivery.post(run, await a_guest(), "confirmed", with_picture, language="en", now=NOW)
    async with at_work(one):
        await until(lambda: _true(len(begun) == AT_ONCE + 4))
        await left(await a_guest(), "answer")
        one.wake.set()
        await until(lambda: _true([out.kind for out in phone.given] == ["answer"]))
        drawn.set()
        await until(lambda: _true(len(phone.given) == AT_ONCE + 5))


async def _true(right: bool) -> bool:
    return right


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
    assert (await row(late))["state"] == "lapsed"
    assert await told_house() == []  # nobody needs to do anything about it


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
        await delivery_reported(one.house, number, 1, Report("SM1", "failed", "enclosed", by="whatsapp"))
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
            await delivery_reported(
                one.house, number, attempt, Report("SM1", "failed", "busy", "Twilio 63018", by="whatsapp")
            )
            state = "waiting" if attempt < TRIES else "failed"
            assert (await row(number))["state"] == state, "it waits until its time has come"
            clock.forward(minutes=attempt)
            bells.ring(delivery.WAKE)
    assert [out.payload.pop("busy", 0) for out in phone.given] == list(range(TRIES))
    assert [out.payload for out in phone.given] == [{"block": "confirmed"}] * TRIES
    assert (await row(number))["error"] == "Twilio 63018"


async def test_a_report_of_an_older_attempt_changes_nothing(clock: Clock) -> None:
    """It speaks of an attempt that is no longer the one that counts."""
    ana, phone = await a_guest(), Phone()
    (number,) = await left(ana, "confirmed")
    async with at_work(courier(clock, phone)) as one:
        await in_state(number, "sent")
        await until_free(ana)
        await delivery_reported(one.house, number, 0, Report("SM0", "failed", by="whatsapp"))
        assert (await row(number))["state"] == "sent"
        await delivery_reported(one.house, number, 1, Report("SM1", "read", by="whatsapp"))
        await delivery_reported(one.house, number, 1, Report("SM1", "delivered", by="whatsapp"))
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
    (dead,) = await lanes.claim("dead", NOW, "whatsapp", 1)
    assert await lanes.begin(dead, "dead", NOW) is not None
    async with transaction() as run:
        await run("UPDATE recipient SET lease = -1 WHERE id = :ana", ana=ana)
    one = courier(clock, phone)
    await lanes.recover(one.house.owner, clock())
    clock.time += lanes.ARRIVED
    async with at_work(one):
        await comes(lambda: len(phone.given) == 2)
    assert [(out.kind, out.attempt, bool(out.begun)) for out in phone.given] == [
        ("first", 2, True),
        ("second", 1, False),
    ]


async def test_a_provider_that_never_answers_is_tried_again_later(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And counts as away."""
    monkeypatch.setattr(couriers, "ATTEMPT", 0.05)
    ana, phone = await a_guest(), Phone()
    phone.held.clear()
    (number,) = await left(ana, "first")
    async with at_work(courier(clock, phone)) as one:
        found = await attempted(number, 1)
        await until_free(ana)
        assert one.channels["whatsapp"].misses == 1
    assert (found["state"], found["error"]) == ("waiting", "not done within 0.05 seconds")
    assert phone.on_the_way == 0


async def test_a_slow_attempt_keeps_its_lane(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lease is lengthened while it lasts; without that another would send the same beside us."""
    monkeypatch.setattr(lanes, "LEASE", timedelta(seconds=0.06))
    ana, phone, renewed = await a_guest(), Phone(), asyncio.Event()
    renew = lanes.renew

    async def noted(*given: Any) -> None:
        await renew(*given)
        if given[0]:
            renewed.set()

    monkeypatch.setattr(lanes, "renew", noted)
    phone.held.clear()
    await left(ana, "first")
    async with at_work(courier(clock, phone)):
        await comes(lambda: phone.given)
        before = (await lane(ana))["lease"]
        for _ in range(2):  # the first may have begun before we looked
            renewed.clear()
            await asyncio.wait_for(renewed.wait(), PATIENCE)
        assert (await lane(ana))["lease"] > before
        phone.held.set()


async def test_a_send_is_broken_off_when_its_lease_cannot_be_lengthened(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away for longer than the lease: another may take over, and asks what has left. Nothing of ours may leave later."""
    ana, phone, renewals = await a_guest(), Phone(), list[Any]()

    async def away(*given: Any) -> None:
        renewals.append(given)
        raise asyncpg.CannotConnectNowError

    monkeypatch.setattr(lanes, "renew", away)
    monkeypatch.setattr(couriers, "HELD", 0.3)
    phone.held.clear()
    (number,) = await left(ana, "first")
    one = courier(clock, phone)
    (hers,) = await lanes.claim("this", NOW, "whatsapp", 1)
    one._go(one._channel("whatsapp"), hers, None)
    await comes(lambda: phone.on_the_way)
    await asyncio.gather(*on_their_way(one))
    assert phone.on_the_way == 0
    found = await row(number)
    assert (found["state"], found["provider_id"]) == ("sending", None)
    assert found["sending"] is not None, "whoever takes over asks what has left"


async def test_leases_that_stood_in_anothers_way_are_lengthened_at_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL undoes one of two that lock the same lanes in another order: not a third of the lease is lost by that."""
    monkeypatch.setattr(lanes, "LEASE", timedelta(seconds=0.06))
    ana, phone, rounds = await a_guest(), Phone(), list[Any]()
    renew = lanes.renew

    async def in_the_way(*given: Any) -> None:
        if given[0]:
            rounds.append(given[0])
        if len(rounds) == 1:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        await renew(*given)

    monkeypatch.setattr(lanes, "renew", in_the_way)
    phone.held.clear()
    await left(ana, "first")
    async with at_work(courier(clock, phone)):
        await comes(lambda: len(rounds) > 1)
        phone.held.set()
    assert rounds[0] is rounds[1]


async def test_a_chat_that_has_had_enough_rests_without_taking_room(clock: Clock) -> None:
    """Two at once, then one every ten seconds; what is used up is kept on the lane, whichever process goes on."""
    phone, pace = Phone(), Pace("test", 1000.0, lambda _: ChatPace(0.1, 2))
    ana = await a_guest()
    numbers = await left(ana, "one", "two", "three")
    async with at_work(courier(clock, phone, whatsapp=pace)):
        await in_state(numbers[1], "sent")
        await until_free(ana)
    assert (await row(numbers[2]))["state"] == "waiting"
    assert instant((await lane(ana))["next_due"]) == clock() + timedelta(seconds=10)
    clock.forward(seconds=10)
    async with at_work(courier(clock, phone, whatsapp=Pace("test", 1000.0, lambda _: ChatPace(0.1, 2)))):
        await in_state(numbers[2], "sent")
    assert [out.kind for out in phone.given] == ["one", "two", "three"]


async def test_what_is_urgent_overtakes_the_rest(clock: Clock) -> None:
    """Only what can leave soon is claimed: an answer left behind fifty notices goes out among the first of them."""
    phone, takes = Phone(), Takes()
    pace = Pace("test", 10.0, take=takes)
    for _ in range(50):
        await left(await a_guest(), "bulk", urgency=delivery.BULK)
    async with at_work(courier(clock, phone, whatsapp=pace)) as one:
        await comes(lambda: pace.before == 5)
        await left(await a_guest(), "urgent", urgency=delivery.ANSWER)
        for number in range(1, 9):
            takes.allowed.release()
            await comes(lambda number=number: len(phone.given) == number)
            await comes(lambda: len(on_their_way(one)) == 5 == pace.before)
        assert "urgent" in [out.kind for out in phone.given[:6]]
        takes.free = True
        takes.allowed.release()


class Takes:
    """An allowance given out by hand, one by one."""

    def __init__(self) -> None:
        self.allowed, self.free = asyncio.Semaphore(0), False

    async def __call__(self, *_: Any) -> tuple[int, float]:
        """One, when it is given."""
        if not self.free:
            await self.allowed.acquire()
        return 1, 0.0


async def test_never_more_than_16_of_a_channel_are_on_their_way(clock: Clock) -> None:
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
    assert [each.recipient for each in await lanes.claim("next", clock(), "whatsapp", 10)] == [ana]


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


async def test_an_allowance_is_shared_and_never_exceeded() -> None:
    """A burst at once, then nothing before its time, whoever asks; asked for by many at once nothing is given twice."""
    rates._own.clear()
    assert [(await rates.take("the tests", 0.5, 3, 2))[0] for _ in range(3)] == [2, 1, 0]
    _, wait = await rates.take("the tests", 0.5, 3, 2)
    assert 1.5 <= wait <= 2.0
    taken = await asyncio.gather(*(rates.take("another", 0.01, 7, 2) for _ in range(20)))
    assert sum(given for given, _ in taken) == 7


def test_after_a_pause_there_is_one_burst_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it was."""
    seconds = Seconds()
    monkeypatch.setattr(rates, "time", seconds)
    rates._own.clear()
    assert rates._take_own("a", 2.0, 3, 9)[0] == 3
    assert rates._take_own("a", 2.0, 3, 9) == (0, 0.5)
    seconds.at += 3600
    assert rates._take_own("a", 2.0, 3, 9)[0] == 3
    seconds.at += 0.5
    assert rates._take_own("a", 2.0, 3, 9)[0] == 1


def test_a_chats_pace() -> None:
    """Two at once, then one every four seconds; a group's five and fifteen are twenty in any minute."""
    chat, used, left_at = ChatPace(0.25, 2), None, []
    for second in range(21):
        now = NOW + timedelta(seconds=second)
        while not chat.rest(used, now):
            used = chat.after(used, now)
            left_at.append(second)
    assert left_at == [0, 0, 4, 8, 12, 16, 20]


async def test_a_rate_of_nothing_is_no_pacing() -> None:
    """Nobody is asked for leave."""

    async def never(*_: Any) -> tuple[int, float]:
        raise AssertionError

    pace = Pace("test", 0.0, take=never)
    await pace.turn()
    assert pace.soon > AT_ONCE


async def test_the_courier_waits_its_turn_at_the_provider(clock: Clock) -> None:
    """What it carries passes the pace of its channel."""
    takes, phone = Takes(), Phone()
    (number,) = await left(await a_guest(), "first")
    async with at_work(courier(clock, phone, whatsapp=Pace("test", 10.0, take=takes))) as one:
        await comes(lambda: takes.allowed._waiters)
        assert phone.given == []
        takes.allowed.release()
        await in_state(number, "sent")
        assert one.channels["whatsapp"].pace.before == 0


async def test_what_is_enclosed_waits_its_turn_as_well(clock: Clock) -> None:
    """Two pictures and the words are three messages for the provider, and for the chat."""
    takes, phone = Takes(), Phone()
    (number,) = await left(await a_guest(), "illustrated")
    pace = Pace("test", 10.0, lambda _: ChatPace(0.25, 5), take=takes)
    async with at_work(courier(clock, phone, whatsapp=pace)):
        for _ in range(2):
            await comes(lambda: takes.allowed._waiters)
            assert phone.given == []
            takes.allowed.release()
        await comes(lambda: takes.allowed._waiters)
        takes.allowed.release()
        await in_state(number, "sent")
        used = (await read("SELECT used FROM recipient"))[0]["used"]
        assert instant(int(used)) == NOW + 3 * timedelta(seconds=4)
