"""A crowd of scripted guests on WhatsApp and Telegram, each of whom books and pays, whatever happens to the house meanwhile.

A guest goes on from the question that is open: whatever they wrote or tapped is written or tapped once, and the answer is waited
for, through kills and all.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from flows.script import label
from models.database import read
from tests.conftest import NOW
from tests.faults.fleet import MOMENT, Fleet, between_looks
from tests.people import Missed, Person, read_aloud

FIRST = ("Ana", "Bea", "Clara", "Dora", "Elsa", "Freja", "Greta", "Hanna", "Ida", "Julia", "Karin", "Lena", "Maja", "Nora", "Olga",
         "Petra", "Rosa", "Sara", "Tilda", "Vera")  # fmt: skip
LAST = ("Berg", "Dahl", "Ek", "Falk", "Gran", "Holm", "Kvist", "Lind", "Moberg", "Nord", "Palm", "Quist", "Rask", "Sand", "Thorn",
        "Ulrich", "Varg", "Wall", "Stark", "Alm", "Bjork", "Ceder", "Dunge", "Engel", "Frisk", "Glad")  # fmt: skip
MONTHS = {"en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
                 "December"),
          "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
                 "diciembre")}  # fmt: skip
ASK = {
    "en": "airport PUJ to Hard Rock on {day} {month} at 3pm, one way, 2 people, champagne",
    "es": "aeropuerto PUJ a Hard Rock el {day} de {month} a las 3 de la tarde, solo ida, 2 personas, champán",
}
ANSWERS = ("flight_unknown", "no_bags")  # what is tapped to the questions that are left
VEHICLE_ASKED = {"en": "Which vehicle", "es": "Qué vehículo"}
VEHICLE = {"en": "Sedan", "es": "Sedán"}
PHONE_ASKED = {"en": "phone number", "es": "teléfono"}
NAME_ASKED = {"en": "In whose name", "es": "A nombre de quién"}
BOOKED = {"en": "You are booked", "es": "Su reserva está confirmada"}
UNITS = 5  # sedans in the sample: a day is as full as it can be


@dataclass(frozen=True, slots=True)
class Plan:
    """One guest of the crowd, by number: even ones on WhatsApp in English, odd ones on Telegram in Spanish; each third has a mail address."""

    number: int

    @property
    def channel(self) -> str:
        """Where they write."""
        return ("whatsapp", "telegram")[self.number % 2]

    @property
    def language(self) -> str:
        """What they speak."""
        return ("en", "es")[self.number % 2]

    @property
    def key(self) -> str:
        """Their name at the simulators."""
        return f"guest{self.number}"

    @property
    def name(self) -> str:
        """No two of 500 have the same."""
        return f"{FIRST[self.number % len(FIRST)]} {LAST[self.number // len(FIRST) % len(LAST)]}"

    @property
    def email(self) -> str | None:
        """Where the documents go, for some."""
        return f"{self.key}@example.com" if self.number % 3 == 0 else None

    @property
    def asks(self) -> str:
        """What they write first: five ask for each day, and there are five sedans."""
        day = NOW + timedelta(days=3 + self.number // UNITS)
        return ASK[self.language].format(day=day.day, month=MONTHS[self.language][day.month - 1])

    @property
    def kind(self) -> tuple[str, bool]:
        """Guests of one kind live through the same story."""
        return self.channel, self.email is not None

    def person(self) -> dict[str, Any]:
        """As the simulators want to know them."""
        address = (
            {"whatsapp": f"+4670{1000000 + self.number}"}
            if self.channel == "whatsapp"
            else {"telegram": 700_500_000 + self.number}
        )
        return {"key": self.key, "name": self.name, "language": self.language, "role": "guest", **address}

    @property
    def address(self) -> str:
        """Their address in our lanes."""
        return str(self.person()[self.channel])


def people(number: int) -> list[dict[str, Any]]:
    """The first so many of the crowd."""
    return [Plan(each).person() for each in range(number)]


class Phone:
    """What one guest's phone shows; stands in for the whole house in a `Person`."""

    def __init__(self, fleet: Fleet, plan: Plan, channel: str = "") -> None:
        self.fleet, self.plan, self.channel = fleet, plan, channel or plan.channel
        self.http, self.pull = fleet.http, fleet.pull
        self.shown: list[tuple[str, str, dict[str, Any]]] = []
        self.come = asyncio.Event()
        self._worded: dict[str, str] = {}
        fleet.ledger.phones[plan.key, self.channel] = self.note

    def note(self, message: dict[str, Any]) -> None:
        """A message that is new, or newly worded."""
        worded = read_aloud(message) if message.get("text") is not None else ""
        hidden = message["mine"] or message["status"] in ("queued", "failed", "undelivered")
        if not hidden and self._worded.get(message["id"]) != worded:
            self._worded[message["id"]] = worded
            self.shown.append((self.plan.key, self.channel, message))
            self.come.set()

    async def until(self, right: Any) -> Any:
        """What `right()` gives as soon as it is something."""
        async with asyncio.timeout(self.fleet.patience):
            while not (found := right()):
                self.come.clear()
                await self.come.wait()
            return found


