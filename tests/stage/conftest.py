"""A sandbox and a bot that only listens, so that the tests stand where the real bot will stand."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from tests.patience import PATIENCE
from web.stage.providers import Running, start

ACCOUNT, TOKEN = "AC" + "0123456789abcdef" * 2, "sandbox-auth-token-0123456789abc"
TELEGRAM, SECRET = "123456:AAsandbox-token_0123456789", "hook-secret-01"
STRIPE, STRIPE_HOOK = "sk_test_sandbox0123456789", "whsec_sandbox0123456789"


class Bot:
    """Listens where the bot would: remembers every webhook, answers as told, one answer after the other, 200 once they run out."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.more = asyncio.Condition()
        self.open = asyncio.Event()
        self.open.set()
        self.inside = self.most_inside = 0

    async def take(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            content, kind = self.files.get(request.path, (b"", ""))
            return web.Response(body=content, content_type=kind) if kind else web.Response(status=404)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        body = await request.read()
        form = dict((await request.post()).items()) if "form" in request.content_type else {}
        entry = {"path": request.path, "url": str(request.url), "headers": request.headers, "body": body, "form": form}
        async with self.more:
            self.heard.append(entry)
            self.more.notify_all()
        await self.open.wait()
        self.inside -= 1
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def hears(self, path: str, count: int = 1) -> list[dict[str, Any]]:
        """Waits until this many webhooks came to the path, and gives all of them."""

        def come() -> list[dict[str, Any]]:
            return [one for one in self.heard if one["path"] == path]

        async with self.more:
            await asyncio.wait_for(self.more.wait_for(lambda: len(come()) >= count), PATIENCE)
        return come()


class Stand:
    """The sandbox, the listening bot and a way to pull the strings."""

    def __init__(self, sim: Running, bot: Bot, http: aiohttp.ClientSession, config: dict[str, Any]) -> None:
        self.sim, self.bot, self.http, self.config = sim, bot, http, config
        self.url = sim.url

    async def pull(self, path: str, **wish: Any) -> Any:
        async with self.http.post(self.url + path, json=wish) as got:
            return await got.json()

    async def see(self, path: str) -> Any:
        async with self.http.get(self.url + path) as got:
            return await got.json()

    async def says(self, person: str, channel: str, text: str = "", **more: Any) -> Any:
        return await self.pull(f"/sim/chats/{person}/{channel}/messages", text=text, **more)

    async def chat(self, person: str, channel: str) -> list[dict[str, Any]]:
        return list((await self.see(f"/sim/chats/{person}/{channel}"))["messages"])

    async def until(self, path: str, right: Any) -> Any:
        """What is seen at the path as soon as it is right, watching the event stream."""
        async with self.http.get(self.url + "/sim/events") as stream:
            await stream.content.readline()
            async with asyncio.timeout(PATIENCE):
                while not right(seen := await self.see(path)):
                    await stream.content.readline()
        return seen

    async def restart(self) -> None:
        await self.sim.stop()
        self.sim = await start({**self.config, "port": self.sim.port})
        self.url = self.sim.url


def people() -> list[dict[str, Any]]:
    return [
        {"key": "hannah", "name": "Hannah Moore", "language": "en", "role": "guest", "whatsapp": "+447700900142"},
        {"key": "lucia", "name": "Lucía Fernández", "language": "es", "role": "guest", "telegram": 700100201},
        {"key": "house", "name": "The house", "role": "house", "whatsapp": "+18095550101", "telegram": -1001234567},
        {"key": "rafael", "name": "Rafael Peña", "role": "lead", "whatsapp": "+18095550177", "telegram": 700100301},
    ]


def settings(bot: str, state: Path) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": 0,
        "smtp_port": 0,
        "state": str(state / "sandbox.db"),
        "ready_file": str(state / "ready.json"),
        "public_url": "https://book.example.com",
        "deliver_to": bot,
        "checkout_base": f"{bot}/stage/sim/checkout",
        "pace": 0.02,
        "twilio": {"account_sid": ACCOUNT, "auth_token": TOKEN, "from": "+18095550100"},
        "telegram": {"token": TELEGRAM, "username": "costa_alisia_bot"},
        "stripe": {"secret_key": STRIPE, "webhook_secret": STRIPE_HOOK, "merchant": "Costa Alisia"},
        "people": people(),
    }


@pytest_asyncio.fixture
async def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stand]:
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TELEGRAM_TOKEN", "STRIPE_SECRET_KEY"):
        monkeypatch.delenv(f"BELLHOP_{name}", raising=False)
    bot, app = Bot(), web.Application()
    app.router.add_route("*", "/{path:.*}", bot.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    config = settings(f"http://127.0.0.1:{runner.addresses[0][1]}", tmp_path)
    sim = await start(config)
    async with aiohttp.ClientSession() as http:
        standing = Stand(sim, bot, http, config)
        yield standing
        bot.open.set()
        await standing.sim.stop()
    await runner.cleanup()


@pytest.fixture(scope="session")
def contracts() -> Path:
    """The providers' own contracts, kept beside the repository."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "contracts"
    if not folder.is_dir():
        pytest.skip("the providers' contracts are not beside this checkout (../shared/contracts)")
    return folder
