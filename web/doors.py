"""The entry doors: every way in on one page, a request form that ends in a chat, and the QR codes of our links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot import doors as written
from bot import words
from flows.book import fill_in, filled_in
from flows.form import FIELDS
from flows.menu import World
from handlers.call_wanted import call_tapped, call_wanted
from handlers.door_made import door_made
from handlers.menu import menu_of
from handlers.offers import offer_for
from models import catalogs, doors
from models.catalog import Catalog
from models.doors import Known
from models.refusal import TooOften
from web import keys
from web.pages import browser_language, page
from web.portal import doors_of, reach

LASTS = timedelta(days=30)  # a link made on the page, as long as a draft may be resumed
SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,22}")
OURS = "web"  # who came by our own page alone
KINDS = {"png": "image/png", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is opened: the catalogue, the moment, the reader's language, whose link led here."""

    catalog: Catalog
    world: World
    now: datetime
    language: str
    source: str


def routes() -> list[web.RouteDef]:
    """The pages of the doors; only posts change anything."""
    return [
        web.get("/welcome", welcome),
        web.get("/book", form_page),
        web.post("/book", send_form),
        web.get("/book/{token:bh[A-Za-z0-9_-]{15,62}}", ready),
        web.post("/book/{token:bh[A-Za-z0-9_-]{15,62}}/call-back", call_back),
        web.get("/qr/{token:bh[A-Za-z0-9_-]{15,62}}.{kind:png|svg}", qr_code),
        web.post("/call", call),
    ]


async def _place(request: web.Request, given: Mapping[str, Any] | None = None) -> Place:
    _, catalog = await catalogs.on_sale()
    now = request.app[keys.HOUSE].now()
    world = World(now.astimezone(ZoneInfo(catalog.brand.zone)), menu_of(catalog))
    language = browser_language(request)
    source = str((given or request.query).get("from", ""))
    return Place(
        catalog, world, now, language if language in catalog.brand.languages else catalog.brand.language,
        source if SOURCE.fullmatch(source) else OURS,
    )  # fmt: skip


# --- every way in ---


async def welcome(request: web.Request) -> web.StreamResponse:
    """The front page of a live house: every way in."""
    at = await _place(request)
    return await page(
        request, "doors.html", language=at.language, doors=doors_of(at.catalog), services=at.catalog.services.values(),
        source=at.source,
    )  # fmt: skip


async def call(request: web.Request) -> web.StreamResponse:
    """A tap on "call": the desk hears of it, with what was filled in."""
    given = await request.post()
    at = await _place(request, given)
    known = await _known(request, str(given.get("token", "")))
    await call_tapped(
        request.app[keys.HOUSE], known.source or OURS if known else at.source, known.draft if known else {}
    )
    return web.Response(status=204)


# --- the form ---


async def form_page(request: web.Request) -> web.StreamResponse:
    """An empty form, or one that a link fills in: field by field (`?service=…&pickup=…`) or by its token (`?d=…`)."""
    at, token = await _place(request), request.query.get("d", "")
    known = await _known(request, token)
    if known is None or known.taken_by is not None:
        return await _form(request, at, dict(request.query), {}, stale=bool(token))
    at = replace(at, source=known.source or at.source)
    return await _form(request, at, filled_in(known.draft, at.world, at.language), {})


async def send_form(request: web.Request) -> web.StreamResponse:
    """What was filled in: shown again with what is wrong with it, priced, or made into links; or the guest is called."""
    given = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    at, act = await _place(request, given), given.get("act", "go")
    form = fill_in(given, at.world, at.language, at.now)
    wrong = {key: _drawn(said.as_json(), at.language) for key, said in form.wrong.items()}
    if act == "call":
        wrong |= {
            key: _again(key, at.language) for key in ("name", "phone") if not form.draft.get(key) and key not in wrong
        }
    if wrong:
        return await _form(request, at, given, wrong, status=422)
    if act == "price":
        return await _form(request, at, given, {}, prices=await _prices(form.draft, at))
    token = await _token(request, at, form.draft)
    if act == "call":
        try:
            await _wants_a_call(
                request, at, form.draft["name"], form.draft["phone"], Known(form.draft, at.language, at.source)
            )
        except TooOften as refusal:
            return await _form(request, at, given, {}, status=429, often=refusal)
    called = "&called=1" if act == "call" else ""
    raise web.HTTPSeeOther(f"/book/{token}?lang={at.language}{called}")


async def _token(request: web.Request, at: Place, draft: Mapping[str, Any]) -> str:
    said = written.request_words(draft, at.language, at.world)
    return await door_made(request.app[keys.HOUSE], draft, at.language, at.source, words=said, until=at.now + LASTS)


