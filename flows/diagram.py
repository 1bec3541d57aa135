"""Draws the booking conversation for the docs: `python -m flows.diagram` writes docs/flow.md, a test keeps it true."""

from pathlib import Path

from flows.book import BOOKING
from flows.conversation import Conversation, Question, always

PAGE = Path(__file__).parent.parent / "docs" / "flow.md"
HEAD = """# The booking conversation

Made from the table in `flows/book.py` by `python -m flows.diagram`. The next question is the first one still open: an answer given
early is not asked for, a changed one is asked again alone.

"""


def page(book: Conversation) -> str:
    """The whole of docs/flow.md."""
    return f"{HEAD}```mermaid\n{drawn(book)}\n```\n"


def drawn(book: Conversation) -> str:
    """The table as a mermaid flowchart, read downwards."""
    names = [f"q{n}" for n in range(len(book.questions))]
    lines = ["flowchart TD"]
    lines += [_box(name, row) for name, row in zip(names, book.questions, strict=True)]
    lines += [f"    {book.then}([{book.then}])"] + [f"    {state}([{state}])" for state in book.after]
    lines += [f"    {one} --> {next_}" for one, next_ in zip(names, [*names[1:], book.then], strict=True)]
    lines += [f"    {one} -->|{move.news}| {move.to}" for move in book.moves for one in move.at]
    return "\n".join([*lines, f"    {book.then} -->|change| q0"])


def _box(name: str, row: Question) -> str:
    notes = [f"only if {_words(row.only_if.__name__)}"] if row.only_if is not always else []
    notes += ["may be skipped"] if row.skips else []
    notes += [f"needs {row.needs}"] if row.needs else []
    return f'    {name}["{"<br>".join([f"<b>{row.key}</b>", *notes])}"]'


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(BOOKING), "utf-8")
