"""Someone asked for a link with a request in it: what fits in the link is in it, anything longer is kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.book import QUESTIONS
from handlers.house import House
from models import doors
from models.database import transaction

NEVER_IN_A_LINK = ("terms",)


async def door_made(
    house: House, draft: Mapping[str, Any], language: str, source: str | None, *, words: str = "",
    until: datetime | None = None, once: bool = False,
) -> str:  # fmt: skip
    """The token of a request, good for the words that go with it; without `until` it never lapses. `once`: for one guest alone."""
    request = {row.key: draft[row.key] for row in QUESTIONS if row.key in draft and row.key not in NEVER_IN_A_LINK}
    made = None if once else doors.token(house.secret, request, language, source, words=words, until=until)
    if made is not None:
        return made
    async with transaction() as run:
        number = await doors.keep(run, request, language, source, house.now(), words=words, until=until, once=once)
    return doors.kept_token(house.secret, number)
