"""What every page may ask the program for, by its key in the app."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.program import Program
from bot.settings import Settings
from handlers.house import House


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """The demo's own log-in, shown on the log-in page; set in demo mode only."""

    login: str
    password: str


MakeCheckout = Callable[[int], Awaitable[str]]  # booking → the address of the provider's checkout page
DrawPaper = Callable[[int, str], Awaitable[bytes]]  # booking, kind of document → its bytes, drawn if they were not yet

HOUSE = web.AppKey("house", House)
SETTINGS = web.AppKey("settings", Settings)
MAKE_CHECKOUT: web.AppKey[MakeCheckout] = web.AppKey("make_checkout")
DRAW_PAPER: web.AppKey[DrawPaper] = web.AppKey("draw_paper")
DEMO_LOGIN = web.AppKey("demo_login", DemoLogin)
PROGRAM = web.AppKey("program", Program)
LEAVING = web.AppKey("leaving", asyncio.Event)  # set once the server has been told to stop
