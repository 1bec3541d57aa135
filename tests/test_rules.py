"""Each rule of the house has a guard, and without its guard the harm is done: so it is the guard that keeps it, not luck.

Here a guard is taken out (a trigger or an index dropped, a function replaced) and the bad effect shown. Rules whose guard is taken
out, or held against the harm itself, elsewhere:

| rule | guard | shown by |
|---|---|---|
| capacity is never sold twice | trigger `claim_peak`, its row lock | models/test_claims: test_without_the_trigger…, test_on_postgresql_the_lock… |
| a lapsed hold frees capacity without a job | `claims.claim`, `claims.free` | models/test_claims: test_a_lapsed_hold_frees… |
| a guard that is gone or altered is noticed at start | `database.verify` | models/test_guards: test_a_database_without…, …whose_guard_is_another… |
| a table that lost a reference or an obligatory column is noticed | `database.verify` | models/test_guards: test_a_table_that_lost… |
| the timeline rebuilds and its chain shows a changed past | hash chain | models/test_timeline: test_a_changed_past_shows, test_erasing… |
| invoice numbers have no gap | locked counter | models/test_numbers: test_no_gap_and_no_number_twice |
| one place rounds, minor units | `models.money` | models/test_price: test_money_counts…, test_a_half_is_rounded… |
| local times that do not exist are asked about | `models.request` | models/test_price: test_a_time_the_clock_skips… |
| an audience's fields, all and only | `recap.AUDIENCES` | models/test_recap, bot/test_recap_everywhere (with its control) |
| outside 24 hours only a template | `whatsapp.free_until` | test_without_the_24_hours…, and every story (tests/conftest: bellhop) |
| a failed turn is tried again, parked, one apology; 503 only for the database | `turns.owe`, `is_away` | handlers/test_turns_that_fail |
| a failed event is undone whole, tried again, parked; a refund waits for its payment | `event_told` | handlers/test_events_that_fail |
| what was tried and waits is said, and only that | `stuck.PATIENCE` | web/test_stuck (with its control) |
| a provider that is away, or too busy for all, is left alone but for a probe | `courier.Channel` | faults/test_providers_away: …the_breaker… |
| never more at once than a provider or a chat takes | `pace.Pace`, `rates.take` | faults/test_providers_away: …the_pace… |
| what a provider could not bring is fetched, and heard first | `catching_up.catch_up`, `program.FIRST` | faults/test_providers_away: …missed… |
| whatever frees a place wakes who waits for it | triggers `claim_freed`, `units_freed` | handlers/test_place_freed: test_whatever_frees… |
| each part of the tick stands alone | `time_passed` | handlers/test_time_passed: test_a_part_that_fails… |
| what two take up is done by one | `turns.heard`, `ledger.take_up`, `dues.take_one`, `doors.take` | handlers/test_controls (each with its control) |
| a stop comes to rest before it drains | `program._rests` | stories/test_coming_to_rest (with its control) |
| what is pointless does not leave | `guest_wrote._lapses`, `tell(lapses=)` | stories/test_lapsing |
| a catalogue of another process is on sale at once | `catalogs.on_sale` | models/test_catalogs |
| SQLite's writers begin IMMEDIATE | `sqlite.ImmediateTransaction` | models/test_database: TestSqlite (with its control) |
| GET changes nothing | pages | web/test_portal: test_looking_changes_nothing |
| forged webhooks leave no trace | signatures | doors/test_signatures |
| a letter is kept before it is read | `letter_came.letter_kept` | doors/test_letters (with its control) |
| a letter speaks for whom ours was written to | `letter_answered.answered_by` | stories/test_letters_answered: an_answer_goes…, and here |
| two machines do not answer each other for ever | `letter_answered.too_many` | stories/test_letters_answered: two_machines…, and here |
| a letter that comes back is known by our seal | `letters.delivery_of` | stories/test_letters_answered: …comes_back…, and here |
| what is ours in a quoted letter is nobody's words | `doors.readable` | bot/test_mail_in, and here |
| a refusal says what can be done | `models.refusal` | models/test_price: test_every_refusal_is_a_sentence |
"""

