"""Whoever answers a letter of ours is understood as whom it was written to; what comes back, comes too often or ends it is seen to."""

import re
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

import pytest

from handlers.letter_answered import MOST
from models.database import read
from models.fields import unpacked
from tests.people import Bellhop, Desk, Missed, Person
from tests.stories import moves

pytestmark = moves.SDKS
SECRET = re.compile(r"/b/[\w-]{43}|bh[dkh][\w-]{13,61}")


async def brings(bellhop: Bellhop, letter: EmailMessage | bytes) -> tuple[int, str]:
    """The mail server brings a letter; gives status and answer."""
    headers = {"Authorization": f"Bearer {bellhop.program.settings.mail_secret.get_secret_value()}"}
    body = letter if isinstance(letter, bytes) else letter.as_bytes()
    async with bellhop.http.post(f"{bellhop.url}/hooks/mail", data=body, headers=headers) as answer:
        return answer.status, await answer.text()


def letter(
    sender: str, text: str, number: str, *, answers: dict[str, Any] | None = None, subject: str = ""
) -> EmailMessage:
    """A letter to us; one that `answers` ours quotes all of it, as mail programs do."""
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = sender, "bookings@costa-alisia.example", f"<{number}@example.com>"
    made["Subject"] = f"Re: {answers['subject']}" if answers else subject
    if answers:
        made["In-Reply-To"] = answers["message_id"]
        quoted = "".join(f"> {line}\n" for line in answers["text"].splitlines())
        text += f"\n\nOn Sat, Nov 21, 2026 at 10:31 AM Costa Alisia <{made['To']}> wrote:\n{quoted}"
    made.set_content(text)
    return made


async def confirmed(ana: Person) -> str:
    """Ana's paid transfer, with her address; gives its code."""
    reference = await moves.books(ana, moves.TRANSFER, email="ana@example.com")
    await ana.pays("ok")
    await moves.becomes(reference, "confirmed")
    return reference


async def ticket_of(bellhop: Bellhop, reference: str) -> dict[str, Any]:
    """The letter with Ana's papers; on a machine whose cores are all busy it waits for them longer than anybody else."""
    for _ in range(3):
        with suppress(Missed):
            return await bellhop.mail("ana@example.com", reference, "You are booked")
    raise Missed("no ticket came")


async def written(where: str) -> list[str]:
    """Everything of a kind that people of the house may read."""
    rows = await read(where)
    return [str(value) for row in rows for value in row.values()]


async def kept(reference: str, kind: str) -> list[tuple[str, str]]:
    """(who, words) of the timeline's entries of this kind."""
    rows = await read(
        "SELECT p.facts FROM entry e JOIN booking b ON b.id = e.booking_id JOIN personal p ON p.entry_id = e.id "
        "WHERE b.reference = :reference AND e.kind = :kind ORDER BY e.id",
        reference=reference, kind=kind,
    )  # fmt: skip
    facts = [unpacked(row["facts"]) for row in rows]
    return [(one["actor"], one.get("text", "")) for one in facts]


