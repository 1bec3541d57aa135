"""`bellhop chat`: a guest's talk with the bot in the terminal, without any provider."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from bot import rehearsal, transcripts, words
from bot.rehearsal import Rehearsal, Reply
from bot.transcripts import Unreadable
from bot.wrong import Wrong

HELP = """Write as a guest would. A number chooses an option, [Label] taps one again.
  /later 2 h                         time passes
  /paid                              the guest pays; /paid declined: or cannot
  /pin 18.58, -68.40                 sends a place; also /contact +1 809…, /photo
  /staff takes over                  also: hands back, confirm, says …
  /quit                              ends the talk, as Ctrl-D does"""
QUIT = ("/quit", "/exit")
_AS_GUEST = ("pin", "contact", *transcripts.MEDIA)
_AS_STEP = ("later", "paid", "staff")


def chat(
    read: Callable[[], str], console: Console, *, now: datetime | None, channel: str, language: str | None
) -> None:
    """Talk until `/quit`, Ctrl-D or Ctrl-C; `read` gives what was typed, `now` is the operator's local time or None."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            talk = runner.run(_open(stack, now, channel, language))
            console.print(Text(HELP, "dim"))
            while (typed := _readable(read())) not in QUIT:
                if typed:
                    _turn(runner, talk, typed, console)
        except (EOFError, KeyboardInterrupt):
            console.print()
        finally:
            runner.run(stack.aclose())
    console.print("That was the talk. Nothing of it was sent or kept.")


def checked(language: str | None, channel: str, now: str) -> datetime | None:
    """The moment that was named, if one was; refuses (`Wrong`) what we do not speak or read."""
    if channel not in transcripts.CHANNELS:
        raise Wrong(f"--channel is whatsapp or telegram, not {channel}")
    if language is not None and language not in words.languages():
        raise Wrong(f"--language is one of {', '.join(words.languages())}, not {language}")
    try:
        return datetime.strptime(now, transcripts.SHAPE) if now else None  # noqa: DTZ007  # the operator's zone is the catalogue's
    except ValueError:
        raise Wrong(f"--now is written as 2026-11-20 10:00, not {now}") from None


def _readable(typed: str) -> str:
    """A terminal may hand over bytes that are no UTF-8; no channel does."""
    return typed.encode("utf-8", "replace").decode("utf-8").strip()


async def _open(stack: AsyncExitStack, now: datetime | None, channel: str, language: str | None) -> Rehearsal:
    stage = await stack.enter_async_context(rehearsal.theatre())
    await stack.enter_async_context(stage())
    return await rehearsal.rehearse(now, channel, language)


def _turn(runner: asyncio.Runner, talk: Rehearsal, typed: str, console: Console) -> None:
    if typed in ("/help", "/?"):
        console.print(Text(HELP, "dim"))
        return
    try:
        what = meant(typed, talk.shown[-1] if talk.shown else None)
    except Unreadable as wrong:
        console.print(Text(str(wrong), "red"))
        return
    replies = runner.run(talk.happens(**what))
    for reply in replies:
        console.print(drawn(reply))
    if not replies:
        console.print(Text("(silence)", "dim"))


def meant(typed: str, card: Reply | None) -> dict[str, Any]:
    """What was typed, as a step of a transcript: a number chooses from the last card, "/later 2 h" lets time pass."""
    if typed.startswith("/"):
        head, _, said = typed[1:].partition(" ")
        if head in _AS_STEP:
            return transcripts.happening(head, said.strip())
        if head in _AS_GUEST:
            return transcripts.happening("guest", typed[1:])
    if card and is_numbered(card) and typed.isdecimal() and 0 < int(typed) <= len(card.options):
        return {"tap": card.options[int(typed) - 1].label, "earlier": False}
    return transcripts.happening("guest", typed)


def is_numbered(card: Reply) -> bool:
    """Options that begin with a figure of their own ("2 bags", "15:00") are typed as they are."""
    return not any(option.label[:1].isdigit() for option in card.options)


def drawn(reply: Reply) -> Text:
    """A message with its options, numbered, and its links."""
    text = Text(f"\n{reply.text}\n")
    for number, option in enumerate(reply.options, 1):
        text.append(f"  {f'{number}.' if is_numbered(reply) else '·'} {option.label}\n", "cyan")
    for label in reply.links:
        text.append(f"  → {label}\n", "blue")
    return text
