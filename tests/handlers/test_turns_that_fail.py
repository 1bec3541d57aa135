"""A turn that fails by a mistake of ours: the message is kept and tried again, then the desk has it; nobody else notices."""

import sqlite3
from typing import Any

import pytest
from tortoise.exceptions import DBConnectionError, OperationalError

from flows.speech import Heard
from handlers import guest_wrote as turn_taking
from handlers import partner_wrote as partner_hearing
from handlers.house import House
from handlers.someone_wrote import someone_wrote
from handlers.time_passed import time_passed
from models.database import dialect, read
from models.fields import instant, unpacked
from models.turns import Carry
from tests.conftest import NOW, Clock
from tests.handlers.mistake import Mistake
from tests.people import Bellhop, Desk, Person

HANNAH, LUCIA = "+447700900142", "+447700900143"


async def write(house: House, words: str, sender: str = HANNAH) -> Any:
    """A guest writes; each message once, named by its words."""
    return await someone_wrote(
        house, Heard("whatsapp", f"SM {sender} {words}", sender, house.now(), words=words, name="Hannah")
    )


async def inbox(sender: str = HANNAH) -> list[tuple[str, str, int]]:
    """Words, state and attempts of all that they wrote, in order."""
    rows = await read(
        "SELECT i.words, i.state, i.attempts FROM inbound i JOIN recipient r ON r.id = i.recipient_id "
        "WHERE r.address = :sender ORDER BY i.id",
        sender=sender,
    )
    return [(row["words"], row["state"], row["attempts"]) for row in rows]


async def said(sender: str = HANNAH) -> list[str]:
    """The blocks they were or will be told, in order."""
    rows = await read(
        "SELECT d.kind FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.address = :sender ORDER BY d.id",
        sender=sender,
    )
    return [row["kind"] for row in rows]


async def draft(sender: str = HANNAH) -> dict[str, Any]:
    """What the talk has understood."""
    rows = await read(
        "SELECT t.state FROM talk t JOIN recipient r ON r.id = t.recipient_id WHERE r.address = :sender", sender=sender
    )
    return dict(unpacked(rows[0]["state"])["draft"]) if rows else {}


async def test_a_message_whose_turn_fails_is_owed_and_nothing_else_of_it_is_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn fails at its very end, with everything written: of that only the words stay."""
    Mistake(monkeypatch, turn_taking, "_reply")
    assert await write(house, "airport to Hard Rock") is None
    assert await inbox() == [("airport to Hard Rock", "owed", 1)]
    assert (await said(), await draft()) == ([], {})


async def test_a_mistake_that_passes_is_not_noticed(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One second later the turn is taken: one answer, no apology."""
    Mistake(monkeypatch, turn_taking, "say", times=1)
    await write(house, "airport to Hard Rock")
    clock.forward(seconds=0.9)
    carried: list[Carry] = []
    await time_passed(house, carried.append)
    assert carried == []
    clock.forward(seconds=0.1)
    await time_passed(house, carried.append)
    assert [bool(each) for each in carried] == [True]
    assert await inbox() == [("airport to Hard Rock", "done", 1)]
    assert "our_mistake" not in await said()
    assert (await draft())["dropoff"] == {"place": "hard_rock"}


