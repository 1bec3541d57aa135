"""Turns what happened into the words a person reads, in their language.

Flows and handlers name a block and its facts; the words stand under `templates/`. Chat and notices are read from
`templates/chat/<script>.<language>.txt`, the recap's labels and values from `templates/recap/<language>.txt`. Mails,
pages and documents are HTML with English as the source text; `templates/locale/*.po` holds the other languages.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from io import BytesIO
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import jinja2
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from jinja2.ext import Extension
from jinja2.runtime import Context

from bot.fitting import cut, units
from bot.notation import Notation
from models import recap as recaps

Facts = Mapping[str, Any]

TEMPLATES = Path(__file__).parent.parent / "templates"
# A block is looked up in the scripts in this order; scripts not named here follow by name.
SCRIPTS = ("book", "asks", "notices")
SOURCE = "en"
NOTHING = "–"
# What every booking has; of the rest only some.
ALWAYS = ("service", "route", "schedule", "guest", "party", "price", "payment", "source")
# Meta: the body of a template holds 1024 characters, values included.
TEMPLATE_LIMIT = 1024
# Twilio: a reply button holds 20 characters.
SHORT = 20
# What the script is drawn from since there is more than one way of a ride: a message that was kept before is without it.
LATER = (
    "stops", "hours", "plan", "trip", "return_date", "return_time", "return_flight", "included", "back", "both_ways", "package",
    "kind", "by_name", "returning", "phone", "wheelchair",
)  # fmt: skip
# What a recap's value may be drawn from; a field that names fewer leaves the others empty.
STORY = (
    "reference",
    "state",
    "language",
    "service",
    "legs",
    "guest",
    "party",
    "vehicle",
    "extras",
    "occasion",
    "notes",
    "plan",
    "asked",
    "lines",
    "total",
    "tax",
    "payment",
    "hold_until",
    "free_until",
    "source",
    "audience",
    "terms",
    "story",
    "wheelchair",
)


@dataclass(frozen=True, slots=True)
class DrawnOption:
    """One answer to tap: its words, the same in 20 characters, and what it stands for."""

    label: str
    short: str
    question: str
    value: str


@dataclass(frozen=True, slots=True)
class DrawnLink:
    """A door to one of our pages: its words and its purpose; the channel asks for the address."""

    label: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message as one reader gets it; `first` are the sentences at the beginning of its text that come before the question."""

    text: str
    options: tuple[DrawnOption, ...] = ()
    links: tuple[DrawnLink, ...] = ()
    language: str = SOURCE
    pick: Facts | None = None
    first: str = ""


class Words(str):
    """Words of the script itself: in an approved template they stand as they are, and are no variable."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value will stand in an approved template, by how the script writes it."""

    source: str


@cache
def languages() -> list[str]:
    """The languages that have words, the source language first."""
    found = {path.stem for path in (TEMPLATES / "recap").glob("*.txt")}
    return sorted(found, key=lambda language: (language != SOURCE, language))


def spoken(language: str | None) -> str:
    """The language itself where it has words, "es" for "es-DO", else the source language."""
    short = (language or SOURCE).replace("_", "-").split("-")[0].lower()
    return short if short in languages() else SOURCE


# --- chat ---


def block(name: str, language: str, facts: Facts) -> str:
    """A block of the script with its facts, as one person reads it in chat."""
    return _voice(spoken(language)).block(name, facts)


def draw(say: Facts, language: str, channel: str = "") -> Drawn:
    """A kept `Say` (its `as_json`) in a reader's language; what is `strong` is bold where the channel's text can be.

    A label that begins with "@" is a block, drawn with the option's own facts over the message's; a link's words are
    the block `link_<purpose>`.
    """
    voice = _voice(spoken(language))
    facts = {**say.get("facts", {}), "_stars": channel == "whatsapp"}
    first = "\n".join(_text(voice, sentence) for sentence in say.get("before", ())).strip()
    text = "\n".join([first, voice.block(say["block"], facts)]).strip()
    options = tuple(_option(voice, option, facts) for option in say.get("options", ()))
    links = tuple(_link(voice, link["purpose"], facts) for link in say.get("links", ()))
    return Drawn(text, options, links, voice.language, say.get("pick"), first)


def _link(voice: "Voice", purpose: str, facts: Facts) -> DrawnLink:
    """A door under a message; the words of the pay link name what is due now, from the story where no fact says it."""
    payment = (facts.get("story") or {}).get("payment") or {}
    due = payment.get("due_now")
    known = {"due": due if due and due["minor"] else None, **facts}
    return DrawnLink(voice.block(f"link_{purpose}", known), purpose)


