"""The look of every page, handed out: our stylesheet, scripts, pictures and the typeface."""

import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.resources import files as inside
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
FONTS = Path(str(inside("font_manrope"))) / "files"
YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
WEEK = "public, max-age=604800"


def routes() -> list[web.RouteDef]:
    """Routes of /static/ and /static/fonts/. A file asked for under its own hash may be kept for a year."""
    return [
        web.get("/static/fonts/{name:[A-Za-z_-]+\\.(?:ttf|txt)}", files(FONTS, WEEK)),
        web.get("/static/{name:.+}", files(STATIC)),
    ]


def static_url(name: str) -> str:
    """The address of a file below web/static with its content's hash, for templates: `static_url("look.css")`."""
    return f"/static/{name}?v={fingerprint(STATIC / name, (STATIC / name).stat().st_mtime_ns)}"


@cache
def fingerprint(path: Path, changed: int) -> str:
    """The first twelve hex digits of the file's sha256; `changed` (its mtime) only makes an edited file new."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def files(folder: Path, keep: str = ASK_AGAIN) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler that hands out the files of one folder, none outside it; browsers ask again unless `?v=` is given."""
    root = folder.resolve()

    async def hand_out(request: web.Request) -> web.StreamResponse:
        wanted = (root / request.match_info["name"]).resolve()
        if not wanted.is_relative_to(root) or not wanted.is_file():
            raise web.HTTPNotFound(text="There is no such file.")
        held = YEAR if "v" in request.query else keep
        return web.FileResponse(wanted, headers={"Cache-Control": held, "X-Content-Type-Options": "nosniff"})

    return hand_out
