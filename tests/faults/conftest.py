"""The nursery of a run, and how large the trials are: the short form in every `make test`, the long one by hand (`make faults`)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.fleet import Nursery, nursery


@dataclass(frozen=True, slots=True)
class Form:
    """How much of everything; seconds where it says so."""

    guests: int
    kills: int
    between: tuple[float, float]  # seconds from one kill to the next
    points: int  # one in so many of the named points
    fleet_guests: int
    fleet_kills: int
    fleet_between: tuple[float, float]
    restarts: int  # of PostgreSQL
    frozen: float  # seconds at least
    patience: float  # seconds that a guest waits for an answer
    repeats: int = 3  # a webhook comes up to so many times


SHORT = Form(guests=12, kills=6, between=(0.3, 2.0), points=4, fleet_guests=12, fleet_kills=4, fleet_between=(2.0, 5.0), restarts=1, frozen=0, patience=45)
LONG = Form(guests=500, kills=200, between=(0.05, 3.0), points=1, fleet_guests=400, fleet_kills=170, fleet_between=(2.0, 5.0), restarts=5, frozen=60, patience=300)


@pytest.fixture(scope="session")
def form() -> Form:
    """Short, unless FAULTS=long says otherwise."""
    return LONG if os.environ.get("FAULTS") == "long" else SHORT


@pytest.fixture(scope="session")
def seed() -> int:
    """The dice of the trials: FAULTS_SEED."""
    return int(os.environ.get("FAULTS_SEED", "1"))


@pytest.fixture(scope="session")
def servers() -> Iterator[Nursery]:
    """The process that servers come from."""
    with nursery() as made:
        yield made
