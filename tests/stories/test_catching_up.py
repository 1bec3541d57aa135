"""What providers could not bring while we were down is heard when we are back: all of it, in its order, once, and nothing older."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from tortoise.exceptions import DBConnectionError

from bot import approved, catching_up, checkout, program, whatsapp
from bot.program import Program, running
from bot.settings import Settings
from bot.whatsapp import WhatsApp
from handlers.caught_up import EVERY, OVERLAP, our_turn
from handlers.house import House
from models import database, delivery
from models.database import read, transaction
from models.fields import instant, micros, packed, unpacked
from models.settings import forget, keep_value, kept, kept_moment, move_on
from tests.conftest import NOW, Clock
from tests.patience import PATIENCE
from tests.people import Bellhop, Person, _documents, _sandbox
from tests.stories import moves
from tests.stories.test_killed import a_free_port, prepare
from web.serving import application
from web.stage.providers import twilio

pytestmark = moves.SDKS

NOWHERE = "http://127.0.0.1:9"
THREE = ("airport PUJ to Hard Rock", "tomorrow at 3pm", "4 people")


class Place(Bellhop):
    """The whole program, which can be down while people and the simulated providers live on."""

    def __init__(self, sim: Any, http: aiohttp.ClientSession, settings: Settings) -> None:
        super().__init__(SimpleNamespace(settings=settings), sim, http, settings.data)  # type: ignore[arg-type]

    @asynccontextmanager
    async def up(self) -> AsyncIterator[Program]:
        """From start to stop."""
        settings = self.program.settings
        async with running(settings, _documents()) as self.program:
            runner = web.AppRunner(await application(self.program, stage=False), shutdown_timeout=0.5)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", settings.port).start()
            try:
                yield self.program
            finally:
                await runner.cleanup()

    async def passes(self, **time: float) -> None:
        """Time passes while we are down."""
        offset = self.sim.world.offset + timedelta(**time).total_seconds()
        await database.connect(self.program.settings.database)
        await keep_value("clock_offset", str(offset))
        await database.close()
        await self.pull("/sim/clock", offset=offset)

    async def gives_up(self) -> None:
        """Twilio has tried once more, and never will again."""
        await self.until(lambda: not [job for job in self.sim.world.jobs if job["provider"] == "twilio"])

    async def misses(self, who: Person, *said: str) -> None:
        """This is said while we are down, or cannot be reached."""
        for text in said:
            assert await who.says(text) is None
        await self.gives_up()

    def webhooks(self, *said: str) -> list[int]:
        """The numbers on the wire of what brought these words."""
        entries = [one["entry"] for one in self.sim.world.wire]
        first = {
            one["body"]: one["n"] for one in reversed(entries) if one["way"] == "webhook" and one["kind"] == "text"
        }
        return [next(n for body, n in first.items() if text.split()[-1] in body) for text in said]


@pytest_asyncio.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    """Not started yet."""
    async with AsyncExitStack() as stack:
        settings, sim = await _sandbox(database_url, tmp_path, a_free_port(), stack)
        await prepare(settings, sim)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Place(sim, http, settings)
        watching = asyncio.create_task(made.watch())
        stack.callback(watching.cancel)
        await asyncio.sleep(0)
        yield made


@pytest.fixture
def ana(request: pytest.FixtureRequest) -> Person:
    """A guest on WhatsApp, of whichever house the test has."""
    name = "place" if "place" in request.fixturenames else "bellhop"
    return Person(request.getfixturevalue(name), "ana", "whatsapp")


@pytest.fixture(autouse=True)
def _only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the start, the chore is done when a test says so."""
    monkeypatch.setattr(program, "LOOK", 3600)


async def heard() -> list[str]:
    """Everything that was ever heard, in the order in which it was taken."""
    return [row["words"] for row in await read("SELECT words FROM inbound ORDER BY id")]


