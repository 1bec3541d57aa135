"""What the desk shows of letters and of messages that came by one of our links: all of what was said, nothing that opens a door."""

import re
from dataclasses import replace

import pytest

from bot.mail_in import opened
from flows.speech import Heard
from handlers.house import Actor
from handlers.letter_came import letter_came, letter_kept, letter_let, letter_set_aside
from handlers.someone_wrote import someone_wrote
from models import letters, links
from models.database import read, transaction
from tests.web.front import Front
from tests.web.test_desk_doors import at_the_desk, shown

LETTER = (
    b"From: Hannah Moore <hannah@example.com>\r\nSubject: Next week\r\nMessage-ID: <1@example.com>\r\n\r\n"
    b"From airport PUJ to Hard Rock on Friday\r\n"
)


@pytest.mark.parametrize("words", ["/start {token}", "Hello! I would like a transfer\n[{token}]"])
async def test_a_link_is_shown_as_what_it_is(front: Front, words: str) -> None:
    """Where the guest came from, without the token, which would open the same request to whoever reads over a shoulder."""
    desk = await at_the_desk(front)
    await desk.post("/desk/doors/sources", {"where": "Arena Blanca, reception"})
    form = {"source": "arena-blanca-reception", "words": "from Hotel Arena Blanca to the airport", "language": "en"}
    token = (await desk.post("/desk/doors/links", form))[0].headers["Location"].rpartition("/")[2]
    await someone_wrote(
        desk.house, Heard("telegram", "1", "700100201", desk.house.now(), words=words.format(token=token))
    )
    talk = (await read("SELECT id FROM talk"))[0]["id"]
    for path in (f"/desk/talks/{talk}", "/desk/talks", "/desk"):
        assert token not in (await desk.get(path))[1]
    assert "Opened from Arena Blanca, reception" in shown((await desk.get(f"/desk/talks/{talk}"))[1])


async def test_a_guests_own_page_is_not_shown_either(front: Front) -> None:
    """Somebody who sends the address of their booking's page: people read [link]."""
    desk = await at_the_desk(front)
    token = links.token(desk.house.secret, 1, "guest", 1)
    said = f"does not open: https://bellhop.example/b/{token}/pay"
    await someone_wrote(desk.house, Heard("whatsapp", "SM1", "+46701740605", desk.house.now(), words=said))
    page = (await desk.get(f"/desk/talks/{(await read('SELECT id FROM talk'))[0]['id']}"))[1]
    assert "does not open: [link]" in shown(page)
    assert token not in str(await read("SELECT words FROM inbound"))


async def test_every_letter_is_there_whole(front: Front) -> None:
    """In the talk, in the list of all letters with what came of it, and as it came for a mail program; for nobody but staff."""
    kept, _ = await letter_kept(front.house, LETTER)
    await letter_came(front.house, kept, opened(LETTER, front.house.now(), ()))
    odd, _ = await letter_kept(front.house, b"hello")
    await letter_came(front.house, odd, opened(b"hello", front.house.now(), ()))
    assert (await front.get(f"/desk/letters/{kept}"))[0].status != 200
    desk = await at_the_desk(front)
    talk = (await desk.get(f"/desk/talks/{(await read('SELECT id FROM talk'))[0]['id']}"))[1]
    assert f'href="/desk/letters/{kept}"' in talk
    page = (await desk.get("/desk/letters"))[1]
    assert re.search(r'href="/desk/talks" aria-current="page"', page) and page.count("aria-current") == 1
    listed = shown(page)
    assert "Next week hannah@example.com Heard" in listed
    assert "No subject Nobody to answer · it has no sender Not read" in listed
    assert f'href="/desk/letters/{odd}"' in (await desk.get("/desk/talks"))[1]
    answer, _ = await desk.get(f"/desk/letters/{kept}")
    assert await answer.read() == LETTER
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert (await desk.get("/desk/letters/99"))[0].status == 404


AGENCY = (
    b"From: Sunny Tours <no-reply@sunny.example>\r\nAuto-Submitted: auto-generated\r\nSubject: New booking 4711\r\n\r\n"
    b"from PUJ airport to Hotel Arena Blanca, on Friday at 3pm, 2 adults\r\n"
)


async def test_an_agencys_letter_becomes_a_link_for_its_traveller(front: Front) -> None:
    """A machine wrote it, so nobody is answered; what it says fills the form for a link, which works once."""
    kept, _ = await letter_kept(front.house, AGENCY)
    await letter_came(front.house, kept, opened(AGENCY, front.house.now(), ()))
    desk = await at_the_desk(front)
    assert f'href="/desk/doors?letter={kept}#make"' in (await desk.get("/desk/letters"))[1]
    form = (await desk.get(f"/desk/doors?letter={kept}"))[1]
    assert "to Hotel Arena Blanca, on Friday at 3pm" in form
    assert re.search(r'name="once" value="1" checked', form)
    said = re.search(r'name="words"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    assert said
    answer, _ = await desk.post("/desk/doors/links", {"words": said[1], "language": "en", "once": "1"})
    assert "Arena Blanca" in shown((await desk.get(answer.headers["Location"]))[1])


@pytest.mark.parametrize("letter", ["", "0", "99", "x", "-1", "9" * 40, "\u0663"])
async def test_a_letter_that_is_not_there_fills_nothing(front: Front, letter: str) -> None:
    """The form is empty, as always."""
    desk = await at_the_desk(front)
    answer, form = await desk.get(f"/desk/doors?letter={letter}")
    assert answer.status == 200
    assert re.search(r'name="words"[^>]*></textarea>', form)


ANA, LUIS = Actor("Ana", "staff", "desk"), Actor("Luis", "staff", "desk")


async def held(front: Front) -> int:
    """A letter of somebody whom our mail server does not believe."""
    kept, _ = await letter_kept(front.house, LETTER)
    await letter_came(front.house, kept, replace(opened(LETTER, front.house.now(), ()), forged=True))
    return kept


async def came_of(kept: int) -> tuple[str, str, int]:
    """What became of it, why, and how many letters were heard."""
    (row,) = await read("SELECT became, why, (SELECT COUNT(*) FROM inbound) AS n FROM letter WHERE id = :id", id=kept)
    return row["became"], row["why"], int(row["n"])


async def test_what_another_set_aside_meanwhile_is_not_answered(front: Front) -> None:
    """Two of the team look at the same letter: whoever is first decides, and that stays."""
    kept, letter = await held(front), opened(LETTER, front.house.now(), ())
    await letter_set_aside(front.house, LUIS, kept)
    assert await letter_let(front.house, ANA, kept, letter) is None
    assert await came_of(kept) == ("aside", "set aside by Luis", 0)


async def test_what_was_let_and_not_answered_is_let_again(front: Front) -> None:
    """The program ended in between: it stays on the desk, nobody sets aside what may be answered by now, and it is heard once."""
    kept, letter = await held(front), opened(LETTER, front.house.now(), ())
    async with transaction() as run:
        assert await letters.let(run, kept, "let be answered by Ana")
    await letter_set_aside(front.house, LUIS, kept)
    desk = await at_the_desk(front)
    page = (await desk.get("/desk/letters"))[1]
    assert "Not answered yet" in page and f"/desk/letters/{kept}/answer" in page and f"/{kept}/aside" not in page
    await letter_let(front.house, LUIS, kept, letter)
    await letter_came(front.house, kept, letter, let="let be answered by Ana")
    assert await letter_let(front.house, ANA, kept, letter) is None
    assert await came_of(kept) == ("heard", "let be answered by Luis", 1)
