"""Staff log in and out: a session is made, kept alive while they work, and ended."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.house import House
from models.database import read, transaction
from models.fields import instant, micros

IDLE = timedelta(hours=12)
OLDEST = timedelta(days=7)
NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Member:
    """Someone of the house, as the desk knows them; `password` is their argon2 hash."""

    id: int
    login: str
    name: str
    password: str


async def by_login(login: str) -> Member | None:
    """Who has this log-in and still works here."""
    rows = await read(
        'SELECT id, login, name, password FROM staff WHERE login = :login AND "left" IS NULL',
        login=login.strip().lower(),
    )
    return Member(**rows[0]) if rows else None


async def logged_in(house: House, member: Member, instead_of: str | None = None) -> str:
    """Open a session and give its token, which is kept nowhere; the browser's earlier session ends with it."""
    token, now = secrets.token_urlsafe(32), micros(house.now())
    async with transaction() as run:
        await run("DELETE FROM session WHERE seen < :idle OR created < :oldest", **_limits(house.now()))
        await run("DELETE FROM session WHERE token_sha256 = :sha", sha=_sha(instead_of or ""))
        await run(
            "INSERT INTO session (token_sha256, staff_id, created, seen) VALUES (:sha, :staff, :now, :now)",
            sha=_sha(token), staff=member.id, now=now,
        )  # fmt: skip
    return token


async def logged_out(token: str) -> None:
    """End the session of this token."""
    async with transaction() as run:
        await run("DELETE FROM session WHERE token_sha256 = :sha", sha=_sha(token))


async def at_the_desk(house: House, token: str) -> Member | None:
    """Who this token belongs to: not idle for twelve hours, not older than seven days, and still working here."""
    rows = await read(
        'SELECT s.id, s.login, s.name, s.password, n.seen FROM session n JOIN staff s ON s.id = n.staff_id '
        'WHERE n.token_sha256 = :sha AND s."left" IS NULL AND n.seen >= :idle AND n.created >= :oldest',
        sha=_sha(token), **_limits(house.now()),
    )  # fmt: skip
    if not rows:
        return None
    seen = instant(rows[0].pop("seen"))
    if house.now() - seen > NOTED_EVERY:
        await _note(house, token)
    return Member(**rows[0])


async def _note(house: House, token: str) -> None:
    async with transaction() as run:
        await run("UPDATE session SET seen = :now WHERE token_sha256 = :sha", now=micros(house.now()), sha=_sha(token))


def _limits(now: datetime) -> dict[str, int]:
    return {"idle": micros(now - IDLE), "oldest": micros(now - OLDEST)}


def _sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
