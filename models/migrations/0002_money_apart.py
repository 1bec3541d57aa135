"""Money held apart from a booking's; two columns that nobody read are gone."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class DropColumn(ops.RemoveField):
    """A column goes by the database's own statement: on SQLite Tortoise would rebuild the table, which others refer to."""

    async def database_forward(self, app_label, old_state, new_state, state_editor=None):
        if state_editor:
            table = old_state.apps.get_model(f"{app_label}.{self.model_name}")._meta.db_table
            await state_editor._run_sql(f'ALTER TABLE "{table}" DROP COLUMN "{self.name}"')


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(model_name="Payment", name="apart", field=fields.CharField(null=True, max_length=16)),
        ops.AlterModelOptions(
            name="Personal",
            options={
                "table": "personal",
                "app": "models",
                "pk_attr": "entry_id",
                "table_description": "The personal values of an entry (actor's name among them), which may be erased.",
            },
        ),
        DropColumn(model_name="Recipient", name="failures"),
        DropColumn(model_name="Recipient", name="stopped"),
    ]
