"""A guest's words made comparable: accents and capitals folded, and what was understood crossed out."""

import re
import unicodedata
from functools import lru_cache

BLANK = "·"
NAME = 240
_LOOKALIKES = {
    "’": "'",
    "‘": "'",
    "´": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "\u00a0": " ",
    "\u202f": " ",
    "→": ">",
    "⇒": ">",
}
_NOT_WORDS = re.compile(r"[^\w]+")


@lru_cache(maxsize=4096)
def _fold_one(character: str) -> str:
    if character in _LOOKALIKES:
        return _LOOKALIKES[character]
    apart = unicodedata.normalize("NFKD", character)
    bare = apart[:1].lower()
    return bare if len(bare) == 1 and "\u2044" not in apart else character  # "½" is no 1


@lru_cache(maxsize=512)
def fold(words: str) -> str:
    """The words in small letters without accents, character for character as long as they were."""
    return "".join(map(_fold_one, words))


def plain(words: str) -> str:
    """Folded words with single spaces and no punctuation, for comparing."""
    return _plain_name(words) if len(words) < NAME else _plain(words)


@lru_cache(maxsize=4096)
def _plain_name(words: str) -> str:
    """The menu's names are compared at every turn."""
    return _plain(words)


def _plain(words: str) -> str:
    return " ".join(_NOT_WORDS.sub(" ", fold(words)).split())


class Words:
    """One message: as it was typed, and folded with everything already understood crossed out."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self.folded = fold(typed)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Find the pattern and cross it out, so that no other reader takes the same words for something else."""
        found = pattern.search(self.folded)
        if found:
            self.cross_out(*found.span())
        return found

    def cross_out(self, start: int, end: int) -> None:
        """These characters have been understood."""
        self.folded = self.folded[:start] + BLANK * (end - start) + self.folded[end:]

    def restore(self, start: int, end: int) -> None:
        """These characters tell something else besides."""
        self.folded = self.folded[:start] + fold(self.typed[start:end]) + self.folded[end:]

    def cross_out_all(self) -> None:
        """The whole of the message has been understood."""
        self.cross_out(0, len(self.folded))

    def as_typed(self, start: int, end: int) -> str:
        """The same stretch with its accents and capitals."""
        return self.typed[start:end].strip(" ,.;:!?¡¿-")

    @property
    def rest(self) -> str:
        """What nobody has understood yet, plain."""
        return plain(self.folded.replace(BLANK, " "))
