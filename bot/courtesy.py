"""Letters let people go first: nobody waits for a mail by the second, and drawing one takes as long as a guest's whole turn."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PATIENCE = 0.25  # seconds that a letter stands aside at most


class Courtesy:
    """Who is being answered in this process, and the line in which letters wait for a moment when nobody is."""

    def __init__(self) -> None:
        self._answering, self._line, self._quiet = 0, asyncio.Lock(), asyncio.Event()
        self._quiet.set()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Somebody is being answered until this ends."""
        self._answering += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._answering -= 1
            if not self._answering:
                self._quiet.set()

    async def turn(self) -> None:
        """Back when nobody is being answered or it has been long enough: one of those who wait in each round of the loop."""
        until = asyncio.get_running_loop().time() + PATIENCE
        async with self._line:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await asyncio.sleep(0)  # a round in which whoever has written meanwhile is heard
                    await self._quiet.wait()
