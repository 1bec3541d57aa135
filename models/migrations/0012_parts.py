"""Which messages of a delivery have left before its last, by the provider's ids."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from models.fields import Json


class Migration(migrations.Migration):
    dependencies = [("models", "0011_letters_in_pieces")]

    initial = False

    operations = [
        ops.AddField(model_name="Delivery", name="parts", field=Json(null=True, generated=False, unique=False)),
    ]
