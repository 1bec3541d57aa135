"""How long a test waits for what must come, and how long it lets work go on that could go on for ever. Neither measures anything."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PATIENCE = 30.0  # seconds: far longer than anything here takes, for it may be a slow machine, with much else to do
FOR_EVER = 60.0  # seconds of the processor: what takes the square of its length, or worse, takes many minutes


@contextmanager
def not_for_ever() -> Iterator[None]:
    """Break off what takes the processor for ever. Regular expressions are broken off too: they look for signals as they go."""

    def enough(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done within {FOR_EVER:g} seconds of the processor")

    before = signal.signal(signal.SIGVTALRM, enough)
    signal.setitimer(signal.ITIMER_VIRTUAL, FOR_EVER)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
