"""A process of its own that claims beside the server: `beside.py URL`; reads what to claim, a line of JSON each, tells how often it got it."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any


async def claims(wish: dict[str, Any]) -> Counter[str]:
    """Try so many `times` at once to take it for good: how often it was had and refused, and how often the file was locked."""
    from models.claims import claim
    from models.database import is_away, transaction
    from models.fields import instant
    from models.refusal import SoldOut

    ends = Counter[str]()

    async def one() -> str:
        while True:
            try:
                async with transaction() as run:
                    await claim(run, wish["resource"], instant(wish["starts"]), instant(wish["ends"]), wish["quantity"], leg=None,
                                lapses=None, now=instant(wish["now"]))  # fmt: skip
            except SoldOut:
                return "refused"
            except Exception as fault:  # noqa: BLE001  # whatever it is, it counts
                if not is_away(fault):
                    return repr(fault)
                ends["locked"] += 1  # SQLite's own wait is not fair: whoever comes beside a busy server asks again
            else:
                return "won"

    ends.update(await asyncio.gather(*(one() for _ in range(wish["times"]))))
    return ends


async def main(url: str) -> None:
    """One wish after the other, until no more can come."""
    from models.database import close, connect

    await connect(url)
    try:
        print(json.dumps({"ready": 1}), flush=True)  # noqa: T201  # its answer
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await claims(json.loads(line))), flush=True)  # noqa: T201  # its answer
    finally:
        await close()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    asyncio.run(main(sys.argv[1]))