import ast
import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from bot import whatsapp
from flows.speech import Heard
from handlers import guest_paid as paying
from handlers import guest_wrote as turn_taking
from handlers.checkout_opened import opened, wanted
from handlers.delivery_reported import letter_returned
from handlers.guest_paid import Paid, guest_paid
from handlers.house import House
from handlers.letter_answered import Answered
from handlers.request_sent import request_sent
from handlers.someone_wrote import someone_wrote
from models import delivery, lanes, ledger, letters, links, turns
from models.database import read, transaction
from models.fields import packed
from models.lanes import Outcome
from tests.conftest import NOW, Clock
from tests.models import given
from tests.models.given import a_guest, one
from tests.models.test_guards import drop
from tests.models.test_lanes import settled
from tests.people import Bellhop, Person
from tests.stories import moves

ROOT = Path(__file__).parents[1]
DRAFT = {
    "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "hard_rock"}, "room": None, "date": "2026-11-22",
    "time": "15:00", "flight": "AA1045", "party": {"adults": 2, "children": [], "infants": 0}, "luggage": 2, "vehicle": "sedan",
    "extras": {}, "occasion": None, "notes": None, "name": "Ana Lindqvist", "phone": "+46701740605", "email": None, "terms": True,
}  # fmt: skip


@pytest.fixture
def house(database: str, clock: Clock) -> House:
    """Ours, at the time of the tests."""
    return House(clock, "this", b"secret")


async def write(house: House, number: str, words: str = "hi") -> Any:
    """Ana writes; `number` is the provider's id of the message."""
    return await someone_wrote(house, Heard("whatsapp", number, "+46701740605", house.now(), words=words, name="Ana"))


async def a_checkout(house: House) -> tuple[int, str]:
    """A held booking with an open checkout for what is due; gives booking and session."""
    async with transaction() as run:
        to = await delivery.recipient(run, "whatsapp", "+46701740605")
        booking, _ = await request_sent(
            run, house, await house.catalog(), DRAFT, recipient=to, channel="whatsapp", language="en"
        )
    await opened(house, await wanted(house, booking), "cs_1", "https://checkout.example/cs_1")
    return booking, "cs_1"


def a_payment(session: str, amount: int, **more: Any) -> Paid:
    """As the provider tells us of it."""
    known = {"event": "evt_1", "payment": "pi_1", "currency": "usd", "live": False, **more}
    return Paid("stripe", kind="completed", session=session, amount=amount, method=None, at=NOW, **known)


async def state(booking: int) -> str:
    """Where the booking stands."""
    return str(await one("SELECT state FROM booking WHERE id = :id", id=booking))


async def due(booking: int) -> int:
    """What must be paid to confirm, minor units."""
    return int(await one("SELECT due_now FROM booking WHERE id = :id", id=booking))


# -- one event, one effect ----------------------------------------------------------------------


async def _heard_without_looking(turn: turns.Turn, run: Any) -> int:
    """`turns.heard` as it would be without its rule."""
    rows = await run(
        "INSERT INTO inbound (channel, external_id, recipient_id, heard, words, state, attempts, received) "
        "VALUES (:channel, :external, :recipient, :heard, :words, 'done', 0, 0) RETURNING id",
        channel=turn.channel, external=turn.external_id, recipient=turn.seen.recipient, heard=packed(turn.heard),
        words=turn.words,
    )  # fmt: skip
    return int(rows[0]["id"])


