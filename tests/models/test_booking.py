"""Where a booking stands by the clock."""

from datetime import timedelta

import pytest

from models.booking import standing
from tests.conftest import NOW

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "dispatch", "starts", "stands"),
    [
        ("confirmed", "assigned", HOUR, "ahead"),
        ("confirmed", "en_route", HOUR, "road"),
        ("confirmed", "assigned", 0 * HOUR, "road"),
        ("in_service", "assigned", HOUR, "road"),
        ("confirmed", "assigned", -HOUR, "done"),
        ("in_service", "on_board", -2 * HOUR, "road"),
        ("cancelled", "assigned", HOUR, "done"),
    ],
)
def test_a_booking_is_ahead_under_way_or_behind_us(state: str, dispatch: str, starts: timedelta, stands: str) -> None:
    """By its hour, unless its lead has set out before or is not back yet."""
    assert standing(state, dispatch, NOW + starts, NOW + starts + HOUR, NOW) == stands
