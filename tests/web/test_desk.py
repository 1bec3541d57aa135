"""The desk: what needs us now, one booking with all its talk, and what staff do reaches the right people."""

import asyncio
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract
from playwright.async_api import Page, async_playwright

from bot import words
from models.database import read, transaction
from models.delivery import post, recipient
from models.fields import micros, unpacked
from models.timeline import record
from tests.patience import PATIENCE
from tests.web.front import LOGIN, PASSWORD, Front
from web.pages import environment

KINDS = (
    "requested", "held", "payment_received", "confirmed", "lead_assigned", "brief_sent", "partner_wrote", "house_replied",
    "staff_wrote", "guest_wrote", "took_over", "handed_back", "hold_ended", "payment_failed", "payment_refused",
    "paid_too_late", "delivery_failed", "sent_again", "set_aside", "cancelled",
)  # fmt: skip
NAUGHTY = "<script>alert(1)</script>{{7*7}}"


@pytest_asyncio.fixture(name="desk")
async def at_the_desk(front: Front) -> Front:
    """Marisol, logged in."""
    await front.log_in()
    return front


# --- the board ---


async def test_a_request_stands_on_the_board(desk: Front) -> None:
    """Time, state, route, code, guest, party, vehicle, flight, payment and whom it waits for, on one row."""
    booking, _ = await desk.book()
    page = (await desk.get("/desk"))[1]
    row = page.split(f'data-key="b-{booking}"')[1].split("</tr>")[0]
    for said in (
        "15:00",
        "Sun 22 Nov",
        "On hold",
        "Airport PUJ",
        "Bávaro",
        "Hannah Moore",
        "3 adults, 1 child",
        "Van",
        "BA 2203",
    ):
        assert said in row
    for said in ("$48.00", "Unpaid", "Guest", await desk.reference(booking)):
        assert said in row
    assert "Nothing waits for you." in page


async def test_an_empty_board_says_what_will_come(desk: Front) -> None:
    """No blank table."""
    page = (await desk.get("/desk"))[1]
    assert "No bookings yet" in page
    assert "<table" not in page


async def test_bookings_are_grouped_by_time(desk: Front, clock: Any) -> None:
    """The next three hours, later today, coming days, and what is over."""
    near, _ = await desk.book("Near", date="2026-11-21", time="17:00", flight="AA1")
    far, _ = await desk.book("Far", date="2026-11-25", phone="+12025550112", flight="AA2")
    assert "Coming days" in (await desk.get("/desk"))[1]
    await desk.confirm(near)
    clock.forward(hours=5)
    page = (await desk.get("/desk"))[1]
    assert page.index("Next three hours") < page.index(f'data-key="b-{near}"') < page.index("Coming days")
    assert f'data-key="b-{far}"' in page
    clock.forward(hours=1, minutes=40)
    assert "ends 17:35" in (await desk.get("/desk"))[1]
    clock.forward(hours=2)
    page = (await desk.get("/desk"))[1]
    assert page.index(">Done ") < page.index(f'data-key="b-{near}"')


@pytest.mark.parametrize("search", ["hannah", "MOORE", "7700 900142", "code"])
async def test_a_booking_is_found_by_code_name_or_phone(desk: Front, search: str) -> None:
    """And what does not match is not shown."""
    hannah, _ = await desk.book()
    noah, _ = await desk.book("Noah Feldman", phone="+12025550111", time="18:00")
    asked = await desk.reference(hannah) if search == "code" else search
    answer = await desk.client.get("/desk", params={"q": asked.lower()}, headers={"Accept": "text/html"})
    page = await answer.text()
    assert f'data-key="b-{hannah}"' in page
    assert f'data-key="b-{noah}"' not in page


async def test_a_search_for_nothing_says_so(desk: Front) -> None:
    """Signs that mean something to the database mean nothing here, and there is a way on."""
    await desk.book()
    for search in ("%", "_", "zzz", "'; DROP TABLE booking", NAUGHTY):
        answer = await desk.client.get("/desk", params={"q": search}, headers={"Accept": "text/html"})
        page = await answer.text()
        assert answer.status == 200
        assert "No booking matches" in page
        assert "Clear filters" in page
        assert "<script>alert" not in page


