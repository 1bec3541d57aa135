"""The server is killed at every step of a booking and started again: nothing lost, nothing asked twice, nothing doubled.

It runs as a process of its own (`python -m bot serve`) and dies by SIGKILL, from outside after a step or from inside at a named
function (tests/faults/launch.py). The simulated providers live on, as the real ones do.
"""

import asyncio
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest_asyncio

from bot import approved, demo
from bot.program import connect_whatsapp
from bot.settings import Settings
from models import database
from models.catalog import compile
from models.catalog_file import read_file
from models.settings import keep_value
from tests.conftest import DIALECT, NOW, SAMPLE
from tests.patience import PATIENCE
from tests.people import ANA, LUIS, Bellhop, Person, read_aloud
from tests.stories.moves import mails, words
from web.stage.providers import start

REQUEST = "airport PUJ to Hard Rock tomorrow at 3pm, one way, 4 people, 6 bags, van, flight AA1045, child seat, my name is Ana Lindqvist"
SPANISH = "aeropuerto PUJ a Hard Rock mañana a las 3 de la tarde, solo ida, 10 personas, 8 maletas, minibús, vuelo AA1045, champán"
LAUNCH = Path(__file__).parents[1] / "faults" / "launch.py"


class Server(Bellhop):
    """The whole program as a process of its own, which may be killed; the simulators are in this one."""

    def __init__(self, sim: Any, http: aiohttp.ClientSession, settings: Settings, env: dict[str, str]) -> None:
        super().__init__(SimpleNamespace(settings=settings), sim, http, settings.data)  # type: ignore[arg-type]
        self.env, self.settings = env, settings
        self.process: asyncio.subprocess.Process | None = None
        self.kills = 0

    async def until(self, right: Any) -> Any:
        """As in the other stories, with more patience: each start loads everything anew."""
        async with self.come, asyncio.timeout(PATIENCE * 3):
            return await self.come.wait_for(right)

    async def starts(self, fault: str = "") -> None:
        """Start, and be ready; with a fault ("module:function before") it is already doomed."""
        command = [str(LAUNCH), *fault.split()] if fault else ["-m", "bot", "serve"]
        log = (self.data / "server.log").open("ab")
        try:
            self.process = await asyncio.create_subprocess_exec(sys.executable, *command, env=self.env, stderr=log)
        finally:
            log.close()
        async with asyncio.timeout(PATIENCE * 3):
            while not await self._is_ready():
                if await self._ended(within=0.03):
                    if fault and self.process.returncode == -signal.SIGKILL:
                        return  # what kills it came with its first breath
                    raise AssertionError((self.data / "server.log").read_text()[-3000:])

    async def _is_ready(self) -> bool:
        try:
            async with self.http.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def _ended(self, within: float) -> bool:
        assert self.process is not None
        try:
            async with asyncio.timeout(within):
                await self.process.wait()
        except TimeoutError:
            return False
        return True

    async def is_killed(self) -> None:
        """Killed by -9, from outside."""
        assert self.process is not None
        self.process.kill()
        await self.dies()

    async def dies(self) -> None:
        """It has been killed, whoever did it; the minute of its leases goes by."""
        assert self.process is not None
        async with asyncio.timeout(PATIENCE):
            assert await self.process.wait() == -signal.SIGKILL
        self.process, self.kills = None, self.kills + 1
        if DIALECT == "postgres":  # an SQLite file's next process knows that it is alone, and waits for nothing
            await self.orders("UPDATE recipient SET lease = 1 WHERE lease IS NOT NULL")

    async def again(self, fault: str = "") -> None:
        """Killed and started again."""
        await self.is_killed()
        await self.starts(fault)

    async def asks(self, sql: str) -> list[dict[str, Any]]:
        """What the records say, with the server beside or dead."""
        await database.connect(self.settings.database)
        try:
            return await database.read(sql)
        finally:
            await database.close()

    async def orders(self, sql: str) -> None:
        """Change the records while the server is down."""
        await database.connect(self.settings.database)
        try:
            async with database.transaction() as run:
                await run(sql)
        finally:
            await database.close()

    async def ends(self) -> None:
        """It is over."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def pays(self, guest: Person) -> None:
        """With a good card, in the provider's checkout; its webhook has been answered or not."""
        address = await guest.goes_to_pay()
        session = address.rsplit("/", 1)[-1]
        async with self.http.post(
            f"{self.sim.url}/sim/checkout/{session}", data={"card": "ok"}, allow_redirects=False
        ) as answer:
            assert answer.status == 303, await answer.text()

    async def hurried(self) -> None:
        """The providers try their webhooks again now."""
        await self.pull("/sim/hurry")

    async def everything_left(self) -> None:
        """Until nothing waits to be carried any more."""
        async with asyncio.timeout(PATIENCE * 3):
            while await self.asks("SELECT id FROM delivery WHERE state IN ('waiting', 'sending')"):
                assert not await self._ended(within=0.05), (self.data / "server.log").read_text()[-3000:]


