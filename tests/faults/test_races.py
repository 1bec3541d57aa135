"""The last vehicle and the last seats: two hundred guests accept at once, and as many get it as there is, by all doors together.

They stand at the review as if each had talked until there: their talks are written into the records, and each round costs one webhook
a guest. On PostgreSQL one or two servers take them; on SQLite, which has one, a process of its own claims beside it.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows.script import label
from flows.talk import Talk
from models import catalogs
from models.claims import Resource, claim
from models.database import Run, read, transaction
from models.fields import micros, packed, unpacked
from models.request import Need, from_draft
from tests.conftest import DIALECT, NOW
from tests.doors.knocking import Door
from tests.faults.conftest import sized
from tests.faults.fleet import Fleet, Nursery, fleet_of
from tests.faults.permuting import door_of, everybody_wrote_today
from tests.faults.test_kills import report

PATIENCE = 300.0  # seconds until a round must be over
SENT = ("sent", "delivered", "read")
TURN = 3  # of the card that they see
ACCEPT = ("review", "send")
AHEAD = 0.3  # seconds that the guests are ahead of the other process, at most
PARTY = {"adults": 2, "children": [], "infants": 0}
WHO: dict[str, Any] = {
    "name": "Ana Berg",
    "phone": "+34612345678",
    "email": None,
    "occasion": None,
    "notes": "none",
    "extras": {},
    "room": None,
}
RIDE = WHO | {"service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "hard_rock"}, "time": "15:00", "flight": "AA1045",
              "party": PARTY, "luggage": 2, "vehicle": "sedan"}  # fmt: skip
TOUR = WHO | {"service": "buggy_macao", "pickup": {"place": "macao_buggy_base"}, "party": PARTY}


@dataclass(frozen=True, slots=True)
class Size:
    """How many guests race, how often, and how many claim beside them in another process."""

    racers: int
    rounds: int
    beside: int


SHORT, LONG = Size(racers=24, rounds=2, beside=8), Size(racers=200, rounds=125, beside=40)
# On one and two processes and both databases that is 500 rounds in all, and twenty minutes on each database.
SIZE = sized(SHORT, LONG)


# -- who races ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Racer:
    """One guest, by number: even ones on WhatsApp, odd ones on Telegram."""

    number: int

    @property
    def channel(self) -> str:
        """Where they write."""
        return ("whatsapp", "telegram")[self.number % 2]

    @property
    def address(self) -> str:
        """Where they are written to."""
        return f"+4690{1000000 + self.number}" if self.channel == "whatsapp" else str(700_900_000 + self.number)

    def person(self) -> dict[str, Any]:
        """As the simulators want to know them."""
        return {"key": f"racer{self.number}", "name": "Ana Berg", "language": "en", "role": "guest", "started": True,
                self.channel: self.address if self.channel == "whatsapp" else int(self.address)}  # fmt: skip

    async def accepts(self, door: Door, turn: int) -> int:
        """Says yes to the terms, which sends the request; the status."""
        if self.channel == "whatsapp":
            sid, words = f"SM{turn}.{self.number}", label("send", "en")
            return await door.twilio({"MessageSid": sid, "From": f"whatsapp:{self.address}", "Body": words, "ProfileName": "Ana Berg",
                                      "NumMedia": "0"})  # fmt: skip
        who = {
            "id": int(self.address),
            "is_bot": False,
            "first_name": "Ana",
            "last_name": "Berg",
            "language_code": "en",
        }
        message = {
            "message_id": 1,
            "date": int(NOW.timestamp()),
            "chat": {"id": int(self.address), "type": "private"},
            "from": who,
            "text": "…",
        }
        return await door.telegram({"update_id": turn * 1000 + self.number, "callback_query": {
            "id": "1", "from": who, "message": message, "chat_instance": "1", "data": "|".join([str(TURN), *ACCEPT])}})  # fmt: skip


# -- the other process --------------------------------------------------------------------------


class Beside:
    """Another process that claims on the same file; none on PostgreSQL, where it is a server."""

    def __init__(self, process: asyncio.subprocess.Process | None, times: int) -> None:
        self.process, self.times = process, times

    async def claims(self, need: Need, now: datetime) -> Counter[str]:
        """So many tries at once for the same."""
        if self.process is None or self.process.stdin is None:
            return Counter()
        wish = {"resource": need.resource, "starts": micros(need.starts), "ends": micros(need.ends), "quantity": need.quantity,
                "now": micros(now), "times": self.times}  # fmt: skip
        self.process.stdin.write(json.dumps(wish).encode() + b"\n")
        return Counter(await self.told())

    async def told(self) -> dict[str, int]:
        """Its next line."""
        assert self.process is not None
        assert self.process.stdout is not None
        return dict(json.loads(await self.process.stdout.readline()))


@asynccontextmanager
async def beside(url: str, times: int) -> AsyncIterator[Beside]:
    """It lives as long as the block; with no `times` there is none."""
    if not times:
        yield Beside(None, 0)
        return
    script = str(Path(__file__).with_name("beside.py"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, url, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    try:
        other = Beside(process, times)
        assert await other.told() == {"ready": 1}
        yield other
    finally:
        process.stdin.close()
        await process.wait()


# -- a round ------------------------------------------------------------------------------------


@dataclass
class Race:
    """The racers, the doors they come by, and what was found."""

    fleet: Fleet
    racers: list[Racer]
    other: Beside
    dice: Random
    answers: Counter[int] = field(default_factory=Counter)
    aside: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    winners: int = 0
    offered: int = 0
    slowest: float = 0.0  # seconds until a webhook was answered

    def now(self) -> datetime:
        """The house's clock."""
        return datetime.now(UTC) + timedelta(seconds=self.fleet.offset)

    async def gather(self) -> None:
        """Everybody has a talk."""
        async with transaction() as run:
            for racer in self.racers:
                row = await run(
                    "INSERT INTO recipient (channel, address, name, language, urgency, fence, last_heard) VALUES (:channel, :address, "
                    "'Ana Berg', 'en', 5, 0, :now) RETURNING id",
                    channel=racer.channel, address=racer.address, now=micros(self.now()),
                )  # fmt: skip
                await run(
                    "INSERT INTO talk (recipient_id, version, state, silent, changed) VALUES (:id, 1, '{}', :no, :now)",
                    id=row[0]["id"], no=False, now=micros(self.now()),
                )  # fmt: skip

    async def ready(self, draft: dict[str, Any], places: int) -> Need:
        """Everybody stands at the review of this, and of what it needs there are so many places left."""
        shown = [{"question": ACCEPT[0], "value": ACCEPT[1], "words": [label("accept", "en").lower()]}]
        talk = Talk(state="review", draft=draft, turn=TURN, language="en", shown=shown)
        _, catalog = await catalogs.on_sale()
        need = from_draft(draft, catalog).resources()[0]
        async with transaction() as run:
            await run("UPDATE talk SET state = :state, booking_id = NULL", state=packed(talk.as_json()))
            await self._take(run, need, need.units - places)
            for other in catalog.departures_on(draft["service"], date.fromisoformat(draft["date"])):
                if other.key != draft.get("departure"):  # the day is full but for this one
                    full = from_draft({**draft, "departure": other.key}, catalog).resources()[0]
                    await self._take(run, full, full.units)
        return need

    async def _take(self, run: Run, need: Need, places: int) -> None:
        """So many are somebody else's."""
        await Resource.declare(run, need.resource, need.units)
        await claim(run, need.resource, need.starts, need.ends, places, leg=None, lapses=None, now=self.now())

    async def run(self) -> list[str]:
        """One round, for a vehicle and for seats in turn, each on a day of its own; all that was wrong with it."""
        self.rounds += 1
        day = (NOW.astimezone(ZoneInfo("America/Santo_Domingo")) + timedelta(days=2 + self.rounds)).date().isoformat()
        vehicle = bool(self.rounds % 2)
        draft = RIDE | {"date": day} if vehicle else TOUR | {"date": day, "departure": f"{day}T08:30"}
        places, parties = (1, 1) if vehicle else (7, 3)
        need = await self.ready(draft, places)
        since = await self._newest()
        accepting = asyncio.create_task(self._all_accept())
        await asyncio.wait([accepting], timeout=self.dice.uniform(0, AHEAD))
        beside = await self.other.claims(need, self.now())
        gone = await accepting
        await self.fleet.drained()
        self.fleet.sim.world.messages.clear()
        self.aside += beside
        return [
            *[f"answered: {status} {times} times" for status, times in gone.items() if status != 200],
            *[f"beside: {end}, {times} times" for end, times in beside.items() if end not in ("won", "refused", "locked")],
            *await self._taken(need, since, parties - beside["won"]), *await self._told(since, draft, parties - beside["won"]),
        ]  # fmt: skip

    async def _newest(self) -> dict[str, int]:
        return {
            table: int((await read(f"SELECT COALESCE(MAX(id), 0) AS id FROM {table}"))[0]["id"])
            for table in ("booking", "delivery")
        }

    async def _all_accept(self) -> Counter[int]:
        door = door_of(self.fleet)
        began = time.monotonic()
        gone = Counter(await asyncio.gather(*(racer.accepts(door, self.rounds) for racer in self.racers)))
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers += gone
        return gone

    async def _taken(self, need: Need, since: dict[str, int], winners: int) -> list[str]:
        """As many bookings as there were places for, each with its claim, and no more claimed than there is."""
        booked = await read(
            "SELECT b.id, COUNT(l.id) AS legs, COUNT(c.id) AS claims FROM booking b LEFT JOIN leg l ON l.booking_id = b.id "
            "LEFT JOIN claim c ON c.leg_id = l.id WHERE b.id > :since GROUP BY b.id",
            since=since["booking"],
        )
        rows = await read(
            "SELECT SUM(quantity) AS taken FROM claim WHERE resource = :resource AND starts < :ends AND ends > :starts",
            resource=need.resource, starts=micros(need.starts), ends=micros(need.ends),
        )  # fmt: skip
        faults = [f"winners: {len(booked)} instead of {winners}"] if len(booked) != winners else []
        faults += [f"without a claim: booking {row['id']}" for row in booked if not row["legs"] == row["claims"] == 1]
        if int(rows[0]["taken"]) > need.units:
            faults.append(f"overbooked: {rows[0]['taken']} of {need.units} {need.resource}")
        self.winners += len(booked)
        return faults

    async def _told(self, since: dict[str, int], draft: dict[str, Any], winners: int) -> list[str]:
        """Everybody was answered once, who won with what is held, who lost with something else that may be had."""
        rows = await read(
            "SELECT d.kind, d.payload, d.state, d.error, r.address FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
            "WHERE d.id > :since AND d.business_key LIKE 'answer:%'",
            since=since["delivery"],
        )
        kinds = Counter(str(row["kind"]) for row in rows)
        expected = Counter(held=winners, sold_out=len(self.racers) - winners)
        faults = [f"told: {dict(kinds)} instead of {dict(expected)}"] if kinds != +expected else []
        faults += [
            f"told twice: {address}" for address, times in Counter(row["address"] for row in rows).items() if times > 1
        ]
        for row in rows:
            if row["state"] not in SENT:
                faults.append(f"not sent: {row['kind']} to {row['address']} is {row['state']}: {row['error']}")
            if row["kind"] == "sold_out":
                others = [
                    one
                    for one in unpacked(row["payload"])["options"]
                    if one["question"] in ("time", "vehicle", "departure")
                ]
                self.offered += bool(others)
                if not others or any(one["value"] == draft.get(one["question"]) for one in others):
                    faults.append(f"no alternative: {row['address']} was offered {others}")
        return faults

    def figures(self, began: float) -> dict[str, Any]:
        """What it amounted to."""
        return {"rounds": self.rounds, "racers": len(self.racers), "winners": self.winners, "claimed beside": dict(self.aside),
                "offered something else": self.offered, "answers": dict(self.answers), "slowest answer": round(self.slowest, 1),
                "seconds": round(time.monotonic() - began)}  # fmt: skip


