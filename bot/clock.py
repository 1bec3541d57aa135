"""The one clock: real time plus an offset kept in the database, so that every process and the demo agree."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from models.settings import keep_value, kept

_NAME = "clock_offset"


class Clock:
    """Tells the time. The offset stays zero outside the demo and the tests."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self._setting = asyncio.Lock()  # an offset read before a step must not undo it

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC) + self.offset

    async def read(self) -> None:
        """Take over the offset as it is kept."""
        async with self._setting:
            self.offset = timedelta(seconds=float(await kept(_NAME) or 0))

    async def advance(self, by: timedelta) -> None:
        """Let this much time pass, for every process on this database."""
        async with self._setting:
            self.offset += by
            await keep_value(_NAME, str(self.offset.total_seconds()))

    async def follow(self) -> None:
        """Take over what another process has set, once a second."""
        while True:
            await asyncio.sleep(1)
            with contextlib.suppress(Exception):  # a database that is away comes back; the time we know stands
                await self.read()
