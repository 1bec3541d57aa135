"""The lanes: who may carry a recipient's deliveries now, in which order, and what is noted when one has left.

What is claimed is a recipient, not a delivery. A claim raises the lane's fence; every later write names it, so a
process that was thought dead and wakes up again changes nothing.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.database import Run, dialect, transaction
from models.fields import micros, unpacked

LEASE = timedelta(seconds=60)
_CLOCK = {"sqlite": ":clock", "postgres": "(extract(epoch from clock_timestamp()) * 1000000)::bigint"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery on its way out, with what is known of its recipient.

    `again`: an earlier attempt's end is unknown. `begun`: when it was first attempted, None if this is the first time.
    """

    id: int
    recipient: int
    fence: int
    attempt: int
    channel: str
    address: str
    kind: str
    payload: dict[str, Any]
    language: str
    last_heard: int | None
    booking: int | None = None
    lapses: int | None = None
    begun: int | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """A recipient's lane, claimed by this process."""

    recipient: int
    fence: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: `sent`, `retry` (at `due`), `failed` or `given_up` (no further try)."""

    state: str
    provider_id: str | None = None
    drawn: str | None = None
    template: bool = False
    error: str | None = None
    due: datetime | None = None


def clock() -> int:
    """The lease clock of SQLite's one process, microseconds."""
    return time.monotonic_ns() // 1000


def _leasing(sql: str) -> str:
    return sql.replace("{clock}", _CLOCK[dialect()])


async def recover(owner: str, now: datetime) -> None:
    """On SQLite, give up what the process before us had claimed: we are alone with the file, so it is dead."""
    if dialect() != "sqlite":
        return
    async with transaction() as run:
        await run(
            "UPDATE recipient SET next_due = COALESCE(next_due, :now), lease = NULL, owner = NULL "
            "WHERE lease IS NOT NULL AND owner <> :owner",
            now=micros(now), owner=owner,
        )  # fmt: skip


async def claim(owner: str, now: datetime, at_most: int) -> list[Lane]:
    """Claim lanes in which something is due, or whose bearer died; those who just wrote to us first."""
    skip = " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
    sql = _leasing(
        "UPDATE recipient SET lease = {clock} + :lease, owner = :owner, fence = fence + 1 WHERE id IN ("  # noqa: S608
        "SELECT id FROM recipient WHERE (next_due <= :now OR lease IS NOT NULL) AND (lease IS NULL OR lease < {clock}) "
        f"ORDER BY urgency, next_due LIMIT :most{skip}) RETURNING id, fence"
    )
    async with transaction() as run:
        rows = await run(sql, **_lease(owner), now=micros(now), most=at_most)
    return [Lane(int(row["id"]), int(row["fence"])) for row in rows]


async def claim_quiet(run: Run, recipient: int, owner: str) -> int | None:
    """Claim the lane of someone who just wrote, if nothing waits in it; gives the fence."""
    sql = _leasing(
        "UPDATE recipient SET lease = {clock} + :lease, owner = :owner, fence = fence + 1 "
        "WHERE id = :recipient AND next_due IS NULL AND lease IS NULL RETURNING fence"
    )
    rows = await run(sql, **_lease(owner), recipient=recipient)
    return int(rows[0]["fence"]) if rows else None


def _lease(owner: str) -> dict[str, Any]:
    return {"owner": owner, "lease": LEASE // timedelta(microseconds=1), "clock": clock()}


async def begin(lane: Lane, owner: str, now: datetime) -> Outgoing | None:
    """Begin the lane's oldest delivery, or release the lane when none waits. None also when the lane is ours no more."""
    async with transaction() as run:
        if not await _still_ours(run, lane, owner):
            return None
        rows = await run(_OLDEST, recipient=lane.recipient)
        if not rows:
            await run(_RELEASE, recipient=lane.recipient, due=None)
            return None
        row = rows[0]
        await run(
            "UPDATE delivery SET state = 'sending', attempt = attempt + 1, sending = COALESCE(sending, :now) WHERE id = :id",
            now=micros(now), id=row["id"],
        )  # fmt: skip
    return _outgoing(row, lane)


async def leave(lane: Lane, owner: str, now: datetime) -> None:
    """Give a lane back as it is: whatever waits in it is anybody's at once, without waiting for our lease to end."""
    async with transaction() as run:
        if await _still_ours(run, lane, owner):
            waits = await run(_OLDEST, recipient=lane.recipient)
            await run(_RELEASE, recipient=lane.recipient, due=micros(now) if waits else None)


async def settle(run: Run, lane: Lane, owner: str, out: Outgoing, outcome: Outcome, now: datetime) -> bool:
    """Note how an attempt ended; False when the lane must rest until its next due time, or is ours no more."""
    if not await _still_ours(run, lane, owner):
        return False
    waits = outcome.state == "retry"
    await run(
        _NOTE,
        id=out.id, attempt=out.attempt, state="waiting" if waits else outcome.state, now=micros(now),
        provider_id=outcome.provider_id, drawn=outcome.drawn, template=outcome.template, error=outcome.error,
    )  # fmt: skip
    if waits and outcome.due is not None:
        await run(_RELEASE, recipient=lane.recipient, due=micros(outcome.due))
    return not waits


async def _still_ours(run: Run, lane: Lane, owner: str) -> bool:
    """Lock the lane's row and lengthen the lease; a later statement then sees all that was left in the lane."""
    sql = _leasing(
        "UPDATE recipient SET lease = {clock} + :lease, owner = :owner WHERE id = :recipient AND fence = :fence "
        "RETURNING id"
    )
    return bool(await run(sql, **_lease(owner), recipient=lane.recipient, fence=lane.fence))


def _outgoing(row: dict[str, Any], lane: Lane) -> Outgoing:
    return Outgoing(
        id=int(row["id"]), recipient=lane.recipient, fence=lane.fence, attempt=int(row["attempt"]) + 1,
        channel=row["channel"], address=row["address"], kind=row["kind"], payload=unpacked(row["payload"]),
        language=row["language"], last_heard=row["last_heard"], booking=row["booking_id"], lapses=row["lapses"],
        begun=row["sending"], again=row["state"] == "sending",
    )  # fmt: skip


_OLDEST = (
    "SELECT d.id, d.kind, d.payload, d.language, d.state, d.attempt, d.booking_id, d.lapses, d.sending, "
    "r.channel, r.address, r.last_heard FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
    "WHERE d.recipient_id = :recipient AND d.state IN ('sending', 'waiting') ORDER BY d.id LIMIT 1"
)
_RELEASE = "UPDATE recipient SET lease = NULL, owner = NULL, next_due = :due WHERE id = :recipient"
_NOTE = (
    "UPDATE delivery SET state = CASE WHEN state IN ('delivered', 'read') THEN state ELSE :state END, "
    "provider_id = COALESCE(provider_id, :provider_id), drawn = COALESCE(:drawn, drawn), template = :template, "
    "error = :error, sent = CASE WHEN :state = 'sent' THEN :now ELSE sent END "
    "WHERE id = :id AND attempt = :attempt"
)
