"""Everything is lost and comes back from a backup; or moves to another database. On the command line, as its owner does it."""

import asyncio
import json
import os
import resource
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from bot import backup
from bot.program import NotToBe, alone
from bot.settings import Settings
from bot.wrong import Wrong
from models import copying, database
from models.database import Refused, read, transaction
from models.fields import micros
from models.stuck import stuck
from tests.conftest import DIALECT, NOW, Dialect
from tests.models.filled import fill
from tests.models.test_copying import contents, order, silent, url_of
from tests.people import Bellhop, Desk, Person, whole_bellhop
from tests.stories import moves

pytestmark = moves.SDKS
SECRET = "the secret of the tests"
QUIETENED = {  # what a restored house does not take over as it was
    "delivery": {"state", "error"},
    "recipient": {"next_due", "lease", "owner"},
    "inbound": {"state", "due", "error"},
    "kept": {"value"},
    "counter": {"given"},
}
FIRST_VERSION = """
import asyncio, sys
from tortoise.migrations.api import migrate
from models.database import close, config
async def make():
    await migrate(config=config(sys.argv[1]), target="models.0001_initial")
    await close()
asyncio.run(make())
"""


async def bellhop_says(*command: str, fails: bool = False, **settings: object) -> str:
    """What a command prints; with `fails` what it refuses with, in one sentence and exit code 1."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("BELLHOP_")}
    given = {f"BELLHOP_{name.upper()}": str(value) for name, value in settings.items()}
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    running = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", *command, env=known | given, **pipes)
    said, complained = (text.decode() for text in await running.communicate())
    assert running.returncode == int(fails) and "Traceback" not in complained, (said, complained)
    assert fails or complained == "", "progress is for terminals"
    return complained if fails else said


def unpacked(archive: Path, to: Path) -> str:
    """The address of the records in a backup."""
    with zipfile.ZipFile(archive) as packed:
        return url_of(Path(packed.extract("records.db", to)))


@pytest_asyncio.fixture
async def elsewhere(dialect: Dialect) -> AsyncIterator[str]:
    """Another database of this process's kind, without a table."""
    url = await dialect.empty()
    yield url
    await dialect.drop(url)


@pytest.fixture(scope="module")
def archive(workshop: Path) -> Path:
    """A backup of an SQLite file with rows in every table, and its key."""
    folder = workshop / "kept"
    folder.mkdir()
    env = {**os.environ, "BELLHOP_DATA": str(folder)}
    command = [sys.executable, "-m", "bot"]
    subprocess.run([*command, "migrate"], env=env, check=True, timeout=120)
    fill(folder / "bellhop.db", 30)
    (folder / "secret.key").write_text("the key of the links")
    subprocess.run([*command, "backup", str(folder / "full.zip")], env=env, check=True, timeout=120)
    return folder / "full.zip"


def settings(url: str, data: Path, **more: Any) -> Settings:
    """An installation of its own."""
    return Settings(_env_file=None, database_url=url, data=data, **more)


# -- lost and restored --------------------------------------------------------------------------


async def _a_busy_day(bellhop: Bellhop) -> tuple[str, str, bytes]:
    """A booking, paid, with its papers; then nothing leaves any more. Gives its code, the guest's link and the ticket."""
    ana, luis = Person(bellhop, "ana", "whatsapp"), Person(bellhop, "luis", "telegram")
    reference = await moves.books(ana, moves.TRANSFER, email="ana@example.com")
    await ana.pays("ok")
    await ana.hears(reference, "54.00")
    mail = await moves.papers(bellhop, "ana@example.com")
    await moves.all_carried(reference)
    link = "/".join(urlsplit(ana.link()).path.split("/")[:3])
    await luis.says("hola")
    await luis.hears()
    talk = (await read("SELECT id FROM talk WHERE booking_id IS NULL"))[0]["id"]
    await bellhop.program.courier.drain()
    async with Desk(bellhop) as desk:
        await desk.logs_in()
        assert await desk.sends(f"/desk/bookings/{reference}/message", text="See you tomorrow") == 303
        assert await desk.sends(f"/desk/talks/{talk}/message", text="Un momento, por favor") == 303
    return reference, link, moves.pdf(bellhop, mail, "ticket")


