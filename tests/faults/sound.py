"""Looks, in a process of its own, whether a database has all that the program relies on."""

from models import database


async def verified(url: str) -> None:
    """Refuses one in which anything is missing."""
    await database.connect(url)
    try:
        await database.verify()
    finally:
        await database.close()