async def answered() -> list[str]:
    """What was answered, in the order of the answers; twice if it was answered twice."""
    answers = await read("SELECT business_key FROM delivery WHERE business_key LIKE 'answer:%:0' ORDER BY id")
    words = {row["id"]: row["words"] for row in await read("SELECT id, words FROM inbound")}
    return [words[int(row["business_key"].split(":")[1])] for row in answers]


async def all_heard(*said: str) -> None:
    """These, in this order, each once."""

    async def look() -> bool:
        return len(await heard()) >= len(said)

    await moves.once(look, f"{said} heard")
    assert await heard() == list(said)


# -- WhatsApp -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tried_again", [False, True])
async def test_what_was_written_while_we_were_down_is_answered(place: Place, ana: Person, tried_again: bool) -> None:
    """Three messages that Twilio has given up on: heard after the start, in order, once; also when a hook brings them as well."""
    async with place.up():
        await ana.says("hi")
        await ana.hears()
    await place.misses(ana, *THREE)
    await place.passes(minutes=10)
    async with place.up() as back:
        if tried_again:
            for number in place.webhooks(*THREE):
                await place.pull(f"/sim/wire/{number}/again")
        await all_heard("hi", *THREE)
        await ana.hears("Hard Rock")
        await place.later(minutes=2)
        await back.catch_up()
        assert await heard() == ["hi", *THREE]
        assert await answered() == ["hi", *THREE]


