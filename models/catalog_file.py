"""Reading the catalogue's file: either its content, or every mistake in it with the line where it stands."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
import yaml
from rapidfuzz import fuzz, process

from models.catalog import WEEKDAYS, Content
from models.money import DECIMALS, Money

Step = str | int
At = tuple[Step, ...]  # where in the file: ("services", "transfer", "notice")
Kind = Callable[["_Check", Any, At], Any]  # checks a value and gives it as it is kept, or DROPPED
Marks = dict[At, tuple[int, int]]

DROPPED: Any = object()
KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")  # a name must fit behind a key of Telegram, with its question (64 bytes)
EMAIL = re.compile(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+\.[^@\s<>,;:\"().]{2,}")
LARGEST = 2_000_000  # characters; a file beyond that is not a catalogue


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something wrong in the file, with line and column from 1. A `warning` does not keep it from being loaded."""

    line: int
    column: int
    path: str
    sentence: str
    warning: bool = False

    def __str__(self) -> str:
        return f"line {self.line}: {self.path + ': ' if self.path else ''}{self.sentence}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a file: its content (None while there is a mistake), and what there is to say, by line."""

    content: Content | None
    mistakes: tuple[Mistake, ...]


def read_file(path: Path) -> Reading:
    """Read and check a catalogue's file; that it cannot be read at all is a mistake too."""
    try:
        return read(path.read_text(encoding="utf-8"))
    except OSError as refusal:
        return Reading(None, (Mistake(1, 1, "", f"This file cannot be opened: {refusal.strerror}."),))
    except UnicodeDecodeError:
        return Reading(None, (Mistake(1, 1, "", "This file is not text in UTF-8."),))


def read(text: str) -> Reading:
    """Read and check a catalogue written in YAML. The content is plain JSON values, for `models.catalog.compile`."""
    try:
        source = _Source(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Reading(None, (Mistake(line, column, "", f"This is not YAML: {error.problem or error.context}."),))
    except (yaml.YAMLError, RecursionError) as error:
        return Reading(None, (Mistake(1, 1, "", f"This is not YAML: {error}."),))
    check = _Check(source)
    content = CATALOG(check, source.raw, ())
    if content is not DROPPED:
        _Links(check, content).follow()
    found = tuple(sorted(set(check.mistakes)))
    return Reading(None if any(not mistake.warning for mistake in found) else content, found)


# --- from YAML to plain values, remembering where each stood ---


class _Source:
    """The file as plain values; `marks` remembers where each stood, `mistakes` what plain values cannot tell."""

    def __init__(self, text: str) -> None:
        if len(text) > LARGEST:
            raise yaml.YAMLError("the file is too long")
        self.marks: Marks = {}
        self.mistakes: list[Mistake] = []
        self.met: set[int] = set()
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        self.raw: Any = self.value(root, ()) if root else {}

    def value(self, node: yaml.Node, at: At) -> Any:
        """A node as plain values."""
        self.marks.setdefault(at, _mark(node))
        if id(node) in self.met:
            # A few aliases of aliases can stand for billions of values.
            self.mistakes.append(Mistake(*self.marks[at], _path(at), "Aliases (*name) are not read: write it out."))
            return None
        self.met.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*at, number)) for number, each in enumerate(node.value)]
        return _scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def mapping(self, node: yaml.MappingNode, at: At) -> dict[str, Any]:
        """A node of names; of a name that stands twice the first is taken."""
        read: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in read:
                sentence = f"{key!r} stands here already, in line {self.marks[(*at, key)][0]}."
                self.mistakes.append(Mistake(*_mark(key_node), _path(at), sentence))
                continue
            self.marks[(*at, key)] = _mark(key_node)
            read[key] = self.value(value_node, (*at, key))
        return read


def _scalar(node: yaml.ScalarNode) -> Any:
    """YAML 1.1 takes 10:00 for the number 600 and `no` for false, and 48.10 for a float: here they stay as typed."""
    text = str(node.value)
    if node.style is not None:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d{0,17})", text) else text


def _mark(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _path(at: At) -> str:
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in at)


