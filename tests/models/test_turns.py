"""A turn is kept whole, once, in its place; or not at all."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models import bells, lanes, turns
from models.database import read, transaction
from models.delivery import WAKE
from models.turns import Carry, Repeated, Reply, Seen, Stale, Turn
from tests.conftest import NOW
from tests.models.given import a_guest, one
from tests.models.test_lanes import settled

pytestmark = pytest.mark.usefixtures("database")

SORRY = Reply("our_mistake", {"block": "our_mistake"}, "en")
WAITS = (timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=60))


def a_turn(seen: Seen, external_id: str, *blocks: str, **more: Any) -> Turn:
    """What one message leaves behind: the talk counts its turns, the replies are named."""
    heard = (seen.state or {"heard": []})["heard"] + [external_id]
    return Turn(
        seen=seen, channel="whatsapp", external_id=external_id, heard={"words": "hi"}, words="hi",
        state={"heard": heard}, replies=tuple(Reply(block, {"block": block}, "en") for block in blocks),
        now=NOW, owner="this", **more,
    )  # fmt: skip


async def keep(turn: Turn) -> Carry:
    """In a transaction of its own."""
    async with transaction() as run:
        return await turns.keep(turn, run)


async def hear(recipient: int, external_id: str, *blocks: str) -> bool:
    """Take the turn, again on the fresh talk when it was stale; False for a repetition."""
    for _ in range(20):
        try:
            await keep(a_turn(await turns.look(recipient), external_id, *blocks))
        except Stale:
            continue
        except Repeated:
            return False
        return True
    raise AssertionError("stale twenty times")


async def deliveries(recipient: int) -> list[tuple[str, str, int]]:
    """Kind, state and attempt of all that is left in the lane, in order."""
    rows = await read(
        "SELECT kind, state, attempt FROM delivery WHERE recipient_id = :recipient ORDER BY id", recipient=recipient
    )
    return [(row["kind"], row["state"], row["attempt"]) for row in rows]


async def test_the_same_message_five_times_at_once_has_one_effect() -> None:
    """One inbound, one step of the talk, one set of replies; the other four hear that it was known."""
    ana = await a_guest()
    fresh = await asyncio.gather(*(hear(ana, "SM1", "welcome", "service") for _ in range(5)))
    assert sorted(fresh) == [False, False, False, False, True]
    assert await one("SELECT count(*) AS n FROM inbound") == 1
    seen = await turns.look(ana)
    assert (seen.version, seen.state) == (1, {"heard": ["SM1"]})
    assert await deliveries(ana) == [("welcome", "sending", 1), ("service", "waiting", 0)]


async def test_the_same_message_late_has_no_effect() -> None:
    """A repetition after the talk went on changes nothing of it."""
    ana = await a_guest()
    assert await hear(ana, "SM1", "welcome")
    assert await hear(ana, "SM2", "route")
    assert not await hear(ana, "SM1", "welcome")
    assert (await turns.look(ana)).state == {"heard": ["SM1", "SM2"]}
    assert len(await deliveries(ana)) == 2


async def test_the_same_id_on_another_channel_is_another_message() -> None:
    """Providers number for themselves."""
    ana, luis = await a_guest(), await a_guest("telegram", "700100202")
    assert await hear(ana, "1", "welcome")
    turn = a_turn(await turns.look(luis), "1", "welcome")
    async with transaction() as run:
        await turns.keep(Turn(**{name: getattr(turn, name) for name in turn.__slots__} | {"channel": "telegram"}), run)
    assert await one("SELECT count(*) AS n FROM inbound") == 2


@pytest.mark.parametrize("known", [False, True], ids=["the first words", "a talk that stands"])
async def test_a_stale_turn_leaves_nothing_and_is_taken_again(known: bool) -> None:
    """Two messages on the same talk: the slower one is undone whole and taken again on what the faster one left."""
    ana = await a_guest()
    if known:
        await hear(ana, "SM0")
    seen = await turns.look(ana)
    await keep(a_turn(seen, "SM1", "one"))
    with pytest.raises(Stale):
        await keep(a_turn(seen, "SM2", "two"))
    assert await read("SELECT id FROM inbound WHERE external_id = 'SM2'") == []
    assert [kind for kind, _, _ in await deliveries(ana)] == ["one"]
    assert await hear(ana, "SM2", "two")
    assert (await turns.look(ana)).state == {"heard": [*(["SM0"] if known else []), "SM1", "SM2"]}


async def test_ten_messages_at_once_are_all_heard() -> None:
    """No turn is lost and none is taken twice, in whatever order they win."""
    ana = await a_guest()
    assert all(await asyncio.gather(*(hear(ana, f"SM{n}", "noted") for n in range(10))))
    seen = await turns.look(ana)
    assert seen.version == 10
    assert seen.state is not None
    assert sorted(seen.state["heard"]) == sorted(f"SM{n}" for n in range(10))
    assert len(await deliveries(ana)) == 10


async def test_a_reply_is_born_claimed() -> None:
    """Nothing waits for her: the first reply is this process's to send at once, the lane is leased to it."""
    ana = await a_guest()
    carry = await keep(a_turn(await turns.look(ana), "SM1", "welcome", "service"))
    assert carry is not None
    lane, born = carry
    assert (born.attempt, born.kind, born.fence, born.begun) == (1, "welcome", lane.fence, None)
    assert await lanes.claim("another", NOW, "whatsapp", 10) == []
    assert await settled(lane, "this", born, lanes.Outcome("sent", provider_id="SM9"), NOW)
    following = await lanes.begin(lane, "this", NOW)
    assert following is not None
    assert following.kind == "service"


