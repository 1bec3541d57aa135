"""Puts the server together: a running program below, its doors above, and in demo mode the stage in front."""

import asyncio
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
import uvloop
from aiohttp import web

from bot import approved, demo, words
from bot.log import log_plainly
from bot.program import NotToBe, Program, running
from bot.settings import Settings, read_settings
from bot.wrong import Wrong
from models import staff
from models.database import Refused, read
from models.fields import instant
from web import keys
from web.access import hashed
from web.app import make_app
from web.board import board
from web.keys import DemoLogin
from web.stage.stage import stage_routes

DEMO_STAFF = "marisol@costa-alisia.example"
LEAVING = 1.0  # seconds, beside other servers: /readyz says no and all else goes on, until the balancer leads nobody here any more
ANSWERED = 1.0  # seconds after that for what has been begun; aiohttp waits for them twice
AGAIN = 2.0  # seconds until a provider that could not be told of us is told again

log = structlog.get_logger()


async def serve(settings: Settings, *, stage: bool) -> None:
    """Serve until told to stop."""
    log_plainly()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running(settings) as program:
        app = await application(program, stage=stage)
        leaving = 0.0 if settings.database.startswith("sqlite:") else LEAVING
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=ANSWERED)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as taken:
            raise NotToBe(
                f"port {settings.port} is taken: stop what listens there, or choose another with BELLHOP_PORT"
            ) from taken
        telling = asyncio.create_task(_keep_connecting(program, stage=stage))
        await stopped.wait()
        telling.cancel()
        app[keys.LEAVING].set()
        await asyncio.sleep(leaving)
        await runner.cleanup()


async def _keep_connecting(program: Program, *, stage: bool) -> None:
    """Tell the providers where we are, again until they have heard; the server works meanwhile."""
    while True:
        try:
            await connect(program, stage=stage)
        except Exception as away:  # noqa: BLE001  # whatever a provider's SDK raises, we try again
            log.warning("a provider could not be told where we are", why=str(away)[:200])
            await asyncio.sleep(AGAIN)
        else:
            return


async def application(program: Program, *, stage: bool) -> web.Application:
    """The doors over a running program, with the stage in front in demo mode."""
    if not stage:
        return make_app(program)
    accounts = demo.sandbox(program.settings)
    await _demo_staff(program, accounts["desk_password"])
    return make_app(program, front=await _stage(program), demo_login=DemoLogin(DEMO_STAFF, accounts["desk_password"]))


async def _demo_staff(program: Program, password: str) -> None:
    if not await read("SELECT 1 AS known FROM staff WHERE login = :login", login=DEMO_STAFF):
        await staff.Staff.create(
            login=DEMO_STAFF,
            name="Marisol Rojas",
            password=await asyncio.to_thread(hashed, password),
            created=program.house.now(),
        )


async def _stage(program: Program) -> list[web.RouteDef]:
    accounts = demo.sandbox(program.settings)

    async def about() -> dict[str, Any]:
        catalog = await program.house.catalog()
        people = demo.simulators(program.settings, accounts, catalog)["people"]
        return {
            "name": catalog.brand.name,
            "zone": catalog.brand.zone,
            "people": people,
            **_time(program),
            **await _counts(program.clock.now()),
        }

    async def advance(step: timedelta | None) -> dict[str, Any]:
        await program.clock.advance(step if step is not None else await _to_the_next(program))
        await program.tick()
        return _time(program)

    def draw(source: str, language: str, facts: Any) -> str:
        return words.html(language).from_string(source).render(**facts)

    return stage_routes(
        program.settings.twilio_api,
        about,
        advance,
        lambda: os.kill(os.getpid(), signal.SIGKILL),
        draw,
        await _logo(program),
    )


async def _logo(program: Program) -> Path | None:
    brand = (await program.house.catalog()).brand
    path = words.TEMPLATES / "brand" / brand.key / brand.logo
    return path if path.exists() else None


def _time(program: Program) -> dict[str, Any]:
    return {"now": program.clock.now().isoformat(), "offset": program.clock.offset.total_seconds()}


async def _counts(now: datetime) -> dict[str, Any]:
    """How many bookings there are, and how much waits for us: the board's own number."""
    total = (await read("SELECT COUNT(*) AS n FROM booking"))[0]["n"]
    waiting = (await board(now)).counts["needs"]
    return {"bookings": {"total": total, "awaiting": waiting}}


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
        await approved.push(program.whatsapp.client)


def commands() -> dict[str, list[tuple[str, str]]]:
    """The menu of Telegram's commands in each language, the source language for all others."""
    names = ("new", "summary", "help", "person")
    made = {
        language: [(name, words.block(f"command_{name}", language, {})) for name in names]
        for language in words.languages()
    }
    return {"": made[words.SOURCE], **made}


def main() -> None:
    """The demo's server, as a process of its own."""
    try:
        uvloop.run(serve(read_settings(), stage=True))
    except (Wrong, Refused) as refusal:
        sys.exit(str(refusal))
