"""Starts servers in which one named function is deadly, freezes the process, or has a guard taken out.

`launch.py models.lanes:settle before [turns]` starts one server that dies by SIGKILL just before the function's work (`before`)
or right after it (`after`), at its call number `turns`. `launch.py nursery` has loaded everything once and starts a process for
each order that it reads (see `fleet.py`); with `frozen-before` or `frozen-after` the process is stopped (SIGSTOP) instead of
killed. Nothing in the product knows of this.
"""

import asyncio
import gc
import importlib
import json
import multiprocessing
import os
import signal
import sys
import traceback
from itertools import count
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

FLOORS = ("bot", "flows", "handlers", "models", "web")
AT_FIRST_USE = (  # loaded by others only then, for half a second
    "anyio._backends._asyncio", "httpcore", "stripe._event_service", "stripe.checkout._session_service", "twilio.rest.api.v2010",
)  # fmt: skip


def deadly(function: Any, moment: str, turns: int) -> Any:
    """The function, whose call number `turns` is the process's last; or the one at which it is frozen, once."""
    calls = count(1)
    frozen, when = moment.startswith("frozen-"), moment.removeprefix("frozen-")

    def strike() -> None:
        os.kill(os.getpid(), signal.SIGSTOP if frozen else signal.SIGKILL)

    async def last(*given: Any, **named: Any) -> Any:
        call = next(calls)
        fatal = call == turns if frozen else call >= turns
        if fatal and when == "before":
            strike()
        answer = await function(*given, **named)
        if fatal and when == "after":
            strike()
        return answer

    return last


def place(where: str) -> tuple[Any, str]:
    """What holds the function of `module:name` or `module:Class.name`, and its name there."""
    module, _, path = where.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for each in outer:
        owner = getattr(owner, each)
    return owner, name


def put(where: str, stand_in: Any) -> None:
    """Put something in a function's place: everywhere, when `where` is its home, for others have it by name or in a table."""
    owner, name = place(where)
    old = getattr(owner, name)
    setattr(owner, name, stand_in)
    if getattr(old, "__module__", None) == getattr(owner, "__name__", ""):
        for module in [one for key, one in sys.modules.items() if key.partition(".")[0] in FLOORS]:
            for table in (vars(module), *[each for each in vars(module).values() if isinstance(each, dict)]):
                for known in [key for key, value in table.items() if value is old]:
                    table[known] = stand_in


def arm(where: str, moment: str, turns: int) -> None:
    """Put the deadly one in its place; `where` is module:name."""
    owner, name = place(where)
    put(where, deadly(getattr(owner, name), moment, turns))


def load() -> None:
    """Load all of the program, so that whoever has a function by name is there to be given another."""
    for module in ("bot.__main__", "web.serving", "bot.catching_up"):
        importlib.import_module(module)


# -- the nursery --------------------------------------------------------------------------------


def warm() -> None:
    """Do once what every life begins with and is the same in each: a second's work."""
    for module in AT_FIRST_USE:
        importlib.import_module(module)
    importlib.import_module("web.serving").commands()  # needs all scripts, in all languages
    _warm_papers()


def _warm_papers() -> None:
    """Document processes come from one that has loaded WeasyPrint, instead of loading it each; all else about them is the product's."""
    ways = multiprocessing.get_context("forkserver")
    ways.set_forkserver_preload(["bot.press"])
    forkserver.ensure_running()
    # It is the nursery's child: nobody else can ask whether it lives.
    forkserver._forkserver.ensure_running = lambda: None
    put("bot.documents:get_context", lambda _: ways)


def tell(**what: Any) -> None:
    """One line to whoever gave the orders."""
    os.write(1, json.dumps(what).encode() + b"\n")


def nursery() -> None:
    """Start a process for each order, and tell how each ends; when no more orders can come, end them all."""
    load()
    warm()
    gc.collect()
    gc.freeze()
    alive = set[int]()

    def reap(*_: Any) -> None:
        while alive:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            if not pid:
                return
            if os.WIFSTOPPED(status):
                tell(stopped=pid)
            else:
                alive.discard(pid)
                tell(ended=pid, code=os.waitstatus_to_exitcode(status))

    signal.signal(signal.SIGCHLD, reap)
    tell(ready=os.getpid())
    for line in sys.stdin:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        if pid := os.fork():
            alive.add(pid)
            tell(born=pid)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        else:
            live(json.loads(line))
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def live(order: dict[str, Any]) -> None:
    """Be the process that was ordered: `command` and its `words`, `env`, `log`, `faults` to arm, guards to be `without`."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.dup2(os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)
        os.environ.clear()
        os.environ.update(order["env"])
        for name in order.get("without", ()):
            from tests.faults import without

            without.take_out(name)
        for fault in order.get("faults", ()):
            arm(*fault)
        begin(order["command"], *order.get("words", ()))
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001  # whatever it is, it must not be the nursery's
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def begin(command: str, *words: str) -> None:
    """The program's own command line; or one of our functions, by module:name."""
    if ":" in command:
        owner, name = place(command)
        asyncio.run(getattr(owner, name)(*words))
        return
    from bot.__main__ import main

    sys.argv = ["bellhop", command, *words]
    main()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    if sys.argv[1] == "nursery":
        nursery()
    else:
        load()
        arm(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
        begin("serve")
