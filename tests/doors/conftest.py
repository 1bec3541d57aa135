"""What these tests stand on besides the running program: somebody who knocks at the hooks directly."""

from typing import Any

import pytest

from tests.doors.knocking import Door


@pytest.fixture
def door(bellhop: Any) -> Door:
    """The hooks, for those who bring their own signature."""
    return Door(bellhop)
