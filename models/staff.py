"""Staff: who may sit at the desk, and the sessions they are logged in with."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.fields import Instant


class Staff(Model):
    """One person of the operator's."""

    id = fields.BigIntField(primary_key=True)
    login = fields.CharField(max_length=120)
    name = fields.TextField()
    password = fields.TextField()  # argon2 hash
    created = Instant()
    left = Instant(null=True)

    class Meta:
        table = "staff"


class Session(Model):
    """A log-in, found by the SHA-256 of its token, ends when idle or old."""

    token_sha256 = fields.CharField(max_length=64, primary_key=True)
    staff: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Staff", related_name="sessions", on_delete=fields.RESTRICT
    )
    created = Instant()
    seen = Instant()

    class Meta:
        table = "session"
