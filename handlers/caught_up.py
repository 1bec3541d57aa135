"""We catch up with what a provider could not bring while we were down: whose turn it is, since when, and what of it is new."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.house import House
from models.database import read
from models.fields import instant, micros
from models.settings import kept_moment, move_on

EVERY = timedelta(seconds=60)
OVERLAP = timedelta(minutes=5)  # looked at once more: a provider's clock is not ours, and it may still try by itself
SETTLED = timedelta(minutes=2)  # within which a provider has usually told what became of a message
FORGOTTEN = timedelta(days=2)  # after which it will tell nothing more


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A delivery that has left, of which nobody told us more. `left` is when."""

    id: int
    attempt: int
    state: str
    provider_id: str
    left: datetime


async def our_turn(house: House) -> bool:
    """Whether this process is to catch up now: of all processes one does, once a minute."""
    now = house.now()
    return await move_on("chore:catch_up", now + EVERY, past=now)


async def missing_since(house: House, provider: str) -> datetime:
    """Since when something may have been missed; the first time that is now, for what was said before was not said to us."""
    name, now = f"catch_up:{provider}", house.now()
    since = await kept_moment(name)
    if since is None:
        await move_on(name, now, past=instant(0))
    return since or now


async def caught_up(provider: str, until: datetime) -> None:
    """Whatever the provider has from before `until` is kept here."""
    await move_on(f"catch_up:{provider}", until, past=until)


async def unheard(channel: str, ids: list[str]) -> set[str]:
    """Those of these messages, by the channel's ids, that never reached us."""
    names = {f"id{number}": each for number, each in enumerate(ids)}
    known = await read(
        "SELECT external_id FROM inbound WHERE channel = :channel "  # noqa: S608  # names of our own making
        f"AND external_id IN ({', '.join(f':{name}' for name in names)})",
        channel=channel, **names,
    ) if ids else []  # fmt: skip
    return set(ids) - {row["external_id"] for row in known}


async def in_doubt(house: House, channel: str) -> list[InDoubt]:
    """What has left by this channel and should have arrived by now."""
    now = house.now()
    rows = await read(
        "SELECT d.id, d.attempt, d.state, d.provider_id, COALESCE(d.sent, d.sending) AS gone FROM delivery d "
        "JOIN recipient r ON r.id = d.recipient_id WHERE r.channel = :channel AND d.state IN ('sending', 'sent') "
        "AND d.created > :forgotten AND COALESCE(d.sent, d.sending) < :settled AND d.provider_id IS NOT NULL",
        channel=channel, forgotten=micros(now - FORGOTTEN), settled=micros(now - SETTLED),
    )  # fmt: skip
    return [InDoubt(row["id"], row["attempt"], row["state"], row["provider_id"], instant(row["gone"])) for row in rows]
