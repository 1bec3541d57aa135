"""Backups of all records with the key of their links, restored when everything else is lost; and moving to another database."""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg

import models
from bot.program import alone
from bot.settings import Settings
from bot.wrong import Wrong
from handlers.guests_fell_silent import NAME as NUDGED_UNTIL
from models import copying, links
from models.copying import Tell
from models.database import sqlite_path
from models.fields import micros
from models.restored import NAME, Restored

MANIFEST, RECORDS, KEY = "manifest.json", "records.db", "secret.key"
_PIECE = 16 << 20  # bytes
AHEAD = 10_000_000  # ids that a restored table leaves out: more than were given between the backup and the loss

Manifest = dict[str, Any]


async def back_up(settings: Settings, path: Path, tell: Tell) -> Manifest:
    """Write everything as it is at this moment into one file, beside servers at work, which do not wait; gives its manifest.

    The file appears whole or not at all, readable by its owner alone; an older backup of that name gives way to it then.
    """
    with _plainly(), _appearing(path) as made:
        files = {RECORDS: made.with_name(RECORDS)}
        moment = datetime.now(UTC)
        await _write_records(settings.database, files[RECORDS], tell)
        if not settings.secret_key.get_secret_value() and (settings.data / KEY).exists():
            files[KEY] = settings.data / KEY
        manifest = {
            "bellhop": installed("bellhop"),
            "migration": await copying.newest_migration(_url(files[RECORDS])),
            "moment": moment.isoformat(timespec="seconds"),
            "counts": await copying.counts(_url(files[RECORDS])),
            "sha256": {name: _sha256(file) for name, file in files.items()},
        }
        _pack(made, files, manifest)
    return manifest


async def restore(settings: Settings, path: Path, tell: Tell, invoices_from: int | None = None) -> list[str]:
    """Put a backup into the empty database of the settings, and its key under DATA; gives what to say about it.

    Whatever had not left when the backup was made may have left since: the desk shows it, nothing of it is sent by itself.
    Invoices go on behind the last in the backup, or with number `invoices_from`.
    Refuses (`Wrong`, `Refused`) a damaged or newer backup, a database that holds anything or is being served, another key,
    and a number for invoices that is in the backup already.
    """
    with _plainly(), alone(settings):
        await copying.refuse_full(settings.database)
        settings.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore.", dir=settings.data) as folder:
            manifest = _unpack(path, Path(folder))
            records = Path(folder) / RECORDS
            with _key_in_place(Path(folder) / KEY, settings):
                if manifest["migration"] != _newest():
                    await _shape(_url(records))
                unsent, invoice = _quieten(records, datetime.fromisoformat(manifest["moment"]), invoices_from)
                await _shape(settings.database)
                counts = await copying.copy(_url(records), settings.database, tell)
            said = _restored(manifest, counts, unsent, links_open=_links_open(records, settings))
            return said + _invoices(invoice, invoices_from)


async def move(settings: Settings, target: str, tell: Tell) -> dict[str, int]:
    """Copy all records into an empty database and check them there; gives their numbers. The source stays as it is.

    Refuses (`Wrong`, `Refused`) a source that is being served, a target that holds anything, and a copy that differs.
    """
    with _plainly():
        await copying.refuse_others(settings.database)
        await copying.newest_migration(settings.database)  # refuses what is no database of ours
        with alone(settings):
            await copying.refuse_full(target)
            await _shape(target)
            return await copying.copy(settings.database, target, tell)


def without_password(url: str) -> str:
    """A database's address as it may be shown."""
    parts = urlsplit(url)
    return url if parts.password is None else url.replace(f":{parts.password}@", ":…@", 1)


@contextmanager
def _plainly() -> Iterator[None]:
    """A full disk, a missing folder, a database that is away: one sentence."""
    try:
        yield
    except (OSError, sqlite3.Error, asyncpg.PostgresError) as trouble:
        raise Wrong(f"{_WENT_WRONG}{trouble}") from trouble


_WENT_WRONG = "that did not work, everything is as it was: "


async def _shape(url: str) -> None:
    """Bring a database to the newest shape, in a process of its own: Tortoise keeps to the first kind it has spoken to."""
    migrating = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "migrate",
        env={**os.environ, "BELLHOP_DATABASE_URL": url}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await migrating.communicate()
    if migrating.returncode:
        words = said.decode(errors="replace").strip()
        raise Wrong(words if "Traceback" not in words else _WENT_WRONG + words.splitlines()[-1])


def _url(path: Path) -> str:
    return f"sqlite:///{quote(str(path.absolute()))}"


