"""The waiting list: who asked first is offered first, each freed place once, and whoever does not fit blocks nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import pytest_asyncio
from tortoise.migrations.operations import RunSQL

from bot.rehearsal import Rehearsal, rehearse
from flows.talk import Delayed
from handlers import place_freed
from handlers.flight_delayed import flight_delayed
from handlers.house import Actor, House
from handlers.time_passed import time_passed
from models import catalogs, claims, restored, waiting
from models.catalog import Catalog
from models.catalog_file import read_file
from models.claims import Resource
from models.database import Rows, Run, read, transaction
from models.fields import micros
from models.settings import keep_value
from models.stuck import stuck
from models.timeline import rebuilt, timeline
from models.waiting import place_of
from tests.conftest import NOW, SAMPLE
from tests.handlers.mistake import Mistake
from tests.models.test_guards import drop

SEDAN = "airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags, flight AF770, sedan, no extras, no notes, no occasion, one way"


class Crowd:
    """Guests who talk with one house at one moment, each by a phone of their own."""

    def __init__(self) -> None:
        self.talks: dict[str, Rehearsal] = {}
        self.now = NOW

    async def guest(self, name: str) -> Rehearsal:
        """Somebody new."""
        talk = await rehearse(None, "whatsapp", None, f"{name} Peralta")
        talk.sender = f"+1829555{len(self.talks):04}"
        talk.now = self.now
        self.talks[name] = talk
        return talk

    async def later(self, **by: float) -> None:
        """Time passes for all of them."""
        self.now += timedelta(**by)
        for talk in self.talks.values():
            talk.now = self.now
        await time_passed(next(iter(self.talks.values())).house)


@pytest_asyncio.fixture
async def crowd(database: str) -> AsyncIterator[Crowd]:
    """Nobody yet; there is one sedan."""
    async with transaction() as run:
        await Resource.declare(run, "vehicle:sedan", 1)
    yield Crowd()


async def says(talk: Rehearsal, *words: str) -> str:
    """Write one after the other; gives all that was answered to the last."""
    replies: tuple[Any, ...] = ()
    for each in words:
        replies = await talk.happens(words=each)
    return "\n".join(line for reply in replies for line in reply.lines())


async def heard(talk: Rehearsal) -> str:
    """What has reached them since."""
    return "\n".join(line for reply in await talk._replies() for line in reply.lines())


async def books(talk: Rehearsal) -> None:
    """The sedan is held."""
    assert "is held until" in await says(talk, SEDAN, "send")


async def waits(talk: Rehearsal, vehicle: str = "sedan") -> str:
    """What they want was taken while they wrote: they join the list."""
    async with transaction() as run:
        await Resource.declare(run, f"vehicle:{vehicle}", 9)
    await says(talk, SEDAN.replace("sedan", vehicle))
    async with transaction() as run:
        await Resource.declare(run, f"vehicle:{vehicle}", 1)
    assert "was just taken" in await says(talk, "send")
    return await says(talk, "put me on the waiting list please")


async def numbers() -> list[int]:
    """The bookings on the list, as they asked."""
    return [int(row["id"]) for row in await read("SELECT id FROM booking WHERE state = 'waitlisted' ORDER BY id")]


async def states() -> dict[str, str]:
    """Each guest's newest booking."""
    rows = await read("SELECT g.name, b.state FROM booking b JOIN guest g ON g.id = b.guest_id ORDER BY b.id")
    return {row["name"].split()[0]: row["state"] for row in rows}


