"""What a guest is offered whose departure is full: others of that day, else of the days after it."""

from datetime import date
from typing import Any

import pytest

from handlers.offers import alternatives, departures
from models import catalogs
from models.claims import Resource, claim
from models.database import transaction
from models.request import from_draft
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database")
DAY = "2026-12-09"
PARTY = {"adults": 2, "children": [], "infants": 0}
DRAFT = {"service": "buggy_macao", "pickup": {"place": "macao_buggy_base"}, "party": PARTY, "departure": f"{DAY}T08:30"}


async def sells_out(*hours: str) -> None:
    """All the seats of these departures of the day are taken."""
    _, catalog = await catalogs.on_sale()
    for hour in hours:
        need = from_draft({**DRAFT, "departure": f"{DAY}T{hour}"}, catalog).resources()[0]
        async with transaction() as run:
            await Resource.declare(run, need.resource, need.units)
            await claim(run, need.resource, need.starts, need.ends, need.units, leg=None, lapses=None, now=NOW)


async def offered(draft: dict[str, Any]) -> list[str]:
    """The local days and hours of what is free instead."""
    found = await alternatives(draft, (await catalogs.on_sale())[1], NOW)
    return [one["starts"]["utc"] for one in found["departures"]]


@pytest.mark.parametrize("named", [{}, {"date": DAY}])
async def test_the_other_departures_of_that_day(named: dict[str, str]) -> None:
    """Weeks ahead as well: who wants the ninth is not offered tomorrow."""
    await sells_out("08:30")
    assert await offered(DRAFT | named) == [f"{DAY}T15:45:00Z", f"{DAY}T19:15:00Z"]


@pytest.mark.parametrize("named", [{}, {"date": DAY}])
async def test_the_days_after_one_that_is_full(named: dict[str, str]) -> None:
    """Nobody is left with nothing because they had named the day."""
    await sells_out("08:30", "11:45", "15:15")
    assert {starts[:10] for starts in await offered(DRAFT | named)} == {"2026-12-10", "2026-12-11"}


async def test_a_named_day_that_is_full_is_asked_about_with_others() -> None:
    """They are told that on that day no departure has two seats left, and which do."""
    await sells_out("08:30", "11:45", "15:15")
    found = await departures({**DRAFT, "date": DAY}, (await catalogs.on_sale())[1], NOW)
    free = [one for one in found if not one.full]
    assert free
    assert all(date.fromisoformat(one.starts["utc"][:10]) > date.fromisoformat(DAY) for one in free)
    assert {one.starts["utc"][:10] for one in found if one.full} == {DAY}, "that can be waited for"


async def takes_the_vans(draft: dict[str, Any], leg: int) -> None:
    """All the vans are gone for one way of a request."""
    need = from_draft(draft, (await catalogs.on_sale())[1]).legs[leg].resources()[0]
    async with transaction() as run:
        await claim(run, need.resource, need.starts, need.ends, need.units, leg=None, lapses=None, now=NOW)


@pytest.mark.parametrize(("leg", "returning", "time"), [(0, False, "15:00"), (1, True, "11:00")])
async def test_which_of_two_ways_is_taken_is_known(leg: int, returning: bool, time: str) -> None:
    """Other times are offered of that way only; another vehicle must be free on both."""
    draft: dict[str, Any] = {
        "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "arena_blanca"}, "date": DAY, "time": "15:00",
        "party": PARTY, "luggage": 2, "vehicle": "van", "trip": "return", "return_date": "2026-12-12", "return_time": "11:00",
    }  # fmt: skip
    await takes_the_vans(draft, leg)
    found = await alternatives(draft, (await catalogs.on_sale())[1], NOW)
    assert found["returning"] is returning
    assert found["times"]
    assert all(abs(int(each[:2]) - int(time[:2])) <= 4 for each in found["times"])
    assert "van" not in [each["key"] for each in found["vehicles"]]


async def test_a_private_departure_that_somebody_has_is_not_offered() -> None:
    """The yacht at nine is theirs; at two it is free."""
    _, catalog = await catalogs.on_sale()
    draft = {"service": "yacht", "pickup": {"place": "marina_cap_cana"}, "party": PARTY, "departure": f"{DAY}T09:00"}
    need = from_draft(draft, catalog).resources()[0]
    async with transaction() as run:
        await Resource.declare(run, need.resource, need.units)
        await claim(run, need.resource, need.starts, need.ends, need.quantity, leg=None, lapses=None, now=NOW)
    assert await offered(draft) == [f"{DAY}T18:00:00Z"]
    many = {**draft, "party": {"adults": 15, "children": [], "infants": 0}, "date": DAY}
    assert await departures(many, catalog, NOW) == ()
