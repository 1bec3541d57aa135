"""Documents that were issued: tickets and invoices, written once, numbered without gaps."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.database import Run
from models.fields import Instant, Json, micros, packed


class Document(Model):
    """A ticket, its picture or an invoice: the facts it is drawn from, and the bytes once they are drawn."""

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="documents", on_delete=fields.RESTRICT
    )
    kind = fields.CharField(max_length=16)  # ticket | picture | invoice
    version = fields.IntField()
    number = fields.CharField(max_length=32, null=True)
    language = fields.CharField(max_length=8)
    facts = Json()
    content = fields.BinaryField(null=True)
    sha256 = fields.CharField(max_length=64, null=True)
    issued = Instant()

    class Meta:
        table = "document"


class Counter(Model):
    """The last number given out. Its row is locked while the next is taken, so numbers have no gap."""

    name = fields.CharField(max_length=32, primary_key=True)
    given = fields.BigIntField()

    class Meta:
        table = "counter"


async def issue(
    run: Run, booking: int, kind: str, version: int, facts: dict[str, Any], language: str, now: datetime,
    number: str | None = None,
) -> None:  # fmt: skip
    """Write a document, to be drawn from these facts when it is first wanted."""
    await run(
        "INSERT INTO document (booking_id, kind, version, number, language, facts, issued) "
        "VALUES (:booking, :kind, :version, :number, :language, :facts, :now)",
        booking=booking, kind=kind, version=version, number=number, language=language, facts=packed(facts), now=micros(now),
    )  # fmt: skip


async def next_number(run: Run, name: str, prefix: str, width: int = 8) -> str:
    """The next number of a series, as `B02` + `00000147`; given back to nobody when the transaction is undone."""
    row = await run(
        "INSERT INTO counter (name, given) VALUES (:name, 1) "
        "ON CONFLICT (name) DO UPDATE SET given = counter.given + 1 RETURNING given",
        name=name,
    )
    return prefix + str(row[0]["given"]).zfill(width)