async def test_without_it_they_are_lost(place: Place, ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nobody fetches, nobody ever hears."""
    async with place.up():
        await ana.says("hi")
        await ana.hears()
    await place.misses(ana, *THREE)
    monkeypatch.setattr(program.catching_up, "_messages", lambda *_: asyncio.sleep(0))
    await place.passes(minutes=10)
    async with place.up() as back:
        await place.later(minutes=2)
        await back.catch_up()
        assert await heard() == ["hi"]


async def test_a_fresh_installation_answers_nothing_old(place: Place, ana: Person) -> None:
    """What was written to the number before we first started was not written to us; what comes after is."""
    await place.misses(ana, "are you there?")
    await place.passes(minutes=1)
    async with place.up() as first:
        await place.later(minutes=2)
        await first.catch_up()
        assert await heard() == []
    await place.misses(ana, "hello again")
    await place.passes(minutes=2)
    async with place.up():
        await all_heard("hello again")


async def test_more_than_fits_in_one_go(bellhop: Place, ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest first, as many as fit, over all of Twilio's pages; the rest the next time."""
    monkeypatch.setattr(catching_up, "AT_MOST", 2)
    said = ["hi", "good morning", "a transfer", "to the airport", "for two"]
    async with nobody_reaches(bellhop):
        for text in said:
            await ana.says(text)
            await bellhop.later(seconds=61)
        for done in (2, 3, 4, 5):  # what lies at the seam is looked at twice
            await bellhop.program.catch_up()
            assert await heard() == said[:done]
            await bellhop.later(seconds=61)


async def test_a_voice_note_is_read_with_its_sound_and_a_place_as_something(bellhop: Bellhop, ana: Person) -> None:
    """Twilio's list tells less than its hook: files are there, a place is not, and the time is when it was written."""
    async with nobody_reaches(bellhop):
        for kind in ("voice", "photo", "location"):
            await ana.says("", kind=kind)
        written = bellhop.program.house.now()
        await bellhop.later(hours=2)
        await bellhop.program.catch_up()
    rows = [json.loads(row["heard"]) for row in await read("SELECT heard FROM inbound ORDER BY id")]
    assert [row["kind"] for row in rows] == ["voice", "photo", "other"]
    assert [len(row.get("media", [])) for row in rows] == [1, 1, 0]
    assert all(abs(datetime.fromisoformat(row["at"]) - written) < timedelta(seconds=30) for row in rows)
    login = aiohttp.encode_basic_auth(*bellhop.program.whatsapp.client.auth)  # type: ignore[union-attr]
    async with bellhop.http.get(rows[0]["media"][0]["url"], headers={"Authorization": login}) as file:
        assert (file.status, file.content_type) == (200, rows[0]["media"][0]["content_type"])


async def test_a_message_whose_file_is_gone_holds_up_nobody(
    bellhop: Bellhop, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleted at Twilio between its list and us: heard as something, and what comes after it is heard."""
    since = await first_moment("whatsapp")
    await bellhop.later(minutes=20)
    async with nobody_reaches(bellhop):
        await ana.says("", kind="voice")
        await ana.says("hi")
        await bellhop.later(minutes=1)
        with monkeypatch.context() as deleted:
            deleted.setattr(twilio.Twilio, "media_resource", _gone)
            await bellhop.program.catch_up()
    rows = [json.loads(row["heard"]) for row in await read("SELECT heard FROM inbound ORDER BY id")]
    assert [(row["kind"], row.get("words", "")) for row in rows] == [("other", ""), ("text", "hi")]
    assert await kept_moment("catch_up:whatsapp") > since


def _gone(*_: Any) -> Any:
    raise twilio.Refused(404, 20404, "The requested resource was not found")


@pytest.mark.parametrize(("module", "name"), [(whatsapp, "_kind"), (whatsapp, "sent_at")])
async def test_a_message_that_we_stumble_over_is_kept_barely(
    bellhop: Bellhop, ana: Person, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    """By its words and who wrote it; what comes after it is heard, and the moment moves on."""
    since = await first_moment("whatsapp")
    await bellhop.later(minutes=20)
    async with nobody_reaches(bellhop):
        await ana.says("hi")
        await ana.says("a transfer")
        await bellhop.later(minutes=1)
        with monkeypatch.context() as stumbling:
            stumbling.setattr(WhatsApp, "read_listed", _stumbles(WhatsApp.read_listed, module, name))
            await bellhop.program.catch_up()
    assert await heard() == ["hi", "a transfer"]
    assert await kept_moment("catch_up:whatsapp") > since


def _stumbles(reads: Any, module: Any, name: str) -> Any:
    """Reading fails with a mistake of ours at this place."""

    async def read_listed(self: WhatsApp, listed: Any, now: datetime) -> Any:
        with pytest.MonkeyPatch.context() as mistaken:
            mistaken.setattr(module, name, _mistake)
            return await reads(self, listed, now)

    return read_listed


def _mistake(*_: Any) -> None:
    raise KeyError("a mistake of ours")


async def test_a_message_heard_late_means_what_it_meant(bellhop: Bellhop, ana: Person) -> None:
    """Written before midnight, heard after it: "tomorrow" is theirs, and WhatsApp's 24 hours count from when they wrote."""
    await first_moment("whatsapp")
    await bellhop.later(hours=13, minutes=20)  # ten to midnight in Punta Cana
    async with nobody_reaches(bellhop):
        await ana.says(moves.TRANSFER)
        written = bellhop.program.house.now()
        await bellhop.later(minutes=30)
        await bellhop.program.catch_up()
    talk = (await read("SELECT state FROM talk"))[0]
    assert json.loads(talk["state"])["draft"]["date"] == "2026-11-22"
    last = (await read("SELECT last_heard FROM recipient WHERE last_heard IS NOT NULL"))[0]["last_heard"]
    assert timedelta() <= written - instant(last) < timedelta(seconds=5)


@asynccontextmanager
async def nobody_reaches(bellhop: Bellhop) -> AsyncIterator[None]:
    """We work, but the way to our doors is cut."""
    known = bellhop.sim.world.config["deliver_to"]
    bellhop.sim.world.config["deliver_to"] = NOWHERE
    yield
    bellhop.sim.world.config["deliver_to"] = known


@pytest.mark.parametrize("position", ["down", "reset", "limited"])
async def test_while_twilio_is_away_nothing_moves(bellhop: Bellhop, ana: Person, position: str) -> None:
    """The next time it is fetched from the same moment on."""
    since = await first_moment("whatsapp")
    await bellhop.later(minutes=20)
    async with nobody_reaches(bellhop):
        await ana.says("hi")
        await bellhop.pull("/sim/switches", twilio=position)
        await bellhop.program.catch_up()
        assert (await heard(), await kept_moment("catch_up:whatsapp")) == ([], since)
        await bellhop.pull("/sim/switches", twilio="up")
        await bellhop.later(minutes=1)
        await bellhop.program.catch_up()
    assert await heard() == ["hi"]
    assert await kept_moment("catch_up:whatsapp") > since


async def first_moment(provider: str) -> datetime:
    """From when on we look, once the start has set it."""
    async with asyncio.timeout(PATIENCE):
        while not (since := await kept_moment(f"catch_up:{provider}")):
            pass
    return since


async def test_a_database_that_refuses_in_the_middle(
    bellhop: Bellhop, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept stays kept, the moment does not move, the rest follows."""
    since, takes = await first_moment("whatsapp"), catching_up.someone_wrote

    async def refuses(house: House, said: Any) -> Any:
        if said.words == THREE[1]:
            raise DBConnectionError("gone")
        return await takes(house, said)

    async with nobody_reaches(bellhop):
        for text in THREE:
            await ana.says(text)
        await bellhop.later(minutes=20)
        with monkeypatch.context() as refusing:
            refusing.setattr(catching_up, "someone_wrote", refuses)
            await bellhop.program.catch_up()
        assert (await heard(), await kept_moment("catch_up:whatsapp")) == ([THREE[0]], since)
        await bellhop.later(minutes=1)
        await bellhop.program.catch_up()
    assert await heard() == list(THREE)


@pytest.mark.too_late
async def test_a_lost_report_is_fetched(
    bellhop: Bellhop, ana: Person, rafael: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Free words came outside the lead's 24 hours, and Twilio's word of it was lost: the template still leaves.

    However much was sent since: it is found behind that, page by page.
    """
    monkeypatch.setattr(catching_up, "AT_MOST", 1)  # to a page
    ours = bellhop.program.whatsapp
    assert ours is not None
    async with transaction() as run:
        to = await delivery.recipient(run, "whatsapp", await address_of(rafael))
        await run(
            "UPDATE recipient SET last_heard = :now WHERE id = :to", now=micros(bellhop.program.house.now()), to=to
        )
    reference = await moves.books(ana, moves.TRANSFER)
    reached, ours.public_url = ours.public_url, NOWHERE
    await ana.pays("ok")
    await ana.hears(reference, "54.00")
    await bellhop.until(lambda: [one for one in chat(rafael) if one.get("error_code") == 63016])
    await moves.all_carried(reference)
    ours.public_url = reached
    assert await briefs(to) == [("sent", False)]
    await bellhop.later(minutes=3)
    await bellhop.program.catch_up()
    await rafael.hears(reference)
    await moves.all_carried(reference)
    assert [template for _, template in await briefs(to)] == [True]
    told = await read("SELECT state FROM delivery WHERE kind = 'booking_confirmed_guest' AND template = false")
    assert {row["state"] for row in told} <= {"sent", "delivered", "read"}


async def briefs(to: int) -> list[tuple[str, bool]]:
    """What left for this recipient: state, and whether as a template."""
    rows = await read("SELECT state, template FROM delivery WHERE recipient_id = :to ORDER BY id", to=to)
    return [(row["state"], bool(row["template"])) for row in rows]


async def address_of(who: Person) -> str:
    """Their number."""
    return str(who.bellhop.sim.world.people.get(who.key)[who.channel])


def chat(who: Person) -> list[dict[str, Any]]:
    """All that stands in their chat, arrived or not."""
    return who.bellhop.sim.world.chat(who.key, who.channel)  # type: ignore[no-any-return]


# -- Stripe and Telegram ------------------------------------------------------------------------


async def test_paid_while_we_were_down(place: Place, ana: Person) -> None:
    """Stripe has given up telling us: the payment is found after the start and confirms the booking, once."""
    async with place.up() as first:
        reference = await moves.books(ana, moves.TRANSFER)
        address = await ana.goes_to_pay()
        await first_moment("stripe")
        assert first.stripe is not None
    checkout_page = f"{place.sim.url}/sim/checkout/{address.rsplit('/', 1)[-1]}"
    async with place.http.post(checkout_page, data={"card": "ok"}, allow_redirects=False) as answer:
        assert answer.status == 303
    await place.passes(minutes=2)
    for job in place.sim.world.jobs:
        place.sim.world.jobs.drop(job["id"])
    async with place.up() as back:
        await moves.becomes(reference, "confirmed")
        assert await moves.payments(reference) == [5400]
        assert await moves.stripe_tells(place, moves.event_of(place, "checkout.session.completed")) == 200
        await place.later(minutes=2)
        await back.catch_up()
        assert await moves.payments(reference) == [5400]
        await ana.hears(reference, "54.00")


async def test_all_of_stripes_pages_oldest_first(bellhop: Bellhop) -> None:
    """More events than one page has, those that reached us among them: of a restored backup's predecessor, perhaps."""
    world, at = bellhop.sim.world, int(NOW.timestamp())
    for number in range(230):
        world.events.put(f"evt_{number}", {
            "id": f"evt_{number}", "object": "event", "created": at + number, "data": {"object": {}}, "livemode": False,
            "pending_webhooks": number % 2, "type": "checkout.session.completed",
        })  # fmt: skip
    world.events.put("evt_other", {**world.events.get("evt_1"), "id": "evt_other", "type": "charge.succeeded"})
    assert bellhop.program.stripe is not None
    found = await checkout.events_since(bellhop.program.stripe, NOW + timedelta(seconds=11))
    assert [event["id"] for event in found] == [f"evt_{number}" for number in range(11, 230)]
    assert type(found[0]["data"]["object"]) is dict


async def test_an_event_that_cannot_be_read_holds_nothing_up(bellhop: Bellhop) -> None:
    """It is passed over, and what is looked at next time begins after it."""
    world = bellhop.sim.world
    await first_moment("stripe")
    await bellhop.later(hours=1)
    world.events.put("evt_odd", {
        "id": "evt_odd", "object": "event", "created": int(world.now()), "data": {"object": {"payment_status": "paid"}},
        "livemode": False, "pending_webhooks": 1, "type": "checkout.session.completed",
    })  # fmt: skip
    await bellhop.program.catch_up()
    since = await kept_moment("catch_up:stripe")
    assert since == datetime.fromtimestamp(world.events.get("evt_odd")["created"], UTC) - OVERLAP


async def test_what_waits_at_telegram_is_known(bellhop: Bellhop, luis: Person) -> None:
    """How much, why, and since when it is known: kept, and in the figures."""
    async with nobody_reaches(bellhop):
        await luis.says("hola")
        await luis.says("¿hay alguien?")
        await bellhop.later(minutes=2)
        await bellhop.program.catch_up()
        waiting = json.loads(await kept("telegram:waiting") or "{}")
        async with bellhop.http.get(f"{bellhop.url}/metrics") as answer:
            assert "bellhop_telegram_pending 2.0" in await answer.text()
    assert (waiting["pending"], waiting["why"]) == (2, "Connection refused")
    assert datetime.fromisoformat(waiting["failed"]) <= datetime.fromisoformat(waiting["at"])


async def test_one_provider_away_keeps_none_of_the_others(bellhop: Bellhop, ana: Person) -> None:
    """Twilio is fetched from while Stripe and Telegram are down."""
    await first_moment("whatsapp")
    async with nobody_reaches(bellhop):
        await ana.says("hi")
        await bellhop.pull("/sim/switches", stripe="down", telegram="reset")
        await bellhop.later(minutes=2)
        await bellhop.program.catch_up()
    assert await heard() == ["hi"]


async def test_who_writes_after_a_start_waits_for_whatsapp_alone(bellhop: Bellhop, ana: Person) -> None:
    """What was missed there is heard; that Stripe does not answer holds nobody up."""
    await first_moment("whatsapp")
    bellhop.program.fetched.clear()
    async with nobody_reaches(bellhop):
        await ana.says("hi")
        await bellhop.pull("/sim/switches", stripe="hang")
        await bellhop.later(minutes=2)
        fetching = asyncio.create_task(bellhop.program.catch_up(at_once=True))
        await bellhop.program.after_the_missed()
        assert bellhop.program.fetched.is_set()
        assert not fetching.done()
        assert await heard() == ["hi"]
    await bellhop.pull("/sim/switches", stripe="up")
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)


# -- whose turn it is ---------------------------------------------------------------------------


async def test_a_server_that_was_killed_looks_at_once(bellhop: Bellhop, ana: Person) -> None:
    """The minute was the dead one's: whoever begins does not wait for its end."""
    await bellhop.program.catch_up()
    before = lists(bellhop)
    await bellhop.program.catch_up()
    assert lists(bellhop) == before
    await bellhop.program.catch_up(at_once=True)
    assert lists(bellhop) > before


async def test_of_all_processes_one_once_a_minute(database: str, clock: Clock) -> None:
    """Five at once: one does it; then nobody for a minute."""
    houses = [House(clock, f"process {number}", b"secret") for number in range(5)]

    async def turns() -> int:
        return sum(await asyncio.gather(*(our_turn(house) for house in houses)))

    assert await turns() == 1
    clock.forward(seconds=EVERY.total_seconds() - 1)
    assert await turns() == 0
    clock.forward(seconds=1)
    assert await turns() == 1


async def test_two_processes_at_once(bellhop: Bellhop, ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at the same moment: Twilio is asked once. Were both to ask, each message would still have one effect."""
    await first_moment("whatsapp")
    async with nobody_reaches(bellhop):
        for text in THREE:
            await ana.says(text)
        await bellhop.later(minutes=2)
        before = lists(bellhop)
        await asyncio.gather(bellhop.program.catch_up(), bellhop.program.catch_up())
        assert (lists(bellhop) - before, await heard()) == (1, list(THREE))
        await ana.says("and a child seat")
        await bellhop.later(minutes=2)
        monkeypatch.setattr(catching_up, "our_turn", both)
        await asyncio.gather(bellhop.program.catch_up(), bellhop.program.catch_up())
        assert (lists(bellhop) - before, await heard()) == (3, [*THREE, "and a child seat"])


async def test_an_approved_template_is_taken_into_use_by_itself(bellhop: Bellhop) -> None:
    """Now and then while one waits, and Twilio is not asked while none does."""
    assert bellhop.program.whatsapp is not None
    await approved.push(bellhop.program.whatsapp.client)
    known = approved.Known(**unpacked(await kept("approved:hold_ended_guest:en") or ""))
    await keep_value("handed_in:hold_ended_guest:en", packed(asdict(replace(known, became=""))))
    await forget("approved:hold_ended_guest:en")
    for minutes, times in ((0, 0), (11, 1), (1, 0), (11, 0)):
        before = looks(bellhop)
        await bellhop.later(minutes=minutes)
        await bellhop.program.catch_up(at_once=True)
        assert looks(bellhop) - before == times, minutes
    assert await kept("approved:hold_ended_guest:en")


def looks(bellhop: Bellhop) -> int:
    """How often Twilio was asked what became of templates."""
    return sum("ContentAndApprovals" in one["entry"]["url"] for one in bellhop.sim.world.wire)


async def both(_house: House) -> bool:
    """The guard taken out."""
    return True


def lists(bellhop: Bellhop) -> int:
    """How often Twilio was asked what people wrote."""
    urls = [one["entry"]["url"] for one in bellhop.sim.world.wire if one["entry"]["provider"] == "twilio"]
    return sum("Messages.json?To=whatsapp" in url for url in urls)


async def test_a_kept_moment_never_goes_back(database: str) -> None:
    """Whoever is late with an earlier one changes nothing."""
    for to, wins in ((NOW, True), (NOW - timedelta(hours=1), False), (NOW + timedelta(hours=1), True)):
        assert await move_on("some", to, past=to) is wins
    assert await kept_moment("some") == NOW + timedelta(hours=1)
    assert await kept_moment("another") is None
