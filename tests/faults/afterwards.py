"""What guests do after they have asked: cancel, change, go on in another channel, wait on the list; and what must then be so.

Each story has its own look for loss and doubling: what was agreed to is done once, everybody who must know is told once.
"""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

from models import timeline
from models.database import read, transaction
from tests.conftest import NOW
from tests.faults.crowd import ANSWERS, MONTHS, Guest, Phone, Plan
from tests.faults.fleet import Fleet
from tests.people import Missed, Person, read_aloud

STORIES = ("cancels", "changes", "hops", "waits")
YACHT = "the yacht on {month} {day} at 9am, 4 adults, from Marina Cap Cana, no extras, no notes, no occasion"


def people(number: int) -> list[dict[str, Any]]:
    """The first so many of them, as the simulators want to know them: each with a phone and a chat."""
    plans = [Plan(2 * each) for each in range(number)]
    return [plan.person() | {"telegram": 700_900_000 + plan.number} for plan in plans]


class Afterwards(Guest):
    """A guest of one story, by number: on WhatsApp in English; whoever hops goes on in Telegram."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        super().__init__(fleet, Plan(2 * number))
        self.story = STORIES[number % len(STORIES)]
        self.day = NOW + timedelta(days=20 + number)

    async def lives(self) -> None:
        """From the first message to the last answer."""
        try:
            await getattr(self, self.story)()
        except (Missed, TimeoutError) as missed:
            lane = await self._lane()
            raise Missed(f"{self.plan.key} ({self.story}) at {self.step or 'the start'}: {missed}; {lane}") from None

    async def cancels(self) -> None:
        """Booked, paid, and cancelled while it costs nothing."""
        await self.books()
        await self.pays()
        await self._says("cancel my booking", "Shall I cancel it?")
        await self._says("yes", "Cancelled:")

    async def changes(self) -> None:
        """Booked, paid, and in a larger car; then one person more."""
        await self.books()
        await self.pays()
        for words in ("the SUV instead please", "make it 3 adults please"):
            await self._says(words, "would change")
            await self._says("yes", "is changed")

    async def hops(self) -> None:
        """Begun on WhatsApp, booked and paid on Telegram."""
        await self.person.says(self.plan.asks)
        await self._hears(self._on(ANSWERS[0]))
        link = read_aloud(await self._says("continue on Telegram", "right where we are")) + str(self.person.seen()[-1])
        token = re.search(r"start=([\w-]+)", link)
        assert token, link
        phone: Any = Phone(self.fleet, self.plan, "telegram")
        here, self.person = self.person, Person(phone, self.plan.key, "telegram")
        await self._says(f"/start {token[1]}", "just where we were")
        await self.person.taps(self._on(ANSWERS[0]))  # the very question that was open
        for block in ANSWERS[1:]:
            await self._answers(block)
        await self._hears("Which vehicle")
        await self.person.says("Sedan")
        await self._sends()
        await self.pays()
        self.person = here
        await self._hears("You went on in Telegram")

    async def waits(self) -> None:
        """The boat is full; it comes free, is offered once, and is theirs."""
        asked = YACHT.format(month=MONTHS["en"][self.day.month - 1], day=self.day.day)
        await taken(self.boat)
        await self._says(asked, "full: waiting list")
        await self.person.says("waiting list please")
        await self._hears_or_names("Join waiting list")
        self.reference = _code(await self._says("join the waiting list", "You are on the waiting list"))
        await freed(self.boat)
        await self._hears("Good news")
        await self.pays()

    @property
    def boat(self) -> str:
        """Their departure."""
        return f"departure:yacht:{self.day:%Y-%m-%d}T09:00"

    async def _sends(self) -> None:
        await self._hears_or_names(self._on("send"))
        await self.person.taps(self._on("send"))
        self.reference = _code(await self._hears("CA-"))

    async def _says(self, words: str, heard: str) -> Any:
        await self.person.says(words)
        return await self._hears(heard)


# -- what must then be so -----------------------------------------------------------------------


async def outcomes(guests: list[Afterwards]) -> list[str]:
    """All that was lost or doubled of what they agreed to."""
    faults = []
    for one in guests:
        rows = await read("SELECT * FROM booking WHERE reference = :reference", reference=one.reference)
        if len(rows) != 1:
            faults.append(f"bookings: {one.plan.key} ({one.story}) has {len(rows)}")
            continue
        row = rows[0]
        kinds = [entry["kind"] for entry in await timeline.timeline(int(row["id"]))]
        found = Counter(kinds) & Counter(dict.fromkeys(TOLD, 99))
        faults += [
            f"{one.story}: {one.reference} has {what} {found[what]} times, not {times}"
            for what, times in EXPECTED[one.story].items()
            if found[what] != times
        ]
        state = "cancelled" if one.story == "cancels" else "confirmed"
        if row["state"] != state or timeline.rebuilt(await timeline.timeline(int(row["id"]))) != state:
            faults.append(f"{one.story}: {one.reference} is {row['state']}, and tells {kinds}")
        faults += await _claimed(one, int(row["id"])) + await _told(one, int(row["id"]))
    theirs = await read("SELECT COUNT(*) AS n FROM booking")
    if theirs[0]["n"] != len(guests):
        faults.append(f"bookings: {theirs[0]['n']} for {len(guests)} guests")
    return faults


TOLD = ("confirmed", "cancelled", "changed", "offered", "waitlisted")
EXPECTED = {
    "cancels": {"confirmed": 1, "cancelled": 1, "changed": 0, "offered": 0},
    "changes": {"confirmed": 1, "cancelled": 0, "changed": 2, "offered": 0},
    "hops": {"confirmed": 1, "cancelled": 0, "changed": 0, "offered": 0},
    "waits": {"confirmed": 1, "cancelled": 0, "changed": 0, "waitlisted": 1, "offered": 1},
}
HOLDS = {"changes": ["vehicle:suv"], "hops": ["vehicle:sedan"], "cancels": []}
NOTICES = {  # to the house's WhatsApp, and to the guest in whatever chat they are
    "cancels": {"booking_cancelled_house": 1, "booking_confirmed_guest": 1, "cancelled": 1},
    "changes": {"booking_changed_house": 2, "booking_confirmed_guest": 1, "changed": 2},
    "hops": {"booking_confirmed_house": 1, "booking_confirmed_guest": 1},
    "waits": {"booking_confirmed_house": 1, "place_free_guest": 1, "booking_confirmed_guest": 1, "waitlisted_house": 1},
}


async def _claimed(one: Afterwards, booking: int) -> list[str]:
    """What is theirs is claimed once, for good; what is not, not at all. Nobody who is served waits any more."""
    rows = await read(
        "SELECT c.resource, c.lapses FROM claim c JOIN leg l ON l.id = c.leg_id WHERE l.booking_id = :id", id=booking
    )
    wanted = HOLDS.get(one.story, [one.boat])
    faults = [] if [row["resource"] for row in rows] == wanted else [f"claims: {one.story} has {rows}, not {wanted}"]
    faults += [f"claims: {one.story} has one that lapses" for row in rows if row["lapses"] is not None]
    if await read("SELECT id FROM waiting WHERE booking_id = :id", id=booking):
        faults.append(f"waiting: {one.reference} still is")
    return faults


async def _told(one: Afterwards, booking: int) -> list[str]:
    rows = await read(
        "SELECT d.kind, r.address, COUNT(*) AS n FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "WHERE d.booking_id = :id AND r.channel <> 'mail' GROUP BY d.kind, r.address",
        id=booking,
    )
    times: dict[str, set[int]] = {}
    for row in rows:
        times.setdefault(row["kind"], set()).add(int(row["n"]))
    return [
        f"told: {one.story} {one.reference} has {kind} {sorted(times.get(kind, ()))} times, not {number}"
        for kind, number in NOTICES[one.story].items()
        if times.get(kind) != {number}
    ]


# -- the boat -----------------------------------------------------------------------------------


async def taken(boat: str) -> None:
    """Somebody else has all of it."""
    async with transaction() as run:
        await run(
            "INSERT INTO resource (key, units, longest) VALUES (:boat, 1, 0) ON CONFLICT (key) DO NOTHING", boat=boat
        )
        await run(
            "INSERT INTO claim (resource, starts, ends, quantity) SELECT key, 0, 9000000000000000, units FROM resource "
            "WHERE key = :boat",
            boat=boat,
        )


async def freed(boat: str) -> None:
    """They give it back."""
    async with transaction() as run:
        await run("DELETE FROM claim WHERE resource = :boat AND leg_id IS NULL", boat=boat)


def _code(message: Any) -> str:
    found = re.search(r"CA-[2-9A-Z]{5}", read_aloud(message))
    assert found
    return found[0]
