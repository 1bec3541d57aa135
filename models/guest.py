"""A guest: the person who books, and what we know to reach them."""

from tortoise import fields
from tortoise.models import Model

from models.fields import Instant


class Guest(Model):
    """A person who books. Phone is E.164, language is one of the brand's."""

    id = fields.BigIntField(primary_key=True)
    name = fields.TextField()
    phone = fields.CharField(max_length=20, null=True)
    email = fields.TextField(null=True)
    language = fields.CharField(max_length=8)
    created = Instant()

    class Meta:
        table = "guest"