async def test_without_one_inbound_a_repeated_message_has_two_effects(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With it, five at once have one: one message, one answer."""
    await asyncio.gather(*(write(house, "SM1") for _ in range(5)))
    assert await one("SELECT COUNT(*) FROM delivery") == 1
    await drop("one_inbound")
    monkeypatch.setattr(turns, "heard", _heard_without_looking)
    await write(house, "SM1")
    assert await one("SELECT COUNT(*) FROM inbound") == 2
    assert await one("SELECT COUNT(*) FROM delivery") == 2


async def test_without_the_rule_for_events_and_the_index_on_payments_money_is_booked_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two guards, one behind the other: the event's id, then the payment's own."""
    booking, session = await a_checkout(house)
    paid = a_payment(session, await due(booking))
    await asyncio.gather(*(guest_paid(house, paid) for _ in range(5)))
    assert await one("SELECT COUNT(*) FROM payment") == 1

    async def always(*_: Any) -> int:
        return 1

    monkeypatch.setattr(ledger, "heard_first", always)
    await guest_paid(house, paid)
    assert await one("SELECT COUNT(*) FROM payment") == 1
    await drop("one_payment")
    await guest_paid(house, paid)
    assert await one("SELECT COUNT(*) FROM payment") == 2


async def test_without_the_business_key_a_notice_is_left_twice(database: str) -> None:
    """With it, the same thing told again is the same thing."""
    ana = await a_guest()
    for key in ("confirmed:1", "confirmed:1", None, None):
        async with transaction() as run:
            await delivery.post(run, ana, "confirmed", {}, language="en", now=NOW, key=key)
    assert await one("SELECT COUNT(*) FROM delivery WHERE business_key IS NOT NULL") == 1
    assert await one("SELECT COUNT(*) FROM delivery WHERE business_key IS NULL") == 2


# -- a turn is whole, on the talk it was taken on -----------------------------------------------


async def test_without_the_savepoint_half_a_turn_is_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that breaks at its end leaves nothing of itself; without, the talk has moved and nobody was answered."""

    async def breaks(*_: Any) -> Any:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(turns, "_keep_replies", breaks)
    await write(house, "SM1", "airport to Hard Rock")
    assert await read("SELECT id FROM talk") == []
    await _forget_inbox()

    real = transaction

    @asynccontextmanager
    async def kept_whatever_happens() -> AsyncIterator[Any]:
        bug: Exception | None = None
        async with real() as run:
            try:
                yield run
            except KeyError as mistake:
                bug = mistake
        if bug:
            raise bug

    monkeypatch.setattr(turn_taking, "transaction", kept_whatever_happens)
    await write(house, "SM2", "airport to Hard Rock")
    assert len(await read("SELECT id FROM talk")) == 1
    assert await read("SELECT id FROM delivery") == []


async def _forget_inbox() -> None:
    async with transaction() as run:
        await run("DELETE FROM inbound")


def _a_turn(seen: turns.Seen, number: str) -> turns.Turn:
    """A turn that adds one word to what the talk has heard."""
    words = [*(seen.state or {"heard": []})["heard"], number]
    return turns.Turn(seen=seen, channel="whatsapp", external_id=number, heard={}, words=number, state={"heard": words},
                      replies=(), now=NOW, owner="this")  # fmt: skip


async def _keep(turn: turns.Turn) -> None:
    async with transaction() as run:
        await turns.keep(turn, run)


async def test_without_the_version_a_turn_is_lost(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two turns taken on the same talk: the slower is refused; without the check it wipes out what the faster had heard."""
    ana = await a_guest()
    await _keep(_a_turn(await turns.look(ana), "first"))
    seen = await turns.look(ana)
    await _keep(_a_turn(seen, "second"))
    with pytest.raises(turns.Stale):
        await _keep(_a_turn(seen, "third"))

    async def blindly(turn: turns.Turn, run: Any) -> None:
        await run("UPDATE talk SET state = :state WHERE id = :id", state=packed(turn.state), id=turn.seen.talk)

    monkeypatch.setattr(turns, "_keep_talk", blindly)
    await _keep(_a_turn(seen, "third"))
    assert (await turns.look(ana)).state == {"heard": ["first", "third"]}


async def test_without_the_fence_a_zombie_writes(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A courier that slept through its lease marks nothing; without, it overwrites what the next one is doing."""
    ana = await a_guest()
    async with transaction() as run:
        await delivery.post(run, ana, "hello", {}, language="en", now=NOW)
    (old,) = await lanes.claim("zombie", NOW, "whatsapp", 1)
    out = await lanes.begin(old, "zombie", NOW)
    assert out is not None
    async with transaction() as run:  # its lease ends, another takes the lane up
        await run(
            "UPDATE recipient SET lease = :far, owner = 'next', fence = fence + 1 WHERE id = :ana", far=2**60, ana=ana
        )
    assert not await settled(old, "zombie", out, Outcome("failed", error="zombie"), NOW)
    assert await one("SELECT state FROM delivery") == "sending"

    async def whoever(*_: Any) -> bool:
        return True

    monkeypatch.setattr(lanes, "_still_ours", whoever)
    assert await settled(old, "zombie", out, Outcome("failed", error="zombie"), NOW)
    assert await one("SELECT state FROM delivery") == "failed"


# -- what is written stands ---------------------------------------------------------------------


FROZEN = {
    "payment": ("UPDATE payment SET amount = 1", "DELETE FROM payment"),
    "line": ("UPDATE line SET amount = 1", "DELETE FROM line"),
    "entry": ("UPDATE entry SET kind = 'nothing'", "DELETE FROM entry"),
    "catalog_version": ("UPDATE catalog_version SET content = '{}'", "DELETE FROM catalog_version"),
    "document": ("UPDATE document SET facts = '{}'", "DELETE FROM document"),
}


@pytest.mark.parametrize("table", FROZEN)
async def test_without_its_trigger_a_record_is_edited(house: House, table: str) -> None:
    """Payments, lines as sold, the timeline, versions of the catalogue and issued documents: no hand changes them."""
    booking, _ = await a_checkout(house)
    await given.a_payment(booking, NOW)
    await given.a_document(booking, NOW, sha256="a" * 64)
    edit, remove = FROZEN[table]
    for statement in (edit, remove):
        with pytest.raises(IntegrityError):
            async with transaction() as run:
                await run(statement)
    before = await one(f"SELECT COUNT(*) FROM {table}")
    once = "once" if table == "document" else "unedited"
    await drop(f"{table}_{once}")
    await drop(f"{table}_kept")
    async with transaction() as run:
        await run(edit)
        await run("DELETE FROM personal")  # what is personal stands apart and may be erased
        await run(remove)
    assert await one(f"SELECT COUNT(*) FROM {table}") < before


# -- money --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 100}, {"amount": 10**6}, {"currency": "eur"}, {"live": True}],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_without_the_check_the_wrong_money_confirms(
    house: House, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    """Another amount, currency or mode than was asked for is held apart, confirms nothing, staff are told; without, it counts."""
    booking, session = await a_checkout(house)
    amount = wrong.get("amount") or await due(booking)
    more = {name: value for name, value in wrong.items() if name != "amount"}
    await guest_paid(house, a_payment(session, amount, **more))
    assert await state(booking) == "on_hold"
    assert await one("SELECT COUNT(*) FROM payment WHERE apart IS NOT NULL") == 1
    assert await ledger.sums(read, booking) == (0, 0)
    assert await one("SELECT COUNT(*) FROM delivery WHERE kind = 'payment_problem_house'") >= 1

    monkeypatch.setattr(paying, "_wrong", lambda *_: None)
    await guest_paid(house, a_payment(session, amount, event="evt_2", payment="pi_2", **more))
    assert await ledger.sums(read, booking) == (amount, 0)
    if amount >= await due(booking):
        assert await state(booking) == "confirmed"


# -- links --------------------------------------------------------------------------------------


async def test_without_the_hash_a_copy_of_the_records_opens_every_booking(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in the table opens nothing; were the token itself kept there, it would."""
    booking, _ = await a_checkout(house)
    stolen = str(await one("SELECT sha256 FROM link WHERE booking_id = :id", id=booking))
    assert await links.find(stolen, "guest") is None
    monkeypatch.setattr(links, "_sha", lambda given: given)
    async with transaction() as run:
        await links.issue(run, house.secret, booking, "guest", 2)
    stolen = str(await one("SELECT sha256 FROM link WHERE booking_id = :id", id=booking))
    assert await links.find(stolen, "guest") == booking


# -- letters ------------------------------------------------------------------------------------


async def by_letter(house: House, number: int, **more: Any) -> None:
    """Hannah writes a letter."""
    words = str(more.pop("words", "hello"))
    await someone_wrote(
        house, Heard("mail", f"<{number}@example.com>", "hannah@example.com", house.now(), words, **more)
    )


@pytest.mark.parametrize("braked", [True, False], ids=["with", "without"])
async def test_without_the_brake_two_machines_never_end(
    house: House, monkeypatch: pytest.MonkeyPatch, braked: bool
) -> None:
    """Fifteen letters within an hour have ten answers; without it fifteen."""
    if not braked:
        monkeypatch.setattr("handlers.letter_answered.too_many", _never)
    for number in range(15):
        await by_letter(house, number)
    assert await one("SELECT COUNT(*) FROM delivery WHERE business_key LIKE 'answer:%'") == (10 if braked else 15)


async def _never(*_: Any) -> bool:
    return False


@pytest.mark.parametrize("sealed", [True, False], ids=["with", "without"])
async def test_without_the_seal_anybody_makes_a_letter_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch, sealed: bool
) -> None:
    """A report that names a letter by its number alone changes nothing; without the seal it has failed."""
    booking, _ = await a_checkout(house)
    async with transaction() as run:
        to = await delivery.recipient(run, "mail", "ana@example.com")
        number = await delivery.post(run, to, "guest_link", {}, language="en", now=NOW, booking=booking)
        await run("UPDATE delivery SET state = 'sent' WHERE id = :id", id=number)
    if not sealed:
        monkeypatch.setattr(letters, "_seal", lambda *_: "a" * 16)
    made_up = f"<delivery-{number}.{'a' * 16}@house.example>"
    assert await letter_returned(house, made_up, "no such mailbox", unreachable=True) is not sealed
    assert await one("SELECT state FROM delivery WHERE id = :id", id=number) == ("sent" if sealed else "failed")


@pytest.mark.parametrize("matched", [True, False], ids=["with", "without"])
async def test_without_the_address_whoever_has_a_letter_speaks_as_its_reader(
    house: House, monkeypatch: pytest.MonkeyPatch, matched: bool
) -> None:
    """A letter that was passed on makes nobody its reader: Hannah's answer to Ana's letter is a stranger's."""
    booking, _ = await a_checkout(house)
    async with transaction() as run:
        to = await delivery.recipient(run, "mail", "ana@example.com")
        number = await delivery.post(run, to, "guest_link", {}, language="en", now=NOW, booking=booking)
    if not matched:
        monkeypatch.setattr("handlers.letter_answered.answered_by", _whoever(booking))
    await by_letter(house, 1, quotes=letters.number(house.secret, int(number or 0), "house.example"))
    told = await one("SELECT COUNT(*) FROM entry WHERE kind = 'guest_wrote'")
    assert told == (0 if matched else 1)


def _whoever(booking: int) -> Any:
    async def answered(*_: Any) -> Answered:
        return Answered("guest_link", booking, None)

    return answered


@pytest.mark.parametrize("masked", [True, False], ids=["with", "without"])
async def test_without_the_mask_a_secret_link_is_kept_as_words(
    house: House, monkeypatch: pytest.MonkeyPatch, masked: bool
) -> None:
    """Whoever passes their booking's address on in a chat: the house reads [link]."""
    token = links.token(house.secret, 1, "guest", 1)
    if not masked:
        monkeypatch.setattr("models.doors.readable", lambda words: words)
    await write(house, "SM1", f"https://bellhop.example/b/{token} does not open")
    assert (token in str(await one("SELECT words FROM inbound"))) is not masked


# -- WhatsApp's 24 hours ------------------------------------------------------------------------


@pytest.mark.too_late
@pytest.mark.parametrize("ruled", [True, False], ids=["with", "without"])
async def test_without_the_24_hours_free_words_are_sent_too_late(
    bellhop: Bellhop, ana: Person, rafael: Person, monkeypatch: pytest.MonkeyPatch, ruled: bool
) -> None:
    """Rafael has not written for a day: he is briefed by a template; without the rule, in free words that fail at WhatsApp."""
    if not ruled:
        monkeypatch.setattr(whatsapp, "free_until", lambda _, now: now)
    reference = await moves.books(ana, moves.TRANSFER)
    await ana.pays("ok")
    assert (await rafael.hears(reference))["template"]  # without, sent once more as this: nobody would have noticed
    await moves.all_carried(reference)
    assert bool(bellhop.written_too_late()) is not ruled


# -- the table above ----------------------------------------------------------------------------


TOLD = re.compile(r"`(?:(models|handlers|bot|web)\.)?(\w+)\.(\w+)`")


def guards_named(table: str) -> list[tuple[str, str]]:
    """Module and name of each guard that a table like the one above names as `module.name`."""
    columns = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")]
    return [(module, name) for column in columns for _, module, name in TOLD.findall(column)]


def exists(module: str, name: str) -> bool:
    """Whether one of our modules has this."""
    folders = ("models", "handlers", "bot", "web")
    found = [f"{folder}.{module}" for folder in folders if (ROOT / folder / f"{module}.py").exists()]
    return any(hasattr(import_module(each), name) for each in found)


def test_every_guard_of_the_table_exists() -> None:
    """A guard that was renamed is named anew."""
    named = [pair for pair in guards_named(__doc__ or "") if pair[0] != "models"]  # those are whole modules
    assert len(named) > 5
    assert [pair for pair in named if not exists(*pair)] == []
    assert not exists("whatsapp", "_window_open")


# -- one clock ----------------------------------------------------------------------------------


CLOCKS = re.compile(
    r"\bnow\(\)|current_timestamp|clock_timestamp|strftime\(|datetime\('now'|localtimestamp", re.IGNORECASE
)
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE)\b")


