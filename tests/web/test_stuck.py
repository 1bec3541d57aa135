"""What is stuck is said on the board, in /readyz and in /metrics, since when and why; and nothing where nothing is."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from models import stuck as looking
from models.database import read, transaction
from models.delivery import post, recipient
from models.fields import micros, packed
from models.settings import keep_value
from models.stuck import Channel, stuck
from tests.conftest import NOW, Clock
from tests.models import given
from tests.people import Bellhop
from tests.test_rules import a_checkout
from tests.web.front import Front
from tests.web.test_desk import open_page

WHY = "Twilio 503: service unavailable"
PHONE = "+46701740605"


@pytest_asyncio.fixture(name="desk")
async def at_the_desk(front: Front) -> Front:
    """Marisol, logged in."""
    await front.log_in()
    return front


async def waits(count: int = 1, channel: str = "whatsapp", address: str = PHONE, **columns: Any) -> None:
    """Deliveries wait since 10:30; the oldest one is as told."""
    async with transaction() as run:
        to = await recipient(run, channel, address)
        ids = [await post(run, to, "message_from_house", {}, language="en", now=NOW) for _ in range(count)]
        for name, value in columns.items():
            await run(f"UPDATE delivery SET {name} = :value WHERE id = :id", value=value, id=ids[0])


async def parks(provider: str = "stripe", kind: str = "completed", state: str = "parked", **body: Any) -> None:
    """An event stands there."""
    async with transaction() as run:
        await run(
            "INSERT INTO event (provider, external_id, kind, body, state, attempts, due, error, received) "
            "VALUES (:provider, :id, :kind, :body, :state, 4, :now, 'KeyError: vehicle', :now)",
            provider=provider, id=f"evt_{kind}", kind=kind, state=state, now=micros(NOW),
            body=packed({"session": "cs_1", "payment": "pi_1", "amount": 5400, "currency": "usd", **body}),
        )  # fmt: skip


def strip(page: str) -> str:
    """The words of the strip, nothing when it has none."""
    section = page.split('data-key="stuck"')[1].split("</section>", maxsplit=1)[0]
    return " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", section.partition(">")[2], flags=re.DOTALL).split())


# -- when something is stuck --------------------------------------------------------------------


async def test_nothing_is_stuck_where_nothing_is(desk: Front, clock: Clock) -> None:
    """What waits for its first try, however long, what is underway, and what was sent: none of it is an alarm."""
    await waits(3)
    await waits(1, "telegram", "7", state="sending", attempt=1, sending=micros(NOW))
    await waits(1, "mail", "a@example.com", state="sent", error="an earlier try failed")
    await waits(1, "stripe", "CA-1", attempt=1)  # it rests for a pace
    clock.forward(minutes=10)
    assert not (await stuck(clock())).some
    assert strip((await desk.get("/desk"))[1]) == ""


async def test_a_channel_is_stuck_when_what_was_tried_waits_for_more_than_a_minute(database: str, clock: Clock) -> None:
    """All that waits there counts, from the first attempt on; another channel has its own line."""
    began = micros(NOW + timedelta(seconds=5))
    await waits(12, error=WHY, attempt=3, sending=began)
    await waits(1, "mail", "a@example.com", error="mail is away", attempt=1)
    await waits(5, "telegram", "7")
    clock.forward(seconds=60)
    assert (await stuck(clock())).channels == []
    clock.forward(seconds=0.1)
    assert [each.name for each in (await stuck(clock())).channels] == ["mail"]
    clock.forward(seconds=5)
    assert (await stuck(clock())).channels == [
        Channel("mail", 1, NOW, "mail is away"), Channel("whatsapp", 12, NOW + timedelta(seconds=5), WHY),
    ]  # fmt: skip


async def test_the_reason_is_the_providers_and_not_that_it_is_left_alone(database: str, clock: Clock) -> None:
    """A later one that was held back says only that it is away."""
    await waits(1, error=WHY, attempt=1, sending=micros(NOW))
    await waits(1, address="+12025550111", error="whatsapp is away", attempt=1)
    clock.forward(minutes=2)
    assert [each.why for each in (await stuck(clock())).channels] == [WHY]


@pytest.mark.parametrize(
    ("pending", "failed", "looked", "unheard"),
    [(3, 1, 0, 3), (0, 1, 0, 0), (3, None, 0, 0), (3, 60, 0, 0), (3, 61, 60, 0)],
)
async def test_what_telegram_cannot_bring_counts_while_it_fails(
    database: str, clock: Clock, pending: int, failed: int | None, looked: int, unheard: int
) -> None:
    """Not what is underway, not a failure of long ago, not a look of long ago (minutes back)."""
    since = None if failed is None else (NOW - timedelta(minutes=failed)).isoformat()
    said = {
        "pending": pending,
        "failed": since,
        "why": "Read timeout",
        "at": (NOW - timedelta(minutes=looked)).isoformat(),
    }
    await keep_value("telegram:waiting", packed(said))
    assert (await stuck(clock())).unheard == unheard


async def test_without_the_patience_every_second_try_is_an_alarm(
    database: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    await waits(1, error=WHY, attempt=1, sending=micros(NOW))
    clock.forward(seconds=2)
    assert not (await stuck(clock())).some
    monkeypatch.setattr(looking, "PATIENCE", timedelta())
    assert (await stuck(clock())).some


# -- where it is said ---------------------------------------------------------------------------


async def test_the_board_says_it_in_the_readers_language(desk: Front, clock: Clock) -> None:
    """How many, since when, why; what is parked has its link."""
    await waits(12, error=WHY, attempt=3, sending=micros(NOW))
    await desk.heard("+15550002222", "boom", state="parked")
    await parks()
    clock.forward(minutes=5)
    page = (await desk.get("/desk"))[1]
    for said in (
        "WhatsApp: 12 wait since 10:30",
        WHY,
        "1 message could not be handled",
        "1 event of a provider could not be handled",
    ):
        assert said in strip(page)
    assert 'href="/desk/talks#parked"' in page and 'href="/desk/talks#events"' in page
    spanish = strip((await desk.get("/desk", Accept_Language="es"))[1])
    for said in (
        "WhatsApp: 12 esperan desde 10:30",
        "1 mensaje no se pudo atender",
        "1 aviso de un proveedor no se pudo procesar",
    ):
        assert said in spanish
    await waits(1, "mail", "a@example.com", error="<b>refused</b>", attempt=1, sending=micros(NOW))
    assert "<b>refused" not in (await desk.get("/desk"))[1]


async def test_a_parked_event_can_be_tried_again_or_set_aside(desk: Front) -> None:
    """Under Talks, beside the parked messages: what, how much, which booking, why."""
    booking, _ = await desk.book()
    async with transaction() as run:
        await run(
            "INSERT INTO checkout (booking_id, session, url, amount, currency, state, attempt, expires, created) "
            "VALUES (:id, 'cs_1', '', 5400, 'USD', 'open', 1, 0, 0)", id=booking,
        )  # fmt: skip
    await parks()
    await parks(kind="returned", state="owed")
    await parks(kind="unread", what="refund.created", session="-", payment="-")
    page = (await desk.get("/desk/talks"))[1]
    for said in (
        "a payment came",
        "54.00",
        await desk.reference(booking),
        "KeyError: vehicle",
        "money went back",
        "refund.created",
    ):
        assert said in page
    assert page.count("/again") == 1 and page.count("/aside") == 2
    await desk.post("/desk/events/1/again")
    await desk.post("/desk/events/3/aside")
    rows = await read("SELECT state, attempts, error FROM event ORDER BY id")
    assert [(row["state"], row["attempts"]) for row in rows] == [("owed", 0), ("owed", 4), ("done", 4)]
    assert rows[2]["error"] == "set aside by Marisol Reyes: KeyError: vehicle"
    assert "evt_unread" not in (await desk.get("/desk/talks"))[1]


async def test_what_lapsed_is_shown_as_suppressed_and_alarms_nobody(desk: Front) -> None:
    """On its booking, with the reason; no button, no red, not among what needs us."""
    booking, _ = await desk.book()
    async with transaction() as run:
        await run("UPDATE delivery SET state = 'lapsed', error = 'too late' WHERE kind = 'booking_requested_house'")
    page = (await desk.get(f"/desk/bookings/{await desk.reference(booking)}"))[1]
    assert "Suppressed" in page and "pointless by the time it could leave" in page
    assert "Send again" not in page and "failed</span>" not in page
    spanish = (await desk.get(f"/desk/bookings/{await desk.reference(booking)}", Accept_Language="es"))[1]
    assert "Suprimido" in spanish and "ya no tenía sentido" in spanish
    assert "Nothing waits for you." in (await desk.get("/desk"))[1]


async def test_who_watches_is_told_in_figures_and_of_no_person(bellhop: Bellhop) -> None:
    """/readyz and /metrics, without what a provider said."""
    await waits(2, address="+12025550199", error=f"Twilio: {PHONE} is not there", attempt=1, sending=micros(NOW - timedelta(minutes=5)),
                state="given_up")  # fmt: skip
    async with transaction() as run:  # behind the courier's back
        await run("UPDATE delivery SET state = 'waiting' WHERE state = 'given_up'")
        await run("UPDATE recipient SET next_due = NULL WHERE address = '+12025550199'")
    await parks()
    async with bellhop.http.get(f"{bellhop.url}/readyz") as answer:
        told = await answer.json()
    assert told["ready"] and told["stuck"]["whatsapp"]["seconds"] >= 300 and told["parked_events"] == 1
    async with bellhop.http.get(f"{bellhop.url}/metrics") as answer:
        figures = await answer.text()
    assert 'bellhop_stuck{channel="whatsapp"}' in figures and 'bellhop_parked{what="events"} 1.0' in figures
    assert PHONE not in figures and PHONE not in str(told)


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_strip_comes_and_goes_by_itself(front: Front, clock: Clock, scheme: Any, tmp_path: Path) -> None:
    """Live, on a phone without sideways scroll, and gone when all has left."""
    async with async_playwright() as playwright:
        page = await open_page(front, playwright)
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.wait_for_selector("#live:not([data-away])")
        assert not await page.locator(".stuck").is_visible()
        await waits(
            12, error=WHY + ", and a good many words more that nobody wants to read to their end", sending=micros(NOW)
        )
        await parks()
        clock.forward(minutes=5)
        await front.book()
        await page.locator(".stuck").get_by_text("wait since 10:30").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await page.screenshot(path=tmp_path / f"stuck-390-{scheme}.png")
        await page.set_viewport_size({"width": 1440, "height": 900})
        await page.screenshot(path=tmp_path / f"stuck-1440-{scheme}.png")
        async with transaction() as run:
            await run("UPDATE delivery SET state = 'sent', error = NULL")
            await run("UPDATE event SET state = 'done'")
        await front.book("Noah Feldman", phone="+12025550111", time="18:00")
        await page.locator(".stuck").wait_for(state="hidden")


# -- what the list and the background tell ------------------------------------------------------


async def test_who_waited_before_the_backup_is_named_and_put_back_by_a_button(desk: Front, clock: Clock) -> None:
    """The board names each, the booking says what to do; once pressed it is on the list and the strip is empty."""
    booking, _ = await a_checkout(desk.house)
    async with transaction() as run:
        await run("UPDATE booking SET state = 'waitlisted', hold_until = NULL WHERE id = :id", id=booking)
    code = str(await given.one("SELECT reference FROM booking WHERE id = :id", id=booking))
    assert (await stuck(clock())).unlisted == (code,)
    assert "Waiting since before the backup" in strip((await desk.get("/desk"))[1])
    assert "Put back on the list" in (await desk.get(f"/desk/bookings/{code}"))[1]
    assert (await desk.post(f"/desk/bookings/{code}/list"))[0].status == 303
    assert strip((await desk.get("/desk"))[1]) == ""
    page = (await desk.get(f"/desk/bookings/{code}"))[1]
    assert "Number 1 on the waiting list" in page and "Back on the waiting list" in page


async def test_what_fails_in_the_background_is_named(desk: Front, clock: Clock) -> None:
    """For ten minutes since the last failure; what fails at one booking with its code, while it is due there."""
    booking, _ = await a_checkout(desk.house)
    code = await given.one("SELECT reference FROM booking WHERE id = :id", id=booking)
    for part in ("owed_turns", f"hold_ends:{booking}", f"refund:{booking}"):
        await looking.note_failing(part, clock())
    shown = strip((await desk.get("/desk"))[1])
    assert f"Failing in the background: holds that end ({code}), messages that are owed an answer" in shown
    clock.forward(minutes=11)
    assert strip((await desk.get("/desk"))[1]) == ""
    assert await looking.note_failing("refund", clock()) and not await looking.note_failing("refund", clock())
    assert await read("SELECT name FROM kept WHERE name LIKE 'failing:%'") == [{"name": "failing:refund"}]