async def test_the_counters_are_true_and_filter(desk: Front) -> None:
    """A number on the board is the number of rows behind it."""
    held, _ = await desk.book()
    paid, _ = await desk.book("Noah Feldman", phone="+12025550111", time="18:00")
    await desk.confirm(paid)
    await desk.partner_asks(paid, "Can I bring the big van?")
    for only, shown in (("holds", held), ("needs", paid), ("awaiting", held), ("paid", paid)):
        page = (await desk.get(f"/desk?only={only}"))[1]
        assert f'data-key="b-{shown}"' in page
    assert f'data-key="b-{held}"' not in (await desk.get("/desk?only=needs"))[1]
    assert f'data-key="b-{paid}"' not in (await desk.get("/desk?only=holds"))[1]
    page = (await desk.get("/desk"))[1]
    assert "US$48.00" in page.split("Paid today")[1].split("</a>")[0]
    assert "Nothing here now" in (await desk.get("/desk?only=road"))[1]


async def test_who_waits_for_us_is_named_at_the_side(desk: Front) -> None:
    """A partner's question, a guest who wants a person, what was not delivered, what got stuck."""
    booking, _ = await desk.book()
    await desk.confirm(booking)
    await desk.partner_asks(booking, "Can I bring the big van?")
    await desk.heard("+15550001111", "Is there a car for a wheelchair?", silent=True)
    await desk.heard("+15550002222", "boom", state="parked")
    async with transaction() as run:
        await run("UPDATE delivery SET state = 'failed', error = 'mailbox full' WHERE kind = 'brief_lead'")
    needs = (await desk.get("/desk"))[1].split('<aside class="feed"')[1]
    for said in (
        "Rafael Peña asks",
        "Can I bring the big van?",
        "waits for an answer",
        "Is there a car for a wheelchair?",
    ):
        assert said in needs
    assert "Not delivered to Rafael Peña" in needs
    assert "is stuck" in needs
    assert "Just happened" in needs
    assert "sent the request" in needs


async def test_the_fleet_strip_counts_what_is_taken(desk: Front) -> None:
    """A van held this afternoon takes a quarter of its hours, hatched until it is paid."""
    booking, _ = await desk.book(date="2026-11-21", time="17:00")
    van = (await desk.get("/desk"))[1].split('data-key="fleet"')[1].split("<b>Van</b>")[1].split("</li>")[0]
    assert "4 free now" in van
    assert 't1 held"' in van
    await desk.confirm(booking)
    van = (await desk.get("/desk"))[1].split('data-key="fleet"')[1].split("<b>Van</b>")[1].split("</li>")[0]
    assert "held" not in van
    assert 't1"' in van


# --- one booking ---


async def test_one_booking_shows_everything_about_it(desk: Front) -> None:
    """Recap, itinerary, money, thread, deliveries, timeline."""
    booking, link = await desk.book(notes="Please keep it a surprise")
    await desk.confirm(booking)
    page = (await desk.get(f"/desk/bookings/{await desk.reference(booking)}"))[1]
    for said in ("Private transfer", "hannah@example.com", "Please keep it a surprise", "Airport PUJ, exit B", "US$48.00",
                 "card ending 4242", "Brief sent to Rafael", "Booking <b>confirmed</b> by the payment", "Deliveries"):  # fmt: skip
        assert said in page
    assert link in page
    assert (await desk.get("/desk/bookings/CA-ZZZZZ"))[0].status == 404


async def test_a_partners_question_is_answered_at_the_desk(desk: Front) -> None:
    """It waits for us until we answer; the answer goes to the lead's phone and the flag turns."""
    booking, _ = await desk.book()
    await desk.confirm(booking)
    thread = await desk.partner_asks(booking, "Can I bring the big van?")
    where = f"/desk/bookings/{await desk.reference(booking)}"
    page = (await desk.get(where))[1]
    assert "Can I bring the big van?" in page
    assert "Rafael waits for our answer" in page
    answer, _ = await desk.post(f"/desk/threads/{thread}/reply", {"text": "Yes, take it, same price."})
    assert (answer.status, answer.headers["Location"]) == (303, f"{where}?talk={thread}")
    page = (await desk.get(where))[1]
    assert "Yes, take it, same price." in page
    assert "We wait for Rafael" in page
    assert "<b>Marisol Reyes</b> answered the partner" in page
    sent = await read("SELECT * FROM delivery WHERE kind = 'thread_message_lead'")
    assert len(sent) == 1
    assert (await read("SELECT awaiting FROM thread WHERE id = :id", id=thread))[0]["awaiting"] == "partner"


