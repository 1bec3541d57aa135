"""Local dates and times of the operator as instants, and the first time that can still be booked."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=30)


@lru_cache(maxsize=4096)
def local(date: str, time: str, zone: str) -> datetime:
    """ "2026-11-22" and "15:00" as an aware moment of that zone."""
    return datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=ZoneInfo(zone))


def instant(date: str, time: str, zone: str) -> dict[str, str]:
    """The same as a plain instant: UTC with its zone."""
    return as_instant(local(date, time, zone))


def as_instant(moment: datetime) -> dict[str, str]:
    """An aware moment as a plain instant; its tzinfo must be a named zone."""
    utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"utc": utc, "zone": str(moment.tzinfo)}


def from_instant(plain: Mapping[str, Any]) -> datetime:
    """A plain instant as an aware moment in its own zone."""
    return datetime.fromisoformat(plain["utc"]).astimezone(ZoneInfo(plain["zone"]))


def happens_once(date: str, time: str, zone: str) -> bool:
    """Whether clocks show that local time exactly once: false in the hour skipped or repeated when they change."""
    earlier = local(date, time, zone)
    later = earlier.replace(fold=1)
    return earlier.utcoffset() == later.utcoffset()


def first_bookable(now: datetime, notice_minutes: int) -> datetime:
    """The first half hour that leaves the notice, in the zone of `now`."""
    soonest = now + timedelta(minutes=notice_minutes)
    midnight = soonest.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -((midnight - soonest) // STEP) * STEP