@pytest_asyncio.fixture
async def server(database_url: str, tmp_path: Path) -> AsyncIterator[Server]:
    """A server that is not started yet, its providers, and a clock that begins at the time of the stories."""
    async with AsyncExitStack() as stack:
        first = Settings(_env_file=None, port=a_free_port(), data=tmp_path, database_url=database_url, catalog=SAMPLE)  # type: ignore[call-arg]
        accounts, catalog = demo.sandbox(first), compile(read_file(SAMPLE).content or {})
        config = demo.simulators(first, accounts, catalog)
        config |= {"pace": 0.02, "people": [*config["people"], ANA, LUIS]}
        sim = await start(config)
        stack.push_async_callback(sim.stop)
        env = demo.environment(first, accounts, catalog, {"port": sim.port, "smtp_port": sim.smtp_port})
        ours = {name.removeprefix("BELLHOP_").lower(): value for name, value in env.items() if "BELLHOP_" in name}
        settings = Settings(_env_file=None, **ours)  # type: ignore[arg-type,call-arg]
        env |= {
            "BELLHOP_TWILIO_RATE": "0",
            "BELLHOP_TELEGRAM_RATE": "0",
            "BELLHOP_SECRET_KEY": "the secret of the tests",
        }
        await prepare(settings, sim)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        server = Server(sim, http, settings, env)
        stack.push_async_callback(server.ends)
        watching = asyncio.create_task(server.watch())
        stack.callback(watching.cancel)
        await asyncio.sleep(0)
        yield server


def a_free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def prepare(settings: Settings, sim: Any) -> None:
    """The clock is set and the notices are handed in for approval, before anything is started."""
    offset = (NOW - datetime.now(UTC)).total_seconds()
    await database.connect(settings.database)
    try:
        await keep_value("clock_offset", str(offset))
        sim.world.settings.put("offset", offset)
        whatsapp = connect_whatsapp(settings)
        assert whatsapp is not None
        await approved.push(whatsapp.client)
        await whatsapp.close()
    finally:
        await database.close()


def doubled(server: Server, key: str, channel: str) -> list[str]:
    """What this person was sent more than once, word for word; the stories say nothing twice on purpose."""
    heard = Counter(read_aloud(message) for who, where, message in server.shown if (who, where) == (key, channel))
    return [words[:80] for words, times in heard.items() if times > 1]


async def test_whatsapp_survives_a_kill_at_every_step(server: Server) -> None:
    """From hello to the lead's answer; no message is sent twice, for Twilio can be asked; a doubled mail has one Message-ID."""
    ana, house, rafael = (Person(server, key, "whatsapp") for key in ("ana", "house", "rafael"))
    await server.starts("models.lanes:settle before")
    await ana.says("hi")  # the answer leaves, and nobody notes that it has left
    await server.dies()
    await ana.hears("Private transfer")

    await server.starts("web.hooks:someone_wrote after")
    assert await ana.says(REQUEST) is None  # kept, and never answered
    await server.dies()
    await server.starts()
    await ana.hears("Send request")
    for answer, question in (
        ("Add something", "Occasion"),
        ("Occasion", "Honeymoon"),
        ("Honeymoon", "Send request"),
    ):
        assert await ana.taps(answer) == 200
        await server.again()  # at once: the answer may be on its way or not
        await ana.hears(question)
    assert await ana.says("ana@example.com") == 200
    await server.again()
    await ana.hears("ana@example.com", "Send request")
    assert await ana.taps("Send request") == 200
    await server.again("bot.checkout:guest_paid before")
    await ana.hears("CA-")

    await server.pays(ana)
    await server.dies()  # the payment's webhook was not answered, nothing of it is kept
    await server.starts("bot.checkout:guest_paid after")
    await server.hurried()
    await server.dies()  # the payment is kept, not one confirmation has left, the webhook comes again
    await server.starts("models.lanes:settle before 4")
    await server.hurried()
    await server.dies()  # in the middle of the confirmations
    await server.starts("web.hooks:someone_wrote after")
    await ana.hears("You are booked")
    await rafael.hears("CA-")
    await server.mail("ana@example.com", "CA-")
    await rafael.says("Can I bring the big van?")
    await server.dies()  # while the lead answers
    await server.starts()
    await house.hears("Can I bring the big van?")
    await server.everything_left()
    await server.is_killed()

    await nothing_is_doubled(server)
    assert doubled(server, "ana", "whatsapp") + doubled(server, "rafael", "whatsapp") == []
    assert doubled(server, "house", "whatsapp") == []
    assert len(doubled(server, "house", "telegram")) <= server.kills
    asked = await server.asks("SELECT id FROM message WHERE author = 'partner'")
    assert len(asked) == 1
    letters = await server.asks(
        "SELECT d.id FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.channel = 'mail'"
    )
    assert len({mail["message_id"] for mail in mails(server)}) == len(letters)