@pytest.mark.parametrize(("text", "said"), [("  \n ", "Write something first."), ("x" * 1501, "please shorten it")])
async def test_what_cannot_be_sent_is_given_back(desk: Front, text: str, said: str) -> None:
    """Nothing typed is lost, and nothing leaves."""
    booking, _ = await desk.book()
    await desk.confirm(booking)
    thread = await desk.partner_asks(booking, "Can I?")
    answer, page = await desk.post(f"/desk/threads/{thread}/reply", {"text": text})
    assert answer.status == 422
    assert said in page
    assert text.strip() in page
    assert await read("SELECT * FROM delivery WHERE kind = 'thread_message_lead'") == []


async def test_the_desk_says_when_whatsapp_takes_free_words(desk: Front, clock: Any) -> None:
    """To the guest and to the lead alike: until a day after they last wrote, and from then on as a template."""
    booking, _ = await desk.book()
    await desk.confirm(booking)
    where = f"/desk/bookings/{await desk.reference(booking)}"
    for chosen in ("?talk=guest", ""):
        assert "as an approved template" in (await desk.get(where + chosen))[1]
    async with transaction() as run:
        await run("UPDATE recipient SET last_heard = :now", now=micros(clock()))
    clock.forward(hours=23, minutes=59)
    await desk.log_in()
    for chosen in ("?talk=guest", ""):
        assert "free words until Sun 22 Nov 10:30" in (await desk.get(where + chosen))[1]
    clock.forward(minutes=1)
    for chosen in ("?talk=guest", ""):
        assert "as an approved template" in (await desk.get(where + chosen))[1]


async def test_staff_take_over_write_and_hand_back(desk: Front) -> None:
    """The bot falls silent, the guest gets our words, the bot speaks again; each with a name in the timeline."""
    booking, _ = await desk.book()
    await desk.heard("+447700900142", "I need help", silent=False)
    talk = int((await read("SELECT id FROM talk"))[0]["id"])
    async with transaction() as run:
        await run("UPDATE talk SET booking_id = :booking WHERE id = :talk", booking=booking, talk=talk)
    where = f"/desk/bookings/{await desk.reference(booking)}?talk=guest"
    assert "Take over talk" in (await desk.get(where))[1]
    assert (await desk.post(f"/desk/talks/{talk}/take-over"))[0].status == 303
    assert "Hand talk back" in (await desk.get(where))[1]
    reference = await desk.reference(booking)
    assert (await desk.post(f"/desk/bookings/{reference}/message", {"text": "Hello Hannah, Marisol here."}))[
        0
    ].status == 303
    page = (await desk.get(where))[1]
    assert "I need help" in page
    assert "Hello Hannah, Marisol here." in page
    assert (await desk.post(f"/desk/talks/{talk}/hand-back"))[0].status == 303
    page = (await desk.get(where))[1]
    for done in ("took over the talk", "wrote to the guest", "handed the talk back"):
        assert f"<b>Marisol Reyes</b> {done}" in page


async def test_what_staff_write_in_the_talk_of_a_booking_is_on_its_timeline(desk: Front) -> None:
    """With who wrote it, as when they write from the booking."""
    booking, _ = await desk.book()
    await desk.heard("+447700900142", "I need help", silent=True)
    async with transaction() as run:
        talk = (await run("UPDATE talk SET booking_id = :booking RETURNING id", booking=booking))[0]["id"]
    assert (await desk.post(f"/desk/talks/{talk}/message", {"text": "Here we are."}))[0].status == 303
    page = (await desk.get(f"/desk/bookings/{await desk.reference(booking)}?talk=guest"))[1]
    assert "<b>Marisol Reyes</b> wrote to the guest" in page
    assert "Marisol Reyes, 10:30" in page


