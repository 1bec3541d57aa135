"""Carries webhooks from the sandbox's providers to the bot, and tries again as each provider does."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import time
import uuid
from typing import Any
from urllib.parse import urldefrag, urlencode

import aiohttp
import orjson

from .world import Json, World, cut

# Twilio: connect 5 s, all 15 s. Telegram's Bot API server gives a webhook about a minute. Stripe about 20 s.
PATIENCE = {"twilio": aiohttp.ClientTimeout(total=15, connect=5), "telegram": aiohttp.ClientTimeout(total=60)}
STRIPE_WAITS = (2, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)  # the real ones are minutes to hours, up to three days
TELEGRAM_KEEPS = 24 * 3600


class Postman:
    """One lane per chat, message or event: what is in a lane goes out in order, one at a time; lanes run side by side."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lanes: dict[str, asyncio.Task[None]] = {}
        self.waiting: dict[str, asyncio.Future[int | None]] = {}
        self.hurried = asyncio.Event()
        self.session: aiohttp.ClientSession | None = None
        self.on_answer: Any = None
        self.on_done: Any = None
        self.on_failure: Any = None

    async def start(self) -> None:
        self.session = aiohttp.ClientSession(auto_decompress=False)
        for job in self.world.jobs:
            self.work(job["lane"])

    async def stop(self) -> None:
        tasks = list(self.lanes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.session is not None:
            await self.session.close()

    def send(self, provider: str, lane: str, url: str, body: str, **more: Any) -> str:
        """Queues one webhook; `more` may hold kind and ref. Returns its id for `first_answer`."""
        key = uuid.uuid4().hex
        job = {"id": key, "provider": provider, "lane": lane, "url": url, "body": body, "tries": 0, "due": 0.0}
        self.world.jobs.put(key, {**job, "born": self.world.now(), **more})
        self.waiting[key] = asyncio.get_running_loop().create_future()
        self.work(lane)
        return key

    async def first_answer(self, key: str, seconds: float) -> int | None:
        """The status of the first try, None when there was no answer (in time)."""
        future = self.waiting.get(key)
        if future is None:
            return None
        with contextlib.suppress(asyncio.TimeoutError):
            return await asyncio.wait_for(asyncio.shield(future), seconds)
        return None

    def hurry(self) -> None:
        """Forgets all waiting times: what is owed is tried at once."""
        for job in self.world.jobs:
            self.world.jobs.put(job["id"], {**job, "due": 0.0})
        self.hurried.set()
        self.hurried = asyncio.Event()

    def work(self, lane: str) -> None:
        if lane not in self.lanes:
            self.lanes[lane] = asyncio.create_task(self.run(lane))

    async def run(self, lane: str) -> None:
        try:
            while (job := self.head(lane)) is not None:
                await self.until_due(job["id"])
                if self.world.jobs.get(job["id"]) is not None:
                    await self.attempt(self.world.jobs.get(job["id"]))
        finally:
            self.lanes.pop(lane, None)

    def head(self, lane: str) -> Json | None:
        return next((job for job in self.world.jobs if job["lane"] == lane), None)

    async def until_due(self, key: str) -> None:
        while (job := self.world.jobs.get(key)) is not None:
            await self.world.until_up(job["provider"])
            wait = (job["due"] - time.time()) if job["due"] else 0
            if wait <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):  # wait_for loses a cancel before Python 3.12
                    await self.hurried.wait()

    async def attempt(self, job: Json) -> None:
        status, answer, headers = await self.post(job["provider"], job["url"], job["body"], self.headers(job), job)
        job = {**job, "tries": job["tries"] + 1}
        if self.world.jobs.get(job["id"]) is not None:
            self.settle(job, status, headers)
        future = self.waiting.pop(job["id"], None)
        if future is not None and not future.done():
            future.set_result(status)
        if status is not None and 200 <= status < 300 and self.on_answer is not None:
            await self.on_answer(job, answer)

    def settle(self, job: Json, status: int | None, headers: dict[str, str]) -> None:
        done = status is not None and 200 <= status < 300
        wait = None if done else self.next_wait(job, status, headers)
        if not done and self.on_failure is not None:
            self.on_failure(job, status)
        if wait is None:
            self.world.jobs.drop(job["id"])
            if self.on_done is not None:
                self.on_done(job, done)
        else:
            self.world.jobs.put(job["id"], {**job, "due": time.time() + wait * self.world.pace})

    def next_wait(self, job: Json, status: int | None, headers: dict[str, str]) -> float | None:
        """Seconds until the next try, None for never again.

        Twilio: one more try (config `twilio.retries`) after a time-out, a refused connection or a 5xx. Telegram: 1 s doubling to 60 s
        for 24 h, Retry-After up to an hour honoured (WebhookActor.cpp). Stripe: growing waits.
        """
        tries = job["tries"]
        if job["provider"] == "twilio":
            again = (status is None or status >= 500) and tries <= int(self.world.config["twilio"].get("retries", 1))
            return 0.5 if again else None
        if job["provider"] == "telegram":
            asked = int(headers.get("Retry-After", "0")) if headers.get("Retry-After", "0").isdigit() else 0
            expired = self.world.now() - job["born"] > TELEGRAM_KEEPS
            return None if expired else max(min(60, 2 ** min(tries - 1, 6)), min(asked, 3600))
        return STRIPE_WAITS[tries - 1] if tries <= len(STRIPE_WAITS) else None

    def headers(self, job: Json) -> dict[str, str]:
        config = self.world.config
        if job["provider"] == "twilio":
            form = job.get("form", {})
            return twilio_headers(config["twilio"]["auth_token"], job["url"], form)
        if job["provider"] == "telegram":
            secret = (self.world.settings.get("telegram:webhook") or {}).get("secret_token")
            plain = {"Content-Type": "application/json"}
            return {**plain, "X-Telegram-Bot-Api-Secret-Token": secret} if secret else plain
        return stripe_headers(config["stripe"]["webhook_secret"], job["body"])

    async def post(
        self, provider: str, url: str, body: str, headers: dict[str, str], about: Json
    ) -> tuple[int | None, bytes, dict[str, str]]:
        """One try: status (None: no answer), the answer's body and headers. Always on the wire."""
        target, began = self.world.route(urldefrag(url)[0]), time.perf_counter()
        status: int | None = None
        answer, heads, error = b"", dict[str, str](), ""
        if target is None:
            error = "the sandbox delivers to this machine only"
        else:
            try:
                status, answer, heads = await self.fetch(provider, target, body, headers)
            except (aiohttp.ClientError, TimeoutError, OSError) as problem:
                error = f"{type(problem).__name__}: {problem}"
        entry = {
            "way": "webhook",
            "provider": provider,
            "method": "POST",
            "url": url,
            "headers": headers,
            "body": cut(body.encode()),
            "status": status,
            "ms": round((time.perf_counter() - began) * 1000, 1),
            "answer": cut(answer),
            "error": error or None,
            "kind": about.get("kind"),
            "try": about.get("tries", 0) + 1,
        }
        self.world.log(entry, {"provider": provider, "url": url, "body": body, "headers": headers, "about": about})
        return status, answer, heads

    async def fetch(
        self, provider: str, url: str, body: str, headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        assert self.session is not None
        patience = PATIENCE.get(provider, aiohttp.ClientTimeout(total=20))
        async with self.session.post(
            url, data=body.encode(), headers=headers, timeout=patience, allow_redirects=False
        ) as got:
            return got.status, (await got.content.read(65536)), dict(got.headers)

    async def again(self, number: str, times: int, *, parallel: bool, forge: bool, fresh: bool) -> list[int | None]:
        """Sends a webhook from the wire again as it was; `forge` spoils its signature, `fresh` signs it anew."""
        replay = (self.world.wire.get(number) or {}).get("replay")
        if replay is None:
            raise KeyError(number)
        headers = self.headers({**replay["about"], **replay}) if fresh else dict(replay["headers"])
        headers = {key: spoiled(value) if forge and key in SIGNED else value for key, value in headers.items()}
        url, body, about = replay["url"], replay["body"], replay["about"]
        if parallel:
            calls = (self.post(replay["provider"], url, body, headers, about) for _ in range(times))
            return [status for status, _, _ in await asyncio.gather(*calls)]
        return [(await self.post(replay["provider"], url, body, headers, about))[0] for _ in range(times)]


SIGNED = ("X-Twilio-Signature", "X-Telegram-Bot-Api-Secret-Token", "Stripe-Signature")


def spoiled(signature: str) -> str:
    swapped = "A" if signature[-3] != "A" else "B"
    return signature[:-3] + swapped + signature[-2:]


def twilio_headers(token: str, url: str, form: dict[str, str]) -> dict[str, str]:
    return {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
        "X-Twilio-Signature": twilio_signature(token, urldefrag(url)[0], form),
    }


def twilio_signature(token: str, url: str, form: dict[str, str]) -> str:
    """Twilio: HMAC-SHA1 with the auth token over the URL and every parameter, sorted by name, name and value joined; base64."""
    text = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def stripe_headers(secret: str, body: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": stripe_signature(secret, body, int(time.time())),
    }


def stripe_signature(secret: str, body: str, at: int) -> str:
    """Stripe: HMAC-SHA256 with the endpoint's secret over "timestamp.body", hex; the timestamp is real time, made anew at each try."""
    return f"t={at},v1=" + hmac.digest(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hex()


def form_body(form: dict[str, str]) -> str:
    return urlencode(form)


def json_body(value: Any, *, pretty: bool = False) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if pretty else None).decode()
