"""Providers that are away, guests who block us, and places sold meanwhile: delivered later in order, said, offered."""

import asyncio
from typing import Any

from models import news
from models.database import read, transaction
from models.fields import micros
from tests.doors.knocking import START, Door, answer, count, says
from tests.patience import PATIENCE
from tests.people import Desk, Person

BOOK = ("AA1045", "2 bags", "sedan", "none", "no", "no", "Ana Lindqvist", "ana@example.com")


async def _in_order(guest: Person, *provider: str) -> None:
    """Three questions asked while the provider is down are answered in their order once it is up."""
    door = Door(guest.bellhop)
    await says(guest, START[guest.key])
    guest.past = len(guest.bellhop.shown)
    await guest.bellhop.pull("/sim/switches", **dict.fromkeys(provider, "down"))
    for text in ("AA1045", "help", "blorp"):
        knock = (
            door.twilio(door.message(text)) if guest.channel == "whatsapp" else door.telegram(door.update(text=text))
        )
        assert await knock == 200
    expected = [
        row["id"]
        for row in await read("SELECT id FROM delivery WHERE sent IS NULL AND business_key LIKE 'answer:%' ORDER BY id")
    ]
    assert len(expected) >= 3
    assert not guest.got()
    await guest.bellhop.pull("/sim/switches", **dict.fromkeys(provider, "up"))
    await guest.bellhop.later(minutes=15)
    guest.bellhop.program.courier.wake.set()
    await guest.hears("blorp")
    rows = await read(
        "SELECT id FROM delivery WHERE business_key LIKE 'answer:%' AND sent IS NOT NULL ORDER BY sent, id"
    )
    sent = [row["id"] for row in rows if row["id"] in expected]
    assert sent == expected[: len(sent)]
    assert len(sent) >= len(expected) - 1  # the mark of the last may follow its arrival


async def test_twilio_is_down(ana: Person) -> None:
    """What was said meanwhile comes later, in order."""
    await _in_order(ana, "twilio")


async def test_telegram_is_down(luis: Person) -> None:
    """Likewise."""
    await _in_order(luis, "telegram")


async def _books(guest: Person) -> None:
    await says(guest, START["ana"], *BOOK, "send", "yes")
    assert await count("booking") == 1


async def test_the_mail_server_is_down(ana: Person) -> None:
    """The guest's link comes by mail once it is up again."""
    await ana.bellhop.pull("/sim/switches", smtp="down")
    await _books(ana)
    assert not list(ana.bellhop.sim.world.mails)
    await ana.bellhop.pull("/sim/switches", smtp="up")
    await ana.bellhop.later(minutes=5)
    ana.bellhop.program.courier.wake.set()
    reference = (await read("SELECT reference FROM booking"))[0]["reference"]
    await ana.bellhop.mail("ana@example.com", str(reference))


async def test_stripe_is_down_at_the_checkout(ana: Person) -> None:
    """A sentence on the page instead of a fault; once Stripe is up the same button works."""
    await _books(ana)
    await ana.bellhop.until(lambda: _link(ana))
    await ana.bellhop.pull("/sim/switches", stripe="down")
    async with ana.bellhop.http.post(ana.link("/pay"), headers={"Accept": "text/html"}, allow_redirects=False) as told:
        assert told.status == 502
        assert "<form" in await told.text()
    assert [row["state"] for row in await read("SELECT state FROM checkout")] == ["making"], "written down, not open"
    await ana.bellhop.pull("/sim/switches", stripe="up")
    assert (await ana.goes_to_pay()).startswith("http")
    assert [row["state"] for row in await read("SELECT state FROM checkout")] == ["open"], "the same one"


def _link(guest: Person) -> str | None:
    try:
        return guest.link("/pay")
    except AssertionError:
        return None


async def test_a_guest_who_blocked_the_bot(luis: Person, desk: Desk) -> None:
    """Given up at once, shown at the desk; "send again" brings it once they are back."""
    await says(luis, START["luis"])
    luis.past = len(luis.bellhop.shown)
    await luis.bellhop.http.patch(f"{luis.bellhop.sim.url}/sim/people/luis", json={"blocked": ["telegram"]})
    door = Door(luis.bellhop)
    told = news.listen()
    assert await door.telegram(door.update(text="blorp")) == 200
    lost = await _given_up(told)
    assert str(lost["id"]) in await desk.opens("/desk/talks")
    await luis.bellhop.http.patch(f"{luis.bellhop.sim.url}/sim/people/luis", json={"blocked": []})
    assert await desk.sends(f"/desk/deliveries/{lost['id']}/again") in (200, 204, 303)
    await luis.hears("blorp")


async def _given_up(told: asyncio.Queue[news.News]) -> dict[str, Any]:
    """The delivery that failed, looked for whenever there is news."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await told.get()
            if rows := await read("SELECT * FROM delivery WHERE state IN ('failed', 'given_up')"):
                news.ignore(told)
                return rows[0]


async def test_sold_out_between_review_and_send(ana: Person) -> None:
    """Nothing is booked, something else is offered, and the draft is kept."""
    await says(ana, START["ana"], *BOOK)
    now = ana.bellhop.program.clock.now()
    async with transaction() as run:
        units = (await run("SELECT units FROM resource WHERE key = 'vehicle:sedan'"))[0]["units"]
        await run(
            "INSERT INTO claim (resource, starts, ends, quantity) VALUES ('vehicle:sedan', :from, :to, :all)",
            **{"from": micros(now), "to": micros(now.replace(year=now.year + 1)), "all": units},
        )
        await run("UPDATE resource SET longest = :year WHERE key = 'vehicle:sedan'", year=366 * 86_400_000_000)
    ana.past = len(ana.bellhop.shown)
    await ana.says("send")
    blocks = await answer(ana)
    if await count("booking") == 0 and "sold_out" not in " ".join(blocks):
        blocks = await says(ana, "yes")
    assert any("sold_out" in block for block in blocks), blocks
    assert await count("booking") == 0
    rows = await read("SELECT payload FROM delivery ORDER BY id DESC LIMIT 1")
    assert '"options"' in rows[0]["payload"]
