"""The rules that the database itself keeps: they stand, they are missed when gone, and they hold against any hand."""

import re

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.migrations import api as migrations

from models import guards, ledger
from models.database import Refused, close, config, connect, dialect, migrate, read, transaction, verify
from tests.conftest import NOW, Dialect
from tests.models import given

TRIGGERED = {
    "claim_peak": "claim",
    "claim_freed": "claim",
    "units_freed": "resource",
    "document_once": "document",
    "document_kept": "document",
    **{f"{table}_{act}": table for table in guards.FROZEN for act in ("unedited", "kept")},
}
PEAK = "> (SELECT units FROM resource WHERE key = NEW.resource)", "> room.units"
ALTERED = {  # per dialect: what a careless or a wilful hand leaves under the name of a guard
    "one_payment": ("DROP INDEX one_payment", "CREATE UNIQUE INDEX one_payment ON payment (provider, provider_id, kind, at)"),
    "one_inbound": ("DROP INDEX one_inbound", "CREATE INDEX one_inbound ON inbound (channel, external_id)"),
    "lane_due": ("DROP INDEX lane_due", "CREATE INDEX lane_due ON recipient (channel, urgency, next_due)"),
}  # fmt: skip
ALTERED_SQLITE = ALTERED | {
    "claim_peak": ("DROP TRIGGER claim_peak", guards._SQLITE_PEAK.replace(PEAK[0], "> 1000")),
    "payment_kept": (
        "DROP TRIGGER payment_kept",
        "CREATE TRIGGER payment_kept BEFORE DELETE ON payment WHEN OLD.amount > 0 BEGIN SELECT RAISE(ABORT, 'no'); END",
    ),
}
ALTERED_POSTGRES = ALTERED | {
    "claim_peak()": (guards._POSTGRES_PEAK.replace(PEAK[1], "> 1000"),),
    "keep_as_written()": (guards._POSTGRES_FROZEN.replace("RAISE EXCEPTION", "RAISE NOTICE"),),
    "payment_kept": ("ALTER TABLE payment DISABLE TRIGGER payment_kept",),
    "document_once": (guards.laid("postgres")["document_once"].replace("IS NOT NULL", "= 'a'"),),
}
WEAKENED = (  # what a rebuilt table may have lost: SQLite's table as it would be, PostgreSQL's statement, how it is named
    (("amount BIGINT NOT NULL", "amount BIGINT"), "payment ALTER amount DROP NOT NULL", "payment: amount NOT NULL"),
    (
        ('"booking" ("id") ON DELETE RESTRICT', '"booking" ("id") ON DELETE CASCADE'),
        "payment DROP CONSTRAINT {fk}, ADD FOREIGN KEY (booking_id) REFERENCES booking (id) ON DELETE CASCADE",
        "payment: FOREIGN KEY (booking_id) REFERENCES booking(id)",
    ),
    (
        ('REFERENCES "booking" ("id") ON DELETE RESTRICT', ""),
        "payment DROP CONSTRAINT {fk}",
        "payment: FOREIGN KEY (booking_id) REFERENCES booking(id)",
    ),
)


async def drop(name: str) -> None:
    """Take one guard away, as a careless rebuild of its table would."""
    what = f"INDEX {name}" if name in guards.INDEXES else f"TRIGGER {name}"
    what = f"FUNCTION {name} CASCADE" if name.endswith("()") else what
    on = f" ON {TRIGGERED[name]}" if name in TRIGGERED and dialect() == "postgres" else ""
    async with transaction() as run:
        await run(f"DROP {what}{on}")


def altered() -> dict[str, tuple[str, ...]]:
    """What is altered on this dialect."""
    return ALTERED_SQLITE if dialect() == "sqlite" else ALTERED_POSTGRES


async def alter(name: str) -> None:
    """Leave something else under a guard's name."""
    async with transaction() as run:
        for statement in altered()[name]:
            await run(statement)


