"""The stage: its page is safe to show, its door to the simulators faithful, and only the page may pull its strings."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from bot import words
from tests.patience import PATIENCE
from web.stage.providers import Running, start
from web.stage.stage import stage_routes
from web.static_files import routes, static_url

ROOT = Path(__file__).parents[2]
HANNAH = {"key": "hannah", "name": "Hannah Moore", "language": "en", "role": "guest", "whatsapp": "+447700900142"}
LUCIA = {"key": "lucia", "name": "Lucía Fernández", "language": "es", "role": "guest", "telegram": 700100201}
HOUSE = {"key": "house", "name": "The house", "role": "house", "whatsapp": "+18095550101", "telegram": -100123}
RAFAEL = {"key": "rafael", "name": "Rafael Peña", "language": "en", "role": "lead", "whatsapp": "+18095550111"}
CONFIG = {
    "public_url": "http://127.0.0.1:9",
    "deliver_to": "http://127.0.0.1:9",
    "twilio": {"account_sid": "AC" + "0" * 32, "auth_token": "a" * 32, "from": "+18095550100"},
    "telegram": {"token": "1:" + "a" * 35, "username": "costa_bot"},
    "stripe": {"secret_key": "sk_test_" + "a" * 16, "webhook_secret": "whsec_" + "a" * 20, "publishable": "pk_test_a"},
    "people": [HANNAH, LUCIA, HOUSE, RAFAEL],
}


class House:
    """What the stage asks of the house: facts, a clock that moves, a way to die."""

    def __init__(self) -> None:
        self.offset = 0.0
        self.moves: list[timedelta | None] = []
        self.died = asyncio.Event()

    async def facts(self) -> dict[str, Any]:
        about = {"name": "Costa <Alisia>", "zone": "America/Santo_Domingo", "offset": self.offset}
        return {**about, "people": CONFIG["people"], "bookings": {"total": 0, "awaiting": 0}}

    async def advance(self, step: timedelta | None) -> dict[str, Any]:
        self.moves.append(step)
        self.offset += (step or timedelta(hours=5)).total_seconds()
        return {"offset": self.offset}


def draw(source: str, language: str, facts: Any) -> str:
    return words.html(language).from_string(source).render(**facts)


@pytest.fixture
def house() -> House:
    return House()


@pytest_asyncio.fixture
async def simulators() -> AsyncIterator[Running]:
    running = await start({**CONFIG, "port": 0, "smtp_port": 0})
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def stage(house: House, simulators: Running) -> AsyncIterator[TestClient[Any, Any]]:
    async with opened(house, simulators.url) as client:
        yield client


def opened(house: House, sim_url: str) -> TestClient[Any, Any]:
    app = web.Application()
    logo = ROOT / "templates/brand/costa_alisia/logo.svg"
    app.add_routes(stage_routes(sim_url, house.facts, house.advance, house.died.set, draw, logo))
    app.add_routes(routes())
    return TestClient(TestServer(app))


async def test_the_page_runs_under_a_policy_that_allows_nothing_inline(stage: TestClient[Any, Any]) -> None:
    """No script, style or handler stands in the page itself; a brand's name is text, whatever it holds."""
    answer = await stage.get("/")
    page = await answer.text()
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)
    assert not re.search(r"<script(?! type=\"application/json\"| type=\"module\" src=)", page)
    assert "Costa &lt;Alisia&gt;" in page
    assert "Costa <Alisia>" not in page


async def test_every_file_the_page_names_is_there_and_may_be_kept(stage: TestClient[Any, Any]) -> None:
    """Stylesheets and scripts answer; under their own hash they may be kept for a year."""
    page = await (await stage.get("/")).text()
    named = re.findall(r'(?:href|src)="(/(?:static|stage/page)/[^"]+)"', page)
    assert len(named) >= 4
    for address in named:
        answer = await stage.get(address)
        assert answer.status == 200
        assert ("immutable" in answer.headers["Cache-Control"]) == ("?v=" in address)


async def test_the_scripts_only_import_what_is_served(stage: TestClient[Any, Any]) -> None:
    """Every module imported by a module of the page answers as JavaScript."""
    for script in (ROOT / "web/stage/page").glob("*.js"):
        for name in re.findall(r'from "\./([\w.]+)"', script.read_text("utf-8")):
            answer = await stage.get(f"/stage/page/{name}")
            assert answer.status == 200
            assert "javascript" in answer.content_type


