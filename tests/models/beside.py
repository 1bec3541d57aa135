"""A process of its own that reads and then writes in one transaction, again and again: `beside.py URL immediate|deferred TIMES`."""

import asyncio
import os
import sys

from tortoise.backends.sqlite.client import SqliteTransactionWrapper

from models import sqlite
from models.database import close, connect, read, transaction
from models.settings import keep_value


async def count_up(url: str, times: int) -> int:
    """Add one so many times; gives how many were refused."""
    failures = 0
    await connect(url)
    try:
        await keep_value(f"beside {os.getpid()}", "")
        while len(await read("SELECT name FROM kept WHERE name LIKE 'beside %'")) % 2:
            await asyncio.to_thread(int)  # the other one is still on its way
        for _ in range(times):
            try:
                async with transaction() as run:
                    value = int((await run("SELECT value FROM kept WHERE name = 'count'"))[0]["value"])
                    await asyncio.to_thread(int)  # think
                    await run("UPDATE kept SET value = :value WHERE name = 'count'", value=str(value + 1))
            except Exception:  # noqa: BLE001  # whatever it is, it counts
                failures += 1
    finally:
        await close()
    return failures


if __name__ == "__main__":
    if sys.argv[2] == "deferred":
        sqlite.ImmediateTransaction.begin = SqliteTransactionWrapper.begin  # type: ignore[method-assign]
    print(asyncio.run(count_up(sys.argv[1], int(sys.argv[3]))))  # noqa: T201  # its answer
