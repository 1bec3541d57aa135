"""A mistake of ours, put into the middle of the work to see what becomes of it."""

from inspect import iscoroutinefunction
from typing import Any

import pytest

EVER = 10**6


class Mistake:
    """Takes the place of a named function of ours and fails: for one sender or all, so many times (`left`) or always.

    One that waits for the database does all its work first, so that there is something to undo.
    """

    def __init__(
        self, patch: pytest.MonkeyPatch, module: Any, name: str, *, times: int = EVER, sender: str = "",
        error: Exception | None = None,
    ) -> None:  # fmt: skip
        self.real, self.left, self.sender, self.calls = getattr(module, name), times, sender, 0
        self.error = error or KeyError("a mistake of ours")
        patch.setattr(module, name, self._late if iscoroutinefunction(self.real) else self)

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Fail, or do as the real one does."""
        if self._fails(given):
            raise self.error
        return self.real(*given, **named)

    async def _late(self, *given: Any, **named: Any) -> Any:
        fails, answer = self._fails(given), await self.real(*given, **named)
        if fails:
            raise self.error
        return answer

    def _fails(self, given: tuple[Any, ...]) -> bool:
        self.calls += 1
        concerned = not self.sender or any(getattr(each, "sender", None) == self.sender for each in given)
        fails = concerned and self.left > 0
        self.left -= fails
        return fails
