"""Words that must fit are cut and split where a reader would: never inside an emoji, a letter with its accents, a surrogate pair."""

import random

import pytest

from bot.fitting import cut, parts, units

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"  # one emoji of five code points, eight units
FLAG = "\N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER O}"


@pytest.mark.parametrize(
    ("text", "limit", "left"),
    [
        ("Private transfer", 20, "Private transfer"),
        ("Isla Saona by catamaran", 20, "Isla Saona by catam…"),
        (f"Sun {FAMILY}{FAMILY}", 14, f"Sun {FAMILY}…"),
        (f"{FLAG}{FLAG}", 6, f"{FLAG}…"),
        ("e\u0301" * 6, 6, "e\u0301" * 2 + "…"),
        ("a" + "\u0301" * 40, 10, "…"),
    ],
)
def test_a_cut_leaves_whole_characters(text: str, limit: int, left: str) -> None:
    """With an ellipsis, within the limit."""
    found = cut(text, limit)
    assert units(found) <= limit
    assert found == left or (left == "…" and found.endswith("…"))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One thing.\n\nAnother thing here.", ["One thing.", "Another thing here."]),
        ("One line here\nand a second line", ["One line here", "and a second line"]),
        ("First sentence. Second one is here.", ["First sentence.", "Second one is here."]),
        ("words and more words and again words", ["words and more words", "and again words"]),
        ("x" * 45, ["x" * 20, "x" * 20, "x" * 5]),
        (" \u200b " * 60, []),
    ],
)
def test_a_long_text_is_split_at_the_best_place(text: str, pieces: list[str]) -> None:
    """A paragraph before a line, a line before a sentence, a sentence before a word; what shows nothing is left out."""
    assert parts(text, 20) == pieces


def test_nothing_is_lost_by_splitting() -> None:
    """Whatever is written, all of it arrives in pieces that fit."""
    rolled = random.Random(7)
    for _ in range(300):
        letters = rolled.choices(
            ["a", "ñ", " ", "\n", ". ", FAMILY, FLAG, "e\u0301", "\u05e9", "\u200d"], k=rolled.randrange(400)
        )
        text = "".join(letters)
        found = parts(text, 50)
        assert all(0 < units(piece) <= 50 for piece in found)
        assert "".join("".join(found).split()) == "".join(text.split()) or not found or "\u200d" in text
