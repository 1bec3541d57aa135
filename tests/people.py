"""The people of the stories, and the whole running Bellhop they talk to: `await ana.says("hola"); await ana.hears("¿Qué…")`.

Everybody speaks through the simulated providers, which call the real doors with genuine signatures. `hears` waits on what the
simulators show; nobody sleeps.
"""

import asyncio
import atexit
import html
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot import demo
from bot.documents import Documents
from bot.program import Program, running
from bot.settings import Settings
from models import database
from models.catalog import compile
from models.catalog_file import read_file
from models.settings import keep_value
from tests.conftest import NOW, SAMPLE
from tests.patience import PATIENCE
from web.serving import DEMO_STAFF, application, connect
from web.stage.providers import Running, start

ANA = {"key": "ana", "name": "Ana Lindqvist", "language": "en", "role": "guest", "whatsapp": "+46701740605"}
LUIS = {"key": "luis", "name": "Luis Cabrera", "language": "es", "role": "guest", "telegram": 700100277}

Message = dict[str, Any]


class Missed(AssertionError):
    """Somebody waited for words that did not come; the message says what came instead."""


class Bellhop:
    """The whole program on a real port of this machine, with simulators as the far side."""

    def __init__(self, program: Program, sim: Running, http: aiohttp.ClientSession, data: Path) -> None:
        self.program, self.sim, self.http, self.data = program, sim, http, data
        self.url = program.settings.url
        self.come = asyncio.Condition()
        self.shown: list[tuple[str, str, Message]] = []  # person, channel, a message as it was new or newly worded
        self._worded: dict[tuple[str, str, str], str] = {}

    async def watch(self) -> None:
        """Note what the simulators show, until cancelled."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sim.world.listeners.add(queue)
        while True:
            event = await queue.get()
            async with self.come:
                if message := event.get("message"):
                    self._note(event["person"], event["channel"], message)
                self.come.notify_all()

    def _note(self, person: str, channel: str, message: Message) -> None:
        place, worded = (person, channel, message["id"]), read_aloud(message)
        if (
            message["mine"]
            or message["status"] in ("queued", "failed", "undelivered")
            or self._worded.get(place) == worded
        ):
            return
        self._worded[place] = worded
        self.shown.append((person, channel, message))

    async def until(self, right: Any) -> Any:
        """What `right()` gives as soon as it is something, looked at whenever anything happens at the simulators."""
        async with self.come, asyncio.timeout(PATIENCE):
            return await self.come.wait_for(right)

    async def pull(self, path: str, **wish: Any) -> Any:
        """One of the simulators' strings (see web/stage/providers): `pull("/sim/switches", smtp="down")`."""
        async with self.http.post(self.sim.url + path, json=wish) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def mail(self, to: str, *words: str) -> dict[str, Any]:
        """The newest mail to this address with these words in its subject or text, as soon as it is there."""

        def found() -> dict[str, Any] | None:
            for mail in reversed(list(self.sim.world.mails)):
                whole = self.sim.parts.mailbox.whole(mail["id"])
                if (
                    whole
                    and to in str(whole["to"])
                    and all(word in f"{whole['subject']}\n{whole['text']}" for word in words)
                ):
                    return dict(whole)
            return None

        try:
            return await self.until(found)  # type: ignore[no-any-return]
        except TimeoutError:
            subjects = [f"{mail['to']}: {mail['subject']}" for mail in self.sim.world.mails]
            raise Missed(f"no mail to {to} with {words}; there are {subjects}") from None

    async def later(self, **by: float) -> None:
        """Let time pass for the program and the providers alike: `later(minutes=20)`."""
        await self.program.clock.advance(timedelta(**by))
        await self.pull("/sim/clock", offset=self.program.clock.offset.total_seconds())
        await self.program.tick()

    def written_too_late(self) -> list[Message]:
        """Free words that the bot sent outside someone's 24 hours, as WhatsApp knows of them; it would send them anew otherwise."""
        return [one for one in self.sim.world.messages if one.get("error_code") == 63016 and not one.get("template")]


