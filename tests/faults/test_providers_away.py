"""Providers and the mail server are away for a minute to thirty hours, in every way, and our server is while guests write.

Whatever is owed meanwhile arrives, or is shown as pointless by then; the first of it within a minute of the return, and never more at
once than a provider takes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest
import stripe

from bot.courier import AT_ONCE, REST
from flows.script import label
from models import delivery
from models.database import Run, read, transaction
from tests.bot import stories
from tests.conftest import DIALECT, NOW
from tests.faults.conftest import is_long, short_on, sized
from tests.faults.crowd import MONTHS, PHONE_ASKED, UNITS, Guest, Plan, people
from tests.faults.fleet import MOMENT, PATIENCE, Balancer, Fleet, Nursery, by_reason, fleet_of
from tests.faults.launch import put
from tests.faults.limits import Watch
from tests.faults.test_kills import IMPATIENCE, report
from tests.faults.test_replicas import ANSWER, GREETING
from tests.faults.verdict import GONE, heard_once, left, twice_by_mail, twice_on_telegram, twice_on_whatsapp
from tests.people import Missed

CHANNEL = {"twilio": "whatsapp", "telegram": "telegram", "stripe": "stripe", "smtp": "mail"}
KINDS = ("refused", "down", "hang", "limited", "flapping")
TEAM = "-1001700100900"  # the house's group on Telegram
RETURN = 60.0  # seconds from a provider's return until the first of what is owed has arrived
# Beside a provider that hangs, the others answer as they did just before: 0.9 to 2 times as fast, nearly 4 on a machine that has too
# much to do. Whoever stood behind those that hang would wait as long as these are given, a second in the short form.
HINDERED, UNHINDERED = 5.0, 250.0  # times; and ms that are nothing, whatever it was before
MATTERS = timedelta(minutes=20)  # some of what is owed is pointless after that
HOURS = {"1 min": 1 / 60, "10 min": 1 / 6, "60 min": 1.0, "30 h": 30.0}


@dataclass(frozen=True, slots=True)
class Size:
    """How much is owed at once; `spells`: for how long who is away how; `real`: their return is waited for and not hurried."""

    people: int  # on each of WhatsApp and Telegram
    team: int  # in the house's group
    one: int  # in one chat
    mails: int
    pages: int  # open at Stripe, to be closed
    pings: int
    talks: int  # guests who write while we are down
    spells: tuple[tuple[str, dict[str, str]], ...]
    real: bool
    begin: int = 0  # with which spell


def turned(by: int) -> dict[str, str]:
    """Each provider in another way, all in every way after five turns."""
    return {each: KINDS[(number + by) % len(KINDS)] for number, each in enumerate(CHANNEL)}


MIXED = {
    "sqlite": ("60 min", {"twilio": "limited", "telegram": "down", "stripe": "hang", "smtp": "flapping"}),
    "postgres": ("30 h", {"twilio": "hang", "telegram": "limited", "stripe": "down", "smtp": "refused"}),
}
SHORT = Size(people=50, team=10, one=9, mails=3, pages=3, pings=5, talks=8, spells=(MIXED[DIALECT],), real=False)
LONG = Size(people=300, team=25, one=20, mails=20, pages=20, pings=20, talks=200, real=True,
            spells=tuple((long, turned(by)) for long in HOURS for by in range(len(KINDS))))  # fmt: skip
SIZE = sized(SHORT, LONG)


# -- the way to each provider -------------------------------------------------------------------


class Gate(Balancer):
    """The way to one provider; shut, whoever comes is refused."""

    def __init__(self, behind: int) -> None:
        super().__init__()
        self.behind, self.came = [behind], 0
        self.flows = asyncio.Event()
        self.flows.set()

    async def opens(self) -> None:
        """Listen, at the same port as before."""
        self.server = await asyncio.start_server(self._came, "127.0.0.1", self.port)
        self.port = int(self.server.sockets[0].getsockname()[1])

    async def _led(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        await self.flows.wait()
        await super()._led(reader, writer)


@dataclass
class Away:
    """A fleet whose providers go away and come back."""

    fleet: Fleet
    watch: Watch
    gates: dict[str, Gate]
    dice: Random
    flapping: list[asyncio.Task[None]] = field(default_factory=list)

    def now(self) -> datetime:
        """The one clock."""
        return datetime.now(UTC) + timedelta(seconds=self.fleet.offset)

    async def goes(self, kinds: dict[str, str]) -> None:
        """They go away, each in its way."""
        for provider, kind in kinds.items():
            if kind == "refused":
                await self.gates[provider].stop()
            elif kind == "flapping":
                self.flapping.append(asyncio.create_task(self._flaps(provider)))
            else:
                await self.fleet.pull("/sim/switches", **{provider: kind})

    async def _flaps(self, provider: str) -> None:
        for position in ("down", "up", "reset", "up") * 10**6:
            await self.fleet.pull("/sim/switches", **{provider: position})
            await idle(self.dice.uniform(0.2, 2.0))

    async def back(self, kinds: dict[str, str]) -> None:
        """All are there again."""
        for task in self.flapping:
            task.cancel()
        await asyncio.gather(*self.flapping, return_exceptions=True)
        self.flapping.clear()
        await self.fleet.pull("/sim/switches", **dict.fromkeys(CHANNEL, "up"))
        for provider, kind in kinds.items():
            if kind == "refused":
                await self.gates[provider].opens()

    def asked(self, provider: str) -> int:
        """How often it was called on."""
        return self.gates["smtp"].came if provider == "smtp" else self.watch.asked[provider]


async def idle(seconds: float) -> None:
    """Nothing is waited for."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()


