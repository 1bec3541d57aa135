"""A due lane is found by the index `lane_due` alone; the one of the first day was only written to."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0004_events_due")]

    initial = False

    operations = [ops.RemoveIndex("Recipient", fields=["next_due"])]
