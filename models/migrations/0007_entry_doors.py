"""Entry doors: sources, links that are kept, what was opened; a booking keeps where its guest came from."""

from tortoise import migrations
from tortoise.fields import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from models.fields import Instant, Json
from tortoise import fields


def _recipient(related: str) -> fields.ForeignKeyField:
    return fields.ForeignKeyField(
        "models.Recipient",
        source_field="recipient_id",
        null=True,
        db_constraint=True,
        to_field="id",
        related_name=related,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0006_sold_again")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Source",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=24)),
                ("name", fields.CharField(max_length=80)),
                ("made", Instant(generated=False, null=False, unique=False)),
            ],
            options={
                "table": "source",
                "app": "models",
                "pk_attr": "key",
                "table_description": "Where guests come from, by a card or a link of its own: a hotel's desk, a stand, a partner's page.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Door",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=8)),
                ("draft", Json(generated=False, null=False, unique=False)),
                ("language", fields.CharField(max_length=8)),
                ("source", fields.CharField(null=True, max_length=24)),
                ("wording", fields.IntField()),
                ("recipient", _recipient("hops")),
                ("until", Instant(null=True, generated=False, unique=False)),
                ("taken_by", fields.BigIntField(null=True)),
                ("made", Instant(generated=False, null=False, unique=False)),
            ],
            options={
                "table": "door",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A link that is kept since it does not fit in itself: a whole request, or (`hop`) a talk that goes on elsewhere, once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Opening",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("source", fields.CharField(max_length=24)),
                ("how", fields.CharField(max_length=12)),
                ("recipient", _recipient("openings")),
                ("draft", Json(generated=False, null=False, unique=False)),
                ("made", Instant(generated=False, null=False, unique=False)),
            ],
            options={
                "table": "opening",
                "app": "models",
                "indexes": [Index(fields=["source"]), Index(fields=["made"])],
                "pk_attr": "id",
                "table_description": "That a door was opened: by whom, how (chat, call, call_back, mail), from which source.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="Booking", name="source", field=fields.CharField(null=True, max_length=24)),
    ]