def _text(voice: "Voice", say: Facts) -> str:
    before = [_text(voice, sentence) for sentence in say.get("before", ())]
    return "\n".join([*before, voice.block(say["block"], say.get("facts", {}))])


def _option(voice: "Voice", option: Facts, facts: Facts) -> DrawnOption:
    own = {**facts, **option.get("facts", {})}
    label = voice.label(option["label"], own)
    short = option.get("short") or voice.short(option["label"])
    drawn = voice.label(short, own) if short and units(label) > SHORT else label
    return DrawnOption(label, cut(drawn, SHORT), option["question"], option["value"])


# --- the recap ---


def recap(fields: Iterable[Any], language: str) -> list[tuple[str, str, str]]:
    """(key, label, value) of each field of `models.recap.fields`, in its order."""
    voice = _voice(spoken(language))
    drawn = ((key, voice.said(f"label_{key}"), voice.said(key, facts)) for key, facts in map(_field, fields))
    return [(key, label, value) for key, label, value in drawn if value]


def story_recap(story: Facts, audience: recaps.Audience, language: str) -> list[tuple[str, str, str]]:
    """The recap of a story as `audience` (guest, team, partner) may see it."""
    return recap(recaps.fields(story, audience), language)


def phrase(name: str, language: str, story: Facts) -> str:
    """A field or one of the small phrases of the recap, such as "moment_words", in one line."""
    return _voice(spoken(language)).said(name, story)


def _field(field: Any) -> tuple[str, Facts]:
    """A field as `models.recap` makes it, or the pair it became when it was kept."""
    return (field[0], field[1]) if isinstance(field, list | tuple) else (field.key, field.facts)


# --- approved templates of WhatsApp ---


def wording(name: str, language: str, facts: Facts | None = None) -> str:
    """A notice as a text of its own, with {{ where a value comes from }} in the place of each: what is kept of an approved template.

    `facts` only fill the block; any will do, and without them the sample of `templates/chat/sample.json` is taken.
    """
    return _voice(spoken(language)).wording(name, sample(name) if facts is None else facts)


def numbered(written: str) -> str:
    """A wording as it is handed in: {{1}}, {{2}} … in its places."""
    numbers = count(1)
    return "".join(f"{{{{{next(numbers)}}}}}" if source else text for text, source in _places(written))


def filled(written: str, language: str, facts: Facts) -> tuple[dict[str, str], str]:
    """The values of a wording by their number as text ("1", "2" …), on one line each and never empty; and how it reads with them.

    Twilio: ContentVariables; Meta refuses line breaks, tabs and more than four spaces in a value.
    """
    body = numbered(written)
    values = _fitting(body, _voice(spoken(language)).values(written, facts))
    known = {str(number): value for number, value in enumerate(values, 1)}
    return known, re.sub(r"{{(\d+)}}", lambda found: known[found[1]], body)


def is_one_wording(name: str, language: str, samples: Iterable[Facts]) -> bool:
    """Whether a notice's body is the same whatever happened: an approved template has no "if"."""
    return len({wording(name, language, facts) for facts in samples}) == 1


def notices() -> list[str]:
    """The names of every notice: what may reach a person who has not written for a day."""
    return list(_samples())


def sample(name: str) -> Facts:
    """Believable facts for a notice: what a provider is shown when it approves the template."""
    return _samples()[name]


@cache
def _samples() -> dict[str, Facts]:
    kept = json.loads((TEMPLATES / "chat" / "sample.json").read_text("utf-8"))
    shared = kept["facts"]
    return {name: {key: shared[key] for key in keys} for name, keys in kept["notices"].items()}


def _one_line(value: str) -> str:
    lines = (re.sub(r"\s+", " ", line).strip() for line in value.splitlines())
    return ", ".join(line for line in lines if line) or NOTHING


def _fitting(body: str, values: list[str]) -> list[str]:
    """The values, the longest cut until body and values together fit."""
    written = list(values)
    fixed = len(re.sub(r"\{\{\d+\}\}", "", body))
    while (over := fixed + sum(map(len, written)) - TEMPLATE_LIMIT) > 0:
        longest = max(range(len(written)), key=lambda n: len(written[n]))
        others = max((len(value) for n, value in enumerate(written) if n != longest), default=0)
        keep = max(len(written[longest]) - over, min(others, len(written[longest]) - 1), 1)
        written[longest] = cut(written[longest], keep)
    return written


