"""A transfer on WhatsApp in English: asked for, sent, paid, confirmed and handed over."""

import re
from typing import Any

from models import database, timeline
from models.database import read
from models.story import of_booking
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
GUEST_MAIL = "ana.lindqvist@example.com"
TEAM_FIELDS = (
    "Service",
    "Route",
    "Schedule",
    "Flight",
    "Guest",
    "Party",
    "Vehicle",
    "Extras",
    "Price",
    "Payment",
    "Source",
)


async def test_typing_from_hi_to_the_review(ana: Person) -> None:
    """Ana answers every question in her own words, one at a time, and the review has all of it and the price."""
    for said, next_has in (
        ("hi", "transfer"), ("a transfer please", "Airport PUJ"), ("from PUJ", "Bávaro"), ("Hard Rock", "Tomorrow"),
        ("tomorrow", ""), ("3pm", "know"), ("AA 1045", "2 adults"), ("three adults and a girl of 4", "6 bags"),
        ("six", "Van"), ("the van", "Child seat"), ("a child seat", "54.00"), ("done", "Add something"),
        ("add a note", "Nothing else"), ("we are allergic to perfume", "perfume"), ("it is our honeymoon", "Honeymoon"),
    ):  # fmt: skip
        assert await ana.says(said) == 200
        await ana.hears(next_has)
    await ana.says(GUEST_MAIL)
    review = read_aloud(await ana.hears("54.00"))
    for wanted in (
        "Hard Rock",
        "22 November",
        "15:00",
        "1045",
        "3 adults",
        "6 bags",
        "oneymoon",
        "perfume",
        GUEST_MAIL,
    ):
        assert wanted in review, wanted
    assert "CA-" not in review, "nothing is booked before she says send"
    assert await read("SELECT 1 AS one FROM booking") == []


async def test_by_tapping_only(ana: Person, house: Person) -> None:
    """Ana presses what is offered after 'hi' and writes but an hour, and holds a van at the end."""
    await ana.says("hi")
    await ana.hears()
    for wanted in ("transfer", "Airport PUJ", "Bávaro", "Tomorrow"):
        await ana.taps(wanted)
        await ana.hears()
    await ana.says("15")
    await ana.hears("flight number")
    for wanted, then in (("know", "How many"), ("4 adults", "Which vehicle"), ("SUV", "Your request")):
        await ana.taps(wanted)
        await ana.hears(then)
    reference = await moves.sends_it(ana)
    await house.hears(reference, "SUV")
    assert (await moves.booking(reference))["state"] == "on_hold"


async def test_everything_in_one_message(ana: Person) -> None:
    """What was understood at once is not asked again: two more messages and it is sent."""
    reference = await moves.books(ana, moves.TRANSFER)
    asked = [one for one in ana.seen() if not one["template"]]
    assert len(asked) <= 4, [read_aloud(one) for one in asked]
    told = await of_booking((await moves.booking(reference))["id"])
    assert (told["party"]["adults"], told["party"]["luggage"], told["vehicle"]["key"]) == (4, 6, "van")
    assert [(one["key"], one["quantity"]) for one in told["extras"]] == [("child_seat", 1)]
    assert told["total"] == {"minor": 5400, "currency": "USD"}


async def test_the_request_is_everywhere_at_once(bellhop: Bellhop, ana: Person, house: Person, team: Person) -> None:
    """On send both house chats and both inboxes have the same recap in the same order; Ana has her links in chat and mail."""
    reference = await moves.books(ana, moves.TRANSFER, email=GUEST_MAIL)
    in_whatsapp, in_telegram = await house.hears(reference), await team.hears(reference)
    assert in_whatsapp["template"], (
        "nobody of the house has written for a day, so WhatsApp takes an approved template only"
    )
    english = await bellhop.mail("bookings@", reference)
    spanish = await bellhop.mail("operations@", reference)

    lines = [_fields(in_whatsapp["text"]), _fields(in_telegram["text"]), _fields(english["text"])]
    for one in lines:
        assert [name for name in one if name in TEAM_FIELDS] == list(TEAM_FIELDS)
    for name in TEAM_FIELDS:
        assert lines[0][name] == lines[1][name] == lines[2][name], name
    for wanted in ("Hard Rock", "AA 1045", "+46 70 174 06 05", GUEST_MAIL, "54.00"):
        assert wanted in english["text"] and wanted in spanish["text"], wanted

    assert ana.link("/pay").endswith("/pay")
    letter = await bellhop.mail(GUEST_MAIL, reference)
    assert ana.link("/pay") in f"{letter['text']}{letter['html']}"
    assert len(moves.mails(bellhop, GUEST_MAIL)) == 1


