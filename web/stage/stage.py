"""The demo's one page: phones, mailbox, checkout and desk side by side, and the few calls it makes."""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from web.static_files import files, fingerprint, static_url

PAGE = Path(__file__).parent / "page"
OURS_ONLY = (
    "default-src 'self'; img-src 'self' data: blob:; frame-src 'self'; object-src 'none'; base-uri 'none'; "
    "connect-src 'self' {providers}"
)
MAIL_ONLY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src 'self'; frame-ancestors 'self'"
)
NO_LIMIT = ClientTimeout(total=None, sock_connect=3)
HOP = {"connection", "content-length", "date", "host", "server", "transfer-encoding"}

About = Callable[[], Awaitable[dict[str, Any]]]
Advance = Callable[[timedelta | None], Awaitable[dict[str, Any]]]
Draw = Callable[[str, str, Mapping[str, Any]], str]


def stage_routes(
    sim_url: str, brand: About, advance: Advance, kill: Callable[[], None], draw: Draw, logo: Path | None = None
) -> list[web.RouteDef]:
    """The stage's routes, for demo mode only.

    `sim_url` is the simulators' base (`http://127.0.0.1:port`). `brand()` gives what the page shows of the house:
    name, zone, now (ISO, UTC), offset (seconds), people (as
    given to the simulators) and bookings ({"total", "awaiting"}). `advance(None)` moves the clock to the next event;
    both forms give {"now", "offset"}. `draw(source, language, facts)` draws the Jinja source with the house's HTML
    environment of that language. `logo` is the brand's SVG, shown white and gold in the phones' round marks.
    """
    stage = Stage(sim_url.rstrip("/"), brand, advance, kill, draw, logo)
    return [
        web.get("/", stage.page),
        web.get("/stage/page/{name:.+\\.(?:css|js|svg)}", files(PAGE)),
        web.get("/stage/mark.svg", stage.mark),
        web.get("/stage/about", stage.about),
        web.post("/stage/clock", stage.clock),
        web.post("/stage/kill", stage.die),
        web.get("/stage/mails/{mail:[\\w-]+}/page", stage.mail),
        web.route("*", "/stage/sim/{tail:.*}", stage.simulators),
    ]


def page_url(name: str) -> str:
    """The address of a file of the stage with its content's hash."""
    return f"/stage/page/{name}?v={fingerprint(PAGE / name, (PAGE / name).stat().st_mtime_ns)}"


