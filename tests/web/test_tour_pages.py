"""A tour on every page: the same pick-up and departure for guest and staff, whose it is, and what the guest answered."""

import re
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from tests.web.front import Front
from tests.web.test_desk import open_page
from web.board import board
from web.serving import _counts

TOUR: dict[str, Any] = {
    "service": "isla_saona", "departure": "2026-11-24T07:30", "pickup": {"place": "arena_blanca"}, "dropoff": None, "vehicle": None,
    "luggage": None, "flight": None, "extras": {"snorkel": 1}, "notes": "yes, and my son too",
}  # fmt: skip


def read_aloud(page: str) -> str:
    """A page as it is read."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest_asyncio.fixture(name="desk")
async def at_the_desk(front: Front) -> Front:
    """Marisol, logged in."""
    await front.log_in()
    return front


async def test_guest_and_staff_read_the_same_pick_up_and_departure(desk: Front) -> None:
    """On the pay page, the portal, the booking and the board; nobody reads 07:30 as the pick-up."""
    booking, link = await desk.book(**TOUR)
    reference = await desk.reference(booking)
    for path in (f"{link}/pay", link, f"/desk/bookings/{reference}"):
        page = read_aloud((await desk.get(path))[1])
        assert "06:15" in page, path
        assert "Pick-up" in page, path
        assert "Hotel Arena Blanca" in page, path
        assert re.search(r"Departure( · Bayahibe[^0-9]*)? 07:30|07:30 Departure", page), path
    pay = read_aloud((await desk.get(f"{link}/pay"))[1])
    assert "Pick-up 06:15 · Hotel Arena Blanca Departure 07:30" in pay
    row = read_aloud((await desk.get("/desk"))[1].split(f'data-key="b-{booking}"')[1].split("</tr>")[0])
    assert row.split()[1] == "06:15"
    assert "Pick-up 06:15 Departure 07:30" in row


async def test_the_board_is_sorted_by_when_the_work_begins(desk: Front) -> None:
    """A pick-up at 06:15 comes before a transfer at 07:00, whatever the departure is."""
    tour, _ = await desk.book(**TOUR)
    transfer, _ = await desk.book(date="2026-11-24", time="07:00")
    shown = (await board(desk.house.now())).shown
    assert [row.id for _, rows in shown for row in rows] == [tour, transfer]


async def test_the_tours_question_stands_apart_from_the_answer(desk: Front) -> None:
    """Each reader has the question in their language; only the answer is in quotes."""
    _, link = await desk.book(**TOUR)
    assert "Does everyone swim? “yes, and my son too”" in read_aloud((await desk.get(link))[1])
    spanish = read_aloud((await desk.get(f"{link}?lang=es"))[1])
    assert "¿Todos saben nadar? “yes, and my son too”" in spanish
    assert "4 × Snorkel" in spanish


async def test_a_paid_booking_says_until_when_it_is_free_to_cancel_and_whose_time_it_is(
    front: Front, clock: Any
) -> None:
    """Until that moment has gone by; and the driver is called what he is."""
    booking, link = await front.book(date="2026-11-24")
    await front.confirm(booking)
    page = read_aloud((await front.get(link))[1])
    assert "Free cancellation until Tue 24 Nov 09:00." in page
    assert "All times are those of Santo Domingo (UTC−4)." in page
    assert "Your driver Rafael Peña" in page
    clock.forward(days=2, hours=23)
    assert "Free cancellation" not in read_aloud((await front.get(link))[1])


async def test_the_stage_counts_what_the_board_counts(desk: Front) -> None:
    """A guest who waits for a person counts, not only a partner's question."""
    await desk.heard("+447700900155", "Can I bring a surfboard?", silent=True)
    counted = (await _counts(desk.house.now()))["bookings"]["awaiting"]
    assert counted == (await board(desk.house.now())).counts["needs"] == 1


@pytest.mark.chromium
@pytest.mark.parametrize("width", [390, 1440])
async def test_who_comes_to_reply_has_the_box_in_view_and_the_name_above_it(front: Front, width: int) -> None:
    """On a phone the nav covers nothing of it; the guest's name and the hand-over stand above the talk."""
    talk_of = "+447700900155"
    for n in range(30):
        await front.heard(talk_of, f"Message {n}", silent=True if n == 0 else None)
    async with async_playwright() as playwright:
        page = await open_page(front, playwright)
        await page.set_viewport_size({"width": width, "height": 780})
        await page.click(".needs a")
        await page.wait_for_selector("#text:focus")
        send = await page.locator(".write button").bounding_box()
        title = await page.locator("h1").bounding_box()
        talk = await page.locator(".talking").bounding_box()
        nav = await page.locator(".nav").bounding_box()
        await page.context.browser.close()  # type: ignore[union-attr]
    assert send
    assert title
    assert talk
    assert nav
    assert title["y"] < talk["y"]
    assert send["y"] + send["height"] <= (nav["y"] if width == 390 else 780)
