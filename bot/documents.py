"""Has tickets, invoices and their pictures made, in a process of their own, so that nobody's answer waits for them."""

import asyncio
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, Self, TypeVar

Facts = Mapping[str, Any]
T = TypeVar("T")

# For one document, and for a process to begin; what takes longer hangs. Seconds: both fit into a courier's attempt.
PATIENCE = 20.0

# WeasyPrint keeps what it learned about fonts; a fresh process now and then gives the memory back.
SHEETS_PER_PROCESS = 500


class Undrawn(Exception):
    """A document was not drawn because its process hung, died twice or was ended: our own mistake; it may be asked for again."""


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
    if hasattr(os, "SCHED_IDLE"):  # Linux: from now on a server goes first at once, not when this has had its slice
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _make(kind: str, facts: Facts, brand: Facts, language: str) -> bytes:
    from bot import press  # noqa: PLC0415

    return press.make(kind, facts, brand, language)


class _Worker:
    """One document process and its folder: used until it breaks, then replaced."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="bellhop-")
        self.pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=get_context("spawn"),
            initializer=_warm,
            initargs=(self.folder.name,),
            max_tasks_per_child=SHEETS_PER_PROCESS,
        )
        self.begun = self.pool.submit(int)

    def end(self) -> None:
        """Ends it, also one that hangs."""
        for process in list((self.pool._processes or {}).values()):  # noqa: SLF001  # public from Python 3.14: kill_workers
            process.kill()
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.folder.cleanup()


class Documents:
    """The document process: takes plain values, gives bytes. `async with Documents() as documents: …`.

    One thread asks it, for one document at a time, and alone replaces it: no event loop waits for a process that ends,
    and nobody can end the one that another's document is drawn in.
    """

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._worker: _Worker | None = None
        self._ended: Future[None] = Future()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    def start(self) -> None:
        """Begins the process and has it ready before the first document is asked for."""
        self._ended = Future()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="documents")
        with _quietly():  # only the main thread can: a process that is begun anew later hears Ctrl-C until it is warm
            self._worker = _Worker()

    def close(self) -> None:
        """Ends the process; what it had not drawn is dropped and asked for again by its delivery. Blocks for a moment."""
        if self._thread is None:
            return
        self._ended.set_result(None)
        self._thread.shutdown(wait=True)  # whoever still waits is told
        self._thread = None
        self._drop()

    async def make(self, kind: str, facts: Facts, brand: Facts, language: str) -> bytes:
        """One document, as bytes.

        `kind`: "ticket" (PDF; facts: story), "invoice" (PDF; facts: story, number, issued, corrects or nothing),
        "ticket_picture" (PNG 1200 × 640; facts: story), "mail_picture" (PNG 1200 × 352; facts: heading, line).
        `brand` and `facts` are plain values. A process that died is begun anew, once; one that hangs for `PATIENCE` is
        replaced and this document refused (`Undrawn`).
        """
        if self._thread is None:
            self.start()
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._made, kind, dict(facts), dict(brand), language
        )

    # -- in the thread ---

    def _made(self, *wanted: Any) -> bytes:
        for _ in range(2):
            try:
                return self._drawn(*wanted)
            except BrokenProcessPool:
                self._drop()
        raise Undrawn("the document process died twice over one document")

    def _drawn(self, *wanted: Any) -> bytes:
        if self._ended.done():
            raise Undrawn("the document process is being ended")
        worker = self._worker = self._worker or _Worker()
        self._in_time(worker.begun)
        return self._in_time(worker.pool.submit(_make, *wanted))

    def _in_time(self, step: Future[T]) -> T:
        either: tuple[Future[Any], ...] = (step, self._ended)
        wait(either, PATIENCE, FIRST_COMPLETED)
        if not step.done():
            self._drop()
            raise Undrawn(f"the document process was ended, or hung for {PATIENCE:g} seconds")
        return step.result()

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None
