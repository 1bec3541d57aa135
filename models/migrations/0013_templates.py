"""An approved template is kept with its words; of one that was handed in before, they are those that its notice has."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0012_parts")]

    initial = False

    operations = [
        # The old rows stay for servers that still run as they did.
        ops.RunSQL(
            "INSERT INTO kept (name, value) SELECT 'approved' || substr(name, 9), '{\"sid\":\"' || value || '\",\"wording\":null}' "
            "FROM kept WHERE name LIKE 'template:%' AND name NOT LIKE '%:sha'"
        ),
    ]
