"""What somebody wrote anew in a letter, told from the letter that they quote, above, below or between their lines."""

import re
from html.parser import HTMLParser

_VERBS = "wrote|escribió|a écrit|schrieb|ha scritto|escreveu|schreef|skrev"
_ATTRIBUTION = re.compile(  # Gmail breaks this line where it is long
    rf"^[ \t]*(?:on|el|le|am|il|em|op|den)\s[^\n]{{4,200}}(?:\n(?![ \t]*\n)[^\n]{{0,200}}){{0,2}}?(?:{_VERBS})\b[^\n:]{{0,200}}:[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_DATED = re.compile(r"\d{4}|@|\d:\d\d")
_FROM = "from|de|von|da|van|från"
_SENT = "sent|enviado|gesendet|envoyé|inviato|verzonden|skickat"
_DATE = "date|fecha|datum|data"
_FROM_HERE = re.compile(  # the rest is another letter, or who wrote this one; a guest's own "From: the airport, Date: …" has no address
    r"^[ \t]*(?:_{10,}[ \t]*\n\s*)?"
    r"(?:-{2,}[ \t]*(?:original message|mensaje original|ursprüngliche nachricht|message d'origine)|-- $"
    rf"|\*?(?:{_FROM})[ \t]*:\*?(?:[^\n]*\n\s*\*?(?:{_SENT})(?: el| em)?|[^\n@]*@[^\n]*\n\s*\*?(?:{_DATE}))[ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)
_DEVICE = re.compile(
    r"^[ \t]*(?:sent from my|enviado desde mi|get outlook for|obtener outlook para)\b[^\n]{0,60}$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)

ORIGINAL = "-----Original Message-----"
_NO_TAG = re.compile(r"<[!?][^<>]*>|<[^<>]{5000,}>|<(?=[^<>]*(?:<|\Z))")
_APART = ("br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "table")
_UNSEEN = ("style", "script", "head", "title")
_OUTLOOKS = ("divrplyfwdmsg", "appendonsend", "olk_src_body_section")
_QUOTING = ("gmail_quote", "yahoo_quoted", "protonmail_quote")


def written_anew(text: str) -> str:
    """The words that are the writer's own: without quoted lines, without who wrote those, without a signature; "" for none."""
    text = _without_attributions(text)
    found = _FROM_HERE.search(text)
    text = _QUOTED_LINE.sub("", text[: found.start()] if found else text)
    return re.sub(r"\n{3,}", "\n\n", _DEVICE.sub("", text)).strip()


def unquoted(text: str) -> str:
    """All of a letter that somebody passed on to us, without the signs of quoting."""
    return re.sub(r"^[ \t]*(?:>[ \t]?)+", "", text, flags=re.MULTILINE).strip()


def _without_attributions(text: str) -> str:
    """Without "On …, … wrote:". What follows is the quoted letter: to its end, unless its lines are marked as such."""
    kept, at = [], 0
    for found in _ATTRIBUTION.finditer(text):
        if not _DATED.search(found[0]):  # a person may well say that somebody wrote
            continue
        kept.append(text[at : found.start()])
        at = found.end()
        if not text[at:].lstrip().startswith(">"):
            return "".join(kept)
    return "".join([*kept, text[at:]])


def as_text(page: str) -> str:
    """A letter that is a page, as text: what it quotes has ">" before each line."""
    reader = _Page()
    reader.feed(_tidy(page))
    reader.close()
    return reader.text()


def _tidy(page: str) -> str:
    """A page without comments, and without what only looks like a tag: the parser would look for the end of each, again and again."""
    kept, at = [], 0
    while (begun := page.find("<!--", at)) >= 0:
        kept.append(page[at:begun])
        ended = page.find("-->", begun)
        at = ended + 3 if ended >= 0 else len(page)
    return _NO_TAG.sub("", "".join([*kept, page[at:]]))


class _Page(HTMLParser):
    """Reads a page: the text, a new line where one is seen, whether it stands in a quote."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.unseen, self.quote = "", ""  # the tag that hides, that quotes
        self.deep = 0  # tags of the quote's name within it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins: what it hides, quotes or sets apart."""
        known = {name: (value or "").lower() for name, value in attrs}
        if tag in _UNSEEN:
            self.unseen = self.unseen or tag
        if tag in _APART:
            self._new_line()
        if known.get("id", "") in _OUTLOOKS:
            self.lines += [ORIGINAL, ""]
        if self.quote:
            self.deep += tag == self.quote
        elif tag == "blockquote" or any(name in known.get("class", "") for name in _QUOTING):
            self.quote, self.deep = tag, 1
            self._new_line()

    def handle_endtag(self, tag: str) -> None:
        """A tag ends."""
        if tag == self.unseen:
            self.unseen = ""
        if tag == self.quote:
            self.deep -= 1
            if self.deep == 0:
                self.quote = ""
                self.lines.append("")
        if tag in _APART:
            self._new_line()

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self.unseen:
            self.lines[-1] += re.sub(r"\s+", " ", data)

    def _new_line(self) -> None:
        if self.lines[-1] or not self.quote:
            self.lines.append("")
        if self.quote:
            self.lines[-1] = "> "

    def text(self) -> str:
        """All of it."""
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in self.lines)).strip()