async def test_a_failed_delivery_is_sent_again(desk: Front) -> None:
    """It stands first with its reason and a button; pressed twice it leaves once."""
    booking, _ = await desk.book()
    async with transaction() as run:
        to = await recipient(run, "mail", "hannah@example.com", name="Hannah Moore")
        sent = await post(
            run, to, "guest_link", {"block": "guest_link", "mistakes": 3, "busy": 9}, language="en",
            now=desk.house.now(), booking=booking,
        )  # fmt: skip
        await run(
            "UPDATE delivery SET state = 'given_up', error = 'mailbox full', attempt = 3, sending = 1, parts = '[]' WHERE id = :id",
            id=sent,
        )
    where = f"/desk/bookings/{await desk.reference(booking)}"
    page = (await desk.get(where))[1]
    assert "mailbox full" in page
    assert f"/desk/deliveries/{sent}/again" in page
    assert (await desk.post(f"/desk/deliveries/{sent}/again"))[0].status == 303
    assert (await desk.post(f"/desk/deliveries/{sent}/again"))[0].status == 303
    row = (await read("SELECT state, sending, parts, payload FROM delivery WHERE id = :id", id=sent))[0]
    assert (row["state"], row["sending"], row["parts"]) == ("waiting", None, None)
    assert unpacked(row["payload"]) == {"block": "guest_link"}
    assert (await desk.get(where))[1].count("sent again: ") == 1


async def _failed(desk: Front, booking: int | None) -> int:
    """A mail that could not be delivered."""
    async with transaction() as run:
        to = await recipient(run, "mail", "hannah@example.com", name="Hannah Moore")
        made = await post(run, to, "guest_link", {}, language="en", now=desk.house.now(), booking=booking)
        await run("UPDATE delivery SET state = 'given_up', error = 'mailbox full' WHERE id = :id", id=made)
    return int(made or 0)


async def test_a_failed_delivery_is_set_aside(desk: Front) -> None:
    """It waits for nobody any more; who did it stands on the timeline, once however often it is pressed, and it may still be sent."""
    booking, _ = await desk.book()
    failed, where = await _failed(desk, booking), f"/desk/bookings/{await desk.reference(booking)}"
    assert "mailbox full" in (await desk.get("/desk"))[1]
    for _ in range(2):
        assert (await desk.post(f"/desk/deliveries/{failed}/aside"))[0].status == 303
    assert "mailbox full" not in (await desk.get("/desk"))[1]
    page = (await desk.get(where))[1]
    assert page.count("<b>Marisol Reyes</b> set aside what did not arrive: Link to the booking") == 1
    assert "set aside by Marisol Reyes: mailbox full" in page
    assert f"/desk/deliveries/{failed}/aside" not in page
    assert (await desk.post(f"/desk/deliveries/{failed}/again"))[0].status == 303
    assert await read("SELECT state, error FROM delivery WHERE id = :id", id=failed) == [
        {"state": "waiting", "error": None}
    ]


async def test_what_failed_without_a_booking_is_set_aside(desk: Front) -> None:
    """The page of talks has it no more; the record says who did it, and what had been in the way."""
    failed = await _failed(desk, None)
    assert f"/desk/deliveries/{failed}/aside" in (await desk.get("/desk/talks"))[1]
    assert (await desk.post(f"/desk/deliveries/{failed}/aside"))[0].headers["Location"] == "/desk/talks"
    assert "mailbox full" not in (await desk.get("/desk/talks"))[1]
    row = (await read("SELECT state, error FROM delivery WHERE id = :id", id=failed))[0]
    assert row == {"state": "aside", "error": "set aside by Marisol Reyes: mailbox full"}


async def test_what_has_left_is_not_set_aside(desk: Front) -> None:
    """Pressed on a page of before: it is shown as it stands."""
    booking, _ = await desk.book()
    failed = await _failed(desk, booking)
    assert (await desk.post(f"/desk/deliveries/{failed}/again"))[0].status == 303
    assert (await desk.post(f"/desk/deliveries/{failed}/aside"))[0].status == 303
    assert await read("SELECT state FROM delivery WHERE id = :id", id=failed) == [{"state": "waiting"}]
    assert (await desk.post("/desk/deliveries/999/aside"))[0].status == 404


