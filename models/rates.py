"""How fast a provider may be called: one allowance for all processes of the house, kept where they meet."""

import time

from tortoise import fields
from tortoise.models import Model

from models.database import dialect, transaction
from models.lanes import leasing


class Rate(Model):
    """One provider's allowance. `used` is the moment up to which it is used up, microseconds on the lease clock (GCRA)."""

    name = fields.CharField(max_length=40, primary_key=True)
    used = fields.BigIntField()

    class Meta:
        table = "rate"


_own: dict[str, int] = {}  # SQLite: there is one process, and its memory will do; microseconds


async def take(name: str, rate: float, burst: int, most: int) -> tuple[int, float]:
    """Take leave for up to `most` sends now; gives how many, and the seconds to wait when there are none.

    `rate`: sends a second; `burst`: how many at once after a rest. Generic cell rate algorithm (ITU-T I.371).
    """
    if dialect() == "sqlite":
        return _take_own(name, rate, burst, most)
    step, sql = round(1_000_000 / rate), leasing(_TAKE)
    async with transaction() as run:
        rows = await run(sql, name=name, step=step, burst=burst, most=most)
        if not rows:
            await run("INSERT INTO rate (name, used) VALUES (:name, 0) ON CONFLICT DO NOTHING", name=name)
            rows = await run(sql, name=name, step=step, burst=burst, most=most)
    return int(rows[0]["given"]), max(0, int(rows[0]["wait"])) / 1_000_000


_TAKE = (
    "WITH seen AS (SELECT used, {clock} AS now "
    "FROM rate WHERE name = :name FOR UPDATE), "
    "free AS (SELECT greatest(used, now) AS used, now, "
    "greatest(0, least(:most::bigint, (now + :burst::bigint * :step::bigint - greatest(used, now)) / :step::bigint)) AS given "
    "FROM seen) "
    "UPDATE rate SET used = free.used + free.given * :step::bigint FROM free WHERE rate.name = :name "
    "RETURNING free.given, free.used - free.now - (:burst::bigint - 1) * :step::bigint AS wait"
)


def _take_own(name: str, rate: float, burst: int, most: int) -> tuple[int, float]:
    # Whole microseconds, as on PostgreSQL: with fractions "one is free" came out as a hair less than one.
    now, step = round(time.monotonic() * 1_000_000), round(1_000_000 / rate)
    used = max(_own.get(name, 0), now)
    given = max(0, min(most, (now + burst * step - used) // step))
    _own[name] = used + given * step
    return given, max(0, used - now - (burst - 1) * step) / 1_000_000
