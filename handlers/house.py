"""What every handler is handed: the time, who we are in the lanes, where the house hears of bookings, the secret of links."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models import catalogs
from models.catalog import Alert, Catalog


@dataclass(frozen=True, slots=True)
class Rest:
    """Something that comes by itself and failed is left alone `until` then; it was left alone for so long (`pause`)."""

    until: datetime
    pause: timedelta


@dataclass(frozen=True, slots=True)
class House:
    """One process of this operator's house. `now` gives aware UTC; `alerts` override the catalogue's when not empty.

    `strangers`: letters that the bot answers in an hour from addresses that it never wrote to; 0 is any number.
    `failing`: what comes by itself and fails, by the name under which the desk is told of it.
    """

    now: Callable[[], datetime]
    owner: str
    secret: bytes
    alerts: tuple[Alert, ...] = ()
    test_mode: bool = True  # payments of the provider's test mode count
    strangers: int = 0
    failing: dict[str, Rest] = field(default_factory=dict, compare=False)

    async def catalog(self) -> Catalog:
        """What is on sale now."""
        return (await catalogs.on_sale())[1]

    async def alerted(self) -> tuple[Alert, ...]:
        """Where the house hears of bookings."""
        own = {alert.channel for alert in self.alerts}
        catalog = await self.catalog()
        return self.alerts + tuple(alert for alert in catalog.alerts if alert.channel not in own)

    async def alert_at(self, channel: str, address: str) -> Alert | None:
        """Whoever writes where the house hears of bookings is staff, until accounts are linked."""
        at = (channel, address.lower())
        return next((each for each in await self.alerted() if (each.channel, each.address.lower()) == at), None)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, and by which door: for the timeline. `kind`: guest, staff, lead, system or provider."""

    name: str
    kind: str
    door: str


SYSTEM = Actor("Bellhop", "system", "clock")
