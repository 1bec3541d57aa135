"""Starts the sandbox as a process of its own: `python -m web.stage.providers CONFIG.json`."""

import asyncio
import signal
import sys
from pathlib import Path

import orjson

from .server import LiveCredential, start


async def serve(path: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    running = await start(orjson.loads(Path(path).read_bytes()))
    print(f"sandbox: {running.url}, mail on port {running.smtp_port}", flush=True)
    await stopped.wait()
    await running.stop()


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m web.stage.providers CONFIG.json")
    try:
        asyncio.run(serve(sys.argv[1]))
    except (LiveCredential, OSError) as problem:
        sys.exit(f"The sandbox did not start: {problem}")


if __name__ == "__main__":
    main()
