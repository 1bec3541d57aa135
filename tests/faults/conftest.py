"""The nursery of a run, and how large the trials are: the short form in every `make test`, the long one by hand (`make faults`)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import pytest

from tests.conftest import DIALECT
from tests.faults.fleet import Nursery, nursery

HOW = 'FAULTS is "short" or "long", and then whatever is to differ, as in "long guests=50 kills=20"'
KNOWN = set[str]()  # what may differ: the names of all numbers in the sizes of the trials that were collected
Size = TypeVar("Size")


# -- how large the trials are -------------------------------------------------------------------


def asked() -> tuple[str, dict[str, str]]:
    """What FAULTS asks for: short (also without it) or long, and the numbers that differ. Refuses (`UsageError`) anything else."""
    form, *others = (os.environ.get("FAULTS") or "short").split()
    differing = dict(each.split("=") for each in others if each.count("=") == 1)
    if form not in ("short", "long") or len(differing) < len(others):
        raise pytest.UsageError(f"{HOW}; not {os.environ['FAULTS']!r}.")
    return form, differing


def is_long() -> bool:
    """Whether the trials are to be as long as they get."""
    return asked()[0] == "long"


def sized(short: Size, long: Size) -> Size:
    """The size (a dataclass) that FAULTS asks for, with the numbers that it gives; names of other trials' sizes are left to these."""
    form, differing = asked()
    kinds: dict[str, Any] = {each.name: each.type for each in fields(short) if each.type in (int, float)}  # type: ignore[arg-type]
    KNOWN.update(kinds)
    ours = {name: _number(name, value, kinds[name]) for name, value in differing.items() if name in kinds}
    return replace({"short": short, "long": long}[form], **ours)  # type: ignore[type-var]


def _number(name: str, value: str, kind: type[int] | type[float]) -> int | float:
    try:
        return kind(value)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise pytest.UsageError(f"FAULTS: {name} is {what}, not {value!r}.") from None


def strangers() -> list[str]:
    """The names in FAULTS that no trial's size has."""
    return sorted(asked()[1].keys() - KNOWN)


def pytest_configure() -> None:
    """A wrong FAULTS ends the run before it begins."""
    asked()


def pytest_collection_finish() -> None:
    """Nor does it run with a name that changes nothing."""
    if unknown := strangers():
        raise pytest.UsageError(f"FAULTS: no trial here knows {', '.join(unknown)}, but {', '.join(sorted(KNOWN))}.")


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
    guests=6, kills=4, between=(0.3, 2.0), points=27, fleet_guests=8, fleet_kills=2, fleet_between=(2.0, 5.0), restarts=1,
    frozen=0, patience=120,
)  # fmt: skip
LONG = Form(
    guests=500, kills=200, between=(0.05, 3.0), points=1, fleet_guests=400, fleet_kills=170, fleet_between=(2.0, 5.0), restarts=5,
    frozen=60, patience=300,
)  # fmt: skip


FORM = sized(SHORT, LONG)


@pytest.fixture(scope="session")
def form() -> Form:
    """How much of everything is killed and frozen."""
    return FORM


@pytest.fixture(scope="session")
def seed() -> int:
    """The dice of the trials: FAULTS_SEED."""
    return int(os.environ.get("FAULTS_SEED", "1"))


@pytest.fixture(scope="session")
def servers() -> Iterator[Nursery]:
    """The process that servers come from."""
    with nursery() as made:
        yield made
