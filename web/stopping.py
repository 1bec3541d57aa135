"""The link in a letter's head that ends what nobody asked for: at one click of a mail program (RFC 8058), or on a page of ours."""

from aiohttp import web

from handlers.person_stopped import stopped_by_link
from models import letters
from web import keys
from web.pages import page
from web.portal import reach


def routes() -> list[web.RouteDef]:
    """Only the post changes anything: mail scanners open every link."""
    return [web.get("/stop/{token}", ask), web.post("/stop/{token}", stop)]


async def ask(request: web.Request) -> web.StreamResponse:
    """A person opened the link: what would end, and a button."""
    known = _letter(request) is not None
    return await _page(request, "stop.html", done=False) if known else await _lost(request)


async def stop(request: web.Request) -> web.StreamResponse:
    """The button of the page, or the mail program's own."""
    letter = _letter(request)
    if letter is None or not await stopped_by_link(request.app[keys.HOUSE], letter):
        return await _lost(request)
    return await _page(request, "stop.html", done=True)


async def _page(request: web.Request, template: str, *, status: int = 200, done: bool = False) -> web.Response:
    brand = (await request.app[keys.HOUSE].catalog()).brand
    return await page(request, template, status=status, reach=reach(brand), done=done)


async def _lost(request: web.Request) -> web.Response:
    return await _page(request, "lost.html", status=404)


def _letter(request: web.Request) -> int | None:
    return letters.stopped_by(request.app[keys.HOUSE].secret, request.match_info["token"])
