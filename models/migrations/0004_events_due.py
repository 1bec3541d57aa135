"""Events that are owed are found by an index."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0003_shared_work")]

    initial = False

    operations = [ops.AddIndex("Event", Index(fields=["state", "due"]))]
