"""The whole map of doors on one screen."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from bot.program import Program
from web import (
    access,
    brand,
    desk,
    desk_doors,
    desk_letters,
    doors,
    health,
    hooks,
    keys,
    live,
    pages,
    portal,
    static_files,
    stopping,
)


def make_app(
    program: Program, *, front: Sequence[web.RouteDef] = (), demo_login: keys.DemoLogin | None = None
) -> web.Application:
    """The web application over a running program. `front` are the routes of `/`: the stage, or the live entry doors."""
    app = web.Application(
        middlewares=[
            hooks.refused_by_the_database,
            hooks.people_go_first,
            access.at_our_address,
            pages.worded_errors,
            hooks.whole_body,
            access.own_pages_only,
        ],
        client_max_size=hooks.LARGEST,
    )
    app[keys.PROGRAM], app[keys.HOUSE], app[keys.SETTINGS] = program, program.house, program.settings
    app[keys.LEAVING] = asyncio.Event()
    app[keys.MAKE_CHECKOUT], app[keys.DRAW_PAPER] = program.make_checkout, program.packing.document
    if demo_login is not None:
        app[keys.DEMO_LOGIN] = demo_login
    for part in (
        hooks,
        portal,
        doors,
        stopping,
        desk,
        desk_doors,
        desk_letters,
        access,
        live,
        health,
        brand,
        static_files,
    ):
        app.add_routes(part.routes())
    app.add_routes(front or [web.get("/", doors.welcome)])
    app.on_shutdown.append(live.close_streams)
    return app
