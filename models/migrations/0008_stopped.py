"""Whoever asks to hear nothing more on a channel is left alone there."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from models.fields import Instant


class Migration(migrations.Migration):
    dependencies = [("models", "0007_entry_doors")]

    initial = False

    operations = [
        ops.AddField(model_name="Recipient", name="stopped", field=Instant(null=True, generated=False, unique=False)),
    ]
