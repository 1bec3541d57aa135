"""Capacity: what is taken of a vehicle tier, a departure's seats or a boat, from when to when."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.models import Model

from models.database import Run, read, transaction
from models.fields import Instant, micros
from models.refusal import SoldOut


class Resource(Model):
    """Something that runs out: `vehicle:van` with its units, `departure:saona:2026-11-24T07:30` with its seats."""

    key = fields.CharField(max_length=120, primary_key=True)
    units = fields.IntField()
    longest = fields.BigIntField(default=0)  # the longest claim ever, microseconds: bounds the search for overlaps

    class Meta:
        table = "resource"

    @staticmethod
    async def declare(run: Run, key: str, units: int) -> None:
        """Say how many units there are; more or fewer from now on."""
        await run(
            "INSERT INTO resource (key, units, longest) VALUES (:key, :units, 0) "
            "ON CONFLICT (key) DO UPDATE SET units = excluded.units",
            key=key, units=units,
        )  # fmt: skip


class Claim(Model):
    """So many units of a resource, taken for a leg from `starts` to `ends` (buffers included).

    With `lapses` it is a hold, which counts until that moment; without, it is taken for good.
    """

    id = fields.BigIntField(primary_key=True)
    resource = fields.CharField(max_length=120)
    starts = Instant()
    ends = Instant()
    quantity = fields.IntField()
    leg_id = fields.BigIntField(null=True)
    lapses = Instant(null=True)

    class Meta:
        table = "claim"
        indexes = (("resource", "starts", "ends"), ("leg_id",))


async def claim(
    run: Run, resource: str, starts: datetime, ends: datetime, quantity: int, *,
    leg: int | None, lapses: datetime | None, now: datetime, facts: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Take `quantity` of `resource`; refuses with `SoldOut` when the trigger finds too little left.

    Lapsed holds of that resource are cleared first, so an expired hold frees capacity without any job. The insert
    stands in a savepoint: on PostgreSQL a refused statement would otherwise spoil the transaction around it.
    """
    await run("DELETE FROM claim WHERE resource = :resource AND lapses <= :now", resource=resource, now=micros(now))
    try:
        async with transaction() as inner:
            await inner(
                "INSERT INTO claim (resource, starts, ends, quantity, leg_id, lapses) "
                "VALUES (:resource, :starts, :ends, :quantity, :leg, :lapses)",
                resource=resource, starts=micros(starts), ends=micros(ends), quantity=quantity, leg=leg,
                lapses=None if lapses is None else micros(lapses),
            )  # fmt: skip
    except IntegrityError as refusal:
        if "sold out" not in str(refusal):
            raise
        raise SoldOut(**(facts or {})) from refusal


async def make_certain(run: Run, leg: int) -> bool:
    """Turn a leg's holds into claims for good; False when they are gone and must be taken anew."""
    kept = await run("UPDATE claim SET lapses = NULL WHERE leg_id = :leg RETURNING id", leg=leg)
    return bool(kept)


async def extend(run: Run, leg: int, until: datetime) -> bool:
    """Let a leg's holds lapse at another moment; False when they are gone."""
    kept = await run("UPDATE claim SET lapses = :until WHERE leg_id = :leg RETURNING id", leg=leg, until=micros(until))
    return bool(kept)


async def release(run: Run, leg: int) -> None:
    """Give back whatever a leg holds."""
    await run("DELETE FROM claim WHERE leg_id = :leg", leg=leg)


async def free(resource: str, starts: datetime, ends: datetime, now: datetime, without: int = 0) -> int | None:
    """Units left over the whole interval, lapsed holds not counted, nor what the booking `without` holds itself.

    None for a resource nobody declared.
    """
    rows = await read(
        _FREE, resource=resource, starts=micros(starts), ends=micros(ends), now=micros(now), without=without
    )
    return int(rows[0]["left_over"]) if rows else None


_PEAK = """
  SELECT COALESCE(MAX(load), 0) FROM (
    SELECT (SELECT COALESCE(SUM(c.quantity), 0) FROM claim c
             WHERE c.resource = r.key AND c.starts <= p.at AND c.ends > p.at
               AND c.starts > p.at - r.longest - 1
               AND (c.lapses IS NULL OR c.lapses > :now)
               AND (c.leg_id IS NULL OR c.leg_id NOT IN (SELECT l.id FROM leg l WHERE l.booking_id = :without))) AS load
      FROM (SELECT CAST(:starts AS BIGINT) AS at
            UNION SELECT e.starts FROM claim e
             WHERE e.resource = r.key AND e.starts > :starts AND e.starts < :ends) p) peaks"""
_FREE = f"SELECT r.units - ({_PEAK}) AS left_over FROM resource r WHERE r.key = :resource"  # noqa: S608  # constants only
