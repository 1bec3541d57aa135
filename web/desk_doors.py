"""The desk's doors: sources with what came of them, links and QR codes to print, calls that were taken."""

import asyncio
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot import doors as written
from bot import mail_in
from bot.whatsapp import figure
from flows.book import hear
from flows.menu import World
from flows.speech import Heard
from flows.talk import Talk
from flows.understand.details import e164
from handlers.call_wanted import call_seen_to, call_wanted
from handlers.door_made import door_made
from handlers.menu import menu_of
from handlers.source_named import source_named
from models import catalogs, doors, letters
from models.catalog import Catalog
from models.refusal import Incomplete
from web import keys
from web.access import actor, require_staff
from web.desk import desk_page
from web.doors import links_of
from web.pages import page

LINK = "{token:bh[dk][A-Za-z0-9_-]{13,62}}"
LONGEST = 500  # characters of a field
LONGEST_REQUEST = 2000  # characters of a request in words: an agency's letter is long
SIZES = ("a6", "a5")


def routes() -> list[web.RouteDef]:
    """Routes below /desk/doors."""
    pages = [
        web.get("/desk/doors", doors_page),
        web.post("/desk/doors/sources", name_source),
        web.post("/desk/doors/links", make_link),
        web.post("/desk/doors/calls", log_call),
        web.get(f"/desk/doors/{LINK}", link_page),
        web.get(f"/desk/doors/{LINK}/card", card),
        web.post("/desk/talks/{talk:\\d+}/called", called),
    ]
    return [web.route(each.method, each.path, require_staff(each.handler)) for each in pages]


async def doors_page(request: web.Request) -> web.StreamResponse:
    """Every source with its figures, and the three things to do here; `?letter=7` fills in what a letter says."""
    return await _doors(request, {}, await _of_a_letter(request))


async def _of_a_letter(request: web.Request) -> dict[str, str]:
    """An agency writes what its traveller wants: a link for one guest knows it."""
    number, now = figure(request.query.get("letter", "")), request.app[keys.HOUSE].now()
    raw = await letters.content(number) if number is not None else None
    letter = await asyncio.to_thread(mail_in.opened, raw, now, ()) if raw is not None else None
    if letter is None or letter.heard is None:
        return {}
    return {"words": letter.heard.words.strip()[:LONGEST_REQUEST], "once": "1"}


async def _doors(request: web.Request, wrong: dict[str, str], typed: dict[str, str], status: int = 200) -> web.Response:
    given = dict.fromkeys(("source", "words", "name", "phone", "said", "where", "language", "once"), "") | typed
    return await desk_page(
        request, "desk_doors.html", status=status, sources=await doors.counted(), calls=await doors.calls(), wrong=wrong,
        typed=given,
    )  # fmt: skip


async def _given(request: web.Request) -> dict[str, str]:
    most = {"words": LONGEST_REQUEST}
    return {
        name: value.strip()[: most.get(name, LONGEST)]
        for name, value in (await request.post()).items()
        if isinstance(value, str)
    }


async def name_source(request: web.Request) -> web.StreamResponse:
    """A new source."""
    given = await _given(request)
    try:
        await source_named(request.app[keys.HOUSE], given.get("where", ""))
    except Incomplete:
        return await _doors(request, {"where": "empty"}, given, 422)
    raise web.HTTPSeeOther("/desk/doors")


async def _world(request: web.Request) -> tuple[Catalog, World]:
    _, catalog = await catalogs.on_sale()
    return catalog, World(request.app[keys.HOUSE].now().astimezone(ZoneInfo(catalog.brand.zone)), menu_of(catalog))


async def make_link(request: web.Request) -> web.StreamResponse:
    """A link of a source with a request in it, written as a guest would; it never lapses, for it may be printed."""
    given, (catalog, world) = await _given(request), await _world(request)
    if given.get("source") and await doors.name_of(given["source"]) is None:
        return await _doors(request, {"source": "unknown"}, given, 422)
    house = request.app[keys.HOUSE]
    language = given.get("language") if given.get("language") in catalog.brand.languages else catalog.brand.language
    draft: dict[str, Any] = {}
    if words := given.get("words", ""):
        draft = hear(Talk.new(str(language)), Heard("desk", "", "", house.now(), words=words), world).draft
        if not draft:
            return await _doors(request, {"words": "unread"}, given, 422)
    said = written.request_words(draft, str(language), world)
    token = await door_made(
        house, draft, str(language), given.get("source") or None, words=said, once=bool(given.get("once"))
    )
    raise web.HTTPSeeOther(f"/desk/doors/{token}")


async def link_page(request: web.Request) -> web.StreamResponse:
    """One link: what it knows, its addresses and its codes."""
    return await desk_page(request, "desk_link.html", **await _link(request))


async def card(request: web.Request) -> web.StreamResponse:
    """The same as a card to print, A6 or (`?size=a5`) A5."""
    size = request.query.get("size", SIZES[0])
    facts = await _link(request)
    return await page(
        request, "card.html", language=facts["known"].language, size=size if size in SIZES else SIZES[0], **facts
    )


async def _link(request: web.Request) -> dict[str, Any]:
    house, token = request.app[keys.HOUSE], request.match_info["token"]
    known = await doors.known_by(house.secret, token, house.now())
    if known is None or known.hop:
        raise web.HTTPNotFound
    catalog, world = await _world(request)
    lines = written.request_words(known.draft, known.language, world).splitlines()[1:]
    return {
        "known": known, "token": token, "lines": [line.partition(": ")[::2] for line in lines],
        "links": links_of(request, catalog, known, token, world), "source": await doors.name_of(known.source),
    }  # fmt: skip


async def log_call(request: web.Request) -> web.StreamResponse:
    """Somebody called: it becomes a request to be worked, with what they said."""
    given, (catalog, world) = await _given(request), await _world(request)
    phone = e164(given.get("phone", ""), world.menu.country)
    wrong = {key: "empty" for key in ("name", "said") if not given.get(key)} | ({} if phone else {"phone": "unread"})
    if wrong or phone is None:
        return await _doors(request, wrong, given, 422)
    talk = await call_wanted(
        request.app[keys.HOUSE], given["name"], phone, given["said"], {}, language=catalog.brand.language,
        source=given.get("source") or None, staff=actor(request),
    )  # fmt: skip
    raise web.HTTPSeeOther(f"/desk/talks/{talk}")


async def called(request: web.Request) -> web.StreamResponse:
    """Somebody called back."""
    await call_seen_to(int(request.match_info["talk"]))
    raise web.HTTPSeeOther("/desk/talks")
