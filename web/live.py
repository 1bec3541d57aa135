"""Keeps open pages true: tells them, as server-sent events, that something changed."""

import asyncio
from contextlib import suppress

from aiohttp import web

from models import news
from web.access import require_staff, who

HEARTBEAT = 15.0  # seconds; proxies cut what is silent for longer
TOGETHER = 0.05  # seconds in which news are gathered into one

_open: set[asyncio.Task[None]] = set()


def routes() -> list[web.RouteDef]:
    """The desk's one stream."""
    return [web.get("/desk/events", require_staff(events))]


async def events(request: web.Request) -> web.StreamResponse:
    """News as `event: <what>` with the booking's id (or nothing) as data; it ends with the session."""
    answer = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    await answer.prepare(request)
    telling = asyncio.create_task(_tell(request, answer))
    _open.add(telling)
    telling.add_done_callback(_open.discard)
    with suppress(asyncio.CancelledError, ConnectionError):
        await telling
    return answer


async def _tell(request: web.Request, answer: web.StreamResponse) -> None:
    queue = news.listen()
    try:
        await answer.write(b"retry: 1000\nevent: hello\ndata:\n\n")
        while True:
            told = await _gather(queue)
            if not told and await who(request) is None:
                return
            await answer.write(b"".join(map(_drawn, told)) or b": still here\n\n")
    finally:
        news.ignore(queue)


async def _gather(queue: asyncio.Queue[news.News]) -> list[news.News]:
    """What changed, each thing once; nothing when a heartbeat is due."""
    try:
        # Not wait_for: before Python 3.12 it loses a cancel that comes with the news.
        async with asyncio.timeout(HEARTBEAT):
            first = await queue.get()
    except TimeoutError:
        return []
    await asyncio.sleep(TOGETHER)
    told = {first: None}
    while not queue.empty():
        told[queue.get_nowait()] = None
    return list(told)


def _drawn(told: news.News) -> bytes:
    return f"event: {told.what}\ndata: {told.booking or ''}\n\n".encode()


async def close_streams(app: web.Application) -> None:
    """End every open stream, for the app's `on_shutdown`: a stream would otherwise hold the server up until its limit."""
    for task in list(_open):
        task.cancel()
