"""Records that a test is given, written plainly so that a test names only what matters to it."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from models import claims, delivery
from models.database import Run, read, transaction
from models.fields import micros, packed

HOUR = timedelta(hours=1)
_numbers = count(1)


async def a_guest(channel: str = "whatsapp", address: str | None = None) -> int:
    """Someone who may write to us; gives the recipient."""
    async with transaction() as run:
        return await delivery.recipient(run, channel, address or f"+44770090{next(_numbers):04}")


async def a_booking(now: datetime, *, legs: int = 1) -> int:
    """A confirmed booking of one transfer to nowhere in particular; gives its id."""
    number = next(_numbers)
    async with transaction() as run:
        guest = await run(
            "INSERT INTO guest (name, language, created) VALUES ('Ana', 'en', :now) RETURNING id", now=micros(now)
        )
        booking = await run(
            "INSERT INTO booking (reference, state, catalog_version, request, quote, currency, total, due_now, guest_id, "
            "channel, language, link_version, starts, created, changed) VALUES (:reference, 'confirmed', 1, '{}', '{}', "
            "'USD', 4800, 4800, :guest, 'whatsapp', 'en', 1, :now, :now, :now) RETURNING id",
            reference=f"CA-{number:05}", guest=guest[0]["id"], now=micros(now),
        )  # fmt: skip
        for position in range(legs):
            await a_leg(run, int(booking[0]["id"]), position, now)
    return int(booking[0]["id"])


async def a_leg(run: Run, booking: int, position: int, now: datetime) -> int:
    """One ride of a booking."""
    rows = await run(
        "INSERT INTO leg (booking_id, position, starts, ends, zone, dispatch) "
        "VALUES (:booking, :position, :starts, :ends, 'America/Santo_Domingo', 'unassigned') RETURNING id",
        booking=booking, position=position, starts=micros(now), ends=micros(now + HOUR),
    )  # fmt: skip
    return int(rows[0]["id"])


async def legs_of(booking: int) -> list[int]:
    """The ids of a booking's legs, in order."""
    rows = await read("SELECT id FROM leg WHERE booking_id = :booking ORDER BY position", booking=booking)
    return [int(row["id"]) for row in rows]


async def a_resource(key: str, units: int) -> str:
    """Something that runs out."""
    async with transaction() as run:
        await claims.Resource.declare(run, key, units)
    return key


async def a_payment(booking: int, now: datetime, amount: int = 4800) -> int:
    """Money that came in."""
    async with transaction() as run:
        rows = await run(
            "INSERT INTO payment (booking_id, kind, provider, provider_id, amount, currency, at) "
            "VALUES (:booking, 'payment', 'stripe', :id, :amount, 'USD', :now) RETURNING id",
            booking=booking, id=f"pi_{next(_numbers)}", amount=amount, now=micros(now),
        )  # fmt: skip
    return int(rows[0]["id"])


async def a_document(booking: int, now: datetime, *, sha256: str | None = None) -> int:
    """A ticket that was issued, drawn already when it has a hash."""
    async with transaction() as run:
        rows = await run(
            "INSERT INTO document (booking_id, kind, version, language, facts, sha256, issued) "
            "VALUES (:booking, 'ticket', 1, 'en', :facts, :sha, :now) RETURNING id",
            booking=booking, facts=packed({}), sha=sha256, now=micros(now),
        )  # fmt: skip
    return int(rows[0]["id"])


async def a_line(booking: int) -> int:
    """One line of a price, as sold."""
    async with transaction() as run:
        rows = await run(
            "INSERT INTO line (booking_id, position, label, quantity, unit, amount) "
            'VALUES (:booking, 0, \'{"en": "Van"}\', 1, 4800, 4800) RETURNING id',
            booking=booking,
        )
    return int(rows[0]["id"])


async def one(sql: str, **values: Any) -> Any:
    """The one value of the one row that is found."""
    rows = await read(sql, **values)
    assert len(rows) == 1
    return next(iter(rows[0].values()))