class Guest:
    """One of the crowd. `reference` and `paid` are known once they are."""

    def __init__(self, fleet: Fleet, plan: Plan) -> None:
        self.fleet, self.plan = fleet, plan
        self.person = Person(Phone(fleet, plan), plan.key, plan.channel)  # type: ignore[arg-type]
        self.reference = ""
        self.step = ""

    async def books_and_pays(self) -> None:
        """From the first message to the confirmation."""
        try:
            await self.books()
            await self.pays()
        except (Missed, TimeoutError) as missed:
            lane = await self._lane()
            raise Missed(
                f"{self.plan.key} ({self.plan.channel}) at {self.step or 'the start'}: {missed}; {lane}"
            ) from None

    async def _lane(self) -> str:
        """What the records say of a guest who was forgotten: how many wait elsewhere, their lane, and what stands in it."""
        waiting = await read(
            "SELECT r.channel, r.address, COUNT(*) AS n FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
            "WHERE d.state IN ('waiting', 'sending') GROUP BY r.channel, r.address ORDER BY n DESC LIMIT 5"
        )
        rows = await read(
            "SELECT d.kind, d.state, d.attempt, d.error, r.next_due, r.lease, r.owner, r.fence FROM delivery d "
            "JOIN recipient r ON r.id = d.recipient_id WHERE r.address = :address ORDER BY d.id DESC LIMIT 3",
            address=self.plan.address,
        )
        booking = await read("SELECT state FROM booking WHERE reference = :reference", reference=self.reference)
        return f"{booking}, {rows}, waiting: {waiting}"

    async def books(self) -> None:
        """From the first message to the pay link."""
        person, plan = self.person, self.plan
        await person.says(plan.asks)
        for block in ANSWERS:
            await self._answers(block)
        await self._hears(VEHICLE_ASKED[plan.language])
        await person.says(VEHICLE[plan.language])
        if plan.channel == "telegram":
            await self._hears(PHONE_ASKED[plan.language])
            await person.says("+34 612 345 678")
        await self._hears_or_names(self._on("send"))
        if plan.email:
            await person.says(plan.email)
            await self._hears(plan.email)
        await person.taps(self._on("send"))
        heard = await self._hears("CA-")
        found = re.search(r"CA-[2-9A-Z]{5}", read_aloud(heard))
        assert found
        self.reference = found[0]

    async def pays(self) -> None:
        """With a good card, and hears of it."""
        self.step = "the pay page"
        session = (await self.opens_the_checkout()).rsplit("/", 1)[-1]
        async with self.fleet.http.post(
            f"{self.fleet.sim.url}/sim/checkout/{session}", data={"card": "ok"}, allow_redirects=False
        ) as answer:
            assert answer.status == 303, await answer.text()
        await self._hears(BOOKED[self.plan.language])

    async def opens_the_checkout(self) -> str:
        """The address of the checkout; a page that does not answer is asked for again."""
        async with asyncio.timeout(self.fleet.patience):
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with self.fleet.http.post(
                        self.person.link("/pay"), allow_redirects=False, timeout=aiohttp.ClientTimeout(total=10)
                    ) as answer:
                        if answer.status == 303:
                            return answer.headers["Location"]
                        self.step = f"the pay page ({answer.status})"
                await between_looks(MOMENT * 4)  # a guest tries again at their leisure

    async def _hears_or_names(self, words: str) -> Any:
        """All that is missing may be the name: Twilio's list, from which missed words are fetched, has nobody's."""
        self.step, asked = words, NAME_ASKED[self.plan.language]
        await self.person.bellhop.until(lambda: self._got(self.step) or self._got(asked))
        if not self._got(self.step):
            await self.person.says(self.plan.name)
        return await self._hears(self.step)

    def _got(self, words: str) -> bool:
        return any(words in read_aloud(message) for message in self.person.got())

    async def _answers(self, block: str) -> None:
        """Wait for the question that has this option, and tap it."""
        words = self._on(block)
        await self._hears(words)
        await self.person.taps(words)

    async def _hears(self, words: str) -> Any:
        self.step = words
        return await self.person.hears(words)

    def _on(self, block: str) -> str:
        return label(block, self.plan.language)
