"""Every transcript is played: the bot says what stands there, and the plays in the docs are made of what it says."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot import plays, rehearsal, replay, transcripts, words
from bot.rehearsal import play
from models import catalogs
from tests.conftest import DIALECT

pytestmark = pytest.mark.skipif(
    DIALECT != "sqlite", reason="a rehearsal is on SQLite, and a process keeps to one dialect"
)

FILES = [(language, file) for language in words.languages() for file in plays.files(language)]
SHORT = """title: Hello
now: 2026-11-20 10:00
channel: whatsapp
name: Hannah Moore

guest: hi
"""


@pytest.fixture(scope="session")
def theatre(workshop: Path) -> Path:
    """The folder of this run's rehearsals, with the database that each begins with."""
    folder = workshop / "theatre"
    folder.mkdir()
    asyncio.run(rehearsal.build(folder))
    return folder


@pytest_asyncio.fixture
async def stage(theatre: Path) -> AsyncIterator[None]:
    """A rehearsal's own database, open."""
    catalogs._compiled.clear()  # version 1 of another test may have been another catalogue
    async with rehearsal.stage(theatre):
        yield


@pytest.mark.parametrize(("language", "file"), FILES, ids=lambda each: getattr(each, "stem", each))
async def test_the_bot_says_what_the_transcript_says(language: str, file: Path, stage: None) -> None:
    """Word by word where words stand, and no message more; `bellhop replay FILE` shows the same."""
    transcript = transcripts.read_file(file)
    played = await play(transcript)
    assert all(step.fits for step in played), "\n" + "".join(
        replay.difference(step).plain for step in played if not step.fits
    )
    now = plays.page(language, [plays.scene(language, transcript, played)])
    kept = (plays.PLAYS / f"{language}.md").read_text("utf-8")
    assert plays.part(kept, file.stem) == plays.part(now, file.stem), "the play is out of date: make plays"


@pytest.mark.parametrize("language", words.languages())
def test_the_play_has_every_scene_and_no_other(language: str) -> None:
    """Made anew with `make plays`."""
    kept = (plays.PLAYS / f"{language}.md").read_text("utf-8")
    read = [transcripts.read_file(file) for file in plays.files(language)]
    begun = plays.page(language, [plays.scene(language, each, ()) for each in read]).partition("<a id=")[0]
    assert kept.startswith(begun), "the play is out of date: make plays"
    assert kept.count("<a id=") == len(read)


def test_there_are_enough_of_each_language() -> None:
    """Half of them Spanish."""
    assert all(len(plays.files(language)) >= 16 for language in words.languages())


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("bot: Hello Hannah, this is Costa Alisia.\nbot: What may we arrange for you? … [Private transfer]", True),
        ("bot: … Costa Alisia … [Private transfer]", True),
        ("bot: Hello Hanna", False),
        ("bot: [Private transfer] … Hello", False),
        ("bot: What may we\nbot: Hello", False),
        ("bot: Hello\nbot: What may we arrange\nbot: Which day?", False),
        ("", False),
    ],
)
async def test_a_transcript_with_a_wrong_line_fails(said: str, fits: bool, stage: None) -> None:
    """A word that is not said, another order, one line too many, a message that no line mentions."""
    played = await play(transcripts.read(SHORT + said, Path("short.txt")))
    assert all(step.fits for step in played) == fits


async def test_what_was_expected_and_what_came_is_shown(stage: None) -> None:
    """With the line of the guest, so that it is found at once."""
    played = await play(transcripts.read(f"{SHORT}bot: Hello Hanna\nbot: What may we", Path("short.txt")))
    shown = replay.difference(played[0]).plain
    assert "line 6  guest: hi" in shown
    assert "− expected  Hello Hanna\n" in shown and "  expected  What may we\n" in shown
    assert "came      Hello Hannah, this is Costa Alisia.\n" in shown


async def test_writing_puts_in_what_is_said_now_and_keeps_the_rest(stage: None, tmp_path: Path) -> None:
    """Comments stay, steps that fit stay as they were written; afterwards the transcript fits."""
    file = tmp_path / "short.txt"
    file.write_text(
        f"{SHORT}# she waits\nbot: Hello … arrange …\n\nguest: [Private transfer]\n  # why\nbot: Which day?\n  or month?\n# end\n"
    )
    replay.rewrite(transcripts.read_file(file), await play(transcripts.read_file(file)))
    written = file.read_text("utf-8")
    assert "# she waits\nbot: Hello … arrange …\n\n" in written and written.endswith("# end\n")
    assert "bot: Where do we pick you up?" in written and "Which day" not in written and "month" not in written


async def test_a_transcript_can_pay_wait_and_call_staff(stage: None) -> None:
    """The hold ends when nobody pays in time; a person takes over and hands back."""
    walk = """guest: airport to Bávaro tomorrow at 3pm, one way, 2 adults, 2 bags, no extras, no notes, flight AA1045, sedan
bot: [Send request]
guest: send
bot: held until 10:30 … [Pay US$36.00]
paid: declined
bot: The bank declined
later: 1 h
bot: has ended
paid:
bot: (The time to pay ran out
staff: takes over
guest: hello?
staff: says We are here
bot: We are here
staff: hands back
bot: handed the chat back
bot: Your request
"""
    played = await play(transcripts.read(SHORT.replace("guest: hi\n", walk), Path("walk.txt")))
    assert all(step.fits for step in played), "".join(replay.difference(step).plain for step in played if not step.fits)


@pytest.mark.parametrize(
    "file", sorted(plays.TRANSCRIPTS.glob("*/wanted/*.txt")), ids=lambda file: f"{file.parts[-3]}-{file.stem}"
)
def test_what_is_wanted_can_be_read(file: Path) -> None:
    """What the bot does not do yet is not played, and written as it should be all the same."""
    assert transcripts.read_file(file).steps


@pytest.mark.parametrize("language", words.languages())
@pytest.mark.parametrize(("number", "most"), [("01", 11), ("02", 5)], ids=["tapping", "one sentence, then taps"])
def test_a_plain_transfer_takes_few_messages(language: str, number: str, most: int) -> None:
    """From the first word to the one that sends the request; what follows is the payment."""
    file = next(file for file in plays.files(language) if file.stem.startswith(number))
    heads = [step.line.head for step in transcripts.read_file(file).steps]
    assert heads[: heads.index("paid")].count("guest") <= most
