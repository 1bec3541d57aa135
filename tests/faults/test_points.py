"""The table of points at which servers are killed is the code's own: none is missing, none is made up."""

from tests.faults.points import ASIDE, ON_THE_WAY, WHEN_A_HOLD_ENDS, commits, sends

# A call of its own kind, and what a kind of due does.
PROVIDER = {"bot.checkout:_create", "handlers.time_passed:hold_ended"}


def test_every_function_that_commits_or_sends_stands_in_the_table() -> None:
    """One that is new must be put on the way, or said why it stands aside."""
    table = {*ON_THE_WAY, *WHEN_A_HOLD_ENDS, *ASIDE}
    assert commits() | sends() | PROVIDER == table
    assert len(table) == len(ON_THE_WAY) + len(WHEN_A_HOLD_ENDS) + len(ASIDE)
    assert len(sends()) == 5
