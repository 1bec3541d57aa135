"""Doors for machines: Twilio, Telegram and Stripe. They verify, translate and hand over; 200 only when it is kept."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
import structlog
from aiohttp import web
from multidict import MultiDictProxy

from bot import checkout, mail_in, telegram, whatsapp
from bot.program import Program
from flows.speech import Heard
from handlers.delivery_reported import delivery_reported
from handlers.letter_came import letter_came, letter_kept, letter_unread
from handlers.someone_wrote import someone_wrote
from models import doors
from models.database import is_away, is_contended
from web import keys

log = structlog.get_logger()

LARGEST = 1024 * 1024  # bytes of a body
LARGEST_LETTER = 25 * 1024 * 1024  # bytes: what mail servers commonly take
DEADLINE = 10.0  # seconds for a body to arrive: aiohttp itself waits for ever
DEADLINE_LETTER = 60.0
MAIL = "/hooks/mail"
LONGEST_NAME = 100  # characters of a provider's id or address
NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'  # TwiML: we answer by the API

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes() -> list[web.RouteDef]:
    """The hooks."""
    return [
        web.post("/hooks/whatsapp", on_whatsapp),
        web.post("/hooks/whatsapp/status", on_whatsapp_status),
        web.post("/hooks/telegram", on_telegram),
        web.post("/hooks/stripe", on_stripe),
        web.post(MAIL, on_mail),
    ]


@web.middleware
async def whole_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have the whole body before anyone looks at it: 413 when it is too large, 408 when it drips."""
    if request.method in ("POST", "PUT", "PATCH"):
        letter = request.path == MAIL and _by_our_mail_server(request)
        if letter:
            request = request.clone(client_max_size=LARGEST_LETTER)
        try:
            async with asyncio.timeout(DEADLINE_LETTER if letter else DEADLINE):
                await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="the body did not arrive in time") from None
        except web.HTTPRequestEntityTooLarge as refusal:
            if letter:
                refusal.text = "a letter of more than 25 MiB is not taken"
            raise
    return await handler(request)


