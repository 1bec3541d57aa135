"""Capacity is never sold twice, whoever comes at once, and a hold that lapsed is free again."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from models import claims, guards
from models.claims import claim, extend, free, make_certain, release
from models.database import dialect, read, transaction
from models.fields import instant
from models.refusal import SoldOut
from models.settings import kept
from tests.conftest import NOW, Clock
from tests.models.given import HOUR, a_booking, a_resource, legs_of, one

pytestmark = pytest.mark.usefixtures("database")

MINUTE = timedelta(minutes=1)


async def takes(resource: str, starts: datetime, ends: datetime, quantity: int = 1, **how: object) -> bool:
    """Someone takes it, for good unless told otherwise; whether they got it."""
    known = {"leg": None, "lapses": None, "now": NOW, **how}
    try:
        async with transaction() as run:
            await claim(run, resource, starts, ends, quantity, **known)  # type: ignore[arg-type]
    except SoldOut:
        return False
    return True


async def peak(resource: str) -> int:
    """The most that is taken at any one moment, counted apart from the trigger."""
    taken = await read("SELECT starts, ends, quantity FROM claim WHERE resource = :resource", resource=resource)
    moments = [one["starts"] for one in taken]
    return max(
        (sum(one["quantity"] for one in taken if one["starts"] <= at < one["ends"]) for at in moments), default=0
    )


async def race(resource: str, racers: int = 200) -> int:
    """So many at once look whether something is free and then take it, each for its own stretch of the same morning."""
    chance = random.Random(7)

    async def racer(late: int, long: int) -> bool:
        starts = NOW + late * MINUTE
        ends = starts + long * MINUTE
        if not await free(resource, starts, ends, NOW):
            return False
        return await takes(resource, starts, ends)

    stretches = [(chance.randrange(60), chance.randrange(30, 120)) for _ in range(racers)]
    return sum(await asyncio.gather(*(racer(*stretch) for stretch in stretches)))


async def test_two_hundred_at_once_overbook_nothing() -> None:
    """Whoever comes at the same moment: as many get it as there are units, never one more."""
    van = await a_resource("vehicle:racing-van", 7)
    won = await race(van)
    assert won >= 7
    assert await peak(van) == 7


async def test_without_the_trigger_the_same_race_overbooks() -> None:
    """The race above is a race: it is the trigger that kept it, not luck."""
    van = await a_resource("vehicle:racing-van", 7)
    async with transaction() as run:
        await run("DROP TRIGGER claim_peak" + (" ON claim" if dialect() == "postgres" else ""))
    await race(van)
    assert await peak(van) > 7


@contextmanager
def unlocked() -> Iterator[str]:
    """The trigger's function as it would be if it read the resource without locking its row."""
    locking = "UPDATE resource SET longest = greatest(longest, NEW.ends - NEW.starts) WHERE key = NEW.resource"
    returning = "RETURNING units, longest INTO room"
    assert locking in guards._POSTGRES_PEAK
    assert returning in guards._POSTGRES_PEAK
    yield guards._POSTGRES_PEAK.replace(
        locking, "SELECT units, NEW.ends - NEW.starts AS longest INTO room FROM resource WHERE key = NEW.resource"
    ).replace(returning, "")


async def test_on_postgresql_the_lock_on_the_resource_is_what_holds() -> None:
    """A trigger that only looks sees none of the claims that others are writing at that moment."""
    if dialect() == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    van = await a_resource("vehicle:racing-van", 7)
    with unlocked() as function:
        async with transaction() as run:
            await run(function)

    async def at_once(start: asyncio.Barrier) -> bool:
        try:
            async with transaction() as run:
                await claim(run, van, NOW, NOW + HOUR, 4, leg=None, lapses=None, now=NOW)
                await start.wait()  # nobody commits before everybody has been let in
        except SoldOut:
            return False
        return True

    start = asyncio.Barrier(2)
    assert await asyncio.gather(at_once(start), at_once(start)) == [True, True]
    assert await peak(van) == 8


async def test_one_may_follow_the_other() -> None:
    """A claim ends before its last instant: whoever starts then is welcome, who starts earlier is not."""
    boat = await a_resource("boat:luna", 1)
    assert await takes(boat, NOW, NOW + HOUR)
    assert await takes(boat, NOW + HOUR, NOW + 2 * HOUR)
    assert await takes(boat, NOW - HOUR, NOW)
    assert not await takes(boat, NOW + HOUR - timedelta(microseconds=1), NOW + HOUR)
    assert not await takes(boat, NOW - HOUR, NOW + 3 * HOUR)
    assert not await takes(boat, NOW + timedelta(minutes=10), NOW + timedelta(minutes=20))


async def test_a_claim_holds_its_turnaround() -> None:
    """Two rides that do not touch are refused when the turnaround of the first reaches into the second."""
    van = await a_resource("vehicle:one-van", 1)
    turnaround = 30 * MINUTE
    assert await takes(van, NOW - turnaround, NOW + HOUR + turnaround)
    assert not await takes(van, NOW + HOUR, NOW + 2 * HOUR)
    assert not await takes(van, NOW + HOUR + turnaround - MINUTE, NOW + 3 * HOUR)
    assert await takes(van, NOW + HOUR + turnaround, NOW + 3 * HOUR)


