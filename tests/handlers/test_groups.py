"""A group that is not the staff's: one polite sentence a day with the way into a private talk, and nobody's draft."""

from datetime import timedelta

from bot.telegram import read as read_update
from handlers.house import House
from handlers.someone_wrote import someone_wrote
from models.database import read
from tests.conftest import Clock
from tests.handlers.test_doors import answer_to

GROUP = -100777


async def says(house: House, number: int, words: str) -> None:
    """Somebody writes in the group."""
    update = {
        "update_id": number,
        "message": {
            "message_id": number, "date": 0, "text": words, "chat": {"id": GROUP, "type": "supergroup"},
            "from": {"id": 5, "is_bot": False, "first_name": "Ana", "language_code": "es"},
        },
    }  # fmt: skip
    heard = read_update(update, house.now())
    assert heard is not None
    await someone_wrote(house, heard)


async def test_a_group_is_answered_once_a_day(house: House, clock: Clock) -> None:
    """However much is written there; the next day somebody new may have joined."""
    for number in range(1, 5):
        await says(house, number, "aeropuerto a Bávaro mañana a las 3")
    assert "https://t.me/costa_alisia_bot" in await answer_to(str(GROUP))
    assert len(await read("SELECT id FROM delivery")) == 1
    assert await read("SELECT id FROM talk") == []
    clock.forward(hours=25)
    await says(house, 9, "hola")
    assert len(await read("SELECT id FROM delivery")) == 2


async def test_a_bot_is_not_answered(house: House) -> None:
    """Two bots would talk for ever."""
    update = {"update_id": 1, "message": {"message_id": 1, "date": 0, "text": "hi", "chat": {"id": 7},
                                          "from": {"id": 7, "is_bot": True, "first_name": "Robo"}}}  # fmt: skip
    assert read_update(update, house.now() + timedelta()) is None
