"""The table of points at which servers are killed is the code's own: none is missing, none is made up."""

from inspect import iscoroutinefunction

from handlers.time_passed import _DUES
from tests.faults.launch import place
from tests.faults.points import AFTERWARDS, ASIDE, BOUND_EARLY, ON_THE_WAY, WHEN_A_HOLD_ENDS, commits, sends

PROVIDER = {"bot.checkout:_create"}  # a call of its own kind
DUES = {f"{act.__module__}:{act.__name__}" for act in _DUES.values()}  # what each kind of due does


def test_every_function_that_commits_or_sends_stands_in_the_table() -> None:
    """One that is new must be put on the way, or said why it stands aside."""
    groups = (ON_THE_WAY, AFTERWARDS, WHEN_A_HOLD_ENDS, tuple(ASIDE))
    table = {point for group in groups for point in group}
    assert commits() | sends() | PROVIDER | DUES == table
    assert len(table) == sum(map(len, groups))
    assert len(sends()) == 5


def test_whoever_is_killed_at_is_called_when_it_happens() -> None:
    """What makes the function that commits is called once, as the module is read: nobody ever dies there."""
    for point in (*ON_THE_WAY, *AFTERWARDS, *WHEN_A_HOLD_ENDS):
        owner, name = place(BOUND_EARLY.get(point, point))
        assert iscoroutinefunction(getattr(owner, name)), point