async def test_a_long_claim_is_seen_from_its_far_end() -> None:
    """A charter of a week still counts on its last day, though hundreds of short claims began since."""
    boat = await a_resource("boat:luna", 2)
    assert await takes(boat, NOW, NOW + timedelta(days=7))
    for hour in range(100):
        assert await takes(boat, NOW + hour * HOUR, NOW + hour * HOUR + 30 * MINUTE)
    last_day = NOW + timedelta(days=6, hours=12)
    assert await free(boat, last_day, last_day + HOUR, NOW) == 1
    assert await takes(boat, last_day, last_day + HOUR)
    assert not await takes(boat, last_day, last_day + HOUR)


async def test_the_trigger_counts_as_a_child_would() -> None:
    """Over three hundred claims by chance, yes and no are those of counting minute by minute, and so is what is free."""
    chance = random.Random(42)
    units, minutes = 5, [0] * 600
    boat = await a_resource("boat:luna", units)
    for _ in range(300):
        late, long, quantity = chance.randrange(480), chance.randrange(1, 120), chance.randrange(1, 4)
        left = units - max(minutes[late : late + long])
        starts, ends = NOW + late * MINUTE, NOW + (late + long) * MINUTE
        assert await free(boat, starts, ends, NOW) == left
        assert await takes(boat, starts, ends, quantity) is (quantity <= left)
        if quantity <= left:
            minutes[late : late + long] = [taken + quantity for taken in minutes[late : late + long]]


async def test_what_nobody_declared_is_sold_out() -> None:
    """A claim of something that does not exist is refused, and nothing is said to be free of it."""
    assert not await takes("boat:ghost", NOW, NOW + HOUR)
    assert await free("boat:ghost", NOW, NOW + HOUR, NOW) is None


async def test_a_lapsed_hold_frees_its_capacity_without_any_job(clock: Clock) -> None:
    """At the moment a hold lapses the next guest gets it, and until that moment nobody does."""
    boat = await a_resource("boat:luna", 1)
    lapses = NOW + 20 * MINUTE
    assert await takes(boat, NOW, NOW + HOUR, lapses=lapses)
    clock.forward(minutes=19, seconds=59)
    assert await free(boat, NOW, NOW + HOUR, clock()) == 0
    assert not await takes(boat, NOW, NOW + HOUR, now=clock())
    clock.forward(seconds=1)
    assert await free(boat, NOW, NOW + HOUR, clock()) == 1
    assert await takes(boat, NOW, NOW + HOUR, now=clock())
    assert await peak(boat) == 1


async def test_a_refusal_leaves_the_transaction_around_it_whole() -> None:
    """Sold out in the middle: what was written before and after it is kept, what was refused is not."""
    boat = await a_resource("boat:luna", 1)
    assert await takes(boat, NOW, NOW + HOUR)
    async with transaction() as run:
        await run("INSERT INTO kept (name, value) VALUES ('before', 'yes')")
        with pytest.raises(SoldOut):
            await claim(run, boat, NOW, NOW + HOUR, 1, leg=None, lapses=None, now=NOW)
        await run("INSERT INTO kept (name, value) VALUES ('after', 'yes')")
    assert (await kept("before"), await kept("after")) == ("yes", "yes")
    assert await peak(boat) == 1


async def test_a_claim_goes_with_its_transaction() -> None:
    """What is undone gives back what it took."""
    boat = await a_resource("boat:luna", 1)
    with pytest.raises(ZeroDivisionError):
        async with transaction() as run:
            await claim(run, boat, NOW, NOW + HOUR, 1, leg=None, lapses=None, now=NOW)
            raise ZeroDivisionError
    assert await free(boat, NOW, NOW + HOUR, NOW) == 1


async def test_a_hold_is_made_certain_extended_and_given_back(clock: Clock) -> None:
    """Paid in time it never lapses; a longer wait moves the moment; released it is free; gone it cannot be kept."""
    boat = await a_resource("boat:luna", 3)
    paid, waiting, gone = await legs_of(await a_booking(NOW, legs=3))
    for leg in (paid, waiting, gone):
        assert await takes(boat, NOW, NOW + HOUR, leg=leg, lapses=NOW + 20 * MINUTE)
    async with transaction() as run:
        assert await make_certain(run, paid)
        assert await extend(run, waiting, NOW + 60 * MINUTE)
        await release(run, gone)
        assert not await make_certain(run, gone)
        assert not await extend(run, gone, NOW)
    assert await free(boat, NOW, NOW + HOUR, NOW) == 1
    assert await free(boat, NOW, NOW + HOUR, clock.forward(minutes=59)) == 1
    assert await free(boat, NOW, NOW + HOUR, clock.forward(minutes=1)) == 2


async def test_fewer_units_from_now_on_take_nothing_back() -> None:
    """When a van is sold its bookings stand, and the next one is refused."""
    van = await a_resource("vehicle:two-vans", 2)
    assert await takes(van, NOW, NOW + HOUR)
    assert await takes(van, NOW, NOW + HOUR)
    await a_resource(van, 1)
    assert await peak(van) == 2
    assert not await takes(van, NOW, NOW + HOUR)
    assert await free(van, NOW, NOW + HOUR, NOW) == -1


async def test_instants_come_back_as_they_went_in() -> None:
    """To the microsecond, aware, in UTC."""
    boat = await a_resource("boat:luna", 1)
    starts = NOW + timedelta(microseconds=1)
    await takes(boat, starts, NOW + HOUR)
    found = await claims.Claim.get(resource=boat)
    assert found.starts == starts
    assert instant(await one("SELECT starts FROM claim WHERE resource = :r", r=boat)) == starts