# --- writing ---


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A file to write beside its place; once written, it is there, and outlives a power cut."""
    if path.exists() and not _is_backup(path):
        raise Wrong(f"{path} is there already and is no backup of ours: choose another name")
    with (
        tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.absolute().parent) as folder,
        _little_by_little(Path(folder)),
    ):
        made = Path(folder) / "made"
        yield made
        made.replace(path)
        descriptor = os.open(path.absolute().parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _little_by_little(folder: Path) -> Iterator[None]:
    """What is written in this folder goes to the disk as it comes, and goes from it in pieces.

    Else it goes at once, and whoever commits on that disk meanwhile waits some tenths of a second.
    """
    done = threading.Event()
    flushing = threading.Thread(target=_flush, args=(folder, done))
    flushing.start()
    try:
        yield
    finally:
        done.set()
        flushing.join()
        for path in folder.iterdir():
            for size in range(path.stat().st_size, 0, -_PIECE):
                os.truncate(path, size)


def _flush(folder: Path, done: threading.Event) -> None:
    while not done.wait(0.005):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):  # it is gone; or a full disk, of which the writer hears too
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    os.fdatasync(descriptor)
                finally:
                    os.close(descriptor)


async def _write_records(source: str, to: Path, tell: Tell) -> None:
    if not source.startswith("sqlite:"):
        await _shape(_url(to))
        await copying.copy(source, _url(to), tell)
        return
    await copying.newest_migration(source)  # refuses what is no database of ours
    _vacuum(Path(sqlite_path(source)), to)


def _vacuum(file: Path, to: Path) -> None:
    """One moment of an SQLite file in WAL; its writers go on."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


def _pack(made: Path, files: dict[str, Path], manifest: Manifest) -> None:
    descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.writestr(MANIFEST, json.dumps(manifest, indent=1))
            for name, path in files.items():
                packed.write(path, name)
        file.flush()
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- reading ---


def _is_backup(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as packed:
        return {MANIFEST, RECORDS} <= set(packed.namelist())


def _unpack(path: Path, folder: Path) -> Manifest:
    """Everything in a backup, as it was written and no newer than we are."""
    if not path.exists():
        raise Wrong(f"there is no {path}")
    damaged = Wrong(f"{path} is damaged, or no backup of Bellhop's: take another one")
    try:
        with zipfile.ZipFile(path) as packed:
            manifest: Manifest = json.loads(packed.read(MANIFEST))
            _refuse_newer(path, str(manifest["bellhop"]), str(manifest["migration"]))
            for name in {RECORDS, KEY} & set(packed.namelist()):
                with packed.open(name) as content, (folder / name).open("wb") as file:
                    shutil.copyfileobj(content, file)
            whole = all(_sha256(folder / name) == sha256 for name, sha256 in manifest["sha256"].items())
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, FileNotFoundError):
        raise damaged from None
    if not whole or RECORDS not in manifest["sha256"]:
        raise damaged
    return manifest


def _refuse_newer(path: Path, theirs: str, migration: str) -> None:
    ours, known = installed("bellhop"), _newest()
    if _numbers(theirs) > _numbers(ours) or migration > known:
        raise Wrong(
            f"{path} was made by Bellhop {theirs} ({migration}), this is {ours} ({known}): update Bellhop, then restore"
        )


def _newest() -> str:
    return max(file.stem for file in (Path(models.__path__[0]) / "migrations").glob("0*.py"))