async def test_who_asked_first_is_offered_first(crowd: Crowd) -> None:
    """The hold ends: Bea is offered the car, does not take it, and Cid is."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    assert "as the first" in await waits(bea)
    assert "number 2" in await waits(cid)
    assert await states() == {"Ana": "on_hold", "Bea": "waitlisted", "Cid": "waitlisted"}
    assert (await read("SELECT COUNT(*) AS n FROM claim"))[0]["n"] == 1, "who waits claims nothing"
    await crowd.later(minutes=31)
    assert await states() == {"Ana": "expired", "Bea": "on_hold", "Cid": "waitlisted"}
    told = await heard(bea)
    assert "Good news" in told and "held for you until Sat 21 Nov 13:01" in told and "[No, thank you]" in told
    assert "off the waiting list" in await says(bea, "no")
    await crowd.later(seconds=1)
    assert await states() == {"Ana": "expired", "Bea": "cancelled", "Cid": "on_hold"}
    await cid.happens(paid=True)
    assert (await states())["Cid"] == "confirmed"
    for row in await read("SELECT id, state FROM booking"):
        assert rebuilt(await timeline(row["id"])) == row["state"]


async def test_one_that_we_stumble_over_keeps_nobody_else_waiting(crowd: Crowd) -> None:
    """Bea's booking cannot be read any more: it is logged, and Cid is offered what is free."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    await waits(bea)
    await waits(cid)
    async with transaction() as run:
        await run(
            "UPDATE booking SET request = '[]' WHERE id = (SELECT MIN(id) FROM booking WHERE state = 'waitlisted')"
        )
    async with transaction() as run:
        await waiting.all_of_it(run, crowd.now)  # nor from being reckoned anew
    await crowd.later(minutes=31)
    assert await states() == {"Ana": "expired", "Bea": "waitlisted", "Cid": "on_hold"}


