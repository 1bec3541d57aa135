"""A talk without any provider: the real handlers on a database of its own, with the sample catalogue and a clock that stands.

Nothing is sent. What the bot would send the guest is drawn and given back.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import models
from bot import transcripts, words
from bot.transcripts import Step, Transcript
from bot.wrong import Wrong
from flows.speech import Heard, Tap
from handlers import staff_acted
from handlers.checkout_opened import opened, wanted
from handlers.guest_paid import Paid, guest_paid
from handlers.guests_fell_silent import guests_fell_silent
from handlers.house import Actor, House
from handlers.someone_wrote import someone_wrote
from handlers.time_passed import time_passed
from models import catalog_file, catalogs, database, doors
from models.database import read
from models.fields import unpacked
from models.refusal import Refusal

SAMPLE = Path(models.__path__[0]) / "sample" / "catalog.yaml"
MADE, USED = "made.db", "used.db"
ADDRESSES = {"whatsapp": "+18295550143", "telegram": "700100201"}
STAFF = Actor("Marisol", "staff", "desk")
Stage = Callable[[], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def theatre() -> AsyncIterator[Stage]:
    """Gives what opens a fresh database with the sample catalogue on sale, for one talk; all are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="bellhop") as folder:
        await build(Path(folder))
        yield lambda: stage(Path(folder))


async def build(folder: Path) -> None:
    """Make the database that every stage in this folder begins with."""
    await database.migrate(f"sqlite:///{folder / MADE}")
    try:
        await catalogs.load(catalog_file.read_file(SAMPLE).content or {}, datetime.now(UTC))
        await read("PRAGMA wal_checkpoint(TRUNCATE)")  # a file is copied whole only when nothing stands in its journal
    finally:
        await database.close()


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[None]:
    """One talk's database is open."""
    for old in ("", "-wal", "-shm"):
        (folder / f"{USED}{old}").unlink(missing_ok=True)
    shutil.copyfile(folder / MADE, folder / USED)
    await database.connect(f"sqlite:///{folder / USED}", synchronous="OFF")
    try:
        yield
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class Reply:
    """A message as the guest gets it: its words, what may be tapped, the labels of its links."""

    text: str
    options: tuple[words.DrawnOption, ...] = ()
    links: tuple[str, ...] = ()
    turn: int = 0
    ways: tuple[tuple[str, str, int], ...] = ()  # of links to go on elsewhere: label, channel, number

    def lines(self) -> list[str]:
        """Every line that can be read, what can be pressed last, in brackets."""
        pressed = [f"[{label}]" for label in (*(option.label for option in self.options), *self.links)]
        return [*(line for line in self.text.splitlines() if line.strip()), *([" ".join(pressed)] if pressed else [])]


@dataclass(frozen=True, slots=True)
class Played:
    """One step as it was played."""

    step: Step
    replies: tuple[Reply, ...]

    @property
    def fits(self) -> bool:
        """Whether the bot said what the transcript has."""
        expected = [line.said for line in self.step.expected]
        return transcripts.fits(expected, [" ".join(reply.lines()) for reply in self.replies])


async def play(transcript: Transcript) -> list[Played]:
    """Play a transcript on the database that is open, from its first step to its last."""
    talk = await rehearse(transcript.now, transcript.channel, transcript.language, transcript.name)
    return [
        Played(step, await talk.happens(**transcripts.happening(step.line.head, step.line.said)))
        for step in transcript.steps
    ]


async def rehearse(now: datetime | None, channel: str, language: str | None = None, name: str = "") -> "Rehearsal":
    """A talk that begins at this local time of the operator, without a zone; None is now."""
    brand = (await catalogs.on_sale())[1].brand
    moment = now.replace(tzinfo=ZoneInfo(brand.zone)) if now else datetime.now(UTC)
    return Rehearsal(moment.astimezone(UTC), channel, language, name)


