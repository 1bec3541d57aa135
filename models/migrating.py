"""Brings the tables to the newest shape in one transaction: wholly, or not at all, whenever the program is killed."""

from typing import Any

from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder

APP = "models"


class InOne(MigrationRecorder):
    """Tortoise notes what it has applied after the commit: killed between the two, it would apply it once more and fail for ever."""

    async def ensure_schema(self, schema_editor: Any) -> None:
        """As one statement; the script that Tortoise would run ends SQLite's transaction."""
        made = schema_editor._get_model_sql_data(self.model).table_sql  # noqa: SLF001  # its own words for its own table
        await self.connection.execute_query(made.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))


async def to_the_newest(apps: dict[str, Any], last: str = "__latest__") -> None:
    """Apply what is not applied yet, up to `last`, inside the transaction around us; `apps` as in Tortoise's configuration."""
    executor = MigrationExecutor(get_connection("default"), apps)
    executor.recorder = executor.loader.recorder = InOne(executor.connection)
    await executor.recorder.ensure_schema(executor._schema_editor())  # noqa: SLF001  # before it is asked: a refusal ends the transaction
    await executor.migrate([MigrationTarget(APP, last)])
