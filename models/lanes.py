"""The lanes: who may carry a recipient's deliveries now, in which order, and what is noted when one has left.

What is claimed is a recipient, not a delivery. A claim raises the lane's fence; every later write names it, so a
process that was thought dead and wakes up again changes nothing.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models import bearer
from models.database import Run, dialect, read, transaction
from models.fields import instant, micros, packed, unpacked

LEASE = timedelta(seconds=10)  # lengthened while its bearer lives: a dead one's work is taken over that soon
ARRIVED = timedelta(seconds=5)  # within which what a dying process sent has arrived at the provider, or never will
_CLOCK = {"sqlite": ":clock", "postgres": "(extract(epoch from clock_timestamp()) * 1000000)::bigint"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery on its way out, with what is known of its recipient. Moments in microseconds.

    `begun`: when an attempt first set out whose end may be unknown; None while nothing of it can have left. `left`: the provider's
    ids of its messages that have left, in their order; whoever carries it adds to them, and they are noted however the attempt ends.
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
    created: int
    booking: int | None = None
    lapses: int | None = None
    begun: int | None = None
    stopped: bool = False  # they asked to hear nothing more here
    left: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Lane:
    """A recipient's lane, claimed by this process.

    `used`: up to when the chat's own pace is used up; `since`: when the lease was last lengthened, on this process's clock.
    """

    recipient: int
    fence: int
    channel: str
    address: str
    used: datetime | None
    since: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: `sent`, `failed`, `given_up` or `lapsed` (no further try), `retry` (at `due`).

    `held`: it was not made at all, nothing has left, and it waits until `due`.
    """

    state: str
    provider_id: str | None = None
    drawn: str | None = None
    template: bool = False
    error: str | None = None
    due: datetime | None = None
    payload: dict[str, Any] | None = None  # in place of what it was
    stopped: bool = False  # the provider says that they asked to hear nothing more


def clock() -> int:
    """The lease clock of SQLite's one process, microseconds."""
    return time.monotonic_ns() // 1000


def leasing(sql: str) -> str:
    """SQL with `{clock}` as the clock of leases: the database's own, or on SQLite the process's (`:clock`)."""
    return sql.replace("{clock}", _CLOCK[dialect()])


async def recover(owner: str, now: datetime) -> None:
    """Give up what dead processes had claimed: on SQLite all others (we are alone with the file), else those of this machine.

    What one had just begun to send may still be on its way to the provider: whether it arrived is asked a little later.
    """
    held = await read("SELECT DISTINCT owner FROM recipient WHERE lease IS NOT NULL AND owner <> :owner", owner=owner)
    for one in held:
        if dialect() == "sqlite" or bearer.is_gone(one["owner"]):
            async with transaction() as run:
                await run(
                    "UPDATE recipient SET lease = NULL, owner = NULL, next_due = CASE WHEN EXISTS (SELECT 1 FROM delivery d "
                    "WHERE d.recipient_id = recipient.id AND d.state = 'sending') THEN :arrived ELSE COALESCE(next_due, :now) END "
                    "WHERE lease IS NOT NULL AND owner = :gone",
                    now=micros(now), arrived=micros(now + ARRIVED), gone=one["owner"],
                )  # fmt: skip


async def due(now: datetime) -> list[str]:
    """The channels on which something is due that nobody carries, or whose bearer died."""
    found = await read(
        leasing("SELECT DISTINCT channel FROM recipient WHERE next_due <= :now AND (lease IS NULL OR lease < {clock})"),
        **({"clock": clock()} if dialect() == "sqlite" else {}), now=micros(now),
    )  # fmt: skip
    return [str(row["channel"]) for row in found]


