"""`bellhop`, or `python -m bot`: the command line, and the one place where everything meets."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import timedelta
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
import uvloop
import yaml
from aiohttp import web
from rich.console import Console

from bot import demo as demo_play
from bot import words
from bot.clock import Clock
from bot.program import NotToBe, Program, connect_whatsapp, running
from bot.settings import Settings, Wrong, read_settings
from models import catalog_file, catalogs, database, staff
from models.catalog import compile
from models.database import read
from models.fields import instant
from web.access import hashed
from web.app import make_app
from web.keys import DemoLogin
from web.stage.stage import stage_routes

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
catalog_app = typer.Typer(help="What is on sale.", no_args_is_help=True)
templates_app = typer.Typer(help="WhatsApp's approved templates.", no_args_is_help=True)
staff_app = typer.Typer(help="Who may sit at the desk.", no_args_is_help=True)
app.add_typer(catalog_app, name="catalog")
app.add_typer(templates_app, name="templates")
app.add_typer(staff_app, name="staff")
say = Console(highlight=False)

DEMO_STAFF = "marisol@costa-alisia.example"
EXPECTED = (Wrong, NotToBe, database.Refused, demo_play.Unable)


def main() -> None:
    """Run a command; what is expected to go wrong is one sentence and exit code 1."""
    _log_plainly()
    try:
        app()
    except EXPECTED as refusal:
        say.print(f"[red]{refusal}[/red]")
        raise SystemExit(1) from None


def _log_plainly() -> None:
    """One line of JSON an event. A traceback without the values of variables: they hold what guests wrote."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _run(work: Coroutine[Any, Any, None]) -> None:
    uvloop.run(work)


@app.command()
def demo() -> None:
    """The whole product on this machine, with simulated providers. No account, no key."""
    settings = read_settings()
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):  # Ctrl-C is how a demo ends
        asyncio.run(_demo(settings))


async def _demo(settings: Settings) -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: task and task.cancel())
    await demo_play.play(settings)


@app.command()
def serve(stage: Annotated[bool, typer.Option(help="Show the demo's stage at /.", hidden=True)] = False) -> None:
    """The server: hooks, pages, courier and clock."""
    _run(_serve(read_settings(), stage=stage))


