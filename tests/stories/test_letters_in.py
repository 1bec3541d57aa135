"""A guest writes a letter: a request is open, the answer says what was understood and what is missing, and leads into a chat."""

import re

from models.database import read
from models.fields import unpacked
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
LETTER = (
    "From: Hannah Moore <hannah@example.com>\r\nTo: bookings@costa-alisia.example\r\nSubject: Re: transfer\r\n"
    "Message-ID: <{number}@example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
)


async def brings(bellhop: Bellhop, words: str, number: int = 1, secret: str | None = None) -> int:
    """The mail server brings Hannah's letter; gives the status."""
    known = bellhop.program.settings.mail_secret.get_secret_value()
    headers = {"Authorization": f"Bearer {known if secret is None else secret}"}
    body = LETTER.format(number=number, words=words).encode()
    async with bellhop.http.post(f"{bellhop.url}/hooks/mail", data=body, headers=headers) as answer:
        return answer.status


async def test_a_letter_opens_a_request_that_goes_on_in_a_chat(bellhop: Bellhop, luis: Person, desk: Desk) -> None:
    """Understood as in chat, answered by mail, gone on with on Telegram at the same question; on the desk all the while."""
    assert await brings(bellhop, "From airport PUJ to Hard Rock tomorrow at 3pm, 2 adults") == 200
    mail = await bellhop.mail("hannah@example.com", "Airport PUJ to Hard Rock", "Still open")
    assert "Vehicle" in mail["text"]
    assert ["In-Reply-To", "<1@example.com>"] in mail["headers"]
    assert "Hannah" in await desk.opens("/desk/talks")
    token = re.search(r"start=(bhh[\w-]+)", mail["text"])
    assert token, mail["text"]
    await luis.says(f"/start {token[1]}")
    assert "Hard Rock" in read_aloud(await luis.hears("just where we were"))
    await bellhop.mail("hannah@example.com", "You went on in Telegram")


async def test_the_next_letter_answers_what_was_open(bellhop: Bellhop) -> None:
    """The same draft goes on; the same letter brought twice is one."""
    await brings(bellhop, "From airport PUJ to Hard Rock tomorrow at 3pm, 2 adults")
    for _ in range(2):
        assert await brings(bellhop, "flight AA1045, one way, 3 bags", number=2) == 200
    await bellhop.mail("hannah@example.com", "AA1045")
    state = unpacked((await read("SELECT state FROM talk"))[0]["state"])
    assert (state["draft"]["flight"], state["draft"]["luggage"], state["state"]) == ("AA1045", 3, "vehicle")
    assert len(await read("SELECT id FROM inbound WHERE channel = 'mail'")) == 2


async def test_only_our_mail_server_brings_letters(bellhop: Bellhop) -> None:
    """Without the secret nothing is kept; nor is a letter that nobody waits for an answer to."""
    assert await brings(bellhop, "hello", secret="wrong") == 403
    assert await brings(bellhop, "hello", secret="") == 403
    assert await read("SELECT id FROM inbound") == []


async def test_a_letter_speaks_for_nobody_but_a_guest(bellhop: Bellhop, rafael: Person) -> None:
    """Anybody can write the house's or a lead's address into From: it is a guest's letter all the same, or none."""
    known = bellhop.program.settings.mail_secret.get_secret_value()
    brand = (await bellhop.program.house.catalog()).brand
    body = LETTER.format(number=9, words="hello").replace("hannah@example.com", brand.email).encode()
    headers = {"Authorization": f"Bearer {known}"}
    async with bellhop.http.post(f"{bellhop.url}/hooks/mail", data=body, headers=headers) as answer:
        assert answer.status == 200
        assert "we wrote it" in await answer.text()
    assert await read("SELECT id FROM inbound") == []
