"""Twilio or WhatsApp is away for hours: what may still be said is said, what may not is shown to staff, and nothing is lost in silence."""

from handlers.house import Actor
from handlers.staff_acted import wrote_to_guest
from models.database import read
from tests.people import Bellhop, Desk, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS
MARISOL = Actor("Marisol", "staff", "desk")


async def test_an_answer_that_comes_a_day_too_late_is_shown_and_not_said(
    bellhop: Bellhop, ana: Person, team: Person
) -> None:
    """Ana asks while Twilio takes nothing for thirty hours: free words are too late by then; the team hears of it and can write to her."""
    reference = await moves.books(ana, moves.TRANSFER)
    await bellhop.pull("/sim/switches", twilio="limited")
    assert await ana.says("is there wifi in the van?") == 200
    await wrote_to_guest(bellhop.program.house, MARISOL, await number_of(reference), "The driver is called Rafael")
    await bellhop.later(hours=30)
    await bellhop.pull("/sim/switches", twilio="up")
    await bellhop.later(minutes=1)
    told = await ana.hears("The driver is called Rafael")
    assert told["template"]
    assert "24 hours are over" in read_aloud(await team.hears("did not arrive", "Ana"))
    late = await read("SELECT state FROM delivery WHERE error LIKE '%24 hours are over%'")
    assert {row["state"] for row in late} == {"failed"}
    async with Desk(bellhop) as desk:
        await desk.logs_in()
        page = await desk.opens(f"/desk/bookings/{reference}")
        assert "24 hours are over" in page
        assert "Send again" in page


async def number_of(reference: str) -> int:
    """A booking's id."""
    return int((await moves.booking(reference))["id"])


async def test_what_stood_in_twilios_queue_for_too_long_is_sent_again(bellhop: Bellhop, ana: Person) -> None:
    """Twilio took it, WhatsApp did not for five hours: it fails there and leaves once more, and arrives once."""
    reference = await moves.books(ana, moves.TRANSFER)
    await moves.all_carried(reference)
    await bellhop.pull("/sim/switches", twilio="queued")
    await wrote_to_guest(bellhop.program.house, MARISOL, await number_of(reference), "The driver is called Rafael")
    await moves.all_carried(reference)
    await bellhop.later(hours=5)
    await bellhop.pull("/sim/switches", twilio="up")
    await bellhop.until(lambda: [one for one in bellhop.sim.world.messages if one.get("error_code") == 30001])
    await moves.once(lambda: waits(reference), "the same, to be sent again")
    await bellhop.later(minutes=2)
    await ana.hears("The driver is called Rafael")
    assert [read_aloud(one).count("called Rafael") for one in ana.seen()].count(1) == 1


async def waits(reference: str) -> bool:
    """Whether the message waits for another try, or has had it already."""
    return any(row["kind"] == "message_from_house" and (row["attempt"] > 1 or (row["attempt"] and row["state"] == "waiting"))
               for row in await moves.deliveries(reference))  # fmt: skip
