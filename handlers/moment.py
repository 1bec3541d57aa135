"""The moment in which one turn of a guest's talk is taken: what they wrote, where the talk stood, what is on sale."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flows.menu import World
from flows.speech import Heard
from flows.talk import Talk
from handlers.hearing import as_turn
from handlers.house import Actor, House
from handlers.menu import menu_of
from models import channels
from models.catalog import Catalog
from models.channels import Channel
from models.database import Run
from models.turns import Seen, Turn


@dataclass(frozen=True, slots=True)
class Moment:
    """What one turn is taken in."""

    house: House
    heard: Heard
    seen: Seen
    catalog: Catalog
    world: World
    now: datetime
    inbound: int | None

    @property
    def channel(self) -> Channel:
        """What the channel is like on which they write."""
        return channels.known_as(self.heard.channel)

    @property
    def talk(self) -> Talk:
        """Where their talk stands; one that begins now speaks what the channel says they speak."""
        return Talk.from_json(self.seen.state) if self.seen.state else Talk.new(spoken(self.heard, self.catalog))

    @property
    def world_then(self) -> World:
        """What "tomorrow" is counted from, where a message reaches us late."""
        return replace(self.world, now=self.heard.at.astimezone(self.world.now.tzinfo))

    @property
    def actor(self) -> Actor:
        """The guest, as the timeline calls them."""
        return Actor(self.heard.name or self.heard.sender, "guest", self.heard.channel)

    def kept(self, **left: Any) -> Turn:
        """This turn as it is kept, with what it leaves behind."""
        return as_turn(self.house, self.heard, self.seen, self.inbound, **left)

    async def theirs(self, reference: str, run: Run) -> int | None:
        """The booking of that code, if whoever writes made it."""
        rows = await run(
            "SELECT id FROM booking WHERE reference = :reference AND recipient_id = :recipient",
            reference=reference, recipient=self.seen.recipient,
        )  # fmt: skip
        return int(rows[0]["id"]) if rows else None


async def moment_of(house: House, heard: Heard, seen: Seen, inbound: int | None) -> Moment:
    """The moment of a message, as of now."""
    catalog, now = await house.catalog(), house.now()
    world = World(now.astimezone(ZoneInfo(catalog.brand.zone)), menu_of(catalog))
    return Moment(house, heard, seen, catalog, world, now, inbound)


def spoken(heard: Heard, catalog: Catalog) -> str:
    """The language of someone we have not talked with: what the channel says, if the brand speaks it."""
    told = (heard.language or "").split("-")[0]
    return told if told in catalog.brand.languages else catalog.brand.language