async def test_an_answer_goes_where_the_letter_belongs(
    bellhop: Bellhop, ana: Person, rafael: Person, house: Person, desk: Desk
) -> None:
    """The guest's to the booking, the lead's into the thread, staff's to the booking for the house alone; a stranger's nowhere.

    What they quote, secret links and all, is nobody's words.
    """
    reference = await confirmed(ana)
    ticket = await ticket_of(bellhop, reference)
    brief = await bellhop.mail("rafael@costa-alisia.example", reference)
    assert SECRET.search(ticket["text"])
    await rafael.hears(reference)

    assert (await brings(bellhop, letter("Ana <Ana@Example.com>", "We are five now", "1", answers=ticket)))[0] == 200
    await house.hears(reference, "We are five now")
    assert await kept(reference, "guest_wrote") == [("Ana Lindqvist", "We are five now")]
    assert "We are five now" in await desk.opens(f"/desk/bookings/{reference}?talk=guest")

    await brings(bellhop, letter("rafael@costa-alisia.example", "¿En qué terminal?", "2", answers=brief))
    await house.hears(reference, "¿En qué terminal?", "Rafael")
    assert [(row["author"], row["text"]) for row in await read("SELECT author, text FROM message ORDER BY id")][1:] == [
        ("partner", "¿En qué terminal?")
    ]
    assert (await read("SELECT awaiting FROM thread"))[0]["awaiting"] == "house"

    away = letter("rafael@costa-alisia.example", "Vuelvo el lunes", "2b", answers=brief)
    away["Auto-Submitted"] = "auto-replied"
    await brings(bellhop, away)
    await house.hears(reference, "Vuelvo el lunes")
    guests = letter("ana@example.com", "I am at sea", "2c", answers=ticket)
    guests["Auto-Submitted"] = "auto-replied"
    assert await brings(bellhop, guests) == (200, "not answered: it was sent automatically")

    before = await read("SELECT id FROM entry"), await read("SELECT id FROM message")
    for number, pretended in (("3", ticket), ("4", brief)):  # who has the letter, and still is somebody else
        await brings(bellhop, letter("eve@example.com", "Cancel it all", number, answers=pretended))
    made_up = {**ticket, "message_id": re.sub(r"\.[a-z2-7]{16}@", ".aaaaaaaaaaaaaaaa@", ticket["message_id"])}
    await brings(bellhop, letter("ana@example.com", "Cancel it all", "5", answers=made_up))
    assert (await read("SELECT id FROM entry"), await read("SELECT id FROM message")) == before

    read_by_people = [
        *await written("SELECT words FROM inbound"),
        *await written("SELECT facts FROM personal"),
        *await written("SELECT text FROM message"),
        *await written("SELECT payload FROM delivery WHERE kind LIKE '%_house'"),
    ]
    assert [text for text in read_by_people if SECRET.search(text)] == []


async def test_the_house_answers_its_own_recap(bellhop: Bellhop, ana: Person, house: Person) -> None:
    """From the very address that we write from: kept with the booking, told to the house's chats, sent to nobody, no request opened."""
    reference = await confirmed(ana)
    own = (await bellhop.program.house.catalog()).brand.email
    recap = await bellhop.mail(own, reference, "Confirmed")
    assert await brings(bellhop, letter(own, "Who drives this?", "1", answers=recap)) == (200, "")
    await house.hears(reference, "Who drives this?", "address of the house")
    assert [words for _, words in await kept(reference, "staff_noted")] == ["Who drives this?"]
    assert (
        await read("SELECT t.id FROM talk t JOIN recipient r ON r.id = t.recipient_id WHERE r.channel = 'mail'") == []
    )
    assert await brings(bellhop, letter(own, "Hello", "2")) == (200, "not answered: we wrote it")
    wrong = {**recap, "message_id": recap["message_id"].replace("delivery-", "delivery-9")}
    await brings(bellhop, letter(own, "Hello", "3", answers=wrong))
    assert len(await read("SELECT id FROM inbound WHERE channel = 'mail'")) == 1


async def test_staff_write_from_where_they_hear_of_bookings(bellhop: Bellhop, ana: Person, house: Person) -> None:
    """The house hears of it and nobody is answered; what their mailbox sends by itself, or passes on of ours, is nobody's letter."""
    desk, reference = "operations@costa-alisia.example", await confirmed(ana)
    recap = await bellhop.mail(desk, reference)
    automatic, listed = (letter(f"Ops <{desk}>", "Out of office", number) for number in ("1", "2"))
    automatic["Auto-Submitted"], listed["List-Id"] = "auto-replied", "<news.example.com>"
    assert await brings(bellhop, automatic) == (200, "not answered: it was sent automatically")
    assert await brings(bellhop, listed) == (200, "not answered: it went to many")
    passed_on = letter(desk, recap["text"], "3", subject=recap["subject"])
    passed_on.replace_header("Message-ID", recap["message_id"])
    await brings(bellhop, passed_on)
    assert await read("SELECT id FROM inbound WHERE channel = 'mail'") == []
    assert await brings(bellhop, letter("Ops <Operations@costa-alisia.example>", "A guest rang: 4 adults", "4")) == (
        200,
        "",
    )
    await house.hears("A guest rang: 4 adults", "address of the house")
    assert (
        await read("SELECT t.id FROM talk t JOIN recipient r ON r.id = t.recipient_id WHERE r.channel = 'mail'") == []
    )


