"""When a chat can no longer be reached, what staff write goes by mail instead."""

from handlers.house import Actor
from handlers.staff_acted import wrote_to_guest
from tests.people import Bellhop, Person, read_aloud
from tests.stories import moves

pytestmark = moves.SDKS


async def test_a_guest_who_blocked_the_bot_is_written_by_mail(bellhop: Bellhop, luis: Person, team: Person) -> None:
    """Luis blocks the bot; Marisol's words reach his mailbox, and the house hears that the chat is closed."""
    reference = await moves.books(luis, moves.COACH_ES, email="luis@example.com")
    booking = await moves.booking(reference)
    async with bellhop.http.patch(f"{bellhop.sim.url}/sim/people/luis", json={"blocked": ["telegram"]}) as told:
        assert told.status == 200
    marisol = Actor("Marisol", "staff", "desk")
    await wrote_to_guest(bellhop.program.house, marisol, int(booking["id"]), "Llegamos cinco minutos antes")
    await bellhop.mail("luis@example.com", "Llegamos cinco minutos antes")
    assert "Send again" in read_aloud(await team.hears("did not arrive"))