def asks_the_databases_clock(source: str) -> list[str]:
    """Statements in this source that take the time from the database."""
    found = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [text for text in found if SQL.search(text) and CLOCKS.search(text)]


def test_every_statement_is_told_the_time() -> None:
    """One clock, passed down as `:now`; only leases are on the database's own."""
    asking = {
        str(path.relative_to(ROOT)): asks_the_databases_clock(path.read_text("utf-8"))
        for folder in ("models", "handlers", "bot", "web")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert {path: found for path, found in asking.items() if found} == {}
    assert asks_the_databases_clock("""sql = "UPDATE booking SET changed = now() WHERE id = 1" """)  # it would be seen


def test_no_module_reads_the_time_for_itself() -> None:
    """Handlers, flows and records are told it; only `bot`, where the clock is made, and the simulators look."""
    looking = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("models", "handlers", "flows")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")
    ]  # fmt: skip
    assert looking == []


# -- nothing waits for a third party ------------------------------------------------------------


def test_what_decides_cannot_reach_a_provider() -> None:
    """Handlers, flows and records import no provider's SDK and no HTTP: all that leaves is a delivery."""
    outside = {
        "aiohttp",
        "twilio",
        "telegram",
        "stripe",
        "aiosmtplib",
        "httpx",
        "requests",
        "jinja2",
        "smtplib",
        "urllib.request",
    }
    reaching = [
        f"{path.relative_to(ROOT)}: {name}"
        for folder in ("models", "handlers", "flows")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in imports(path.read_text("utf-8"))
        if name in outside or name.split(".")[0] in outside
    ]
    assert reaching == []


def imports(source: str) -> list[str]:
    """The modules that a source imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return names