async def test_looking_at_the_pay_page_changes_nothing(bellhop: Bellhop, ana: Person) -> None:
    """Chat apps look at links beforehand: only the button makes a checkout, and it leads to the provider."""
    reference = await moves.books(ana, moves.TRANSFER)
    await moves.all_carried(reference)
    before = await _everything(reference)
    for _ in range(3):
        assert "54.00" in await ana.opens("/pay")
    assert await _everything(reference) == before
    assert moves.sessions(bellhop) == []
    assert "/checkout/" in await ana.goes_to_pay()
    assert [one["amount_total"] for one in moves.sessions(bellhop)] == [5400]


async def test_paid_is_confirmed_everywhere_once(
    bellhop: Bellhop, ana: Person, house: Person, team: Person, rafael: Person, desk: Desk
) -> None:
    """One payment: guest, house and lead each hear of it once, by chat and mail; the webhook five times more changes nothing."""
    reference = await moves.books(ana, moves.TRANSFER, email=GUEST_MAIL)
    status, onward = await ana.pays()
    assert (status, onward.endswith("/paid")) == (303, True)
    thanks = await ana.hears(reference, "54.00")
    assert thanks["keyboard"][0][0]["url"].endswith("/ticket.pdf")
    enclosed = await bellhop.until(lambda: shown if len(shown := files(ana)) > 1 else None)
    assert enclosed == {"application/pdf", "image/png"}
    for someone in (house, team):
        await someone.hears(reference, "confirmed", "Rafael")
    brief = await rafael.hears(reference, "Ana Lindqvist", "AA 1045")
    assert brief["template"]
    letter = await bellhop.mail("rafael@", reference)
    for brought in (read_aloud(brief), letter["text"], letter["html"]):
        assert not re.search(r"54[.,]00|48[.,]00|US\$|example\.com", brought), (
            "a lead never sees the guest's price or mail"
        )
    await moves.papers(bellhop, GUEST_MAIL)
    await moves.all_carried(reference)
    before = await _everything(reference)

    number = moves.webhook(bellhop, "checkout.session.completed")
    answers = await bellhop.pull(f"/sim/wire/{number}/again", times=5, parallel=True)
    assert answers["statuses"] == [200] * 5

    assert await _everything(reference) == before
    assert [len(one["media"]) for one in ana.seen()].count(1) == 2
    told = await moves.all_carried(reference)
    kinds = sorted((row["kind"], row["channel"]) for row in told)
    assert kinds == sorted([
        ("booking_requested_house", "mail"), ("booking_requested_house", "mail"), ("booking_requested_house", "telegram"),
        ("booking_requested_house", "whatsapp"), ("guest_link", "mail"), ("held", "whatsapp"),
        ("booking_confirmed_guest", "mail"), ("booking_confirmed_guest", "whatsapp"), ("booking_confirmed_house", "mail"),
        ("booking_confirmed_house", "mail"), ("booking_confirmed_house", "telegram"), ("booking_confirmed_house", "whatsapp"),
        ("brief_lead", "mail"), ("brief_lead", "whatsapp"),
    ])  # fmt: skip
    assert all(row["state"] in moves.GONE for row in told), [(row["kind"], row["state"], row["error"]) for row in told]
    page = await desk.opens(f"/desk/bookings/{reference}")
    assert "Rafael" in page and "54.00" in page


