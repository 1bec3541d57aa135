"""The running program below its doors: the database open, the carriers connected, courier and clock at work."""

import asyncio
import contextlib
import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO

import structlog

from bot import catching_up, checkout
from bot.carriers import Carrier
from bot.clock import Clock
from bot.courier import Courier
from bot.documents import Documents
from bot.mail import Mail
from bot.pace import Pace
from bot.packing import Packing
from bot.settings import Settings, refuse_halves
from bot.telegram import Telegram, chat_pace
from bot.whatsapp import WhatsApp
from bot.wrong import Wrong
from handlers.house import House
from handlers.part_failed import known_to_fail
from handlers.time_passed import time_passed
from models import bearer, bells, catalog_file, catalogs, database, links
from models.catalog import Alert
from models.database import read

log = structlog.get_logger()

ENDED = 2.0  # seconds that a stop waits for what is being fetched, and for what is being done because it is due
TICK = 0.25  # seconds between looks at what is due
LOOK = 5.0  # seconds between looks whether it is our turn to catch up
FIRST = 8.0  # seconds that what is written now waits for what was missed; Twilio waits 15 for us


class NotToBe(Wrong):
    """The program cannot start as it is set up; the sentence says why and what to do."""


@dataclass
class Program:
    """Everything that the doors hand over to."""

    settings: Settings
    clock: Clock
    house: House
    courier: Courier
    packing: Packing
    whatsapp: WhatsApp | None
    telegram: Telegram | None
    stripe: checkout.Client | None
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)  # a call that is cut off leaves its socket behind
    ticking: asyncio.Lock = field(default_factory=asyncio.Lock)  # an answer that was just kept would not be carried
    fetched: asyncio.Event = field(default_factory=asyncio.Event)  # what was missed before we began

    async def make_checkout(self, booking: int) -> str:
        """The address of the card checkout for what is due; raises a Refusal or `checkout.Away`."""
        if self.stripe is None:
            raise checkout.Away("no card checkout is set (STRIPE_SECRET_KEY)")
        return await checkout.checkout_maker(self.house, self.stripe, self._page_of)(booking)

    async def _page_of(self, booking: int) -> str:
        version = (await read("SELECT link_version FROM booking WHERE id = :id", id=booking))[0]["link_version"]
        return f"{self.settings.url}/b/{links.token(self.house.secret, booking, 'guest', int(version))}"

    async def tick(self) -> None:
        """Do what is due by now."""
        await time_passed(self.house, self.courier.carry)

    async def after_the_missed(self) -> None:
        """What somebody wrote while we were down is heard before what they write now; back when it was, or took too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST):
                await self.fetched.wait()

    async def catch_up(self, *, at_once: bool = False) -> None:
        """Fetch what the providers could not bring, when it is our turn or at once."""
        await catching_up.catch_up(
            self.house, self.courier.carry, self.whatsapp, self.telegram, self.stripe, at_once=at_once,
            heard=self.fetched.set,
        )  # fmt: skip


@asynccontextmanager
async def running(settings: Settings, documents: Documents | None = None) -> AsyncIterator[Program]:
    """Open the house: migrate, load the catalogue into an empty database, connect, work; close in the other order.

    `documents` is a document process that stays when we close; without one we begin our own. Refuses (`NotToBe`,
    `database.Refused`) a second server on one SQLite file and a catalogue with mistakes, and (`Wrong`) a half-set provider.
    """
    refuse_halves(settings)
    with alone(settings):
        try:
            async with database.one_migrates(settings.database):
                await database.migrate(settings.database)
                await _fill(settings)
            async with (
                bells.between_processes(settings.database),
                _process(documents) as process,
                _at_work(settings, process) as program,
            ):
                yield program
        finally:
            await database.close()


@asynccontextmanager
async def _process(given: Documents | None) -> AsyncIterator[Documents]:
    if given is not None:
        yield given
        return
    async with Documents() as own:
        yield own


@asynccontextmanager
async def _at_work(settings: Settings, documents: Documents) -> AsyncIterator[Program]:
    program = await _connected(settings, documents)
    tasks = [
        asyncio.create_task(each)
        for each in (program.courier.run(), program.clock.follow(), _ticking(program), _catching_up(program))
    ]
    try:
        yield program
    finally:
        await asyncio.gather(
            _rests(program.ticking), _rests(program.fetching)
        )  # first: what they begin must leave as well
        await program.courier.drain()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await program.packing.close()
        for provider in (program.whatsapp, program.telegram, program.stripe):
            if provider is not None:
                await provider.close()


async def _rests(work: asyncio.Lock) -> None:
    """What it has begun is done to its end; nothing more is begun."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ENDED):
            await work.acquire()


