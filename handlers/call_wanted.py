"""A guest is to be called, or has called: it becomes a talk that a person has, with what is known of the request."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flows.arriving import Arrival
from flows.book import arrive
from flows.menu import World
from flows.speech import Heard
from flows.talk import Talk
from handlers.house import Actor, House
from handlers.menu import menu_of
from handlers.telling import tell_house
from models import delivery, doors, news
from models import talk as talks
from models.database import Run, transaction
from models.doors import MOST_CALLS
from models.fields import micros, packed, unpacked

PHONE = "phone"  # a channel on which people talk and we do not write
TWICE = timedelta(minutes=5)  # a button pressed again


async def call_wanted(  # as many sides as a call has
    house: House, name: str, phone: str, words: str, draft: Mapping[str, Any], *, language: str, source: str | None,
    about: str = "", staff: Actor | None = None, address: str = "",
) -> int:  # fmt: skip
    """Keep it as a talk on the phone, silent, so that the desk has it; gives the talk. `phone` is E.164.

    `words` are the guest's own, `about` the request in one line; `staff` is who took the call, None for a guest who asks
    to be called from a page opened at this internet `address`: then the house is told. Refuses with TooOften.
    """
    catalog, now = await house.catalog(), house.now()
    world = World(now.astimezone(ZoneInfo(catalog.brand.zone)), menu_of(catalog))
    heard = Heard(PHONE, "", phone, now, words=words, name=name)
    async with transaction() as run:
        to = await delivery.recipient(run, PHONE, phone, name=name, language=language)
        known = await talks.locked(run, to)
        talk = Talk.from_json(unpacked(known["state"])) if known else Talk.new(language)
        talk = arrive(talk, Arrival(draft, language, source, words), heard, world)
        if known and known["silent"] and known["changed"] > micros(now - TWICE) and _same(known, talk):
            return int(known["id"])
        if staff is None:
            await doors.refuse_flood(run, now, recipient=to, seen_from=doors.place_of(house.secret, address))
        opened = await doors.opened(run, source or "desk", "call_back", now, recipient=to, draft=draft)
        said = "\n".join(part for part in (words, about) if part)
        await _said(run, to, f"call:{opened}", said, heard, house)
        number = await _keep(run, to, talk, house)
        if staff is None:
            facts = {"who": name, "phone": phone, "text": about or words or "–"}
            await tell_house(run, house, "call_wanted_house", facts, once=str(opened), mail=False)
        news.announce("talk")
    return number


def _same(known: Mapping[str, Any], talk: Talk) -> bool:
    return bool(unpacked(known["state"]).get("draft") == talk.draft)


async def _said(run: Run, to: int, key: str, words: str, heard: Heard, house: House) -> None:
    await run(
        "INSERT INTO inbound (channel, external_id, recipient_id, heard, words, state, attempts, received) "
        "VALUES (:channel, :key, :to, :heard, :words, 'done', 0, :now)",
        channel=PHONE, key=key, to=to, heard=packed(heard.as_json()), words=words, now=micros(house.now()),
    )  # fmt: skip


async def _keep(run: Run, to: int, talk: Talk, house: House) -> int:
    rows = await run(
        "INSERT INTO talk (recipient_id, version, state, silent, changed) VALUES (:to, 1, :state, true, :now) "
        "ON CONFLICT (recipient_id) DO UPDATE SET version = talk.version + 1, state = excluded.state, silent = true, "
        "changed = excluded.changed RETURNING id",
        to=to, state=packed(talk.as_json()), now=micros(house.now()),
    )  # fmt: skip
    return int(rows[0]["id"])


async def call_seen_to(talk: int) -> None:
    """Somebody called back: it waits no more."""
    async with transaction() as run:
        await run(
            "UPDATE talk SET silent = false, version = version + 1 WHERE id = :id AND recipient_id IN "
            "(SELECT id FROM recipient WHERE channel = 'phone')",
            id=talk,
        )
        news.announce("talk")


async def call_tapped(house: House, source: str, draft: Mapping[str, Any]) -> None:
    """Somebody pressed "call" on a page of ours: the desk sees whose card it was and what was filled in."""
    async with transaction() as run:
        now = house.now()
        lately = await run(
            "SELECT COUNT(*) AS n FROM opening WHERE made > :since", since=micros(now - timedelta(minutes=1))
        )
        if int(lately[0]["n"]) < MOST_CALLS:
            await doors.opened(run, source, "call", now, draft=draft)
            news.announce("talk")
