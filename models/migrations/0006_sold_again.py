"""What was sold may be sold anew: the lines of a changed booking stand beside those of its first sale."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0005_lanes_found_once")]

    initial = False

    operations = [
        ops.AddField(model_name="Line", name="version", field=fields.IntField(default=1, db_default=1)),
    ]