@asynccontextmanager
async def racing(fleet: Fleet, racers: int, processes: int, aside: int, seed: int) -> AsyncIterator[Race]:
    """Servers that are ready, and racers who have talked with them."""
    everybody_wrote_today(fleet)
    fleet.patience = PATIENCE
    servers = [fleet.add() for _ in range(processes if DIALECT == "postgres" else 1)]
    await asyncio.gather(*(each.starts() for each in servers))
    async with beside(fleet.settings.database, aside if processes > len(servers) else 0) as other:
        race = Race(fleet, [Racer(number) for number in range(racers)], other, Random(seed))
        await race.gather()
        yield race


@pytest.mark.parametrize("processes", [1, 2])
async def test_the_last_one_has_one_winner(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int, processes: int
) -> None:
    """Nobody gets what is not there, nobody is turned away with nothing, and everybody is answered. The control: without the guard."""
    began, known = time.monotonic(), [Racer(number).person() for number in range(SIZE.racers)]
    async with (
        fleet_of(database_url, tmp_path, servers, known, seed) as fleet,
        racing(fleet, SIZE.racers, processes, SIZE.beside, seed) as race,
    ):
        for _ in range(SIZE.rounds):
            assert await race.run() == [], f"round {race.rounds}"
        report(f"the last one, {processes} processes", race.figures(began))
        assert race.answers.total() == race.answers[200]
        if processes == 1:
            await without_its_guard(race)


async def without_its_guard(race: Race) -> None:
    """The control: the trigger gone, everybody wins."""
    race.racers = race.racers[: SHORT.racers]
    async with transaction() as run:
        await run("DROP TRIGGER claim_peak" + (" ON claim" if DIALECT == "postgres" else ""))
    found = await race.run()
    report("the last one without its guard", found[:3])
    assert any(one.startswith("overbooked") for one in found)