async def _it_dies_at_work() -> None:
    """One message was on its way out, one that came in was owed its turn."""
    async with transaction() as run:
        await run("UPDATE delivery SET state = 'sending', attempt = 1 WHERE id = (SELECT MAX(id) FROM delivery)")
        await run("UPDATE recipient SET lease = 1, owner = 'it' WHERE id = (SELECT MAX(id) FROM recipient)")
        await run(
            "INSERT INTO inbound (channel, external_id, recipient_id, heard, words, state, attempts, due, received) SELECT "
            "channel, 'owed', recipient_id, heard, 'and my bags?', 'owed', 1, :due, received FROM inbound WHERE id = 1",
            due=micros(NOW.replace(year=2030)),
        )


async def test_everything_is_there_again(database_url: str, elsewhere: str, tmp_path: Path) -> None:
    """Every record and paper as it was, the old link opens; what had not left is on the desk, and leaves when staff say so."""
    file, ours = tmp_path / "bellhop.zip", {"data": tmp_path / "data", "secret_key": SECRET}
    async with whole_bellhop(database_url, tmp_path / "data") as bellhop:
        reference, link, ticket = await _a_busy_day(bellhop)
        await _it_dies_at_work()
        mails = len(list(bellhop.sim.world.mails))
        await bellhop_says("backup", str(file), database_url=database_url, **ours)  # while it works
        async with copying.opened(unpacked(file, tmp_path)) as records:
            assert await records.ask("SELECT reference FROM booking WHERE state = 'confirmed'") == [(reference,)]
    await bellhop_says("backup", str(file), database_url=database_url, **ours)
    assert await contents(unpacked(file, tmp_path)) == await contents(database_url)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    began = micros(datetime.now(UTC))
    refused = await bellhop_says(
        "restore", str(file), "--invoices-from", "1", fails=True, database_url=elsewhere, **ours
    )
    assert "invoices up to number 1 (" in refused and "--invoices-from is 2 or more" in refused
    said = await bellhop_says("restore", str(file), "--invoices-from", "7", database_url=elsewhere, **ours)
    assert "Not sent or answered by then: 3" in said and "Links" not in said
    assert "The next invoice has number 7; the last in the backup is " in said
    was, found = await contents(database_url, QUIETENED), await contents(elsewhere, QUIETENED)
    found["kept"].remove("('restored',)")
    assert found | {"numbers": []} == was | {"numbers": []}
    await _nothing_leaves_by_itself(database_url, elsewhere, began)

    async with whole_bellhop(elsewhere, tmp_path / "data") as bellhop:  # the providers are as they were
        async with bellhop.http.get(bellhop.url + link) as page:
            assert page.status == 200 and reference in await page.text()
        async with bellhop.http.get(f"{bellhop.url}{link}/ticket.pdf") as paper:
            assert await paper.read() == ticket
        await _the_desk_decides(bellhop, reference)
        assert len(list(bellhop.sim.world.mails)) == mails


async def _nothing_leaves_by_itself(lost: str, found: str, began: int) -> None:
    async with copying.opened(lost) as there, copying.opened(found) as here:
        assert await here.ask("SELECT 1 FROM delivery WHERE state IN ('waiting', 'sending')") == []
        assert (
            await here.ask("SELECT 1 FROM recipient WHERE COALESCE(next_due, lease) IS NOT NULL OR owner IS NOT NULL")
            == []
        )
        assert await here.ask("SELECT due FROM inbound WHERE external_id = 'owed' AND state = 'parked'") == [(None,)]
        was, now = [dict(await side.ask("SELECT name, value FROM kept")) for side in (there, here)]
        changed = {name for name in was if was[name] != now[name]}
        assert (
            changed == {"catch_up:whatsapp", "nudged_until"}
            and {"catch_up:stripe", "clock_offset"} <= now.keys() - {"restored"} == was.keys()
        )
        assert await here.ask("SELECT given FROM counter WHERE name = 'invoice'") == [(6,)]
        assert int(now["catch_up:whatsapp"]) >= began + float(now["clock_offset"]) * 1_000_000
        numbers = [await side.numbers() for side in (there, here)]
        assert all(
            numbers[1][table] == last + backup.AHEAD for table, last in numbers[0].items() if table != "catalog_version"
        )