class Stage:
    """What the stage's page asks for; every call is handed on to the house or to the simulators."""

    def __init__(
        self,
        sim_url: str,
        brand: About,
        advance: Advance,
        kill: Callable[[], None],
        draw: Draw,
        logo: Path | None,
    ) -> None:
        self.sim_url, self.brand, self.advance, self.kill = sim_url, brand, advance, kill
        self.draw, self.logo = draw, logo
        self.life = {"demo": os.getppid(), "server": f"{os.getpid()}/{time.time_ns()}"}

    async def facts(self) -> dict[str, Any]:
        """What the house tells, which life of the server this is, and where the providers are if it should end."""
        return {**await self.brand(), "life": self.life, "providers": f"{self.sim_url}/sim"}

    async def page(self, request: web.Request) -> web.Response:
        """The page itself."""
        facts = {"about": await self.facts(), "look": static_url("look.css"), "page": page_url}
        facts["mark"] = "/stage/mark.svg" if self.logo else None
        drawn = self.draw((PAGE / "stage.html").read_text("utf-8"), language_of(request), facts)
        headers = {"Content-Security-Policy": OURS_ONLY.format(providers=self.sim_url), "Cache-Control": "no-store"}
        return web.Response(text=drawn, content_type="text/html", headers=headers)

    async def mark(self, request: web.Request) -> web.Response:
        """The brand's mark in a dark square, as the picture of its chats."""
        if self.logo is None:
            raise web.HTTPNotFound(text="The brand has no mark.")
        return web.Response(text=squared(self.logo.read_text("utf-8")), content_type="image/svg+xml")

    async def about(self, request: web.Request) -> web.Response:
        """Brand, people, clock and booking counts as JSON; also how the page learns that the server is back."""
        return web.json_response(await self.facts(), headers={"Cache-Control": "no-store"})

    async def clock(self, request: web.Request) -> web.Response:
        """`{"minutes": n}` or `{"to": "next"}` moves the demo's clock, and the simulators' with it."""
        from_here_only(request)
        asked = await request.json()
        step = None if asked.get("to") == "next" else timedelta(minutes=min(float(asked["minutes"]), 60 * 24 * 30))
        moved = await self.advance(step)
        if "offset" in moved:
            async with ClientSession(timeout=NO_LIMIT) as session:
                await session.post(f"{self.sim_url}/sim/clock", json={"offset": moved["offset"]})
        return web.json_response(moved)

    async def die(self, request: web.Request) -> web.Response:
        """Kills the server as a power cut would, just after saying so."""
        from_here_only(request)
        asyncio.get_running_loop().call_later(0.02, self.kill)
        return web.json_response({"dying": True}, status=202)

    async def mail(self, request: web.Request) -> web.Response:
        """The HTML part of a caught mail under a policy of its own: its styles are inline, scripts never run."""
        number = request.match_info["mail"]
        url = f"{self.sim_url}/sim/mails/{number}"
        async with ClientSession(timeout=NO_LIMIT) as session, session.get(url) as answer:
            if answer.status != 200:
                raise web.HTTPNotFound(text="There is no such mail.")
            mail = await answer.json()
        html = with_pictures(number, mail)
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": MAIL_ONLY})

    async def simulators(self, request: web.Request) -> web.StreamResponse:
        """Hands any call on to the simulators' control door and streams the answer back (events included)."""
        if request.method != "GET":
            from_here_only(request)
        try:
            async with ClientSession(timeout=NO_LIMIT, auto_decompress=False) as session:
                return await hand_on(session, f"{self.sim_url}/sim/{quote(request.match_info['tail'])}", request)
        except ClientError:
            return web.json_response({"error": "The simulated providers do not answer."}, status=502)


async def hand_on(session: ClientSession, url: str, request: web.Request) -> web.StreamResponse:
    """One call to `url` as it came, its answer streamed as it comes."""
    passed = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
    body = await request.read()  # whole already: bodies are read before any handler looks
    query = request.query
    async with session.request(
        request.method, url, params=query, headers=passed, data=body or None, allow_redirects=False
    ) as far:
        kept = {name: value for name, value in far.headers.items() if name.lower() not in HOP}
        answer = web.StreamResponse(status=far.status, headers=kept)
        await answer.prepare(request)
        with suppress(ClientError):  # half an answer is all there is: another one cannot follow it
            async for piece in far.content.iter_any():
                await answer.write(piece)
        return answer


def language_of(request: web.Request) -> str:
    """What the visitor's browser asks for first, as "es" or "en"; `?language=` overrules it."""
    asked: str = request.query.get("language") or request.headers.get("Accept-Language") or "en"
    return "es" if asked.lower().startswith("es") else "en"


def squared(logo: str) -> str:
    """The logo's SVG on the shell's colour, its two colours (`--mark-sun`, `--mark-wave`) turned gold and white."""
    light = re.sub(r"var\(--mark-wave[^)]*\)", "#FFFFFF", re.sub(r"var\(--mark-sun[^)]*\)", "#F4CE83", logo))
    inner = re.sub(r"<svg ", '<svg x="13" y="13" width="38" height="38" ', light[light.index("<svg") :], count=1)
    ground = '<rect width="64" height="64" fill="#0D2B2A"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{ground}{inner}</svg>'


def from_here_only(request: web.Request) -> None:
    """Another site's page must not move the clock or kill the demo through the visitor's browser."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="Only the stage itself may ask this.")


def with_pictures(number: str, mail: Mapping[str, Any]) -> str:
    """The mail's HTML with its enclosed pictures (`cid:`) pointed at the caught attachments."""
    html = str(mail.get("html") or "")
    for place, enclosed in enumerate(mail.get("attachments", ())):
        if cid := enclosed.get("cid"):
            html = html.replace(f"cid:{str(cid).strip('<>')}", f"/stage/sim/mails/{number}/attachments/{place}")
    return html