class _Check:
    """What has been found wrong so far, and what the kinds must know: the languages and the currency of the brand."""

    def __init__(self, source: _Source) -> None:
        self.marks = source.marks
        self.mistakes = source.mistakes
        brand = source.raw.get("brand") if isinstance(source.raw, dict) else None
        brand = brand if isinstance(brand, dict) else {}
        named = brand.get("languages")
        self.languages = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
        self.currency = str(brand["currency"]) if brand.get("currency") in DECIMALS else "USD"

    def wrong(self, at: At, sentence: str, *, warning: bool = False) -> Any:
        """Note a mistake at the nearest place that stands in the file, and drop the value."""
        here = at
        while here and here not in self.marks:
            here = here[:-1]
        line, column = self.marks.get(here, (1, 1))
        self.mistakes.append(Mistake(line, column, _path(at), sentence, warning))
        return DROPPED

    def warn(self, at: At, sentence: str) -> None:
        """Note something that may be meant."""
        self.wrong(at, sentence, warning=True)

    def unknown(self, at: At, what: str, given: Any, known: Iterable[str]) -> Any:
        """Note a name that does not exist, with the one that was probably meant."""
        return self.wrong(at, f"There is no {what} {given!r}.{meant(given, known)}")


def meant(given: Any, known: Iterable[str]) -> str:
    """ "Did you mean …?", or else what there is; with a space before it."""
    names = list(known)
    near = process.extractOne(str(given), names, scorer=fuzz.ratio, score_cutoff=60)
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" There is: {', '.join(names)}." if 0 < len(names) <= 12 else ""


# --- kinds of values ---


def words(check: _Check, value: Any, at: At) -> Any:
    """Some words."""
    if isinstance(value, str) and value.strip():
        return value
    return check.wrong(at, f"Words belong here, not {_shown(value)}.")


def text(check: _Check, value: Any, at: At) -> Any:
    """The same words in every language of the brand."""
    if not isinstance(value, dict):
        return check.wrong(
            at, f"Words in every language belong here ({', '.join(check.languages)}), not {_shown(value)}."
        )
    for language in check.languages:
        if language not in value:
            check.wrong(at, f"The language {language!r} is missing.")
    for language in value:
        if language not in check.languages:
            check.unknown((*at, language), "language of the brand", language, check.languages)
    return {language: words(check, said, (*at, language)) for language, said in value.items()}


def name(check: _Check, value: Any, at: At) -> Any:
    """A name may be the same in every language, and is then written once."""
    return words(check, value, at) if isinstance(value, str) else text(check, value, at)


def flag(check: _Check, value: Any, at: At) -> Any:
    """Either true or false."""
    return value if isinstance(value, bool) else check.wrong(at, f"true or false belongs here, not {_shown(value)}.")


def whole(least: int, most: int = 1_000_000) -> Kind:
    """A whole number between two, both included."""

    def kind(check: _Check, value: Any, at: At) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            return check.wrong(at, f"A whole number belongs here, not {_shown(value)}.")
        if not least <= value <= most:
            return check.wrong(at, f"{value} is not between {least} and {most}.")
        return value

    return kind


def price(check: _Check, value: Any, at: At) -> Any:
    """An amount in major units of the brand's currency; kept as text, never as a float."""
    try:
        money = Money.of(_number(value), check.currency)
    except InvalidOperation:
        return check.wrong(at, f"A price like 48 or 48.50 belongs here, not {_shown(value)}.")
    except ValueError:
        return check.wrong(at, f"{value} has more decimals than {check.currency} has.")
    return money.major() if money.minor >= 0 else check.wrong(at, "A price cannot be negative.")


def percent(check: _Check, value: Any, at: At) -> Any:
    """From 0% to 100%; kept as text."""
    try:
        number = _number(value.strip().removesuffix("%") if isinstance(value, str) else value)
    except InvalidOperation:
        return check.wrong(at, f"A percentage like 30% belongs here, not {_shown(value)}.")
    return str(number) if 0 <= number <= 100 else check.wrong(at, f"{number}% is not between 0% and 100%.")