async def test_the_phones_speak_their_owners_language_whatever_the_page_speaks(stage: TestClient[Any, Any]) -> None:
    """In a Spanish page Hannah's phone still says Message and Lucía's says Mensaje."""
    page = await (await stage.get("/", headers={"Accept-Language": "es-DO,es;q=0.9"})).text()
    assert '<html lang="es">' in page
    assert "Intente romperlo" in page
    assert 'placeholder="Message"' in page
    assert 'placeholder="Mensaje"' in page


@pytest.mark.parametrize(
    "address", ["/static/../stage/stage.py", "/static/%2e%2e/stage/stage.py", "/stage/page/../stage.py"]
)
async def test_nothing_outside_the_folders_is_handed_out(stage: TestClient[Any, Any], address: str) -> None:
    """A path that climbs out of the folder finds nothing."""
    assert (await stage.get(address)).status == 404


async def test_the_typeface_comes_from_the_package(stage: TestClient[Any, Any]) -> None:
    """Manrope is served from here, so no page ever asks another machine."""
    assert (await stage.get("/static/fonts/Manrope-VariableFont_wght.ttf")).status == 200
    assert re.fullmatch(r"/static/look\.css\?v=[0-9a-f]{12}", static_url("look.css"))
    assert (
        "//"
        not in (ROOT / "web/static/look.css").read_text("utf-8").replace("/*", "").split("@font-face")[1].split("}")[0]
    )


async def test_a_word_written_on_the_stage_reaches_the_simulators_and_is_announced(
    stage: TestClient[Any, Any],
) -> None:
    """The door hands calls on as they are and lets the events through as they come."""
    async with stage.get("/stage/sim/events") as events:
        await events.content.readline()
        said = await stage.post("/stage/sim/chats/hannah/whatsapp/messages", json={"text": "hola", "wait": 0})
        assert said.status == 201
        while not (line := await asyncio.wait_for(events.content.readline(), PATIENCE)).startswith(b"data:"):
            pass
    news = json.loads(line.removeprefix(b"data:"))
    assert (news["type"], news["message"]["text"]) == ("message", "hola")
    chat = await (await stage.get("/stage/sim/chats/hannah/whatsapp")).json()
    assert [one["text"] for one in chat["messages"]] == ["hola"]


async def test_simulators_that_are_gone_are_named(house: House) -> None:
    """The page learns in a sentence that the other process does not answer."""
    async with opened(house, "http://127.0.0.1:9") as client:
        answer = await client.get("/stage/sim/state")
        assert answer.status == 502
        assert (await answer.json())["error"] == "The simulated providers do not answer."


async def test_the_page_knows_which_life_of_the_server_it_speaks_to(house: House, simulators: Running) -> None:
    """Another server under the same demo has another life, so a kill from anywhere can be counted."""
    lives = []
    for _ in range(2):
        async with opened(house, simulators.url) as client:
            told = [(await (await client.get("/stage/about")).json())["life"] for _ in range(2)]
        assert told[0] == told[1]
        lives.append(told[0])
    assert lives[0]["demo"] == lives[1]["demo"]
    assert lives[0]["server"] != lives[1]["server"]


async def test_the_page_may_go_to_the_providers_when_the_server_is_dead(
    stage: TestClient[Any, Any], simulators: Running
) -> None:
    """It is told where they are, and its policy lets it go there and nowhere else."""
    about = await (await stage.get("/stage/about")).json()
    policy = (await stage.get("/")).headers["Content-Security-Policy"]
    assert about["providers"] == f"{simulators.url}/sim"
    assert f"connect-src 'self' {simulators.url}" in policy.split("; ")


async def test_events_end_quietly_when_the_simulators_die(house: House) -> None:
    """The page's stream just ends; half an answer is not followed by another."""
    running = await start({**CONFIG, "port": 0, "smtp_port": 0})
    async with opened(house, running.url) as client, client.get("/stage/sim/events") as events:
        await events.content.readline()
        await running.stop()
        assert b"error" not in await asyncio.wait_for(events.content.read(), PATIENCE)


