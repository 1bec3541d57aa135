"""Our doors and the desk in a real browser, by keyboard alone, on a phone and at a desk, in light and dark."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from bot.mail_in import opened
from handlers.letter_came import letter_came, letter_kept
from tests.conftest import DIALECT, Clock
from tests.web.faces import by_eye, goes_by_keyboard, looks_right, presses, reach, types
from tests.web.front import LOGIN, PASSWORD, Front
from tests.web.test_desk import CHROMIUM
from tests.web.test_letters_on_the_desk import LETTER
from tests.web.test_stuck import WHY, parks, waits

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(DIALECT != "sqlite", reason="pages look the same over either database"),
]
PHONE = "+46 70 123 45 67"


@pytest_asyncio.fixture
async def page(front: Front) -> AsyncIterator[Page]:
    """An empty page of Debian's Chromium; what a page's scripts complain of fails the test."""
    troubles: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        context = await browser.new_context(locale="en-GB", base_url=f"http://{front.client.host}:{front.client.port}")
        made = await context.new_page()
        made.on("pageerror", lambda error: troubles.append(str(error)))
        yield made
        await browser.close()
    assert troubles == []


async def test_a_guest_fills_in_the_form_and_goes_on_in_a_chat(front: Front, page: Page, tmp_path: Path) -> None:
    """From the front page by keyboard alone: mistakes are told beside their fields, then the links and codes lead into the chats."""
    await page.goto("/welcome")
    await looks_right(page, "welcome", tmp_path)
    await goes_by_keyboard(page, "welcome")
    ways = await page.eval_on_selector_all(".lines a", "found => found.map(one => one.href)")
    assert {way.partition(":")[0] for way in ways} == {"https", "tel", "mailto"}
    assert any(way.startswith("https://wa.me/") for way in ways) and any(
        way.startswith("https://t.me/") for way in ways
    )
    await presses(page, "a[href^='/book']")

    await looks_right(page, "book", tmp_path)
    await goes_by_keyboard(page, "book")
    await types(page, "#pickup", "Casa Pepe, calle 5")
    await types(page, "#date", "11012026")  # Chromium asks for the month first, whatever the guest speaks
    await types(page, "#phone", "12")
    await presses(page, "button[value=go]")
    wrong = await page.eval_on_selector_all("[aria-invalid]", "found => [...new Set(found.map(one => one.name))]")
    assert {"service", "date", "phone"} <= set(wrong)
    assert await page.evaluate("document.activeElement.matches('[aria-invalid]')"), "the first mistake has the focus"
    await looks_right(page, "book-wrong", tmp_path)

    await reach(page, "[name=service]")
    await page.keyboard.press("Space")
    await types(page, "#pickup", "Airport PUJ")
    await types(page, "#dropoff", "Hard Rock")
    await types(page, "#date", "11242026")
    await types(page, "#time", "0300PM")
    await types(page, "#adults", "2")
    await types(page, "#wheelchair", "One that folds")
    await types(page, "#phone", PHONE)
    await presses(page, "button[value=price]")
    assert "SUV" in await page.inner_text("#price") and "Sedan" not in await page.inner_text("#price")
    await looks_right(page, "book-price", tmp_path)
    await presses(page, "button[value=go]")

    said = await page.inner_text("main")
    assert "Hard Rock" in said and "a folding wheelchair" in said
    await looks_right(page, "ready", tmp_path)
    await goes_by_keyboard(page, "ready")
    links = await page.eval_on_selector_all("main a", "found => found.map(one => one.href)")
    assert any(link.startswith("https://wa.me/") and "Hard%20Rock" in link for link in links)
    assert any(link.startswith("https://t.me/") for link in links)
    assert await page.eval_on_selector_all(".codes img", "found => found.map(one => one.naturalWidth > 100)") == [
        True,
        True,
    ]
    await page.set_viewport_size({"width": 390, "height": 844})
    assert not await page.locator(".codes").is_visible(), "a phone does not photograph itself"

    token = page.url.partition("/book/")[2].partition("?")[0]
    await page.goto(f"/book?d={token}&lang=es")
    assert await page.input_value("#dropoff") == "Hard Rock Hotel Punta Cana"
    assert await page.input_value("#wheelchair") == "folding"
    await looks_right(page, "book-filled", tmp_path)


async def test_a_guest_asks_to_be_called_and_the_desk_sees_it(
    front: Front, page: Page, clock: Clock, tmp_path: Path
) -> None:
    """From a card of a hotel's desk, made there by keyboard: its codes, its guest, the call that is wanted, the strip of what waits."""
    await page.goto("/desk")
    await types(page, "#who", LOGIN)
    await types(page, "#password", PASSWORD)
    await presses(page, "button[type=submit]")
    await page.goto("/desk/doors")
    await presses(page, "form[action$=sources] button")
    await looks_right(page, "doors-wrong", tmp_path)
    await types(page, "#where", "Arena Blanca, reception")
    await presses(page, "form[action$=sources] button")
    await types(page, "#link-source", "Arena")
    await types(page, "#words", "from Hotel Arena Blanca to the airport")
    await presses(page, "form[action$=links] button")
    await looks_right(page, "link", tmp_path)
    await goes_by_keyboard(page, "link")
    assert await page.eval_on_selector_all(".qr", "found => found.map(one => one.naturalWidth > 100)") == [True, True]
    token = page.url.rpartition("/")[2]
    await page.goto(f"/desk/doors/{token}/card?size=a5")
    assert "Arena Blanca, reception" in await page.inner_text("body")

    await page.goto(f"/book/{token}?lang=en")
    await presses(page, "form button")
    await looks_right(page, "call-wrong", tmp_path)
    await types(page, "#name", "Grace Hall")
    await types(page, "#phone", PHONE)
    await presses(page, "form button")
    assert "calls you" in await page.inner_text("[role=status]")
    await looks_right(page, "called", tmp_path)

    await page.goto("/desk/doors")
    row = await page.inner_text("[data-key=src-arena-blanca-reception]")
    assert row.split()[-4:] == ["0", "1", "0", "0"]
    assert "Grace Hall" in await page.inner_text("[data-key=calls]")
    await looks_right(page, "doors", tmp_path)
    await goes_by_keyboard(page, "doors")

    await waits(12, error=WHY, attempt=3)
    await parks()
    clock.forward(minutes=5)
    await page.goto("/desk")
    assert "WhatsApp: 13 wait" in await page.inner_text(".stuck")
    assert "Grace Hall waits for an answer" in await page.inner_text(".needs")
    await looks_right(page, "board", tmp_path)
    await goes_by_keyboard(page, "board")
    await presses(page, ".stuck a")
    assert "/desk/talks" in page.url
    await looks_right(page, "talks", tmp_path)


