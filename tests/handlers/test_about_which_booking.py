"""A lead writes and does not say about which booking: what is clear is filed, what is not is asked, and nothing is lost."""

from collections.abc import AsyncIterator
from itertools import count

import pytest_asyncio

from flows.speech import Heard, Tap
from handlers.quoting import WHICH
from handlers.someone_wrote import someone_wrote
from models.database import read, transaction
from models.fields import unpacked
from tests.conftest import Clock
from tests.web.front import Front, open_front

RAFAEL = "+18095550177"
_numbers = count(1)


@pytest_asyncio.fixture(name="front")
async def house_with_a_desk(database: str, clock: Clock) -> AsyncIterator[Front]:
    """A house of this test's own."""
    made = await open_front(clock)
    yield made
    await made.client.close()


async def job(front: Front, **draft: str) -> str:
    """A confirmed transfer that Rafael drives; gives its code."""
    booking, _ = await front.book(**draft)
    await front.confirm(booking)
    return await front.reference(booking)


async def writes(front: Front, words: str = "", tap: int | None = None, sender: str = RAFAEL) -> None:
    """Rafael writes, or taps the option that stands for this thread."""
    pressed = Tap(WHICH, str(tap), 0) if tap is not None else None
    heard = Heard(
        "whatsapp", f"SM{next(_numbers)}", sender, front.house.now(), words, kind="tap" if tap else "text", tap=pressed
    )
    await someone_wrote(front.house, heard)


async def thread(reference: str) -> int:
    """The number of the thread in a booking."""
    rows = await read(
        "SELECT t.id FROM thread t JOIN booking b ON b.id = t.booking_id WHERE b.reference = :it", it=reference
    )
    return int(rows[0]["id"])


async def filed(reference: str) -> list[str]:
    """What Rafael said in a booking."""
    rows = await read(
        "SELECT text FROM message WHERE thread_id = :id AND author = 'partner' ORDER BY id", id=await thread(reference)
    )
    return [row["text"] for row in rows]


async def told() -> str:
    """The last thing that Rafael was told."""
    rows = await read(
        "SELECT d.kind FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.address = :to ORDER BY d.id DESC LIMIT 1",
        to=RAFAEL,
    )  # fmt: skip
    return str(rows[0]["kind"])


async def waiting() -> list[str]:
    """What was set aside."""
    return [row["words"] for row in await read("SELECT words FROM inbound WHERE state = 'asked' ORDER BY id")]


async def test_with_one_job_there_is_nothing_to_ask(front: Front) -> None:
    """It is about that one."""
    only = await job(front)
    await writes(front, "Listo")
    assert await filed(only) == ["Listo"]
    assert await told() == "brief_lead"


async def test_a_choice_made_twice_moves_nothing_the_second_time(front: Front) -> None:
    """Pressed again, or the other one afterwards: he is told that nothing waits."""
    first, second = await job(front), await job(front, time="18:00")
    await writes(front, "Voy")
    assert (await told(), await waiting()) == (WHICH, ["Voy"])
    for pressed, answer in ((first, "lead_filed"), (first, "lead_nothing_waits"), (second, "lead_nothing_waits")):
        await writes(front, tap=await thread(pressed))
        assert await told() == answer
    assert (await filed(first), await filed(second)) == (["Voy"], [])
    assert await waiting() == []


async def test_what_is_not_his_cannot_be_chosen(front: Front) -> None:
    """A forged button names a thread of somebody else: the message goes on waiting."""
    first, _ = await job(front), await job(front, time="18:00")
    await writes(front, "Voy")
    async with transaction() as run:
        await run("UPDATE thread SET partner = 'wilkin' WHERE id = :id", id=await thread(first))
    for forged in (await thread(first), 10**17, 10**30):
        await writes(front, tap=forged)
        assert await told() in (WHICH, "lead_nothing_waits")
    assert (await filed(first), await waiting()) == ([], ["Voy"])
    assert await read("SELECT id FROM inbound WHERE state = 'owed'") == []


async def test_a_number_is_an_answer_only_while_something_waits(front: Front) -> None:
    """Before the question, beyond its lines and after it, it is a message like any other."""
    first, second = await job(front), await job(front, time="18:00")
    await writes(front, "2")
    assert await waiting() == ["2"]
    await writes(front, "7")
    assert await waiting() == ["2", "7"]
    await writes(front, " 2. ")
    assert (await filed(first), await filed(second)) == ([], ["2", "7"])
    await writes(front, "1")
    assert await waiting() == ["1"]


async def test_a_job_counts_until_two_hours_after_its_end(front: Front, clock: Clock) -> None:
    """So long a forgotten bag may still be meant; then the next job is the only one, and after all of them the last."""
    first, second = await job(front, date="2026-11-21", time="14:00"), await job(front, date="2026-11-25")
    clock.forward(hours=5)  # 15:30, the first ended at 14:35
    await writes(front, "Dejaron una maleta")
    assert await waiting() == ["Dejaron una maleta"]
    clock.forward(hours=1, minutes=6)
    await writes(front, "Listo para el miércoles")
    assert await filed(second) == ["Listo para el miércoles"]
    clock.forward(days=10)
    await writes(front, "¿Y la propina?")
    assert (await filed(first), await filed(second)) == ([], ["Listo para el miércoles", "¿Y la propina?"])


async def test_a_cancelled_job_is_no_job(front: Front) -> None:
    """What remains is the one that is meant."""
    first, second = await job(front), await job(front, time="18:00")
    async with transaction() as run:
        await run("UPDATE booking SET state = 'cancelled' WHERE reference = :first", first=first)
    await writes(front, "Voy")
    assert (await filed(first), await filed(second)) == ([], ["Voy"])


async def test_the_question_shows_what_a_lead_may_see(front: Front) -> None:
    """Code, time and guest of the soonest eight; a ninth is chosen by its code."""
    codes = [await job(front, date=f"2026-12-{day:02}", phone=f"+447700900{day:03}") for day in range(1, 10)]
    await writes(front, "Voy")
    kept = unpacked((await read("SELECT payload FROM delivery WHERE kind = :which", which=WHICH))[0]["payload"])
    assert [option["facts"]["reference"] for option in kept["options"]] == codes[:8]
    assert {key for option in kept["options"] for key in option["facts"]} == {"reference", "starts", "guest"}
    await writes(front, codes[8])
    assert (await filed(codes[8]), await waiting()) == (["Voy"], [])