async def test_a_lead_who_answers_nothing_waits_for_the_desk(
    bellhop: Bellhop, ana: Person, rafael: Person, house: Person
) -> None:
    """Anybody can write a lead's address into From: the house hears of it, the desk may file it, no request is opened."""
    reference = await confirmed(ana)
    await rafael.hears(reference)
    await brings(bellhop, letter("rafael@costa-alisia.example", "The road is closed", "1", subject="Tomorrow"))
    await house.hears("The road is closed", "answers no letter of ours")
    assert (await read("SELECT state FROM inbound WHERE channel = 'mail'"))[0]["state"] == "asked"
    assert len(await read("SELECT id FROM message")) == 1
    assert (
        await read("SELECT t.id FROM talk t JOIN recipient r ON r.id = t.recipient_id WHERE r.channel = 'mail'") == []
    )


# -- what comes back ----------------------------------------------------------------------------


def bounce(of: dict[str, Any], action: str, status: str, told: str, number: str = "") -> bytes:
    """What a mail server sends back of a letter (RFC 3464)."""
    return (
        f"From: MAILER-DAEMON@mx.example.com\r\nTo: bookings@costa-alisia.example\r\nSubject: Undelivered\r\n"
        f"Auto-Submitted: auto-replied\r\nMessage-ID: <{action}{number}@mx.example.com>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI could not deliver it.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; ana@example.com\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {told}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {of['message_id']}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


async def test_a_letter_that_comes_back_has_failed(bellhop: Bellhop, ana: Person, house: Person, desk: Desk) -> None:
    """Said in plain words on the booking and to the house, once; one that is only late or made up changes nothing."""
    reference = await confirmed(ana)
    ticket = await ticket_of(bellhop, reference)

    async def states() -> list[tuple[str, Any]]:
        rows = await read(
            "SELECT d.state, d.error FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
            "WHERE r.address = 'ana@example.com' AND d.kind = 'booking_confirmed_guest'"
        )
        return [(row["state"], row["error"]) for row in rows]

    (before,) = await moves.once(lambda: _gone(states), "the ticket's leaving")
    await brings(bellhop, bounce(ticket, "delayed", "4.4.1", "451 not yet"))
    forged = {**ticket, "message_id": re.sub(r"\.[a-z2-7]{16}@", ".aaaaaaaaaaaaaaaa@", ticket["message_id"])}
    await brings(bellhop, bounce(forged, "failed", "5.1.1", "550 no", "-forged"))
    assert await states() == [before]

    for number in ("", "-again"):
        answer = await brings(bellhop, bounce(ticket, "failed", "5.1.1", "550 5.1.1 No such mailbox here", number))
        assert answer[0] == 200
    assert await states() == [("failed", "there is no such mailbox (550 5.1.1 No such mailbox here)")]
    told = await house.hears("did not arrive", "no such mailbox")
    assert reference in told["text"]
    assert len(await kept(reference, "delivery_failed")) == 1
    assert "no such mailbox" in await desk.opens(f"/desk/bookings/{reference}")
    noted = [row["why"] for row in await read("SELECT why FROM letter ORDER BY id")]
    assert noted[:2] == ["late, and still on its way", "it names no letter of ours"]


async def test_a_mail_server_that_writes_as_it_likes_is_read_by_people(
    bellhop: Bellhop, ana: Person, house: Person
) -> None:
    """No report that we can read, and about a letter of ours all the same: the desk has it."""
    reference = await confirmed(ana)
    ticket = await ticket_of(bellhop, reference)
    told = letter("MAILER-DAEMON@mx.example.com", f"Hi. I gave up.\n\nMessage-ID: {ticket['message_id']}\n", "1")
    assert (await brings(bellhop, told))[0] == 200
    await house.hears("Mail", "a mail server writes about a letter of ours")
    await brings(bellhop, letter("MAILER-DAEMON@mx.example.com", "I gave up something else", "2"))
    assert [row["became"] for row in await read("SELECT became FROM letter ORDER BY id")] == ["unread", "aside"]


async def _gone(states: Any) -> Any:
    found = await states()
    return found if found and found[0][0] in moves.GONE else None


# -- machines, and who wants to be left alone ---------------------------------------------------


async def test_two_machines_do_not_answer_each_other_for_ever(bellhop: Bellhop, house: Person) -> None:
    """Ten answers in an hour, then silence: kept, and the house hears of it once. An hour later it is answered again."""
    for number in range(MOST + 3):
        assert (
            await brings(
                bellhop, letter("robot@example.com", f"From airport PUJ to Hard Rock, {number + 1} adults", str(number))
            )
        )[0] == 200
    assert len(await read("SELECT id FROM delivery WHERE business_key LIKE 'answer:%'")) == MOST
    assert len(await read("SELECT id FROM inbound WHERE channel = 'mail'")) == MOST + 3
    await house.hears("airport PUJ to Hard Rock", "another machine")
    assert (
        len(await read("SELECT id FROM delivery WHERE kind = 'letter_house'")) == 2
    )  # one for each of the house's chats
    await bellhop.later(hours=1, minutes=1)
    await brings(bellhop, letter("robot@example.com", "airport PUJ to Hard Rock", "later"))
    assert len(await read("SELECT id FROM delivery WHERE business_key LIKE 'answer:%'")) == MOST + 1


@pytest.mark.parametrize(
    ("subject", "text", "said"),
    [
        ("", "STOP", "letters from us"),
        ("unsubscribe", "", "letters from us"),
        ("Hello", "Please unsubscribe me.\n\nSent from my iPhone", "letters from us"),
        ("Baja", "darme de baja", "letters from us"),
    ],
)
async def test_who_writes_stop_is_written_to_no_more(bellhop: Bellhop, subject: str, text: str, said: str) -> None:
    """They are told what still comes; the assistant falls silent until START. Both count in answer to a letter of ours."""
    await brings(bellhop, letter("hannah@example.com", "From airport PUJ to Hard Rock", "0"))
    asked = await bellhop.mail("hannah@example.com", "Airport PUJ")
    stop = letter("hannah@example.com", text, "1", subject=subject)
    stop["In-Reply-To"] = asked["message_id"]
    await brings(bellhop, stop)
    told = await bellhop.mail("hannah@example.com", said)
    assert "its ticket" in told["text"] and "START" in told["text"]
    await brings(bellhop, letter("hannah@example.com", "From airport PUJ to Hard Rock", "2"))
    assert len(await read("SELECT id FROM delivery WHERE business_key LIKE 'answer:%'")) == 2
    await brings(bellhop, letter("hannah@example.com", "START", "3", answers=told))
    await bellhop.mail("hannah@example.com", "hear from us here again")


async def test_papers_come_in_spite_of_stop(bellhop: Bellhop, ana: Person) -> None:
    """Whoever said stop by mail and books in a chat has the ticket in the mail all the same."""
    await brings(bellhop, letter("ana@example.com", "hello", "0"))
    greeting = await bellhop.mail("ana@example.com", "Still open")
    await brings(bellhop, letter("ana@example.com", "STOP", "1", answers=greeting))
    await bellhop.mail("ana@example.com", "letters from us")
    reference = await confirmed(ana)
    assert (await ticket_of(bellhop, reference))["attachments"]
