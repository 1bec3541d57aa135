"""Starts the server with one named function that kills it: `launch.py models.lanes:settle before [turns]`.

The process dies by SIGKILL just before the function's work (`before`) or right after it (`after`), the first time that it is
called, or at a later call. Nothing in the product knows of this.
"""

import importlib
import os
import signal
import sys
from itertools import count
from typing import Any

from bot.__main__ import main


def deadly(function: Any, moment: str, turns: int) -> Any:
    """The function, whose call number `turns` is the process's last."""
    calls = count(1)

    async def last(*given: Any, **named: Any) -> Any:
        fatal = next(calls) >= turns
        if fatal and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await function(*given, **named)
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return last


def arm(where: str, moment: str, turns: int) -> None:
    """Put the deadly one in its place; `where` is module:name."""
    module, _, name = where.partition(":")
    owner = importlib.import_module(module)
    setattr(owner, name, deadly(getattr(owner, name), moment, turns))


if __name__ == "__main__":
    arm(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    sys.argv = ["bellhop", "serve"]
    main()
