"""What is pointless by the time it could leave is not said any more: shown on the booking, and no alarm."""

from models.database import read
from tests.doors.knocking import Door
from tests.people import Bellhop, Desk, Person
from tests.stories import moves

pytestmark = moves.SDKS


def seconds(at: int) -> int:
    """A stored moment to the second: what a guest is told of it has no more."""
    return at // 1_000_000


async def states(reference: str) -> dict[str, str]:
    """How far each thing for the guest or the provider came."""
    return {
        row["kind"]: row["state"] for row in await moves.deliveries(reference) if not row["kind"].endswith("_house")
    }


async def test_a_hold_that_ended_before_it_could_be_told(bellhop: Bellhop, ana: Person, desk: Desk) -> None:
    """WhatsApp is down from her yes until after the hold: she reads that it has ended, and no link to pay for what is gone."""
    await moves.goes_to_review(ana, moves.TRANSFER)
    await bellhop.pull("/sim/switches", twilio="down")
    door = Door(bellhop)
    assert await door.twilio(door.message("yes")) == 200
    (booking,) = await read("SELECT reference, hold_until FROM booking")
    reference = booking["reference"]
    (held,) = [row for row in await moves.deliveries(reference) if row["kind"] == "held"]
    assert seconds(held["lapses"]) == seconds(booking["hold_until"])
    await bellhop.later(minutes=30, seconds=5)
    await moves.becomes(reference, "expired")
    await bellhop.pull("/sim/switches", twilio="up")
    await bellhop.later(minutes=1)
    await ana.hears("has ended")
    assert not [one for one in ana.seen() if "held until" in one["text"]]
    assert (
        await states(reference) == {"held": "lapsed", "hold_ended_guest": "sent"}
        or (await states(reference))["held"] == "lapsed"
    )
    page = await desk.opens(f"/desk/bookings/{reference}")
    assert "Suppressed" in page and "pointless by the time it could leave" in page
    assert "v-failed" not in page


async def test_a_declined_card_and_an_open_page_matter_until_the_hold_or_the_page_ends(
    bellhop: Bellhop, ana: Person
) -> None:
    """Each has the moment after which it is pointless; whatever else is said has none."""
    reference = await moves.books(ana, moves.TRANSFER)
    until = (await moves.booking(reference))["hold_until"]
    await ana.goes_to_pay()
    (session,) = moves.sessions(bellhop)
    event = {
        "id": "evt_declined", "type": "checkout.session.async_payment_failed", "created": 1795300000, "livemode": False,
        "data": {"object": session},
    }  # fmt: skip
    assert await moves.stripe_tells(bellhop, event) == 200
    await ana.hears("declined")
    await bellhop.later(minutes=30, seconds=5)
    await moves.becomes(reference, "expired")
    await moves.all_carried(reference)
    lapses = {row["kind"]: seconds(row["lapses"]) for row in await moves.deliveries(reference) if row["lapses"]}
    (page,) = await read("SELECT expires FROM checkout")
    ends = {"held": until, "payment_failed_guest": until, "close_checkout": page["expires"]}
    assert lapses == {kind: seconds(at) for kind, at in ends.items()}