async def nothing_is_doubled(server: Server) -> None:
    """One booking, one claim, one payment, one invoice, one confirmation; everything said was heard; all has left."""
    counted = {
        "booking": "SELECT id FROM booking", "claim": "SELECT id FROM claim", "payment": "SELECT id FROM payment",
        "invoice": "SELECT id FROM document WHERE kind = 'invoice'", "confirmed": "SELECT id FROM entry WHERE kind = 'confirmed'",
        "talk": "SELECT id FROM talk",
    }  # fmt: skip
    found = {what: len(await server.asks(sql)) for what, sql in counted.items()}
    assert found == dict.fromkeys(counted, 1)
    assert await server.asks("SELECT id, error FROM inbound WHERE state <> 'done'") == []
    unsent = await server.asks(
        "SELECT kind, state, error FROM delivery WHERE state NOT IN ('sent', 'delivered', 'read')"
    )
    assert unsent == []


async def test_what_could_not_arrive_is_told_to_the_house_though_it_was_killed(server: Server) -> None:
    """The server dies as it has learnt that Luis blocked the bot: the next life says so, once."""
    luis, house = Person(server, "luis", "telegram"), Person(server, "house", "whatsapp")
    await server.starts("bot.courier:gave_up before")
    async with server.http.patch(f"{server.sim.url}/sim/people/luis", json={"blocked": ["telegram"]}) as told:
        assert told.status == 200
    await luis.says("hola")
    await server.dies()
    await server.starts()
    await house.hears("did not arrive", "Luis")
    await server.everything_left()
    notices = await server.asks(
        "SELECT d.id FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "WHERE d.kind = 'delivery_failed_house' AND r.channel = 'whatsapp'"
    )
    assert len(notices) == 1


async def test_telegram_survives_a_kill_and_old_keys_are_answered(server: Server) -> None:
    """Telegram cannot be asked: at most one message is doubled by a kill. An old key finds the talk where it stands."""
    luis = Person(server, "luis", "telegram")
    await server.starts("models.lanes:settle before")
    await luis.says("hola")
    await server.dies()
    await luis.hears("Traslado privado")

    await server.starts("web.hooks:someone_wrote before")
    await luis.says(SPANISH)
    await server.dies()  # nothing of it was kept; Telegram brings it again
    await server.starts()
    await server.hurried()
    await luis.hears("teléfono")
    await server.again()
    await luis.taps("Traslado privado")  # the first card, from two lives ago
    await luis.hears("teléfono")  # nothing it had understood is asked again
    await luis.says("+34 612 345 678")
    await luis.hears(words(luis, "send"))
    await luis.taps(words(luis, "send"))
    await server.again()
    await luis.hears("CA-")
    await luis.taps(words(luis, "send"))  # once more, on the old card
    await luis.hears("CA-")
    await server.everything_left()
    await server.is_killed()

    assert len(await server.asks("SELECT id FROM booking")) == 1
    assert len(await server.asks("SELECT id FROM claim")) == 1
    assert await server.asks("SELECT id, error FROM inbound WHERE state <> 'done'") == []
    assert len(doubled(server, "luis", "telegram")) <= server.kills
