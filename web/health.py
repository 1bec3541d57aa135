"""Doors for whoever watches over the program: alive, able to work, and in figures."""

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from models.database import read
from models.fields import instant, unpacked
from models.settings import keep_value, kept
from web import keys


def routes() -> list[web.RouteDef]:
    """The three doors."""
    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)]


async def alive(request: web.Request) -> web.Response:
    """The loop turns."""
    return web.json_response({"alive": True})


async def ready(request: web.Request) -> web.Response:
    """The database can be written to; says how old the oldest unsent delivery and unanswered message are."""
    try:
        now = request.app[keys.PROGRAM].house.now()
        await keep_value("ready", now.isoformat())  # another value each time: SQLite writes nothing where nothing changes
        ages = await _ages(request)
    except Exception as away:  # noqa: BLE001  # whatever it is, we cannot work
        return web.json_response({"ready": False, "why": type(away).__name__}, status=503)
    return web.json_response({"ready": True, **ages})


async def _ages(request: web.Request) -> dict[str, float]:
    now = request.app[keys.PROGRAM].house.now()
    row = (
        await read(
            "SELECT (SELECT MIN(created) FROM delivery WHERE state IN ('waiting', 'sending')) AS unsent, "
            "(SELECT MIN(received) FROM inbound WHERE state = 'owed') AS owed"
        )
    )[0]
    return {
        f"oldest_{name}_seconds": round((now - instant(row[name])).total_seconds(), 1) if row[name] else 0.0
        for name in ("unsent", "owed")
    }


async def metrics(request: web.Request) -> web.Response:
    """Prometheus: counts by state, and the two ages that tell of trouble."""
    registry = CollectorRegistry()
    deliveries = Gauge("bellhop_deliveries", "Deliveries by state.", ["state"], registry=registry)
    for row in await read("SELECT state, COUNT(*) AS n FROM delivery GROUP BY state"):
        deliveries.labels(row["state"]).set(row["n"])
    bookings = Gauge("bellhop_bookings", "Bookings by state.", ["state"], registry=registry)
    for row in await read("SELECT state, COUNT(*) AS n FROM booking GROUP BY state"):
        bookings.labels(row["state"]).set(row["n"])
    for name, age in (await _ages(request)).items():
        Gauge(f"bellhop_{name}", "How long the oldest one has waited.", registry=registry).set(age)
    if waiting := await kept("telegram:waiting"):
        pending = Gauge("bellhop_telegram_pending", "Updates that Telegram could not bring yet.", registry=registry)
        pending.set(unpacked(waiting)["pending"])
    return web.Response(body=generate_latest(registry), content_type="text/plain")