async def comes(look: Callable[[], Awaitable[bool]], within: float) -> bool:
    """Whether this came to be so."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            while not await look():
                await idle(MOMENT)
            return True
    return False


def crowded(size: Size) -> list[dict[str, Any]]:
    """Everybody who is written to; on Telegram they have spoken to the bot before."""
    phones = [{"whatsapp": f"+4479{number:08}"} for number in range(size.people)]
    phones += [{"telegram": 700_900_000 + number, "started": True} for number in range(size.people + 1)]
    return [
        {"key": f"p{number}", "name": f"P {number}", "language": "en", "role": "guest", **one}
        for number, one in enumerate(phones)
    ]


@asynccontextmanager
async def away(
    database_url: str, data: Path, servers: Nursery, size: Size, seed: int, *without: str
) -> AsyncIterator[Away]:
    """One server, two on PostgreSQL, at the pace of the product's settings, and providers that refuse what is too much."""
    async with AsyncExitStack() as stack:
        folk = [*people(500), *crowded(size)]
        fleet = await stack.enter_async_context(fleet_of(database_url, data, servers, folk, seed))
        fleet.sim.world.config["limits"] = True
        for name in ("TWILIO", "TELEGRAM"):
            del fleet.env[f"BELLHOP_{name}_RATE"]
        gates = {each: Gate(fleet.sim.smtp_port if each == "smtp" else fleet.sim.port) for each in CHANNEL}
        for provider, gate in gates.items():
            await gate.opens()
            stack.push_async_callback(gate.stop)
            name, scheme = ("SMTP_URL", "smtp") if provider == "smtp" else (f"{provider.upper()}_API", "http")
            fleet.env[f"BELLHOP_{name}"] = f"{scheme}://127.0.0.1:{gate.port}"
        one = Away(fleet, Watch(fleet), gates, Random(seed))
        members = [fleet.add() for _ in range(2 if DIALECT == "postgres" else 1)]
        await asyncio.gather(*(each.starts(without=without) for each in members))
        stack.callback(one.watch.stop)
        yield one
        await one.back({})


# -- what is owed -------------------------------------------------------------------------------


FACTS = {"reference": None, "text": "We are a little late today.", "who": "Marisol"}


async def owe(one: Away, size: Size, pages: list[str], only: Iterable[str] = CHANNEL) -> dict[str, list[int]]:
    """Something comes to be owed at these providers; ids by channel. The last of each is pointless after `MATTERS`."""
    now, made = one.now(), dict[str, list[int]]()
    note = {"block": "message_from_house", "facts": FACTS, "links": []}
    letter = {**note, "facts": {**FACTS, "reference": "CA-22222", "story": stories.transfer()}}
    to: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "twilio": [(f"+4479{number:08}", note) for number in range(size.people)],
        "telegram": [(str(700_900_000 + number), note) for number in range(size.people)]
        + [(TEAM, note)] * size.team + [(str(700_900_000 + size.people), note)] * size.one,
        "smtp": [(f"p{number}@example.com", letter) for number in range(size.mails)],
        "stripe": [(f"CA-{number:05}", {"session": page}) for number, page in enumerate(pages)],
    }  # fmt: skip
    async with transaction() as run:
        for provider in only:
            channel, owed = CHANNEL[provider], to[provider]
            made[channel] = [
                await _left(run, channel, address, payload, now, now + MATTERS if number == len(owed) - 1 else None)
                for number, (address, payload) in enumerate(owed)
            ]
    return made


