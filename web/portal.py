"""The guest's own page of a booking, behind a secret link: how it stands, what to pay, the papers, and how to reach us."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web

from bot import ways
from bot.checkout import Away
from bot.documents import Undrawn
from models import catalogs
from models.booking import Booking
from models.catalog import Brand, Catalog, Tour
from models.database import read
from models.papers import paper_of
from models.refusal import Refusal
from models.request import as_instant
from models.story import Story, of_booking
from web import keys
from web.access import UnknownLink, booking_of
from web.pages import Handler, page, wished

log = structlog.get_logger()

STANDS = {
    "requested": "waiting", "pending_guest": "waiting", "pending_supplier": "waiting", "waitlisted": "waiting",
    "confirmed": "booked", "in_service": "booked", "completed": "booked",
    "expired": "ended", "rejected": "over", "cancelled": "over", "no_show": "over",
}  # fmt: skip
DRAWN_WITHIN = 5.0  # seconds that a guest waits for a paper before a page says that it comes
PAPERS = {"ticket.pdf": ("ticket", "application/pdf"), "invoice.pdf": ("invoice", "application/pdf"),
          "ticket.png": ("picture", "image/png")}  # fmt: skip


def routes() -> list[web.RouteDef]:
    """Routes below /b/{token}; only the pay page's button changes anything."""
    return [
        web.get("/terms", public_terms),
        web.get("/b/{token}", guests_only(portal)),
        web.get("/b/{token}/pay", guests_only(pay)),
        web.post("/b/{token}/pay", guests_only(go_and_pay)),
        web.get("/b/{token}/paid", guests_only(paid)),
        web.get("/b/{token}/stands", guests_only(stands)),
        web.get("/b/{token}/terms", guests_only(terms)),
        web.get("/b/{token}/booking.ics", guests_only(calendar)),
        web.get("/media/{token}/{name:[A-Za-z0-9-]{1,60}\\.(?:pdf|png)}", media),
        web.get("/b/{token}/{paper:ticket\\.pdf|invoice\\.pdf|ticket\\.png}", guests_only(paper)),
    ]


