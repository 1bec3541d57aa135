"""`bellhop`, or `python -m bot`: the command line, and the one place where everything meets."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import ahead
from bot.wrong import Wrong

if TYPE_CHECKING:
    from bot.settings import Settings

# Commands import what they need when they run: the demo must stand within three seconds of its second start.

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
catalog_app = typer.Typer(help="What is on sale.", no_args_is_help=True)
templates_app = typer.Typer(help="WhatsApp's approved templates.", no_args_is_help=True)
staff_app = typer.Typer(help="Who may sit at the desk.", no_args_is_help=True)
app.add_typer(catalog_app, name="catalog")
app.add_typer(templates_app, name="templates")
app.add_typer(staff_app, name="staff")


def main() -> None:
    """Run a command; what is expected to go wrong is one sentence and exit code 1."""
    try:
        app()
    except Wrong as refusal:
        typer.secho(str(refusal), fg="red", err=True)
        raise SystemExit(1) from None


def _settings() -> "Settings":
    from bot.settings import read_settings

    return read_settings()


def _run(work: Coroutine[Any, Any, None]) -> None:
    import uvloop

    from bot.log import log_plainly
    from models.database import Refused

    log_plainly()
    try:
        uvloop.run(work)
    except Refused as refusal:
        raise Wrong(str(refusal)) from None


@app.command()
def demo() -> None:
    """The whole product on this machine, with simulated providers. No account, no key."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), ahead.server() as server:  # Ctrl-C is how a demo ends
        from bot.demo import play

        play(_settings(), server)


@app.command()
def serve() -> None:
    """The server: hooks, pages, courier and clock."""
    with ahead.loading():
        from web.serving import serve as serve_until_stopped

    _run(serve_until_stopped(_settings(), stage=False))


@app.command()
def worker() -> None:
    """Courier and clock without the web, beside servers on PostgreSQL."""
    settings = _settings()
    if not settings.database.startswith("postgres"):
        raise Wrong("a worker needs PostgreSQL (BELLHOP_DATABASE_URL): an SQLite file has room for one process")
    _run(_work(settings))


async def _work(settings: "Settings") -> None:
    from bot.program import running

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running(settings):
        await stopped.wait()


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="Copy all records into this empty database, postgres:// or sqlite:///.")] = "",
) -> None:
    """Bring the database to the newest shape, or copy everything into another one."""
    if to:
        _run(_move(_settings(), to))
        return
    _run(_migrate(_settings()))
    typer.echo("The database is up to date.")


async def _migrate(settings: "Settings") -> None:
    from models import database

    try:
        async with database.one_migrates(settings.database):
            await database.migrate(settings.database)
    finally:
        await database.close()


async def _move(settings: "Settings", to: str) -> None:
    from bot import backup

    counts = await backup.move(settings, to, _progress)
    typer.echo(f"Copied and checked: {sum(counts.values())} records in {len(counts)} tables.")
    typer.echo(f"Set BELLHOP_DATABASE_URL to {backup.without_password(to)} and start Bellhop.")
    typer.echo(f"{backup.without_password(settings.database)} stays as it is: keep it until you are sure.")


@app.command("backup")
def back_up(file: Path) -> None:
    """Write all records and the key of the links into one file; a server may be at work."""
    os.nice(10)  # servers at work come first
    _run(_back_up(_settings(), file))


async def _back_up(settings: "Settings", file: Path) -> None:
    from bot import backup

    manifest = await backup.back_up(settings, file, _progress)
    typer.echo(f"{file} has everything as it was at {manifest['moment']}: keep it as safe as the records themselves.")


@app.command()
def restore(
    file: Path,
    invoices_from: Annotated[
        int | None, typer.Option(help="The number of the next invoice, when some were given after the backup.")
    ] = None,
) -> None:
    """Put a backup into an empty database. Nothing is sent by itself: the desk shows what had not left."""
    _run(_restore(_settings(), file, invoices_from))


async def _restore(settings: "Settings", file: Path, invoices_from: int | None) -> None:
    from bot import backup

    typer.echo("\n".join(await backup.restore(settings, file, _progress, invoices_from)))


def _progress(table: str, rows: int) -> None:
    """On a terminal, one line that is written over; elsewhere nothing."""
    if sys.stderr.isatty():
        typer.echo(f"\r\033[K{table} {rows}\r", nl=False, err=True)


@app.command()
def version() -> None:
    """Which Bellhop this is."""
    typer.echo(installed("bellhop"))


@app.command("replay")
def replay_transcripts(
    files: Annotated[list[Path], typer.Argument(help="Transcripts; docs/transcripts.md tells how they are written.")],
    write: Annotated[bool, typer.Option("--write", help="Put what the bot says now into the files.")] = False,
) -> None:
    """Play transcripts and show where the bot says something else."""
    from rich.console import Console

    from bot.log import log_plainly
    from bot.replay import replay

    log_plainly()
    try:
        differed = asyncio.run(replay(files, Console(highlight=False), write=write))
    except KeyboardInterrupt:
        raise Wrong("stopped before the end") from None
    if differed and not write:
        raise typer.Exit(1)


@app.command("chat")
def chat_here(
    language: Annotated[str | None, typer.Option(help="What the guest's phone is set to: en or es.")] = None,
    channel: Annotated[str, typer.Option(help="whatsapp or telegram.")] = "whatsapp",
    now: Annotated[str, typer.Option(help="The operator's local time, as 2026-11-20 10:00.")] = "",
) -> None:
    """Talk with the bot in this terminal, as a guest. Nothing is sent or kept."""
    from rich.console import Console

    from bot import chat
    from bot.log import log_plainly

    log_plainly()
    moment = chat.checked(language, channel, now)
    if not sys.stdin.isatty():
        raise Wrong("a chat needs a terminal; `bellhop replay FILE` plays a talk that is written down")
    console = Console(highlight=False)
    chat.chat(lambda: console.input("[bold]> [/bold]"), console, now=moment, channel=channel, language=language)


