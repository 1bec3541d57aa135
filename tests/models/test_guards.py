"""The rules that the database itself keeps: they stand, they are missed when gone, and they hold against any hand."""

import pytest
from tortoise.exceptions import IntegrityError

from models import guards
from models.database import Refused, close, connect, dialect, migrate, read, transaction, verify
from tests.conftest import NOW, Dialect
from tests.models import given

TRIGGERED = {
    "claim_peak": "claim",
    "document_once": "document",
    "document_kept": "document",
    **{f"{table}_{act}": table for table in guards.FROZEN for act in ("unedited", "kept")},
}


async def drop(name: str) -> None:
    """Take one guard away, as a careless rebuild of its table would."""
    what = f"INDEX {name}" if name in guards.UNIQUE else f"TRIGGER {name}"
    on = f" ON {TRIGGERED[name]}" if name in TRIGGERED and dialect() == "postgres" else ""
    async with transaction() as run:
        await run(f"DROP {what}{on}")


async def test_a_database_without_one_of_its_guards_is_refused(database: str) -> None:
    """Whichever is missing, the program does not start on it and says which."""
    await verify()
    for name in sorted(guards.names()):
        with pytest.raises(Refused, match=name):
            async with transaction():  # undone with the refusal, so that the next one misses only its own
                await drop(name)
                await verify()
    await verify()


async def test_migrating_lays_the_guards_anew(database: str) -> None:
    """What a rebuilt table has lost stands again after `bellhop migrate`."""
    for name in ("claim_peak", "one_inbound", "payment_kept"):
        await drop(name)
    await close()
    await migrate(database)
    await verify()


async def test_migrating_an_empty_database_lays_everything(template: Dialect) -> None:
    """From nothing to a database that may be used, and a second time changes nothing."""
    url = await template.empty()
    await migrate(url)
    await close()
    await migrate(url)
    assert await read("SELECT * FROM booking") == []
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
