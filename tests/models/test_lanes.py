"""Deliveries leave a lane in order, carried by one at a time; a bearer thought dead changes nothing any more."""

import asyncio
import os
import subprocess
from datetime import datetime, timedelta

import pytest

from models import bearer, delivery, lanes
from models.database import dialect, read, transaction
from models.delivery import ANSWER, BULK, NOTICE
from models.fields import micros
from models.lanes import Lane, Outcome, Outgoing
from tests.conftest import NOW, Clock
from tests.models.given import a_guest

pytestmark = pytest.mark.usefixtures("database")

SENT = Outcome("sent", provider_id="SM1", drawn="Hello")


async def left(to: int, *kinds: str, urgency: int = NOTICE) -> None:
    """These lie in the lane, in this order."""
    async with transaction() as run:
        for kind in kinds:
            await delivery.post(run, to, kind, {}, language="en", now=NOW, urgency=urgency)


async def taken(owner: str = "this", now: Clock | None = None) -> Lane:
    """The one lane in which something is due."""
    (lane,) = await lanes.claim(owner, now() if now else NOW, "whatsapp", 10)
    return lane


async def begun(lane: Lane, owner: str = "this") -> Outgoing:
    """The next one of this lane, on its way."""
    out = await lanes.begin(lane, owner, NOW)
    assert out is not None
    return out


async def settled(lane: Lane, owner: str, out: Outgoing, outcome: Outcome, now: datetime) -> bool:
    """How it ended is noted."""
    async with transaction() as run:
        return await lanes.settle(run, lane, owner, out, outcome, now)


async def expire(recipient: int) -> None:
    """The lease's minute goes by."""
    async with transaction() as run:
        await run("UPDATE recipient SET lease = -1 WHERE id = :id", id=recipient)


async def test_deliveries_leave_in_order_and_the_lane_is_given_back() -> None:
    """One after the other as they were left; when none waits the lane is anybody's again."""
    ana = await a_guest()
    await left(ana, "first", "second", "third")
    lane = await taken()
    gone = []
    while (out := await lanes.begin(lane, "this", NOW)) is not None:
        gone.append(out.kind)
        assert await settled(lane, "this", out, SENT, NOW)
    assert gone == ["first", "second", "third"]
    row = (await read("SELECT lease, owner, next_due FROM recipient WHERE id = :ana", ana=ana))[0]
    assert row == {"lease": None, "owner": None, "next_due": None}
    assert {row["state"] for row in await read("SELECT state FROM delivery")} == {"sent"}


async def test_a_lane_has_one_bearer() -> None:
    """While the lease holds nobody else may claim it, though more is left in it."""
    ana = await a_guest()
    await left(ana, "first")
    lane = await taken()
    await left(ana, "second")
    assert await lanes.claim("another", NOW, "whatsapp", 10) == []
    await begun(lane)
    assert await lanes.claim("another", NOW, "whatsapp", 10) == []


async def test_many_bearers_at_once_share_the_lanes() -> None:
    """Each lane is claimed once, and all of them are."""
    everybody = [await a_guest() for _ in range(20)]
    for person in everybody:
        await left(person, "news")
    claimed = await asyncio.gather(*(lanes.claim(f"bearer{n}", NOW, "whatsapp", 5) for n in range(8)))
    assert sorted(lane.recipient for some in claimed for lane in some) == everybody


async def test_an_old_fence_changes_nothing() -> None:
    """A bearer that slept through its lease wakes up: its marks are refused, its next one is not begun."""
    ana = await a_guest()
    await left(ana, "first", "second")
    slow = await taken("slow")
    out = await begun(slow, "slow")
    await expire(ana)
    quick = await taken("quick")
    assert quick.fence > slow.fence
    again = await begun(quick, "quick")
    before = (
        await read("SELECT * FROM delivery ORDER BY id"),
        await read("SELECT * FROM recipient WHERE id = :a", a=ana),
    )
    assert not await settled(slow, "slow", out, SENT, NOW)
    assert not await settled(slow, "slow", out, Outcome("retry", due=NOW), NOW)
    assert await lanes.begin(slow, "slow", NOW) is None
    after = await read("SELECT * FROM delivery ORDER BY id"), await read("SELECT * FROM recipient WHERE id = :a", a=ana)
    assert after == before
    assert (again.id, again.attempt, again.begun) == (out.id, 2, micros(NOW))
    assert await settled(quick, "quick", again, SENT, NOW)


