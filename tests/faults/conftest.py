"""The nursery of a run, and how large the trials are: the short form in every `make test`, the long one by hand (`make faults`)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.conftest import DIALECT
from tests.faults.fleet import Nursery, nursery


def is_long() -> bool:
    """Whether the trials are to be as long as they get."""
    return os.environ.get("FAULTS", "").startswith("long")


def short_on(dialect: str) -> pytest.MarkDecorator:
    """A trial of what is the same on both databases: the short form holds it on this one, the long form on each."""
    return pytest.mark.skipif(not is_long() and dialect != DIALECT, reason=f"the short form holds it on {dialect}")


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


SHORT = Form(
    guests=6, kills=5, between=(0.3, 2.0), points=27, fleet_guests=8, fleet_kills=3, fleet_between=(2.0, 5.0), restarts=1,
    frozen=0, patience=120,
)  # fmt: skip
LONG = Form(
    guests=500, kills=200, between=(0.05, 3.0), points=1, fleet_guests=400, fleet_kills=170, fleet_between=(2.0, 5.0), restarts=5,
    frozen=60, patience=300,
)  # fmt: skip


@pytest.fixture(scope="session")
def form() -> Form:
    """FAULTS: short (the default) or long, and after it whole numbers that differ, as in `FAULTS="long guests=50 kills=20"`."""
    name, *others = (os.environ.get("FAULTS") or "short").split()
    differing = {key: int(value) for key, _, value in (each.partition("=") for each in others)}
    return replace({"short": SHORT, "long": LONG}[name], **differing)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def seed() -> int:
    """The dice of the trials: FAULTS_SEED."""
    return int(os.environ.get("FAULTS_SEED", "1"))


@pytest.fixture(scope="session")
def servers() -> Iterator[Nursery]:
    """The process that servers come from."""
    with nursery() as made:
        yield made