async def test_a_database_without_one_of_its_guards_is_refused(database: str) -> None:
    """Whichever is missing, the program does not start on it and says which."""
    await verify()
    for name in sorted(guards.laid(dialect())):
        with pytest.raises(Refused, match=re.escape(name)):
            async with transaction():  # undone with the refusal, so that the next one misses only its own
                await drop(name)
                await verify()
    await verify()


async def test_a_database_whose_guard_is_another_under_the_same_name_is_refused(database: str) -> None:
    """A name alone keeps nothing: what it does is compared."""
    for name in altered():
        with pytest.raises(Refused, match=f"lacks its guards {re.escape(name)}:"):
            async with transaction():
                await alter(name)
                await verify()
    await verify()


async def test_migrating_lays_the_guards_anew(database: str) -> None:
    """What a rebuilt table has lost stands again after `bellhop migrate`, and what was altered is as it was."""
    lost = ("claim_peak", "one_talk", "entry_kept")
    for name in lost:
        await drop(name)
    for name in altered().keys() - lost:
        await alter(name)
    await close()
    await migrate(database)
    await verify()


async def test_a_guard_that_cannot_be_laid_is_named(database: str) -> None:
    """Two payments of one id stand already: which of them is true only a person can say."""
    booking = await given.a_booking(NOW)
    await drop("one_payment")
    async with transaction() as run:
        for amount in (100, 200):
            await run(
                "INSERT INTO payment (booking_id, kind, provider, provider_id, amount, currency, at) "
                "VALUES (:booking, 'payment', 'stripe', 'pi_1', :amount, 'USD', 0)",
                booking=booking, amount=amount,
            )  # fmt: skip
    await close()
    with pytest.raises(Refused, match="the guard one_payment cannot be laid"):
        await migrate(database)


@pytest.mark.parametrize(("rebuilt", "statement", "named"), WEAKENED)
async def test_a_table_that_lost_what_its_record_asks_for_is_refused(
    database: str, rebuilt: tuple[str, str], statement: str, named: str
) -> None:
    """An obligatory column that may be empty, a reference that is gone or forgives: no migration of ours mends it, so it is named."""
    if dialect() == "sqlite":
        await _rebuild_payment(*rebuilt)
    else:
        fk = await given.one("SELECT conname FROM pg_constraint WHERE conrelid = 'payment'::regclass AND contype = 'f'")
        async with transaction() as run:
            await run(f"ALTER TABLE {statement.format(fk=fk)}")
    await close()
    with pytest.raises(Refused, match=re.escape(named)):
        await migrate(database)


async def _rebuild_payment(was: str, becomes: str) -> None:
    """As Tortoise rebuilds a table on SQLite, with something lost on the way."""
    made = await given.one("SELECT replace(sql, '\"amount\"', 'amount') FROM sqlite_master WHERE name = 'payment'")
    assert was in made
    async with transaction() as run:
        await run("DROP TABLE payment")
        await run(made.replace(was, becomes))


async def test_migrating_an_empty_database_lays_everything(template: Dialect) -> None:
    """From nothing to a database that may be used, and a second time changes nothing."""
    url = await template.empty()
    await migrate(url)
    await close()
    await migrate(url)
    assert await read("SELECT * FROM booking") == []
    await close()
    await template.drop(url)