async def test_after_a_death_the_next_process_knows_that_it_may_have_been_sent() -> None:
    """What was begun by the dead one comes again first, marked so that the provider can be asked."""
    ana = await a_guest()
    await left(ana, "first", "second")
    lane = await taken("dead")
    out = await begun(lane, "dead")
    if dialect() == "sqlite":
        await lanes.recover("alive", NOW)
        assert await lanes.claim("alive", NOW, "whatsapp", 1) == [], (
            "it may be on its way yet: asked too early, nobody knows of it"
        )
    else:
        await expire(ana)
    (lane,) = await lanes.claim("alive", NOW + lanes.ARRIVED, "whatsapp", 1)
    again = await begun(lane, "alive")
    assert (again.id, again.attempt, again.begun) == (out.id, 2, micros(NOW))


async def test_a_new_start_need_not_wait_for_the_leases_of_what_died_on_this_machine() -> None:
    """What a process here held is anybody's as soon as that process is gone; one that lives, or is elsewhere, keeps its lanes."""
    gone = bearer.name().replace(f":{os.getpid()}:", f":{_ended()}:")
    alive, elsewhere = bearer.name(), bearer.name().replace(bearer.machine(), "elsewhere-0")
    guests = {owner: await a_guest() for owner in (gone, alive, elsewhere)}
    for owner, guest in guests.items():
        await left(guest, "first")
        await lanes.claim(owner, NOW, "whatsapp", 1)
    await lanes.recover("new", NOW)
    free = {row["id"] for row in await read("SELECT id FROM recipient WHERE lease IS NULL")}
    assert free == ({guests[gone]} if dialect() == "postgres" else set(guests.values()))


def _ended() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


async def test_recovering_leaves_our_own_lanes_alone() -> None:
    """A start in this process gives up what others held, never what is ours."""
    ana = await a_guest()
    await left(ana, "first")
    lane = await taken("this")
    await lanes.recover("this", NOW)
    assert await begun(lane, "this")


async def test_leases_are_lengthened_together_and_only_ours(clock: Clock) -> None:
    """One statement for all that is on its way; a lane that another took up meanwhile keeps that other's lease."""
    ours, theirs = await a_guest(), await a_guest()
    await left(ours, "first")
    await left(theirs, "first")
    held = await lanes.claim("this", NOW, "whatsapp", 2)
    async with transaction() as run:
        await run("UPDATE recipient SET lease = 1")
        await run("UPDATE recipient SET owner = 'other', fence = fence + 1 WHERE id = :id", id=theirs)
    since = [lane.since for lane in held]
    await lanes.renew(held, "this")
    leases = {row["id"]: row["lease"] for row in await read("SELECT id, lease FROM recipient")}
    assert leases[theirs] == 1
    assert leases[ours] > 1
    assert {lane.recipient: lane.since > before for lane, before in zip(held, since, strict=True)} == {
        ours: True,
        theirs: False,
    }


async def test_what_was_held_back_never_left(clock: Clock) -> None:
    """The next attempt is the first that may have left anything: no provider need be asked about it."""
    ana = await a_guest()
    await left(ana, "first")
    lane = await taken()
    assert not await settled(lane, "this", await begun(lane), Outcome("held", due=NOW), NOW)
    assert (await begun(await taken())).begun is None


async def test_a_lane_says_how_urgent_what_waits_in_it_is() -> None:
    """Once the answer has left, the bulk behind it is bulk again."""
    ana = await a_guest()
    await left(ana, "answer", urgency=ANSWER)
    await left(ana, "bulk", urgency=BULK)
    lane = await taken()
    await settled(lane, "this", await begun(lane), SENT, NOW)
    await lanes.leave(lane, "this", NOW)
    assert (await read("SELECT urgency FROM recipient WHERE id = :ana", ana=ana))[0]["urgency"] == BULK


async def test_only_channels_with_something_due_are_looked_at(clock: Clock) -> None:
    """Due by now, and nobody carries it."""
    await left(await a_guest(), "first")
    await left(await a_guest("telegram", "77"), "first")
    assert sorted(await lanes.due(NOW)) == ["telegram", "whatsapp"]
    assert await lanes.due(NOW - timedelta(seconds=1)) == []
    await lanes.claim("this", NOW, "telegram", 10)
    assert await lanes.due(NOW) == ["whatsapp"]