def guests_only(handler: Handler) -> Handler:
    """Answers a link that opens nothing with a page that tells nothing."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except UnknownLink:
            return await page(request, "lost.html", status=404, reach=reach(await _brand()))

    return guarded


@dataclass(frozen=True, slots=True)
class Seen:
    """A booking as its guest may see it. `stands`: hold, ended, waiting, booked or over."""

    booking: int
    story: Story
    stands: str
    created: datetime
    terms_accepted: datetime | None
    catalog: Catalog
    now: datetime

    @property
    def zone(self) -> str:
        """Where the clock of this booking runs."""
        return self.catalog.brand.zone

    @property
    def tour(self) -> Tour | None:
        """What is particular to it when it is a tour."""
        return self.catalog.performed(self.catalog.services[self.story["service"]["key"]]).tour

    def facts(self) -> dict[str, Any]:
        """What every page of this booking is drawn with."""
        accepted = self.terms_accepted
        return {
            "story": self.story, "stands": self.stands, "tour": self.tour, "now": as_instant(self.now, self.zone),
            "created": as_instant(self.created, self.zone), "accepted": accepted and as_instant(accepted, self.zone),
        }  # fmt: skip


async def seen(request: web.Request) -> Seen:
    """The booking behind the link in the address, as it stands now; `UnknownLink` when there is none."""
    booking = await booking_of(request)
    row = (await Booking.filter(id=booking).values("catalog_version", "hold_until", "created", "terms_accepted"))[0]
    story, now = await of_booking(booking), request.app[keys.HOUSE].now()
    return Seen(
        booking, story, _stands(story["state"], row["hold_until"], now), row["created"], row["terms_accepted"],
        await catalogs.version(row["catalog_version"]), now,
    )  # fmt: skip


def _stands(state: str, until: datetime | None, now: datetime) -> str:
    if state == "on_hold":
        return "ended" if until is not None and until <= now else "hold"
    return STANDS[state]


# --- pages ---


async def portal(request: web.Request) -> web.StreamResponse:
    """The booking at a glance, and everything the guest can do with it."""
    booking = await seen(request)
    return await _page(request, "portal.html", booking, papers=await _papers(booking.booking))


async def pay(request: web.Request) -> web.StreamResponse:
    """What is due and for what, with one button. Opening it changes nothing: chat apps look at links beforehand."""
    return await _page(request, "pay.html", await seen(request), trouble=None)


async def go_and_pay(request: web.Request) -> web.StreamResponse:
    """Opens the provider's checkout, or the one already open, and sends the guest there."""
    booking = await seen(request)
    try:
        url = await request.app[keys.MAKE_CHECKOUT](booking.booking)
    except Refusal as refusal:
        return await _page(request, "pay.html", await seen(request), status=409, trouble=refusal.key)
    except Away as away:
        log.warning("no checkout", booking=booking.booking, reason=type(away.__cause__ or away).__name__)
        return await _page(request, "pay.html", booking, status=502, trouble="no_checkout")
    return web.Response(
        status=303, headers={"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )


async def paid(request: web.Request) -> web.StreamResponse:
    """Where the provider sends the guest back to; the booking is confirmed by what the provider tells us, not by this."""
    return await _page(request, "paid.html", await seen(request))


async def stands(request: web.Request) -> web.StreamResponse:
    """How the booking stands, in a few letters that differ when anything on the page does; asked for every few seconds."""
    booking = await seen(request)
    payment = booking.story["payment"]
    seal = [
        booking.stands,
        booking.story["state"],
        payment["state"],
        payment["paid"]["minor"],
        *await _papers(booking.booking),
    ]
    return web.json_response(
        {"seal": "-".join(map(str, seal)), "stands": booking.stands}, headers={"Cache-Control": "no-store"}
    )


async def terms(request: web.Request) -> web.StreamResponse:
    """The terms, as they were when the booking was made."""
    booking = await seen(request)
    return await _page(request, "terms.html", booking, terms=dict(booking.catalog.brand.terms))


async def public_terms(request: web.Request) -> web.StreamResponse:
    """The terms as they are on sale now: what a guest reads in the chat before sending a request."""
    face = await _brand()
    return await page(
        request, "terms.html", terms=dict(face.terms), link="", story=None, accepted=None, reach=reach(face)
    )


async def _page(
    request: web.Request, template: str, booking: Seen, *, status: int = 200, **facts: Any
) -> web.StreamResponse:
    language = wished(request) or booking.story["language"]
    face = await _brand()
    return await page(
        request, template, language=language, status=status, link=f"/b/{request.match_info['token']}",
        reach=reach(face, booking.story), **booking.facts(), **facts,
    )  # fmt: skip


# --- papers ---


async def paper(request: web.Request) -> web.StreamResponse:
    """A ticket, its picture or an invoice, as it was issued. Whoever opens it first has it drawn, and waits for that a little.

    A GET may do that: what was issued is settled, its row only keeps the bytes drawn from it, once (`document_once`).
    """
    booking = await seen(request)
    kind, content_type = PAPERS[request.match_info["paper"]]
    issued = await _papers(booking.booking)
    if kind in issued and (content := await _drawn(request, booking.booking, kind)) is not None:
        return _file(content, content_type, _file_name(request, booking, issued[kind]))
    if content_type == "image/png":
        raise web.HTTPServiceUnavailable(text="Not drawn yet.", headers={"Retry-After": "2"})
    expected = kind in issued
    return await _page(request, "not_yet.html", booking, status=202 if expected else 404, expected=expected, kind=kind)


async def media(request: web.Request) -> web.StreamResponse:
    """A paper as a provider fetches it to send it on, by an address that was signed for it and ends."""
    house = request.app[keys.HOUSE]
    found = paper_of(house.secret, request.match_info["token"], house.now())
    if found is None:
        raise web.HTTPNotFound(text="There is nothing here any more.")
    if (content := await _drawn(request, *found)) is None:
        raise web.HTTPServiceUnavailable(text="Not drawn yet.", headers={"Retry-After": "2"})
    return _file(content, "image/png" if found[1] == "picture" else "application/pdf", request.match_info["name"])


async def _drawn(request: web.Request, booking: int, kind: str) -> bytes | None:
    """A paper's bytes; None when they are not there in time, and are drawn on or anew for whoever asks next."""
    try:
        async with asyncio.timeout(DRAWN_WITHIN):
            return await request.app[keys.DRAW_PAPER](booking, kind)
    except TimeoutError:
        return None
    except Undrawn as why:
        log.warning("a paper was not drawn", booking=booking, kind=kind, why=str(why))
        return None


def _file_name(request: web.Request, booking: Seen, number: str | None) -> str:
    ending = request.match_info["paper"].rpartition(".")[2]
    return f"{booking.story['reference']}{'-' + number if number else ''}.{ending}"


def _file(body: bytes, content_type: str, name: str) -> web.Response:
    headers = {
        "Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer",
    }  # fmt: skip
    return web.Response(body=body, content_type=content_type, headers=headers)


async def _papers(booking: int) -> dict[str, str | None]:
    """The papers that were issued: by kind, the number."""
    rows = await read("SELECT kind, number FROM document WHERE booking_id = :booking ORDER BY version", booking=booking)
    return {row["kind"]: row["number"] for row in rows}


async def calendar(request: web.Request) -> web.StreamResponse:
    """The booking as a calendar file (RFC 5545), one event a leg, in the zone where it happens; its UIDs never change."""
    booking = await seen(request)
    language = wished(request) or booking.story["language"]
    made = await asyncio.to_thread(_ics, booking, language, await _brand())
    return _file(made, "text/calendar", f"{booking.story['reference']}.ics")


def _ics(booking: Seen, language: str, brand: Brand) -> bytes:
    from bot.calendars import ics  # noqa: PLC0415  # a tenth of a second to load, which a start need not wait for

    return ics(booking.story, brand, language, stands=booking.stands, made=booking.created)


# --- ways to reach us ---


def reach(brand: Brand, story: Story | None = None) -> list[dict[str, str]]:
    """How a guest reaches the house: channel, address of the link, and what to show. With a story the code is typed for them."""
    typed = f"{story['reference']}: " if story else ""
    return [
        {"channel": channel, "href": ways.link(channel, address, typed), "shown": ways.shown(channel, address)}
        for channel, address in brand.ways()
    ]


def doors_of(catalog: Catalog) -> list[dict[str, Any]]:
    """Each door with its link; words that a channel can type for the guest are kept per language."""
    return [
        {
            "channel": door.channel,
            "href": {
                language: ways.link(door.channel, door.address, (door.words or {}).get(language, ""))
                for language in catalog.brand.languages
            },
            "shown": ways.shown(door.channel, door.address),
        }
        for door in catalog.doors
    ]


async def _brand() -> Brand:
    return (await catalogs.on_sale())[1].brand