async def test_staff_confirm_what_is_paid_another_way(desk: Front) -> None:
    """Everyone is told as after a payment, and the timeline names who confirmed."""
    booking, _ = await desk.book()
    where = f"/desk/bookings/{await desk.reference(booking)}"
    assert "Yes, confirm" in (await desk.get(where))[1]
    assert (await desk.post(f"{where}/confirm"))[0].status == 303
    page = (await desk.get(where))[1]
    assert "<b>Marisol Reyes</b> confirmed the booking" in page
    assert "Yes, confirm" not in page
    answer, page = await desk.post(f"{where}/confirm")
    assert answer.status == 409
    assert "It cannot be confirmed any more" in page


async def test_links_of_guests_do_not_stand_in_transcripts(desk: Front) -> None:
    """Whoever looks over a shoulder gets no key to a booking."""
    booking, link = await desk.book()
    async with transaction() as run:
        to = (await run("SELECT recipient_id FROM booking WHERE id = :id", id=booking))[0]["recipient_id"]
        sent = await post(run, to, "pay", {}, language="en", now=desk.house.now(), booking=booking)
        await run(
            "UPDATE delivery SET state = 'sent', drawn = :drawn WHERE id = :id",
            id=sent,
            drawn=f"Pay here: http://127.0.0.1{link}/pay",
        )
    page = (await desk.get(f"/desk/bookings/{await desk.reference(booking)}?talk=guest"))[1]
    assert "Pay here: [link]" in page


async def test_what_people_type_does_no_harm(desk: Front) -> None:
    """Names, notes and messages stand on every page of the desk as they were typed, and run nothing."""
    booking, _ = await desk.book(NAUGHTY, notes=NAUGHTY)
    await desk.confirm(booking)
    thread = await desk.partner_asks(booking, NAUGHTY)
    await desk.post(f"/desk/threads/{thread}/reply", {"text": NAUGHTY})
    await desk.heard("+15550001111", NAUGHTY, silent=True)
    reference = await desk.reference(booking)
    for path in ("/desk", f"/desk/bookings/{reference}", f"/desk/bookings/{reference}?talk=guest", "/desk/talks"):
        answer, page = await desk.get(path)
        assert answer.status == 200
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page


# --- talks without a booking ---


async def test_a_talk_without_a_booking_is_answered_at_the_desk(desk: Front) -> None:
    """Who waits for a person stands first; we read, take over and write."""
    await desk.heard("+15550001111", "Is there a car for a wheelchair?", silent=True)
    page = (await desk.get("/desk/talks"))[1]
    assert "Grace Hall" in page
    assert "Waits for a person" in page
    talk = int((await read("SELECT id FROM talk"))[0]["id"])
    assert "Is there a car for a wheelchair?" in (await desk.get(f"/desk/talks/{talk}"))[1]
    assert (await desk.post(f"/desk/talks/{talk}/message", {"text": "Yes, there is."}))[0].status == 303
    page = (await desk.get(f"/desk/talks/{talk}"))[1]
    assert "Yes, there is." in page and "Marisol Reyes, " in page, "and who wrote it"
    assert (await desk.get("/desk/talks/999"))[0].status == 404


async def test_a_stuck_message_is_tried_again(desk: Front) -> None:
    """What could not be handled is shown with a way to have it handled."""
    stuck = await desk.heard("+15550002222", "boom", state="parked")
    page = (await desk.get("/desk/talks"))[1]
    assert "Messages that got stuck" in page
    assert (await desk.post(f"/desk/heard/{stuck}/again"))[0].status == 303
    assert (await read("SELECT state FROM inbound WHERE id = :id", id=stuck))[0]["state"] == "owed"


# --- words ---


@pytest.mark.parametrize("language", words.languages())
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_entry_has_a_sentence(kind: str, language: str) -> None:
    """In each language, naming who did it, whatever facts are left after an erasure."""
    said = environment(language).get_template("pages/_said.html").module.sentence  # type: ignore[attr-defined]
    amount = {"minor": 4800, "currency": "USD"}
    facts = {
        "amount": amount,
        "total": amount,
        "until": {"utc": "2026-11-21T19:00:00Z", "zone": "America/Santo_Domingo"},
    }
    whole = said({"kind": kind, "facts": facts, "personal": {"actor": "Ana"}, "actor_kind": "guest"})
    erased = said({"kind": kind, "facts": {}, "personal": {}, "actor_kind": "guest"})
    for sentence in (str(whole), str(erased)):
        assert sentence.strip()
        assert kind not in sentence or "_" not in kind
        assert "None" not in sentence


