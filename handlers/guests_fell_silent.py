"""Guests stopped in the middle of a request: each is asked once, gently, whether they go on."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from flows.book import nudged
from flows.menu import World
from flows.talk import Talk
from handlers.house import House
from handlers.menu import menu_of
from handlers.speaking import speak
from models import channels
from models import talk as talks
from models.catalog import Catalog
from models.database import read, transaction
from models.fields import micros, unpacked
from models.settings import kept_moment, move_on

log = structlog.get_logger()

SILENCE = timedelta(hours=2)
WINDOW = timedelta(hours=23)  # WhatsApp takes free text for a day after the guest's last message
BY_DAY = range(9, 20)  # hours of the operator's clock at which nobody is woken
AT_MOST = 500  # in one go; the rest a minute later
NAME = "nudged_until"


async def guests_fell_silent(house: House) -> None:
    """Nudge everybody whose silence has become long enough since we last looked; at night it waits for the morning."""
    catalog, now = await house.catalog(), house.now()
    if now.astimezone(ZoneInfo(catalog.brand.zone)).hour not in BY_DAY:
        return
    since = max(await kept_moment(NAME) or now - WINDOW, now - WINDOW)
    rows = await _silent(since, now - SILENCE)
    for row in (each for each in rows if channels.known_as(each["channel"]).chat):
        try:
            await _nudge(house, catalog, row, now)
        except Exception:  # one that we stumble over keeps nobody else from theirs
            log.exception("a silent guest could not be nudged", talk=row["id"])
    until = now - SILENCE if len(rows) < AT_MOST else _moment(rows[-1])
    await move_on(NAME, until, past=until)


async def _silent(since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The talks whose last message came in this span; not of who said stop, nor what waits for us or for a person."""
    return await read(
        "SELECT t.id, t.recipient_id, t.version, t.changed, r.channel FROM talk t JOIN recipient r ON r.id = t.recipient_id "
        "WHERE t.silent = :no AND t.changed > :since AND t.changed <= :until "
        "AND r.stopped IS NULL AND r.last_heard > :since AND NOT EXISTS "
        "(SELECT 1 FROM inbound i WHERE i.recipient_id = t.recipient_id AND i.state IN ('owed', 'parked')) "
        "ORDER BY t.changed LIMIT :most",
        no=False, since=micros(since), until=micros(until), most=AT_MOST,
    )  # fmt: skip


def _moment(row: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(row["changed"]) / 1_000_000, tz=ZoneInfo("UTC"))


async def _nudge(house: House, catalog: Catalog, row: dict[str, Any], now: datetime) -> None:
    async with transaction() as run:
        fresh = await talks.locked(run, int(row["recipient_id"]))
        if fresh is None or fresh["version"] != row["version"]:
            return  # they wrote meanwhile, or another process was quicker
        world = World(now.astimezone(ZoneInfo(catalog.brand.zone)), menu_of(catalog))
        talk = nudged(Talk.from_json(unpacked(fresh["state"])), world)
        if talk is not None:
            await speak(run, house, catalog, fresh, talk, lapses=now + SILENCE)
