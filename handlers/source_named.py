"""The desk named a new source: somewhere that guests come from by a card or a link of its own."""

import re
import unicodedata

from handlers.house import House
from models.database import transaction
from models.fields import micros
from models.refusal import Incomplete

LONGEST = 80  # characters of a name
RESERVED = ("web", "mail", "desk")  # the house's own


async def source_named(house: House, name: str) -> str:
    """Keep it; gives its key, made of the name. The same name again is the same source. Refuses with Incomplete."""
    name = " ".join(name.replace("\x00", "").split())[:LONGEST]
    key = _key(name)
    if not key:
        raise Incomplete(missing=["name"])
    async with transaction() as run:
        await run(
            "INSERT INTO source (key, name, made) VALUES (:key, :name, :now) ON CONFLICT (key) DO NOTHING",
            key=key, name=name, now=micros(house.now()),
        )  # fmt: skip
    return key


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:22].strip("-")
    return f"{key}-2" if key in RESERVED else key