async def _left(run: Run, channel: str, address: str, payload: dict[str, Any], now: datetime, lapses: Any) -> int:
    to = await delivery.recipient(run, channel, address)
    kind = "close_checkout" if channel == "stripe" else "message_from_house"
    return int(await delivery.post(run, to, kind, payload, language="en", now=now, lapses=lapses) or 0)


async def a_page(one: Away) -> str:
    """A checkout that stands open at Stripe."""
    form = {
        "mode": "payment", "success_url": "https://b.example/paid", "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "5400", "line_items[0][price_data][product_data][name]": "A transfer",
    }  # fmt: skip
    key = one.fleet.settings.stripe_secret_key.get_secret_value()
    async with one.fleet.http.post(
        f"{one.fleet.sim.url}/v1/checkout/sessions", data=form, headers={"Authorization": f"Bearer {key}"}
    ) as answer:
        return str((await answer.json())["id"])


async def rows(ids: list[int]) -> list[dict[str, Any]]:
    """These deliveries."""
    if not ids:
        return []
    return await read(f"SELECT * FROM delivery WHERE id BETWEEN {min(ids)} AND {max(ids)} ORDER BY id")


async def tries(channel: str) -> int:
    """How many attempts there were."""
    found = await read(
        "SELECT COALESCE(SUM(d.attempt), 0) AS n FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE r.channel = :channel",
        channel=channel,
    )
    return int(found[0]["n"])


async def unsettled(one: Away, owed: dict[str, list[int]], kinds: dict[str, str], gone: timedelta) -> list[str]:
    """Whatever did not arrive and should have, was said twice, or is shown as what it is not."""
    faults, world = [], one.fleet.sim.world
    known = {
        each["id"] for each in world.messages if not each["mine"] and each["status"] not in ("failed", "undelivered")
    }
    known |= {each["message_id"] for each in world.mails} | {
        each["session"]["id"] for each in world.sessions if each["session"]["status"] != "open"
    }
    for provider, channel in CHANNEL.items():
        for row in await rows(owed.get(channel, [])):
            pointless = row["lapses"] is not None and gone > MATTERS
            perhaps = kinds.get(provider) in ("flapping", "hang")  # it may have left before, or been on its way
            right = (*GONE, "lapsed") if pointless and perhaps else ("lapsed",) if pointless else GONE
            if row["state"] not in right:
                faults.append(f"owed: {channel} {row['id']} is {row['state']}: {row['error']}")
            elif row["state"] != "lapsed" and row["provider_id"] not in known:
                faults.append(f"never arrived: {channel} {row['id']} {row['provider_id']}")
    faults += [f"doubled on whatsapp: {each}" for each in twice_on_whatsapp(one.fleet)]
    faults += [f"doubled on telegram: {each}" for each in await twice_on_telegram(one.fleet)]
    return faults + [f"doubled mail: {each}" for each in twice_by_mail(one.fleet)]


# -- a spell ------------------------------------------------------------------------------------


async def while_away(
    one: Away, size: Size, long: str, kinds: dict[str, str], hops: int = 2, watched: float = 0.5
) -> tuple[dict[str, list[int]], list[str]]:
    """They go, things come to be owed, time passes; what is owed, and who was not left alone meanwhile."""
    pages = [await a_page(one) for _ in range(size.pages)]
    began, asked = time.monotonic(), {each: one.asked(each) for each in kinds}
    await one.goes(kinds)
    owed = await owe(one, size, pages)
    for _ in range(hops):
        before = {each: await tries(CHANNEL[each]) for each in kinds}
        await one.fleet.later(hours=HOURS[long] / hops)
        if await comes(lambda before=before: _tried_again(before, 1), 3.0):  # type: ignore[misc]
            await comes(lambda before=before: _tried_again(before, 2 * AT_ONCE), watched)  # type: ignore[misc]
    allowed = left_alone(one, time.monotonic() - began, hops)
    rang = {each: one.asked(each) - asked[each] for each in kinds if kinds[each] != "flapping"}
    return owed, [
        f"not left alone: {each}, {kinds[each]}, was called on {times} times and not {allowed}"
        for each, times in rang.items() if times > allowed
    ]  # fmt: skip


