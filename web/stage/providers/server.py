"""Puts the sandbox's providers behind one HTTP port and one mail port, writes down every call, and keeps to this machine."""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from . import stripe_reading, telegram_reading, twilio
from .checkout import Checkout
from .control import Control, Wrong, give
from .mailbox import Mailbox
from .postman import Postman
from .stripe import Stripe
from .telegram import NOTE, Telegram
from .templates import Templates
from .twilio import Twilio
from .world import Json, World, cut, loopback

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BIGGEST = 60 * 1024 * 1024
REFUSALS = (twilio.Refused, telegram_reading.Refused, stripe_reading.Refused, Wrong)
HANGS = 60.0
UNSHOWN = ("Host", "Accept", "Accept-Encoding", "Connection", "Content-Length")


class LiveCredential(RuntimeError):
    """A real account's credential stands beside the sandbox, or it was asked to listen beyond this machine."""


@dataclass
class Running:
    """The sandbox, listening. `url` is its HTTP address; `world` is for looking inside in tests."""

    port: int
    smtp_port: int
    url: str
    world: World
    parts: "Parts"

    async def stop(self) -> None:
        await self.parts.stop()


async def start(config: Json) -> Running:
    """Starts all simulators in this process and event loop; ports of 0 are chosen freely. `await running.stop()` ends them."""
    refuse_live(config, os.environ)
    parts = Parts(config)
    try:
        port, smtp_port = await parts.start()
    except BaseException:
        await parts.stop()
        raise
    host = config.get("host", "127.0.0.1")
    write_ready(config.get("ready_file"), {"port": port, "smtp_port": smtp_port, "pid": os.getpid()})
    return Running(port, smtp_port, f"http://{host}:{port}", parts.world, parts)


def write_ready(path: str | None, facts: Json) -> None:
    """Written beside and moved, so that a reader never sees half of it."""
    if path:
        beside = Path(path + ".part")
        beside.write_bytes(orjson.dumps(facts))
        beside.replace(path)


def refuse_live(config: Json, environment: Mapping[str, str]) -> None:
    """Refuses a host beyond loopback, live Stripe keys anywhere, and provider credentials in the environment that are not the sandbox's."""
    if not loopback(config.get("host", "127.0.0.1")):
        raise LiveCredential(f"the sandbox listens on this machine only, not on {config['host']}")
    ours = {
        "BELLHOP_TWILIO_ACCOUNT_SID": config["twilio"]["account_sid"],
        "BELLHOP_TWILIO_AUTH_TOKEN": config["twilio"]["auth_token"],
        "BELLHOP_TELEGRAM_TOKEN": config["telegram"]["token"],
        "BELLHOP_STRIPE_SECRET_KEY": config["stripe"]["secret_key"],
    }
    for name, own in ours.items():
        given = environment.get(name, "")
        if given and given != own:
            raise LiveCredential(
                f"{name} is set to something that is not the sandbox's: unset it, or use it without the sandbox"
            )
    for key in (config["stripe"]["secret_key"], config["stripe"].get("publishable", "")):
        if key.startswith(("sk_live", "rk_live", "pk_live")):
            raise LiveCredential("a live Stripe key was given to the sandbox")


