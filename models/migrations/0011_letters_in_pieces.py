"""A large letter is kept in pieces, by many small commits."""

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0010_waiting")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Piece",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "letter",
                    fields.ForeignKeyField(
                        "models.Letter",
                        source_field="letter_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pieces",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("position", fields.IntField()),
                ("content", fields.BinaryField()),
            ],
            options={
                "table": "letter_piece",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What a letter has behind its beginning, in pieces, `position` from 1 on.",
            },
            bases=["Model"],
        ),
    ]
