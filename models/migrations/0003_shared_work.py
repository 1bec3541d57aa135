"""What several processes share: a provider's allowance, a chat's pace, events that are owed."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from models.fields import Instant
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0002_money_apart")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Rate",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("used", fields.BigIntField()),
            ],
            options={
                "table": "rate",
                "app": "models",
                "pk_attr": "name",
                "table_description": "One provider's allowance. `used` is the moment up to which it is used up, microseconds on the lease clock (GCRA).",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Event",
            name="attempts",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Event",
            name="due",
            field=Instant(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name="Event",
            name="error",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="Event",
            name="state",
            field=fields.CharField(default="done", db_default="done", max_length=8),
        ),
        ops.AddField(
            model_name="Recipient",
            name="used",
            field=Instant(null=True, generated=False, unique=False),
        ),
    ]
