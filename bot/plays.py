"""The talks as a play, for whoever wants to read how Bellhop speaks: `make plays` writes docs/plays, a test keeps it true."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2
from babel.dates import format_datetime, format_timedelta

from bot import rehearsal, transcripts, words
from bot.rehearsal import Played
from bot.transcripts import Transcript

ROOT = Path(__file__).parent.parent
TRANSCRIPTS = ROOT / "tests" / "transcripts"
PLAYS = ROOT / "docs" / "plays"
CHANNELS = {"whatsapp": "WhatsApp", "telegram": "Telegram"}
CODE = "CA-7K4M2"  # every booking has its own; the play keeps to one
_DAY = {"en": "EEEE d MMMM y, HH:mm", "es": "EEEE d 'de' MMMM 'de' y, HH:mm"}
_MARKS = re.compile(r"([\\`*_<>#|])")


def files(language: str) -> list[Path]:
    """The transcripts of a language, by name; those in `wanted/` are not played yet."""
    return sorted((TRANSCRIPTS / language).glob("*.txt"))


def scene(language: str, transcript: Transcript, played: Iterable[Played]) -> dict[str, Any]:
    """A transcript as it was played, as plain values for the page."""
    shown: list[str] = []  # every label, the newest last
    return {
        "title": transcript.title, "anchor": transcript.path.stem, "now": transcript.now, "about": transcript.about,
        "channel": CHANNELS[transcript.channel], "name": transcript.name.split(" ")[0],
        "steps": [_step(language, one, shown) for one in played],
    }  # fmt: skip


def _step(language: str, played: Played, shown: list[str]) -> dict[str, Any]:
    what = transcripts.happening(played.step.line.head, played.step.line.said)
    did, said = _done(language, what, shown)
    shown += [option.label for reply in played.replies for option in reply.options]
    replies = [[_quoted(line) for line in reply.lines()] for reply in played.replies]
    return {"did": did, "said": _quoted(said), "replies": replies}


def _done(language: str, what: dict[str, Any], shown: list[str]) -> tuple[str, str]:
    """What somebody does, by a word that the page knows, and what they say to it."""
    if "tap" in what:
        label = what["tap"]
        did = "tap before" if what["earlier"] else "tap"
        return did, next((one for one in reversed(shown) if transcripts.stands_in(label, one) >= 0), label)
    if "later" in what:
        return "later", format_timedelta(what["later"], locale=language, threshold=2)
    if "paid" in what:
        return ("paid" if what["paid"] else "declined"), ""
    if "contact" in what:
        return "contact", what["contact"][1]
    return what.get("staff") or what.get("kind") or "says to us", what.get("words", "")


def _quoted(said: str) -> str:
    """Words as they are, whatever Markdown would make of them."""
    return transcripts.CODE.sub(CODE, _MARKS.sub(r"\\\1", " ".join(said.split())))


def page(language: str, scenes: list[dict[str, Any]]) -> str:
    """The whole of docs/plays/<language>.md."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(words.TEMPLATES / "plays"), trim_blocks=True, lstrip_blocks=True, autoescape=False,  # noqa: S701  # Markdown
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters["day"] = lambda now: _capital(format_datetime(now, _DAY.get(language, "long"), locale=language))
    return made.get_template(f"{language}.md").render(scenes=scenes)


def part(page_: str, anchor: str) -> str:
    """One scene of a page, from its heading to the next one."""
    return page_.partition(f'<a id="{anchor}"></a>')[2].partition("\n<a id=")[0].strip()


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


async def write() -> None:
    """Play every transcript and write the page of each language."""
    PLAYS.mkdir(parents=True, exist_ok=True)
    async with rehearsal.theatre() as stage:
        for language in words.languages():
            scenes = []
            for file in files(language):
                transcript = transcripts.read_file(file)
                async with stage():
                    scenes.append(scene(language, transcript, await rehearsal.play(transcript)))
            (PLAYS / f"{language}.md").write_text(page(language, scenes), "utf-8")


if __name__ == "__main__":
    asyncio.run(write())
