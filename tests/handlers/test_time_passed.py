"""What comes by itself: each part has its own guard, its own order, and what fails is tried ever later, shown, and given to the desk."""

import asyncio
from contextvars import copy_context
from typing import Any

import pytest
from structlog.testing import capture_logs

from handlers import guest_wrote as turn_taking
from handlers import time_passed as ticking
from handlers.house import House, Rest
from handlers.part_failed import FIRST, LONGEST, known_to_fail
from handlers.time_passed import time_passed
from models import dues, turns
from models.booking import one_at_a_time
from models.database import read, transaction
from models.fields import micros
from models.stuck import stuck
from models.turns import Carry
from tests.conftest import DIALECT, NOW, Clock
from tests.handlers.mistake import Mistake
from tests.handlers.test_events_that_fail import events, told_house
from tests.handlers.test_turns_that_fail import inbox, said, write
from tests.models.given import one
from tests.patience import PATIENCE
from tests.test_rules import a_checkout, state

PARTS = ("_dues", "_owed_turns", "_owed_events", "_waiting_list")


async def owe_turns(house: House, so_many: int) -> list[str]:
    """So many guests have written, and their turns failed; gives who, first the one that is longest due."""
    who = [f"+4670174060{number}" for number in range(5, 5 - so_many, -1)]
    with pytest.MonkeyPatch.context() as patched:
        Mistake(patched, turn_taking, "_reply")
        for each in who:
            await write(house, "airport to Hard Rock", each)
    async with transaction() as run:
        await run("UPDATE inbound SET due = :now + id", now=micros(house.now()) - 100)
    return who


async def owe_one_of_each(house: House) -> int:
    """A hold that has ended, a message and an event that are owed; gives the booking."""
    booking, _ = await a_checkout(house)
    await owe_turns(house, 1)
    async with transaction() as run:
        await dues.set_due(run, booking, "hold_ends", NOW)
        await run("UPDATE booking SET hold_until = :now WHERE id = :id", now=micros(NOW), id=booking)
        await run(
            "INSERT INTO event (provider, external_id, kind, body, state, attempts, due, received) VALUES "
            "('stripe', 'evt_1', 'returned', :body, 'owed', 1, :now, :now)",
            now=micros(NOW), body='{"refund": "re_1", "payment": "pi_1", "amount": 1, "currency": "usd"}',
        )  # fmt: skip
    return booking


