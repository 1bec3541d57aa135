"""The commands around transcripts: what is refused, what a number means in the terminal, how a talk there ends."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bot import chat, replay, transcripts
from bot.rehearsal import Reply
from bot.words import DrawnOption
from bot.wrong import Wrong

PATIENCE = 30  # seconds
HEAD = "title: T\nnow: 2026-11-20 10:00\nchannel: whatsapp\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        ("  \n\n", "the file is empty"),
        ("# only this\n", "nobody says anything"),
        (HEAD, "nobody says anything"),
        ("now: 2026-11-20 10:00\nchannel: whatsapp\nguest: hi", 'a line "title:" is missing'),
        (HEAD + "gest: hi", "line 4: begin the line with one of guest, on, later, paid, staff or bot, or with #"),
        (HEAD + "hello there", "line 4: begin the line"),
        (HEAD + "bot: hi", "line 4: the guest speaks first"),
        (HEAD + "guest: hi\nbot:", "line 5: write what the bot says"),
        (HEAD + "guest:", "line 4: write what the guest says"),
        (HEAD + "guest: hi\ntitle: again", 'line 5: "title:" stands once'),
        (HEAD + "title: again\nguest: hi", '"title:" stands once'),
        (HEAD + "guest: hi\nlater: soon", "line 5: write how much later: 30 min, 2 h or 1 day"),
        (HEAD + "guest: hi\npaid: half", 'line 5: write "paid:" alone'),
        (HEAD + "guest: hi\nstaff: goes home", "line 5: staff confirm, takes over, hands back or says"),
        (HEAD + "guest: pin 18.5", "line 4: a pin is written as"),
        (HEAD.replace("whatsapp", "fax") + "guest: hi", "line 3: the channel is whatsapp or telegram"),
        (HEAD.replace("-20 10", "-31 10") + "guest: hi", "line 2: write the moment as 2026-11-20 10:00"),
    ],
)
def test_a_wrong_line_is_refused_with_file_line_and_a_sentence(text: str, sentence: str) -> None:
    """The person who wrote it need not be a programmer."""
    with pytest.raises(Wrong, match=r"^some\.txt") as refused:
        transcripts.read(text, Path("some.txt"))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda file: None, "there is no such file"),
        (lambda file: file.write_bytes(b"title: T\xff"), "not UTF-8 text (byte 9)"),
        (lambda file: file.touch(), "the file is empty"),
        (lambda file: file.mkdir(), "is a directory"),
    ],
)
async def test_a_file_that_cannot_be_read_is_a_sentence(make: object, sentence: str, tmp_path: Path) -> None:
    """Before anything is played."""
    file = tmp_path / "talk.txt"
    make(file)  # type: ignore[operator]
    with pytest.raises(Wrong) as refused:
        await replay.replay([file], Console(), write=False)
    assert str(file) in str(refused.value) and sentence in str(refused.value)


def card(*labels: str) -> Reply:
    """A message with these options."""
    return Reply("Which?", tuple(DrawnOption(label, label, "q", str(n)) for n, label in enumerate(labels)))


def test_a_typed_number_chooses_an_option() -> None:
    """Not where the options are figures themselves: "2" then means two bags, not the second option."""
    vehicles, bags = card("Sedan", "Van"), card("No bags", "1 bag", "2 bags")
    assert chat.meant("2", vehicles) == {"tap": "Van", "earlier": False}
    assert chat.meant("3", vehicles) == {"words": "3"}
    assert chat.meant("2", bags) == {"words": "2"}
    assert "1. Sedan" in chat.drawn(vehicles).plain and "· 2 bags" in chat.drawn(bags).plain


def test_what_begins_with_a_slash_is_a_step() -> None:
    """Anything else that does is the guest's: Telegram's /start is."""
    assert chat.meant("/later 2h", None) == {"later": transcripts.duration("2 h")}
    assert chat.meant("/photo", None) == {"kind": "photo"}
    assert chat.meant("/paid", None) == {"paid": True}
    assert chat.meant("/start", None) == {"words": "/start"}
    with pytest.raises(transcripts.Unreadable):
        chat.meant("/later soon", None)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("fr", "whatsapp", ""), "--language is one of en, es, not fr"),
        (("en", "fax", ""), "--channel is whatsapp or telegram, not fax"),
        (("en", "telegram", "tomorrow"), "--now is written as 2026-11-20 10:00, not tomorrow"),
    ],
)
def test_a_chat_that_cannot_begin_is_a_sentence(given: tuple[str, str, str], sentence: str) -> None:
    """Before anything is opened."""
    with pytest.raises(Wrong, match=sentence):
        chat.checked(*given)


def bellhop(*words: str) -> list[str]:
    """The command line, as a process of its own."""
    return [sys.executable, "-m", "bot", *words]


def test_replay_ends_with_1_when_a_transcript_differs(tmp_path: Path) -> None:
    """Each that differs is named; one that fits is not."""
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text(f"{HEAD}guest: hi\nbot: What may we arrange\n")
    bad.write_text(f"{HEAD}guest: hi\nbot: Which day?\n")
    done = subprocess.run(
        bellhop("replay", str(good), str(bad)), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "bad.txt: T" in done.stdout and "− expected  Which day?" in done.stdout and "good.txt" not in done.stdout
    assert "2 transcripts played. 1 differs from what the bot says." in done.stdout


def test_a_chat_without_a_terminal_is_a_sentence() -> None:
    """A talk that is written down is for `replay`."""
    done = subprocess.run(bellhop("chat"), input="hi\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().startswith("a chat needs a terminal")


@pytest.mark.parametrize("last", [b"\x04", b"\x03"], ids=["ctrl-d", "ctrl-c"])
def test_a_chat_in_a_terminal(last: bytes) -> None:
    """The same talk, until the person has had enough; it ends in a sentence, however they end it."""
    ours, theirs = pty.openpty()
    talk = subprocess.Popen(
        bellhop("chat", "--language", "es", "--channel", "telegram", "--now", "2026-11-20 10:00"),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env={**os.environ, "TERM": "dumb"},
        preexec_fn=_own_terminal,  # noqa: PLW1509  # Ctrl-C reaches whoever holds the terminal
    )  # fmt: skip
    os.close(theirs)
    shown = _until(ours, "> ")
    for typed, answered in ((b"hola\n", "1. Traslado privado"), (b"1\n", "recog"), (b"/later 1 h\n", "(silence)")):
        os.write(ours, typed)
        shown = _until(ours, answered, "> ")
    os.write(ours, last)
    shown = _until(ours, "That was the talk.")
    assert talk.wait(timeout=30) == 0
    os.close(ours)
    assert "Traceback" not in shown


def _own_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _until(terminal: int, *wanted: str) -> str:
    """What the terminal shows until all of this stands there, in that order."""
    shown = b""
    while True:
        assert select.select([terminal], [], [], PATIENCE)[0], f"wanted {wanted}, shown {shown.decode()!r}"
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # Linux: the other side has closed
            raise AssertionError(f"wanted {wanted}, shown {shown.decode()!r}") from None
        text, at = shown.decode("utf-8", "replace"), 0
        for each in wanted:
            at = text.find(each, at) + len(each) if at >= 0 and each in text[at:] else -1
        if at >= 0:
            return text