def _number(value: Any) -> Decimal:
    """Plain digits only: Decimal itself also reads NaN, and 1e999999, which would fill the memory as a whole number."""
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,9})?", str(value)):
        raise InvalidOperation
    return Decimal(value)


def degrees(check: _Check, value: Any, at: At) -> Any:
    """A latitude or longitude; kept as text."""
    try:
        fits = abs(_number(value)) <= 180
    except InvalidOperation:
        fits = False
    return str(value) if fits else check.wrong(at, f"A coordinate like 18.5674 belongs here, not {_shown(value)}.")


def clock(check: _Check, value: Any, at: At) -> Any:
    """A time of day, kept as "07:30"."""
    try:
        return time.fromisoformat(value).strftime("%H:%M")
    except (TypeError, ValueError):
        return check.wrong(at, f"A time like 07:30 belongs here, not {_shown(value)}.")


def day(check: _Check, value: Any, at: At) -> Any:
    """A day, kept as "2026-11-21"."""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return check.wrong(at, f"A day like 2026-11-21 belongs here, not {_shown(value)}.")


def phone(check: _Check, value: Any, at: At) -> Any:
    """Kept as E.164."""
    try:
        number = phonenumbers.parse(value if isinstance(value, str) else "", None)
    except phonenumbers.NumberParseException:
        return check.wrong(at, f"A phone number like +1 809 555 0142 belongs here, not {_shown(value)}.")
    if not phonenumbers.is_possible_number(number):
        return check.wrong(at, f"{value} is too long or too short for a phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(check: _Check, value: Any, at: At) -> Any:
    """An e-mail address."""
    if isinstance(value, str) and EMAIL.fullmatch(value):
        return value
    return check.wrong(at, f"An e-mail address belongs here, not {_shown(value)}.")


def chat(check: _Check, value: Any, at: At) -> Any:
    """The id of a Telegram chat; kept as text."""
    if re.fullmatch(r"-?\d{3,16}", str(value)):
        return str(value)
    return check.wrong(at, f"The number of a Telegram chat belongs here, not {_shown(value)}.")


def shaped(pattern: str, wanted: str) -> Kind:
    """Text of a pattern; `wanted` says which."""

    def kind(check: _Check, value: Any, at: At) -> Any:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        return check.wrong(at, f"{wanted} belongs here, not {_shown(value)}.")

    return kind


def zone_of_time(check: _Check, value: Any, at: At) -> Any:
    """An IANA time zone."""
    known = available_timezones()
    return value if isinstance(value, str) and value in known else check.unknown(at, "time zone", value, known)


def one_of(what: str, known: Iterable[str]) -> Kind:
    """One of these names."""
    names = tuple(known)

    def kind(check: _Check, value: Any, at: At) -> Any:
        return value if value in names else check.unknown(at, what, value, names)

    return kind


def listing(of: Kind, least: int = 0, most: int = 10_000) -> Kind:
    """A list, each entry of one kind."""

    def kind(check: _Check, value: Any, at: At) -> Any:
        if not isinstance(value, list):
            return check.wrong(at, f"A list belongs here, not {_shown(value)}.")
        if not least <= len(value) <= most:
            wanted = f"{least}" if least == most else f"{least} or more"
            check.wrong(at, f"{wanted} belong in this list, there are {len(value)}.")
        checked = (of(check, each, (*at, number)) for number, each in enumerate(value))
        # None keeps the place of what was dropped, so that the rest is still found at its own number.
        return [None if each is DROPPED else each for each in checked]

    return kind


def keyed(of: Kind) -> Kind:
    """Names that the writer of the file chooses, with one kind behind each."""

    def kind(check: _Check, value: Any, at: At) -> Any:
        if not isinstance(value, dict):
            return check.wrong(at, f"Names with something behind each belong here, not {_shown(value)}.")
        for key in value:
            if not KEY.fullmatch(key):
                check.wrong(
                    (*at, key), f"{key!r} is not a name: small letters, digits and _, a letter first, 32 at most."
                )
        return _kept({key: of(check, each, (*at, key)) for key, each in value.items()})

    return kind


def record(required: dict[str, Kind], optional: dict[str, Kind] | None = None) -> Kind:
    """Names that we choose: these must be there, those may."""
    known = required | (optional or {})

    def kind(check: _Check, value: Any, at: At) -> Any:
        if not isinstance(value, dict):
            return check.wrong(at, f"{', '.join(required)} belong here, not {_shown(value)}.")
        for key in required:
            if value.get(key) is None:
                check.wrong((*at, key), f"{key!r} is missing.")
        for key in value:
            if key not in known:
                check.wrong((*at, key), f"{key!r} is not known here.{meant(key, known)}")
        present = {key: each for key, each in value.items() if key in known and each is not None}
        return _kept({key: known[key](check, each, (*at, key)) for key, each in present.items()})

    return kind


def _kept(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not DROPPED}


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "names with something behind them"
    return repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "…"


# --- the shape of a catalogue ---

minutes = whole(0, 60 * 24 * 60)
key = shaped(KEY.pattern, "A name from elsewhere in this file")
file = shaped(r"[A-Za-z0-9_.-]+\.(svg|png|jpg|jpeg|webp)", "The name of a picture's file")
PHOTO_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,79}\.(png|jpg|jpeg)")
photo_file = shaped(PHOTO_FILE.pattern, "The name of a picture's file that a chat can show (.jpg or .png)")
colour = shaped(r"#[0-9A-Fa-f]{6}", "A colour like #0B5D5B")
language_code = shaped(r"[a-z]{2,3}(-[A-Z]{2})?", "A language like en")

