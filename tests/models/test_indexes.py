"""What is asked at every message, every pass of the courier and every look at the board finds its rows by an index.

The program is let do these things, what it asks the database is noted, and the database then says how it would find it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from handlers.guest_paid import guest_paid
from handlers.house import SYSTEM, House
from handlers.staff_acted import write_to
from handlers.time_passed import time_passed
from models import doors, dues, guards, lanes, ledger, letters, story, stuck, threads, waiting
from models.database import Run, dialect, read, transaction
from models.fields import unpacked
from models.request import from_draft
from tests.conftest import NOW, Clock
from tests.test_rules import a_checkout, a_payment, due, write
from web import board, desk, health

GROW = {
    "booking", "leg", "line", "guest", "claim", "checkout", "payment", "event", "delivery", "recipient", "talk", "inbound",
    "thread", "message", "entry", "personal", "document", "link", "due", "opening", "door", "waiting",
}  # fmt: skip
NAMED = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?!WHERE|SET|ON|ORDER|LIMIT|JOIN|LEFT|GROUP|UNION)(\w+))?"
)
NEWEST = ("ORDER BY e.id DESC LIMIT",)  # the newest few: the table is read from its end
PART = {name for name, columns in guards.FINDING.items() if " WHERE " in columns}  # only rows that wait for something
STEP = re.compile(r"(?P<how>SCAN|SEARCH) (?P<name>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?")
Statement = tuple[str, dict[str, Any]]
Step = tuple[str, str, str]  # table, whole or index, the index's name


@pytest.fixture
def house(database: str, clock: Clock) -> House:
    """Ours, at the time of the tests."""
    return House(clock, "this", b"secret")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Statement]]:
    """Everything the database is asked from here on."""
    noted: list[Statement] = []
    real = Run.__call__

    async def noting(self: Run, sql: str, **values: Any) -> Any:
        noted.append((sql, values))
        return await real(self, sql, **values)

    with monkeypatch.context() as patched:
        patched.setattr(Run, "__call__", noting)
        yield noted


MANY = {  # what there is of each after years, i from 1001 on: bookings that are over
    "booking": "reference, state, catalog_version, request, quote, currency, total, due_now, guest_id, channel, language, "
    "link_version, starts, created, changed: 'X-' || i, 'performed', 1, '{}', '{}', 'USD', 1, 1, i, 'whatsapp', 'en', 1, i, i, i",
    "guest": "name, language, created: '', 'en', i",
    "checkout": "booking_id, session, url, amount, currency, state, attempt, expires, created: "
    "i, 'x' || i, '', 1, 'USD', 'complete', 1, i, i",
    "event": "provider, external_id, kind, body, state, attempts, received: 'stripe', 'x' || i, 'completed', '{}', 'done', 0, i",
    "leg": "booking_id, position, starts, ends, zone, dispatch: i, 0, i, i, 'UTC', 'assigned'",
    "payment": "booking_id, kind, provider, provider_id, amount, currency, at: i, 'payment', 'stripe', 'x' || i, 1, 'USD', i",
    "recipient": "channel, address, name, urgency, fence: 'whatsapp', '+99' || i, '', 5, 0",
    "talk": "recipient_id, version, state, silent, changed: i, 1, '{}', false, i",
    "thread": "booking_id, partner, partner_name, state, awaiting, since: i, 'p' || i % 99, '', 'open', 'nobody', i",
    "entry": "booking_id, position, at, actor_kind, door, kind, facts, personal_sha256, before, sha256: "
    "i, 9, i, 'guest', '', 'guest_wrote', '{}', '', '', ''",
    "personal": "entry_id, salt, facts: i, '', '{}'",
    "delivery": "recipient_id, booking_id, kind, payload, language, state, attempt, urgency, template, created: "
    "i, i, 'x', '{}', 'en', 'read', 1, 5, false, i",
    "inbound": "channel, external_id, recipient_id, heard, words, state, attempts, received: "
    "'whatsapp', 'x' || i, i, '{}', '', 'done', 0, i",
    "opening": "source, how, draft, made: 'x' || i, 'chat', '{}', i",
    "waiting": "booking_id, resource, starts, ends, quantity, units, since: i, 'vehicle:x' || i, i, i, 1, 1, i",
    "claim": "resource, starts, ends, quantity, leg_id: 'vehicle:sedan', i, i, 1, i",
}


async def filled() -> None:
    """A house that has done this for years: PostgreSQL goes by how much there is."""
    async with transaction() as run:
        await run("SET LOCAL session_replication_role = replica")  # no guard looks on
        for table, row in MANY.items():
            columns, values = row.split(": ")
            await run(f"INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series(1001, 11000) i")
    await read("ANALYZE")


async def found(statements: list[Statement]) -> tuple[list[str], set[str]]:
    """Which of these read a table that grows to its end, as the database tells of it; and the indexes that all of them use."""
    asking = {sql: values for sql, values in statements if sql.startswith(("SELECT", "UPDATE", "DELETE"))}
    whole, used = [], set()
    async with transaction() as run:
        if dialect() == "postgres":
            # A table of a few rows it reads whole, whatever indexes there are.
            await run("SET LOCAL enable_seqscan = off")
        for sql, values in asking.items():
            for table, by, index in await (_sqlite if dialect() == "sqlite" else _postgres)(run, sql, values):
                used.add(index)
                if table in GROW and by == "whole" and not any(part in sql for part in NEWEST):
                    whole.append(f"{table}: {sql}")
    return whole, used


async def _sqlite(run: Run, sql: str, values: dict[str, Any]) -> list[Step]:
    tables = {alias or table: table for table, alias in NAMED.findall(sql)}
    steps = []
    for row in await run(f"EXPLAIN QUERY PLAN {sql}", **values):
        step = STEP.match(row["detail"])
        if step:
            index = step["index"] or ""
            whole = step["how"] == "SCAN" and index not in PART
            steps.append((tables.get(step["name"], ""), "whole" if whole else "index", index))
    return steps


async def _postgres(run: Run, sql: str, values: dict[str, Any]) -> list[Step]:
    (row,) = await run(f"EXPLAIN (FORMAT JSON) {sql}", **values)
    plan = row["QUERY PLAN"]
    return list(_steps(json.loads(plan) if isinstance(plan, str) else plan))


def _steps(node: Any) -> Iterator[Step]:
    for part in node if isinstance(node, list) else node.values():
        if isinstance(part, dict | list):
            yield from _steps(part)
    if isinstance(node, dict) and node.get("Node Type", "").endswith(("Seq Scan", "Index Scan", "Index Only Scan")):
        index = node.get("Index Name", "")
        whole = "Index Cond" not in node and index not in PART
        yield node.get("Relation Name", ""), "whole" if whole else "index", index


async def everything(house: House) -> int:
    """A guest writes, books, pays, is answered; the courier and the clock pass, staff look at the board. Gives the booking."""
    await write(house, "SM1")
    booking, session = await a_checkout(house)
    await guest_paid(house, a_payment(session, await due(booking)))
    async with transaction() as run:
        await write_to(run, house, SYSTEM, booking, "See you soon")
        await threads.open_bookings(run, "rafael", NOW)
        await dues.take_one(run, NOW)
    for channel in await lanes.due(NOW):
        for lane in await lanes.claim("this", NOW, channel, 5):
            while await lanes.begin(lane, "this", NOW):
                async with transaction() as run:
                    await run("UPDATE delivery SET state = 'sent' WHERE state = 'sending'")
    await time_passed(house)
    await board.board(NOW)
    await desk._waiting()
    await letters.waiting()
    await stuck.stuck(NOW)
    await story.of_booking(booking)
    for page in (desk._threads, desk._said_in, desk._payments, desk._deliveries, desk.timeline, desk._letters):
        await page(booking)
    guest = (await read("SELECT recipient_id FROM booking WHERE id = :id", id=booking))[0]["recipient_id"]
    await desk._transcript(None, guest, booking)  # type: ignore[arg-type]  # nothing that was said opened a door
    await ledger.booking_of(read, {"payment": "pi_1"})
    await lanes.recover("this", NOW)
    await somebody_waits(house, booking)
    await doors.counted()
    await doors.calls()
    await read(health._DELIVERIES)
    await read(health._BOOKINGS, since=0)
    return booking


async def somebody_waits(house: House, booking: int) -> None:
    """On the list, looked at, and off it again."""
    row = await read("SELECT request FROM booking WHERE id = :id", id=booking)
    needs = from_draft(unpacked(row[0]["request"]), await house.catalog()).resources()
    async with transaction() as run:
        await waiting.wait(run, booking, needs, NOW)
    places = await waiting.freed(NOW)
    await waiting.waiting_for(places, NOW)
    await waiting.place_of(read, booking)
    await waiting.looked(places)
    await waiting.again_later(booking, NOW)
    async with transaction() as run:
        await waiting.leave(run, booking)


async def test_no_table_that_grows_is_read_to_its_end(house: House, asked: list[Statement]) -> None:
    """Whatever is asked on the way of a booking, by the courier, the clock and the board; and no index is there for nothing."""
    await everything(house)
    noted = list(asked)
    if dialect() == "postgres":
        await filled()
    whole, used = await found(noted)
    assert whole == []
    assert guards.FINDING.keys() - used == set()
