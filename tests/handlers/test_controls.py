"""What keeps work that is taken up by several from being done twice or in the wrong order; without its guard the harm is done.

Each guard is first left in and then taken out, by putting something without it in its place.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from handlers import guest_wrote as turn_taking
from handlers import request_sent as booking
from handlers import time_passed as ticking
from handlers.event_told import Event, event_told
from handlers.house import House
from handlers.time_passed import time_passed
from models import delivery, doors, dues, ledger, turns
from models.database import Run, read, transaction
from models.fields import micros
from tests.conftest import NOW, Clock
from tests.handlers.mistake import Mistake
from tests.handlers.test_doors import answer_to, writes
from tests.handlers.test_hops import CHAT, STRANGER, asks_to_go_on
from tests.handlers.test_turns_that_fail import draft, write
from tests.models.test_guards import drop
from tests.test_rules import DRAFT, a_checkout

WITH_AND_WITHOUT = pytest.mark.parametrize("guard", [True, False], ids=["with", "without"])


# -- owed turns ---------------------------------------------------------------------------------


@WITH_AND_WITHOUT
async def test_what_was_written_after_an_owed_message_is_heard_after_it(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch, guard: bool
) -> None:
    """Four, no, five: whoever does not look whether something is owed hears it the other way about."""
    if not guard:
        look = turns.look

        async def blind(recipient: int) -> turns.Seen:
            return replace(await look(recipient), owed=False)

        monkeypatch.setattr(turns, "look", blind)
    mistake = Mistake(monkeypatch, turn_taking, "_reply", times=1)
    await write(house, "airport to Hard Rock, 4 adults")
    await write(house, "no, 5 adults")
    for _ in range(3):
        clock.forward(seconds=1)
        await time_passed(house)
    assert mistake.left == 0
    assert (await draft())["party"]["adults"] == (5 if guard else 4)


@WITH_AND_WITHOUT
async def test_an_owed_message_that_two_take_up_has_one_turn(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch, guard: bool
) -> None:
    """Both have read it as owed: the slower one finds it done. Without that it takes a turn for what was answered long ago, and fails."""
    with monkeypatch.context() as patched:
        Mistake(patched, turn_taking, "_reply", times=1)
        await write(house, "airport to Hard Rock")
    clock.forward(seconds=1)
    (row,) = await turns.owed(house.now())
    if not guard:

        async def unlooked(turn: turns.Turn, _: Run) -> int:
            return turn.inbound or 0

        monkeypatch.setattr(turns, "heard", unlooked)
        await drop("one_delivery")  # which keeps its answer from leaving twice as well
    before = await version()
    for _ in range(2):
        await ticking._owed_turn(house, row)
    assert await version() == before + (1 if guard else 2)


async def version() -> int:
    """How often the talk has moved."""
    return int((await read("SELECT MAX(version) AS n FROM talk"))[0]["n"] or 0)


# -- owed events --------------------------------------------------------------------------------


@WITH_AND_WITHOUT
async def test_an_owed_event_that_two_take_up_has_one_effect(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch, guard: bool
) -> None:
    """`ledger.take_up` gives it to one of them."""
    effects = Counter[str]()

    async def act(_: Run) -> None:
        effects["done"] += 1
        if effects["done"] == 1:
            raise KeyError("a mistake of ours")

    told = Event("stripe", "evt_1", "completed", {})
    await event_told(house, told, act)
    clock.forward(seconds=1)
    (row,) = await ledger.owed(house.now())
    if not guard:

        async def anybody(run: Run, event: int, _: Any) -> dict[str, Any]:
            return (await run("SELECT attempts, received FROM event WHERE id = :id", id=event))[0]

        monkeypatch.setattr(ledger, "take_up", anybody)
    for _ in range(2):
        await event_told(house, told, act, int(row["id"]))
    assert effects["done"] == (2 if guard else 3)


# -- what is due --------------------------------------------------------------------------------


@WITH_AND_WITHOUT
async def test_what_is_due_is_done_by_one(house: House, monkeypatch: pytest.MonkeyPatch, guard: bool) -> None:
    """`dues.take_one` takes it away as it gives it; who only looks does it again at each look."""
    number, _ = await a_checkout(house)
    done: list[int] = []

    async def act(_: Run, __: House, booking: int) -> None:
        done.append(booking)

    monkeypatch.setitem(ticking._DUES, "hold_ends", act)
    async with transaction() as run:
        await dues.set_due(run, number, "hold_ends", NOW)
    if not guard:

        async def look(run: Run, now: Any) -> Any:
            return await run("SELECT booking_id, kind, at FROM due WHERE at <= :now", now=micros(now))

        monkeypatch.setattr(dues, "take_one", look)
    for _ in range(2):
        await ticking._one_due(house)
    assert done == [number] * (1 if guard else 2)


# -- what exists once ---------------------------------------------------------------------------


@WITH_AND_WITHOUT
async def test_a_code_is_one_bookings(house: House, monkeypatch: pytest.MonkeyPatch, guard: bool) -> None:
    """Two processes draw the same code, each before the other has written it: the index refuses the second."""

    async def drawn(*_: Any) -> str:
        return "CA-22222"

    monkeypatch.setattr(booking, "_new_reference", drawn)
    if not guard:
        await drop("one_reference")

    async def books() -> None:
        async with transaction() as run:
            to = await delivery.recipient(run, "whatsapp", "+46701740605")
            await booking.request_sent(
                run, house, await house.catalog(), DRAFT, recipient=to, channel="whatsapp", language="en"
            )

    await books()
    if guard:
        with pytest.raises(IntegrityError):
            await books()
    else:
        await books()
    assert len(await read("SELECT id FROM booking WHERE reference = 'CA-22222'")) == (1 if guard else 2)


# -- a link to go on elsewhere ------------------------------------------------------------------


@WITH_AND_WITHOUT
async def test_a_link_that_is_used_while_another_opens_it_is_taken_once(
    house: House, monkeypatch: pytest.MonkeyPatch, guard: bool
) -> None:
    """The stranger's look at the link is older than the guest's use of it: `doors.take` refuses them all the same."""
    token = await asks_to_go_on(house)
    real: Callable[..., Any] = turn_taking.entry_of
    opened: list[str] = []

    async def slowly(house: House, heard: Any) -> Any:
        entry = await real(house, heard)
        if heard.sender == STRANGER and not opened:
            opened.append(heard.sender)
            await writes(house, f"/start {token}", sender=CHAT)
        return entry

    async def anybody(*_: Any) -> bool:
        return True

    monkeypatch.setattr(turn_taking, "entry_of", slowly)
    if not guard:
        monkeypatch.setattr(doors, "take", anybody)
    await writes(house, f"/start {token}", sender=STRANGER)
    assert "just where we were" in await answer_to(CHAT)
    assert ("used already" in await answer_to(STRANGER)) == guard
    told = await read("SELECT id FROM delivery WHERE kind = 'moved_on'")
    assert len(told) == (1 if guard else 2)
