"""Anybody may write somebody else's address into From: what counts then, who is written to, and what waits for people."""

from dataclasses import replace
from typing import Any

import pytest

from models.database import read
from tests.people import Bellhop, Desk, Person
from tests.stories import moves
from tests.stories.test_letters_answered import brings, letter
from web.desk import _waiting

pytestmark = moves.SDKS
HANNAH = "hannah@example.com"
OURS = "mx.costa-alisia.example"


def found_out(what: str, *, server: str = OURS, **headers: Any) -> Any:
    """A letter from Hannah, with what a mail server found out about it."""
    made = letter(HANNAH, headers.pop("text", "From airport PUJ to Hard Rock"), headers.pop("number", "1"))
    made["Authentication-Results"] = f"{server}; dmarc={what} header.from=example.com"
    return made


def trusting(bellhop: Bellhop) -> None:
    """Our mail server's name is set."""
    settings = bellhop.program.settings
    bellhop.program.settings = settings.model_copy(update={"mail_authserv": OURS})


def answering(bellhop: Bellhop, strangers: int) -> None:
    """So many strangers are answered in an hour."""
    bellhop.program.house = replace(bellhop.program.house, strangers=strangers)


async def stopped() -> bool:
    """Whether Hannah is left alone."""
    rows = await read("SELECT stopped FROM recipient WHERE channel = 'mail' AND address = :hannah", hannah=HANNAH)
    return rows[0]["stopped"] is not None


async def answers() -> int:
    """How many letters were answered."""
    return len(await read("SELECT id FROM delivery WHERE business_key LIKE 'answer:%'"))


async def test_a_forged_stop_stops_nobody(bellhop: Bellhop) -> None:
    """Whoever has the address is asked once a day; their answer counts, and nobody else's changes anything."""
    for number in ("1", "2"):
        await brings(bellhop, letter(HANNAH, "STOP", number))
    asked = await bellhop.mail(HANNAH, "answer this letter with the one word STOP")
    assert not await stopped() and await answers() == 1
    await brings(bellhop, letter("eve@example.com", "STOP", "3", answers=asked))
    assert not await stopped()
    await brings(bellhop, letter(HANNAH, "STOP", "4", answers=asked))
    await bellhop.mail(HANNAH, "You will have no letters")
    assert await stopped()
    await brings(bellhop, letter(HANNAH, "STOP", "5"))
    await brings(bellhop, letter(HANNAH, "START", "6"))
    again = await bellhop.mail(HANNAH, "answer this letter with the one word START")
    assert await stopped()
    await brings(bellhop, letter(HANNAH, "START", "7", answers=again))
    await bellhop.mail(HANNAH, "hear from us here again")
    assert not await stopped()
    await bellhop.later(days=1, minutes=1)
    await brings(bellhop, letter(HANNAH, "STOP", "8"))
    asked_again = await read(
        "SELECT r.address FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE kind = 'confirm_stop'"
    )
    assert sorted(row["address"] for row in asked_again) == ["eve@example.com", HANNAH, HANNAH]


@pytest.mark.parametrize(
    ("what", "server", "named", "counts"),
    [
        ("pass", OURS, True, True),
        ("pass", "mx.evil.example", True, False),
        ("pass", OURS, False, False),
        ("none", OURS, True, False),
    ],
)
async def test_our_own_mail_servers_word_counts(
    bellhop: Bellhop, what: str, server: str, named: bool, counts: bool
) -> None:
    """A STOP that it vouches for; not another server's word, and nobody's when its name is not set."""
    if named:
        trusting(bellhop)
    await brings(bellhop, found_out(what, server=server, text="STOP"))
    assert await stopped() == counts


async def test_one_click_ends_it(bellhop: Bellhop, desk: Desk) -> None:
    """The link in the letter's head is signed by us (RFC 8058): a post ends it, opening it does not; a made-up one opens nothing."""
    await brings(bellhop, letter(HANNAH, "STOP", "1"))
    await bellhop.mail(HANNAH, "answer this letter")
    (row,) = await read("SELECT id FROM delivery WHERE kind = 'confirm_stop'")
    from models import letters

    token = letters.stop_token(bellhop.program.house.secret, row["id"])
    made_up = f"{row['id']}.{'a' * 16}"
    for method, given, status, over in (
        ("GET", token, 200, False), ("POST", made_up, 404, False), ("GET", made_up, 404, False), ("POST", token, 200, True),
    ):  # fmt: skip
        body = {"List-Unsubscribe": "One-Click"} if method == "POST" else None
        async with bellhop.http.request(method, f"{bellhop.url}/stop/{given}", data=body) as answer:
            assert answer.status == status
        assert await stopped() == over
    for odd in ("1.", "x.y", f"{'9' * 19}.{'a' * 16}", "²." + "a" * 16):
        async with bellhop.http.post(f"{bellhop.url}/stop/{odd}") as answer:
            assert answer.status == 404


