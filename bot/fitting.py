"""Makes words fit where they go: cuts and splits a text without breaking what a reader takes for one character.

Lengths are counted in UTF-16 units, the strictest of what the providers may count: an emoji is at least two.
"""

import regex

_GRAPHEME = regex.compile(r"\X")
_SEEN = regex.compile(r"[^\p{Z}\p{C}\p{M}]")
_ENDS = tuple(regex.compile(end) for end in (r"\n\s*\n", r"\n", r"(?<=[.!?…。！？])\s+", r"\s+"))
"""Where a text may end, best first: a paragraph, a line, a sentence, a word."""


def units(text: str) -> int:
    """How long a text is at most, however a provider counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """At most `limit` units, with an ellipsis where something is missing."""
    return text if units(text) <= limit else head(text, limit - 1).rstrip() + "…"


def head(text: str, limit: int) -> str:
    """The whole characters that fit; of one that alone is too long, as much of it as fits."""
    whole = used = 0
    for found in _GRAPHEME.finditer(text[: limit + 1]):  # a unit is no longer than a code point
        used += units(found[0])
        if used > limit:
            break
        whole = found.end()
    else:
        return text[: limit + 1]
    return text[:whole] or _code_points(text, limit)


def _code_points(text: str, limit: int) -> str:
    kept = text[:limit]
    while units(kept) > limit:
        kept = kept[:-1]
    return kept


def parts(text: str, limit: int) -> list[str]:
    """A text in pieces of at most `limit` units, each with something to see: by paragraphs, else lines, sentences, words."""
    pieces, rest = [], text.strip()
    while units(rest) > limit:
        piece = _piece(rest, limit)
        pieces.append(piece.rstrip())
        rest = rest[len(piece) :].lstrip()
    return [piece for piece in (*pieces, rest) if _SEEN.search(piece)]


def _piece(text: str, limit: int) -> str:
    """The first piece, at least half as long as it may be where words allow."""
    whole = head(text, limit)
    for least in (len(whole) // 2, 1):
        for ending in _ENDS:
            ends = [
                found.start() for found in ending.finditer(text, least, len(whole) + 1) if found.start() <= len(whole)
            ]
            if ends:
                return text[: ends[-1]]
    return whole