class Parts:
    """Everything that is started and stopped together."""

    def __init__(self, config: Json) -> None:
        self.config = config
        self.world = World(config)
        self.postman = Postman(self.world)
        self.twilio, self.telegram = (Twilio(self.world, self.postman), Telegram(self.world, self.postman))
        self.stripe, self.mailbox = (Stripe(self.world, self.postman), Mailbox(self.world))
        self.runner: web.AppRunner | None = None
        self.ticking: asyncio.Task[None] | None = None
        self.postman.on_answer = self.answered
        self.postman.on_done = self.done
        self.postman.on_failure = self.failed

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self.watch], client_max_size=BIGGEST)
        app.on_response_prepare.append(self.open_to_the_stage)
        control = Control(self.world, self.postman, self.twilio, self.telegram, self.stripe, self.mailbox)
        for part in (control, Checkout(self.stripe), self.twilio, Templates(self.twilio), self.stripe, self.telegram):
            app.router.add_routes(part.routes())
        return app

    async def start(self) -> tuple[int, int]:
        host = self.config.get("host", "127.0.0.1")
        await self.postman.start()
        smtp_port = await self.mailbox.start(host, int(self.config.get("smtp_port", 0)))
        self.runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.5)
        await self.runner.setup()
        site = web.TCPSite(self.runner, host, int(self.config.get("port", 0)))
        await site.start()
        port = int(self.runner.addresses[0][1])
        self.world.origin = f"http://{host}:{port}"
        self.twilio.resume()
        self.ticking = asyncio.create_task(self.tick())
        return port, smtp_port

    async def stop(self) -> None:
        if self.ticking is not None:
            self.ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.ticking
        self.world.listeners.clear()
        await self.twilio.stop()
        await self.postman.stop()
        await self.mailbox.stop()
        if self.runner is not None:
            await self.runner.cleanup()
        self.world.close()

    async def tick(self) -> None:
        """Sessions past their time expire, and their events go out, without anybody asking."""
        while True:
            await asyncio.sleep(1)
            self.stripe.expire_due()

    async def answered(self, job: Json, body: bytes) -> None:
        if job["provider"] == "telegram":
            await self.telegram.answered(body)

    def done(self, job: Json, delivered: bool) -> None:
        if delivered:
            self.world.heard(job.get("brings", ()))
        if job["provider"] == "stripe" and delivered:
            self.stripe.delivered(job["ref"])

    def failed(self, job: Json, status: int | None) -> None:
        if job["provider"] == "telegram":
            self.telegram.failed(status)

    # -- every request -------------------------------------------------------------------------

    @property
    def watch(self) -> Any:
        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not loopback(request.url.host):
                return give({"error": "the sandbox answers on this machine only"}, 403)
            provider = provider_of(request.path)
            if provider is None:
                return await spoken(request, handler)
            return await self.logged(provider, request, handler)

        return middleware

    async def open_to_the_stage(self, request: web.Request, response: web.StreamResponse) -> None:
        """The stage's page reads the control door directly while the server that it comes through is dead."""
        origin, public = urlsplit(request.headers.get("Origin", "")), urlsplit(self.config.get("public_url", ""))
        same = origin.netloc == public.netloc or (loopback(origin.hostname) and origin.port == public.port)
        if request.path.startswith("/sim/") and origin.scheme == public.scheme and same:
            response.headers["Access-Control-Allow-Origin"] = origin.geturl()

    async def logged(self, provider: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        began, body = time.perf_counter(), await request.read()
        position = self.world.switch(provider)
        try:
            response = await self.switched(position, provider, request) or await spoken(request, handler)
        except Exception:  # not a cancel: then we are being stopped, and write nothing down any more
            self.note(provider, request, body, None, began)
            raise
        self.note(provider, request, body, response, began)
        if provider == "twilio" and request.method == "GET" and request.path.endswith("/Messages.json"):
            self.listed(response)
        return response

    def listed(self, response: web.StreamResponse) -> None:
        """A bot that was away asks Twilio for the list of what was written meanwhile."""
        if isinstance(response, web.Response) and response.status == 200 and isinstance(response.body, bytes):
            self.world.heard(f"whatsapp:{one['sid']}" for one in orjson.loads(response.body)["messages"])

    async def switched(self, position: str, provider: str, request: web.Request) -> web.Response | None:
        """What a provider out of order answers; None when it works."""
        if position == "hang":
            await asyncio.sleep(HANGS)
        if position in ("hang", "reset") and request.transport is not None:
            request.transport.abort()
        if position in ("up", "queued"):
            return None
        return limited(provider) if position == "limited" else broken(provider)

    def note(
        self, provider: str, request: web.Request, body: bytes, response: web.StreamResponse | None, began: float
    ) -> None:
        answer = response.body if isinstance(response, web.Response) else b""
        text = isinstance(response, web.Response) and (
            response.content_type.endswith("json") or response.content_type.startswith("text/")
        )
        entry = {
            "way": "call",
            "provider": provider,
            "method": request.method,
            "url": str(request.url),
            "headers": {str(key): value for key, value in request.headers.items() if key.title() not in UNSHOWN},
            "body": cut(body),
            "status": response.status if response is not None else None,
            "ms": round((time.perf_counter() - began) * 1000, 1),
            "answer": cut(answer) if text and isinstance(answer, bytes) else "",
            "error": request.get(NOTE),
        }
        self.world.log(entry)


def provider_of(path: str) -> str | None:
    if path.startswith(("/2010-04-01/", "/v1/Content", "/v1/LegacyContent")):
        return "twilio"
    if path.startswith(("/bot", "/file/bot")):
        return "telegram"
    return "stripe" if path.startswith("/v1/") else None


async def spoken(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's answer, or its refusal in the provider's own form; an address nobody has is refused in that form too."""
    try:
        return await handler(request)
    except REFUSALS as refusal:
        return refusal.response()
    except web.HTTPException as problem:
        return unknown(request, problem.status)


def unknown(request: web.Request, status: int) -> web.Response:
    provider, path = provider_of(request.path), request.path
    if provider == "twilio":
        code = 20404 if status == 404 else 20004
        return twilio.Refused(status, code, f"The requested resource {path} was not found").response()
    if provider == "telegram":
        return telegram_reading.Refused(404, "Not Found").response()
    if provider == "stripe":
        return stripe_reading.Refused(404, f"Unrecognized request URL ({request.method}: {path}).").response()
    return give({"error": f"nothing at {request.method} {path}"}, status)


def limited(provider: str) -> web.Response:
    if provider == "twilio":
        return twilio.Refused(429, 20429, "Too Many Requests").response()
    if provider == "telegram":
        return telegram_reading.Refused(429, "Too Many Requests: retry after 3", retry_after=3).response()
    told = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
    return stripe_reading.Refused(429, told, code="rate_limit").response()


def broken(provider: str) -> web.Response:
    if provider == "twilio":
        return twilio.Refused(503, 20503, "Service Unavailable").response()
    if provider == "telegram":
        return telegram_reading.Refused(502, "Bad Gateway").response()
    return stripe_reading.Refused(503, "Stripe is temporarily unavailable. Please try again.", "api_error").response()
