"""A talk: what one person and the bot say to each other on one channel, and everything that reached us."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.fields import Instant, Json


class Talk(Model):
    """Where one person's talk stands. `version` guards it: a turn on an older one is taken again."""

    id = fields.BigIntField(primary_key=True)
    recipient: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Recipient", related_name="talks", on_delete=fields.RESTRICT
    )
    version = fields.BigIntField()
    state = Json()
    silent = fields.BooleanField(default=False)  # a person has taken over; the bot listens
    booking: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Booking", related_name="talks", on_delete=fields.RESTRICT, null=True
    )
    changed = Instant()

    class Meta:
        table = "talk"


class Inbound(Model):
    """One thing that reached us, kept before it is acknowledged, once per provider's id.

    `state`: done | owed (its turn failed and is tried again at `due`) | parked (given to the desk).
    """

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    external_id = fields.CharField(max_length=255)
    recipient: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Recipient", related_name="heard", on_delete=fields.RESTRICT
    )
    heard = Json()
    words = fields.TextField()
    state = fields.CharField(max_length=8)
    attempts = fields.IntField(default=0)
    due = Instant(null=True)
    error = fields.TextField(null=True)
    received = Instant()

    class Meta:
        table = "inbound"
        indexes = (("recipient_id", "id"), ("state", "due"))
