"""What a trial does in the process that migrates: be a program of an earlier day, or one without the guard that is tried."""

import os
import re
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from tortoise.migrations.api import migrate as by_tortoise

from models import database, guards, migrating
from tests.faults.launch import put

LAST = "TRIAL_LAST_MIGRATION"
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
}
_WRITES_INTO = re.compile(
    r"INSERT INTO (\w+)"
)  # SQLite makes a trigger whose table of later is not there, and stumbles over it


def program() -> None:
    """The Bellhop whose last migration the environment names; of today's guards it has those that fit its tables."""

    async def fitting(run: Any) -> None:
        tables = {row["name"] for row in await run(TABLES[database.dialect()])}
        fit = [made for made in guards.laid(database.dialect()).values() if set(_WRITES_INTO.findall(made)) <= tables]
        for made in fit:
            with suppress(Exception):  # it is about a column of later
                async with database.transaction() as alone:
                    await alone(made)

    async def believed() -> None: ...

    put("models.migrating:to_the_newest", partial(migrating.to_the_newest, last=os.environ[LAST]))
    put("models.database:_lay", fitting)
    put("models.database:verify", believed)


def in_pieces() -> None:
    """Without the one transaction: as Tortoise does it."""

    async def pieces(url: str) -> None:
        await by_tortoise(config=database.config(url))
        await database.close()
        await database.connect(url)
        async with database.transaction() as run:
            await database._lay(run)
        await database.verify()

    put("models.database:migrate", pieces)


def side_by_side() -> None:
    """Without the lock: on PostgreSQL nobody takes turns, on SQLite nobody waits at the file."""

    @asynccontextmanager
    async def at_once(url: str) -> Any:
        yield

    put("models.database:one_migrates", at_once)
    put("models.database:AS_LONG_AS_IT_TAKES", 1)