BRAND = record(
    {
        "key": key, "name": words, "legal_name": words, "tagline": text, "address": listing(words, 1), "tax_id": words,
        "phone": phone, "email": email, "whatsapp": phone, "telegram": shaped(r"\w{5,32}", "A Telegram name without @"),
        "languages": listing(language_code, 1), "currency": one_of("currency", DECIMALS), "zone": zone_of_time,
        "colours": keyed(colour), "logo": file, "art": file, "terms": text,
        "reference_prefix": shaped(r"[A-Z]{2,4}", "Two to four capital letters"),
    },
    {
        "emergency_phone": phone, "billing_email": email,
        "tax": record({"name": words, "percent": percent}, {"included": flag}),
    },
)  # fmt: skip
PHOTO = record({"file": photo_file, "alt": text})
PLACE = record(
    {"kind": one_of("kind of place", ("airport", "hotel", "area", "port", "town")), "name": name, "zone": key},
    {"aliases": listing(words), "at": listing(degrees, 2, 2), "meeting": name, "photo": PHOTO},
)
ROUTE = record({"between": listing(key, 2, 2), "minutes": minutes, "prices": keyed(price)}, {"one_way": flag})
VEHICLE = record(
    {"name": name, "icon": key, "seats": whole(1, 100), "bags": whole(0, 200), "units": whole(0, 1000)},
    {"turnaround": minutes, "wheelchair": one_of("wheelchair it takes", ("none", "folding", "any"))},
)
DEPARTURES = record(
    {"days": listing(one_of("day of the week", WEEKDAYS), 1), "at": clock, "seats": whole(1, 5000)},
    {"from": day, "until": day, "closed": listing(day), "private": flag, "price": price},
)
QUESTION = record(
    {
        "text": text, "kind": one_of("kind of question", ("text", "number", "yes_no", "choice")),
        "per": one_of("way to ask", ("booking", "person")),
    },
    {"required": flag, "choices": listing(text)},
)  # fmt: skip
CATEGORY = record({"name": name, "ages": listing(whole(0, 130), 2, 2), "price": price}, {"seat": flag})
TOUR = record(
    {
        "description": text, "difficulty": one_of("difficulty", ("easy", "moderate", "hard")), "duration": minutes,
        "starts_at": key, "departures": listing(DEPARTURES, 1),
        "categories": keyed(CATEGORY),
    },
    {
        "photos": listing(PHOTO),
        "itinerary": listing(record({"minutes": minutes, "text": text})),
        "included": listing(name), "not_included": listing(name), "bring": listing(name),
        "pickups": listing(record({"minutes": minutes}, {"zone": key, "place": key})),
        "questions": keyed(QUESTION),
    },
)  # fmt: skip
SERVICE = record(
    {
        "kind": one_of("kind of service", ("transfer", "hours", "tour", "charter", "package")), "name": text,
        "summary": text, "notice": minutes, "hold": whole(1, 60 * 24 * 7), "deposit": percent,
    },
    {
        "icon": key, "cancellation": listing(record({"hours": whole(0, 24 * 365), "fee": percent})), "before": minutes,
        "after": minutes, "vehicles": listing(key), "tour": TOUR, "rates": keyed(price), "price": price,
        "aliases": listing(words), "zones": listing(key), "round_trip": flag, "people": whole(1, 100),
        "stops": record({"most": whole(1, 10), "minutes": whole(0, 24 * 60)}),
        "hours": record({"least": whole(1, 24), "most": whole(1, 24)}),
        "items": listing(record({}, {"service": key, "extra": key, "quantity": whole(1, 100)})), "photos": listing(PHOTO),
    },
)  # fmt: skip
EXTRA = record(
    {
        "name": name, "kind": one_of("kind of extra", ("seat", "comfort", "occasion")),
        "per": one_of("way to price", ("booking", "person", "piece")),
    },
    {"price": price, "limit": whole(1, 1000), "services": listing(key)},
)  # fmt: skip
LEAD = record(
    {"name": words, "languages": listing(language_code, 1)},
    {
        "company": words, "whatsapp": phone, "telegram": chat, "email": email, "phone": phone, "car": name, "plate": words,
        "photo": PHOTO,
        "defaults": listing(record({"service": key}, {"zones": listing(key)})),
    },
)  # fmt: skip
ALERT = record(
    {
        "name": words,
        "channel": one_of("channel", ("whatsapp", "telegram", "mail")),
        "address": lambda _, value, __: value,
    },
    {"language": language_code},
)
DOOR = record(
    {
        "channel": one_of("channel", ("whatsapp", "telegram", "phone", "mail", "web")),
        "address": lambda _, value, __: value,
    },
    {"words": text},
)
CATALOG = record(
    {
        "brand": BRAND, "zones": keyed(record({"name": name})), "places": keyed(PLACE), "routes": listing(ROUTE),
        "vehicles": keyed(VEHICLE), "services": keyed(SERVICE), "leads": keyed(LEAD), "alerts": listing(ALERT),
    },
    {"extras": keyed(EXTRA), "doors": listing(DOOR)},
)  # fmt: skip


