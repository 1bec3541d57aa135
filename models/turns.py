"""How a turn of a talk is kept: what was heard, where the talk stands, what is answered, all in one commit.

The one place with SQL by hand on the hot path. `run` is whatever runs a statement in the transaction around it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from models import bells, doors, lanes
from models.database import Run, read
from models.delivery import ANSWER, WAKE, post
from models.fields import micros, packed, unpacked

AT_ONCE = 100  # of what is owed: what is due beside it does not wait for all of it


class Stale(Exception):
    """The talk moved on while this turn was taken: take it again on the fresh talk."""


class Repeated(Exception):
    """The channel repeated itself: what it says was heard before and has had its effect."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A talk as it was read before the turn. `version` 0: there is none yet."""

    recipient: int
    talk: int | None
    version: int
    state: dict[str, Any] | None
    silent: bool
    booking: int | None
    owed: bool  # an earlier message of theirs still waits for its turn
    stopped: bool = False  # they asked to hear nothing more here


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing to say back: the block that names it and its payload, drawn at sending; pointless once it `lapses`.

    `booking` is what it is about, where that is not the talk's own.
    """

    kind: str
    payload: dict[str, Any]
    language: str
    lapses: datetime | None = None
    booking: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """All that one turn leaves behind. `inbound` names a message kept earlier as owed; else `heard` is kept now."""

    seen: Seen
    channel: str
    external_id: str
    heard: dict[str, Any]
    words: str
    state: dict[str, Any] | None
    replies: tuple[Reply, ...]
    now: datetime
    owner: str
    name: str = ""
    silent: bool | None = None
    booking: int | None = None
    inbound: int | None = None

    @property
    def wrote(self) -> datetime:
        """When they wrote: long before now, where a provider could not reach us."""
        at = self.heard.get("at")
        return datetime.fromisoformat(at) if at else self.now


async def look(recipient: int) -> Seen:
    """The talk of this recipient as it stands."""
    rows = await read(
        "SELECT t.id, t.version, t.state, t.silent, t.booking_id, r.stopped, EXISTS (SELECT 1 FROM inbound i "
        "WHERE i.recipient_id = r.id AND i.state = 'owed') AS owed "
        "FROM recipient r LEFT JOIN talk t ON t.recipient_id = r.id WHERE r.id = :recipient",
        recipient=recipient,
    )
    row = rows[0]
    if row["id"] is None:
        return Seen(recipient, None, 0, None, False, None, bool(row["owed"]), row["stopped"] is not None)
    return Seen(
        recipient, int(row["id"]), int(row["version"]), unpacked(row["state"]), bool(row["silent"]),
        row["booking_id"], bool(row["owed"]), row["stopped"] is not None,
    )  # fmt: skip


Carry = tuple[lanes.Lane, lanes.Outgoing] | None
"""A free lane and the first reply in it, born claimed: for the courier to carry at once."""


async def keep(turn: Turn, run: Run) -> Carry:
    """Keep a turn. Gives the first reply, where its lane was free.

    Raises `Repeated` or `Stale`; the transaction around it must then be undone.
    """
    inbound = await heard(turn, run)
    if turn.state is not None:
        await _keep_talk(turn, run)
    await met(turn, run)
    return await _keep_replies(turn, inbound, run)


async def met(turn: Turn, run: Run) -> None:
    """They wrote, whatever becomes of it: WhatsApp's 24 hours begin again, when they wrote and not when we heard of it.

    Of a message that was kept earlier this was noted then. Locks their lane.
    """
    if turn.inbound is not None:
        return
    await run(
        "UPDATE recipient SET last_heard = CASE WHEN last_heard > :wrote THEN last_heard ELSE :wrote END, "
        "name = CASE WHEN :name = '' THEN name ELSE :name END WHERE id = :id",
        wrote=micros(turn.wrote), name=turn.name, id=turn.seen.recipient,
    )  # fmt: skip


async def heard(turn: Turn, run: Run) -> int:
    """Keep what was heard; gives the inbound's id. Raises `Repeated` for what was heard before or is taken up by another."""
    if turn.inbound is not None:
        taken = await run(
            "UPDATE inbound SET state = 'done', due = NULL WHERE id = :id AND state = 'owed' RETURNING id",
            id=turn.inbound,
        )
        if not taken:  # another process took it up first
            raise Repeated
        return turn.inbound
    rows = await run(
        "INSERT INTO inbound (channel, external_id, recipient_id, heard, words, state, attempts, received) "
        "VALUES (:channel, :external, :recipient, :heard, :words, 'done', 0, :now) "
        "ON CONFLICT (channel, external_id) DO NOTHING RETURNING id",
        channel=turn.channel, external=turn.external_id, recipient=turn.seen.recipient, heard=packed(turn.heard),
        words=doors.readable(turn.words), now=micros(turn.now),
    )  # fmt: skip
    if not rows:
        raise Repeated
    return int(rows[0]["id"])


