"""What a server's process writes down of its transactions while a trial measures: who, how long for the writer, how long in all."""

import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from models import database
from tests.faults.launch import put

FILE = "MEASURED_TO"  # the environment's name of the file, one line for each transaction


def transactions() -> None:
    """Note every transaction of this process: the function that began it, ms until it had the writer, ms until it was committed."""
    lines, real = os.open(os.environ[FILE], os.O_WRONLY | os.O_CREAT | os.O_APPEND), database.transaction

    @asynccontextmanager
    async def timed(who: str) -> AsyncIterator[Any]:
        began = time.monotonic()
        async with real() as run:
            had = time.monotonic()
            yield run
        ended = time.monotonic()
        line = {"who": who, "at": began, "waited": (had - began) * 1000, "took": (ended - began) * 1000}
        os.write(lines, json.dumps(line).encode() + b"\n")

    def transaction() -> contextlib.AbstractAsyncContextManager[Any]:
        who, outer = sys._getframe(1), database._owed.get()
        return real() if outer is not None else timed(f"{who.f_globals['__name__']}:{who.f_code.co_name}")

    put("models.database:transaction", transaction)
