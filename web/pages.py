"""Draws a page for a reader in their language and sends it with the headers that keep it private."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jinja2
import structlog
from aiohttp import web

from bot import words
from models import catalogs
from models.catalog import Brand
from models.fields import instant
from models.refusal import Refusal
from models.request import as_instant
from web.brand import picture_url
from web.static_files import static_url

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()

# A form may end at the payment provider's page: browsers hold redirects of a form to `form-action` too.
PRIVATE = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self' https:; "
    "frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


async def page(
    request: web.Request, template: str, *, language: str | None = None, status: int = 200, **facts: Any
) -> web.Response:
    """A template under `templates/pages/` as the answer to a request, never kept by a browser or a search engine.

    `language` is the reader's, else what their browser asks for. Every page gets `brand`, `static`, `picture`, its own
    `path` and `wished` (the `?lang` that was asked for, which links carry along).
    """
    reader = words.spoken(language) if language else browser_language(request)
    text = environment(reader).get_template(f"pages/{template}").render(
        brand=await brand(), static=static_url, picture=picture_url, path=request.path, wished=wished(request), **facts,
    )  # fmt: skip
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=PRIVATE)


@cache
def environment(language: str) -> jinja2.Environment:
    """The house's HTML environment with the few filters that only pages need."""
    made = words.html(language).overlay()
    made.filters = {
        **made.filters,
        "initials": initials,
        "later": later,
        "between": between,
        "at": as_instant,
        "opening": opening,
        "instant": instant,
        "this_year": this_year,
    }
    return made


def opening(words_: str) -> str:
    """Words as they open a line: "Lunes 23", "US dollar"."""
    return words_[:1].upper() + words_[1:]


def this_year(day: str) -> str:
    """A long day without its year: "Saturday 21 November", "sábado 21 de noviembre"."""
    return re.sub(r"( de)? \d{4}$", "", day)


def initials(name: str) -> str:
    """Two letters for a round badge: RP for Rafael Peña."""
    parts = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in [*parts[:1], *parts[1:][-1:]]).upper() or "·"


def later(moment: dict[str, str], minutes: int) -> dict[str, str]:
    """The instant so many minutes after this one."""
    return as_instant(datetime.fromisoformat(moment["utc"]) + timedelta(minutes=minutes), moment["zone"])


def between(earlier: dict[str, str], after: dict[str, str]) -> int:
    """Whole minutes from one instant to another, negative when the second comes first."""
    gone = datetime.fromisoformat(after["utc"]) - datetime.fromisoformat(earlier["utc"])
    return int(gone.total_seconds() // 60)


async def brand() -> Brand:
    """The face of the operator as it is on sale now."""
    return (await catalogs.on_sale())[1].brand


def wished(request: web.Request) -> str | None:
    """The language a reader chose on the page (`?lang=es`), where we have words in it."""
    asked = request.query.get("lang")
    return asked if asked in words.languages() else None


def browser_language(request: web.Request) -> str:
    """What the reader chose, else the best of `Accept-Language` (RFC 9110 §12.5.4) that has words, else the source language."""
    weighed = [_weighed(part) for part in request.headers.get("Accept-Language", "").split(",")]
    best = sorted((entry for entry in weighed if entry[0] > 0), key=lambda entry: -entry[0])
    known = words.languages()
    return wished(request) or next((tag for _, tag in best if tag in known), words.SOURCE)


def _weighed(part: str) -> tuple[float, str]:
    """ "es-DO;q=0.8" as (0.8, "es"); what cannot be read weighs nothing."""
    tag, _, weight = part.strip().partition(";q=")
    try:
        return float(weight or 1), tag.split("-")[0].lower()
    except ValueError:
        return 0, ""


@web.middleware
async def worded_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers a person's browser with a page in the look instead of a bare error; programs keep their bare answers."""
    try:
        return await handler(request)
    except Refusal as refusal:
        if not _read_by_a_person(request):
            raise
        return await _error(request, 409, refusal.key, refusal.facts)
    except web.HTTPException as error:
        if error.status < 400 or not _read_by_a_person(request):
            raise
        return await _error(request, error.status)
    except Exception:
        if not _read_by_a_person(request):
            raise
        log.exception("page failed", path=request.path.split("/")[1])
        return await _error(request, 500)


async def _error(
    request: web.Request, status: int, refusal: str | None = None, facts: dict[str, Any] | None = None
) -> web.Response:
    return await page(request, "error.html", status=status, code=status, refusal=refusal, refusal_facts=facts or {})


def _read_by_a_person(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith(
        ("/hooks", "/octo", "/stage")
    )