async def a_spell(one: Away, size: Size, long: str, kinds: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """They go and come back; figures and faults."""
    asked = {each: one.asked(each) for each in kinds}
    owed, faults = await while_away(one, size, long, kinds)
    rang = {each: one.asked(each) - asked[each] for each in kinds}
    await one.back(kinds)
    first = await returns(one, size, owed, kinds)
    faults += [f"late: the first at {each} after {after:.0f} s" for each, after in first.items() if after > RETURN]
    await settles(one)
    told = {
        each: {"was": kind, "called on": rang[each], "first": round(first[each], 1)} for each, kind in kinds.items()
    }
    faults += await unsettled(one, owed, kinds, timedelta(hours=HOURS[long]))
    return {"away": long} | told, faults + one.watch.breaches()


async def _tried_again(before: dict[str, int], times: int) -> bool:
    return all([await tries(CHANNEL[each]) >= number + times for each, number in before.items()])


def left_alone(one: Away, seconds: float, hops: int) -> int:
    """How often a provider that is away may be called on: what was on its way when it went, then a probe now and then."""
    return len(one.fleet.replicas) * int(AT_ONCE + 3 + 2 * hops + seconds / 5)


async def returns(one: Away, size: Size, owed: dict[str, list[int]], kinds: dict[str, str]) -> dict[str, float]:
    """Seconds of the one clock from the return of each until the first of what it is owed has arrived."""
    back, first = one.now(), dict[str, float]()

    async def look() -> bool:
        for each in kinds.keys() - first.keys():
            if any(row["state"] in GONE for row in await rows(owed[CHANNEL[each]])):
                first[each] = (one.now() - back).total_seconds()
        return len(first) == len(kinds)

    while not await comes(look, 2 * RETURN if size.real else 1.5) and one.now() - back < timedelta(seconds=3 * RETURN):
        await one.fleet.later(seconds=10)
    return {each: first.get(each, 999.0) for each in kinds}


async def settles(one: Away) -> None:
    """Until nothing waits any more; the clock is moved for chats that have a pace of their own."""

    async def rest() -> bool:
        return not await one.fleet._busy()

    async with asyncio.timeout(5 * PATIENCE):
        while not await comes(rest, 1.2):
            sending = await read("SELECT COUNT(*) AS n FROM delivery WHERE state = 'sending'")
            if not sending[0]["n"]:
                await one.fleet.later(seconds=REST[1])
            await one.fleet.pull("/sim/hurry")


@short_on("sqlite")
async def test_everything_owed_arrives_when_they_are_back(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """All four away at once, each in its way: on their return the first within a minute, all in the end, no limit exceeded."""
    async with away(database_url, tmp_path, servers, SIZE, seed, *([] if SIZE.real else [IMPATIENT])) as one:
        faults = []
        for long, kinds in SIZE.spells[SIZE.begin :]:
            found, wrong = await a_spell(one, SIZE, long, kinds)
            report("away and back", found | one.watch.figures() | {"faults": wrong})
            faults += wrong
        assert faults == []


IMPATIENT = "tests.faults.test_providers_away:impatient"


def impatient() -> None:
    """Twilio and Stripe are given up after a second; in the short form nobody has the time for more. Both can be asked again."""
    client = stripe.HTTPXClient
    put("bot.whatsapp:ANSWER", 1.0)
    put("bot.checkout:stripe.HTTPXClient", lambda timeout: client(timeout=timeout / 15))


# -- controls: the guard is taken out, and the trial finds the harm -----------------------------


FEW = Size(people=40, team=22, one=0, mails=0, pages=0, pings=0, talks=0, spells=(), real=False)


@short_on("sqlite")
async def test_without_the_pace_a_group_gets_all_at_once(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """The control: more than twenty notices stand before the team's chat when Telegram is back."""
    async with away(database_url, tmp_path, servers, FEW, seed, "pace") as one:
        await while_away(one, FEW, "1 min", {"telegram": "down"})
        await one.back({})

        async def found() -> bool:
            return any(fault.startswith("20/min to a group") for fault in one.watch.breaches())

        async with asyncio.timeout(PATIENCE):
            while not await comes(found, 1.0):
                await one.fleet.later(seconds=10)
        report("without the pace", one.watch.figures())


@short_on("sqlite")
async def test_without_the_breaker_everybody_goes_on_trying(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """The control: forty lanes call on a Telegram that is down, again and again."""
    async with away(database_url, tmp_path, servers, FEW, seed, "breaker") as one:
        _, faults = await while_away(one, FEW, "10 min", {"telegram": "down"}, hops=5, watched=5.0)
        report("without the breaker", faults)
        assert [fault for fault in faults if fault.startswith("not left alone: telegram")]


# -- one is away, the others go on --------------------------------------------------------------


@short_on("sqlite")
async def test_while_one_is_away_the_others_go_on(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """A provider that hangs with everything it may have on its way: guests on other channels are answered as if nothing were."""
    async with away(database_url, tmp_path, servers, SIZE, seed, *([] if SIZE.real else [IMPATIENT])) as one:
        guests = iter(Guest(one.fleet, Plan(number)) for number in range(500))
        await answered(one, guests, ("whatsapp", "telegram"), 4)  # the first of all is slower
        for provider in CHANNEL if SIZE.real else ("twilio",):
            others = tuple(each for each in ("whatsapp", "telegram") if each != CHANNEL[provider])
            pages = [await a_page(one) for _ in range(SIZE.pages)]
            before = await answered(one, guests, others, SIZE.pings)
            await one.goes({provider: "hang"})
            owed = await owe(one, SIZE, pages, [provider])
            assert await comes(lambda p=provider: _is_tried(p), 10)  # type: ignore[misc]
            beside = await answered(one, guests, others, SIZE.pings)
            await one.back({provider: "hang"})
            await settles(one)
            figures = {
                "quiet, ms": median(before),
                "beside, ms": median(beside),
                "ratio": median(beside) / median(before),
            }
            report(f"beside {provider}, which hangs", {name: round(value, 2) for name, value in figures.items()})
            assert await unsettled(one, owed, {provider: "flapping"}, MATTERS * 2) == []
            assert median(beside) <= max(UNHINDERED, HINDERED * median(before)), beside


async def _is_tried(provider: str) -> bool:
    found = await read(
        "SELECT COUNT(*) AS n FROM delivery d JOIN recipient r ON r.id = d.recipient_id "
        "WHERE r.channel = :channel AND d.state = 'sending'",
        channel=CHANNEL[provider],
    )
    return bool(found[0]["n"])


async def answered(one: Away, guests: Iterator[Guest], channels: tuple[str, ...], times: int) -> list[float]:
    """Milliseconds until a guest who greets us has our answer on their phone, one guest after the other."""
    took = []
    while len(took) < times:
        guest = next(guests)
        if guest.plan.channel in channels:
            began = time.monotonic()
            await guest.person.says(GREETING[guest.plan.channel], wait=0)
            await guest.person.hears(ANSWER[guest.plan.channel])
            took.append((time.monotonic() - began) * 1000)
    return took


@pytest.mark.skipif(not is_long(), reason="tests/bot/test_courier holds it short")
async def test_answers_that_piled_up_do_not_leave_at_once(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """Telegram stands still for two seconds while many greet us, and goes on: they are answered as fast as it takes it, no faster."""
    async with away(database_url, tmp_path, servers, SIZE, seed) as one:
        guests = [Guest(one.fleet, Plan(2 * number + 1)) for number in range(SIZE.people)]
        one.gates["telegram"].flows.clear()
        await asyncio.gather(*(guest.person.says("hola", wait=0) for guest in guests))
        assert await comes(lambda: heard_all(len(guests)), 30)
        await idle(2)
        one.gates["telegram"].flows.set()
        await asyncio.gather(*(guest.person.hears(ANSWER["telegram"]) for guest in guests))
        await settles(one)
        report("answers that piled up", one.watch.figures())
        assert one.watch.breaches() == []


async def heard_all(number: int) -> bool:
    """Whether so many messages are kept."""
    return int((await read("SELECT COUNT(*) AS n FROM inbound"))[0]["n"]) >= number


# -- we are down, guests write ------------------------------------------------------------------


SAID = {
    "en": (
        "airport PUJ to Hard Rock",
        "{day} {month} at 3pm",
        "one way, 2 people, 2 bags",
        "sedan",
        "flight AA1045, champagne",
    ),
    "es": (
        "aeropuerto PUJ a Hard Rock",
        "{day} de {month} a las 3 de la tarde",
        "2 personas, 2 maletas",
        "sedán",
        "vuelo AA1045, champán",
    ),
}


def said(plan: Plan) -> list[str]:
    """What one guest writes while we are down, and the last of it when our door has just opened."""
    day = NOW + timedelta(days=3 + plan.number // UNITS)
    return [part.format(day=day.day, month=MONTHS[plan.language][day.month - 1]) for part in SAID[plan.language]]


async def ten_minutes_down(
    database_url: str, data: Path, servers: Nursery, number: int, seed: int, *without: str
) -> list[str]:
    """Everybody has greeted us; we are killed; all write, ten minutes later we start, and they go on. What is wrong then."""
    async with fleet_of(database_url, data, servers, people(number), seed) as fleet:
        fleet.patience = IMPATIENCE if without else PATIENCE * 2
        server, guests = fleet.add(), [Guest(fleet, Plan(each)) for each in range(number)]
        await server.starts()
        for guest in guests:
            await guest.person.says(GREETING[guest.plan.channel], wait=0)
        for guest in guests:
            await guest.person.hears(ANSWER[guest.plan.channel])
        await fleet.drained()
        await fleet.kill(server)
        for part in range(len(SAID["en"]) - 1):
            for guest in guests:
                await guest.person.says(said(guest.plan)[part], wait=0)
        assert await comes(lambda: _gave_up(fleet), 60)
        await fleet.later(minutes=10)
        began = time.monotonic()
        await server.starts(without=without)
        await asyncio.gather(*(guest.person.says(said(guest.plan)[-1], wait=0) for guest in guests))  # at the open door
        faults = [fault for one in await asyncio.gather(*(missed(guest) for guest in guests)) for fault in one]
        took = time.monotonic() - began
        await fleet.drained()
        faults += [each for guest in guests for each in await out_of_order(guest)]
        report(
            "ten minutes down",
            {
                "guests": number,
                "messages": number * len(SAID["en"]),
                "all answered after, s": round(took, 1),
                "faults": by_reason(faults),
            },
        )
        return faults + await heard_once(fleet) + await left(fleet) + [str(each) for each in twice_on_whatsapp(fleet)]


async def _gave_up(fleet: Fleet) -> bool:
    return not [job for job in fleet.sim.world.jobs if job["provider"] == "twilio"]


async def missed(guest: Guest) -> list[str]:
    """Whether a guest was answered as somebody all of whose messages were heard."""
    try:
        last = PHONE_ASKED["es"] if guest.plan.channel == "telegram" else label("send", guest.plan.language)
        await guest.person.hears(last)
    except Missed as silence:
        return [f"not answered: {guest.plan.key}: {silence}"]
    return []


async def out_of_order(guest: Guest) -> list[str]:
    """Whether each of their messages is in the inbox, once, in their order, and had its turn."""
    rows = await read(
        "SELECT i.words, i.state FROM inbound i JOIN recipient r ON r.id = i.recipient_id WHERE r.address = :address ORDER BY i.id",
        address=guest.plan.address,
    )
    heard = [row["words"] for row in rows if row["state"] == "done"]
    wrote = [GREETING[guest.plan.channel], *said(guest.plan)]
    return (
        []
        if heard == wrote
        else [f"{'lost' if len(heard) < len(wrote) else 'out of order'}: {guest.plan.key} was heard {heard}"]
    )


async def test_what_was_written_while_we_were_down_is_heard(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """Twilio has tried once more and given up, Telegram goes on: all is heard after the start, in each guest's order, and answered."""
    assert await ten_minutes_down(database_url, tmp_path, servers, SIZE.talks, seed) == []


@short_on("sqlite")
async def test_without_catching_up_whatsapp_is_lost(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """The control: Telegram's guests are heard, WhatsApp's never."""
    faults = await ten_minutes_down(database_url, tmp_path, servers, 4, seed, "catch-up")
    assert {fault.split()[1] for fault in faults if fault.startswith("lost")} == {"guest0", "guest2"}


@short_on("postgres")
async def test_without_waiting_for_the_missed_the_last_is_heard_first(
    database_url: str, tmp_path: Path, servers: Nursery, seed: int
) -> None:
    """The control: who goes on writing as soon as our door is open is heard in another order on WhatsApp."""
    faults = await ten_minutes_down(database_url, tmp_path, servers, 8, seed, "missed first")
    assert [fault for fault in faults if fault.startswith("out of order")]
