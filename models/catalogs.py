"""The catalogue as it was at each moment: immutable versions, the newest one on sale."""

import hashlib
from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from models import news, waiting
from models.catalog import Catalog, compile
from models.claims import Resource
from models.database import read, transaction
from models.fields import Instant, Json, micros, packed


class CatalogVersion(Model):
    """One version of the catalogue, loading or editing adds one, nothing changes one."""

    id = fields.BigIntField(primary_key=True)
    sha256 = fields.CharField(max_length=64)
    content = Json()
    loaded = Instant()

    class Meta:
        table = "catalog_version"


async def load(content: dict[str, Any], now: datetime) -> int:
    """Put this content on sale and give its version; loading what is on sale already changes nothing."""
    sha = hashlib.sha256(packed(content).encode()).hexdigest()
    async with transaction() as run:
        newest = await run("SELECT id, sha256 FROM catalog_version ORDER BY id DESC LIMIT 1")
        if newest and newest[0]["sha256"] == sha:
            return int(newest[0]["id"])
        row = await run(
            "INSERT INTO catalog_version (sha256, content, loaded) VALUES (:sha, :content, :now) RETURNING id",
            sha=sha, content=packed(content), now=micros(now),
        )  # fmt: skip
        version = int(row[0]["id"])
        for key, units in compile(content).units().items():
            await Resource.declare(run, key, units)
        await waiting.all_of_it(run, now)
        news.announce("catalogue")
    return version


async def on_sale() -> tuple[int, Catalog]:
    """The newest version and its catalogue; `LookupError` on an empty database."""
    newest = await read("SELECT MAX(id) AS id FROM catalog_version")
    if newest[0]["id"] is None:
        raise LookupError("no catalogue is loaded: run `bellhop catalog load FILE`")
    number = int(newest[0]["id"])
    return number, await version(number)


async def version(number: int) -> Catalog:
    """The catalogue of one version. Kept in memory: a version never changes."""
    if number not in _compiled:
        row = await CatalogVersion.get(id=number)
        _compiled[number] = compile(row.content, number)
    return _compiled[number]


_compiled: dict[int, Catalog] = {}