async def claim(owner: str, now: datetime, channel: str, at_most: int) -> list[Lane]:
    """Claim lanes of a channel in which something is due, or whose bearer died; what is most urgent first."""
    skip = " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
    sql = leasing(
        "UPDATE recipient SET lease = {clock} + :lease, owner = :owner, fence = fence + 1 WHERE id IN ("  # noqa: S608
        "SELECT id FROM recipient WHERE channel = :channel AND next_due <= :now AND (lease IS NULL OR lease < {clock}) "
        f"ORDER BY urgency, next_due LIMIT :most{skip}) RETURNING id, fence, channel, address, used"
    )
    since = time.monotonic()
    async with transaction() as run:
        rows = await run(sql, **_lease(owner), now=micros(now), channel=channel, most=at_most)
    return [_lane(row, since) for row in rows]


async def claim_quiet(run: Run, recipient: int, owner: str, now: datetime) -> Lane | None:
    """Claim the lane of someone who just wrote, if nothing waits in it."""
    sql = leasing(
        "UPDATE recipient SET lease = {clock} + :lease, owner = :owner, fence = fence + 1, next_due = :now "
        "WHERE id = :recipient AND next_due IS NULL AND lease IS NULL RETURNING id, fence, channel, address, used"
    )
    since = time.monotonic()
    rows = await run(sql, **_lease(owner), recipient=recipient, now=micros(now))
    return _lane(rows[0], since) if rows else None


def _lane(row: dict[str, Any], since: float) -> Lane:
    used = instant(row["used"]) if row["used"] is not None else None
    return Lane(int(row["id"]), int(row["fence"]), row["channel"], row["address"], used, since)


