"""Guests cancel, change, hop and wait on the list while the house is killed by -9 at every point where that commits."""

import asyncio
from pathlib import Path

from tests.conftest import DIALECT
from tests.faults.afterwards import STORIES, Afterwards, outcomes, people
from tests.faults.conftest import Form
from tests.faults.fleet import Nursery, fleet_of
from tests.faults.points import AFTERWARDS
from tests.faults.test_kills import all_at_once, report, visit
from tests.faults.verdict import doubled, figures, heard_once, left, whole

MOST = 400  # guests at most


def named_points(form: Form) -> list[tuple[str, str]]:
    """Before and after each; of the short form a few, others on the other database."""
    points = [(where, moment) for moment in ("before", "after") for where in AFTERWARDS]
    every = len(points) // 2 if form.points > 1 else 1
    return points[(DIALECT == "postgres") * every // 2 :: every]


async def test_killed_where_they_cancel_change_hop_and_wait(
    database_url: str, tmp_path: Path, servers: Nursery, form: Form, seed: int
) -> None:
    """What was agreed to is done once, whoever must know is told once, and what comes free is offered once."""
    points, enough = named_points(form), asyncio.Event()
    guests: list[Afterwards] = []
    async with fleet_of(database_url, tmp_path, servers, people(MOST), seed) as fleet:
        fleet.patience = form.patience
        await fleet.add().starts()  # what is written before there ever was a house, nobody fetches
        await fleet.kill(fleet.replicas[0])

        async def one_after_the_other(story: int) -> None:
            while not enough.is_set():
                guests.append(Afterwards(fleet, story + len(STORIES) * len(guests)))
                await guests[-1].lives()

        talking = [one_after_the_other(story) for story in range(len(STORIES))]
        await all_at_once(*talking, visit(fleet, points, enough))
        await fleet.drained()
        report("killed at every point afterwards", {"points": len(points)} | await figures(fleet, guests))
        assert fleet.kills == len(points) + 1
        assert await heard_once(fleet) + await left(fleet) + await doubled(fleet) + await whole() == []
        assert await outcomes(guests) == []
