"""WhatsApp's carrier on a bad line to Twilio: nothing is sent blindly, nothing arrives twice, and approval can be asked for."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from twilio.base.exceptions import TwilioRestException

from bot import approved, words
from bot import whatsapp as channel
from bot.carriers import Attempt, Enclosed, Retry, Sent, Without
from bot.whatsapp import LIMIT, WhatsApp, parts
from bot.words import Drawn
from handlers.delivery_reported import Report, delivery_reported
from handlers.house import House
from models import delivery, lanes
from models.database import read, transaction
from models.fields import micros, packed
from models.lanes import Outcome, Outgoing
from models.settings import keep_value
from tests.models.given import a_guest
from tests.patience import PATIENCE
from tests.stage.conftest import ACCOUNT, TOKEN, settings
from web.stage.providers import Running, start

pytestmark = pytest.mark.usefixtures("database")

HANNAH = "+447700900142"
KINDS = {"application/pdf": b"%PDF", "image/png": b"\x89PNG"}
LONG = "\n".join(f"{number}: {'word ' * 60}".strip() for number in range(12))  # three messages


class Line:
    """Lies between us and Twilio: each call goes through, unless `fault` says "before", "after" or "hang" of it."""

    def __init__(self, sim: Running, http: aiohttp.ClientSession) -> None:
        self.sim, self.http = sim, http
        self.fault: Callable[[str, int], str] = lambda method, number: ""
        self.calls: list[str] = []
        self.ended = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        """Hand on one call, or break off before it or after it; Twilio fetches our papers and pictures here too."""
        if request.path.startswith("/media/"):
            kind = mimetypes.guess_type(request.path)[0] or ""
            return web.Response(body=KINDS[kind] + request.path.encode(), content_type=kind)
        self.calls.append(request.method)
        fault = self.fault(request.method, self.calls.count(request.method))
        if fault == "hang":
            await self.ended.wait()
        if fault in ("before", "hang"):
            return self.broken(request)
        names = ("Authorization", "Content-Type")
        headers = {name: request.headers[name] for name in names if name in request.headers}
        url, body = f"{self.sim.url}{request.path_qs}", await request.read()
        async with self.http.request(request.method, url, data=body, headers=headers) as answer:
            got = await answer.read()
            if fault == "after":
                return self.broken(request)
            return web.Response(status=503 if fault == "503" else answer.status, body=got)

    def broken(self, request: web.Request) -> web.Response:
        """No answer."""
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def arrived(self) -> list[str]:
        """What Hannah has been sent, in order: words, or a file's name once Twilio has fetched it."""
        async with asyncio.timeout(PATIENCE):
            while any(one["status"] == "queued" for one in self.sent()):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0)
        return [one["media"][0]["name"] if one["media"] else one["text"] for one in self.sent()]

    def sent(self) -> list[dict[str, Any]]:
        """What Twilio has taken for Hannah."""
        return [one for one in self.sim.world.chat("hannah", "whatsapp") if not one["mine"]]


@pytest_asyncio.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    """To the simulated Twilio; Hannah has just written."""
    async with AsyncExitStack() as stack:
        sim = await start(settings("http://127.0.0.1:9", tmp_path))
        stack.push_async_callback(sim.stop)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Line(sim, http)
        async with http.post(f"{sim.url}/sim/chats/hannah/whatsapp/messages", json={"text": "hello"}) as answer:
            assert answer.status == 201
        yield made
        made.ended.set()


@pytest_asyncio.fixture
async def carrier(line: Line) -> AsyncIterator[WhatsApp]:
    """Ours, on that line."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", line.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made = WhatsApp(ACCOUNT, TOKEN, "+18095550100", f"http://127.0.0.1:{runner.addresses[0][1]}", "http://127.0.0.1:9")
    yield made
    line.ended.set()
    await made.close()
    await runner.cleanup()


async def send(carrier: WhatsApp, number: int, text: str = "Your driver waits.", *names: str) -> Any:
    """Attempt number so-and-so of one delivery, with files of these names."""
    now = datetime.now(UTC)
    out = Outgoing(
        id=1, recipient=1, fence=1, attempt=number, channel="whatsapp", address=HANNAH, kind="said",
        payload={"block": "said"}, language="en", last_heard=micros(now), created=micros(now), begun=micros(now) if number > 1 else None,
    )  # fmt: skip
    return await carry(carrier, out, text, *names)


async def carry(carrier: WhatsApp, out: Outgoing, text: str, *names: str) -> Any:
    """One attempt at a delivery."""
    files = [Enclosed(name, b"", f"{carrier.http.api.geturl()}/media/{name}", kind=name) for name in names]
    return await carrier.send(out, Attempt(datetime.now(UTC), Drawn(text), enclosed=tuple(files)))


@pytest.mark.parametrize(
    ("code", "why"),
    [("63016", "closed"), ("63019", "enclosed"), ("63018", "busy"), ("63005", "content"), ("30001", "busy"),
     ("63024", "unreachable"), ("30008", "refused"), ("", "refused")],
)  # fmt: skip
def test_a_failure_is_classed_where_twilio_is_known(code: str, why: str) -> None:
    """Nobody beyond this channel reads Twilio's numbers; what is still on its way is no news."""
    form = {"MessageSid": "SM1", "ErrorCode": code}
    for status in ("failed", "undelivered"):
        report = channel.read_report(form | {"MessageStatus": status})
        assert report is not None
        assert (report.provider_id, report.became, report.why) == ("SM1", "failed", why)
        assert code in report.reason
    assert channel.read_report({"MessageSid": "SM1", "MessageStatus": "read"}) == Report(
        "SM1", "read", reason="Twilio", by="whatsapp"
    )
    assert channel.read_report({"MessageSid": "SM1", "MessageStatus": "queued"}) is None


