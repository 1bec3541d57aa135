"""A process of its own that makes one small commit after the other, and tells how long each took: `writing.py URL`, until its input ends.

Each commit is as durable as the product's; between two of them it rests for a moment, as a house does that is not overrun.
"""

import asyncio
import json
import select
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

REST = 0.002  # seconds
WRITE = "INSERT INTO kept (name, value) VALUES ('writing', '{0}') ON CONFLICT (name) DO UPDATE SET value = '{0}'"

Write = Callable[[int], Awaitable[None]]


async def until_told(write: Write) -> list[float]:
    """The ms of each commit."""
    took: list[float] = []
    while not select.select([sys.stdin], [], [], REST)[0]:
        began = time.perf_counter()
        await write(len(took))
        took.append((time.perf_counter() - began) * 1000)
    return took


async def on_sqlite(url: str) -> list[float]:
    """As models/sqlite does."""
    from models.database import _PRAGMAS, sqlite_path

    connection = sqlite3.connect(sqlite_path(url), isolation_level=None)
    for name, value in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")

    async def write(number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(WRITE.format(number))
        connection.execute("COMMIT")

    try:
        return await until_told(write)
    finally:
        connection.close()


async def on_postgres(url: str) -> list[float]:
    """By a connection of its own."""
    from models.database import credentials

    connection = await asyncpg.connect(**credentials(url))

    async def write(number: int) -> None:
        await connection.execute(WRITE.format(number))

    try:
        return await until_told(write)
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    work = on_sqlite if sys.argv[1].startswith("sqlite:") else on_postgres
    print(json.dumps(asyncio.run(work(sys.argv[1]))))  # noqa: T201  # its answer
