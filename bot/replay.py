"""`bellhop replay`: plays transcripts and shows where the bot says something else by now."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot import rehearsal, transcripts
from bot.rehearsal import Played
from bot.transcripts import Transcript
from bot.wrong import Wrong


async def replay(files: Sequence[Path], console: Console, *, write: bool) -> int:
    """Play each file; `write` puts what the bot says now into those that differ. Gives how many differed."""
    read = [transcripts.read_file(file) for file in files]
    differed = 0
    async with rehearsal.theatre() as stage:
        for transcript in read:
            async with stage():
                played = await rehearsal.play(transcript)
            if all(step.fits for step in played):
                continue
            differed += 1
            if write:
                rewrite(transcript, played)
            else:
                show(transcript, played, console)
    console.print(Text(_counted(len(read), differed, write=write)), soft_wrap=True)
    return differed


def rewrite(transcript: Transcript, played: Sequence[Played]) -> None:
    """Put what the bot says now into the file, at the steps that differ."""
    said = [None if step.fits else [line for reply in step.replies for line in reply.lines()] for step in played]
    try:
        transcript.path.write_text(transcripts.rewritten(transcript, said), "utf-8")
    except OSError as refused:
        raise Wrong(f"{transcript.path}: cannot be written: {(refused.strerror or str(refused)).lower()}") from None


def show(transcript: Transcript, played: Sequence[Played], console: Console) -> None:
    """Each step that differs: what happened, what was expected, what came."""
    console.print(Text(f"{transcript.path}: {transcript.title}", "bold"), soft_wrap=True)
    for step in played:
        if not step.fits:
            console.print(difference(step), soft_wrap=True)


def difference(played: Played) -> Text:
    """One step that differs: expected lines that nobody said are marked with −, what came and nobody expected with +."""
    line, expected = played.step.line, [each.said for each in played.step.expected]
    came = [" ".join(reply.lines()) for reply in played.replies]
    drawn = Text(f"  line {line.number}  {line.head}: {line.said}\n")
    for said in expected:
        missed = not any(transcripts.stands_in(said, reply) >= 0 for reply in came)
        drawn.append(f"    {'−' if missed else ' '} expected  {said}\n", "red" if missed else "dim")
    drawn.append("" if expected else "    − expected  (silence)\n", "red")
    for reply, whole in zip(played.replies, came, strict=True):
        told = any(transcripts.stands_in(said, whole) >= 0 for said in expected)
        for number, said in enumerate(reply.lines()):
            drawn.append(f"    {' ' if told else '+'} {'came    ' if not number else '        '}  {said}\n", "green")
    drawn.append("" if came else "    + came      (silence)\n", "green")
    return drawn


def _counted(files: int, differed: int, *, write: bool) -> str:
    what = "1 transcript" if files == 1 else f"{files} transcripts"
    if not differed:
        return f"{what} played: the bot says what stands there."
    if write:
        return f"{what} played, {differed} written anew."
    return f"{what} played. {'1 differs' if differed == 1 else f'{differed} differ'} from what the bot says."