async def _serve(settings: Settings, *, stage: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running(settings) as program:
        runner = web.AppRunner(await application(program, stage=stage), access_log=None, shutdown_timeout=8)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as taken:
            raise NotToBe(
                f"port {settings.port} is taken: stop what listens there, or choose another with BELLHOP_PORT"
            ) from taken
        await connect(program, stage=stage)
        await stopped.wait()
        await runner.cleanup()


async def application(program: Program, *, stage: bool) -> web.Application:
    """The doors over a running program, with the stage in front in demo mode."""
    if not stage:
        return make_app(program)
    accounts = demo_play.sandbox(program.settings)
    await _demo_staff(program, accounts["desk_password"])
    return make_app(program, front=_stage(program), demo_login=DemoLogin(DEMO_STAFF, accounts["desk_password"]))


async def _demo_staff(program: Program, password: str) -> None:
    if not await read("SELECT 1 AS known FROM staff WHERE login = :login", login=DEMO_STAFF):
        await staff.Staff.create(
            login=DEMO_STAFF,
            name="Marisol Rojas",
            password=await asyncio.to_thread(hashed, password),
            created=program.house.now(),
        )


def _stage(program: Program) -> list[web.RouteDef]:
    accounts = demo_play.sandbox(program.settings)

    async def about() -> dict[str, Any]:
        catalog = await program.house.catalog()
        people = demo_play.simulators(program.settings, accounts, catalog)["people"]
        return {
            "name": catalog.brand.name,
            "zone": catalog.brand.zone,
            "people": people,
            **_time(program),
            **await _counts(),
        }

    async def advance(step: timedelta | None) -> dict[str, Any]:
        await program.clock.advance(step if step is not None else await _to_the_next(program))
        await program.tick()
        return _time(program)

    def draw(source: str, language: str, facts: Any) -> str:
        return words.html(language).from_string(source).render(**facts)

    return stage_routes(
        program.settings.twilio_api, about, advance, lambda: os.kill(os.getpid(), signal.SIGKILL), draw, _logo(program)
    )


def _logo(program: Program) -> Path | None:
    reading = catalog_file.read_file(program.settings.catalog)
    brand = asdict(compile(reading.content).brand) if reading.content else {}
    path = words.TEMPLATES / "brand" / str(brand.get("key")) / str(brand.get("logo"))
    return path if path.exists() else None


def _time(program: Program) -> dict[str, Any]:
    return {"now": program.clock.now().isoformat(), "offset": program.clock.offset.total_seconds()}


async def _counts() -> dict[str, Any]:
    rows = await read(
        "SELECT (SELECT COUNT(*) FROM booking) AS total, "
        "(SELECT COUNT(*) FROM thread WHERE awaiting = 'house' AND state = 'open') AS awaiting"
    )
    return {"bookings": rows[0]}


async def _to_the_next(program: Program) -> timedelta:
    """How far it is to the next thing that is due: a hold that ends, a trip that starts; an hour when there is none."""
    now = program.clock.now()
    dues = await read("SELECT MIN(at) AS at FROM due")
    ahead = instant(dues[0]["at"]) - now if dues[0]["at"] else timedelta(hours=1)
    return max(ahead, timedelta()) + timedelta(seconds=1)


async def connect(program: Program, *, stage: bool) -> None:
    """Tell the providers where we are: Telegram's hook and menu; in the demo, WhatsApp's templates too."""
    settings = program.settings
    if program.telegram and settings.public_url:
        secret = settings.telegram_secret.get_secret_value()
        await program.telegram.register(settings.url, secret, commands())
    if stage and program.whatsapp:
        await program.whatsapp.push_templates()


def commands() -> dict[str, list[tuple[str, str]]]:
    """The menu of Telegram's commands in each language, the source language for all others."""
    names = ("new", "summary", "help", "person")
    made = {
        language: [(name, words.block(f"command_{name}", language, {})) for name in names]
        for language in words.languages()
    }
    return {"": made[words.SOURCE], **made}


@app.command()
def worker() -> None:
    """Courier and clock without the web, beside servers on PostgreSQL."""
    settings = read_settings()
    if not settings.database.startswith("postgres"):
        raise NotToBe("a worker needs PostgreSQL (BELLHOP_DATABASE_URL): an SQLite file has room for one process")
    _run(_work(settings))


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running(settings):
        await stopped.wait()


@app.command()
def migrate() -> None:
    """Bring the database to the newest shape."""
    _run(_migrate(read_settings()))
    say.print("The database is up to date.")


async def _migrate(settings: Settings) -> None:
    try:
        await database.migrate(settings.database)
    finally:
        await database.close()


@app.command()
def version() -> None:
    """Which Bellhop this is."""
    say.print(installed("bellhop"))


@catalog_app.command("check")
def catalog_check(
    file: Annotated[Path | None, typer.Argument(help="The catalogue; CATALOG when left out.")] = None,
) -> None:
    """Name every mistake in a catalogue with its line."""
    path = file or read_settings().catalog
    reading = catalog_file.read_file(path)
    for mistake in reading.mistakes:
        say.print(f"[{'yellow' if mistake.warning else 'red'}]{path.name}, {mistake}[/]")
    if reading.content is None:
        raise typer.Exit(1)
    say.print(f"{path.name} is in order.")


@catalog_app.command("load")
def catalog_load(file: Path) -> None:
    """Put a catalogue on sale, as a new version."""
    reading = catalog_file.read_file(file)
    if reading.content is None:
        for mistake in reading.mistakes:
            say.print(f"[red]{file.name}, {mistake}[/red]")
        raise typer.Exit(1)
    _run(_load(read_settings(), reading.content))


async def _load(settings: Settings, content: dict[str, Any]) -> None:
    await database.connect(settings.database)
    try:
        number = await catalogs.load(content, Clock().now())
        say.print(f"On sale now: version {number}.")
    finally:
        await database.close()


@catalog_app.command("export")
def catalog_export() -> None:
    """Print the catalogue that is on sale, as YAML."""
    _run(_export(read_settings()))


async def _export(settings: Settings) -> None:
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
    _run(_push(read_settings()))


async def _push(settings: Settings) -> None:
    await database.connect(settings.database)
    try:
        whatsapp = connect_whatsapp(settings)
        if whatsapp is None:
            raise NotToBe("WhatsApp is not connected: set BELLHOP_TWILIO_ACCOUNT_SID and BELLHOP_TWILIO_AUTH_TOKEN")
        pushed = await whatsapp.push_templates()
        await whatsapp.close()
        say.print("\n".join(pushed) or "Every template is handed in already.")
    finally:
        await database.close()


@templates_app.command("lint")
def templates_lint() -> None:
    """Say what would keep a notice from being approved."""
    faults = [
        f"{name} ({language}): {fault}"
        for name in words.notices()
        for language in words.languages()
        for fault in words.lint(name, language, [words.sample(name)])
    ]
    say.print("\n".join(faults) or "Every notice can be a template.")
    if faults:
        raise typer.Exit(1)


@staff_app.command("add")
def staff_add(
    login: str,
    name: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Let someone sit at the desk."""
    if len(password) < 8:
        raise NotToBe("a password needs at least 8 characters")
    _run(_add(read_settings(), login, name, password))
    say.print(f"{name} can log in at /desk/login.")


async def _add(settings: Settings, login: str, name: str, password: str) -> None:
    await database.connect(settings.database)
    try:
        if await read("SELECT 1 AS known FROM staff WHERE login = :login", login=login):
            raise NotToBe(f"{login} is taken; choose another log-in")
        await staff.Staff.create(login=login, name=name, password=hashed(password), created=Clock().now())
    finally:
        await database.close()


if __name__ == "__main__":
    main()
