"""A thread knows whose turn it is to answer, and since when."""

from datetime import timedelta

import pytest

from models.database import read, transaction
from models.fields import instant, micros
from models.threads import awaited, open_thread, write
from tests.conftest import NOW, Clock
from tests.models.given import a_booking

pytestmark = pytest.mark.usefixtures("database")


async def a_thread() -> int:
    """Rafael's, in a booking of today."""
    booking = await a_booking(NOW)
    async with transaction() as run:
        return await open_thread(run, booking, "rafael", "Rafael Peña")


async def says(thread: int, author: str, clock: Clock) -> None:
    """One of the two, or the program itself, adds a line."""
    async with transaction() as run:
        await write(run, thread, author=author, name="", door="whatsapp", text="…", now=clock())


async def flags(thread: int) -> tuple[str, str, object]:
    """Open or closed, who is awaited, since when."""
    row = (await read("SELECT state, awaiting, since FROM thread WHERE id = :thread", thread=thread))[0]
    return row["state"], row["awaiting"], row["since"] and instant(row["since"])


async def test_the_flag_turns_with_every_word(clock: Clock) -> None:
    """Rafael asks: the house is awaited, since his first question; the house answers: Rafael is."""
    thread = await a_thread()
    assert await flags(thread) == ("open", "nobody", None)
    asked = clock.forward(minutes=1)
    await says(thread, "partner", clock)
    clock.forward(minutes=1)
    await says(thread, "partner", clock)
    assert await flags(thread) == ("open", "house", asked)
    answered = clock.forward(minutes=1)
    await says(thread, "house", clock)
    assert await flags(thread) == ("open", "partner", answered)


async def test_a_line_of_the_program_asks_for_no_answer(clock: Clock) -> None:
    """ "Brief sent" turns nothing."""
    thread = await a_thread()
    await says(thread, "system", clock)
    assert await flags(thread) == ("open", "nobody", None)


async def test_a_closed_thread_opens_with_the_next_word(clock: Clock) -> None:
    """Nobody has to open it by hand."""
    thread = await a_thread()
    async with transaction() as run:
        await run("UPDATE thread SET state = 'closed', awaiting = 'nobody' WHERE id = :thread", thread=thread)
    await says(thread, "partner", clock)
    assert (await flags(thread))[:2] == ("open", "house")


async def test_a_partner_has_one_thread_in_a_booking() -> None:
    """Opened twice it is the same one."""
    booking = await a_booking(NOW)
    async with transaction() as run:
        first = await open_thread(run, booking, "rafael", "Rafael")
        assert await open_thread(run, booking, "rafael", "Rafael Peña") == first
        assert await open_thread(run, booking, "marisol", "Marisol") != first


def test_who_must_speak_next() -> None:
    """The house goes first and by whoever waits longest; a partner only while the booking lives; a guest while it is unpaid."""
    early, late = NOW, NOW + timedelta(minutes=5)
    asks, asked = {"awaiting": "house", "since": micros(late)}, {"awaiting": "partner", "since": micros(early)}
    for state, waiting, wrote, who in (
        ("confirmed", [asked, asks], None, ("house", late)),
        ("confirmed", [asked, asks], early, ("house", early)),
        ("cancelled", [asked, asks], None, ("house", late)),
        ("confirmed", [asked], None, ("partner", early)),
        ("cancelled", [asked], None, (None, None)),
        ("on_hold", [], None, ("guest", NOW)),
        ("on_hold", [], late, ("house", late)),
        ("confirmed", [], None, (None, None)),
    ):
        assert awaited(state, NOW, waiting, wrote) == who
