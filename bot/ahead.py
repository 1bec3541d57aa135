"""Starts a process of ours ahead of its settings: loading its code takes longer than finding out what it is to be told.

Nothing but the standard library here: the demo begins its server with this before it loads anything itself.
"""

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

LEAVING = 12.0  # seconds that a process may take to end by itself; a server drains within ten


class Process:
    """`python -m …` as a process that ends with us."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603  # our own code
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal reaches us alone, and we end it in order
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.stdin:
            self.process.stdin.close()  # one that was told nothing ends by itself
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(LEAVING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def tell(self, environment: dict[str, str]) -> None:
        """Give one that was begun ahead what is to be added to its environment, once."""
        if self.process.stdin and self.ended is None:
            self.process.stdin.write(json.dumps(environment) + "\n")
            self.process.stdin.flush()

    @property
    def ended(self) -> int | None:
        """Its exit code, when it has ended."""
        return self.process.poll()


def server() -> Process:
    """The demo's server, begun ahead: it waits to be told its settings."""
    return Process("bot.ahead", "web.serving")


@contextmanager
def loading() -> Iterator[None]:
    """Nothing that loads is garbage, and looking for some took an eighth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def main() -> None:
    """In a process begun ahead: load the module, wait for what is told, begin."""
    with loading():
        module = importlib.import_module(sys.argv[1])
    told = sys.stdin.readline()
    if told:
        os.environ.update(json.loads(told))
        module.main()


if __name__ == "__main__":
    main()
