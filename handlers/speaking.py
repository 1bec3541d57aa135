"""The bot speaks without having been spoken to: the open question again, in the guest's talk."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flows.book import needs, say
from flows.menu import World
from flows.talk import Talk
from handlers.house import House
from handlers.menu import menu_of
from handlers.offers import offer_for
from models import delivery
from models import talk as talks
from models.catalog import Catalog
from models.database import Run
from models.request import as_instant


async def speak(
    run: Run, house: House, catalog: Catalog, row: dict[str, Any], talk: Talk, *, silent: bool | None = None,
    lapses: datetime | None = None,
) -> None:  # fmt: skip
    """Say what `talk` has to say, in the talk of this `row`, which our transaction has locked; keep where it stands then."""
    now = house.now()
    world = World(now.astimezone(ZoneInfo(catalog.brand.zone)), menu_of(catalog))
    source = {"channel": "desk", "at": as_instant(now, catalog.brand.zone), "language": talk.language}
    turn = say(talk, await offer_for(needs(talk), talk.draft, world, catalog, source))
    await talks.moved(run, int(row["id"]), turn.talk.as_json(), silent=silent)
    for said in turn.replies:
        payload = said.as_json() | {"turn": turn.talk.turn}
        await delivery.post(
            run, int(row["recipient_id"]), said.block, payload, language=turn.talk.language, now=now,
            booking=row["booking_id"], urgency=delivery.ANSWER, lapses=lapses,
        )  # fmt: skip
