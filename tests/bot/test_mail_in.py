"""Letters as they come: what a person wrote is heard, what a machine wrote is not answered, nothing makes us stumble."""

import contextlib
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from bot.mail_in import LONGEST_HEADER, LONGEST_LETTER, NotAPerson, _looked_at, _parsed, opened, read
from models import letters
from tests.patience import not_for_ever

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
        "________________________________\nFrom: Costa Alisia <b@c.example>\nSent: Saturday, 28 November 2026 15:04\n\nWhich day?",
        "*From:* Costa Alisia\n*Sent:* Saturday, 28 November 2026 15:04\n\nWhich day?",
        "De: Costa Alisia <b@c.example>\nFecha: 28 de noviembre de 2026\n\n¿Qué día?",
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


@pytest.mark.parametrize(
    ("text", "anew"),
    [
        ("> Which day?\n\nOn Friday\n", "On Friday"),
        (
            "On Sat, 21 Nov 2026 at 10:30, Costa <b@c.example> wrote:\n> Which day?\n\nFriday\n> How many?\nTwo",
            "Friday\n\nTwo",
        ),
        ("Am 21.11.2026 um 10:30 schrieb Costa <b@c.example>:\n> Which day?\nFriday", "Friday"),
        ("Le sam. 21 nov. 2026 à 10:30, Costa <b@c.example> a écrit :\n> Which day?\nFriday", "Friday"),
        ("On Friday\nSent from my iPhone", "On Friday"),
        (
            "On Sunday we land, and my wife wrote: bring two seats",
            "On Sunday we land, and my wife wrote: bring two seats",
        ),
    ],
)
def test_answers_below_and_between_are_heard(text: str, anew: str) -> None:
    """Wherever the guest writes, what is quoted is left out; and a guest may say that somebody wrote."""
    assert read(letter(text, Subject="Re: Your request"), NOW, OURS).words == anew


ASKED = (
    "Please quote:\nFrom: Punta Cana airport\nDate: 5 December, 15:00\nTo: Hotel Arena Blanca\n4 adults",
    "Por favor, cotice:\nDe: aeropuerto de Punta Cana\nFecha: 5 de diciembre, 15:00\nA: Hotel Arena Blanca\n4 adultos",
    "Please quote:\n____________________\nFrom: Punta Cana airport\n____________________\n4 adults",
)


@pytest.mark.parametrize("subject", ["Transfer", "Re: your website"])
@pytest.mark.parametrize("asked", ASKED, ids=["en", "es", "ruled"])
def test_a_request_that_looks_like_a_head_is_heard(asked: str, subject: str) -> None:
    """From where, on which date: no head of a letter that is quoted, nor is a ruled line."""
    assert read(letter(asked, Subject=subject), NOW, OURS).words.endswith(asked)


QUOTED_PAGES = (
    '<div>On Friday</div><div class="gmail_quote"><div class="gmail_attr">On Sat wrote:</div><blockquote>Which day?</blockquote></div>',
    '<p>On Friday</p><div id="divRplyFwdMsg"><b>Desde:</b> Costa</div><p>Which day?</p>',
    '<p>On Friday</p><blockquote type="cite"><div>Which day? <blockquote>Where?</blockquote> See you</div></blockquote>',
    "<blockquote>Which day?</blockquote><p>On Friday</p>",
)


@pytest.mark.parametrize("page", QUOTED_PAGES)
def test_quotes_in_a_page_are_left_out(page: str) -> None:
    """Gmail's, Outlook's and Apple's ways to mark them."""
    message = EmailMessage()
    message["From"], message["Subject"] = "hannah@example.com", "Re: Your request"
    message.set_content(page, subtype="html")
    assert read(message.as_bytes(), NOW, OURS).words == "On Friday"


OUR_LETTER = letters.number(b"secret", 12, "costa-alisia.example")
PORTAL = f"https://bellhop.example/b/{'aB3_' * 10}xyz"
HOP = f"bhh{'Zz9-' * 5}"