async def test_one_that_we_stumble_over_is_looked_at_by_itself_ever_later(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Round after round nobody else is reckoned anew; mended, it is back on the list by itself."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    await waits(bea)
    await waits(cid)
    (broken, _), kept = (
        await numbers(),
        await read("SELECT id, request FROM booking WHERE state = 'waitlisted' ORDER BY id"),
    )
    async with transaction() as run:
        await run("UPDATE booking SET request = '[]' WHERE id = :id", id=broken)
        await waiting.all_of_it(run, crowd.now)
    reckoned, real = list[tuple[float, int]](), place_freed._reckoned

    async def noted(house: House, booking: int, catalog: Catalog) -> None:
        reckoned.append(((crowd.now - NOW).total_seconds(), booking))
        await real(house, booking, catalog)

    monkeypatch.setattr(place_freed, "_reckoned", noted)
    for _ in range(20):
        await crowd.later(seconds=5)
    assert [booking for _, booking in reckoned].count(broken) == len(reckoned) - 1, "Cid once"
    assert [at for at, booking in reckoned if booking == broken] == [5, 15, 25, 45, 85]
    async with transaction() as run:
        await run("UPDATE booking SET request = :request WHERE id = :id", request=kept[0]["request"], id=broken)
    await crowd.later(minutes=31)
    assert (await states())["Bea"] == "on_hold"
    await crowd.later(seconds=10)
    assert await read("SELECT id FROM freed") == []


async def test_who_waits_takes_nothing_by_a_late_flight(crowd: Crowd) -> None:
    """There is a free sedan at that hour: it is not theirs, and the team hears of the delay."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    before = await read("SELECT id, starts FROM claim ORDER BY id")
    waiting = (await read("SELECT id, reference FROM booking WHERE state = 'waitlisted'"))[0]
    late = Delayed(waiting["reference"], 0, "2026-11-22T21:10")
    async with transaction() as run:
        said = await flight_delayed(
            run, bea.house, int(waiting["id"]), late, Actor("Bea Peralta", "guest", "whatsapp"), once="SM1"
        )
    assert said.block == "delay_for_team"
    assert await read("SELECT id, starts FROM claim ORDER BY id") == before
    assert (await states())["Bea"] == "waitlisted"


async def test_an_offer_that_nobody_takes_goes_on(crowd: Crowd) -> None:
    """Two hours, and no longer: then it is the next one's, and the first is told."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    await waits(bea)
    await waits(cid)
    await crowd.later(minutes=31)
    await crowd.later(minutes=121)
    assert await states() == {"Ana": "expired", "Bea": "expired", "Cid": "on_hold"}
    assert "has ended without a payment" in await heard(bea)


async def test_a_larger_party_waits_without_blocking(crowd: Crowd) -> None:
    """Two seats come free: Bea's four do not fit and wait on, Cid's two do. When there are four more, Bea has them."""
    bea, cid = [await crowd.guest(name) for name in ("Bea", "Cid")]
    await sell_out(bea)
    assert "as the first" in await waits_for_saona(bea, 4)
    assert "number 2" in await waits_for_saona(cid, 2)
    await seats_freed(2)
    await crowd.later(seconds=1)
    assert await states() == {"Bea": "waitlisted", "Cid": "on_hold"}
    await seats_freed(6)
    await crowd.later(seconds=1)
    assert await states() == {"Bea": "on_hold", "Cid": "on_hold"}


async def race(crowd: Crowd, *, in_step: bool = False) -> list[int]:
    """Two cars more come free, and six processes look, each having seen everybody wait; what each holds then, by who asked first.

    `in_step`: all six look at the first before anybody looks at the second.
    """
    ana, bea, cid, dan = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid", "Dan")]
    await books(ana)
    for each in (bea, cid, dan):
        await waits(each)
    async with transaction() as run:
        await Resource.declare(run, "vehicle:sedan", 3)
    rows = await read("SELECT id FROM booking WHERE state = 'waitlisted' ORDER BY id")

    async def looks(waiting: Rows) -> None:
        for row in waiting:
            await place_freed._offer(ana.house, int(row["id"]))

    for each in [[row] for row in rows] if in_step else [rows]:
        await asyncio.gather(*(looks(each) for _ in range(6)))
    held = "SELECT COUNT(*) AS n FROM claim c JOIN leg l ON l.id = c.leg_id WHERE l.booking_id = :id"
    return [int((await read(held, id=row["id"]))[0]["n"]) for row in rows]


@pytest.mark.parametrize("in_step", [False, True])
async def test_each_freed_place_is_offered_once(crowd: Crowd, in_step: bool) -> None:
    """Two free cars are two offers, to the two who asked first, however many look at once."""
    assert await race(crowd, in_step=in_step) == [1, 1, 0]
    assert await states() == {"Ana": "on_hold", "Bea": "on_hold", "Cid": "on_hold", "Dan": "waitlisted"}
    offers = await read("SELECT COUNT(*) AS n FROM entry WHERE kind = 'offered'")
    assert offers[0]["n"] == 2


async def test_without_the_guard_one_guest_is_offered_two(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: whoever does not look whether it was offered just now holds both cars for the first."""
    monkeypatch.setattr(place_freed, "_TAKEN", place_freed._TAKEN.replace(" AND state = 'waitlisted'", ""))
    assert await race(crowd, in_step=True) == [2, 0, 0]


async def test_the_list_ends_with_a_kind_word(crowd: Crowd) -> None:
    """From when on it cannot be booked any more, nobody waits in vain."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await ana.happens(paid=True)
    await waits(bea)
    await crowd.later(hours=25, minutes=31)
    assert (await states())["Bea"] == "expired"
    told = await heard(bea)
    assert "thank you for waiting" in told
    assert "What may we arrange" in await says(bea, "hello")


async def test_leaving_the_list(crowd: Crowd) -> None:
    """By saying so, and nobody is offered what they do not want."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    assert "still on the waiting list" in await says(bea, "hello?")
    assert "off the waiting list" in await says(bea, "please take me off the list")
    await crowd.later(minutes=31)
    assert await states() == {"Ana": "expired", "Bea": "cancelled"}


async def test_more_seats_in_the_catalogue_are_offered(crowd: Crowd) -> None:
    """The boat grows: whoever waits is offered it, though its seats were first claimed when it was smaller."""
    bea = await crowd.guest("Bea")
    await sell_out(bea)
    await waits_for_saona(bea, 2)
    await crowd.later(seconds=1)
    assert await states() == {"Bea": "waitlisted"}
    content = read_file(SAMPLE).content or {}
    for rule in content["services"]["isla_saona"]["tour"]["departures"]:
        rule["seats"] = int(rule["seats"]) + 5
    await catalogs.load(content, crowd.now)
    await crowd.later(seconds=1)
    assert await states() == {"Bea": "on_hold"}


TUESDAY = (NOW + timedelta(days=3)).date()


async def sell_out(talk: Rehearsal) -> None:
    """No seat is left on Tuesday's boats."""
    catalog = await talk.house.catalog()
    async with transaction() as run:
        for departure in catalog.departures_between("isla_saona", TUESDAY, TUESDAY):
            await Resource.declare(run, departure.resource, departure.seats)
            await run(
                "INSERT INTO claim (resource, starts, ends, quantity) VALUES (:key, 0, 9000000000000000, :seats)",
                key=departure.resource, seats=departure.seats,
            )  # fmt: skip


async def seats_freed(so_many: int) -> None:
    """So many seats in all are given back on each of Tuesday's boats."""
    async with transaction() as run:
        rows = await run("SELECT resource, MAX(quantity) AS n FROM claim WHERE leg_id IS NULL GROUP BY resource")
        await run("DELETE FROM claim WHERE leg_id IS NULL")
        for row in rows:
            units = await run("SELECT units FROM resource WHERE key = :key", key=row["resource"])
            await run(
                "INSERT INTO claim (resource, starts, ends, quantity) VALUES (:key, 0, 9000000000000000, :seats)",
                key=row["resource"], seats=int(units[0]["units"]) - so_many,
            )  # fmt: skip


async def waits_for_saona(talk: Rehearsal, people: int) -> str:
    """Tuesday is full: the first boat of that day is waited for."""
    asked = f"Saona on Tuesday, {people} adults, from Hotel Arena Blanca, no extras, no occasion"
    card = await says(talk, asked)
    assert "full: waiting list" in card, card
    await says(talk, "waiting list", "yes, all of us")
    return await says(talk, "send")


# -- what is waited for is changed --------------------------------------------------------------


async def test_who_waits_for_something_else_waits_behind_the_others(crowd: Crowd) -> None:
    """Said before it is agreed. One more person needs the same car: the place stays; another hour is asked for only now."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    await waits(bea)
    await waits(cid)
    (first, _), held = await numbers(), await read("SELECT * FROM claim")
    assert "You keep your place" in await says(bea, "make it 3 adults please")
    assert "as the first" in await says(bea, "yes")
    await crowd.later(seconds=1)
    assert await place_of(read, first) == 1
    assert "at the end of the list" in await says(bea, "make it 3:30pm please")
    before = await list_ends(first)
    assert "number 2" in await says(bea, "yes")
    assert (await place_of(read, first), await list_ends(first) - before) == (2, 30 * 60 * 10**6)
    await crowd.later(seconds=1)
    assert await read("SELECT * FROM claim") == held, "and who waits claims nothing"
    await crowd.later(minutes=31)
    assert await states() == {"Ana": "expired", "Bea": "waitlisted", "Cid": "on_hold"}
    for row in await read("SELECT id, state FROM booking"):
        assert rebuilt(await timeline(row["id"])) == row["state"]


async def list_ends(booking: int) -> int:
    """When the list ends for them, microseconds."""
    rows = await read("SELECT at FROM due WHERE booking_id = :booking AND kind = 'list_ends'", booking=booking)
    return int(rows[0]["at"])


async def test_a_change_into_what_is_free_is_offered_at_once(crowd: Crowd) -> None:
    """The next day's car: held a moment later, and the old place on the list is nobody's."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    await says(bea, "make it Monday please", "yes")
    await crowd.later(seconds=1)
    assert await states() == {"Ana": "on_hold", "Bea": "on_hold"}
    assert await read("SELECT id FROM waiting") == []


async def test_offered_in_the_midst_of_a_change(crowd: Crowd) -> None:
    """It is held as it stood; the change goes on, and is now one of a booking that is held."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    await says(bea, "make it 3 adults please")
    await crowd.later(minutes=31)
    assert "Good news" in await heard(bea)
    assert "3 adults" in await says(bea, "yes")
    await bea.happens(paid=True)
    assert await states() == {"Ana": "expired", "Bea": "confirmed"}


def just_before(monkeypatch: pytest.MonkeyPatch, talk: Rehearsal, words: str) -> None:
    """They say so, and it is done, right before the next transaction of whoever looks at the list begins."""

    @asynccontextmanager
    async def late() -> AsyncIterator[Run]:
        monkeypatch.setattr(place_freed, "transaction", transaction)
        await says(talk, words)
        async with transaction() as run:
            yield run

    monkeypatch.setattr(place_freed, "transaction", late)


async def test_changed_right_before_it_is_offered(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is what is booked by then: the next day's car, not the one that they no longer want."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    (booking,) = await numbers()
    await says(bea, "make it Monday please")
    async with transaction() as run:
        await Resource.declare(run, "vehicle:sedan", 2)
    just_before(monkeypatch, bea, "yes")
    await place_freed._offer(bea.house, booking)
    assert await states() == {"Ana": "on_hold", "Bea": "on_hold"}
    held = await read("SELECT c.starts, l.starts AS leg FROM claim c JOIN leg l ON l.id = c.leg_id")
    assert len({row["starts"] - row["leg"] for row in held}) == 1, "as long before each ride"


async def test_changed_right_before_everybody_is_reckoned_anew(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for what they asked for last, since they asked for it."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    needed = "SELECT resource, starts, ends, since FROM waiting"
    before = await read(needed)
    crowd.now = bea.now = NOW + timedelta(minutes=5)
    await says(bea, "make it 3:30pm please")
    just_before(monkeypatch, bea, "yes")
    await place_freed._reckon_anew(bea.house, await numbers())
    after = await read(needed)
    assert after[0]["starts"] - before[0]["starts"] == 30 * 60 * 10**6
    assert after[0]["since"] == micros(crowd.now)


async def test_cancelling_is_leaving_the_list(crowd: Crowd) -> None:
    """By "my bookings" as well: nobody is offered what was cancelled, and nothing of it is due."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    await says(bea, "new booking", "cancel my booking")
    await says(bea, "yes")
    assert (await states())["Bea"] == "cancelled"
    assert await read("SELECT id FROM waiting") == [] == await read("SELECT id FROM due WHERE kind = 'list_ends'")
    await crowd.later(minutes=31)
    assert (await states())["Bea"] == "cancelled"


# -- only what came free is looked at -----------------------------------------------------------


async def looks(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often anything is reckoned at each of three ticks."""
    asked, counts = Mistake(monkeypatch, claims, "free", times=0), []
    for _ in range(3):
        before = asked.calls
        await crowd.later(seconds=1)
        counts.append(asked.calls - before)
    return counts


async def test_nobody_is_looked_at_where_nothing_came_free(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many wait: they were looked at when they joined. A boat that comes free is no news to who waits for a car."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    await waits(bea)
    await waits(cid)
    await crowd.later(seconds=1)
    assert await looks(crowd, monkeypatch) == [0, 0, 0]
    async with transaction() as run:
        await run("INSERT INTO resource (key, units, longest) VALUES ('boat', 1, 0)")
        await Resource.declare(run, "boat", 2)
    assert await looks(crowd, monkeypatch) == [0, 0, 0]
    assert await read("SELECT id FROM freed") == []


GIVES_BACK = {
    "a claim is gone": ("DELETE FROM claim", "claim_freed"),
    "there are more": ("UPDATE resource SET units = units + 1 WHERE key = 'vehicle:sedan'", "units_freed"),
}


@pytest.mark.parametrize("guard", [True, False])
@pytest.mark.parametrize("how", GIVES_BACK)
async def test_whatever_frees_a_place_is_heard_of(crowd: Crowd, how: str, guard: bool) -> None:
    """By any hand, for the database notes it; without its triggers, the control, Bea waits in vain."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    await crowd.later(seconds=1)
    statement, trigger = GIVES_BACK[how]
    if not guard:
        await drop(trigger)
    async with transaction() as run:
        await run(statement)
    await crowd.later(seconds=1)
    assert (await states())["Bea"] == ("on_hold" if guard else "waitlisted")


async def test_what_was_begun_and_not_ended_is_looked_at_again(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks dies at it, or stumbles: ten seconds later another look finds it, and the desk is shown what fails."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    with monkeypatch.context() as patched:
        Mistake(patched, place_freed, "_may_fit")
        await crowd.later(minutes=31)
        assert (await states())["Bea"] == "waitlisted"
        assert (await stuck(crowd.now)).failing == (f"the waiting list at booking {(await numbers())[0]}",)
    await crowd.later(seconds=9)
    assert (await states())["Bea"] == "waitlisted"
    await crowd.later(seconds=1)
    assert (await states())["Bea"] == "on_hold"
    await crowd.later(minutes=11)
    assert (await stuck(crowd.now)).failing == ()


async def test_many_who_wait_cost_nothing_until_theirs_comes_free(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds wait for other hours: when Bea's car comes free, she alone is looked at."""
    ana, bea = [await crowd.guest(name) for name in ("Ana", "Bea")]
    await books(ana)
    await waits(bea)
    await crowd.later(seconds=1)
    (number_of_bea,) = await numbers()
    async with transaction() as run:
        for number in range(300):
            day = micros(NOW + timedelta(days=30 + number))
            await run(
                "INSERT INTO booking (reference, state, catalog_version, request, quote, currency, total, due_now, guest_id, "
                "channel, language, link_version, starts, created, changed) SELECT 'X-' || :n, state, catalog_version, request, "
                "quote, currency, total, due_now, guest_id, channel, language, 1, :day, created, changed FROM booking WHERE id = :bea",
                n=str(number), day=day, bea=number_of_bea,
            )  # fmt: skip
            await run(
                "INSERT INTO waiting (booking_id, resource, starts, ends, quantity, units, since) SELECT MAX(id), "
                "'vehicle:sedan', :day, :end, 1, 1, 0 FROM booking",
                day=day, end=day + 1,
            )  # fmt: skip
    asked = Mistake(monkeypatch, claims, "free", times=0)
    await crowd.later(minutes=31)
    assert await read("SELECT id FROM booking WHERE state = 'on_hold'") == [{"id": number_of_bea}]
    assert asked.calls == 1
    assert await place_of(read, (await numbers())[-1]) == 1, "each of them waits for an hour of their own"


async def test_who_waited_before_an_update_is_found_as_well(crowd: Crowd) -> None:
    """As its migration leaves it: a place on the list for each, and a look at all. What each needs is reckoned then."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    await waits(bea)
    await waits(cid)
    (filling,) = [
        one for one in import_module("models.migrations.0010_waiting").Migration.operations if isinstance(one, RunSQL)
    ]
    async with transaction() as run:
        await run("DELETE FROM waiting")
        await run("DELETE FROM freed")
        for statement in filling.sql:
            await run(statement)
    await crowd.later(seconds=1)
    assert [await place_of(read, number) for number in await numbers()] == [1, 2]
    await crowd.later(minutes=31)
    assert await states() == {"Ana": "expired", "Bea": "on_hold", "Cid": "waitlisted"}


# -- a restored house ---------------------------------------------------------------------------


async def restored_house(crowd: Crowd) -> None:
    """As `bellhop restore` leaves it."""
    await keep_value(restored.NAME, restored.Restored(crowd.now, crowd.now, None, chosen=True).as_value())
    async with transaction() as run:
        await run("DELETE FROM waiting")
        await run("DELETE FROM freed")


async def test_who_waited_before_the_backup_is_the_desks(crowd: Crowd) -> None:
    """They may have been offered it since, and have paid: shown at the desk; put back on the list they have their old place."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    await waits(bea)
    await restored_house(crowd)
    await waits(cid)
    (code,) = (await stuck(crowd.now)).unlisted
    theirs, new = await numbers()
    assert await place_of(read, theirs) is None
    for _ in range(2):
        await place_freed.listed_again(bea.house, theirs, Actor("Marisol", "staff", "desk"))
    assert (await stuck(crowd.now)).unlisted == () and code
    assert (await place_of(read, theirs), await place_of(read, new)) == (1, 2)
    await crowd.later(minutes=31)
    assert await states() == {"Ana": "expired", "Bea": "on_hold", "Cid": "waitlisted"}


async def test_nothing_is_offered_or_ended_by_itself_to_who_waited_before_the_backup(crowd: Crowd) -> None:
    """The car is free and another guest's; the end of the list is the desk's to tell. Who joined since hears of both."""
    ana, bea, cid = [await crowd.guest(name) for name in ("Ana", "Bea", "Cid")]
    await books(ana)
    await waits(bea)
    await restored_house(crowd)
    await waits(cid)
    await crowd.later(minutes=31)
    assert await states() == {"Ana": "expired", "Bea": "waitlisted", "Cid": "on_hold"}
    await cid.happens(paid=True)
    await crowd.later(hours=25)
    assert (await states())["Bea"] == "expired"
    (ended,) = await read("SELECT state, error FROM delivery WHERE kind = 'list_ended_guest'")
    assert ended["state"] == "given_up" and "it may have left since" in ended["error"]
