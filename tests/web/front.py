"""The web's doors over a house of this test's own: no courier, no provider, a clock set by hand."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.packing import Packing
from bot.settings import Settings
from handlers.booking_confirmed import booking_confirmed, certain
from handlers.house import SYSTEM, House
from handlers.partner_wrote import answered
from handlers.request_sent import request_sent
from models import catalogs, delivery, links
from models.database import read, transaction
from models.fields import micros, packed
from tests.people import _documents
from web import access, brand, desk, desk_doors, desk_letters, doors, keys, live, pages, portal, static_files, stopping

LOGIN, PASSWORD = "marisol@costa-alisia.example", "palm-shore-14"
HTML = {"Accept": "text/html"}
CHECKOUT = "https://checkout.example/session"


@dataclass
class Front:
    """A client at our doors, and hands in the house behind them."""

    client: TestClient[Any, Any]
    house: House
    packing: Packing  # over the document process of this run
    asked: list[int] = field(default_factory=list)  # bookings for which a checkout was asked
    refusal: Exception | None = None  # what the checkout answers instead

    async def make_checkout(self, booking: int) -> str:
        """The address of a checkout, or the refusal of this test."""
        self.asked.append(booking)
        if self.refusal is not None:
            raise self.refusal
        return CHECKOUT

    async def get(self, path: str, **headers: str) -> tuple[ClientResponse, str]:
        """What a browser gets, without following where it is sent."""
        answer = await self.client.get(path, headers={**HTML, **_named(headers)}, allow_redirects=False)
        return answer, await answer.text()

    async def post(self, path: str, data: dict[str, str] | None = None, **headers: str) -> tuple[ClientResponse, str]:
        """What a browser gets for a form."""
        answer = await self.client.post(
            path, data=data or {}, headers={**HTML, **_named(headers)}, allow_redirects=False
        )
        return answer, await answer.text()

    async def log_in(self, login: str = LOGIN, password: str = PASSWORD) -> ClientResponse:
        """Log in as Marisol."""
        return (await self.post("/desk/login", {"login": login, "password": password}))[0]

    async def book(self, name: str = "Hannah Moore", **draft: Any) -> tuple[int, str]:
        """A transfer from the airport tomorrow, held; gives the booking and its guest's link."""
        _, catalog = await catalogs.on_sale()
        wanted: dict[str, Any] = {
            "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "bavaro"}, "date": "2026-11-22",
            "time": "15:00", "flight": "BA2203", "party": {"adults": 3, "children": [4], "infants": 0}, "luggage": 4,
            "vehicle": "van", "extras": {}, "occasion": None, "notes": None, "name": name, "phone": "+447700900142",
            "email": "hannah@example.com", "terms": True,
        }  # fmt: skip
        channel, language = draft.pop("channel", "whatsapp"), draft.pop("language", "en")
        async with transaction() as run:
            to = await delivery.recipient(run, channel, (wanted | draft)["phone"], name=name, language=language)
            booking, _ = await request_sent(
                run, self.house, catalog, wanted | draft, recipient=to, channel=channel, language=language
            )
        return booking, f"/b/{links.token(self.house.secret, booking, 'guest', 1)}"

    async def confirm(self, booking: int) -> None:
        """The payment arrived: everyone is told."""
        async with transaction() as run:
            due = (await run("SELECT due_now, currency FROM booking WHERE id = :id", id=booking))[0]
            await run(
                "INSERT INTO payment (booking_id, kind, provider, provider_id, amount, currency, method, at) "
                "VALUES (:id, 'payment', 'stripe', :key, :amount, :currency, 'card ending 4242', :now)",
                id=booking, key=f"pi_{booking}", amount=due["due_now"], currency=due["currency"],
                now=micros(self.house.now()),
            )  # fmt: skip
            await certain(run, self.house, booking)
            await booking_confirmed(run, self.house, booking, SYSTEM)

    async def partner_asks(self, booking: int, text: str) -> int:
        """The lead writes; gives the thread."""
        thread = int((await read("SELECT id FROM thread WHERE booking_id = :id", id=booking))[0]["id"])
        async with transaction() as run:
            await answered(run, self.house, booking, thread, "Rafael Peña", "whatsapp", text, None)
        return thread

    async def heard(self, phone: str, words: str, *, state: str = "done", silent: bool | None = None) -> int:
        """Someone wrote; with `silent` they have a talk, in which the bot is silent or not. Gives the message."""
        async with transaction() as run:
            to = await delivery.recipient(run, "whatsapp", phone, name="Grace Hall", language="en")
            row = await run(
                "INSERT INTO inbound (channel, external_id, recipient_id, heard, words, state, attempts, received) "
                "VALUES ('whatsapp', :key, :to, :heard, :words, :state, 1, :now) RETURNING id",
                key=f"SM{words}", to=to, heard=packed({"kind": "text"}), words=words, state=state,
                now=micros(self.house.now()),
            )  # fmt: skip
            if silent is not None:
                await run(
                    "INSERT INTO talk (recipient_id, version, state, silent, changed) VALUES (:to, 1, :state, :silent, :now)",
                    to=to, state=packed({"version": 1, "state": "service", "draft": {}, "language": "en"}), silent=silent,
                    now=micros(self.house.now()),
                )  # fmt: skip
        return int(row[0]["id"])

    async def reference(self, booking: int) -> str:
        """The booking's code."""
        return str((await read("SELECT reference FROM booking WHERE id = :id", id=booking))[0]["reference"])


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


async def open_front(now: Callable[[], datetime], *, public_url: str = "", demo: bool = False) -> Front:
    """The doors open, Marisol on the staff."""
    async with transaction() as run:
        await run(
            "INSERT INTO staff (login, name, password, created) VALUES (:login, 'Marisol Reyes', :password, :now)",
            login=LOGIN, password=access.hashed(PASSWORD), now=micros(now() - timedelta(days=30)),
        )  # fmt: skip
    app = web.Application(middlewares=[access.at_our_address, pages.worded_errors, access.own_pages_only])
    house = House(now, "test", b"secret" * 6)
    front = Front(TestClient(TestServer(app)), house, Packing("", house.secret, _documents()))
    app[keys.HOUSE], app[keys.MAKE_CHECKOUT] = house, front.make_checkout
    app[keys.DRAW_PAPER] = front.packing.document
    app[keys.SETTINGS] = Settings(public_url=public_url)
    if demo:
        app[keys.DEMO_LOGIN] = keys.DemoLogin(LOGIN, PASSWORD)
    for part in (portal, doors, desk, desk_doors, desk_letters, stopping, access, live, brand, static_files):
        app.add_routes(part.routes())
    app.router.add_get("/", doors.welcome)
    app.on_shutdown.append(live.close_streams)
    await front.client.start_server()
    return front


async def rows_of(*tables: str) -> dict[str, list[dict[str, Any]]]:
    """Everything in some tables: to see that nothing was changed."""
    return {table: await read(f"SELECT * FROM {table} ORDER BY id") for table in tables}


Opened = Callable[..., Awaitable[Front]]
