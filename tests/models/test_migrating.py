"""The tables come to the newest shape wholly or not at all."""

from typing import Any

import pytest
from tortoise.migrations.recorder import MigrationRecorder

from models import copying, database
from models.settings import kept_under
from tests.conftest import Dialect


class Gone(Exception):
    """The program ends here."""


async def test_what_ends_in_the_middle_leaves_nothing(template: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also between a migration and the note that it was applied: the next start begins where this one did."""
    url, noted = await template.empty(), MigrationRecorder.record_applied

    async def ends(self: MigrationRecorder, app: str, name: str) -> Any:
        if name.startswith("0003"):
            raise Gone
        await noted(self, app, name)

    try:
        with monkeypatch.context() as until_here:
            until_here.setattr(MigrationRecorder, "record_applied", ends)
            with pytest.raises(Gone):
                await database.migrate(url)
        await database.close()
        async with copying.opened(url) as side:
            assert await side.tables() == {}
        await database.migrate(url)
        await database.verify()
    finally:
        await database.close()
        await template.drop(url)


async def test_a_template_of_before_goes_on(template: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its ContentSid was kept without its words."""
    url, noted = await template.empty(), MigrationRecorder.record_applied

    async def had_one(self: MigrationRecorder, app: str, name: str) -> Any:
        if name.startswith("0012"):
            for key, value in (("template:brief_lead:en", "HX1"), ("template:brief_lead:en:sha", "a1")):
                await self.connection.execute_query(f"INSERT INTO kept (name, value) VALUES ('{key}', '{value}')")
        await noted(self, app, name)

    try:
        monkeypatch.setattr(MigrationRecorder, "record_applied", had_one)
        await database.migrate(url)
        assert await kept_under("approved:") == {"approved:brief_lead:en": '{"sid":"HX1","wording":null}'}
    finally:
        await database.close()
        await template.drop(url)
