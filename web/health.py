"""Doors for whoever watches over the program: alive, able to work, and in figures."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from models.booking import STATES
from models.database import read
from models.fields import instant, micros, unpacked
from models.settings import keep_value, kept
from models.stuck import stuck
from web import keys

KEPT = 1.0  # seconds an answer is given again: these doors are open to all, and looking costs a durable write or counts

Answer = tuple[int, str, bytes]  # status, content type, body
Look = Callable[[web.Request], Awaitable[Answer]]
Door = Callable[[web.Request], Awaitable[web.Response]]


def routes() -> list[web.RouteDef]:
    """The three doors."""
    return [
        web.get("/healthz", alive),
        web.get("/readyz", _while_we_stay(_once_a_second(ready))),
        web.get("/metrics", _once_a_second(metrics)),
    ]


def _once_a_second(look: Look) -> Door:
    """Gives the last answer again until it is `KEPT` old; whoever comes while one looks waits for the same answer."""
    looking, answer, until = asyncio.Lock(), (503, "text/plain", b""), 0.0

    async def door(request: web.Request) -> web.Response:
        nonlocal answer, until
        async with looking:
            if monotonic() >= until:
                answer = await look(request)
                until = monotonic() + KEPT
        status, content_type, body = answer
        return web.Response(status=status, content_type=content_type, body=body)

    return door


def _while_we_stay(door: Door) -> Door:
    """At a stop the answer is no at once, whatever was answered a moment ago."""

    async def asked(request: web.Request) -> web.Response:
        if request.app[keys.LEAVING].is_set():
            return web.json_response({"ready": False, "why": "leaving"}, status=503)
        return await door(request)

    return asked


async def alive(request: web.Request) -> web.Response:
    """The loop turns."""
    return web.json_response({"alive": True})


async def ready(request: web.Request) -> Answer:
    """The database can be written to; says how old the oldest unsent delivery and unanswered message are, and what is stuck."""
    try:
        now = request.app[keys.PROGRAM].house.now()
        await keep_value("ready", now.isoformat())  # each time another: SQLite writes nothing where nothing changes
        ages, held_up = await _ages(request), await _stuck(request)
    except Exception as away:  # noqa: BLE001  # whatever it is, we cannot work
        return _json(503, {"ready": False, "why": type(away).__name__})
    return _json(200, {"ready": True, **ages, **held_up})


def _json(status: int, told: dict[str, Any]) -> Answer:
    return status, "application/json", json.dumps(told).encode()


async def _ages(request: web.Request) -> dict[str, float]:
    now = request.app[keys.PROGRAM].house.now()
    row = (
        await read(
            "SELECT (SELECT MIN(created) FROM delivery WHERE state IN ('waiting', 'sending')) AS unsent, "
            "(SELECT MIN(received) FROM inbound WHERE state = 'owed') AS owed, "
            "(SELECT MIN(received) FROM event WHERE state = 'owed') AS event"
        )
    )[0]
    return {
        f"oldest_{name}_seconds": round((now - instant(row[name])).total_seconds(), 1) if row[name] else 0.0
        for name in ("unsent", "owed", "event")
    }


async def _stuck(request: web.Request) -> dict[str, Any]:
    """What is stuck, in figures alone: what providers answered may name people."""
    now = request.app[keys.PROGRAM].house.now()
    found = await stuck(now)
    channels = {
        each.name: {"waiting": each.waits, "seconds": round((now - each.since).total_seconds(), 1)}
        for each in found.channels
    }
    return {
        "stuck": channels, "parked_messages": found.messages, "parked_events": found.events,
        "unheard_at_telegram": found.unheard,
    }  # fmt: skip


def _counting(table: str, states: tuple[str, ...], more: str = "") -> str:
    """One look into the index for each state: asked for all together, SQLite reads every row there ever was."""
    each = f"SELECT '{{state}}' AS state, COUNT(*) AS n FROM {table} WHERE state = '{{state}}'{more}"  # noqa: S608  # constants
    return " UNION ALL ".join(each.format(state=state) for state in states)


_DELIVERIES = _counting("delivery", ("waiting", "sending", "failed", "given_up"))
_BOOKINGS = _counting("booking", STATES, " AND starts >= :since")


async def metrics(request: web.Request) -> Answer:
    """Prometheus: what is underway and what failed, by state, and the ages that tell of trouble; all that is over is not counted again."""
    registry, now = CollectorRegistry(), request.app[keys.PROGRAM].house.now()
    deliveries = Gauge(
        "bellhop_deliveries", "Deliveries that wait, are underway or failed.", ["state"], registry=registry
    )
    for row in await read(_DELIVERIES):
        deliveries.labels(row["state"]).set(row["n"])
    bookings = Gauge("bellhop_bookings", "Bookings from today on by state.", ["state"], registry=registry)
    for row in await read(_BOOKINGS, since=micros(now - timedelta(days=1))):
        bookings.labels(row["state"]).set(row["n"])
    for name, age in (await _ages(request)).items():
        Gauge(f"bellhop_{name}", "How long the oldest one has waited.", registry=registry).set(age)
    _tell_stuck(registry, await _stuck(request))
    if waiting := await kept("telegram:waiting"):
        pending = Gauge("bellhop_telegram_pending", "Updates that Telegram could not bring yet.", registry=registry)
        pending.set(unpacked(waiting)["pending"])
    return 200, "text/plain", generate_latest(registry)


def _tell_stuck(registry: CollectorRegistry, found: dict[str, Any]) -> None:
    waiting = Gauge(
        "bellhop_stuck", "Deliveries waiting on a channel that does not answer.", ["channel"], registry=registry
    )
    seconds = Gauge("bellhop_stuck_seconds", "For how long it has not answered.", ["channel"], registry=registry)
    for name, each in found["stuck"].items():
        waiting.labels(name).set(each["waiting"])
        seconds.labels(name).set(each["seconds"])
    parked = Gauge("bellhop_parked", "What could not be handled and waits for staff.", ["what"], registry=registry)
    for what in ("messages", "events"):
        parked.labels(what).set(found[f"parked_{what}"])
