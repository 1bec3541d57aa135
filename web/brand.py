"""The brand's mark and scene, in the brand's colours, for every page to show."""

import hashlib
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot import art, photos, words
from models import catalogs
from models.catalog import Brand

SCENES = {"scene": "", "wide": "wide", "tall": "tall"}
MARKS = {"mark": False, "mark-dark": True}
DAY = "public, max-age=86400"


def routes() -> list[web.RouteDef]:
    """Routes of /brand/, the pictures of the operator's brand."""
    return [
        web.get("/brand/{name:scene|wide|tall|mark|mark-dark}", picture),
        web.get("/photos/{name}", photo),
    ]


async def picture(request: web.Request) -> web.Response:
    """One picture of the brand; its address changes with its colours, so it may be kept for a day."""
    body, content_type = _drawn(request.match_info["name"], _facts((await catalogs.on_sale())[1].brand))
    headers = {"Cache-Control": DAY, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type=content_type, headers=headers)


async def photo(request: web.Request) -> web.Response:
    """One of the catalogue's pictures, as chats show them."""
    found = photos.photo((await catalogs.on_sale())[1].brand.key, request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound(text="There is no such picture.")
    headers = {"Cache-Control": DAY, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=found[0], content_type=found[1], headers=headers)


def picture_url(name: str, brand: Brand) -> str:
    """The address of one of the brand's pictures: scene, wide, tall, mark, mark-dark."""
    seen = f"{sorted(brand.colours.items())}{brand.key}{brand.logo}{brand.art}"
    return f"/brand/{name}?v={hashlib.sha256(seen.encode()).hexdigest()[:8]}"


def _drawn(name: str, facts: Mapping[str, Any]) -> tuple[bytes, str]:
    return art.mark(facts, dark=MARKS[name]) if name in MARKS else art.scene(facts, SCENES[name])


def _facts(brand: Brand) -> dict[str, Any]:
    """What `bot.art` paints with: colours by role, and the brand's own files where it has any."""
    own = words.TEMPLATES / "brand" / brand.key
    colours = dict(brand.colours)
    return {
        "colours": colours | {"brass": colours.get("accent", art.DEFAULTS["brass"])},
        "logo": own / brand.logo if (own / brand.logo).is_file() else None,
        "art": own / brand.art if (own / brand.art).is_file() else None,
    }
