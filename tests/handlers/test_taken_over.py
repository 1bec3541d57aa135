"""Staff take a talk over and hand it back: once, however many press at once; and nobody waits for a lock in a circle."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from handlers import staff_acted
from handlers.booking_confirmed import booking_confirmed, certain
from handlers.house import SYSTEM, Actor, House
from handlers.staff_acted import handed_back, took_over, wrote_in_talk
from models import doors
from models.booking import one_at_a_time
from models.database import Run, read, transaction
from models.timeline import timeline
from tests.conftest import DIALECT
from tests.handlers.mistake import Mistake
from tests.handlers.test_doors import answer_to, talk_of, writes
from tests.handlers.test_hops import CHAT, PHONE, books

MARISOL, LUIS = Actor("Marisol", "staff", "desk"), Actor("Luis", "staff", "desk")
on_postgres = pytest.mark.skipif(DIALECT != "postgres", reason="SQLite has one writer at a time")


async def a_talk(house: House) -> int:
    """Hannah asks for a ride; gives her talk."""
    await writes(
        house, "airport PUJ to Hard Rock tomorrow at 3pm", sender=PHONE, channel="whatsapp", name="Hannah Moore"
    )
    return int((await read("SELECT id FROM talk"))[0]["id"])


async def spoken() -> list[str]:
    """The kinds of all that was said to Hannah."""
    rows = await read(
        "SELECT kind FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.address = :it ORDER BY d.id",
        it=PHONE,
    )
    return [row["kind"] for row in rows]


async def test_two_who_take_over(house: House) -> None:
    """The first has it; the second changes nothing, and the talk tells who."""
    talk = await a_talk(house)
    await took_over(house, MARISOL, talk)
    before = (await read("SELECT version FROM talk"))[0]
    await took_over(house, LUIS, talk)
    assert (await talk_of(PHONE))["desk"] == {"who": "Marisol", "what": "took_over", "at": house.now().isoformat()}
    assert (await read("SELECT version FROM talk"))[0] == before


async def test_taken_over_where_the_guest_had_asked_for_a_person(house: House) -> None:
    """The bot was silent already: the talk is nobody's until one of the team takes it."""
    talk = await a_talk(house)
    await writes(house, "a person please", sender=PHONE, channel="whatsapp")
    await took_over(house, LUIS, talk)
    assert (await talk_of(PHONE))["desk"]["who"] == "Luis"


async def test_handed_back_twice_the_bot_speaks_once(house: House) -> None:
    """At the same moment, and again by a third: one welcome, one entry in the timeline, and who it was stands in the talk."""
    booking = await books(house)
    talk = int((await read("SELECT id FROM talk"))[0]["id"])
    await took_over(house, MARISOL, talk)
    before = len(await spoken())
    await asyncio.gather(handed_back(house, MARISOL, talk), handed_back(house, LUIS, talk))
    await handed_back(house, LUIS, talk)
    assert len(await spoken()) == before + 1
    (entry,) = [entry for entry in await timeline(booking) if entry["kind"] == "handed_back"]
    assert (await talk_of(PHONE))["desk"]["who"] == entry["personal"]["actor"]


async def test_a_hand_back_that_stood_in_anothers_way_is_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL undid it: it is done again at once, and the guest is welcomed once."""
    await books(house)
    talk = int((await read("SELECT id FROM talk"))[0]["id"])
    await took_over(house, MARISOL, talk)
    before = len(await spoken())
    undone = Mistake(monkeypatch, staff_acted, "speak", times=2, error=asyncpg.DeadlockDetectedError("undone"))
    await handed_back(house, MARISOL, talk)
    assert undone.calls == 3
    assert len(await spoken()) == before + 1


def test_whatever_the_desk_does_is_done_again_where_another_stands_in_its_way() -> None:
    """Every act of staff that is a transaction of its own."""
    acts = [act for name, act in vars(staff_acted).items() if _is_an_act(name, act)]
    assert len(acts) == 12
    assert [act.__name__ for act in acts if not hasattr(act, "__wrapped__")] == []


def _is_an_act(name: str, act: Any) -> bool:
    ours = callable(act) and getattr(act, "__module__", "") == staff_acted.__name__
    return ours and not name.startswith("_") and "house" in act.__annotations__ and "run" not in act.__annotations__


# --- the order of locks ---

LOCKED = re.compile(r"(?:FROM|UPDATE) (booking|talk|recipient)\b.*?(?:FOR NO KEY UPDATE|SET )", re.DOTALL)


async def a_link_to_go_on(house: House) -> str:
    """Hannah's, to Telegram."""
    await writes(house, "continue on Telegram", sender=PHONE, channel="whatsapp")
    return doors.kept_token(house.secret, int((await read("SELECT MAX(id) AS id FROM door"))[0]["id"]), doors.HOP)


@on_postgres
@pytest.mark.parametrize("act", ["took over", "handed back", "wrote", "hopped", "asked for a person", "wrote to us"])
async def test_bookings_are_locked_before_talks_and_talks_before_lanes(
    house: House, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """The one order, in everything that concerns a talk with a booking."""
    await books(house)
    talk, token = int((await read("SELECT id FROM talk"))[0]["id"]), await a_link_to_go_on(house)
    if act in ("handed back", "wrote to us"):
        await took_over(house, MARISOL, talk)
    order = list[str]()
    real = Run.__call__

    async def noted(self: Run, sql: str, **values: Any) -> Any:
        if found := LOCKED.search(sql):
            order.append(found[1])
        return await real(self, sql, **values)

    monkeypatch.setattr(Run, "__call__", noted)
    await {
        "took over": lambda: took_over(house, MARISOL, talk),
        "handed back": lambda: handed_back(house, MARISOL, talk),
        "wrote": lambda: wrote_in_talk(house, MARISOL, talk, "We are here"),
        "hopped": lambda: writes(house, f"/start {token}", sender=CHAT),
        "asked for a person": lambda: writes(house, "a person please", sender=PHONE, channel="whatsapp"),
        "wrote to us": lambda: writes(house, "we bring a surfboard", sender=PHONE, channel="whatsapp"),
    }[act]()
    first = [order.index(each) for each in ("booking", "talk", "recipient") if each in order]
    assert first == sorted(first), order
    assert order[0] == "booking"


@on_postgres
async def test_nobody_waits_in_a_circle(house: House) -> None:
    """Over and over at the same moment: the guest writes and goes on elsewhere, staff take over and hand back, it is paid."""
    booking = await books(house)
    talk = int((await read("SELECT id FROM talk"))[0]["id"])

    async def pays() -> None:
        async with transaction() as run:
            await one_at_a_time(run, booking)
            await certain(run, house, booking)
            await booking_confirmed(run, house, booking, SYSTEM)

    acts: list[Callable[[], Awaitable[Any]]] = [
        lambda: took_over(house, MARISOL, talk), lambda: handed_back(house, LUIS, talk),
        lambda: writes(house, "a person please", sender=PHONE, channel="whatsapp"),
        lambda: writes(house, "my bookings", sender=PHONE, channel="whatsapp"),
        lambda: wrote_in_talk(house, MARISOL, talk, "One moment"),
    ]  # fmt: skip
    for round_ in range(8):
        token = await a_link_to_go_on(house)
        hop = [lambda token=token: writes(house, f"/start {token}", sender=CHAT)] if round_ == 7 else []
        paid = [pays] if round_ == 2 else []
        await asyncio.gather(*(act() for act in [*acts, *paid, *hop]))
    fell = await read("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert fell[0]["deadlocks"] == 0
    assert "Telegram" in await answer_to(PHONE)
