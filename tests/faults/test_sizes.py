"""FAULTS says how large the trials are; whatever in it would change nothing is refused in a sentence."""

from dataclasses import dataclass

import pytest

from tests.faults.conftest import asked, sized, strangers


@dataclass(frozen=True, slots=True)
class Size:
    """Of a trial that is none."""

    swans: int
    patience: float
    between: tuple[float, float] = (0.0, 1.0)


SHORT, LONG = Size(swans=1, patience=2.5), Size(swans=10, patience=60.0)


@pytest.mark.parametrize(
    ("faults", "size"),
    [
        ("", SHORT),
        ("short", SHORT),
        ("long", LONG),
        ("long swans=3", Size(swans=3, patience=60.0)),
        ("short patience=7 swans=2 kills=9", Size(swans=2, patience=7.0)),  # kills are another trial's
    ],
)
def test_a_size_is_as_faults_says(monkeypatch: pytest.MonkeyPatch, faults: str, size: Size) -> None:
    """The short one without it; numbers may differ."""
    monkeypatch.setenv("FAULTS", faults)
    assert sized(SHORT, LONG) == size
    assert strangers() == []


@pytest.mark.parametrize("faults", ["medium", "swans=3", "long swans", "long swans=3=4", "long swans=3 swans=4"])
def test_a_wrong_word_is_refused(monkeypatch: pytest.MonkeyPatch, faults: str) -> None:
    """It says what may be said."""
    monkeypatch.setenv("FAULTS", faults)
    with pytest.raises(pytest.UsageError, match=f'FAULTS is "short" or "long", .* not {faults!r}'):
        asked()


@pytest.mark.parametrize("number", ["", "many", "2.5"])
def test_a_wrong_number_is_refused(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    """A whole one where nothing else makes sense."""
    monkeypatch.setenv("FAULTS", f"long swans={number}")
    with pytest.raises(pytest.UsageError, match=f"FAULTS: swans is a whole number, not {number!r}"):
        sized(SHORT, LONG)


def test_a_name_that_no_trial_knows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that is misspelt nor one of a size that is no number."""
    monkeypatch.setenv("FAULTS", "long swanns=3 between=4 patience=5")
    sized(SHORT, LONG)
    assert strangers() == ["between", "swanns"]
