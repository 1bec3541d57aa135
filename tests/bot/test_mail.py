"""Letters to addresses that a mail server cannot take: given up one by one, with nobody else's mail held up."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from bot.carriers import Attempt, Failed, Retry, Sent
from bot.letters import Letter
from bot.mail import Mail
from bot.mail_in import NotAPerson, read
from bot.words import Drawn
from models import letters
from models.lanes import Outgoing
from tests.conftest import NOW

NOT_ASCII = "josé@correo.example"


class Box:
    """What arrived."""

    def __init__(self) -> None:
        self.to: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Keep the addressee."""
        self.to += envelope.rcpt_tos
        return "250 OK"


@pytest.mark.parametrize("utf8", [True, False])
async def test_a_server_without_smtputf8_fails_that_letter_alone(utf8: bool) -> None:
    """It is not away: letters to addresses in ASCII arrive, before and after."""
    box = Box()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box, enable_SMTPUTF8=utf8), "127.0.0.1", 0)
    async with server:
        mail = Mail(
            f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", "bookings@house.example", "The house", b"secret"
        )
        results = [await mail.send(_out(one), _attempt()) for one in ("ana@a.example", NOT_ASCII, "leo@a.example")]
    assert [type(one) for one in results] == [Sent, Sent if utf8 else Failed, Sent], results
    assert box.to == ["ana@a.example", *([NOT_ASCII] if utf8 else []), "leo@a.example"]


class Busy(Box):
    """Takes nothing from anybody now; of one of its mailboxes it says so at once."""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """One mailbox is full."""
        envelope.rcpt_tos.append(address)
        return "452 4.2.2 full" if address.startswith("full@") else "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        """Later."""
        return "451 4.7.1 Try again later"


async def test_a_server_too_busy_for_all_is_away_and_a_full_mailbox_is_not() -> None:
    """For the one all mail waits, for the other that letter alone."""
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Busy()), "127.0.0.1", 0)
    async with server:
        mail = Mail(
            f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", "bookings@house.example", "The house", b"secret"
        )
        results = [await mail.send(_out(one), _attempt()) for one in ("ana@a.example", "full@a.example")]
    assert [isinstance(one, Retry) and one.away for one in results] == [True, False], results


@pytest.mark.parametrize(("before", "wanted"), [("nudge", True), ("welcome_back", True), ("did_not_catch", False)])
def test_our_letters_ask_for_no_automatic_answer(before: str, wanted: bool) -> None:
    """Each says that a machine wrote it; one that nobody asked for says how to have no more of them."""
    mail = Mail("smtp://127.0.0.1", "bookings@house.example", "The house", b"secret")
    out = replace(_out("ana@a.example"), payload={"before": [{"block": before}]})
    attempt = _attempt()
    assert attempt.letter is not None
    head = mail.compose(out, attempt.letter, attempt)
    assert (head["Auto-Submitted"], head["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert bool(head["List-Unsubscribe"]) is wanted
    with pytest.raises(NotAPerson):  # so that one which comes back to us is known
        read(head.as_bytes(), NOW, ())


@pytest.mark.parametrize("home", ["https://bellhop.example", "http://127.0.0.1:8080"])
def test_one_click_ends_what_nobody_asked_for(home: str) -> None:
    """RFC 8058: a signed link that takes a post, over https; for papers and answers there is nothing to end."""
    mail = Mail("smtp://127.0.0.1", "bookings@house.example", "The house", b"secret", home)
    attempt, wanted = _attempt(), home.startswith("https:")
    assert attempt.letter is not None
    head = mail.compose(replace(_out("ana@a.example"), kind="confirm_stop"), attempt.letter, attempt)
    link = f"<{home}/stop/{letters.stop_token(b'secret', 1)}>, "
    assert head["List-Unsubscribe"] == f"{link if wanted else ''}<mailto:bookings@house.example?subject=unsubscribe>"
    assert head["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if wanted else None)
    assert letters.stopped_by(b"secret", letters.stop_token(b"secret", 1)) == 1
    assert letters.stopped_by(b"another", letters.stop_token(b"secret", 1)) is None
    papers = mail.compose(_out("ana@a.example"), attempt.letter, attempt)
    assert papers["List-Unsubscribe"] is papers["List-Unsubscribe-Post"] is None


def _attempt() -> Attempt:
    return Attempt(NOW, Drawn(""), Letter("You are booked", "All set.", "<p>All set.</p>"))


def _out(address: str) -> Outgoing:
    return Outgoing(1, 1, 1, 1, "mail", address, "booking_confirmed_guest", {}, "en", None, 0)
