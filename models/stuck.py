"""What is stuck, and since when: for the strip on the desk's board, for `/readyz` and for `/metrics`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.database import read, transaction
from models.fields import instant, micros, unpacked
from models.restored import Restored, lately
from models.settings import forget, kept, move_on

PATIENCE = timedelta(seconds=60)  # what was tried and waits for longer is stuck
FRESH = timedelta(minutes=10)  # it fails now, not some day long ago
SHOWN = 20  # codes at most
FAILING = "failing:"  # what `note_failing` keeps
WAITING = "waiting"  # the waiting list, at one booking


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel by which nothing leaves: how many wait, since when the oldest that was tried, and what came of it."""

    name: str
    waits: int
    since: datetime
    why: str | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """All of it: channels, parked messages and events, what Telegram could not bring to us (with its reason), a restore.

    `failing` names parts of the work that comes by itself which failed within the last minutes (`what:` and a booking's code,
    where it is one booking's), `unlisted` the codes of
    bookings that wait but are offered nothing, since they waited when the restored backup was made.
    """

    channels: list[Channel]
    messages: int
    events: int
    unheard: int = 0
    unheard_why: str | None = None
    restored: Restored | None = None
    failing: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()

    @property
    def some(self) -> bool:
        """Whether there is anything."""
        return bool(
            self.channels
            or self.messages
            or self.events
            or self.unheard
            or self.restored
            or self.failing
            or self.unlisted
        )


async def stuck(now: datetime) -> Stuck:
    """What is stuck at `now` (aware)."""
    parked = (await read(
        "SELECT (SELECT COUNT(*) FROM inbound WHERE state = 'parked') AS messages, "
        "(SELECT COUNT(*) FROM event WHERE state = 'parked') AS events"
    ))[0]  # fmt: skip
    unheard, why = await _at_telegram(now)
    return Stuck(
        await _channels(now), int(parked["messages"]), int(parked["events"]), unheard, why, await lately(now),
        await _failing(now), tuple(row["reference"] for row in await read(_UNLISTED, most=SHOWN)),
    )  # fmt: skip


_UNLISTED = (
    "SELECT reference FROM booking WHERE state = 'waitlisted' AND NOT EXISTS "
    "(SELECT 1 FROM waiting w WHERE w.booking_id = booking.id) ORDER BY starts LIMIT :most"
)


async def note_failing(part: str, now: datetime) -> bool:
    """A part of the work that comes by itself fails now; noted once a minute, however often it fails. Whether it was noted.

    What was noted long ago works again, or is gone: it is kept no more.
    """
    if not await move_on(f"{FAILING}{part}", now, past=now - PATIENCE):
        return False
    async with transaction() as run:
        await run(
            "DELETE FROM kept WHERE name LIKE :like AND CAST(value AS BIGINT) <= :old",
            like=f"{FAILING}%", old=micros(now - FRESH),
        )  # fmt: skip
    return True


async def forget_failing(part: str) -> None:
    """It works again."""
    await forget(f"{FAILING}{part}")


async def noted_failing() -> tuple[str, ...]:
    """The parts that were noted, by this process or another, and not forgotten since."""
    rows = await read("SELECT name FROM kept WHERE name LIKE :like", like=f"{FAILING}%")
    return tuple(row["name"].removeprefix(FAILING) for row in rows)


async def _failing(now: datetime) -> tuple[str, ...]:
    rows = await read("SELECT name, value FROM kept WHERE name LIKE :like ORDER BY name", like=f"{FAILING}%")
    parts = [row["name"].removeprefix(FAILING) for row in rows if now - instant(int(row["value"])) < FRESH]
    return tuple([name for part in parts[:SHOWN] if (name := await _by_code(part))])


async def _by_code(part: str) -> str | None:
    """What fails at one booking with its code; None when the booking waits no more, or nothing of the kind is due."""
    what, _, booking = part.partition(":")
    if not booking:
        return part
    if what == WAITING:
        rows = await read("SELECT reference FROM booking WHERE id = :id AND state = 'waitlisted'", id=int(booking))
    else:
        rows = await read(
            "SELECT b.reference FROM due d JOIN booking b ON b.id = d.booking_id "
            "WHERE d.booking_id = :id AND d.kind = :what",
            id=int(booking), what=what,
        )  # fmt: skip
    return f"{what}:{rows[0]['reference']}" if rows else None


# A first attempt on its way, or one that rests for a chat's own pace, has neither: it is not stuck.
_TRIED = "(d.error IS NOT NULL OR (d.state = 'waiting' AND d.sending IS NOT NULL))"


async def _channels(now: datetime) -> list[Channel]:
    rows = await read(
        f"SELECT r.channel, COUNT(*) AS waits, MIN(CASE WHEN {_TRIED} THEN COALESCE(d.sending, d.created) END) AS since "  # noqa: S608
        "FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE d.state IN ('waiting', 'sending') "
        "GROUP BY r.channel ORDER BY since"
    )
    late = [row for row in rows if row["since"] is not None and row["since"] < micros(now - PATIENCE)]
    return [
        Channel(row["channel"], int(row["waits"]), instant(row["since"]), await _why(row["channel"])) for row in late
    ]


async def _why(channel: str) -> str | None:
    """What the provider last answered; that it is left alone since then says less."""
    rows = await read(
        "SELECT d.error FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE d.state IN ('waiting', 'sending') "
        "AND r.channel = :channel AND d.error IS NOT NULL ORDER BY CASE WHEN d.sending IS NULL THEN 1 ELSE 0 END, d.id DESC LIMIT 1",
        channel=channel,
    )  # fmt: skip
    return str(rows[0]["error"]) if rows else None


async def _at_telegram(now: datetime) -> tuple[int, str | None]:
    """How many updates wait at Telegram because it cannot bring them, as it last said; one underway is no trouble."""
    row = await kept("telegram:waiting")
    said: dict[str, Any] = unpacked(row) if row else {}
    if not said.get("pending") or not said.get("failed"):
        return 0, None
    looked, failed = datetime.fromisoformat(said["at"]), datetime.fromisoformat(said["failed"])
    if now - looked > FRESH or looked - failed > FRESH:
        return 0, None
    return int(said["pending"]), said["why"]
