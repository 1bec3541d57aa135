"""WhatsApp's templates as files: what is handed in is what the notices say, and what would be rejected is named before."""

import shutil
from pathlib import Path

import pytest

from bot import approved, words
from bot.approved import FILES, body_faults
from bot.whatsapp import WhatsApp
from bot.wrong import Wrong
from models.settings import forget
from tests.bot.test_whatsapp import Line, carrier, line

__all__ = ["carrier", "line"]

NOTICE, FILE = "hold_ended_guest", "en/hold_ended_guest.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files, to be spoilt."""
    return Path(shutil.copytree(FILES, tmp_path / "whatsapp"))


def test_every_template_says_what_its_notice_says() -> None:
    """In every language, with nothing that would keep it from being approved: else `bellhop templates write`."""
    assert approved.lint() == []
    assert len(list(FILES.glob("*/*.yaml"))) == len(words.notices()) * len(words.languages())


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: hold_ended_guest_en", "name: Hold-Ended", "the name 'Hold-Ended' is not of small letters, digits and _"),
        ("category: UTILITY", "category: NEWS", "the category is one of UTILITY, MARKETING, AUTHENTICATION, not 'NEWS'"),
        ("language: en", "language: de", "the language is 'en' by its folder, not 'de'"),
        ("The hold for {{1}}", "Your hold for {{1}}", "its notice says something else now: bellhop templates write"),
        ("samples:", "examples:", "it holds name, category, language, body, samples, and samples by number"),
        ("samples:\n", "samples:\n  '9': x\n", "a sample for no variable: 9"),
        ("category: UTILITY", "category: [", "it cannot be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named(folder: Path, old: str, new: str, fault: str) -> None:
    """By the template and its language; nothing is handed in meanwhile."""
    text = (folder / FILE).read_text("utf-8")
    assert old in text
    (folder / FILE).write_text(text.replace(old, new, 1), "utf-8")
    faults = approved.lint(folder)
    assert any(each.startswith(f"{NOTICE} (en): ") and fault in each for each in faults), faults
    with pytest.raises(Wrong, match="nothing was handed in"):
        approved.templates(folder)


def test_a_language_that_is_missing_is_named(folder: Path) -> None:
    """As is a file of a notice that is gone."""
    (folder / "es" / f"{NOTICE}.yaml").rename(folder / "es" / "farewell.yaml")
    assert approved.lint(folder) == [
        f"{NOTICE} (es): there is no such file: write it with bellhop templates write",
        "farewell (es): there is no such notice",
    ]


@pytest.mark.parametrize(
    ("body", "samples", "fault"),
    [
        ("{{1}} is here.", {"1": "Ana"}, "it begins with a variable"),
        ("Here is {{1}}.", {"1": "Ana"}, "it ends with a variable"),
        ("Of {{1}} {{2}} here", {"1": "a", "2": "b"}, "two variables stand side by side"),
        ("Of {{1}} and {{3}} here", {"1": "a", "3": "b"}, "its variables are not numbered from 1 without a gap"),
        ("Of {{name}} here", {"name": "a"}, "its variables are not numbered from 1 without a gap"),
        ("Of {{1}} here", {}, "no sample for 1"),
        ("Of {{1}} here", {"1": " "}, "a sample is not words on one line: 1"),
        ("Of {{1}} here", {"1": "a\nb"}, "a sample is not words on one line: 1"),
        ("x" * 1025, {}, "it is longer than 1024 characters"),
        ("Of {{1}} here", {"1": "x" * 1020}, "it is longer than 1024 characters"),
        ("a\n\n\nb", {}, "there are more than two line breaks in a row"),
        ("", {}, "it has no words"),
    ],
)  # fmt: skip
def test_what_whatsapp_would_reject_is_named(body: str, samples: dict[str, str], fault: str) -> None:
    """Before it is handed in: a rejection comes a day later."""
    assert fault in body_faults(body, samples)


def test_more_than_nine_variables_are_no_gap() -> None:
    """Ten comes after nine."""
    body = "x ".join(["Hello ", *(f"{{{{{n}}}}} " for n in range(1, 13)), "end"])
    assert body_faults(body, {str(n): "value" for n in range(1, 13)}) == []


def test_writing_keeps_what_somebody_has_chosen(folder: Path) -> None:
    """The words are drawn anew, name and category stay; what nobody says any more is taken away."""
    text = (folder / FILE).read_text("utf-8")
    chosen = text.replace("UTILITY", "MARKETING").replace("name: hold", "name: the_hold")
    (folder / FILE).write_text(chosen.replace("The hold", "A hold"), "utf-8")
    (folder / "es" / "farewell.yaml").write_text(text, "utf-8")
    assert approved.write(folder) == [f"{NOTICE} (en)", "farewell (es): taken away"]
    assert (folder / FILE).read_text("utf-8") == chosen
    assert approved.write(folder) == []


@pytest.mark.usefixtures("database")
async def test_handing_in_twice_makes_nothing_twice(line: Line, carrier: WhatsApp) -> None:
    """Also where we have forgotten what was handed in: Twilio has it by its name."""
    first = await approved.push(carrier.client)
    assert len(first) == len(line.sim.world.templates)
    assert await approved.push(carrier.client) == []
    await forget(f"template:{NOTICE}:en")
    await forget(f"template:{NOTICE}:en:sha")
    assert await approved.push(carrier.client) == [f"{NOTICE} (en)"]
    assert len(line.sim.world.templates) == len(first)
    assert f"{NOTICE} (en): approved" in await approved.status(carrier.client)
