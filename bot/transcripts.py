"""Transcripts: talks written down as a play, `guest:` and `bot:` lines that anybody can write; docs/transcripts.md tells how."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.wrong import Wrong

HEADS = ("title", "about", "now", "channel", "language", "name")
STEPS = ("guest", "on", "later", "paid", "staff")
CHANNELS = ("whatsapp", "telegram")
MEDIA = ("photo", "voice", "video", "document", "sticker")
STAFF = ("confirm", "takes over", "hands back", "says")
ANYTHING = "…"
SHAPE = "%Y-%m-%d %H:%M"
_LINE = re.compile(r"(?P<head>[A-Za-z]+)[ \t]*:[ \t]*(?P<said>.*)")
_LATER = re.compile(r"(?P<n>\d{1,4})\s*(?P<unit>min|minutes?|h|hours?|d|days?)")
_TAP = re.compile(r"(?P<earlier>earlier\s+)?\[(?P<label>[^\[\]]+)\]")
_PIN = re.compile(r"pin\s+(?P<lat>-?\d+(?:\.\d+)?)\s*,\s*(?P<lon>-?\d+(?:\.\d+)?)")
_CONTACT = re.compile(r"contact\s+(?:of\s+(?P<name>[^\d+]+?)\s+)?(?P<phone>\+?\d[\d\s().-]{5,})")
CODE = re.compile(r"\b[A-Z]{2,4}-[0-9A-Z]{5}\b")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Unreadable(ValueError):
    """A line that is not as it should be; the sentence says what it should be."""


@dataclass(slots=True)
class Line:
    """What stands behind a head ("guest", "bot" …), and at which line of the file it begins, from 1."""

    number: int
    head: str
    said: str
    lines: int = 1  # of the file, where it goes on in lines that are set in


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens, and what the bot should say to it."""

    line: Line
    expected: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole file. `now` is the operator's local time, without a zone; `language` what the guest's phone is set to."""

    path: Path
    title: str
    now: datetime
    channel: str
    language: str | None
    name: str
    about: str
    steps: tuple[Step, ...]
    text: tuple[str, ...]


# --- reading ---


def read_file(path: Path) -> Transcript:
    """A transcript from its file; refuses (`Wrong`) with file, line and a sentence."""
    try:
        return read(path.read_bytes().decode("utf-8-sig"), path)
    except FileNotFoundError:
        raise Wrong(f"{path}: there is no such file") from None
    except UnicodeDecodeError as bad:
        raise Wrong(f"{path}: this is not UTF-8 text (byte {bad.start + 1}); save the file as UTF-8") from None
    except OSError as refused:
        raise Wrong(f"{path}: cannot be read: {(refused.strerror or str(refused)).lower()}") from None


def read(text: str, path: Path) -> Transcript:
    """The same from its text; `path` is named in refusals."""
    if not text.strip():
        raise Wrong(f"{path}: the file is empty; docs/transcripts.md shows how a transcript is written")
    lines = _lines(text, path)
    heads = {line.head: line for line in reversed(lines) if line.head in HEADS}
    steps: list[Step] = []
    for line in lines:
        if line.head in HEADS and (steps or heads[line.head] is not line):
            raise _refused(path, line, f'"{line.head}:" stands once, before the first "guest:"')
        if line.head in STEPS:
            _check(line, path)
            steps.append(Step(line))
        elif line.head == "bot":
            _expected(steps, line, path).append(line)
    if not steps:
        raise Wrong(f'{path}: nobody says anything; begin with a line such as "guest: hello"')
    return _transcript(path, heads, tuple(steps), tuple(text.splitlines()))


def _lines(text: str, path: Path) -> list[Line]:
    found: list[Line] = []
    for number, written in enumerate(text.splitlines(), 1):
        if not written.strip() or written.lstrip().startswith("#"):
            continue
        if written[0] in " \t" and found:
            found[-1].said += f"\n{written.strip()}"
            found[-1].lines = number - found[-1].number + 1
            continue
        line = _LINE.fullmatch(written.rstrip())
        known = Line(number, line["head"].lower() if line else "", line["said"] if line else "")
        if known.head not in (*HEADS, *STEPS, "bot"):
            raise _refused(
                path, known, f"begin the line with one of {_listed((*STEPS, 'bot'))}, or with # for a comment"
            )
        found.append(known)
    return found


def _expected(steps: list[Step], line: Line, path: Path) -> list[Line]:
    if not steps:
        raise _refused(path, line, 'the guest speaks first: begin with "guest:"')
    if not line.said:
        raise _refused(path, line, 'write what the bot says; where it stays silent there is no "bot:" line')
    return steps[-1].expected


def _check(line: Line, path: Path) -> None:
    try:
        happening(line.head, line.said)
    except Unreadable as wrong:
        raise _refused(path, line, str(wrong)) from None


def _transcript(path: Path, heads: dict[str, Line], steps: tuple[Step, ...], text: tuple[str, ...]) -> Transcript:
    for head in ("title", "now", "channel"):
        if head not in heads or not heads[head].said:
            raise Wrong(f'{path}: a line "{head}:" is missing at the beginning')
    try:
        now = datetime.strptime(heads["now"].said, SHAPE)  # noqa: DTZ007  # the operator's zone is the catalogue's
    except ValueError:
        raise _refused(path, heads["now"], "write the moment as 2026-11-20 10:00") from None
    if (channel := heads["channel"].said.lower()) not in CHANNELS:
        raise _refused(path, heads["channel"], f"the channel is {_listed(CHANNELS)}")
    said = {head: line.said for head, line in heads.items()}
    return Transcript(
        path, said["title"], now, channel, said.get("language") or None, said.get("name", ""), said.get("about", ""),
        steps, text,
    )  # fmt: skip


def _refused(path: Path, line: Line, why: str) -> Wrong:
    return Wrong(f"{path}, line {line.number}: {why}")


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


# --- what happens ---


def happening(head: str, said: str) -> dict[str, Any]:
    """What a step means, as plain values under "tap", "location", "contact", "kind", "words", "on", "later", "paid" or "staff".

    Refuses with `Unreadable`.
    """
    if head == "guest":
        return _guest(said)
    if head == "on":
        if said not in CHANNELS:
            raise Unreadable(f"the channel is {_listed(CHANNELS)}")
        return {"on": said}
    if head == "later":
        return {"later": duration(said)}
    if head == "paid":
        if said not in ("", "declined"):
            raise Unreadable('write "paid:" alone, or "paid: declined"')
        return {"paid": said != "declined"}
    act = next((act for act in STAFF if said == act or (act == "says" and said.startswith("says "))), None)
    if act is None:
        raise Unreadable(f"staff {_listed(STAFF)} …")
    return {"staff": act, "words": said.removeprefix("says").strip()}


def _guest(said: str) -> dict[str, Any]:
    if not said:
        raise Unreadable("write what the guest says")
    if tap := _TAP.fullmatch(said):
        return {"tap": tap["label"], "earlier": bool(tap["earlier"])}
    if said in MEDIA:
        return {"kind": said}
    if pin := _PIN.fullmatch(said):
        return {"kind": "location", "location": (float(pin["lat"]), float(pin["lon"]))}
    if contact := _CONTACT.fullmatch(said):
        card = (contact["name"] or "", contact["phone"].strip())
        return {"kind": "contact", "contact": card, "of_another": bool(contact["name"])}
    if re.match(r"pin\s+-?\d", said):
        raise Unreadable("a pin is written as: pin 18.58, -68.40")
    return {"words": said}


def duration(said: str) -> timedelta:
    """ "2 h", "30 min", "1 day". Refuses with `Unreadable`."""
    if not (later := _LATER.fullmatch(said.strip())):
        raise Unreadable("write how much later: 30 min, 2 h or 1 day")
    return timedelta(**{_UNITS[later["unit"][0]]: int(later["n"])})


# --- comparing ---


def stands_in(said: str, reply: str, start: int = 0) -> int:
    """Where the words of a bot line end in a reply, at or after `start`; -1 when they do not stand there in that order."""
    found = _pattern(said).search(" ".join(reply.split()), start)
    return found.end() if found else -1


def _pattern(said: str) -> re.Pattern[str]:
    pieces = [" ".join(piece.split()) for piece in said.split(ANYTHING)]
    return re.compile(r".*?".join(_whole(piece) for piece in pieces if piece) or r"(?=.)")


def _whole(piece: str) -> str:
    """No word is found inside another: "4 adults" does not stand in "14 adults"."""
    before, after = (r"(?<!\w)" if piece[0].isalnum() else ""), (r"(?!\w)" if piece[-1].isalnum() else "")
    return f"{before}{re.escape(piece)}{after}"


def fits(expected: Sequence[str], replies: Sequence[str]) -> bool:
    """Whether these bot lines tell of these replies: each line in its order, and no reply without a line."""
    return _fits(tuple(expected), tuple(replies), 0) if replies else not expected


def _fits(expected: tuple[str, ...], replies: tuple[str, ...], start: int) -> bool:
    if not expected:
        return len(replies) == 1 and start > 0
    end = stands_in(expected[0], replies[0], start)
    if end >= 0 and _fits(expected[1:], replies, max(end, 1)):
        return True
    return start > 0 and len(replies) > 1 and _fits(expected, replies[1:], 0)


# --- writing ---


def rewritten(transcript: Transcript, heard: Sequence[Sequence[str] | None]) -> str:
    """The file's text with the bot lines of each step in place of those there; None leaves a step as it is.

    Booking codes become `…`, for each booking has its own.
    """
    text: list[str | None] = list(transcript.text)
    said: dict[int, list[str]] = {}
    for step, lines in zip(transcript.steps, heard, strict=True):
        if lines is None:
            continue
        for old in step.expected:
            text[old.number - 1 : old.number - 1 + old.lines] = [None] * old.lines
        said[step.line.number + step.line.lines - 2] = [f"bot: {CODE.sub(ANYTHING, line)}" for line in lines]
    written: list[str] = []
    for at, line in enumerate(text):
        written += [line] if line is not None else []
        written += said.get(at, [])
    return "\n".join(written) + "\n"