async def test_who_is_forged_is_not_written_to(bellhop: Bellhop, house: Person, desk: Desk) -> None:
    """Our own mail server says so: kept, shown as unverified, answered only when staff say so; an answer of ours with its seal is heard."""
    trusting(bellhop)
    assert (await brings(bellhop, found_out("fail")))[0] == 200
    assert (
        await answers() == 0
        and await read("SELECT id FROM recipient WHERE channel = 'mail' AND address = 'hannah@example.com'") == []
    )
    page = await desk.opens("/desk/letters")
    assert "Sender not verified" in page and "does not come from this address" in page
    assert "Letters that wait for a person" in await desk.opens("/desk/talks")
    assert await _waiting() == 1, "the number on the nav"
    await brings(bellhop, found_out("fail", number="2", text="STOP"))
    number = (await read("SELECT id FROM letter ORDER BY id LIMIT 1"))[0]["id"]
    await desk.sends(f"/desk/letters/{number}/answer")
    first = await bellhop.mail(HANNAH, "Airport PUJ to Hard Rock")
    sealed = found_out("fail", number="3", text="2 adults")
    sealed["In-Reply-To"] = first["message_id"]
    await brings(bellhop, sealed)
    await bellhop.mail(HANNAH, "2 adults")
    rows = await read("SELECT became FROM letter ORDER BY id")
    assert [row["became"] for row in rows] == ["heard", "unproven", "heard"]


async def test_whose_domain_asks_for_nothing_is_answered(bellhop: Bellhop) -> None:
    """p=none: forwarding alone makes such a letter fail; it proves nothing, and its guest is answered as anybody."""
    trusting(bellhop)
    await brings(bellhop, found_out("fail (p=NONE sp=NONE dis=NONE)"))
    await bellhop.mail(HANNAH, "Airport PUJ to Hard Rock")


async def test_so_many_strangers_an_hour_are_answered(bellhop: Bellhop, desk: Desk) -> None:
    """What is beyond waits for staff, who let it be answered or not; whoever was written to before is answered all the while."""
    answering(bellhop, 4)
    for number in range(4):
        await brings(bellhop, letter(f"guest{number}@example.com", "From airport PUJ to Hard Rock", str(number)))
    assert await answers() == 2, "half of them at once, half as the hour goes by"
    await brings(bellhop, letter("guest0@example.com", "2 adults", "again"))
    assert await answers() == 3
    await brings(bellhop, letter("guest9@example.com", "STOP", "stop"))
    assert await answers() == 3, "nor are they asked to confirm"
    page = await desk.opens("/desk/talks")
    assert "Letters that wait for a person" in page and "guest2@example.com" in page and "guest3@example.com" in page
    waiting = [row["id"] for row in await read("SELECT id FROM letter WHERE became = 'waiting' ORDER BY id")]
    assert len(waiting) == 3
    for _ in range(2):
        await desk.sends(f"/desk/letters/{waiting[0]}/answer")
        await desk.sends(f"/desk/letters/{waiting[1]}/aside")
    await bellhop.mail("guest2@example.com", "Airport PUJ to Hard Rock")
    assert await answers() == 4
    rows = await read(
        "SELECT id, became, why FROM letter WHERE id IN (:one, :two) ORDER BY id", one=waiting[0], two=waiting[1]
    )
    assert [row["became"] for row in rows] == ["heard", "aside"] and "set aside by" in rows[1]["why"]


async def test_the_house_hears_once_an_hour_of_what_is_held_back(bellhop: Bellhop, house: Person) -> None:
    """A guest whom nobody answers is not only a number on the desk; a flood of letters is none of notices."""
    trusting(bellhop)
    for number in ("1", "2"):
        await brings(bellhop, found_out("fail", number=number))
    await house.hears("hannah@example.com", "waits for a person")
    told = "SELECT id FROM delivery WHERE kind = 'letter_held_house'"
    in_an_hour = len(await read(told))
    await bellhop.later(hours=1)
    await brings(bellhop, found_out("fail", number="3"))
    assert len(await read(told)) == 2 * in_an_hour > 0


async def test_leads_and_the_house_are_no_strangers(bellhop: Bellhop, house: Person) -> None:
    """Nothing is written to them because of a letter: what they write is told to the house all the while."""
    answering(bellhop, 1)
    await brings(bellhop, letter("eve@example.com", "hello", "1"))
    await brings(bellhop, letter("rafael@costa-alisia.example", "The road is closed", "2"))
    await house.hears("The road is closed")