async def _keep_talk(turn: Turn, run: Run) -> None:
    silent = turn.seen.silent if turn.silent is None else turn.silent
    booking = turn.booking if turn.booking is not None else turn.seen.booking
    values = {"state": packed(turn.state), "now": micros(turn.now), "silent": silent, "booking": booking}
    if turn.seen.talk is None:
        rows = await run(
            "INSERT INTO talk (recipient_id, version, state, silent, booking_id, changed) "
            "VALUES (:recipient, 1, :state, :silent, :booking, :now) ON CONFLICT (recipient_id) DO NOTHING RETURNING id",
            recipient=turn.seen.recipient, **values,
        )  # fmt: skip
    else:
        rows = await run(
            "UPDATE talk SET version = version + 1, state = :state, silent = :silent, booking_id = :booking, "
            "changed = :now WHERE id = :talk AND version = :seen RETURNING id",
            talk=turn.seen.talk, seen=turn.seen.version, **values,
        )  # fmt: skip
    if not rows:
        raise Stale


async def _keep_replies(turn: Turn, inbound: int, run: Run) -> Carry:
    if not turn.replies:
        return None
    lane = await lanes.claim_quiet(run, turn.seen.recipient, turn.owner, turn.now)
    born: lanes.Outgoing | None = None
    for position, reply in enumerate(turn.replies):
        claimed = lane is not None and position == 0
        number = await _write_reply(turn, inbound, position, reply, claimed, run)
        if claimed and lane is not None:
            born = _born(turn, reply, number, lane)
    if lane is None:
        await run(
            "UPDATE recipient SET next_due = COALESCE(next_due, :now), urgency = :urgency WHERE id = :id",
            now=micros(turn.now), urgency=ANSWER, id=turn.seen.recipient,
        )  # fmt: skip
        bells.ring(WAKE)
    return (lane, born) if lane and born else None


async def _write_reply(turn: Turn, inbound: int, position: int, reply: Reply, claimed: bool, run: Run) -> int:
    rows = await run(
        "INSERT INTO delivery (recipient_id, booking_id, kind, payload, language, state, attempt, urgency, "
        "business_key, template, lapses, created, sending) VALUES (:to, :booking, :kind, :payload, :language, :state, "
        ":attempt, :urgency, :key, false, :lapses, :now, :sending) RETURNING id",
        to=turn.seen.recipient, booking=_about(turn, reply),
        kind=reply.kind, payload=packed(reply.payload), language=reply.language,
        state="sending" if claimed else "waiting", attempt=int(claimed), urgency=ANSWER,
        key=f"answer:{inbound}:{position}", lapses=micros(reply.lapses) if reply.lapses else None,
        now=micros(turn.now), sending=micros(turn.now) if claimed else None,
    )  # fmt: skip
    return int(rows[0]["id"])


def _about(turn: Turn, reply: Reply) -> int | None:
    if reply.booking is not None:
        return reply.booking
    return turn.booking if turn.booking is not None else turn.seen.booking


def _born(turn: Turn, reply: Reply, delivery: int, lane: lanes.Lane) -> lanes.Outgoing:
    return lanes.Outgoing(
        id=delivery, recipient=turn.seen.recipient, fence=lane.fence, attempt=1, channel=lane.channel,
        address=lane.address, kind=reply.kind, payload=reply.payload, language=reply.language,
        last_heard=micros(turn.wrote), created=micros(turn.now),
        booking=_about(turn, reply),
        lapses=micros(reply.lapses) if reply.lapses else None,
    )  # fmt: skip