@pytest.mark.parametrize(
    "leaked",
    [
        PORTAL,
        f"{PORTAL}/pay?lang=en",
        f"<{PORTAL[:60]}=\n{PORTAL[60:]}>",
        f"https://wrapped.example/?url=https%3A%2F%2Fbellhop.example%2Fb%2F{'aB3_' * 10}xyz&data=1",
        f"https://t.me/costa_alisia_bot?start={HOP}",
        f"[{HOP}]",
    ],
)
def test_secret_links_are_nobodys_words(leaked: str) -> None:
    """However a mail program quotes or breaks them: no part of a token is heard."""
    words = read(letter(f"Is this my page?\n{leaked}\nThank you", Subject="Re: x"), NOW, OURS).words
    assert words.startswith("Is this my page?") and words.endswith("Thank you")
    assert "aB3_" not in words and "Zz9-" not in words


def test_our_own_address_is_not_the_guests() -> None:
    """Neither in what they write nor in what they pass on."""
    words = read(letter("I wrote to Bookings@Costa-Alisia.example before"), NOW, OURS).words
    assert "@" not in words and "before" in words


def test_a_letter_that_only_quotes_says_nothing() -> None:
    """Of ours; one of somebody else's that is passed on to us says all of it."""
    quoted = "> From the airport to Hard Rock\n"
    assert read(letter(quoted, Subject="Re: x", In_Reply_To=OUR_LETTER), NOW, OURS).words == ""
    assert read(letter(quoted, Subject="Fwd: x"), NOW, OURS).words == "From the airport to Hard Rock"


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": OUR_LETTER},
        {"References": f"<1@example.com> {OUR_LETTER}"},
        {
            "In_Reply_To": "<2@example.com>",
            "References": f"<delivery-1.{'a' * 16}@x.example> {OUR_LETTER} <2@example.com>",
        },
    ],
)
def test_which_letter_is_answered(headers: dict[str, str]) -> None:
    """The nearest of ours; one that is made up is known by its seal."""
    quotes = read(letter(**headers), NOW, OURS).quotes
    assert quotes == OUR_LETTER
    assert letters.delivery_of(b"secret", quotes) == 12
    assert letters.delivery_of(b"another", quotes) is None
    assert letters.delivery_of(b"secret", OUR_LETTER.replace("12.", "13.")) is None


MX = "mx.costa-alisia.example"
FROM = "From: Hannah <hannah@example.com>\r\n"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (f"Authentication-Results: {MX}; dmarc=pass header.from=example.com\r\n{FROM}", "pass"),
        (f"Authentication-Results: {MX.upper()} 1;\r\n spf=pass; dmarc=Pass (p=none) header.from=Example.COM\r\n{FROM}", "pass"),
        (f"Authentication-Results: {MX}; dkim=pass\r\nAuthentication-Results: {MX}; dmarc=pass\r\n{FROM}", "pass"),
        (f"Authentication-Results: {MX}; dmarc=fail (p=reject) header.from=example.com\r\n{FROM}", "fail"),
        (f"Authentication-Results: {MX}; dmarc=fail (p=QUARANTINE sp=NONE dis=NONE)\r\n{FROM}", "fail"),
        (f"Authentication-Results: {MX}; dmarc=fail (p=NONE sp=REJECT dis=REJECT)\r\n{FROM}", "fail"),
        (f"Authentication-Results: {MX}; dmarc=none\r\n{FROM}", ""),
        # the owner of the domain asks for nothing to be done
        (f"Authentication-Results: {MX}; dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=example.com\r\n{FROM}", ""),
        (f"Authentication-Results: {MX}; spf=fail; dmarc=fail (p=none; dis=none) header.from=example.com\r\n{FROM}", ""),
        (f"Authentication-Results: {MX}; dmarc=fail policy.dmarc=none header.from=example.com\r\n{FROM}", ""),
        (f'Authentication-Results: {MX}; dmarc=fail reason="no SPF" header.from=example.com (policy=none)\r\n{FROM}', ""),
        (f"Authentication-Results: {MX}; dmarc=fail header.from=example.com; spf=pass (p=none)\r\n{FROM}", "fail"),
        (f"Authentication-Results: {MX}; dmarc=fail (p=none); dmarc=fail (p=reject)\r\n{FROM}", "fail"),
        (f'Authentication-Results: {MX}; dmarc=fail reason="(p=none)"\r\n{FROM}', "fail"),
        (f"Authentication-Results: {MX}; dmarc=temperror\r\n{FROM}", ""),
        (FROM, ""),
        # what the sender wrote into it
        (f"Authentication-Results: mx.evil.example; dmarc=pass\r\n{FROM}", ""),
        (f"Authentication-Results: {MX}.evil.example; dmarc=pass\r\n{FROM}", ""),
        (f"Authentication-Results: {MX}; dmarc=fail\r\n{FROM}Authentication-Results: {MX}; dmarc=pass\r\n", "fail"),
        (f"Authentication-Results: {MX}; dmarc=none\r\n{FROM}Authentication-Results: {MX}; dmarc=pass\r\n", ""),
        (f'Authentication-Results: {MX}; spf=pass smtp.mailfrom="a; dmarc=pass"@evil.example\r\n{FROM}', ""),
        (f'Authentication-Results: {MX}; spf=pass (of "a; dmarc=pass \\); dmarc=pass"@e.example)\r\n{FROM}', ""),
        (f"Authentication-Results: {MX}; spf=pass (a (b) ; dmarc=pass)\r\n{FROM}", ""),
        (f"Authentication-Results: {MX}; dmarc=pass header.from=evil.example; dmarc=fail\r\n{FROM}", "fail"),
        (f"Authentication-Results: =?utf-8?q?{MX}=3B_dmarc=3Dpass?=\r\n{FROM}", ""),
        # it is about somebody else
        (f"Authentication-Results: {MX}; dmarc=pass header.from=evil.example\r\n{FROM}", ""),
        (f"Authentication-Results: {MX}; dmarc=pass header.from=evil.example\r\nFrom: hannah@example.com, eve@evil.example\r\n", ""),
        (f"Authentication-Results: {MX}; dmarc=pass header.from=example.com\r\n{FROM}From: eve@evil.example\r\n", ""),
        (f"Authentication-Results: {MX}; dmarc=pass\r\nFrom: hannah@example.com, eve@example.com\r\n", ""),
    ],
)  # fmt: skip
def test_what_our_own_mail_server_found_out(head: str, found: str) -> None:
    """By DMARC, about the address that we take the letter to come from (RFC 8601); without our server's name nothing counts."""
    raw = f"{head}Message-ID: <1@example.com>\r\n\r\nhello".encode()
    letter = opened(raw, NOW, OURS, authserv=MX)
    assert letter.heard is not None and letter.heard.sender == "hannah@example.com"
    assert (letter.heard.vouched, letter.forged) == (found == "pass", found == "fail")
    unnamed = opened(raw, NOW, OURS)
    assert unnamed.heard is not None and not (unnamed.heard.vouched or unnamed.forged)


