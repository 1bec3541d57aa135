"""The whole demo as someone sees it who has just typed `make run`: the stage in a browser, from hello to the ticket."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright

from flows.script import label
from tests.conftest import DIALECT

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.slow,
    pytest.mark.skipif(DIALECT != "sqlite", reason="the demo always runs on SQLite, so once is enough"),
]
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 90_000  # milliseconds
SERIOUS = ("serious", "critical")
CODE = re.compile(r"CA-[2-9A-Z]{5}")
# The last message of a chat, once it is the bot's and none of those already seen. Playwright takes a promise for a yes.
NEWEST = """([chat, seen]) => {
    fetch(chat).then(answer => answer.json()).then(found => { window.newest = found.messages.at(-1); });
    const last = window.newest;
    return last && !last.mine && !seen.includes(last.id) ? last : null;
}"""
REQUEST = "aeropuerto PUJ a Hard Rock mañana a las 3 de la tarde, solo ida, 4 personas, 4 maletas, van, vuelo AA1045, sin extras"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo in processes of its own on a free port; gives its address."""
    port, data = _free_port(), tmp_path_factory.mktemp("demo")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BELLHOP_")}
    known = {"BELLHOP_PORT": str(port), "BELLHOP_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    root = Path(__file__).parents[2]
    with subprocess.Popen(  # our own program
        [sys.executable, "-m", "bot", "demo"], cwd=root, env=kept | known, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            _listens(process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(process: subprocess.Popen[str]) -> None:
    """Until it prints that it is ready; whatever it prints later is read too, or its pipe would be full."""
    printed, told = list[str](), threading.Event()

    def read() -> None:
        for line in process.stdout or ():
            printed.append(line)
            if "is ready" in line:
                told.set()
        told.set()  # it has ended

    threading.Thread(target=read, daemon=True).start()
    told.wait(60)
    assert any("is ready" in line for line in printed), "".join(printed)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    path = shutil.which("chromium")
    assert path, "these tests need chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, demo: str) -> Iterator[Page]:
    """The stage at 1440 pixels, for someone who likes things calm; what its scripts complain of fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(demo)
    yield page
    context.close()
    assert complaints == []


def test_a_booking_is_played_and_arrives_everywhere(page: Page, demo: str) -> None:
    """'Play a booking': Hannah types, pays, holds her ticket; house and lead have it, the mails are there, the desk shows it."""
    page.locator("[data-play]").first.click()
    hannah = page.locator("#device-hannah")
    expect(hannah).to_contain_text("You are booked", timeout=PATIENCE)
    code = CODE.findall(hannah.inner_text())[-1]
    expect(hannah.locator("img").last).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("[...document.querySelectorAll('#device-hannah img')].at(-1).naturalWidth") > 100, (
        "a picture that loads"
    )

    for phone in ("house", "rafael"):
        expect(page.locator(f"#device-{phone}")).to_contain_text(code, timeout=PATIENCE)
    page.locator("#tab-mail").click()
    letters = page.locator("#pane-mail .mail-row")
    expect(letters.filter(has_text="hannah.moore@")).to_have_count(2)  # the pay link, and the ticket with the invoice
    expect(letters.filter(has_text="rafael@").filter(has_text=code).first).to_be_visible()
    _finds_no_fault(page, "the stage")

    mine = page.evaluate(
        """fetch("/stage/sim/chats/hannah/whatsapp").then((got) => got.json()).then((chat) =>
        chat.messages.flatMap((one) => one.keyboard.flat()).map((key) => key.url).filter((url) => /\\/b\\/[^/]+$/.test(url)).at(-1))"""
    )
    page.goto(mine)
    expect(page.locator("body")).to_contain_text(code)
    _finds_no_fault(page, "the portal")

    _logs_in(page, demo)
    expect(page.locator("body")).to_contain_text(code)
    _finds_no_fault(page, "the board")
    page.goto(f"{demo}/desk/bookings/{code}")
    expect(page.locator("body")).to_contain_text("Hannah Moore")
    expect(page.locator("body")).to_contain_text("Rafael")
    _finds_no_fault(page, "a booking on the desk")


def test_the_pay_page_is_fit_for_everyone(page: Page, demo: str) -> None:
    """Lucía asks on Telegram; her pay page, unpaid, has no fault that keeps someone out."""
    page.goto(_pay_link(page, demo))
    expect(page.locator("form button").first).to_be_visible()
    _finds_no_fault(page, "the pay page")


def _pay_link(page: Page, demo: str) -> str:
    chat = f"{demo}/stage/sim/chats/lucia/telegram"
    page.request.post(f"{chat}/messages", data={"text": REQUEST})
    typed = iter(["+34 612 345 678"])
    seen: list[str] = []
    for _ in range(40):
        last = page.wait_for_function(NEWEST, arg=[chat, seen], polling=100).json_value()
        seen.append(last["id"])
        keys = [key for row in last["keyboard"] for key in row]
        if links := [key["url"] for key in keys if str(key.get("url", "")).endswith("/pay")]:
            return str(links[0])
        names = {label("no_extras", "es"), label("send", "es")}
        taps = [key["data"] for key in keys if key["text"] in names]
        if taps:
            page.request.post(f"{chat}/taps", data={"message": last["id"], "data": taps[0]})
        else:
            page.request.post(f"{chat}/messages", data={"text": next(typed)})
    raise AssertionError("no pay link came")


def _logs_in(page: Page, demo: str) -> None:
    page.goto(f"{demo}/desk")
    if "/login" in page.url:
        page.locator("[data-fill]").click()
        if "/login" in page.url and page.locator("#login button[type=submit]").is_visible():
            page.locator("#login button[type=submit]").click()
        page.wait_for_url(re.compile(r"/desk/?$"))


def _finds_no_fault(page: Page, where: str) -> None:
    """No violation that axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    bad = [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in SERIOUS]
    assert bad == [], f"{where}: {bad}"