async def _the_desk_decides(bellhop: Bellhop, reference: str) -> None:
    ana, luis = Person(bellhop, "ana", "whatsapp"), Person(bellhop, "luis", "telegram")
    unsent = await read("SELECT id, booking_id FROM delivery WHERE state = 'given_up' ORDER BY id")
    async with Desk(bellhop) as desk:
        await desk.logs_in()
        board, page = await desk.opens(), await desk.opens(f"/desk/bookings/{reference}")
        assert "Restored from the backup of" in board and "given again" not in board, (
            "staff have said with which number"
        )
        talks = await desk.opens("/desk/talks")
        for each in unsent:
            shown = page if each["booking_id"] else talks
            assert f"/desk/deliveries/{each['id']}/again" in shown and "not sent before the backup of" in shown
        assert "and my bags?" in talks and "/desk/heard/" in talks
        assert bellhop.shown == [], "nothing left by itself"
        for each in unsent:
            assert await desk.sends(f"/desk/deliveries/{each['id']}/again") == 303
    await ana.hears("See you tomorrow")
    await luis.hears("Un momento")


async def test_what_may_have_been_done_since_is_for_staff(database_url: str, elsewhere: str, tmp_path: Path) -> None:
    """A hold's end and an invoice's number: the one is not told by itself, of the other the command and the desk warn."""
    file, ours = tmp_path / "bellhop.zip", {"data": tmp_path / "data", "secret_key": SECRET}
    async with whole_bellhop(database_url, tmp_path / "data") as bellhop:
        ended = await moves.books(Person(bellhop, "ana", "whatsapp"), moves.TRANSFER)
        ends = await moves.books(Person(bellhop, "luis", "telegram"), moves.COACH_ES)
        past = micros(NOW) - 60_000_000
    await order(database_url, f"UPDATE due SET at = {past} WHERE booking_id = 1")
    await order(database_url, f"UPDATE booking SET hold_until = {past} WHERE id = 1")
    await order(database_url, "INSERT INTO waiting (booking_id, resource, starts, ends, quantity, units, since) "
                "VALUES (2, 'vehicle:sedan', 0, 1, 1, 1, 0)")  # fmt: skip
    await order(database_url, "INSERT INTO freed (resource, starts, ends, at) VALUES ('vehicle:sedan', 0, 1, 0)")
    await bellhop_says("backup", str(file), database_url=database_url, **ours)
    said = await bellhop_says("restore", str(file), database_url=elsewhere, **ours)
    assert "No invoice is in the backup. Numbers given after the backup would be given again." in said
    assert "--invoices-from" in said
    async with copying.opened(elsewhere) as found:
        for table in ("waiting", "freed"):
            assert await found.ask(f"SELECT id FROM {table}") == [], "whom the list may have offered something since"
    async with whole_bellhop(elsewhere, tmp_path / "data") as bellhop:
        await bellhop.later(minutes=31)
        await moves.becomes(ends, "expired")
        await moves.becomes(ended, "expired")
        told = await moves.all_carried(ends) + await moves.deliveries(ended)
        told = {row["booking_id"]: row for row in told if row["kind"] == "hold_ended_guest"}
        assert told[2]["state"] in moves.GONE
        assert told[1]["state"] == "given_up" and "it may have left since" in told[1]["error"]
        async with Desk(bellhop) as desk:
            await desk.logs_in()
            board = await desk.opens()
            assert "No invoice was known then: numbers given after it may be given again." in board
        await bellhop.later(days=8)
        assert not (await stuck(bellhop.program.house.now())).some


# -- beside writers, and cut short --------------------------------------------------------------


async def _writes(url: str, stop: asyncio.Event, committed: list[str]) -> None:
    """One commit after the other until told to stop, each noted when it has returned."""
    if DIALECT == "postgres":
        connection = await asyncpg.connect(**database.credentials(url))
        try:
            while not stop.is_set():
                await connection.execute("INSERT INTO kept VALUES ($1, '')", f"note {len(committed)}")
                committed.append(f"note {len(committed)}")
        finally:
            await connection.close()
        return
    with closing(sqlite3.connect(database.sqlite_path(url), isolation_level=None)) as file:
        while not stop.is_set():
            file.execute("INSERT INTO kept VALUES (?, '')", (f"note {len(committed)}",))
            committed.append(f"note {len(committed)}")
            await asyncio.sleep(0)