OF_A_KIND = {  # what of a service means something with some kinds only
    "rates": ("hours",), "hours": ("hours",), "items": ("package",), "people": ("package",), "price": ("package",),
    "round_trip": ("transfer",), "stops": ("transfer",),
}  # fmt: skip


class _Links:
    """What one part of a catalogue says about another: names that must exist, and things that do not go together."""

    def __init__(self, check: _Check, content: Content) -> None:
        self.check = check
        self.content = content

    def follow(self) -> None:
        """Check all of them; whatever the shape has dropped already is passed over."""
        self.brand()
        self.places()
        self.routes()
        self.reach()
        self.services()
        self.extras()
        self.leads()
        self.addresses()

    def part(self, name: str) -> dict[str, Any]:
        return self.content.get(name) or {}

    def rows(self, of: Any, at: At) -> Iterator[tuple[Any, At]]:
        """The entries of a list or of names that are whole, each with where it stands."""
        entries = of.items() if isinstance(of, dict) else enumerate(of or [])
        return ((each, (*at, step)) for step, each in entries if each is not None)

    def known(self, part: str, what: str, given: Any, at: At) -> None:
        if given is not None and given not in self.part(part):
            self.check.unknown(at, what, given, self.part(part))

    def all_known(self, part: str, what: str, given: Any, at: At) -> None:
        for each, here in self.rows(given, at):
            self.known(part, what, each, here)

    def brand(self) -> None:
        for each, at in self.rows(self.part("brand").get("languages"), ("brand", "languages")):
            if self.part("brand")["languages"].index(each) != at[-1]:
                self.check.wrong(at, f"{each!r} is named twice.")

    def places(self) -> None:
        named: dict[str, str] = {}
        for place, at in self.rows(self.part("places"), ("places",)):
            self.known("zones", "zone", place.get("zone"), (*at, "zone"))
            for alias, here in self.rows(place.get("aliases"), (*at, "aliases")):
                other = named.setdefault(alias.casefold(), str(at[1]))
                if other != at[1]:
                    self.check.warn(here, f"{alias!r} is {other!r} too: guests will be asked which of the two.")

    def routes(self) -> None:
        priced: dict[tuple[str, str], int] = {}
        for route, at in self.rows(self.content.get("routes"), ("routes",)):
            between = route.get("between") or []
            self.all_known("zones", "zone", between, (*at, "between"))
            self.vehicles_of_route(route, at)
            ways = [tuple(between), tuple(reversed(between))][: 1 if route.get("one_way") else 2]
            for way in {way for way in ways if len(way) == 2 and None not in way}:
                if way in priced:
                    sentence = f"The way from {way[0]} to {way[1]} is priced already, in line {priced[way]}."
                    self.check.wrong(at, sentence)
                else:
                    priced[way] = self.check.marks[at][0]

    def vehicles_of_route(self, route: dict[str, Any], at: At) -> None:
        prices = route.get("prices") or {}
        for vehicle in prices:
            self.known("vehicles", "vehicle", vehicle, (*at, "prices", vehicle))
        if missing := [vehicle for vehicle in self.part("vehicles") if vehicle not in prices]:
            self.check.warn((*at, "prices"), f"There is no price for {', '.join(missing)}: not offered on this route.")

    def reach(self) -> None:
        routes = [route.get("between") or [] for route, _ in self.rows(self.content.get("routes"), ())]
        reached = {zone for between in routes for zone in between}
        for zone in self.part("zones"):
            if zone not in reached:
                self.check.warn(("zones", zone), "No route leads here: it can be neither left nor reached.")

    def services(self) -> None:
        for service, at in self.rows(self.part("services"), ("services",)):
            self.all_known("vehicles", "vehicle", service.get("vehicles"), (*at, "vehicles"))
            self.all_known("zones", "zone", service.get("zones"), (*at, "zones"))
            self.only_of_its_kind(service, at)
            self.timetable(service, at)
            self.cancellation(service, at)
            self.bundle(service, at)

    def only_of_its_kind(self, service: dict[str, Any], at: At) -> None:
        """What means something with some kinds of service only."""
        kind = service.get("kind")
        for key, kinds in OF_A_KIND.items():
            if key in service and kind is not None and kind not in kinds:
                self.check.wrong((*at, key), f"{key!r} goes with the kind {kinds[0]!r}, this is a {kind!r}.")
        hours = service.get("hours") or {}
        if hours.get("least", 0) > hours.get("most", 24):
            self.check.wrong((*at, "hours", "least"), f"{hours['least']} is more than {hours['most']}.")

    def timetable(self, service: dict[str, Any], at: At) -> None:
        leaves = service.get("kind") in ("tour", "charter")
        if leaves and "tour" not in service:
            self.check.wrong(
                (*at, "tour"), f"A {service['kind']} needs its 'tour': categories, departures and the rest."
            )
        elif "tour" in service and not leaves and "kind" in service:
            self.check.wrong((*at, "tour"), f"A {service['kind']} has no timetable.")
        elif "tour" in service:
            self.tour(service["tour"], (*at, "tour"))
            self.charter(service, (*at, "tour", "departures"))

    def charter(self, service: dict[str, Any], at: At) -> None:
        rows = self.rows(service["tour"].get("departures"), at) if service.get("kind") == "charter" else ()
        for row, here in rows:
            if not row.get("private") or "price" not in row:
                self.check.wrong(here, "A charter is sold whole: 'private: true' and its 'price'.")

    def tour(self, tour: dict[str, Any], at: At) -> None:
        self.known("places", "place", tour.get("starts_at"), (*at, "starts_at"))
        self.ages(tour, (*at, "categories"))
        self.departures(tour, (*at, "departures"))
        for pickup, here in self.rows(tour.get("pickups"), (*at, "pickups")):
            self.known("zones", "zone", pickup.get("zone"), (*here, "zone"))
            self.known("places", "place", pickup.get("place"), (*here, "place"))
            if ("zone" in pickup) == ("place" in pickup):
                self.check.wrong(here, "A pick-up names either its zone or its place.")
        for question, here in self.rows(tour.get("questions"), (*at, "questions")):
            if question.get("kind") == "choice" and not question.get("choices"):
                self.check.wrong(here, "A choice needs its 'choices'.")

    def ages(self, tour: dict[str, Any], at: At) -> None:
        spans = [
            (*category["ages"], here)
            for category, here in self.rows(tour.get("categories"), at)
            if len(category.get("ages") or []) == 2 and None not in category["ages"]
        ]
        if tour.get("categories") == {}:
            self.check.wrong(at, "A tour needs a category at least.")
        for youngest, oldest, here in spans:
            if youngest > oldest:
                self.check.wrong((*here, "ages"), f"{youngest} is more than {oldest}: the youngest comes first.")
        for (_, before, _), (youngest, _, here) in pairwise(sorted(spans, key=lambda span: span[0])):
            if youngest <= before:
                self.check.wrong((*here, "ages"), f"Age {youngest} is in another category too.")
            elif youngest > before + 1:
                self.check.wrong((*here, "ages"), f"Age {before + 1} is in no category.")

    def departures(self, tour: dict[str, Any], at: At) -> None:
        seen: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for row, here in self.rows(tour.get("departures"), at):
            span = (row.get("from", "0001-01-01"), row.get("until", "9999-12-31"))
            if span[0] > span[1]:
                self.check.wrong((*here, "until"), "It ends before it begins.")
            for weekday in row.get("days") or []:
                others = seen.setdefault((str(weekday), row.get("at", "")), [])
                if any(span[0] <= until and since <= span[1] for since, until in others):
                    self.check.wrong(here, f"Something leaves on {weekday} at {row.get('at')} already.")
                others.append(span)
            if "price" in row and not row.get("private"):
                self.check.wrong((*here, "price"), "Only a private departure has a price of its own.")

    def cancellation(self, service: dict[str, Any], at: At) -> None:
        rules = [
            (rule["hours"], Decimal(rule["fee"]), here)
            for rule, here in self.rows(service.get("cancellation"), (*at, "cancellation"))
            if "hours" in rule and "fee" in rule
        ]
        for (_, fee, _), (hours, later, here) in pairwise(sorted(rules, key=lambda rule: -rule[0])):
            if later < fee:
                self.check.wrong(here, f"Cancelling {hours} hours before costs less than cancelling earlier.")

    def bundle(self, service: dict[str, Any], at: At) -> None:
        self.prices_by_vehicle(service, at)
        self.packed(service, at)
        for item, here in self.rows(service.get("items"), (*at, "items")):
            self.known("services", "service", item.get("service"), (*here, "service"))
            self.known("extras", "extra", item.get("extra"), (*here, "extra"))
            if ("service" in item) == ("extra" in item):
                self.check.wrong(here, "An item names either its service or its extra.")
        if service.get("kind") == "package" and not (service.get("items") and "price" in service):
            self.check.wrong(at, "A package needs its 'price' and its 'items'.")

    def packed(self, service: dict[str, Any], at: At) -> None:
        """A package is made around one service; how often a ride lies in it says whether there is a way back."""
        services = [(item, here) for item, here in self.rows(service.get("items"), (*at, "items")) if "service" in item]
        if service.get("kind") == "package" and service.get("items") and len(services) != 1:
            self.check.wrong(
                (*at, "items"), f"A package holds one service, there are {len(services)}; the rest are extras."
            )
        for item, here in services:
            inner = self.part("services").get(item["service"]) or {}
            most = 2 if inner.get("kind") == "transfer" else 1
            if inner.get("kind") == "package":
                self.check.wrong((*here, "service"), "A package cannot lie in a package.")
            if item.get("quantity", 1) > most:
                self.check.wrong((*here, "quantity"), f"{most} at most: a ride there and back is 2, anything else 1.")
            if inner.get("kind") == "tour" and "people" not in service:
                self.check.wrong(at, "A package with a tour says for how many 'people' its price is.")
        for item, here in self.rows(service.get("items"), (*at, "items")):
            limit = (self.part("extras").get(item.get("extra")) or {}).get("limit", 1)
            if "extra" in item and item.get("quantity", 1) > limit:
                self.check.wrong((*here, "quantity"), f"{limit} of {item['extra']!r} is the most in one booking.")

    def prices_by_vehicle(self, service: dict[str, Any], at: At) -> None:
        for vehicle in service.get("rates") or {}:
            self.known("vehicles", "vehicle", vehicle, (*at, "rates", vehicle))
        if service.get("kind") == "hours" and not service.get("rates"):
            self.check.wrong(at, "Hours need their 'rates', a price of one hour for each vehicle.")

    def extras(self) -> None:
        packed = {
            item.get("extra")
            for service in self.part("services").values()
            for item, _ in self.rows(service.get("items"), ())
        }
        for extra, at in self.rows(self.part("extras"), ("extras",)):
            self.all_known("services", "service", extra.get("services"), (*at, "services"))
            if extra.get("price") is None and at[1] not in packed and (*at, "price") not in self.check.marks:
                self.check.wrong((*at, "price"), "'price' is missing: only what lies in a package may do without.")

    def leads(self) -> None:
        taken: dict[tuple[str, str | None], str] = {}
        for lead, at in self.rows(self.part("leads"), ("leads",)):
            if not {"whatsapp", "telegram", "email"} & lead.keys():
                self.check.wrong(at, "A lead needs a whatsapp, telegram or email to be told.")
            for language, here in self.rows(lead.get("languages"), (*at, "languages")):
                if not set(lead["languages"]) & set(self.check.languages):
                    self.check.unknown(here, "language of the brand", language, self.check.languages)
            for default, here in self.rows(lead.get("defaults"), (*at, "defaults")):
                self.default(default, str(at[1]), here, taken)
        for service, row in self.part("services").items():
            packed = {item.get("service") for item, _ in self.rows((row or {}).get("items"), ())}
            if not any(each in {service, *packed} for each, _ in taken):
                self.check.warn(("services", service), "No lead performs it by default: staff must assign each one.")

    def default(self, default: dict[str, Any], lead: str, at: At, taken: dict[tuple[str, str | None], str]) -> None:
        self.known("services", "service", default.get("service"), (*at, "service"))
        self.all_known("zones", "zone", default.get("zones"), (*at, "zones"))
        for zone in default.get("zones") or [None]:
            other = taken.setdefault((default.get("service", ""), zone), lead)
            if other != lead:
                where = f"in {zone}" if zone else "everywhere"
                self.check.wrong(at, f"{other!r} performs {default.get('service')!r} {where} by default already.")

    def addresses(self) -> None:
        """An address is of the kind that its channel needs."""
        kinds: dict[str, Kind] = {"whatsapp": phone, "phone": phone, "mail": email, "telegram": chat, "web": words}
        for part in ("alerts", "doors"):
            for entry, at in self.rows(self.content.get(part), (part,)):
                self.address(entry, at, kinds | ({"telegram": words} if part == "doors" else {}))
                if "language" in entry and entry["language"] not in self.check.languages:
                    here = (*at, "language")
                    self.check.unknown(here, "language of the brand", entry["language"], self.check.languages)

    def address(self, entry: dict[str, Any], at: At, kinds: dict[str, Kind]) -> None:
        if "channel" in entry and "address" in entry:
            entry["address"] = kinds[entry["channel"]](self.check, entry["address"], (*at, "address"))