def test_the_houses_own_list_is_its_inbox() -> None:
    """A shared inbox marks whatever comes to it as a list; others' lists are not answered."""
    heard = read(letter(List_Id="<bookings.costa-alisia.example>", Precedence="list"), NOW, OURS)
    assert heard.sender == "hannah@example.com"
    with pytest.raises(NotAPerson):
        read(letter(List_Id="<news.costa-alisia.example>", Precedence="list"), NOW, OURS)


@pytest.mark.parametrize(
    "nasty",
    [
        "<style" * 30_000,
        "<head>" * 30_000,
        "on 2026 " * 25_000,
        "> " * 90_000,
        "<br" * 60_000,
        "<!-- >" * 30_000,
        "http:" * 40_000,
        "From:@\n" * 30_000,
        "__________\n" * 18_000,
    ],
)
def test_no_letter_keeps_us_busy(nasty: str) -> None:
    """What is made to be slow to read does not take its square."""
    for subtype in ("plain", "html"):
        message = EmailMessage()
        message["From"] = "hannah@example.com"
        message.set_content(nasty, subtype=subtype)
        raw = message.as_bytes()
        with not_for_ever():
            read(raw, NOW, OURS)


@pytest.mark.parametrize(
    "nasty",
    [
        b"From: " + b"a " * 80_000 + b"<a@b.example>\r\n\r\nhello",
        b"From: " + b"(" * 80_000 + b"\r\n\r\nhello",
        b"From: a@b.example\r\nContent-Type: text/plain" + b"; a=b" * 40_000 + b"\r\n\r\nhello",
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: text/plain" + b"; a*0=b" * 40_000 + b"\r\n\r\nhello\r\n--x--",
    ],
    ids=["names", "remarks", "parameters", "parameters of a part"],
)
def test_no_header_keeps_us_busy(nasty: bytes) -> None:
    """The parser of headers takes the square of their length, and some of them it does not come out of."""
    with not_for_ever(), contextlib.suppress(NotAPerson):
        assert read(nasty, NOW, OURS).words == "hello"