class Rehearsal:
    """One guest's talk. Every happening gives the messages that reach the guest because of it, oldest first."""

    def __init__(self, now: datetime, channel: str, language: str | None, name: str) -> None:
        self.now, self.channel, self.language, self.name = now, channel, language, name
        self.house = House(lambda: self.now, "rehearsal", b"rehearsal")
        self.shown: list[Reply] = []
        self.count, self.addresses, self.last = 0, dict(ADDRESSES), dict.fromkeys(ADDRESSES, 0)

    @property
    def sender(self) -> str:
        """The guest's address on the channel they are on."""
        return self.addresses[self.channel]

    @sender.setter
    def sender(self, address: str) -> None:
        self.addresses[self.channel] = address

    async def happens(self, **what: Any) -> tuple[Reply, ...]:
        """One step of a transcript, as `transcripts.happening` reads it."""
        try:
            if "on" in what:
                self.channel = what["on"]
            elif "later" in what:
                await self._later(what["later"])
            elif "paid" in what:
                await self._pays(declined=not what["paid"])
            elif "staff" in what:
                await self._staff(what["staff"], what["words"])
            elif "tap" in what and (way := self._way(what["tap"])):
                await self._goes_on(*way)
            elif "tap" in what:
                await self._hears(kind="tap", tap=self._tapped(what["tap"], earlier=what["earlier"]))
            else:
                await self._hears(**what)
        except (Refusal, Wrong) as refused:
            return (Reply(f"({refused})"),)
        return await self._replies()

    async def _hears(self, **what: Any) -> None:
        self.count += 1
        sender = self.sender
        heard = Heard(
            self.channel, f"{sender}/{self.count}", sender, self.now, name=self.name, language=self.language, **what
        )
        await someone_wrote(self.house, heard)

    def _way(self, label: str) -> tuple[str, int] | None:
        """The newest link to go on elsewhere with this label: channel and number."""
        ways = (way for reply in reversed(self.shown) for way in reply.ways)
        return next(((channel, number) for said, channel, number in ways if said == label), None)

    async def _goes_on(self, channel: str, number: int) -> None:
        token = doors.kept_token(self.house.secret, number, doors.HOP)
        async with database.transaction() as run:
            await run("UPDATE delivery SET state = 'sent' WHERE state = 'waiting'")  # what the guest has seen has left
        self.channel = channel
        await self._hears(words=f"/start {token}" if channel == "telegram" else f"[{token}]")

    def _tapped(self, label: str, *, earlier: bool) -> Tap:
        """The option with this label on the newest card that has one; `earlier`: on a card before that."""
        cards = [
            Tap(option.question, option.value, reply.turn)
            for reply in reversed(self.shown)
            for option in reply.options
            if label in (option.label, option.short) or transcripts.stands_in(label, option.label) >= 0
        ]
        cards = list({tap.turn: tap for tap in reversed(cards)}.values())[::-1]
        if len(cards) <= earlier:
            raise Wrong(f"no {'earlier ' if earlier else ''}option [{label}] was shown")
        return cards[earlier]

    async def _later(self, by: timedelta) -> None:
        self.now += by
        await time_passed(self.house)
        await guests_fell_silent(self.house)

    async def _pays(self, *, declined: bool) -> None:
        """The guest opens the page of the newest booking and pays there, or the bank declines."""
        of = await wanted(self.house, await self._booking())
        self.count += 1
        session = f"session_{of.booking}_{of.attempt}"
        await opened(self.house, of, session, "https://checkout.example")
        kind = "failed" if declined else "completed"
        await guest_paid(self.house, Paid(
            "stripe", f"event_{self.sender}_{self.count}", kind, session, f"payment_{self.sender}_{self.count}", of.amount, of.currency, live=False,
            method="card", at=self.now, reference=of.reference,
        ))  # fmt: skip

    async def _staff(self, act: str, said: str) -> None:
        if act == "confirm":
            await staff_acted.confirmed(self.house, STAFF, await self._booking())
        elif act == "takes over":
            await staff_acted.took_over(self.house, STAFF, await self._talk())
        elif act == "hands back":
            await staff_acted.handed_back(self.house, STAFF, await self._talk())
        else:
            await staff_acted.wrote_in_talk(self.house, STAFF, await self._talk(), said)

    async def _talk(self) -> int:
        return await self._newest("SELECT MAX(id) AS id FROM talk", "the guest has not written yet")

    async def _booking(self) -> int:
        return await self._newest("SELECT MAX(id) AS id FROM booking", "nothing has been booked yet")

    async def _newest(self, sql: str, without: str) -> int:
        found = (await read(sql))[0]["id"]
        if found is None:
            raise Wrong(without)
        return int(found)

    async def _replies(self) -> tuple[Reply, ...]:
        rows = await read(
            "SELECT d.id, d.payload, d.language FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
            "WHERE r.channel = :channel AND r.address = :address AND d.id > :last ORDER BY d.id",
            channel=self.channel, address=self.sender, last=self.last[self.channel],
        )  # fmt: skip
        replies = [_reply(unpacked(row["payload"]), row["language"]) for row in rows]
        self.last[self.channel] = rows[-1]["id"] if rows else self.last[self.channel]
        self.shown += replies
        stumbled = await read("SELECT error FROM inbound WHERE state = 'owed' AND error <> ''")
        return (*replies, *(Reply(f"(the bot stumbled: {row['error']})") for row in stumbled))


def _reply(payload: dict[str, Any], language: str) -> Reply:
    drawn = words.draw(payload, language)
    facts, door = payload.get("facts", {}), payload.get("facts", {}).get("door")
    ways = [
        (link.label, link.purpose[4:] or facts.get("channel", "")) for link in drawn.links if link.purpose[:3] == "hop"
    ]
    return Reply(
        drawn.text, drawn.options, tuple(link.label for link in drawn.links), int(payload.get("turn", 0)),
        tuple((label, channel, int(door)) for label, channel in ways if door),
    )  # fmt: skip