# --- one language of the script ---


class _Stacks(dict[str, Any]):
    """A script's blocks, each as the one-block stack that a template without children has."""

    def __getitem__(self, name: str) -> list[Any]:
        return [super().__getitem__(name)]


class _Context(Context):
    """Jinja2's own makes a list for every block of a script whenever one of them is drawn: half the time of a recap."""

    def __init__(self, environment: Any, parent: Any, name: Any, blocks: Any, globals: Any = None) -> None:  # noqa: A002
        super().__init__(environment, parent, name, {}, globals)
        self.blocks = _Stacks(blocks)


class Voice:
    """One language: the script's blocks, the recap's blocks, and the filters they are written with."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.notation = Notation(language)
        self.texts = self._environment(self._recap)
        self.sayings = self.texts.get_template(f"recap/{language}.txt")
        self.scripts = self._blocks()
        self.expressions = cache(partial(self.texts.compile_expression, undefined_to_none=False))

    @cached_property
    def notices(self) -> jinja2.Template:
        """Their script, which prints where each value comes from."""
        environment = self._environment(self._whole_recap, extensions=[_Sources])
        return environment.get_template(f"chat/notices.{self.language}.txt")

    def block(self, name: str, facts: Facts) -> str:
        """A block of the script, without the empty lines around it."""
        return _drawn(self.scripts, name, dict.fromkeys(LATER) | dict(facts))

    def label(self, label: Facts | str, facts: Facts) -> str:
        """An option's words: a block when they begin with "@"."""
        if isinstance(label, str) and label.startswith("@"):
            return self.block(label[1:], facts)
        return self.notation.local(label)

    def short(self, label: Facts | str) -> str | None:
        """The short form of a block that has one: the block of its name with "_short"."""
        known = isinstance(label, str) and label.startswith("@") and f"{label[1:]}_short" in self.scripts
        return f"{label}_short" if known else None

    def said(self, name: str, facts: Facts | None = None) -> str:
        """A block of the recap, on one line; empty where there is nothing to say."""
        known: dict[str, Any] = dict.fromkeys(STORY) | dict(facts or {})
        text = "".join(self.sayings.blocks[name](self.sayings.new_context(known)))
        return " ".join(text.split())

    def wording(self, name: str, facts: Facts) -> str:
        """A notice with where each value comes from in its place."""
        return _drawn({name: self.notices}, name, facts)

    def values(self, written: str, facts: Facts) -> list[str]:
        """What stands in the places of a wording."""
        sources = [source for _, source in _places(written) if source]
        return [_one_line(str(self.expressions(source)(facts))) for source in sources]

    def filters(self) -> dict[str, Any]:
        """The notation, and what needs words of its own."""
        return self.notation.filters() | {
            "party": lambda party: self.said("party_words", {"party": party}),
            "travellers": lambda party: self.said("travellers_words", {"party": party}),
            "bags": lambda party: self.said("bags_words", {"party": party}),
            "stop": lambda stop: self.said("stop_words", {"stop": stop}),
            "strong": _strong,
            "old_to_new": self._old_to_new,
        }

    def _old_to_new(self, changed: Iterable[Facts]) -> str:
        """What changed of a story (`models.recap.changed`), a line each: "Party: 2 adults → 5 adults"."""
        lines = []
        for each in changed:
            old, new = (self.said(each["key"], facts) if facts else "" for facts in (each["old"], each["new"]))
            if old != new:
                lines.append(f"{self.said('label_' + each['key'])}: {old or NOTHING} → {new or NOTHING}")
        return "\n".join(lines)

    def _environment(self, recap_: Callable[..., Any], extensions: Sequence[Any] = ()) -> jinja2.Environment:
        made = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            auto_reload=False,
            autoescape=False,  # plain text: no channel gets a parse mode
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=extensions,
        )
        made.context_class = _Context
        made.filters.update(self.filters())
        made.globals.update(recap=recap_, says=self.said, line=self._line)
        return made

    def _recap(self, story: Facts, audience: recaps.Audience) -> list[dict[str, str]]:
        return [{"label": label, "value": value} for _, label, value in story_recap(story, audience, self.language)]

    def _whole_recap(self, _story: Facts, audience: recaps.Audience) -> list[dict[str, Any]]:
        """A line for what every booking has, so that a template's body is the same for each; the rest follows on those lines."""
        return [
            {"label": Words(self.said(f"label_{key}")), "value": Place(f'line(story, "{audience}", "{key}")')}
            for key in recaps.AUDIENCES[audience]
            if key in ALWAYS
        ]

    def _line(self, story: Facts, audience: recaps.Audience, wanted: str) -> str:
        """What stands on the line of one of what every booking has, and of what follows on it."""
        drawn = {key: (label, value) for key, label, value in story_recap(story, audience, self.language)}
        found = drawn.get(wanted, ("", ""))[1] or NOTHING
        keys = list(recaps.AUDIENCES[audience])
        for key in takewhile(lambda key: key not in ALWAYS, keys[keys.index(wanted) + 1 :]):
            found += " · {}: {}".format(*drawn[key]) if key in drawn and drawn[key][1] else ""
        return found

    def _blocks(self) -> dict[str, jinja2.Template]:
        found: dict[str, jinja2.Template] = {}
        for script in sorted((TEMPLATES / "chat").glob(f"*.{self.language}.txt"), key=_script_order):
            source = self.texts.get_template(f"chat/{script.name}")
            found = dict.fromkeys(source.blocks, source) | found
        return found


