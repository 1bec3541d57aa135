"""The waiting list: what each of those on it needs and since when, and what came free that nobody has looked at yet.

Whatever gives capacity back notes it here: a trigger of the database does, so that nothing that frees a place can forget to.
"""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.database import Ask, Rows, Run, read, transaction
from models.fields import Instant, instant, micros
from models.request import Need

AGAIN = timedelta(seconds=10)  # until another look, where whoever looked broke off or stumbled
AT_ONCE = 100  # freed places at one look
AT_MOST = timedelta(hours=1)  # between two looks at one booking that we stumble over
ANYTHING = "*"  # in place of a resource: the catalogue is another, and may have more of all


class Waiting(Model):
    """One thing that a booking on the list needs. Who has waited since the earliest moment is the first."""

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="waits", on_delete=fields.RESTRICT
    )
    resource = fields.CharField(max_length=120)
    starts = Instant()
    ends = Instant()
    quantity = fields.IntField()
    units = fields.IntField()  # there are in the catalogue
    since = Instant()

    class Meta:
        table = "waiting"


class Freed(Model):
    """Some of a resource came free from `starts` to `ends`; to be looked at from `at` on."""

    id = fields.BigIntField(primary_key=True)
    resource = fields.CharField(max_length=120)
    starts = Instant()
    ends = Instant()
    at = Instant()

    class Meta:
        table = "freed"


async def wait(run: Run, booking: int, needs: list[Need], since: datetime) -> None:
    """Be on the list for these, in place of anything before; and have a look, for it may have come free meanwhile.

    Without needs, as the catalogue of today cannot sell it, the place on the list is kept all the same.
    """
    await leave(run, booking)
    for need in needs or [Need("", 0, since, since, 0)]:
        what = {"resource": need.resource, "starts": micros(need.starts), "ends": micros(need.ends)}
        await run(
            "INSERT INTO waiting (booking_id, resource, starts, ends, quantity, units, since) "
            "VALUES (:booking, :resource, :starts, :ends, :quantity, :units, :since)",
            **what, booking=booking, quantity=need.quantity, units=need.units, since=micros(since),
        )  # fmt: skip
        await run(
            "INSERT INTO freed (resource, starts, ends, at) VALUES (:resource, :starts, :ends, :since)",
            **what, since=micros(since),
        )  # fmt: skip


async def leave(run: Run, booking: int) -> None:
    """Be on the list no more."""
    await run("DELETE FROM waiting WHERE booking_id = :booking", booking=booking)


async def since(ask: Ask, booking: int) -> datetime | None:
    """Since when it has been on the list; None when it is not."""
    rows = await ask("SELECT MIN(since) AS since FROM waiting WHERE booking_id = :booking", booking=booking)
    return None if rows[0]["since"] is None else instant(int(rows[0]["since"]))


async def place_of(ask: Ask, booking: int) -> int | None:
    """Which place it has among those who wait for anything of the same; 1 is next. None: it is not on the list."""
    rows = await ask(_BEFORE, booking=booking)
    return int(rows[0]["place"]) or None


_BEFORE = (
    "SELECT COUNT(DISTINCT theirs.booking_id) AS place FROM waiting mine JOIN waiting theirs ON "
    "theirs.resource = mine.resource AND theirs.starts < mine.ends AND theirs.ends > mine.starts "
    "AND (theirs.since, theirs.booking_id) <= (mine.since, mine.booking_id) WHERE mine.booking_id = :booking"
)


async def freed(now: datetime) -> Rows:
    """Take what came free for a look; `looked` ends it, and whatever is not ended is looked at again after a while."""
    if not await read("SELECT 1 AS some FROM freed WHERE at <= :now LIMIT 1", now=micros(now)):
        return []
    async with transaction() as run:
        skip = " FOR UPDATE SKIP LOCKED" if run.locks_rows else ""
        return await run(
            "UPDATE freed SET at = :again WHERE id IN (SELECT id FROM freed WHERE at <= :now ORDER BY at, id "  # noqa: S608
            f"LIMIT :most{skip}) RETURNING id, resource",
            again=micros(now + AGAIN), now=micros(now), most=AT_ONCE,
        )  # fmt: skip


async def looked(places: Rows) -> None:
    """These have been looked at."""
    names, values = _ids(places)
    async with transaction() as run:
        await run(f"DELETE FROM freed WHERE id IN ({names})", **values)  # noqa: S608  # names of our own making


async def waiting_for(places: Rows, now: datetime) -> list[tuple[int, list[Need]]]:
    """Who needs any of these and has not set out: each booking with all it needs, in the order in which they are served."""
    names, values = _ids(places)
    rows = await read(
        "SELECT n.* FROM waiting n JOIN booking b ON b.id = n.booking_id WHERE n.booking_id IN (SELECT w.booking_id "  # noqa: S608
        "FROM freed f JOIN waiting w ON w.resource = f.resource AND w.starts < f.ends AND w.ends > f.starts "
        f"WHERE f.id IN ({names})) AND b.state = 'waitlisted' AND b.starts > :now ORDER BY n.since, n.booking_id, n.id",
        now=micros(now), **values,
    )  # fmt: skip
    each = groupby(rows, lambda row: int(row["booking_id"]))
    return [(booking, [_need(row) for row in theirs]) for booking, theirs in each]


def _need(row: dict[str, Any]) -> Need:
    return Need(row["resource"], int(row["units"]), instant(row["starts"]), instant(row["ends"]), int(row["quantity"]))


def _ids(places: Rows) -> tuple[str, dict[str, int]]:
    values = {f"id{number}": int(row["id"]) for number, row in enumerate(places)}
    return ", ".join(f":{name}" for name in values), values


async def all_of_it(run: Run, now: datetime) -> None:
    """The catalogue is another: what everybody on the list needs is reckoned anew by it."""
    await run(
        "INSERT INTO freed (resource, starts, ends, at) SELECT :anything, 0, 0, :now WHERE EXISTS (SELECT 1 FROM waiting)",
        anything=ANYTHING, now=micros(now),
    )  # fmt: skip


async def everybody() -> list[int]:
    """The bookings of all who are on the list, the first first."""
    rows = await read(
        "SELECT b.id FROM waiting w JOIN booking b ON b.id = w.booking_id "
        "WHERE b.state = 'waitlisted' GROUP BY b.id ORDER BY MIN(w.since), b.id"
    )
    return [int(row["id"]) for row in rows]


_BOOKING = "booking "  # and its number in place of a resource: this one is reckoned anew, since we stumbled over it


def stumbled_over(resource: str) -> int | None:
    """The booking that a freed place stands for; None when it is a place."""
    return int(resource.removeprefix(_BOOKING)) if resource.startswith(_BOOKING) else None


async def again_later(booking: int, now: datetime) -> None:
    """Look at this one again by itself: after ten seconds, then after as long as it has failed by now, an hour at most."""
    name = f"{_BOOKING}{booking}"
    async with transaction() as run:
        before = await run("DELETE FROM freed WHERE resource = :name RETURNING starts", name=name)
        first = min([now, *(instant(row["starts"]) for row in before)])
        at = now + min(max(now - first, AGAIN), AT_MOST)
        await run(
            "INSERT INTO freed (resource, starts, ends, at) VALUES (:name, :first, :first, :at)",
            name=name, first=micros(first), at=micros(at),
        )  # fmt: skip