async def test_later_messages_wait_behind_it_and_are_heard_in_order(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written after it is understood after it, though only the first one failed."""
    Mistake(monkeypatch, turn_taking, "say", times=1)
    for words in ("airport to Hard Rock", "tomorrow at 3pm", "5 people"):
        await write(house, words)
    assert [state for _, state, _ in await inbox()] == ["owed"] * 3
    assert await said() == []
    for waiting in ("tomorrow at 3pm", "5 people", None):
        clock.forward(seconds=1)
        await time_passed(house)
        owed = [words for words, state, _ in await inbox() if state == "owed"]
        assert owed[:1] == ([waiting] if waiting else [])
    found = await draft()
    assert (found["dropoff"], found["time"], found["party"]["adults"]) == ({"place": "hard_rock"}, "15:00", 5)


async def test_the_same_message_again_while_it_is_owed_is_the_same_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that repeats itself makes neither a second message nor a further try."""
    Mistake(monkeypatch, turn_taking, "say")
    for _ in range(3):
        await write(house, "hi")
    assert await inbox() == [("hi", "owed", 1)]


async def test_it_is_tried_after_1_10_and_60_seconds_and_then_given_to_the_desk(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four turns in all; then one apology, and the talk goes on with what was written behind it."""
    mistake = Mistake(monkeypatch, turn_taking, "say")
    await write(house, "hi")
    tried = []
    for wait in (1, 10, 60):
        due = await read("SELECT due FROM inbound WHERE state = 'owed'")
        assert instant(due[0]["due"]) == clock() + (NOW.replace(second=wait % 60, minute=30 + wait // 60) - NOW)
        clock.forward(seconds=wait - 0.1)
        before = mistake.left
        await time_passed(house)
        assert mistake.left == before  # not a moment early
        clock.forward(seconds=0.1)
        await time_passed(house)
        tried.append(before - mistake.left)
    assert tried == [1, 1, 1]
    assert await inbox() == [("hi", "parked", 4)]
    assert await said() == ["our_mistake"]
    clock.forward(hours=1)
    await time_passed(house)
    assert await said() == ["our_mistake"]  # once
    mistake.left = 0
    await write(house, "airport to Hard Rock")
    assert (await draft())["dropoff"] == {"place": "hard_rock"}


async def test_others_are_answered_meanwhile(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistake is hers alone."""
    Mistake(monkeypatch, turn_taking, "hear", sender=HANNAH)
    await write(house, "hi")
    assert await write(house, "airport to Hard Rock", LUCIA) is not None
    assert await inbox(LUCIA) == [("airport to Hard Rock", "done", 0)]
    assert await inbox() == [("hi", "owed", 1)]


async def test_one_owed_turn_that_fails_keeps_no_other_from_its_turn(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are due; the first fails again, the second is taken in the same round."""
    mistake = Mistake(monkeypatch, turn_taking, "hear")
    await write(house, "hi")
    await write(house, "hello", LUCIA)
    mistake.sender = HANNAH
    clock.forward(seconds=1)
    await time_passed(house)
    assert await inbox() == [("hi", "owed", 2)]
    assert await inbox(LUCIA) == [("hello", "done", 1)]


async def test_a_database_that_refuses_is_no_mistake_of_ours(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is raised to the door, which asks the provider to send it again; nothing is marked."""
    gone: Exception = DBConnectionError("gone")
    if dialect() == "sqlite":
        gone = OperationalError(sqlite3.OperationalError("database is locked"))

    def refuse(*_: Any) -> None:
        raise gone

    monkeypatch.setattr(turn_taking, "_reply", refuse)
    with pytest.raises(type(gone)):
        await write(house, "hi")
    assert (await inbox(), await said(), await draft()) == ([], [], {})


async def test_the_door_answers_200_to_a_mistake_and_503_to_a_database_that_is_away(
    ana: Person, luis: Person, bellhop: Bellhop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the door: kept and answered 200; parked, she is told once and the desk has it; others are answered."""
    mistake = Mistake(monkeypatch, turn_taking, "hear", sender=ANA_NUMBER)
    assert await ana.says("hi") == 200
    await luis.says("hola")
    await luis.hears("Traslado privado")
    for seconds in (1.1, 10.1, 60.1):
        await bellhop.later(seconds=seconds)

    await ana.hears("our mistake", "the team has your last message")
    assert "Ana Lindqvist" in await desk.opens("/desk/talks")
    mistake.left = 0

    gone = DBConnectionError("gone") if dialect() == "postgres" else OperationalError("database is locked")

    def refuse(*_: Any) -> None:
        raise gone

    with monkeypatch.context() as away:
        away.setattr(turn_taking, "hear", refuse)
        assert await ana.says("airport to Hard Rock") == 503
    assert await read("SELECT id FROM inbound WHERE words = 'airport to Hard Rock'") == []


ANA_NUMBER = "+46701740605"


@pytest.mark.parametrize(
    ("sender", "tells", "language"),
    [("700100277", "es", "es"), ("700100277", "es-DO", "es"), ("700100277", "fr", "en"), ("700100277", None, "en"), ("700100311", "en", "es")],
)  # fmt: skip
async def test_the_apology_is_in_their_language(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch, sender: str, tells: str | None, language: str
) -> None:
    """A guest's as their app says before there is a talk, where we speak it; a lead's as the catalogue has it."""
    Mistake(monkeypatch, turn_taking, "hear")
    Mistake(monkeypatch, partner_hearing, "thread_meant")
    await someone_wrote(house, Heard("telegram", "1", sender, house.now(), words="hola", language=tells))
    for wait in (1, 10, 60):
        clock.forward(seconds=wait)
        await time_passed(house)
    told = await read("SELECT kind, language FROM delivery ORDER BY id")
    assert [(one["kind"], one["language"]) for one in told] == [("our_mistake", language)]