async def test_the_simulators_clock_follows_the_houses(
    stage: TestClient[Any, Any], house: House, simulators: Running
) -> None:
    """Ten minutes, then the next event: both clocks stand at the same place."""
    await stage.post("/stage/clock", json={"minutes": 10})
    moved = await (await stage.post("/stage/clock", json={"to": "next"})).json()
    assert house.moves == [timedelta(minutes=10), None]
    assert moved["offset"] == simulators.world.offset == 600 + 5 * 3600


@pytest.mark.parametrize(
    ("address", "body"),
    [("/stage/kill", {}), ("/stage/clock", {"minutes": 1}), ("/stage/sim/reset", {})],
)
async def test_another_site_cannot_pull_the_strings(
    stage: TestClient[Any, Any], house: House, address: str, body: dict[str, Any]
) -> None:
    """A page from elsewhere, open in the same browser, is refused."""
    answer = await stage.post(address, json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert not house.moves
    assert not house.died.is_set()


async def test_the_kill_button_answers_first(stage: TestClient[Any, Any], house: House) -> None:
    """The page hears that it happens, then it happens."""
    assert (await stage.post("/stage/kill")).status == 202
    await asyncio.wait_for(house.died.wait(), PATIENCE)


async def test_a_caught_mail_is_shown_with_its_pictures_and_without_scripts(
    stage: TestClient[Any, Any], simulators: Running
) -> None:
    """Its inline styles count, an enclosed picture is found, and its policy lets no script run."""
    await aiosmtplib.send(a_mail(), hostname="127.0.0.1", port=simulators.smtp_port)
    answer = await stage.get("/stage/mails/1/page")
    assert "script" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    picture = re.search(r'src="([^"]+)"', await answer.text())
    assert picture
    assert (await stage.get(picture[1])).content_type == "image/png"
    assert (await stage.get("/stage/mails/99/page")).status == 404


def a_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "house@costa.example", "hannah@example.com", "You are booked"
    mail.set_content("You are booked")
    mail.add_alternative('<p style="color:red">You are booked <img src="cid:art@costa"></p>', subtype="html")
    related = mail.get_payload()[1]  # type: ignore[index]
    related.add_related(b"\x89PNG", "image", "png", cid="<art@costa>")  # type: ignore[union-attr]
    return mail


async def test_the_brands_mark_is_drawn_light_on_dark(stage: TestClient[Any, Any]) -> None:
    """The logo's named colours are filled in, so that the picture stands alone."""
    mark = await (await stage.get("/stage/mark.svg")).text()
    assert "var(" not in mark
    assert "#FFFFFF" in mark


@pytest.mark.parametrize("source", ["templates/look/icons.html", "web/stage/page/stage.html"])
def test_every_sentence_of_the_look_and_the_stage_is_in_spanish(source: str) -> None:
    """Chips and stage have each of their words in both languages."""
    known = set()
    for part in ("look", "stage"):
        with (ROOT / f"templates/locale/{part}.es.po").open("rb") as file:
            known |= {(one.context, one.id) for one in read_po(file) if one.string}
    with (ROOT / source).open("rb") as file:
        asked = {tuple(message or ())[:2] for _, _, message, _ in babel_extract(file, ["_", "pgettext"], [], {})}
    assert asked
    assert asked <= known


STATES = {
    "chip": "requested on_hold pending_guest pending_supplier confirmed in_service completed expired rejected "
    "cancelled no_show waitlisted",
    "payment_chip": "unpaid deposit_paid paid overpaid partly_refunded refunded reseller_paid",
    "dispatch_chip": "unassigned offered assigned en_route on_location on_board dropped_off no_show",
    "awaiting_chip": "house partner guest",
}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("macro", STATES)
def test_every_state_has_a_tone_and_a_word(macro: str, language: str) -> None:
    """State is never colour alone: each chip carries its word, and no two states look and read alike."""
    source = f'{{% from "look/icons.html" import {macro} with context %}}{{{{ {macro}(state) }}}}'
    template = words.html(language).from_string(source)
    drawn = [template.render(state=state) for state in STATES[macro].split()]
    assert len(set(drawn)) == len(drawn)
    assert all(re.search(r">\s*\w+", re.sub(r"<svg.*?</svg>", "", one)) for one in drawn)
