"""What nobody has understood in a message: it is shown back instead of dropped."""

import re
from collections.abc import Iterable, Iterator, Sequence

from flows.understand.languages import ALL, any_of
from flows.understand.text import BLANK, Words, plain
from flows.understand.vocabulary import Vocabulary

_PIECES = re.compile(rf"[^{BLANK}]+")
_WORDS = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_DENYING = frozenset().union(*(v.denying for v in ALL.values()))
_PARTS = re.compile(rf"[,;!?\n]+|\.(?=\s|\Z)|\s[-&+]\s|{any_of('joining')}")


def unread(words: Words) -> list[str]:
    """The parts of the message in which no word was understood, as typed."""
    parts = (words.as_typed(start, end) for start, end in _parts(words.folded) if BLANK not in words.folded[start:end])
    return [part for part in parts if part]


def crumbs(words: Words, spoken_here: Sequence[Vocabulary]) -> list[str]:
    """What stands beside words that were understood and tells something itself, as typed and without idle words about it."""
    mixed = ((start, end) for start, end in _parts(words.folded) if BLANK in words.folded[start:end])
    pieces = (
        (start + piece.start(), start + piece.end())
        for start, end in mixed
        for piece in _PIECES.finditer(words.folded[start:end])
    )
    told = (_trimmed(words, start, end, spoken_here) for start, end in pieces)
    return [each for each in told if each and is_told(plain(each), spoken_here)]


def _trimmed(words: Words, start: int, end: int, spoken_here: Sequence[Vocabulary]) -> str:
    folded = words.folded[start:end]
    for courtesy in (pattern for v in spoken_here for pattern in (v.hello, v.price_asked, v.polite)):
        folded = courtesy.sub(lambda found: " " * len(found[0]), folded)
    idle = _idle(spoken_here)
    telling = [one for one in _WORDS.finditer(folded) if one[0] not in idle or one[0] in _DENYING]
    if not any(is_told(one[0], spoken_here) for one in telling):
        return ""
    return words.as_typed(start + telling[0].start(), start + telling[-1].end())


def leftover(parts: Iterable[str], spoken_here: Sequence[Vocabulary]) -> str:
    """Those of the parts that say something; "" when all are courtesies."""
    return ", ".join(part for part in parts if _tells(part, spoken_here))


def is_understood(words: Words, spoken_here: Sequence[Vocabulary]) -> bool:
    """Whether every word that tells anything has been understood."""
    return not is_told(words.rest, spoken_here)


def _parts(folded: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _PARTS.finditer(folded):
        yield start, found.start()
        start = found.end()
    yield start, len(folded)


def _tells(part: str, spoken_here: Sequence[Vocabulary]) -> bool:
    said = plain(part)
    polite = any(
        pattern.match(said)
        for v in spoken_here
        for pattern in (v.yes, v.no, v.none, v.skip, v.done, v.send, v.thanks, v.keep, *v.anytime.values())
    )
    return not polite and not _thanks(said, spoken_here) and is_told(said, spoken_here)


def _thanks(said: str, spoken_here: Sequence[Vocabulary]) -> bool:
    """ "Thank you very much in advance"."""
    words = said.split()
    return any(v.thanks.match(" ".join(words[: n + 1])) for v in spoken_here for n in range(len(words)))


def _idle(spoken_here: Sequence[Vocabulary]) -> frozenset[str]:
    languages = tuple(v.language for v in spoken_here)
    if languages not in _idle_words:
        _idle_words[languages] = frozenset().union(*(v.filler | v.marks | v.idle for v in spoken_here))
    return _idle_words[languages]


_idle_words: dict[tuple[str, ...], frozenset[str]] = {}


def is_told(said: str, spoken_here: Sequence[Vocabulary]) -> bool:
    """Whether plain words tell anything beside courtesies and words that only join others."""
    for v in spoken_here:
        for courtesy in (v.hello, v.price_asked, v.polite):
            said = courtesy.sub(" ", said)
    idle = _idle(spoken_here)
    return any(word not in idle and (len(word) > 1 or word.isdecimal()) for word in said.split())