async def _connected(settings: Settings, documents: Documents) -> Program:
    clock = Clock()
    await clock.read()
    alerts = _alerts(settings, (await catalogs.on_sale())[1].brand.language)
    failing = await known_to_fail(clock.now())
    house = House(
        clock.now, bearer.name(), settings.secret(), alerts, _test_mode(settings), settings.mail_strangers, failing
    )
    whatsapp, telegram = connect_whatsapp(settings), _telegram(settings)
    key = settings.stripe_secret_key.get_secret_value()
    client = checkout.Client(key, settings.stripe_api) if key else None
    payments = checkout.Payments(client) if client else None
    able: tuple[Carrier | None, ...] = (whatsapp, telegram, await _mail(settings, house.secret), payments)
    carriers = {each.channel: each for each in able if each is not None}
    packing = Packing(settings.url, house.secret, documents)
    paces = {
        "whatsapp": Pace("twilio", settings.twilio_rate),
        "telegram": Pace("telegram", settings.telegram_rate, chat_pace),
    }
    courier = Courier(house, carriers, packing, paces)
    return Program(settings, clock, house, courier, packing, whatsapp, telegram, client)


async def _ticking(program: Program) -> None:
    while True:
        await asyncio.sleep(TICK)
        async with program.ticking:
            await program.tick()


async def _catching_up(program: Program) -> None:
    for number in count():
        try:
            async with program.fetching:
                await program.catch_up(at_once=number == 0)
        except Exception as refused:  # noqa: BLE001  # a database that is away; a minute later it may be back
            log.warning("could not catch up", why=repr(refused)[:200])
        program.fetched.set()
        await asyncio.sleep(LOOK)


async def _fill(settings: Settings) -> None:
    """`CATALOG` fills an empty database; later it is loaded on command only."""
    with contextlib.suppress(LookupError):
        await catalogs.on_sale()
        return
    reading = catalog_file.read_file(settings.catalog)
    if reading.content is None:
        raise NotToBe(f"the catalogue {settings.catalog} has mistakes:\n" + "\n".join(map(str, reading.mistakes)))
    await catalogs.load(reading.content, Clock().now())


def _alerts(settings: Settings, language: str) -> tuple[Alert, ...]:
    """OPERATOR_* and TELEGRAM_STAFF_CHAT override the brand's addresses; the house reads them in its own language."""
    given = (
        ("mail", settings.operator_email), ("whatsapp", settings.operator_whatsapp),
        ("telegram", settings.telegram_staff_chat),
    )  # fmt: skip
    return tuple(Alert("The house", channel, address, language) for channel, address in given if address)  # type: ignore[arg-type]


def _test_mode(settings: Settings) -> bool:
    return not settings.stripe_secret_key.get_secret_value().startswith(("sk_live", "rk_live"))


def connect_whatsapp(settings: Settings) -> WhatsApp | None:
    """WhatsApp's carrier, when its account is set."""
    token = settings.twilio_auth_token.get_secret_value()
    if not (settings.twilio_account_sid and token):
        return None
    return WhatsApp(
        settings.twilio_account_sid, token, settings.twilio_whatsapp_from, settings.twilio_api, settings.url
    )


def _telegram(settings: Settings) -> Telegram | None:
    token = settings.telegram_token.get_secret_value()
    return Telegram(token, settings.telegram_api) if token else None


async def _mail(settings: Settings, secret: bytes) -> Mail | None:
    if not settings.smtp_url:
        return None
    brand = (await catalogs.on_sale())[1].brand
    return Mail(settings.smtp_url, settings.mail_from or brand.email, brand.name, secret, settings.url)


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """On SQLite, be the one server of this file; the lock goes with the process, however it ends."""
    if not settings.database.startswith("sqlite:"):
        yield
        return
    path = Path(database.sqlite_path(settings.database) + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        _lock(file, path)
        yield


def _lock(file: IO[str], path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as held:
        name = str(path).removesuffix(".lock")
        raise NotToBe(
            f"another Bellhop server works on {name}: stop it first, or let both use PostgreSQL (BELLHOP_DATABASE_URL)"
        ) from held