def _script_order(path: Path) -> tuple[int, str]:
    script = path.name.split(".")[0]
    return (SCRIPTS.index(script) if script in SCRIPTS else len(SCRIPTS), script)


def _drawn(scripts: Mapping[str, jinja2.Template], name: str, facts: Facts) -> str:
    source = scripts[name]
    text = "".join(source.blocks[name](source.new_context(dict(facts))))
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@jinja2.pass_context
def _strong(context: Context, text: str) -> str:
    """Bold as WhatsApp writes it; no other channel's plain text has any."""
    return f"*{text}*" if context.get("_stars") else text


class _Sources(Extension):
    """Lets a script print where its values come from, in place of them."""

    def __init__(self, environment: jinja2.Environment) -> None:
        super().__init__(environment)
        environment.filters["source"] = _source

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Every place is told how it is written."""
        return "".join(f"{{{{ ({place}) | source({place!r}) }}}}" if place else text for text, place in _places(source))


def _source(value: Any, source: str) -> str:
    if isinstance(value, Words):
        return value
    return f"{{{{ {value.source if isinstance(value, Place) else source} }}}}"


def _places(source: str) -> Iterator[tuple[str, str]]:
    """A script in pieces: (its text, ""), or ("", how the value is written that is printed there)."""
    place: str | None = None
    for _, kind, text in _PLAIN.lex(source):
        if kind == "variable_begin":
            place = ""
        elif kind == "variable_end":
            yield "", (place or "").strip()
            place = None
        elif place is None:
            yield text, ""
        else:
            place += text


_PLAIN = jinja2.Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True)


@cache
def _voice(language: str) -> Voice:
    return Voice(language)


# --- mails, pages, documents ---


def page(name: str, language: str, /, **facts: Any) -> str:
    """A file under `templates/` drawn as HTML in a language, with its facts as keywords."""
    return html(spoken(language)).get_template(name).render(**facts)


def plain(name: str, language: str, /, **facts: Any) -> str:
    """A file under `templates/` drawn as plain text in a language, from the same translations as the HTML."""
    return _with_sentences(spoken(language), autoescape=False).get_template(name).render(**facts)


def html(language: str) -> jinja2.Environment:
    """The environment of mails, pages and documents in one language; it escapes whatever it prints."""
    return _with_sentences(language, autoescape=True)


@cache
def _with_sentences(language: str, autoescape: bool) -> jinja2.Environment:
    voice = _voice(language)
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        auto_reload=False,
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = translated(language)
    # The i18n extension adds this to the environment, which type checkers cannot know.
    made.install_gettext_callables(  # type: ignore[attr-defined]
        translations.ugettext,
        translations.ungettext,
        newstyle=True,
        pgettext=translations.upgettext,
        npgettext=translations.unpgettext,
    )
    made.filters.update(voice.filters())
    made.globals.update(
        recap=lambda story, audience: story_recap(story, audience, language), says=voice.said, language=language
    )
    return made


def translated(language: str) -> Translations:
    """Every sentence of `templates/locale/<language>.po` and `<part>.<language>.po`; English, the source, has none."""
    known = Translations()
    locale = TEMPLATES / "locale"
    for path in sorted([*locale.glob(f"{language}.po"), *locale.glob(f"*.{language}.po")]):
        with path.open("rb") as source:
            compiled = BytesIO()
            write_mo(compiled, read_po(source, locale=language))
        compiled.seek(0)
        known.add(Translations(compiled))
    return known