async def test_what_was_committed_before_is_in_it(database_url: str, tmp_path: Path) -> None:
    """Others write all the time: each commit that returned before the backup began is in it, and they go on meanwhile."""
    stop, committed, file = asyncio.Event(), list[str](), tmp_path / "bellhop.zip"
    async with asyncio.TaskGroup() as group:
        group.create_task(_writes(database_url, stop, committed))
        await bellhop_says("version")
        before = set(committed)
        await bellhop_says("backup", str(file), database_url=database_url, data=tmp_path)
        stop.set()
    async with copying.opened(unpacked(file, tmp_path)) as records:
        assert before <= {name for (name,) in await records.ask("SELECT name FROM kept")}
    assert 0 < len(before) < len(committed)


async def test_never_half_a_file(database_url: str, tmp_path: Path) -> None:
    """The disk is full half-way: one sentence, the older backup stands as it was, and nothing is left lying about."""
    folder = tmp_path / "backups"
    folder.mkdir()
    file = folder / "bellhop.zip"
    ours = {"database_url": database_url, "data": tmp_path}
    await bellhop_says("backup", str(file), **ours)
    older = file.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, limit[1]))
    try:
        said = await bellhop_says("backup", str(file), fails=True, **ours)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert said.startswith("that did not work, everything is as it was: ")
    assert file.read_bytes() == older and list(folder.iterdir()) == [file]


async def test_no_other_file_is_written_over(database_url: str, tmp_path: Path) -> None:
    """A slip of the hand: the name of the database itself, or of a letter."""
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ana")
    with pytest.raises(Wrong, match="no backup of ours"):
        await backup.back_up(settings(database_url, tmp_path), letter, silent)
    assert letter.read_text() == "Dear Ana"


# -- what is not restored -----------------------------------------------------------------------


def _altered(archive: Path, to: Path, **manifest: str) -> Path:
    """The backup with something else in its manifest."""
    with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(to, "w") as made:
        for name in packed.namelist():
            content = packed.read(name)
            made.writestr(name, json.dumps(json.loads(content) | manifest) if name == "manifest.json" else content)
    return to