@catalog_app.command("check")
def catalog_check(
    file: Annotated[Path | None, typer.Argument(help="The catalogue; CATALOG when left out.")] = None,
) -> None:
    """Name every mistake in a catalogue with its line."""
    from models import catalog_file

    path = file or _settings().catalog
    reading = catalog_file.read_file(path)
    for mistake in reading.mistakes:
        typer.secho(f"{path.name}, {mistake}", fg="yellow" if mistake.warning else "red")
    if reading.content is None:
        raise typer.Exit(1)
    typer.echo(f"{path.name} is in order.")


@catalog_app.command("load")
def catalog_load(file: Path) -> None:
    """Put a catalogue on sale, as a new version."""
    from models import catalog_file

    reading = catalog_file.read_file(file)
    if reading.content is None:
        for mistake in reading.mistakes:
            typer.secho(f"{file.name}, {mistake}", fg="red")
        raise typer.Exit(1)
    _run(_load(_settings(), reading.content))


async def _load(settings: "Settings", content: dict[str, Any]) -> None:
    from bot.clock import Clock
    from models import bells, catalogs, database

    await database.connect(settings.database)
    try:
        async with bells.between_processes(settings.database):
            number = await catalogs.load(content, Clock().now())
        typer.echo(f"On sale now: version {number}.")
    finally:
        await database.close()


@catalog_app.command("export")
def catalog_export() -> None:
    """Print the catalogue that is on sale, as YAML."""
    _run(_export(_settings()))


async def _export(settings: "Settings") -> None:
    import yaml

    from models import catalogs, database

    await database.connect(settings.database)
    try:
        number, _ = await catalogs.on_sale()
        row = await catalogs.CatalogVersion.get(id=number)
        typer.echo(yaml.safe_dump(row.content, allow_unicode=True, sort_keys=False))
    finally:
        await database.close()


@templates_app.command("push")
def templates_push() -> None:
    """Hand every notice in for approval at Twilio; what was handed in unchanged is left alone."""
    _run(_push(_settings()))


async def _push(settings: "Settings") -> None:
    from bot import approved

    async with _whatsapp(settings) as whatsapp:
        typer.echo("\n".join(await approved.push(whatsapp.client)) or "Every template is handed in already.")


@templates_app.command("status")
def templates_status() -> None:
    """Say of each notice whether WhatsApp has approved it."""
    _run(_status(_settings()))


async def _status(settings: "Settings") -> None:
    from bot import approved

    async with _whatsapp(settings) as whatsapp:
        typer.echo("\n".join(await approved.status(whatsapp.client)))


@contextlib.asynccontextmanager
async def _whatsapp(settings: "Settings") -> AsyncIterator[Any]:
    from twilio.base.exceptions import TwilioException

    from bot.program import connect_whatsapp
    from bot.whatsapp import AWAY
    from models import database

    await database.connect(settings.database)
    try:
        whatsapp = connect_whatsapp(settings)
        if whatsapp is None:
            raise Wrong("WhatsApp is not connected: set BELLHOP_TWILIO_ACCOUNT_SID and BELLHOP_TWILIO_AUTH_TOKEN")
        try:
            yield whatsapp
        except (TwilioException, *AWAY) as away:
            raise Wrong(f"Twilio: {getattr(away, 'msg', None) or type(away).__name__}") from None
        finally:
            await whatsapp.close()
    finally:
        await database.close()


@templates_app.command("lint")
def templates_lint() -> None:
    """Say what would keep a template from being approved (name, category, words, variables, samples), and which was rejected."""
    from models.database import sqlite_path

    url = _settings().database
    begun = not url.startswith("sqlite:") or Path(sqlite_path(url)).exists()
    _run(_lint(url if begun else None))


async def _lint(database: str | None) -> None:
    from bot import approved

    faults = [*approved.lint(), *(await _rejected(database) if database else [])]
    typer.echo("\n".join(faults) or "Every template can be handed in.")
    if faults:
        raise typer.Exit(1)


async def _rejected(url: str) -> list[str]:
    """What is known of rejected ones."""
    from bot import approved
    from models import database

    await database.connect(url)
    try:
        return await approved.rejected()
    except Exception as away:  # noqa: BLE001  # whatever it is, the files can be looked at
        typer.echo(f"Whether any was rejected cannot be told: {away}", err=True)
        return []
    finally:
        await database.close()


@templates_app.command("write")
def templates_write() -> None:
    """Draw the files under templates/whatsapp anew, after a notice was changed."""
    from bot import approved

    typer.echo("\n".join(approved.write()) or "Every template says what its notice says.")


@staff_app.command("add")
def staff_add(
    login: str,
    name: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Let someone sit at the desk."""
    if len(password) < 8:
        raise Wrong("a password needs at least 8 characters")
    _run(_add(_settings(), login, name, password))
    typer.echo(f"{name} can log in at /desk/login.")


async def _add(settings: "Settings", login: str, name: str, password: str) -> None:
    from bot.clock import Clock
    from models import database, staff
    from web.access import hashed

    await database.connect(settings.database)
    try:
        if await database.read("SELECT 1 AS known FROM staff WHERE login = :login", login=login):
            raise Wrong(f"{login} is taken; choose another log-in")
        await staff.Staff.create(login=login, name=name, password=hashed(password), created=Clock().now())
    finally:
        await database.close()


if __name__ == "__main__":
    main()
