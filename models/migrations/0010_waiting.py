"""Who waits is found by what came free: each need of a booking on the waiting list is a row, and so is whatever is given back."""

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

from models.fields import Instant


class Migration(migrations.Migration):
    dependencies = [("models", "0009_letters")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Waiting",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "booking",
                    fields.ForeignKeyField(
                        "models.Booking",
                        source_field="booking_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="waits",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("resource", fields.CharField(max_length=120)),
                ("starts", Instant(generated=False, null=False, unique=False)),
                ("ends", Instant(generated=False, null=False, unique=False)),
                ("quantity", fields.IntField()),
                ("units", fields.IntField()),
                ("since", Instant(generated=False, null=False, unique=False)),
            ],
            options={
                "table": "waiting",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One thing that a booking on the list needs. Who has waited since the earliest moment is the first.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Freed",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("resource", fields.CharField(max_length=120)),
                ("starts", Instant(generated=False, null=False, unique=False)),
                ("ends", Instant(generated=False, null=False, unique=False)),
                ("at", Instant(generated=False, null=False, unique=False)),
            ],
            options={
                "table": "freed",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Some of a resource came free from `starts` to `ends`, to be looked at from `at` on.",
            },
            bases=["Model"],
        ),
        # What those need who wait already is reckoned by the catalogue, at the first look.
        ops.RunSQL(
            [
                "INSERT INTO waiting (booking_id, resource, starts, ends, quantity, units, since) "
                "SELECT id, '', starts, starts, 0, 0, created FROM booking WHERE state = 'waitlisted'",
                "INSERT INTO freed (resource, starts, ends, at) SELECT '*', 0, 0, 0 "
                "WHERE EXISTS (SELECT 1 FROM booking WHERE state = 'waitlisted')",
            ]
        ),
    ]