@pytest.mark.parametrize("name", ["Content-Type", "Content-Disposition", "From", "Subject", "To", "Message-ID"])
def test_of_a_header_that_is_parsed_little_is_looked_at(name: str) -> None:
    """The parser of parameters and addresses takes the square of their length."""
    raw = f"{name}: {'a; b=c ' * 2000}\r\n\r\nhello".encode()
    ((_, looked_at),) = _parsed(raw).raw_items()
    assert len(looked_at) <= LONGEST_HEADER
    if name.startswith("Content"):
        assert "b=c" not in looked_at, "nor at parameters that no letter needs"


@pytest.mark.parametrize(
    "kind", ['multipart/mixed; x=y; boundary="b 1"; boundary=z', 'multipart/alternative;\r\n boundary="b 1"']
)
def test_what_of_a_type_a_letter_needs_is_kept(kind: str) -> None:
    """Its boundary and its charset, the first of each."""
    body = "--b 1\r\nContent-Type: TEXT/plain; format=flowed; charset=iso-8859-1\r\n\r\nBávaro\r\n--b 1--\r\n".encode(
        "latin-1"
    )
    raw = f"From: hannah@example.com\r\nSubject: Re: x\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    assert read(raw, NOW, OURS).words == "Bávaro"


def test_of_long_references_the_nearest_counts() -> None:
    """It stands last, behind a long talk."""
    others = " ".join(f"<{number}.{'x' * 60}@example.com>" for number in range(500))
    head = f"From: hannah@example.com\r\nReferences: {others} {OUR_LETTER}\r\n\r\n"
    assert read(f"{head}hello".encode(), NOW, OURS).quotes == OUR_LETTER


def test_what_is_long_in_a_letter_is_passed_over() -> None:
    """A picture before the words: its inside is not looked at, what stands behind it is."""
    message = EmailMessage()
    message["From"], message["Subject"] = "hannah@example.com", "Re: x"
    message.make_mixed()
    message.add_attachment(b"\x00" * (LONGEST_LETTER // 2), maintype="image", subtype="jpeg", filename="a.jpg")
    words = EmailMessage()
    words.set_content("airport to Hard Rock")
    message.attach(words)
    raw = message.as_bytes()
    assert sum(map(len, _looked_at(raw))) < len(raw)
    assert read(raw, NOW, OURS).words == "airport to Hard Rock"


def test_words_behind_pictures_are_read() -> None:
    """Mail programs put pictures between paragraphs; three large ones use up nothing, and what is attached is not read out."""
    message = EmailMessage()
    message["From"], message["Subject"] = "hannah@example.com", "Re: x"
    message.set_content("airport to Hard Rock")
    message.make_mixed()
    for words in ("on Friday", "2 adults", "thank you"):
        message.add_attachment(b"\x01" * LONGEST_LETTER, maintype="image", subtype="jpeg", disposition="inline")
        text = EmailMessage()
        text.set_content(words)
        message.attach(text)
    message.add_attachment("an old list", filename="list.txt")
    raw = message.as_bytes()
    assert sum(map(len, _looked_at(raw))) < 20_000
    for lines in (raw, raw.replace(b"\n", b"\r\n")):
        assert read(lines, NOW, OURS).words.split("\n\n") == [
            "airport to Hard Rock",
            "on Friday",
            "2 adults",
            "thank you",
        ]


@pytest.mark.parametrize("raw", [b"", b"--", b"\n--", b"\r--\n--x", b"a\n--b\r--c\n--d"])
def test_a_short_letter_is_looked_at_whole(raw: bytes) -> None:
    """Wherever its boundaries stand."""
    assert b"".join(_looked_at(raw)) == raw


def test_of_a_letter_that_is_all_words_or_all_boundaries_so_much_is_looked_at() -> None:
    """However it is written, it is cut; cut words are still words."""
    for body in ("Querida casa, " * 200_000, "--x\n\n" * 200_000):
        message = EmailMessage()
        message["From"] = "hannah@example.com"
        message.set_content(body, cte="base64")
        assert sum(map(len, _looked_at(message.as_bytes()))) <= LONGEST_LETTER
        assert read(message.as_bytes(), NOW, OURS).words.startswith(body[:5].strip())
        plain = f"From: hannah@example.com\n\n{body}".encode()
        assert sum(map(len, _looked_at(plain))) <= LONGEST_LETTER


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
