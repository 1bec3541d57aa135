"""Letters as they come: what a person wrote is heard, what a machine wrote is not answered, nothing makes us stumble."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from bot.mail_in import NotAPerson, read

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
OURS = ("bookings@costa-alisia.example",)


def letter(text: str = "From the airport to Hard Rock", **headers: str) -> bytes:
    """A letter from Hannah."""
    message = EmailMessage()
    known = {
        "From": "Hannah Moore <Hannah@Example.com>",
        "To": OURS[0],
        "Subject": "Transfer",
        "Message-ID": "<1@example.com>",
    }
    for name, value in (known | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes()


def test_a_letter_is_heard() -> None:
    """Who, what, and its own number; the address in small letters."""
    heard = read(letter(), NOW, OURS)
    assert (heard.channel, heard.sender, heard.name) == ("mail", "hannah@example.com", "Hannah Moore")
    assert heard.external_id == "<1@example.com>"
    assert heard.words == "Transfer\nFrom the airport to Hard Rock"


@pytest.mark.parametrize(
    "below",
    [
        "On Sat, 21 Nov 2026 at 10:30, Costa Alisia <b@c.example> wrote:\n> Which day?",
        "El sáb, 21 nov 2026 a las 10:30, Costa Alisia escribió:\n> ¿Qué día?",
        "On Sat, Nov 28, 2026 at 3:04 PM Costa Alisia Transfers and Tours <b@c.example>\nwrote:\n> Which day?",
        "El sáb, 28 nov 2026 a la(s) 15:04, Costa Alisia Traslados y Excursiones\n(<b@c.example>) escribió:\n> ¿Qué día?",
        "From: Costa Alisia <b@c.example>\nSent: Saturday, 28 November 2026 15:04\nTo: Hannah Moore\n\nWhich day?",
        "De: Costa Alisia <b@c.example>\nEnviado el: sábado, 28 de noviembre de 2026 15:04\n\n¿Qué día?",
        "-----Original Message-----\nFrom: Costa Alisia",
        "> Which day?",
        "-- \nHannah Moore, Moore & Sons",
    ],
)
def test_what_is_quoted_below_is_not_said_again(below: str) -> None:
    """Nor is a signature; the subject of a reply says nothing new."""
    heard = read(letter(f"On Friday at 3pm\n\n{below}\n", Subject="Re: Your request"), NOW, OURS)
    assert heard.words == "On Friday at 3pm"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.com>"},
        {"From": "bookings@costa-alisia.example"},
        {"From": "MAILER-DAEMON@example.com"},
        {"From": "no-reply@example.com"},
        {"From": ""},
        {"From": "nobody"},
        {"Return_Path": "<>"},
    ],
)
def test_machines_are_not_answered(headers: dict[str, str]) -> None:
    """RFC 3834: no loop begins with us."""
    with pytest.raises(NotAPerson):
        read(letter(**headers), NOW, OURS)


def test_a_page_is_read_as_words() -> None:
    """A letter that is only HTML: its words without tags, styles and scripts."""
    message = EmailMessage()
    message["From"] = "hannah@example.com"
    message.set_content(
        "<style>p {color: red}</style><p>Two adults &amp; a child</p><div>on Friday</div>", subtype="html"
    )
    heard = read(message.as_bytes(), NOW, OURS)
    assert heard.words.split() == "Two adults & a child on Friday".split()
    assert heard.external_id.startswith("sha256:")


def test_what_hangs_on_a_letter_is_left_aside() -> None:
    """The words count; a letter that is only a file is a file."""
    message = EmailMessage()
    message["From"] = "hannah@example.com"
    message.set_content("airport to Hard Rock")
    message.add_attachment(b"\x00" * 100, maintype="application", subtype="pdf", filename="ticket.pdf")
    assert read(message.as_bytes(), NOW, OURS).words == "airport to Hard Rock"
    message.get_payload()[0].set_content("")  # type: ignore[union-attr,index]
    assert read(message.as_bytes(), NOW, OURS).kind == "document"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: a@b.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhola",
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\nno parts",
        b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"From: =?utf-8?q?=ff=fe?= <a@b.example>\r\nSubject: =?x?y?z?=\r\n\r\n\xff\xfe",
        b"From: a@b.example, c@d.example\r\n\r\nhello",
        b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\nFrom: x\r\n\r\ny",
        b"From: <a@b.example>\r\nMessage-ID: " + b"x" * 3000 + b"\r\n\r\nhello",
    ],
)
def test_broken_letters_are_read_or_refused(raw: bytes) -> None:
    """Never a stumble."""
    try:
        heard = read(raw, NOW, OURS)
    except NotAPerson:
        return
    assert heard.sender == "a@b.example"
    assert 0 < len(heard.external_id) <= 250
