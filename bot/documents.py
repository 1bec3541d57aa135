"""Has tickets, invoices and their pictures made, in a process of their own, so that nobody's answer waits for them."""

import asyncio
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, Self

Facts = Mapping[str, Any]

# WeasyPrint keeps what it learned about fonts; a fresh process now and then gives the memory back.
SHEETS_PER_PROCESS = 500


def _end_with_parent() -> None:
    """A server that is killed leaves no document process behind."""
    if parent := parent_process():
        parent.join()
    os._exit(0)


@contextmanager
def _quietly() -> Iterator[None]:
    """What is begun meanwhile ignores Ctrl-C, which reaches every process of a terminal, and says nothing when it is killed."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning:multiprocessing.resource_tracker"
    try:
        yield
    finally:
        del os.environ["PYTHONWARNINGS"]
        signal.signal(signal.SIGINT, before)


def _warm(folder: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    tempfile.tempdir = folder  # WeasyPrint leaves its fonts there when the process ends; we remove the folder
    os.nice(10)  # before anything is loaded: a starting server goes first
    # Imported here, in the other process: WeasyPrint costs a second and 80 MB that the bot must not pay.
    from bot import press  # noqa: PLC0415

    press.warm()


def _make(kind: str, facts: Facts, brand: Facts, language: str) -> bytes:
    from bot import press  # noqa: PLC0415

    return press.make(kind, facts, brand, language)


class Documents:
    """The document process: takes plain values, gives bytes. `async with Documents() as documents: …`."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Begins the process and has it ready before the first document is asked for."""
        self._folder = tempfile.TemporaryDirectory(prefix="bellhop-")
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=get_context("spawn"),
            initializer=_warm,
            initargs=(self._folder.name,),
            max_tasks_per_child=SHEETS_PER_PROCESS,
        )
        with _quietly():
            self._pool.submit(int)

    def close(self) -> None:
        """Ends the process; what it had not begun is dropped and asked for again by its delivery."""
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    async def make(self, kind: str, facts: Facts, brand: Facts, language: str) -> bytes:
        """One document, as bytes.

        `kind`: "ticket" (PDF; facts: story), "invoice" (PDF; facts: story, number, issued, corrects or nothing),
        "ticket_picture" (PNG 1200 × 640; facts: story), "mail_picture" (PNG 1200 × 352; facts: heading, line).
        `brand` and `facts` are plain values. A process that died is begun anew, once.
        """
        try:
            return await self._asked(kind, facts, brand, language)
        except BrokenProcessPool:
            self.close()
            return await self._asked(kind, facts, brand, language)

    async def _asked(self, kind: str, facts: Facts, brand: Facts, language: str) -> bytes:
        if self._pool is None:
            self.start()
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, _make, kind, dict(facts), dict(brand), language
        )