async def answer(turn: Turn, inbound: int, reply: Reply, run: Run) -> Carry:
    """Answer what was kept just now, in the same transaction."""
    return await _keep_replies(replace(turn, replies=(reply,)), inbound, run)


async def owe(turn: Turn, run: Run, *, error: str, due: datetime, waits: tuple[timedelta, ...], apology: Reply) -> None:
    """Keep a message whose turn failed (`error` says how), or which must wait behind one that did (no error).

    It is tried again at `due`, then after the further `waits`; after the last it is parked: the desk has it, the person is
    told once, and the talk goes on.
    """
    if turn.inbound is None:
        await _owe_anew(turn, run, error, due)
        return
    tried = await _tried(turn.inbound, turn.now, run)
    if tried is None:
        return
    again = turn.now + waits[tried] if tried < len(waits) else None
    await run(
        "UPDATE inbound SET attempts = :tried, state = :state, due = :due, error = :error WHERE id = :id",
        tried=tried + 1, state="owed" if again else "parked", due=micros(again) if again else None, error=error,
        id=turn.inbound,
    )  # fmt: skip
    if again is None:
        await post(
            run, turn.seen.recipient, apology.kind, apology.payload, language=apology.language, now=turn.now,
            key=f"parked:{turn.inbound}", urgency=ANSWER,
        )  # fmt: skip


async def _owe_anew(turn: Turn, run: Run, error: str, due: datetime) -> None:
    await run(
        "INSERT INTO inbound (channel, external_id, recipient_id, heard, words, state, attempts, due, error, received) "
        "VALUES (:channel, :external, :recipient, :heard, :words, 'owed', :tried, :due, :error, :now) "
        "ON CONFLICT (channel, external_id) DO NOTHING",
        channel=turn.channel, external=turn.external_id, recipient=turn.seen.recipient, heard=packed(turn.heard),
        words=doors.readable(turn.words), tried=int(bool(error)), due=micros(due), error=error, now=micros(turn.now),
    )  # fmt: skip
    await met(turn, run)


async def _tried(inbound: int, now: datetime, run: Run) -> int | None:
    """How often it has been tried; None when it is done meanwhile, or another process had this try as well and counted it."""
    lock = " FOR UPDATE" if run.locks_rows else ""
    rows = await run(
        f"SELECT attempts FROM inbound WHERE id = :id AND state = 'owed' AND due <= :now{lock}",  # noqa: S608
        id=inbound, now=micros(now),
    )  # fmt: skip
    return int(rows[0]["attempts"]) if rows else None


async def goes_along(run: Run, old: int, new: int) -> None:
    """Of a person who goes on as another recipient: what they wrote and we still owe its turn is taken up in their talk there."""
    there = (await run("SELECT channel, address FROM recipient WHERE id = :new", new=new))[0]
    rows = await run("SELECT id, heard FROM inbound WHERE recipient_id = :old AND state IN ('owed', 'parked')", old=old)
    for row in rows:
        heard = unpacked(row["heard"]) | {"channel": there["channel"], "sender": there["address"]}
        await run(
            "UPDATE inbound SET recipient_id = :new, heard = :heard WHERE id = :id",
            new=new, heard=packed(heard), id=row["id"],
        )  # fmt: skip


async def owed(now: datetime) -> list[dict[str, Any]]:
    """The oldest owed message of every recipient whose time has come; of many the longest due, the others at the next look."""
    return await read(
        "SELECT i.id, i.recipient_id, i.channel, i.external_id, i.heard FROM inbound i WHERE i.state = 'owed' AND i.due <= :now "
        "AND i.id = (SELECT MIN(o.id) FROM inbound o WHERE o.recipient_id = i.recipient_id AND o.state = 'owed') "
        "ORDER BY i.due, i.id LIMIT :most",
        now=micros(now),
        most=AT_ONCE,
    )