async def test_a_lane_that_backs_off_goes_on_backing_off(clock: Clock) -> None:
    """A new delivery neither overtakes the one that failed nor hurries it."""
    ana = await a_guest()
    await left(ana, "first")
    lane = await taken()
    out = await begun(lane)
    assert not await settled(lane, "this", out, Outcome("retry", error="503", due=NOW + timedelta(seconds=30)), NOW)
    await left(ana, "second", urgency=ANSWER)
    assert await lanes.claim("this", clock.forward(seconds=29), "whatsapp", 10) == []
    clock.forward(seconds=1)
    again = await begun(await taken(now=clock))
    assert (again.kind, again.attempt) == ("first", 2)
    assert await settled(lane, "this", again, SENT, NOW) is False  # the lane of before the pause


async def test_who_just_wrote_goes_first() -> None:
    """Answers before notices before the rest, whenever they were left."""
    people = {urgency: await a_guest() for urgency in (BULK, NOTICE, ANSWER)}
    for urgency, person in people.items():
        await left(person, "news", urgency=urgency)
    order = [(await lanes.claim("this", NOW, "whatsapp", 1))[0].recipient for _ in people]
    assert order == [people[ANSWER], people[NOTICE], people[BULK]]


async def test_the_same_thing_is_left_once() -> None:
    """By its business key, however often it is told."""
    ana = await a_guest()
    async with transaction() as run:
        posted = [
            await delivery.post(run, ana, "confirmed", {}, language="en", now=NOW, key="confirmed:1") for _ in range(2)
        ]
    assert posted[0] is not None
    assert posted[1] is None


@pytest.mark.parametrize("state", ["failed", "given_up"])
async def test_what_is_given_up_frees_the_lane_for_the_next(state: str) -> None:
    """A delivery without hope does not hold up those behind it, and its reason stands on it."""
    ana = await a_guest()
    await left(ana, "first", "second")
    lane = await taken()
    out = await begun(lane)
    assert await settled(lane, "this", out, Outcome(state, error="63024"), NOW)
    assert (await begun(lane)).kind == "second"
    row = (await read("SELECT state, error FROM delivery WHERE id = :id", id=out.id))[0]
    assert row == {"state": state, "error": "63024"}


async def test_a_provider_that_reports_early_is_believed() -> None:
    """ "Delivered" may come before our own mark "sent", which then takes nothing back."""
    ana = await a_guest()
    await left(ana, "first")
    lane = await taken()
    out = await begun(lane)
    async with transaction() as run:
        await run("UPDATE delivery SET state = 'delivered' WHERE id = :id", id=out.id)
    assert await settled(lane, "this", out, SENT, NOW)
    row = (await read("SELECT state, provider_id, drawn FROM delivery WHERE id = :id", id=out.id))[0]
    assert row == {"state": "delivered", "provider_id": "SM1", "drawn": "Hello"}


@pytest.mark.parametrize(("state", "payload"), [("failed", "{}"), ("waiting", '{"closed": true}')])
async def test_a_failure_that_is_reported_early_is_believed_too(state: str, payload: str) -> None:
    """Our own "sent" comes after it and takes nothing back: what it made wait goes out in its new form."""
    ana = await a_guest()
    await left(ana, "first")
    lane = await taken()
    out = await begun(lane)
    async with transaction() as run:
        await run(
            "UPDATE delivery SET state = :state, payload = :payload, provider_id = NULL, error = 'closed' WHERE id = :id",
            state=state, payload=payload, id=out.id,
        )  # fmt: skip
    assert await settled(lane, "this", out, SENT, NOW)
    row = (await read("SELECT state, payload, error FROM delivery WHERE id = :id", id=out.id))[0]
    assert row == {"state": state, "payload": payload, "error": "closed"}
    if state == "waiting":
        again = await begun(lane)
        assert (again.id, again.attempt, again.payload) == (out.id, 2, {"closed": True})
        assert await settled(lane, "this", again, Outcome("sent", provider_id="SM2"), NOW)
        assert (await read("SELECT provider_id FROM delivery WHERE id = :id", id=out.id))[0]["provider_id"] == "SM2"