def _numbers(version: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", version)]


def _quieten(records: Path, moment: datetime, invoices_from: int | None) -> tuple[int, str | None]:
    """Nothing in these records leaves, or is answered, by itself; gives how many messages the desk has now, and the last invoice."""
    why = f"not sent before the backup of {moment:%Y-%m-%d %H:%M} UTC; it may have left since"
    with closing(sqlite3.connect(records)) as connection, connection as run:
        now = datetime.now(UTC) + _offset(run)
        unsent = run.execute(
            "UPDATE delivery SET state = 'given_up', error = ? WHERE state IN ('waiting', 'sending')", (why,)
        ).rowcount
        run.execute("UPDATE recipient SET next_due = NULL, lease = NULL, owner = NULL")
        stuck = run.execute(
            "UPDATE inbound SET state = 'parked', due = NULL, error = ? WHERE state = 'owed'",
            ("its answer may have left after the backup",),
        ).rowcount
        # What guests wrote since was read then, and answered: it is not fetched once more. `catch_up:stripe` stays, for every
        # payment since the backup must be found again; a payment counts once, however often it is told.
        run.execute("UPDATE kept SET value = ? WHERE name LIKE 'catch!_up:whatsapp%' ESCAPE '!'", (str(micros(now)),))
        # Whoever fell silent before now may have been nudged after the backup.
        run.execute("INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)", (NUDGED_UNTIL, str(micros(now))))
        # Who waited then may have been offered it since, and have paid: the desk puts them on the list again, or not.
        run.execute("DELETE FROM waiting")
        run.execute("DELETE FROM freed")
        _leave_ids_out(run)
        invoice = _last_invoice(run)
        if invoices_from is not None:
            _go_on_from(run, invoices_from, invoice)
        was = Restored(moment, now, invoice, chosen=invoices_from is not None)
        run.execute("INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)", (NAME, was.as_value()))
    return int(unsent + stuck), invoice


def _last_invoice(run: sqlite3.Connection) -> str | None:
    row = run.execute("SELECT number FROM document WHERE kind = 'invoice' ORDER BY id DESC LIMIT 1").fetchone()
    return str(row[0]) if row else None


def _go_on_from(run: sqlite3.Connection, number: int, last: str | None) -> None:
    """The next invoice has this number; those between the backup's last and this one were given after the backup."""
    row = run.execute("SELECT given FROM counter WHERE name = 'invoice'").fetchone()
    if number <= (given := int(row[0]) if row else 0):
        raise Wrong(
            f"the backup has invoices up to number {given} ({last or 'none'}): --invoices-from is {given + 1} or more"
        )
    run.execute("INSERT OR REPLACE INTO counter (name, given) VALUES ('invoice', ?)", (number - 1,))


def _offset(run: sqlite3.Connection) -> timedelta:
    row = run.execute("SELECT value FROM kept WHERE name = 'clock_offset'").fetchone()
    return timedelta(seconds=float(row[0])) if row else timedelta()


def _leave_ids_out(run: sqlite3.Connection) -> None:
    """A record made since the backup is lost, but the world knows its id: a guest's link, a checkout, a status still to come.

    No new record gets that id, or the link of one guest would open the booking of another.
    """
    run.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' "
        "AND name NOT IN (SELECT name FROM sqlite_sequence)"
    )
    run.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name <> 'catalog_version'", (AHEAD,))


@contextmanager
def _key_in_place(found: Path, settings: Settings) -> Iterator[None]:
    """The backup's key stands under DATA, unless SECRET_KEY is set; it goes again when its records could not be restored."""
    place = settings.data / KEY
    if settings.secret_key.get_secret_value() or not found.exists():
        yield
    elif place.exists():
        if place.read_bytes() != found.read_bytes():
            raise Wrong(f"{place} is another key than the backup's, whose links would not open: move it away first")
        yield
    else:
        shutil.copyfile(found, place, follow_symlinks=False)
        place.chmod(0o600)
        try:
            yield
        except BaseException:
            place.unlink()
            raise


def _links_open(records: Path, settings: Settings) -> bool:
    """Whether links sent before the backup open with the key we have now."""
    with closing(sqlite3.connect(records)) as connection:
        row = connection.execute("SELECT sha256, booking_id, purpose, version FROM link LIMIT 1").fetchone()
    if row is None:
        return True
    sha256, booking, purpose, version = row
    return bool(
        hashlib.sha256(links.token(settings.secret(), booking, purpose, version).encode()).hexdigest() == sha256
    )


def _restored(manifest: Manifest, counts: dict[str, int], unsent: int, *, links_open: bool) -> list[str]:
    moment = datetime.fromisoformat(manifest["moment"])
    said = [f"Restored: everything as it was on {moment:%Y-%m-%d at %H:%M} UTC, {sum(counts.values())} records."]
    if unsent:
        said.append(f"Not sent or answered by then: {unsent}. Nothing of it leaves by itself; the desk shows it.")
    if not links_open:
        said.append("Links sent before do not open: set BELLHOP_SECRET_KEY to what it was when the backup was made.")
    return said


def _invoices(last: str | None, invoices_from: int | None) -> list[str]:
    if invoices_from is not None:
        return [f"The next invoice has number {invoices_from}; the last in the backup is {last or 'none'}."]
    known = f"The last invoice in the backup is {last}" if last else "No invoice is in the backup"
    return [
        f"{known}. Numbers given after the backup would be given again.",
        _LOOK_FIRST,
    ]


_LOOK_FIRST = (
    "Before you start Bellhop, look in the house's mail for invoices after it. If there are any, restore into an empty "
    "database once more, with --invoices-from and the number that follows the last one."
)