async def test_behind_something_that_waits_a_reply_waits_too() -> None:
    """A second turn while the first reply is on its way is born waiting, and the courier's bell is rung."""
    ana, rung = await a_guest(), []
    await keep(a_turn(await turns.look(ana), "SM1", "welcome"))
    bells.hear(WAKE, rung.append)
    try:
        carry = await keep(a_turn(await turns.look(ana), "SM2", "route"))
    finally:
        bells.unhear(WAKE, rung.append)
    assert carry is None
    assert await deliveries(ana) == [("welcome", "sending", 1), ("route", "waiting", 0)]
    assert rung == [""]


async def test_an_undone_turn_rings_no_bell_and_leaves_no_lease() -> None:
    """What did not happen is not announced."""
    ana, rung = await a_guest(), []
    bells.hear(WAKE, rung.append)
    try:
        with pytest.raises(ZeroDivisionError):
            async with transaction() as run:
                await turns.keep(a_turn(await turns.look(ana), "SM1", "welcome", "more"), run)
                raise ZeroDivisionError
    finally:
        bells.unhear(WAKE, rung.append)
    assert rung == []
    assert await deliveries(ana) == []
    assert await one("SELECT lease FROM recipient WHERE id = :ana", ana=ana) is None


async def test_a_message_owed_is_kept_once_and_has_its_turn_later() -> None:
    """A turn that failed with a bug: the words stand, later ones wait behind, and the second try clears it."""
    ana = await a_guest()
    failed = a_turn(await turns.look(ana), "SM1")
    for _ in range(2):
        async with transaction() as run:
            await turns.owe(failed, run, error="KeyError", due=NOW + WAITS[0], waits=WAITS, apology=SORRY)
    seen = await turns.look(ana)
    assert (seen.owed, seen.version) == (True, 0)
    assert await turns.owed(NOW) == []
    (waiting,) = await turns.owed(NOW + WAITS[0])
    await keep(a_turn(seen, "SM1", "welcome", inbound=int(waiting["id"])))
    seen = await turns.look(ana)
    assert (seen.owed, seen.state) == (False, {"heard": ["SM1"]})


async def test_an_owed_message_taken_by_two_has_one_effect() -> None:
    """Two processes find the same owed message: the slower one, even on the fresh talk, finds it done."""
    ana = await a_guest()
    async with transaction() as run:
        turn = a_turn(await turns.look(ana), "SM1")
        await turns.owe(turn, run, error="KeyError", due=NOW, waits=WAITS, apology=SORRY)
    (waiting,) = await turns.owed(NOW)
    number = int(waiting["id"])
    await keep(a_turn(await turns.look(ana), "SM1", "welcome", inbound=number))
    with pytest.raises(Repeated):
        await keep(a_turn(await turns.look(ana), "SM1", "welcome", inbound=number))
    assert (await turns.look(ana)).version == 1


async def test_a_try_that_two_processes_made_counts_once() -> None:
    """Both found it due and both failed: the second finds it put off already, so the waits stay 1, 10 and 60 seconds."""
    ana = await a_guest()
    turn = a_turn(await turns.look(ana), "SM1")
    async with transaction() as run:
        await turns.owe(turn, run, error="KeyError", due=NOW, waits=WAITS, apology=SORRY)
    (waiting,) = await turns.owed(NOW)
    again = replace(turn, inbound=int(waiting["id"]))
    for _ in range(2):
        async with transaction() as run:
            await turns.owe(again, run, error="KeyError", due=NOW, waits=WAITS, apology=SORRY)
    assert await one("SELECT attempts FROM inbound WHERE id = :id", id=waiting["id"]) == 2


async def test_after_its_last_try_a_message_is_parked_with_one_apology() -> None:
    """Three tries more, then the desk has it, the person is told once, and nothing waits behind it any longer."""
    ana = await a_guest()
    turn = a_turn(await turns.look(ana), "SM1")
    async with transaction() as run:
        await turns.owe(turn, run, error="KeyError", due=NOW, waits=WAITS, apology=SORRY)
    (waiting,) = await turns.owed(NOW)
    again = a_turn(await turns.look(ana), "SM1", inbound=int(waiting["id"]))
    states = []
    for seconds in (0, 10, 80):
        later = replace(again, now=NOW + timedelta(seconds=seconds))
        async with transaction() as run:
            await turns.owe(later, run, error="KeyError", due=NOW, waits=WAITS, apology=SORRY)
        states.append(await one("SELECT state FROM inbound WHERE id = :id", id=waiting["id"]))
    assert states == ["owed", "owed", "parked"]
    assert [kind for kind, _, _ in await deliveries(ana)] == ["our_mistake"]
    assert not (await turns.look(ana)).owed
