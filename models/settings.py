"""Small values the program keeps for itself: the demo's clock, generated secrets, template ids."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from models.database import read, transaction
from models.fields import instant, micros


class Kept(Model):
    """One value under its name."""

    name = fields.CharField(max_length=80, primary_key=True)
    value = fields.TextField()

    class Meta:
        table = "kept"


async def kept(name: str) -> str | None:
    """The value kept under a name."""
    rows = await read("SELECT value FROM kept WHERE name = :name", name=name)
    return str(rows[0]["value"]) if rows else None


async def keep_value(name: str, value: str) -> None:
    """Keep a value under a name, in place of an earlier one."""
    async with transaction() as run:
        await run(
            "INSERT INTO kept (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name=name, value=value,
        )  # fmt: skip


async def kept_under(prefix: str) -> dict[str, str]:
    """All values whose name begins so, by name."""
    rows = await read("SELECT name, value FROM kept WHERE name LIKE :prefix ORDER BY name", prefix=f"{prefix}%")
    return {str(row["name"]): str(row["value"]) for row in rows}


async def change_kept(name: str, was: str, to: str) -> None:
    """Keep a value in place of the one that it was; another that was kept meanwhile stays."""
    async with transaction() as run:
        await run("UPDATE kept SET value = :to WHERE name = :name AND value = :was", name=name, was=was, to=to)


async def kept_moment(name: str) -> datetime | None:
    """The moment kept under a name by `move_on`."""
    value = await kept(name)
    return None if value is None else instant(int(value))


async def move_on(name: str, to: datetime, *, past: datetime) -> bool:
    """Keep a moment in place of an earlier one that is not after `past`, or of none; of several at once, one succeeds."""
    async with transaction() as run:
        moved = await run(
            "INSERT INTO kept (name, value) VALUES (:name, :to) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
            "WHERE CAST(kept.value AS BIGINT) <= :past RETURNING name",
            name=name, to=str(micros(to)), past=micros(past),
        )  # fmt: skip
    return bool(moved)


async def keep_first(name: str, value: str) -> str:
    """Keep a value unless there is one; gives the one that is kept."""
    async with transaction() as run:
        await run(
            "INSERT INTO kept (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING",
            name=name,
            value=value,
        )
        rows = await run("SELECT value FROM kept WHERE name = :name", name=name)
    return str(rows[0]["value"])


async def forget(name: str) -> None:
    """Keep nothing under this name any more."""
    async with transaction() as run:
        await run("DELETE FROM kept WHERE name = :name", name=name)
