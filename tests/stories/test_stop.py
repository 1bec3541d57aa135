"""Whoever writes STOP is left alone on that channel, is reached by others, and hears of us again after START."""

from models.database import read
from tests.people import Bellhop, Desk, Person
from tests.stories import moves


async def _deliveries(channel: str) -> list[dict[str, object]]:
    return await read(
        "SELECT d.kind, d.state, d.error FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "WHERE r.channel = :channel ORDER BY d.id",
        channel=channel,
    )


async def test_stop_is_kept_to_and_start_ends_it(bellhop: Bellhop, ana: Person, team: Person, desk: Desk) -> None:
    """Twilio would refuse anyhow (21610): nothing is even tried, the house is told what could not be said, the desk shows why."""
    await ana.says("hi")
    await ana.hears("What may we arrange")
    await ana.says("STOP")
    await ana.hears("unsubscribed")
    await ana.says("airport to Bávaro tomorrow at 3pm")
    await team.hears("airport to Bávaro")
    await desk.logs_in()
    talk = (await read("SELECT id FROM talk"))[0]["id"]
    page = await desk.opens(f"/desk/talks/{talk}")
    assert "Wrote STOP" in page and "until they write START" in page
    await desk.sends(f"/desk/talks/{talk}/message", text="Are you still with us?")
    await team.hears("did not arrive", "STOP")
    assert [one["state"] for one in await _deliveries("whatsapp") if one["kind"] == "message_from_house"] == ["failed"]

    await ana.says("start")
    await ana.hears("hear from us here again")
    await ana.says("airport to Bávaro tomorrow at 3pm")
    await ana.hears("Bávaro")
    assert (await read("SELECT stopped FROM recipient WHERE channel = 'whatsapp' AND address LIKE '+4670%'"))[0][
        "stopped"
    ] is None


async def test_what_was_stopped_goes_by_mail(bellhop: Bellhop, ana: Person, desk: Desk) -> None:
    """A booking that stands is still spoken of, by the way that is left."""
    reference = await moves.books(ana, moves.TRANSFER, email="ana@example.com")
    await ana.says("baja")
    await ana.hears("unsubscribed")
    await desk.logs_in()
    await desk.sends(f"/desk/bookings/{reference}/message", text="Your driver is Rafael.")
    letter = await bellhop.mail("ana@example.com", "Your driver is Rafael.")
    assert reference and "write" in letter["subject"]