@pytest.mark.parametrize("failing", PARTS)
async def test_a_part_that_fails_keeps_no_other_from_its_turn(
    house: House, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """It is logged and shown at the desk under its name; the others have done their work at the same tick."""
    booking, done = await owe_one_of_each(house), []
    for name in PARTS:
        real = getattr(ticking, name)

        async def part(*given: Any, real: Any = real, name: str = name) -> None:
            if name == failing:
                raise KeyError(name)
            await real(*given)
            done.append(name)

        part.__name__ = name
        monkeypatch.setattr(ticking, name, part)
    await time_passed(house)
    assert done == [name for name in PARTS if name != failing], "and what is owed comes before the waiting list"
    assert (await stuck(house.now())).failing == (failing.strip("_"),)
    assert (await state(booking) == "expired") == (failing != "_dues")
    assert (await inbox("+46701740605"))[0][1] == ("owed" if failing == "_owed_turns" else "done")
    event = await read("SELECT attempts, due FROM event WHERE provider = 'stripe'")
    assert (event[0]["due"] == micros(NOW)) == (failing == "_owed_events")


async def test_what_fails_rests_ever_longer_and_is_forgotten_when_it_is_well(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 1, 2, 4 … seconds, five minutes at last, whatever the tick; the others at each tick. Well again, it begins anew."""
    mistake = Mistake(monkeypatch, ticking, "places_freed")
    with capture_logs() as logged:
        await time_passed(house)
        for tried, rest in enumerate((1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300), 1):
            clock.forward(seconds=rest - 0.25)
            await time_passed(house)
            assert mistake.calls == tried, "it rests"
            assert (await stuck(clock())).failing == ("waiting_list",)
            clock.forward(seconds=0.25)
            await time_passed(house)
            assert mistake.calls == tried + 1
    errors = [bool(line["exc_info"]) for line in logged if line["log_level"] == "error"]
    assert errors[:3] == [True, False, False], "where it failed stands in the log once a minute"
    mistake.left = 0
    clock.forward(seconds=LONGEST.total_seconds())
    await time_passed(house)
    assert not (await stuck(clock())).some and house.failing == {}
    assert await read("SELECT name FROM kept WHERE name LIKE 'failing:%'") == []
    mistake.left = 1
    await time_passed(house)
    assert house.failing["waiting_list"] == Rest(clock() + FIRST, FIRST)


async def test_what_another_process_noted_is_forgotten_by_the_next_that_is_well(
    database: str, house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is mended and begun anew: the desk need not wait ten minutes to hear of it."""
    mistake = Mistake(monkeypatch, ticking, "places_freed")
    await time_passed(house)
    mistake.left = 0
    after = House(clock, "after", b"secret", failing=await known_to_fail(clock()))
    await time_passed(after)
    assert not (await stuck(clock())).some


async def test_while_the_database_refuses_a_part_rests_a_second(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No longer, however often: what is due is done as soon as it is back."""
    mistake = Mistake(monkeypatch, ticking, "places_freed", error=OSError(28, "No space left on device"))
    for _ in range(20):
        await time_passed(house)
        clock.forward(seconds=0.25)
    assert mistake.calls == 5
    assert not (await stuck(clock())).some


async def test_owed_messages_that_the_database_refuses_are_not_asked_for_at_each_tick(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay owed; whoever is behind has had their turn."""
    who = await owe_turns(house, 2)
    real, first = ticking.someone_wrote, []

    async def refused(house: House, heard: Any, number: int) -> Carry:
        if heard.sender == who[0]:
            first.append(clock())
            raise OSError(28, "No space left on device")
        return await real(house, heard, number)

    monkeypatch.setattr(ticking, "someone_wrote", refused)
    await passes(house, clock, 0, 0.5, 0.5)
    assert len(first) == 2
    assert [(await inbox(each))[0][1] for each in who] == ["owed", "done"]


async def test_one_message_that_cannot_even_be_parked_keeps_the_others_a_second(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often: what takes up the owed rests no longer for one of many."""

    async def fails(*_: Any) -> Carry:
        raise KeyError("a mistake of ours")

    await owe_turns(house, 1)
    monkeypatch.setattr(ticking, "someone_wrote", fails)
    monkeypatch.setattr(ticking, "kept_owed", fails)
    for _ in range(3):
        await time_passed(house)
        assert house.failing["owed_turns"].until == clock() + FIRST
        clock.forward(seconds=1)
    assert (await stuck(clock())).failing == ("owed_turns",)


async def test_a_due_that_fails_waits_ever_longer_and_is_shown(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One minute, two, four, then five; what is due behind it is done at once."""
    await owe_one_of_each(house)
    mistake = Mistake(monkeypatch, ticking, "close_pages", times=100)
    await time_passed(house)
    for tried, rest in enumerate((60, 120, 240, 300, 300), 1):
        clock.forward(seconds=rest - 1)
        await time_passed(house)
        assert mistake.calls == tried
        clock.forward(seconds=1)
        await time_passed(house)
        assert mistake.calls == tried + 1


async def test_a_due_that_fails_once_is_shown_for_a_minute(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the booking's code; done, it is forgotten."""
    booking = await owe_one_of_each(house)
    mistake = Mistake(monkeypatch, ticking, "close_pages", times=1)
    await time_passed(house)
    code = await one("SELECT reference FROM booking WHERE id = :id", id=booking)
    assert await state(booking) == "on_hold" and (await stuck(clock())).failing == (f"hold_ends:{code}",)
    clock.forward(seconds=59)
    await time_passed(house)
    assert mistake.calls == 1
    clock.forward(seconds=1)
    await time_passed(house)
    assert await state(booking) == "expired"
    assert await read("SELECT name FROM kept WHERE name LIKE 'failing:%'") == [], "done, it is forgotten"


@pytest.mark.skipif(DIALECT != "postgres", reason="SQLite has one writer at a time")
async def test_paid_as_the_hold_ends_nobody_waits_in_a_circle(house: House) -> None:
    """Whoever has the booking clears what is due for it; the tick waits for neither, and does what is due behind it."""
    booking = await owe_one_of_each(house)
    outside = copy_context()
    async with transaction() as run:
        await one_at_a_time(run, booking)
        ticked = asyncio.create_task(time_passed(house), context=outside)
        async with asyncio.timeout(PATIENCE):
            await ticked
        assert (await inbox("+46701740605"))[0][1] == "done"
        await dues.clear_due(run, booking, "hold_ends")
    await time_passed(house)
    assert await state(booking) == "on_hold"
    fell = await read("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert fell[0]["deadlocks"] == 0


async def test_several_ticks_at_once_end_a_hold_once(house: House) -> None:
    """Two replicas look at the same moment."""
    booking = await owe_one_of_each(house)
    await asyncio.gather(*(time_passed(house) for _ in range(4)))
    assert await state(booking) == "expired"
    assert await one("SELECT COUNT(*) FROM entry WHERE kind = 'hold_ended'") == 1


# -- what cannot even be read -------------------------------------------------------------------


async def passes(house: House, clock: Clock, *seconds: float) -> None:
    """Time passes, in steps, with four ticks at each."""
    for each in seconds:
        clock.forward(seconds=each)
        for _ in range(4):
            await time_passed(house)


async def test_an_event_that_cannot_be_read_any_more_is_tried_ever_later_then_parked(
    house: House, clock: Clock
) -> None:
    """As one that fails while it is acted on: after 1, 10 and 60 seconds, and not at each tick; then it is the desk's, told once."""
    async with transaction() as run:
        await run(
            "INSERT INTO event (provider, external_id, kind, body, state, attempts, due, received) VALUES "
            "('stripe', 'evt_1', 'completed', '{}', 'owed', 0, :now, :now)",
            now=micros(clock()),
        )  # fmt: skip
    for seconds, attempts in ((0, 1), (0.9, 1), (0.1, 2), (10, 3)):
        await passes(house, clock, seconds)
        assert await events() == [("completed", "owed", attempts)]
    await passes(house, clock, 60)
    assert await events() == [("completed", "parked", 4)]
    before = await told_house()
    await passes(house, clock, 60, 60)
    assert before == await told_house() > 0
    assert (await stuck(clock())).events == 1


async def test_a_message_that_cannot_be_read_any_more_is_tried_ever_later_then_parked(
    house: House, clock: Clock
) -> None:
    """Kept by an older program, say: one apology, the desk has it, and the talk goes on."""
    (who,) = await owe_turns(house, 1)
    async with transaction() as run:
        await run("UPDATE inbound SET attempts = 0, heard = '{}'")
    for seconds, attempts in ((0, 1), (0.9, 1), (0.1, 2), (10, 3)):
        await passes(house, clock, seconds)
        assert [(row["state"], row["attempts"]) for row in await read("SELECT state, attempts FROM inbound")] == [
            ("owed", attempts)
        ]
    await passes(house, clock, 60)
    assert await one("SELECT state FROM inbound") == "parked"
    assert (await said(who))[-1] == "our_mistake"
    assert (await stuck(clock())).messages == 1


# -- many ---------------------------------------------------------------------------------------


async def test_an_owed_answer_leaves_before_the_next_turn_is_taken(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many that are owed none waits for the last to be taken: each is carried right after its own commit."""
    await owe_turns(house, 3)
    left: list[int] = []

    def carry(each: Carry) -> None:
        assert each is not None
        left.append(len(taken))

    taken: list[int] = []
    real = ticking.someone_wrote

    async def counted(*given: Any) -> Carry:
        taken.append(1)
        return await real(*given)

    monkeypatch.setattr(ticking, "someone_wrote", counted)
    await time_passed(house, carry)
    assert left == [1, 2, 3]


async def test_of_very_many_a_part_is_taken_at_each_look(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a hold which ends does not wait for all of them; those longest due come first, and all have their turn."""
    monkeypatch.setattr(turns, "AT_ONCE", 2)
    who, owed = await owe_turns(house, 5), []
    for _ in range(4):
        owed.append([each for each in who if [state for _, state, _ in await inbox(each)] == ["owed"]])
        await time_passed(house)
    assert owed == [who, who[2:], who[4:], []]
