"""Small values the program keeps for itself: the demo's clock, generated secrets, template ids."""

from tortoise import fields
from tortoise.models import Model

from models.database import read, transaction


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