async def test_the_mail_carries_ticket_and_invoice(bellhop: Bellhop, ana: Person) -> None:
    """One mail with two PDFs: the ticket names guest, route and time under a QR of the code; the invoice's lines make the total."""
    reference = await moves.books(ana, moves.TRANSFER, email=GUEST_MAIL)
    await ana.pays()
    await ana.hears(reference, "54.00")
    letter = await moves.papers(bellhop, GUEST_MAIL)
    await moves.all_carried(reference)
    assert len(moves.mails(bellhop, GUEST_MAIL)) == 2, "the pay link, and the confirmation"
    ticket, invoice = moves.pdf(bellhop, letter, "ticket"), moves.pdf(bellhop, letter, "invoice")
    for wanted in (reference, "Ana Lindqvist", "PUJ", "Hard Rock", "15:00"):
        assert wanted in moves.pdf_words(ticket), wanted
    assert moves.shows_qr(ticket, reference)
    booked = await moves.booking(reference)
    told = await of_booking(booked["id"])
    assert sum(line["amount"]["minor"] for line in told["lines"]) == booked["total"] == 5400
    for amount in (*(line["amount"]["minor"] for line in told["lines"]), booked["total"]):
        assert moves.figure(amount) in moves.pdf_words(invoice)
    async with bellhop.http.get(ana.link("/ticket.pdf")) as answer:
        assert await answer.read() == ticket, "the portal has the very same paper"


async def test_what_is_booked_is_gone_on_the_other_channel(ana: Person, luis: Person) -> None:
    """Both minibuses are taken on WhatsApp; on Telegram they are not offered any more, before and after payment."""
    await moves.books(ana, moves.COACH)
    await luis.says(
        "aeropuerto PUJ a Hard Rock mañana a las 3 de la tarde, solo ida, 4 personas, 6 maletas, vuelo AA1045"
    )
    await luis.hears("Minibús")
    await ana.pays()
    await ana.hears("CA-", "160.00")
    second = await moves.again(ana, moves.COACH)
    await ana.pays()
    await ana.hears(second, "160.00")
    await luis.says("7 maletas")
    offered = read_aloud(await luis.hears("Van"))
    assert "Minibús" not in offered


async def test_the_booking_tells_its_own_story(ana: Person, desk: Desk) -> None:
    """The timeline is a whole chain, reading it gives the state, and staff read who did what by which door."""
    reference = await moves.books(ana, moves.TRANSFER)
    await ana.pays()
    await ana.hears(reference, "54.00")
    booked = await moves.booking(reference)
    entries = await timeline.timeline(booked["id"])
    assert [entry["kind"] for entry in entries] == [
        "requested",
        "held",
        "payment_received",
        "confirmed",
        "lead_assigned",
    ]
    assert timeline.rebuilt(entries) == booked["state"] == "confirmed"
    assert await timeline.whole(booked["id"])
    assert entries[0]["personal"]["actor"] == "Ana Lindqvist" and entries[0]["door"] == "whatsapp"

    page = re.sub(r"<[^>]+>", " ", (await desk.opens(f"/desk/bookings/{reference}")).partition('id="timeline"')[2])
    for kind in ("requested", "payment_received", "lead_assigned"):
        assert kind not in page, "a sentence, not a name of the program's"
    assert "Rafael" in page and "54.00" in page and "Ana Lindqvist" in page

    async with database.transaction() as run:
        await run("UPDATE personal SET facts = '{}' WHERE entry_id = :entry", entry=entries[0]["id"])
    assert await timeline.whole(booked["id"]), "personal values can be erased"


def files(who: Person) -> set[str]:
    """What kinds of files they were sent."""
    return {one["media"][0]["content_type"] for one in who.seen() if one["media"]}


def _fields(text: str) -> dict[str, str]:
    """The "Label: value" lines of a recap, in order; in a mail a value may stand on the next line."""
    found: dict[str, str] = {}
    # An approved template has no line of its own for what not every booking has.
    for line in text.replace(" · ", "\n").splitlines():
        name, colon, value = line.strip().partition(":")
        if colon and name in TEAM_FIELDS and name not in found:
            found[name] = value.strip()
    return found


async def _everything(reference: str) -> dict[str, Any]:
    """All that is kept of a booking, to hold against a later moment."""
    row = await moves.booking(reference)
    tables = ("checkout", "payment", "document", "entry", "line", "delivery", "thread")
    kept = {
        table: await read(f"SELECT * FROM {table} WHERE booking_id = :id ORDER BY id", id=row["id"]) for table in tables
    }
    kept["delivery"] = [{"id": one["id"], "kind": one["kind"], "attempt": one["attempt"]} for one in kept["delivery"]]
    return {"booking": row, **kept, "claim": await read("SELECT * FROM claim ORDER BY id")}