async def test_a_database_of_the_first_version_comes_over_with_all_it_holds(template: Dialect) -> None:
    """Its columns that nobody read go, its records and what refers to them stay."""
    url = await template.empty()
    await migrations.migrate(config=config(url), target="models.0001_initial")
    await close()
    await connect(url)
    async with transaction() as run:
        await run(
            "INSERT INTO recipient (id, channel, address, name, stopped, urgency, fence, failures) "
            "VALUES (1, 'whatsapp', '+46701740605', 'Ana', true, 5, 7, 3)"
        )
        await run(
            "INSERT INTO event (provider, external_id, kind, body, received) VALUES ('stripe', 'evt_1', 'failed', '{}', 0)"
        )
    booking = await given.a_booking(NOW)
    await given.a_payment(booking, NOW)
    async with transaction() as run:
        await run(
            "INSERT INTO delivery (recipient_id, booking_id, kind, payload, language, state, attempt, urgency, template, created) "
            "VALUES (1, :booking, 'hello', '{}', 'en', 'waiting', 0, 5, false, 0)",
            booking=booking,
        )
    await close()
    await migrate(url)
    assert await read("SELECT id, name, fence FROM recipient") == [{"id": 1, "name": "Ana", "fence": 7}]
    assert await read("SELECT recipient_id, booking_id FROM delivery") == [{"recipient_id": 1, "booking_id": booking}]
    assert await ledger.sums(read, booking) == (4800, 0)
    assert await read("SELECT state, attempts FROM event") == [{"state": "done", "attempts": 0}]
    await close()
    await template.drop(url)


async def test_a_database_of_a_newer_program_is_refused(database: str) -> None:
    """Its records may mean what this program does not know."""
    async with transaction() as run:
        await run(
            "INSERT INTO tortoise_migrations (app, name, applied_at) "
            "SELECT app, '0999_from_tomorrow', applied_at FROM tortoise_migrations LIMIT 1"
        )
    await close()
    with pytest.raises(Refused, match=r"newer Bellhop .*0999_from_tomorrow"):
        await migrate(database)


async def test_an_address_of_no_database_is_refused() -> None:
    """With the word that was wrong."""
    with pytest.raises(Refused, match="not mysql"):
        await connect("mysql://root@localhost/bellhop")


async def test_a_payment_is_never_edited(database: str) -> None:
    """Nor taken out; a refund is a row of its own."""
    payment = await given.a_payment(await given.a_booking(NOW), NOW)
    await refuses("UPDATE payment SET amount = 1 WHERE id = :id", payment, "a payment is never edited")
    await refuses("DELETE FROM payment WHERE id = :id", payment, "a payment is never edited")
    assert await given.one("SELECT amount FROM payment") == 4800


async def test_a_line_is_kept_as_sold(database: str) -> None:
    """What the guest agreed to stays as it was."""
    line = await given.a_line(await given.a_booking(NOW))
    await refuses("UPDATE line SET amount = 1 WHERE id = :id", line, "a line is kept as sold")
    await refuses("DELETE FROM line WHERE id = :id", line, "a line is kept as sold")


async def test_a_version_of_the_catalogue_is_never_edited(database: str) -> None:
    """Old bookings are printed from it."""
    why = "a version of the catalogue is never edited"
    await refuses("UPDATE catalog_version SET content = '{}' WHERE id = :id", 1, why)
    await refuses("DELETE FROM catalog_version WHERE id = :id", 1, why)


async def test_a_document_is_written_once(database: str) -> None:
    """Its drawing may still be added to its facts; from then on it is as it was issued, and it is never taken out."""
    document = await given.a_document(await given.a_booking(NOW), NOW)
    async with transaction() as run:
        await run("UPDATE document SET sha256 = 'abc' WHERE id = :id", id=document)
    await refuses("UPDATE document SET sha256 = 'def' WHERE id = :id", document, "a document is written once")
    await refuses("DELETE FROM document WHERE id = :id", document, "a document is written once")


async def test_a_document_cannot_be_issued_twice(database: str) -> None:
    """One ticket of one version per booking."""
    booking = await given.a_booking(NOW)
    await given.a_document(booking, NOW)
    with pytest.raises(IntegrityError):
        await given.a_document(booking, NOW)


async def refuses(sql: str, number: int, why: str) -> None:
    """The database says no, with its reason."""
    with pytest.raises(IntegrityError, match=why):
        async with transaction() as run:
            await run(sql, id=number)