async def test_an_unknown_kind_is_still_readable(desk: Front) -> None:
    """What a later version writes does not break today's page."""
    booking, _ = await desk.book()
    async with transaction() as run:
        await record(
            run,
            booking,
            "flight_landed_early",
            actor="Flight data",
            actor_kind="system",
            door="flights",
            now=desk.house.now(),
        )
    page = (await desk.get(f"/desk/bookings/{await desk.reference(booking)}"))[1]
    assert "<b>Flight data</b>: flight landed early" in page


def test_every_sentence_of_the_pages_is_there_in_spanish() -> None:
    """English is the source; nothing is left untranslated."""
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for path in (words.TEMPLATES / "locale").glob("*es.po")
        for message in read_po(StringIO(path.read_text("utf-8")), locale="es")
        if message.string and all(message.string)
    }
    said = {message for path in (words.TEMPLATES / "pages").glob("*.html") for message in _sentences(path)}
    assert said - known == set()


def _sentences(path: Path) -> set[str]:
    with path.open("rb") as source:
        found = babel_extract(source, ("_", "gettext", "ngettext"), [], {"trimmed": "false", "silent": "false"})
        return {str(message if isinstance(message, str) else message[0]) for _, _, message, _ in found if message}


async def test_staff_read_their_own_language(desk: Front) -> None:
    """The desk speaks what the browser asks for."""
    await desk.book()
    page = (await desk.get("/desk", Accept_Language="es-DO,es;q=0.9,en;q=0.8"))[1]
    assert '<html lang="es">' in page
    assert "Sábado 21 de noviembre" in page
    assert "Retenida" in page


# --- live ---


async def test_the_stream_tells_what_changed(desk: Front) -> None:
    """A page that listens hears of a booking as soon as it is durable."""
    stream = await desk.client.get("/desk/events", headers={"Accept": "text/event-stream"})
    assert stream.content_type == "text/event-stream"
    assert b"hello" in await asyncio.wait_for(stream.content.readuntil(b"\n\n"), PATIENCE)
    booking, _ = await desk.book()
    told = await asyncio.wait_for(stream.content.readuntil(b"\n\n"), PATIENCE)
    assert told == f"event: booking\ndata: {booking}\n\n".encode()
    stream.close()


async def open_page(desk: Front, playwright: Any) -> Page:
    """The board in a browser, logged in by hand."""
    browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
    page: Page = await browser.new_page(viewport={"width": 1440, "height": 900})
    await page.goto(f"http://{desk.client.host}:{desk.client.port}/desk")
    await page.fill("#who", LOGIN)
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_url("**/desk")
    return page


CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.mark.chromium
async def test_a_new_booking_appears_by_itself_and_the_keyboard_reaches_it(front: Front) -> None:
    """Within two seconds, without a reload; what is typed in the search stays; arrows and Esc work."""
    troubles: list[str] = []
    async with async_playwright() as playwright:
        page = await open_page(front, playwright)
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.wait_for_selector("#live:not([data-away])")
        await page.evaluate("window.stays = true")
        await page.keyboard.press("/")
        await page.keyboard.type("typed")
        booking, _ = await front.book()
        await page.wait_for_selector(f'tr[data-key="b-{booking}"].new', timeout=2000)
        assert await page.evaluate("window.stays")
        assert await page.input_value("input[type=search]") == "typed"
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/desk/bookings/{await front.reference(booking)}")
        assert re.match(r"CA-\w{5}", await page.inner_text("h1"))
        await front.confirm(booking)
        await page.wait_for_selector(".one-head .chip.green", timeout=2000)
        thread = await front.partner_asks(booking, "Can I bring the big van?")
        await page.wait_for_selector(".bubble:has-text('Can I bring the big van?')", timeout=3000)
        await page.fill("#text", "Yes, take it.")
        await page.click(".write button")
        await page.wait_for_selector(".bubble.ours:has-text('Yes, take it.')", timeout=2000)
        assert await page.input_value("#text") == ""
        assert (await read("SELECT awaiting FROM thread WHERE id = :id", id=thread))[0]["awaiting"] == "partner"
        await page.context.browser.close()  # type: ignore[union-attr]
    assert troubles == []