def _drawn(said: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What is wrong with a field, in words, and what may be chosen instead."""
    made = words.draw(said, language)
    return {"text": made.text, "options": [(one.value, one.label) for one in made.options]}


def _again(key: str, language: str) -> dict[str, Any]:
    return _drawn({"block": f"{key}_again"}, language)


async def _form(
    request: web.Request, at: Place, given: Mapping[str, str], wrong: Mapping[str, Any], *, status: int = 200,
    prices: Mapping[str, Any] | None = None, often: TooOften | None = None, stale: bool = False,
) -> web.Response:  # fmt: skip
    menu = at.world.menu
    return await page(
        request, "book.html", language=at.language, status=status, given=dict.fromkeys(FIELDS, "") | dict(given), wrong=wrong,
        prices=prices, menu=menu, often=often, stale=stale,
        today=at.world.now.date().isoformat(), source=at.source, reach=reach(at.catalog.brand),
    )  # fmt: skip


async def _prices(draft: Mapping[str, Any], at: Place) -> dict[str, Any]:
    """What it costs, as far as that is known: of each vehicle that is free, or of the whole; nothing where it is not yet."""
    source = {"channel": "web", "language": at.language}
    whole = await offer_for(("quote",), draft, at.world, at.catalog, source)
    ride = at.world.menu.service(draft.get("service"))
    vehicles = (
        ()
        if not ride or ride.timetable
        else (await offer_for(("vehicles",), draft, at.world, at.catalog, source)).vehicles
    )
    priced = whole.quote if "vehicle" in draft or (ride and ride.timetable) else None
    return {"vehicles": [each for each in vehicles if each.free], "quote": priced}


# --- what came of it ---


async def _known(request: web.Request, token: str) -> Known | None:
    house = request.app[keys.HOUSE]
    known = await doors.known_by(house.secret, token, house.now()) if token else None
    return None if known is None or known.hop else known


async def ready(request: web.Request) -> web.StreamResponse:
    """The request as it was understood, and the ways to go on with it. Opening it changes nothing."""
    at, known = await _place(request), await _known(request, request.match_info["token"])
    if known is None or known.taken_by is not None:
        return await _lost(request, at, known)
    return await _ready(request, at, known)


async def _lost(request: web.Request, at: Place, known: Known | None) -> web.Response:
    """Nothing is opened by this link: it is not ours, or it was for one guest who has opened it."""
    status = 404 if known is None else 410
    return await page(request, "lost.html", status=status, reach=reach(at.catalog.brand), used=known is not None)


async def _ready(
    request: web.Request, at: Place, known: Known, *, status: int = 200, wrong: Mapping[str, Any] | None = None,
    given: Mapping[str, str] | None = None, often: TooOften | None = None,
) -> web.Response:  # fmt: skip
    token = request.match_info["token"]
    lines = [
        line.partition(": ") for line in written.request_words(known.draft, known.language, at.world).splitlines()[1:]
    ]
    return await page(
        request, "book_ready.html", language=known.language, status=status, token=token, source=known.source or OURS,
        lines=[(label, value) for label, _, value in lines], prices=await _prices(known.draft, at),
        links=links_of(request, at.catalog, known, token, at.world), reach=reach(at.catalog.brand),
        called=request.query.get("called") == "1", wrong=wrong or {}, given=given or known.draft, often=often,
    )  # fmt: skip


def links_of(request: web.Request, catalog: Catalog, known: Known, token: str, world: World) -> written.Links:
    """The links of a token, to the chats this house has."""
    said = written.request_words(known.draft, known.language, world)
    whatsapp = request.app[keys.SETTINGS].twilio_whatsapp_from or catalog.brand.whatsapp
    return written.links(said, token, whatsapp, catalog.brand.telegram)


async def qr_code(request: web.Request) -> web.StreamResponse:
    """A link as a QR code: `?on=telegram`, else WhatsApp."""
    at, token = await _place(request), request.match_info["token"]
    known = await _known(request, token)
    if known is None or known.taken_by is not None:
        raise web.HTTPNotFound
    links = links_of(request, at.catalog, known, token, at.world)
    address = links.telegram if request.query.get("on") == "telegram" else links.whatsapp
    if address is None:
        raise web.HTTPNotFound
    kind = request.match_info["kind"]
    headers = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}
    return web.Response(body=written.qr(address, kind), content_type=KINDS[kind], headers=headers)


async def call_back(request: web.Request) -> web.StreamResponse:
    """ "Call me back" beside the links."""
    at, known = await _place(request), await _known(request, request.match_info["token"])
    if known is None or known.taken_by is not None:
        return await _lost(request, at, known)
    given = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    fields = {
        "service": str(known.draft.get("service", "")),
        "name": given.get("name", ""),
        "phone": given.get("phone", ""),
    }
    form = fill_in(fields, at.world, known.language, at.now)
    refused = {key: said for key, said in form.wrong.items() if key in ("name", "phone")}
    wrong = {key: _drawn(said.as_json(), known.language) for key, said in refused.items()}
    wrong |= {
        key: _again(key, known.language) for key in ("name", "phone") if key not in form.draft and key not in wrong
    }
    if wrong:
        return await _ready(request, at, known, status=422, wrong=wrong, given=given)
    try:
        await _wants_a_call(request, at, form.draft["name"], form.draft["phone"], known)
    except TooOften as refusal:
        return await _ready(request, at, known, status=429, given=given, often=refusal)
    raise web.HTTPSeeOther(f"/book/{request.match_info['token']}?lang={at.language}&called=1")


async def _wants_a_call(request: web.Request, at: Place, name: str, phone: str, known: Known) -> None:
    about = ", ".join(written.request_words(known.draft, known.language, at.world).splitlines()[1:])
    draft = {**known.draft, "name": name, "phone": phone}
    await call_wanted(
        request.app[keys.HOUSE], name, phone, "", draft, language=known.language, source=known.source, about=about,
        address=request.remote or "",
    )  # fmt: skip
