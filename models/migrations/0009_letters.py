"""Letters are kept as they come, before anybody reads them."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.fields import Instant


class Migration(migrations.Migration):
    dependencies = [("models", "0008_stopped")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Letter",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("sha256", fields.CharField(max_length=64)),
                ("sender", fields.TextField(default="", unique=False)),
                ("subject", fields.TextField(default="", unique=False)),
                ("content", fields.BinaryField()),
                ("became", fields.CharField(null=True, max_length=8)),
                ("why", fields.TextField(null=True, unique=False)),
                ("received", Instant(generated=False, null=False, unique=False)),
            ],
            options={
                "table": "letter",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A letter, kept whole before anybody reads it. `became` says what came of it, None while nothing has.",
            },
            bases=["Model"],
        ),
    ]