def _lease(owner: str) -> dict[str, Any]:
    return {"owner": owner, "lease": LEASE // timedelta(microseconds=1), "clock": clock()}


async def renew(held: list[Lane], owner: str) -> None:
    """Lengthen the leases of all these lanes; one that is another's by now keeps its fence and its lease."""
    if not held:
        return
    since = time.monotonic()
    names = {f"lane{number}": lane.recipient for number, lane in enumerate(held)}
    sql = leasing(
        "UPDATE recipient SET lease = {clock} + :lease WHERE owner = :owner "  # noqa: S608  # our own names
        f"AND id IN ({', '.join(':' + name for name in names)}) RETURNING id, fence"
    )
    async with transaction() as run:
        ours = {(row["id"], row["fence"]) for row in await run(sql, **_lease(owner), **names)}
    for lane in held:
        if (lane.recipient, lane.fence) in ours:
            lane.since = since


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


async def leave(lane: Lane, owner: str, due: datetime) -> None:
    """Give a lane back as it is: whatever waits in it is anybody's at `due`, without waiting for our lease to end."""
    async with transaction() as run:
        if await _still_ours(run, lane, owner):
            waits = await run(_OLDEST, recipient=lane.recipient)
            await run(_RELEASE, recipient=lane.recipient, due=micros(due) if waits else None)


async def settle(run: Run, lane: Lane, owner: str, out: Outgoing, outcome: Outcome, now: datetime) -> bool:
    """Note how an attempt ended; False when the lane must rest until its next due time, or is ours no more."""
    if not await _still_ours(run, lane, owner):
        return False
    waits = outcome.state in ("retry", "held")
    before = [each for each in out.left if each != outcome.provider_id]
    await run(
        _NOTE,
        id=out.id, attempt=out.attempt, state="waiting" if waits else outcome.state, now=micros(now),
        unsent=outcome.state == "held" and out.begun is None,
        provider_id=outcome.provider_id, drawn=outcome.drawn, template=outcome.template, error=outcome.error,
        payload=None if outcome.payload is None else packed(outcome.payload),
        left=packed(out.left) if out.left else None, before=packed(before) if before else None,
    )  # fmt: skip
    if waits and outcome.due is not None:
        await run(_RELEASE, recipient=lane.recipient, due=micros(outcome.due))
    return not waits


async def of_others(out: Outgoing, ids: list[str]) -> set[str]:
    """Those of these messages, by the provider's ids, that were another delivery to the same recipient."""
    names = {f"id{number}": each for number, each in enumerate(ids)}
    rows = await read(
        "SELECT provider_id, parts FROM delivery WHERE recipient_id = :to AND id <> :id "  # noqa: S608  # our own names
        f"AND (parts IS NOT NULL OR provider_id IN ({', '.join(f':{name}' for name in names)}))",
        to=out.recipient, id=out.id, **names,
    ) if ids else []  # fmt: skip
    return {each for row in rows for each in (row["provider_id"], *unpacked(row["parts"] or "[]"))}


async def overtaken(out: Outgoing) -> datetime | None:
    """When another delivery to the same recipient set out after this one whose end nobody knows yet: what has left since is its."""
    rows = await read(
        "SELECT MIN(sending) AS at FROM delivery WHERE recipient_id = :to AND id <> :id "
        "AND state IN ('sending', 'waiting') AND sending > :begun",
        to=out.recipient, id=out.id, begun=out.begun,
    )  # fmt: skip
    return None if rows[0]["at"] is None else instant(int(rows[0]["at"]))


async def _still_ours(run: Run, lane: Lane, owner: str) -> bool:
    """Lock the lane's row and lengthen the lease; a later statement then sees all that was left in the lane."""
    sql = leasing(
        "UPDATE recipient SET lease = {clock} + :lease, owner = :owner, used = :used "
        "WHERE id = :recipient AND fence = :fence RETURNING id"
    )
    used = micros(lane.used) if lane.used else None
    since = time.monotonic()
    ours = bool(await run(sql, **_lease(owner), recipient=lane.recipient, fence=lane.fence, used=used))
    if ours:
        lane.since = since
    return ours


def _outgoing(row: dict[str, Any], lane: Lane) -> Outgoing:
    return Outgoing(
        id=int(row["id"]), recipient=lane.recipient, fence=lane.fence, attempt=int(row["attempt"]) + 1,
        channel=row["channel"], address=row["address"], kind=row["kind"], payload=unpacked(row["payload"]),
        language=row["language"], last_heard=row["last_heard"], created=row["created"], booking=row["booking_id"],
        lapses=row["lapses"], begun=row["sending"], stopped=row["stopped"] is not None,
        left=unpacked(row["parts"] or "[]"),
    )  # fmt: skip


_OLDEST = (
    "SELECT d.id, d.kind, d.payload, d.language, d.attempt, d.booking_id, d.lapses, d.sending, d.created, d.parts, "
    "r.channel, r.address, r.last_heard, r.stopped FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
    "WHERE d.recipient_id = :recipient AND d.state IN ('sending', 'waiting') ORDER BY d.id LIMIT 1"
)
_RELEASE = (  # what waits says how urgent the lane is from now on
    "UPDATE recipient SET lease = NULL, owner = NULL, next_due = :due, urgency = COALESCE((SELECT MIN(d.urgency) "
    "FROM delivery d WHERE d.recipient_id = recipient.id AND d.state IN ('sending', 'waiting')), urgency) WHERE id = :recipient"
)
_NOTE = (  # a provider's report may have come before this: it knows better, and what it made wait goes on waiting
    "UPDATE delivery SET state = CASE WHEN state = 'sending' THEN :state ELSE state END, "
    "provider_id = CASE WHEN state = 'waiting' THEN provider_id ELSE COALESCE(provider_id, :provider_id) END, "
    "parts = CASE WHEN state = 'waiting' THEN :left ELSE :before END, "
    "drawn = COALESCE(:drawn, drawn), template = :template, "
    "payload = CASE WHEN state = 'sending' THEN COALESCE(:payload, payload) ELSE payload END, "
    "error = CASE WHEN state = 'sending' THEN :error ELSE error END, "
    "sending = CASE WHEN :unsent THEN NULL ELSE sending END, "
    "sent = CASE WHEN :state = 'sent' THEN COALESCE(sent, :now) ELSE sent END "
    "WHERE id = :id AND attempt = :attempt"
)