def read_aloud(message: Message) -> str:
    """All the words of a message: its text as it looks, its buttons and what hangs on it."""
    text = html.unescape(re.sub(r"<[^>]+>", "", message["text"])) if message.get("html") else message["text"]
    keys = [one for row in message["keyboard"] for one in row]
    buttons = [line for one in keys for line in (one["text"], one.get("description")) if line]
    files = [one.get("name") or one.get("content_type") or "" for one in message["media"]]
    return "\n".join([text, *buttons, *files])


class Person:
    """Someone with a phone, on one channel."""

    def __init__(self, bellhop: Bellhop, key: str, channel: str) -> None:
        self.bellhop, self.key, self.channel = bellhop, key, channel
        self.past = 0  # everything shown before this has been answered or heard

    def got(self) -> list[Message]:
        """What they were sent and have not answered or heard yet, oldest first."""
        return [
            message
            for person, channel, message in self.bellhop.shown[self.past :]
            if (person, channel) == (self.key, self.channel)
        ]

    def seen(self) -> list[Message]:
        """All they were ever sent, as it was then."""
        return [one for person, channel, one in self.bellhop.shown if (person, channel) == (self.key, self.channel)]

    async def says(self, text: str, **more: Any) -> int | None:
        """Write (or send: `says("", kind="location", lat=…, lon=…)`); gives what the bot answered the webhook with."""
        self.past = len(self.bellhop.shown)
        answer = await self.bellhop.pull(f"/sim/chats/{self.key}/{self.channel}/messages", text=text, **more)
        return answer["webhook_status"]  # type: ignore[no-any-return]

    async def taps(self, label: str) -> int | None:
        """Press the newest button with these words, or on WhatsApp send the number of the line that has them."""
        for message in reversed(self.seen()):
            for button in (one for row in message["keyboard"] for one in row):
                if label in button["text"] and message.get("typed_keys") and not button.get("request"):
                    return await self.says(button["text"])
                if label in f"{button['text']}\n{button.get('description') or ''}" and button.get("data"):
                    self.past = len(self.bellhop.shown)
                    wish = {"message": message["id"], "data": button["data"]}
                    return (await self.bellhop.pull(f"/sim/chats/{self.key}/{self.channel}/taps", **wish))[
                        "webhook_status"
                    ]  # type: ignore[no-any-return]
            for line in message["text"].splitlines():
                numbered = re.match(r"\W*(\d+)\W+(.*)", line)
                if self.channel == "whatsapp" and numbered and label in numbered[2]:
                    return await self.says(numbered[1])
        raise Missed(
            f"{self.key} sees nothing to tap with {label!r}; they read {[read_aloud(one) for one in self.seen()[-3:]]}"
        )

    async def hears(self, *words: str) -> Message:
        """The first message not heard yet that has all these words; those before it count as heard."""

        def found() -> tuple[int, Message] | None:
            for place in range(self.past, len(self.bellhop.shown)):
                person, channel, message = self.bellhop.shown[place]
                if (person, channel) == (self.key, self.channel) and all(word in read_aloud(message) for word in words):
                    return place, message
            return None

        try:
            place, message = await self.bellhop.until(found)
        except TimeoutError:
            raise Missed(f"{self.key} waited for {words} and got {[read_aloud(one) for one in self.got()]}") from None
        self.past = place + 1
        return message  # type: ignore[no-any-return]

    def link(self, ending: str = "") -> str:
        """The newest address they were sent whose path has this in it."""
        for message in reversed(self.seen()):
            buttons = [one["url"] for row in message["keyboard"] for one in row if one.get("url")]
            for url in [*buttons, *re.findall(r"https?://[^\s\"'<>]+", html.unescape(message["text"]))]:
                if ending in urlsplit(url).path and urlsplit(url).path.startswith("/b/"):
                    return str(url)
        raise Missed(f"{self.key} was sent no link with {ending!r}")

    async def opens(self, ending: str = "") -> str:
        """Open a link in the browser and read the page."""
        async with self.bellhop.http.get(self.link(ending)) as answer:
            assert answer.status == 200, (answer.status, await answer.text())
            return await answer.text()

    async def goes_to_pay(self) -> str:
        """Press the pay page's button; gives the address of the checkout, or the page's own words when there is none."""
        async with self.bellhop.http.post(self.link("/pay"), allow_redirects=False) as answer:
            return answer.headers["Location"] if answer.status == 303 else await answer.text()

    async def pays(self, card: str = "ok", **tests: Any) -> tuple[int, str]:
        """Pay with `ok`, `declined` or `abandon`; gives status and where the checkout sends them (or its page)."""
        checkout = await self.goes_to_pay()
        async with self.bellhop.http.post(checkout, data={"card": card, **tests}, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()


class Desk:
    """Staff at the desk, in a browser of their own."""

    def __init__(self, bellhop: Bellhop) -> None:
        self.bellhop = bellhop
        addressed_by_digits = aiohttp.CookieJar(unsafe=True)
        self.http = aiohttp.ClientSession(cookie_jar=addressed_by_digits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def logs_in(self) -> None:
        """With the demo's log-in."""
        password = demo.sandbox(self.bellhop.program.settings)["desk_password"]
        form = {"login": DEMO_STAFF, "password": password}
        async with self.http.post(f"{self.bellhop.url}/desk/login", data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()

    async def opens(self, path: str = "/desk") -> str:
        """A page's HTML."""
        async with self.http.get(self.bellhop.url + path) as answer:
            assert answer.status == 200, (answer.status, await answer.text())
            return await answer.text()

    async def sends(self, path: str, **form: str) -> int:
        """Press a button of a page: `sends("/desk/threads/1/reply", text="Yes")`; gives the status."""
        async with self.http.post(self.bellhop.url + path, data=form, allow_redirects=False) as answer:
            return answer.status


@cache
def _documents() -> Documents:
    """One document process for all tests of this run: it learns its fonts once."""
    shared = Documents()
    atexit.register(shared.close)
    return shared


@asynccontextmanager
async def whole_bellhop(database_url: str, data: Path) -> AsyncIterator[Bellhop]:
    """Start everything in this process on free ports, at the clock of the tests, and close it in the other order."""
    async with AsyncExitStack() as stack:
        door = socket.create_server(("127.0.0.1", 0))
        stack.callback(door.close)
        settings, sim = await _sandbox(database_url, data, door.getsockname()[1], stack)
        await _set_the_clock(database_url)
        program = await stack.enter_async_context(running(settings, _documents()))
        sim.world.settings.put("offset", program.clock.offset.total_seconds())
        runner = web.AppRunner(await application(program, stage=True), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, door).start()
        await connect(program, stage=True)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        bellhop = Bellhop(program, sim, http, data)
        watching = asyncio.create_task(bellhop.watch())
        stack.callback(watching.cancel)
        await asyncio.sleep(0)  # the watch is up before anybody speaks
        yield bellhop


async def _sandbox(database_url: str, data: Path, port: int, stack: AsyncExitStack) -> tuple[Settings, Running]:
    url = f"http://127.0.0.1:{port}"
    known = {"port": port, "public_url": url, "data": data, "database_url": database_url, "catalog": SAMPLE}
    first = Settings(_env_file=None, **known)
    accounts = demo.sandbox(first)
    catalog = compile(read_file(SAMPLE).content or {})
    config = demo.simulators(first, accounts, catalog)
    config |= {"pace": 0.02, "people": [*config["people"], ANA, LUIS]}
    sim = await start(config)
    stack.push_async_callback(sim.stop)
    environment = demo.environment(first, accounts, catalog, {"port": sim.port, "smtp_port": sim.smtp_port})
    ours = {
        name.removeprefix("BELLHOP_").lower(): value
        for name, value in environment.items()
        if name.startswith("BELLHOP_")
    }
    ours |= {"twilio_rate": "0", "telegram_rate": "0", "secret_key": "the secret of the tests"}
    return Settings(
        _env_file=None, **{name: value for name, value in ours.items() if name in Settings.model_fields}
    ), sim


async def _set_the_clock(database_url: str) -> None:
    """The story begins on Saturday 21 November 2026 at 10:30 in Punta Cana; from there time runs as it does."""
    await database.connect(database_url)
    try:
        await keep_value("clock_offset", str((NOW - datetime.now(UTC)).total_seconds()))
    finally:
        await database.close()
