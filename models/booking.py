"""A booking: the one record of what a guest wants, where it stands, and the rules of its life."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from tortoise import fields
from tortoise.models import Model

from models.database import Run
from models.fields import Instant, Json

STATES = (
    "requested", "on_hold", "pending_guest", "pending_supplier", "confirmed", "in_service", "completed",
    "expired", "rejected", "cancelled", "no_show", "waitlisted",
)  # fmt: skip
OPEN = ("requested", "on_hold", "pending_guest", "pending_supplier")  # may still be confirmed
OVER = ("completed", "expired", "rejected", "cancelled", "no_show")  # nothing more will happen in it
ON_THE_ROAD = ("en_route", "on_location", "on_board")  # dispatch of a leg whose lead has set out
SET_OUT = (*ON_THE_ROAD, "dropped_off", "no_show")
HELD = ("confirmed", "in_service", "completed", "no_show")  # its capacity is taken for good


class Booking(Model):
    """The one record. `request` and `quote` are plain values frozen as sold, `recipient` is where the guest talks."""

    id = fields.BigIntField(primary_key=True)
    reference = fields.CharField(max_length=16)
    state = fields.CharField(max_length=20)
    catalog_version = fields.BigIntField()
    request = Json()
    quote = Json()
    currency = fields.CharField(max_length=3)
    total = fields.BigIntField()  # minor units
    due_now = fields.BigIntField()  # minor units that confirm the booking
    guest: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Guest", related_name="bookings", on_delete=fields.RESTRICT
    )
    recipient: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Recipient", related_name="bookings", on_delete=fields.RESTRICT, null=True
    )
    channel = fields.CharField(max_length=16)
    source = fields.CharField(max_length=24, null=True)  # whose card or link brought the guest
    language = fields.CharField(max_length=8)
    hold_until = Instant(null=True)
    link_version = fields.IntField(default=1)
    terms_sha256 = fields.CharField(max_length=64, null=True)
    terms_accepted = Instant(null=True)
    starts = Instant()  # of the first leg: what the desk sorts by
    created = Instant()
    changed = Instant()

    class Meta:
        table = "booking"
        indexes = (("starts",), ("state", "starts"), ("recipient_id",))


class Leg(Model):
    """One ride or departure of a booking, local times are shown in `zone`."""

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField(
        "models.Booking", related_name="legs", on_delete=fields.RESTRICT
    )
    position = fields.IntField()
    starts = Instant()
    ends = Instant()
    zone = fields.CharField(max_length=64)
    dispatch = fields.CharField(max_length=16, default="unassigned")
    lead = fields.CharField(max_length=60, null=True)  # key in the catalogue
    lead_name = fields.TextField(null=True)

    class Meta:
        table = "leg"


class Line(Model):
    """One line of the price, as sold: quantity × unit = amount, in minor units of the booking's currency."""

    id = fields.BigIntField(primary_key=True)
    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField(
        "models.Booking", related_name="lines", on_delete=fields.RESTRICT
    )
    position = fields.IntField()
    label = Json()
    detail = Json(null=True)
    quantity = fields.IntField()
    unit = fields.BigIntField(null=True)  # inside a package an item has no price of its own
    amount = fields.BigIntField(null=True)
    version = fields.IntField(default=1, db_default=1)  # of the sale: a change adds the next, the old lines stay

    class Meta:
        table = "line"


def may_confirm(state: str) -> bool:
    """Whether a payment or the desk may still make it certain."""
    return state in (*OPEN, "expired")


def may_change(state: str, dispatches: Iterable[str]) -> bool:
    """Whether what was booked may still become something else: nobody has set out for it, and it is not over."""
    return state in (*OPEN, "confirmed", "waitlisted") and not any(each in SET_OUT for each in dispatches)


def standing(
    state: str, dispatch: str, starts: datetime, ends: datetime, now: datetime
) -> Literal["ahead", "road", "done"]:
    """Where a booking is by its leg of the moment (`starts` and `ends`, aware): still ahead, under way, or behind us."""
    if state in OVER or (ends <= now and state != "in_service"):
        return "done"
    begun = state == "in_service" or dispatch in ON_THE_ROAD or starts <= now
    return "road" if begun else "ahead"


async def one_at_a_time(run: Run, *bookings: int, talking: Sequence[int] = ()) -> None:
    """Let no other transaction change these bookings, nor move the talks of their guests and of those `talking`, until ours ends.

    Rows are locked in one order everywhere, so that nobody waits in a circle: bookings, talks, what is claimed, lanes; several of
    a kind by their number. Without `KEY` whoever only refers to a row waits for nobody. SQLite has one writer anyway.
    """
    if not run.locks_rows:
        return
    known = {"bookings": list(bookings)}
    await run("SELECT id FROM booking WHERE id = ANY(:bookings) ORDER BY id FOR NO KEY UPDATE", **known)
    await run(
        "SELECT id FROM talk WHERE recipient_id = ANY(ARRAY(SELECT recipient_id FROM booking WHERE id = ANY(:bookings)) "
        "|| :talking) ORDER BY id FOR NO KEY UPDATE",
        **known, talking=list(talking),
    )  # fmt: skip
