"""A catalogue that another process loads is on sale here at once, and every desk hears of it."""

import asyncio
import os
import sys
from pathlib import Path

from models import catalogs, news
from models.bells import between_processes
from models.catalog_file import read_file
from models.news import News
from tests.conftest import DIALECT, NOW, SAMPLE
from tests.patience import PATIENCE


async def load_elsewhere(url: str, folder: Path) -> None:
    """`bellhop catalog load`, in a process of its own: the same catalogue with an e-mail address more."""
    changed = folder / "catalog.yaml"
    changed.write_text(SAMPLE.read_text("utf-8").replace("name: Costa Alisia", "name: Costa Nueva", 1), "utf-8")
    known = {"BELLHOP_DATABASE_URL": url, "BELLHOP_DATA": str(folder), "BELLHOP_SECRET_KEY": "the secret of the tests"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "catalog", "load", str(changed), env={**os.environ, **known},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_what_another_process_loads_is_on_sale_here_at_once(database: str, tmp_path: Path) -> None:
    """No process keeps which version is the newest; on PostgreSQL its desks are told to look, by the time the command ends."""
    before, catalog = await catalogs.on_sale()
    queue = news.listen()
    try:
        async with between_processes(database):
            if DIALECT == "postgres":
                assert await asyncio.wait_for(queue.get(), PATIENCE) == News("anew")  # joining
            await load_elsewhere(database, tmp_path)
            number, fresh = await catalogs.on_sale()
            assert (number, fresh.brand.name) == (before + 1, "Costa Nueva") != (before, catalog.brand.name)
            if DIALECT == "postgres":  # an SQLite file has one server, whose pages look again every minute
                assert await asyncio.wait_for(queue.get(), PATIENCE) == News("catalogue")
    finally:
        news.ignore(queue)
    assert (await catalogs.version(before)).brand.name == catalog.brand.name


async def test_without_looking_at_the_newest_an_old_catalogue_stays_on_sale(database: str, tmp_path: Path) -> None:
    """The control: a process that remembers the newest version goes on selling what is no longer sold."""
    remembered = await catalogs.on_sale()
    await load_elsewhere(database, tmp_path)
    assert remembered[0] < (await catalogs.on_sale())[0]


async def test_loading_tells_every_desk_and_loading_the_same_again_tells_nobody(database: str) -> None:
    """Once, when it is durable."""
    content = read_file(SAMPLE).content or {}
    queue = news.listen()
    try:
        assert await catalogs.load(content, NOW) == (await catalogs.on_sale())[0]
        assert queue.empty()
        await catalogs.load({**content, "brand": {**content["brand"], "name": "Costa Nueva"}}, NOW)
        assert queue.get_nowait() == News("catalogue")
    finally:
        news.ignore(queue)
