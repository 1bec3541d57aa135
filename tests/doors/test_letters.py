"""The door for letters: nothing is acknowledged that is not kept, what is too large is refused for good, our own trouble for a while."""

from collections.abc import Callable
from typing import Any

import pytest

from models import letters
from models.database import read
from tests.doors.knocking import Door, count
from tests.people import Bellhop, Desk, Person
from tests.stories import moves
from web import hooks

pytestmark = moves.SDKS
LETTER = b"From: Hannah <hannah@example.com>\r\nSubject: Hello\r\nMessage-ID: <%d@example.com>\r\n\r\n"


async def brings(door: Door, body: bytes) -> int:
    """Our mail server brings a letter."""
    secret = door.settings.mail_secret.get_secret_value()
    return await door.knock(hooks.MAIL, body, {"Authorization": f"Bearer {secret}"})


async def test_a_letter_of_many_megabytes_is_taken(door: Door) -> None:
    """With its pictures, up to what mail servers take; beyond that it is refused for good. From anybody else a megabyte is too much."""
    body = LETTER % 1 + b"airport PUJ to Hard Rock\r\n" + b"x" * 76 + b"\r\n" * 1000
    body += b"y" * (3 * 1024 * 1024)
    assert await brings(door, body) == 200
    assert await letters.content(1) == body
    assert await brings(door, body[:600] + b"z" * hooks.LARGEST_LETTER) == 413
    assert await door.knock(hooks.MAIL, body, {"Authorization": "Bearer wrong"}) == 413
    assert await count("letter") == 1


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff", b"hello", b"From: nobody\r\n\r\nhello", b"Subject: =?utf-8?q?=ff?=\r\n\r\nhola"]
)
async def test_whatever_it_is_it_is_kept(door: Door, desk: Desk, body: bytes) -> None:
    """A letter that nobody can be answered for is the desk's; brought again it is the same one."""
    assert [await brings(door, body), await brings(door, body)] == [200, 200]
    rows = await read("SELECT content, became FROM letter")
    assert [(bytes(row["content"]), row["became"]) for row in rows] == [(body, "unread")]
    assert "letter" in await desk.opens("/desk/talks")
    assert await count("event") == 1


async def test_one_that_we_stumble_over_is_kept(door: Door, house: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was kept before anybody looked at it: acknowledged, on the desk, told to the house."""

    def stumbles(*_: Any) -> None:
        raise ValueError("no idea")

    monkeypatch.setattr("bot.mail_in.opened", stumbles)
    assert await brings(door, LETTER % 1 + b"hola") == 200
    assert (await read("SELECT became, why FROM letter"))[0] == {"became": "unread", "why": "ValueError('no idea')"}
    await house.hears("Mail", "no idea")


@pytest.mark.parametrize("where", ["begin", "became"])
async def test_a_database_that_refuses_is_told_as_such(door: Door, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """503, so that the mail server brings it again; then it has its effect once."""
    real: Callable[..., Any] = getattr(letters, where)
    full = [OSError(28, "No space left on device")]

    async def refuses(*given: Any, **named: Any) -> Any:
        if full:
            raise full.pop()
        return await real(*given, **named)

    monkeypatch.setattr(letters, where, refuses)
    body = LETTER % 1 + b"airport PUJ to Hard Rock"
    assert [await brings(door, body), await brings(door, body)] == [503, 200]
    assert await count("inbound") == await count("letter") == 1


async def test_without_keeping_first_a_letter_is_lost(
    door: Door, bellhop: Bellhop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: were it read first, one that we stumble over would leave nothing behind but a line in the log."""
    monkeypatch.setattr("web.hooks.letter_kept", _keeps_nothing)
    monkeypatch.setattr("web.hooks.letter_unread", _keeps_nothing)
    monkeypatch.setattr("bot.mail_in.opened", lambda *_: 1 / 0)
    assert await brings(door, LETTER % 1 + b"hola") == 200
    assert await count("letter") == await count("event") == await count("inbound") == 0


async def _keeps_nothing(*_: Any) -> tuple[int, bool]:
    return 0, False