def _with_other_records(archive: Path, to: Path) -> Path:
    """The backup with a byte of its records altered, by someone who knows how to write a ZIP."""
    with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(to, "w") as made:
        for name in packed.namelist():
            content = bytearray(packed.read(name))
            content[len(content) // 2] ^= name == "records.db"
            made.writestr(name, content)
    return to


def _cut(archive: Path, to: Path) -> Path:
    to.write_bytes(archive.read_bytes()[:-5000])
    return to


def _bitten(archive: Path, to: Path) -> Path:
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    to.write_bytes(content)
    return to


def _a_letter(archive: Path, to: Path) -> Path:
    to.write_text("Dear Ana")
    return to


REFUSED: dict[str, Callable[[Path, Path], Path]] = {
    r"there is no .*x.zip": lambda archive, to: to,
    r"x.zip is damaged, or no backup": _a_letter,
    r"is damaged.*another one": _cut,
    r"damaged, or": _bitten,
    r"damaged, or no": _with_other_records,
    r"made by Bellhop 99\.0 .*update Bellhop, then restore": lambda archive, to: _altered(archive, to, bellhop="99.0"),
    r"\(0999_new\).*update Bellhop": lambda archive, to: _altered(archive, to, migration="0999_new"),
}


@pytest.mark.parametrize("said", REFUSED)
async def test_what_is_broken_or_newer_is_not_restored(
    archive: Path, elsewhere: str, tmp_path: Path, said: str
) -> None:
    """Each with what to do; the database stays empty, and no key is left."""
    file = REFUSED[said](archive, tmp_path / "x.zip")
    with pytest.raises(Wrong, match=said):
        await backup.restore(settings(elsewhere, tmp_path / "data"), file, silent)
    await copying.refuse_full(elsewhere)
    assert {path.name for path in (tmp_path / "data").iterdir()} <= {"bellhop.db.lock"}


async def test_only_an_empty_house_nobody_serves_is_restored_to(
    archive: Path, database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    """Records that are there, a server at work, links of another key: each would be lost, so each is refused."""
    before = await contents(database_url)
    said = await bellhop_says("restore", str(archive), database_url=database_url, data=tmp_path, fails=True)
    assert "is not empty" in said and await contents(database_url) == before

    with alone(settings(elsewhere, tmp_path)):
        if DIALECT == "sqlite":
            with pytest.raises(NotToBe, match="another Bellhop server works on"):
                await backup.restore(settings(elsewhere, tmp_path), archive, silent)

    (tmp_path / "secret.key").write_text("of other links")
    with pytest.raises(Wrong, match=r"secret.key is another key"):
        await backup.restore(settings(elsewhere, tmp_path), archive, silent)
    assert (tmp_path / "secret.key").read_text() == "of other links"
    await copying.refuse_full(elsewhere)


# -- the key ------------------------------------------------------------------------------------


async def test_the_key_comes_back_with_the_records(archive: Path, elsewhere: str, tmp_path: Path) -> None:
    """Readable by its owner alone; when the records cannot be restored, it does not stay behind."""

    def away(table: str, rows: int) -> None:
        raise Refused("the database went away")

    with pytest.raises(Refused, match="went away"):
        await backup.restore(settings(elsewhere, tmp_path), archive, away)
    assert not (tmp_path / "secret.key").exists()
    await copying.refuse_full(elsewhere)
    await backup.restore(settings(elsewhere, tmp_path), archive, silent)
    assert (tmp_path / "secret.key").read_text() == "the key of the links"
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


async def test_links_that_will_not_open_are_told_of(archive: Path, elsewhere: str, tmp_path: Path) -> None:
    """SECRET_KEY is set and not the one of then: the records are restored, and their owner is told what to set."""
    said = await backup.restore(settings(elsewhere, tmp_path, secret_key="another"), archive, silent)
    assert any("set BELLHOP_SECRET_KEY" in each for each in said)
    assert not (tmp_path / "secret.key").exists()


# -- older records, other databases -------------------------------------------------------------


def _of_the_first_version(path: Path) -> Path:
    subprocess.run([sys.executable, "-c", FIRST_VERSION, url_of(path)], check=True, timeout=120)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO guest (id, name, language, created) VALUES (7, 'Ana', 'en', 0)")
    return path


async def test_an_older_backup_is_brought_to_the_newest_shape(elsewhere: str, tmp_path: Path) -> None:
    """One of the first version, with a guest in it."""
    old, file = _of_the_first_version(tmp_path / "old.db"), tmp_path / "old.zip"
    manifest = await backup.back_up(settings(url_of(old), tmp_path), file, silent)
    assert (manifest["migration"], manifest["counts"]["guest"]) == ("0001_initial", 1)
    await backup.restore(settings(elsewhere, tmp_path / "data"), file, silent)
    async with copying.opened(elsewhere) as side:
        assert await side.ask("SELECT id, name FROM guest") == [(7, "Ana")]
    await database.connect(elsewhere)
    try:
        await database.verify()
    finally:
        await database.close()


async def test_moving_to_another_database(archive: Path, elsewhere: str, tmp_path: Path) -> None:
    """Everything is there, and in a backup of it; the source stays; not beside a server, and not a second time."""
    source = unpacked(archive, tmp_path)
    before = await contents(source)
    with alone(settings(source, tmp_path)):
        said = await bellhop_says("migrate", "--to", elsewhere, database_url=source, data=tmp_path, fails=True)
        assert "another Bellhop server works on" in said
    said = await bellhop_says("migrate", "--to", elsewhere, database_url=source, data=tmp_path)
    assert f"Set BELLHOP_DATABASE_URL to {elsewhere}" in said
    assert await contents(elsewhere) == before == await contents(source)
    with pytest.raises(Refused, match="is not empty"):
        await backup.move(settings(source, tmp_path), elsewhere, silent)

    (tmp_path / "records.db").unlink()
    await bellhop_says("backup", str(tmp_path / "moved.zip"), database_url=elsewhere, data=tmp_path)
    assert await contents(unpacked(tmp_path / "moved.zip", tmp_path)) == before


def test_no_password_is_shown() -> None:
    """In what a move says at its end."""
    assert backup.without_password("postgres://bell:s3cret@db/bellhop") == "postgres://bell:…@db/bellhop"
    assert backup.without_password("postgres://bell@db/bellhop") == "postgres://bell@db/bellhop"