@web.middleware
async def people_go_first(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Letters stand aside while a provider brings something; a desk page that listens for hours holds none up."""
    if not request.path.startswith("/hooks/"):
        return await handler(request)
    with _program(request).packing.courtesy.answering():
        return await handler(request)


@web.middleware
async def refused_by_the_database(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A hook that could not be kept is a 503, so that the provider sends it again."""
    try:
        return await handler(request)
    except Exception as away:
        if not request.path.startswith("/hooks/") or not (is_away(away) or is_contended(away)):
            raise
        log.warning("the database refuses", reason=str(away))
        raise web.HTTPServiceUnavailable(text="not kept; please send it again") from away


def _program(request: web.Request) -> Program:
    return request.app[keys.PROGRAM]


async def _twilio_form(request: web.Request) -> dict[str, str]:
    """Twilio's form, once its signature over our public URL holds; otherwise 403 and no trace."""
    program, form = _program(request), await _form(request)
    token = program.settings.twilio_auth_token.get_secret_value()
    signature = request.headers.get("X-Twilio-Signature", "")
    url = program.settings.url + request.raw_path
    if not token or not whatsapp.signed(token, url, form, signature):
        raise web.HTTPForbidden(text="not signed by Twilio")
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def _form(request: web.Request) -> MultiDictProxy[Any]:
    """The form of a request as Twilio sends it; one that cannot be read was not signed by anybody."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPForbidden(text="not signed by Twilio")
    try:
        return await request.post()
    except (ValueError, LookupError):  # no UTF-8, or a charset that nobody knows
        raise web.HTTPForbidden(text="not signed by Twilio") from None


def _heard(update: dict[str, Any], now: datetime) -> Heard | None:
    """What somebody did on Telegram; of what cannot be read, who it was: sent again it would be no better, and hold up the rest."""
    try:
        return telegram.read(update, now)
    except Exception as fault:  # noqa: BLE001  # whatever it is: an odd shape, or a mistake of ours
        log.warning("Telegram sent what cannot be read", fault=repr(fault)[:200])
        return telegram.read_barely(update, now)


async def on_whatsapp(request: web.Request) -> web.Response:
    """A WhatsApp message reached us."""
    program, form = _program(request), await _twilio_form(request)
    heard = whatsapp.read_surely(form, program.house.now())
    if not 0 < len(heard.external_id) <= LONGEST_NAME or not 0 < len(heard.sender) <= LONGEST_NAME:
        raise web.HTTPBadRequest(text="a message needs MessageSid and From")
    await program.after_the_missed()
    program.courier.carry(await someone_wrote(program.house, heard))
    return web.Response(text=NO_ANSWER, content_type="text/xml")


async def on_whatsapp_status(request: web.Request) -> web.Response:
    """Twilio tells what became of a message; `d` is delivery.attempt. Of one before the last, only a failure counts."""
    program, form = _program(request), await _twilio_form(request)
    report = whatsapp.read_report(form, enclosed="enclosed" in request.query)
    delivery, _, attempt = request.query.get("d", "").partition(".")
    if report and report.became != "failed" and not request.query.keys().isdisjoint(("enclosed", "more")):
        report = None
    if report and whatsapp.figure(delivery) and whatsapp.figure(attempt):
        await delivery_reported(program.house, int(delivery), int(attempt), report)
    return web.Response(text=NO_ANSWER, content_type="text/xml")


async def on_telegram(request: web.Request) -> web.Response:
    """A Telegram update reached us."""
    program = _program(request)
    secret = program.settings.telegram_secret.get_secret_value()
    given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    if program.telegram is None or not secret or not hmac.compare_digest(_bytes(given), _bytes(secret)):
        raise web.HTTPForbidden(text="not sent by Telegram")
    update = _json(await request.read())
    heard = _heard(update, program.house.now())
    if heard is not None:
        program.courier.carry(await someone_wrote(program.house, heard))
    if heard is not None and heard.kind == "tap":
        program.telegram.answer_tap(str(update["callback_query"].get("id", "")))
    return web.Response()


async def on_stripe(request: web.Request) -> web.Response:
    """Stripe tells of a payment."""
    program = _program(request)
    secret = program.settings.stripe_webhook_secret.get_secret_value()
    signature = request.headers.get("Stripe-Signature", "")
    event = checkout.verified(await request.read(), signature, secret) if secret else None
    if event is None:
        raise web.HTTPForbidden(text="not signed by Stripe")
    await checkout.told(program.house, event)
    return web.Response()


def _by_our_mail_server(request: web.Request) -> bool:
    secret = _program(request).settings.mail_secret.get_secret_value()
    given = request.headers.get("Authorization", "")
    return bool(secret) and hmac.compare_digest(_bytes(given), _bytes(f"Bearer {secret}"))


async def on_mail(request: web.Request) -> web.Response:
    """A letter reached us, as the mail server has it. It is kept first; one that we cannot read is the desk's."""
    if not _by_our_mail_server(request):
        raise web.HTTPForbidden(text="not brought by our mail server")
    program, raw = _program(request), await request.read()
    kept, known = await letter_kept(program.house, raw)
    if known:
        return web.Response(text="known")
    try:
        letter = await mail_in.understood(program.house, program.settings, raw)
        program.courier.carry(await letter_came(program.house, kept, letter))
    except Exception as fault:
        if is_away(fault) or is_contended(fault):
            raise
        log.exception("a letter could not be read", letter=kept)
        await letter_unread(program.house, kept, doors.readable(repr(fault)[:500]))
        return web.Response(text="kept; people will read it")
    return web.Response(text=f"not answered: {letter.aside}" if letter.aside else "")


def _bytes(header: str) -> bytes:
    """A header as it came: bytes that are no text stand in it as surrogates."""
    return header.encode("utf-8", "surrogateescape")


def _json(body: bytes) -> dict[str, Any]:
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise web.HTTPBadRequest(text="not JSON") from None
    if not isinstance(update, dict):
        raise web.HTTPBadRequest(text="not an update")
    return update