@pytest.mark.parametrize("fault", ["before", "after", "503"])
async def test_while_twilio_cannot_be_asked_nothing_is_sent_again(line: Line, carrier: WhatsApp, fault: str) -> None:
    """The earlier attempt may have arrived: better late than twice."""
    line.fault = lambda method, number: fault if method == "GET" else ""
    result = await send(carrier, 2)
    assert isinstance(result, Retry)
    assert "cannot be asked" in result.reason
    assert await line.arrived() == []


async def test_a_message_whose_answer_was_lost_does_not_leave_twice(line: Line, carrier: WhatsApp) -> None:
    """The line broke off after Twilio had taken it: a short reason, and the next attempt finds it."""
    line.fault = lambda method, number: "after" if method == "POST" else ""
    assert await send(carrier, 1) == Retry("Twilio is away: ServerDisconnectedError", away=True)
    assert isinstance(await send(carrier, 2), Sent)
    assert await line.arrived() == ["Your driver waits."]


async def test_a_twilio_that_does_not_answer_is_left_in_time(
    line: Line, carrier: WhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after the five minutes of the client below."""
    monkeypatch.setattr(channel, "ANSWER", 0.1)
    line.fault = lambda method, number: "hang"
    async with asyncio.timeout(PATIENCE):
        assert await send(carrier, 1) == Retry("Twilio is away: TimeoutError", away=True)


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("part", [1, 2, 3])
async def test_of_a_long_text_only_what_is_missing_is_sent_again(
    line: Line, carrier: WhatsApp, part: int, fault: str
) -> None:
    """Whichever of its messages the line breaks off at."""
    pieces = parts(LONG, LIMIT)
    assert len(pieces) == 3
    line.fault = lambda method, number: fault if (method, number) == ("POST", part) else ""
    assert isinstance(await send(carrier, 1, LONG), Retry)
    assert isinstance(await send(carrier, 2, LONG), Sent)
    assert await line.arrived() == pieces


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.parametrize("part", [1, 2, 3])
async def test_of_what_is_enclosed_only_what_is_missing_is_sent_again(
    line: Line, carrier: WhatsApp, part: int, fault: str
) -> None:
    """Neither a paper nor a picture has words by which it could be known: they are counted."""
    line.fault = lambda method, number: fault if (method, number) == ("POST", part) else ""
    assert isinstance(await send(carrier, 1, "Your ticket.", "ticket.pdf", "ticket.png"), Retry)
    assert isinstance(await send(carrier, 2, "Your ticket.", "ticket.pdf", "ticket.png"), Sent)
    assert await line.arrived() == ["ticket.pdf", "ticket.png", "Your ticket."]


async def two_deliveries() -> lanes.Lane:
    """Left for Hannah one after the other; gives her lane."""
    to = await a_guest("whatsapp", HANNAH)
    async with transaction() as run:
        for kind in ("first", "second"):
            await delivery.post(run, to, kind, {"block": kind}, language="en", now=datetime.now(UTC))
        await run("UPDATE recipient SET last_heard = :now", now=micros(datetime.now(UTC)))
    return await claimed()


async def claimed() -> lanes.Lane:
    """Her lane, whoever has it."""
    async with transaction() as run:
        await run("UPDATE recipient SET lease = NULL, next_due = 0")
    return (await lanes.claim("this", datetime.now(UTC), "whatsapp", 1))[0]


async def attempted(carrier: WhatsApp, lane: lanes.Lane, *names: str, noted: bool = True) -> Any:
    """The lane's oldest delivery is carried, and how it ended is noted, or nobody lives to note it."""
    out = await lanes.begin(lane, "this", datetime.now(UTC))
    assert out is not None
    result = await carry(carrier, out, f"The {out.kind}.", *names)
    if noted:
        ended = (
            Outcome("sent", result.provider_id) if isinstance(result, Sent) else Outcome("retry", due=datetime.now(UTC))
        )
        async with transaction() as run:
            await lanes.settle(run, lane, "this", out, ended, datetime.now(UTC))
    return result


async def test_papers_of_an_earlier_delivery_are_not_taken_for_this_ones(line: Line, carrier: WhatsApp) -> None:
    """Two with a paper each to one person: of the second nothing had left when its first attempt broke off."""
    lane = await two_deliveries()
    await attempted(carrier, lane, "one.pdf")
    line.fault = lambda method, number: "before" if (method, number) == ("POST", 3) else ""
    assert isinstance(await attempted(carrier, lane, "two.pdf"), Retry)
    await attempted(carrier, await claimed(), "two.pdf")
    assert await line.arrived() == ["one.pdf", "The first.", "two.pdf", "The second."]


async def test_papers_of_a_later_delivery_are_not_taken_for_this_ones(line: Line, carrier: WhatsApp) -> None:
    """WhatsApp had no room for the first one's paper, as is told later; the server died in the midst of the second."""
    await line.http.post(f"{line.sim.url}/sim/refuse", json={"code": 63018, "of": "media"})
    lane = await two_deliveries()
    await attempted(carrier, lane, "one.pdf")
    line.fault = lambda method, number: "before" if (method, number) == ("POST", 4) else ""
    assert isinstance(await attempted(carrier, lane, "two.pdf", noted=False), Retry)
    house, first = (
        House(lambda: datetime.now(UTC), "this", b"secret"),
        (await read("SELECT MIN(id) AS id FROM delivery"))[0]["id"],
    )
    await delivery_reported(house, int(first), 1, Report(line.sent()[0]["id"], "failed", "busy", by="whatsapp"))
    lane = await claimed()
    await attempted(carrier, lane, "one.pdf")
    await attempted(carrier, lane, "two.pdf")
    assert await line.arrived() == ["", "The first.", "two.pdf", "one.pdf", "The second."]


async def test_what_twilio_will_not_have_is_named(line: Line, carrier: WhatsApp) -> None:
    """The delivery goes without it from now on, so that the places of the others stay as they are."""
    await line.http.post(f"{line.sim.url}/sim/refuse", json={"code": 21656, "of": "media"})
    with pytest.raises(Without) as refused:
        await send(carrier, 1, "Your ticket.", "ticket.pdf", "ticket.png")
    assert refused.value.kinds == ("ticket.pdf",)
    assert isinstance(await send(carrier, 2, "Your ticket.", "ticket.png"), Sent)
    assert await line.arrived() == ["ticket.png", "Your ticket."]


@pytest.mark.parametrize(
    ("files", "places"),
    [([], ["", ""]), (["A"], ["A", ""]), (["", "B"], ["", "B"]), (["", "B", "C"], ["C", "B"]), (["", "B", ""], ["", "B"])],
)  # fmt: skip
def test_a_file_that_failed_is_sent_again_in_its_place(files: list[str], places: list[str]) -> None:
    """Files leave in their order, and then those that failed once more."""
    assert channel.Gone(files=files).places(2) == places


async def test_only_the_last_part_tells_that_a_delivery_arrived(line: Line, carrier: WhatsApp) -> None:
    """Twilio is given another address for the reports of those before it: of these only a failure counts."""
    assert isinstance(await send(carrier, 1, LONG), Sent)
    told = [str(one["api"]["callback"]) for one in line.sim.world.messages if not one["mine"]]
    assert [url.partition("?")[2] for url in told] == ["d=1.1&more=1", "d=1.1&more=1", "d=1.1"]


async def test_what_became_of_each_template_is_told(line: Line, carrier: WhatsApp) -> None:
    """Approved, rejected and why, not handed in, or handed in with other words than today's."""
    first, second = words.notices()[:2]
    assert f"{first} (en): not handed in" in await approved.status(carrier.client)
    await approved.push(carrier.client)
    told = await approved.status(carrier.client)
    assert f"{first} (en): approved" in told
    assert len(told) == len(words.notices()) * len(words.languages())
    template = next(one for one in line.sim.world.templates if one["friendly_name"].startswith(f"{first}_en_"))
    refused = {**template["approval"], "status": "rejected", "rejection_reason": "it sells something"}
    line.sim.world.templates.put(template["sid"], {**template, "approval": refused})
    await keep_value(f"approved:{second}:es", packed(asdict(approved.Known("HX1", "of older words"))))
    told = await approved.status(carrier.client)
    assert f"{first} (en): rejected; it sells something" in told
    assert f"{second} (es): Twilio has it no more; its new words: approved" in told


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_what_twilio_says_to_all_of_us_is_no_news_of_one_message(status: int) -> None:
    """Our log-in, too many calls of the whole account, a fault of theirs: all wait until it is over."""
    result = channel._classed(TwilioRestException(status, "/Messages.json", "no", code=status))
    assert isinstance(result, Retry)
    assert result.away