async def test_letters_and_a_booking_at_the_desk(front: Front, page: Page, tmp_path: Path) -> None:
    """Every letter can be reached and read; above a booking what can be done with it stands in one row."""
    for raw in (LETTER, b"hello", b"Subject: " + b"A very long subject about nothing much, " * 6 + b"\r\n\r\nHi"):
        kept, _ = await letter_kept(front.house, raw)
        await letter_came(front.house, kept, opened(raw, front.house.now(), ()))
    await front.heard("+447700900142", "Is there room for a surfboard?", silent=False)
    booking, _ = await front.book(wheelchair="rigid")
    await front.confirm(booking)
    await page.goto("/desk/letters")
    await types(page, "#who", LOGIN)
    await types(page, "#password", PASSWORD)
    await presses(page, "button[type=submit]")
    await page.goto("/desk/letters")
    await looks_right(page, "letters", tmp_path)
    await goes_by_keyboard(page, "letters")
    assert await page.get_attribute(".nav a[href='/desk/talks']", "aria-current") == "page"

    await page.goto(f"/desk/bookings/{await front.reference(booking)}")
    await looks_right(page, "booking", tmp_path)
    await goes_by_keyboard(page, "booking")
    await page.set_viewport_size({"width": 1280, "height": 900})
    tops = await page.eval_on_selector_all(
        ".one-head .acts .btn", "found => found.map(one => one.getBoundingClientRect().top)"
    )
    assert len(tops) == 2 and tops[0] == tops[1]
    assert "a wheelchair that does not fold" in await page.inner_text("#recap ~ *, .k-party")


async def test_a_page_that_is_wrong_is_seen(page: Page) -> None:
    """The control: too small, over another, beyond the edge, a mistake without words, a focus that nobody sees."""
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.set_content(
        "<main><style>:focus { outline: none }</style><button style='width: 30px'>a</button><input aria-invalid=true name=b>"
        "<button style='position: relative; left: -40px; width: 60px; height: 50px'>c</button><p style='width: 500px'>"
        "<a href=d style='display: block; margin-left: 420px; height: 50px'>d</a></p></main>"
    )
    found = "\n".join(await by_eye(page))
    for fault in ("scrolls sideways", "is beyond the edge", "is 30 ×", "lies over", "does not say what is wrong"):
        assert fault in found, found
    with pytest.raises(AssertionError, match="nobody sees the focus"):
        await goes_by_keyboard(page, "a page without rings")
