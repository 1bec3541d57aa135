"""What leaves for one provider in any second: within what it takes, as the settings have it; without the pace it is not."""

import asyncio
from types import SimpleNamespace

import pytest

from bot import pace
from bot.pace import Pace
from bot.settings import Settings
from models import rates
from tests.patience import PATIENCE

TELEGRAM, WHATSAPP = 30, 80  # a second, as their documents have it
MANY = 400  # that stand before the gate


class Seconds:
    """A clock that goes on only while somebody sleeps; a send takes no time on it."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        """Now, in seconds."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """A moment later; at least a thousandth of a second, as real ones are."""
        self.at += max(seconds, 0.001)
        await asyncio.sleep(0)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """The clock of the pace and of its allowance."""
    clock = Seconds()
    monkeypatch.setattr(rates, "time", clock)
    monkeypatch.setattr(rates, "_own", {})
    monkeypatch.setattr(pace, "time", clock)
    monkeypatch.setattr(pace, "asyncio", SimpleNamespace(Lock=asyncio.Lock, sleep=clock.sleep))
    return clock


async def take(*asked: object) -> tuple[int, float]:
    """An allowance kept in this process, as on SQLite."""
    return rates._take_own(*asked)  # type: ignore[arg-type]


async def most_in_a_second(paces: list[Pace], seconds: Seconds) -> int:
    """The most sends within any second, when many stand before the gate at once."""
    left = list[float]()

    async def sends(number: int) -> None:
        await paces[number % len(paces)].turn()
        left.append(seconds.at)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(sends(number) for number in range(MANY)))
    return max(sum(first <= at < first + 1.0 for at in left) for first in left)


@pytest.mark.parametrize(("name", "most"), [("telegram", TELEGRAM), ("twilio", WHATSAPP)])
async def test_no_second_has_more_than_the_provider_takes(name: str, most: int, seconds: Seconds) -> None:
    """At the rate of our own settings, with one process and with two that share the allowance."""
    rate = getattr(Settings(), f"{name}_rate")
    for together in (1, 2):
        paces = [Pace(f"{name} of {together}", rate, take=take) for _ in range(together)]
        assert rate * 0.9 <= await most_in_a_second(paces, seconds) <= most


@pytest.mark.parametrize(("name", "most"), [("telegram", TELEGRAM), ("twilio", WHATSAPP)])
async def test_without_the_pace_a_second_has_them_all(name: str, most: int, seconds: Seconds) -> None:
    """The control: a rate of nothing lets everything through; and what each process had for itself is too much for two."""
    assert await most_in_a_second([Pace(name, 0, take=take)], seconds) == MANY > most
    rate = getattr(Settings(), f"{name}_rate")
    assert await most_in_a_second([Pace(each, rate, take=take) for each in ("ours", "theirs")], seconds) > most
