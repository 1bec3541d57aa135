"""The timeline: nobody rewrites what happened, and erasing a person leaves it whole."""

from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from models.database import dialect, read, transaction
from models.timeline import record, timeline, whole
from tests.conftest import NOW
from tests.models.given import a_booking

pytestmark = pytest.mark.usefixtures("database")


async def happened(booking: int, kind: str, **how: Any) -> None:
    """One thing, told by Ana on WhatsApp."""
    async with transaction() as run:
        await record(run, booking, kind, actor="Ana", actor_kind="guest", door="whatsapp", now=NOW, **how)


async def a_told_booking() -> int:
    """A booking to which three things happened."""
    booking = await a_booking(NOW)
    await happened(booking, "requested", facts={"vehicle": "van", "people": 4})
    await happened(booking, "held", personal={"phone": "+447700900142"})
    await happened(booking, "confirmed")
    return booking


async def tampered(sql: str) -> None:
    """Someone with the keys of the database takes the guard out, changes the past and puts it back."""
    async with transaction() as run:
        if dialect() == "postgres":
            await run("ALTER TABLE entry DISABLE TRIGGER USER")
            await run(sql)
            await run("ALTER TABLE entry ENABLE TRIGGER USER")
            return
        guards = await run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'")
        for guard in guards:
            await run(f"DROP TRIGGER {guard['name']}")
        await run(sql)
        for guard in guards:
            await run(guard["sql"])


async def test_what_happened_is_read_in_order() -> None:
    """Who, by which door, when and what, facts and personal values in place."""
    booking = await a_told_booking()
    entries = await timeline(booking)
    assert [(entry["position"], entry["kind"]) for entry in entries] == [
        (1, "requested"),
        (2, "held"),
        (3, "confirmed"),
    ]
    assert list(entries[0]["facts"]) == ["vehicle", "people"]
    assert entries[1]["personal"] == {"actor": "Ana", "phone": "+447700900142"}
    assert await whole(booking)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET kind = 'cancelled' WHERE position = 3",
        "UPDATE entry SET facts = '{\"people\":2}' WHERE position = 1",
        "UPDATE entry SET at = at + 1 WHERE position = 2",
        "UPDATE entry SET actor_kind = 'staff' WHERE position = 2",
        "DELETE FROM entry WHERE position = 1",
        "UPDATE entry SET personal_sha256 = 'abc' WHERE position = 2",
    ],
)
async def test_a_changed_past_shows(change: str) -> None:
    """Any value of any entry, and an entry that is gone."""
    booking = await a_told_booking()
    async with transaction() as run:
        await run("DELETE FROM personal")
    await tampered(change)
    assert not await whole(booking)


async def test_erasing_a_person_leaves_the_chain_whole() -> None:
    """The personal values go, what happened stays and is still proven."""
    booking = await a_told_booking()
    async with transaction() as run:
        await run("DELETE FROM personal WHERE entry_id IN (SELECT id FROM entry WHERE booking_id = :b)", b=booking)
    assert await whole(booking)
    entries = await timeline(booking)
    assert [entry["personal"] for entry in entries] == [{}, {}, {}]
    assert "447700900142" not in str(await read("SELECT * FROM entry"))


async def test_equal_personal_values_are_not_to_be_seen_from_their_hashes() -> None:
    """Each is salted: the same name twice gives two hashes."""
    await a_told_booking()
    hashes = [row["personal_sha256"] for row in await read("SELECT personal_sha256 FROM entry")]
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("act", ["UPDATE entry SET kind = 'x'", "DELETE FROM entry"])
async def test_the_database_refuses_to_edit_it(act: str) -> None:
    """Whoever asks."""
    await a_told_booking()
    with pytest.raises(IntegrityError, match="the timeline is never edited"):
        async with transaction() as run:
            await run("DELETE FROM personal")
            await run(act)


async def test_each_booking_has_a_chain_of_its_own() -> None:
    """What happens to another one changes nothing here."""
    mine, other = await a_told_booking(), await a_told_booking()
    await happened(mine, "completed")
    assert await whole(mine)
    assert await whole(other)
    assert [entry["position"] for entry in await timeline(other)] == [1, 2, 3]
