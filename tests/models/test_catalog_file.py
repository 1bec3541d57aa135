"""Whoever edits the catalogue is told every mistake, with its line and what was probably meant."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import models
from bot.photos import photo
from models.catalog import compile
from models.catalog_file import Mistake, read, read_file

SAMPLE = Path(models.__path__[0]) / "sample" / "catalog.yaml"
TEXT = SAMPLE.read_text(encoding="utf-8")


def mistakes(old: str, new: str) -> list[Mistake]:
    """What is said of the sample after its first `old` became `new`."""
    assert old in TEXT
    return list(read(TEXT.replace(old, new, 1)).mistakes)


def line_of(words: str) -> int:
    """The line of the sample in which words first stand."""
    return TEXT[: TEXT.index(words)].count("\n") + 1


def test_the_sample_has_no_mistake_and_nothing_doubtful() -> None:
    """What we ship is itself checked."""
    reading = read_file(SAMPLE)
    assert reading.mistakes == ()
    assert reading.content is not None


def test_every_photo_of_the_sample_is_there() -> None:
    """A picture that is named and is not there would be left out without a word."""
    content = read_file(SAMPLE).content or {}
    named = re.findall(r"[a-z0-9_]+[.]jpg", json.dumps(content))
    assert len(set(named)) > 8
    assert all(photo(content["brand"]["key"], file) for file in named)


VAN = "van: {name: Van, icon: van, seats: 7, bags: 8, units: 4, turnaround: 30, wheelchair: any}"
MARKED = {
    "unknown key": (VAN, VAN.replace("seats", "seets"), "'seets' is not known here. Did you mean 'seats'?"),
    "too long a name": (
        f"  {VAN}",
        f"  {'v' * 33}{VAN[3:]}",
        "small letters, digits and _, a letter first, 32 at most.",
    ),
    "missing key": (VAN, VAN.replace("seats: 7, ", ""), "'seats' is missing."),
    "wrong type": (VAN, VAN.replace("seats: 7", "seats: seven"), "A whole number belongs here, not 'seven'."),
    "too small": (VAN, VAN.replace("seats: 7", "seats: 0"), "0 is not between 1 and 100."),
    "negative price": ("price: 45,", "price: -45,", "A price cannot be negative."),
    "price in words": ("price: 45,", "price: free,", "A price like 48 or 48.50 belongs here, not 'free'."),
    "price without end": ("price: 45,", "price: 1e999999999,", "A price like 48 or 48.50 belongs here"),
    "too many decimals": ("price: 45,", "price: 45.005,", "45.005 has more decimals than USD has."),
    "unknown zone": (
        "zone: cap_cana, name: Cap Cana",
        "zone: cap_kana, name: Cap Cana",
        "There is no zone 'cap_kana'. Did you mean 'cap_cana'?",
    ),
    "place without a zone": ("kind: area, zone: cap_cana,", "kind: area,", "'zone' is missing."),
    "unknown vehicle": (
        "prices: {sedan: 25, suv",
        "prices: {sedna: 25, suv",
        "There is no vehicle 'sedna'. Did you mean 'sedan'?",
    ),
    "vehicle without a price": (
        "prices: {sedan: 25, suv",
        "prices: {suv",
        "There is no price for sedan: not offered on this route.",
    ),
    "unknown service": (
        "services: [isla_saona, buggy",
        "services: [isla_soana, buggy",
        "There is no service 'isla_soana'. Did you mean 'isla_saona'?",
    ),
    "unknown place": (
        "starts_at: bayahibe_pier",
        "starts_at: bayahibe_peer",
        "There is no place 'bayahibe_peer'. Did you mean 'bayahibe_pier'?",
    ),
    "unknown language": (
        "{en: Sedan, es: Sedán}",
        "{en: Sedan, es: Sedán, fr: Berline}",
        "There is no language of the brand 'fr'. There is: en, es.",
    ),
    "missing language": ("{en: Sedan, es: Sedán}", "{en: Sedan}", "The language 'es' is missing."),
    "key twice": ("  sedan: {", "  van: {name: Van}\n  sedan: {", "'van' stands here already, in line {line}."),
    "route twice": (
        "{between: [puj, cap_cana]",
        "{between: [punta_cana, puj]",
        "The way from puj to punta_cana is priced already",
    ),
    "time zone": (
        "zone: America/Santo_Domingo",
        "zone: America/Santa_Domingo",
        "There is no time zone 'America/Santa_Domingo'. Did you mean 'America/Santo_Domingo'?",
    ),
    "currency": ("currency: USD", "currency: USDD", "There is no currency 'USDD'. Did you mean 'USD'?"),
    "e-mail": ("rafael@costa-alisia.example", "rafael.costa-alisia.example", "An e-mail address belongs here"),
    "phone": ("+1 809 555 0177", "809 555 0177", "A phone number like +1 809 555 0142 belongs here"),
    "short phone": ("+1 809 555 0177", "+1 809 55", "+1 809 55 is too long or too short for a phone number."),
    "two leads": (
        "- {service: buggy_macao}",
        "- {service: isla_saona}",
        "'yohanna' performs 'isla_saona' everywhere by default already.",
    ),
    "deposit": ("deposit: 100%", "deposit: 130%", "130% is not between 0% and 100%."),
    "departure twice": (
        'days: [tue, thu, sat], at: "10:00"',
        'days: [mon, tue], at: "08:30"',
        "Something leaves on mon at 08:30 already.",
    ),
    "departure's clock": ('at: "11:45"', 'at: "25:45"', "A time like 07:30 belongs here, not '25:45'."),
    "weekday": (
        "days: [tue, wed, thu, sat, sun]",
        "days: [tue, weds, thu, sat, sun]",
        "There is no day of the week 'weds'. Did you mean 'wed'?",
    ),
    "ages apart": ("ages: [4, 12]", "ages: [6, 12]", "Age 4 is in no category."),
    "ages twice": ("ages: [4, 12]", "ages: [3, 12]", "Age 3 is in another category too."),
    "fee": (
        "- {hours: 3, fee: 50%}",
        "- {hours: 9, fee: 50%}",
        "Cancelling 6 hours before costs less than cancelling earlier.",
    ),
    "charter for each": (
        'at: "09:00", seats: 14, private: true, price: 890',
        'at: "09:00", seats: 14',
        "A charter is sold whole: 'private: true' and its 'price'.",
    ),
    "hours of a transfer": (
        "    round_trip: true",
        "    hours: {least: 3}\n    round_trip: true",
        "'hours' goes with the kind 'hours', this is a 'transfer'.",
    ),
    "hours upside down": ("{least: 3, most: 12}", "{least: 13, most: 12}", "13 is more than 12."),
    "unknown rate": ("rates: {sedan: 32", "rates: {sedna: 32", "There is no vehicle 'sedna'. Did you mean 'sedan'?"),
    "package without its service": (
        "- {service: transfer}\n      - {extra: champagne}",
        "- {extra: champagne}",
        "A package holds one service, there are 0; the rest are extras.",
    ),
    "package in a package": ("- {service: transfer}\n", "- {service: family}\n", "A package cannot lie in a package."),
    "package with a tour": (
        "- {service: transfer, quantity: 2}",
        "- {service: isla_saona, quantity: 2}",
        "1 at most: a ride there and back is 2, anything else 1.",
    ),
    "too much in a package": (
        "- {extra: child_seat, quantity: 2}",
        "- {extra: child_seat, quantity: 4}",
        "3 of 'child_seat' is the most in one booking.",
    ),
    "zone of a package": (
        "zones: [puj, punta_cana, cap_cana, bavaro]\n",
        "zones: [puj, punta_cana, cap_kana, bavaro]\n",
        "There is no zone 'cap_kana'. Did you mean 'cap_cana'?",
    ),
    "colour": ('"#0B5D5B"', '"teal"', "A colour like #0B5D5B belongs here, not 'teal'."),
    "telegram chat": ("-1001700100900", "the team", "The number of a Telegram chat belongs here, not 'the team'."),
    "no YAML": ("brand:\n", "brand: [\n", "This is not YAML:"),
    "alias of YAML": (
        "sedan: {name: {en: Sedan, es: Sedán}",
        "sedan: {name: &one {en: Sedan, es: *one}",
        "Aliases (*name) are not read: write it out.",
    ),
}


@pytest.mark.parametrize("case", MARKED)
def test_a_mistake_is_named_with_its_line(case: str) -> None:
    """Each kind of mistake has its sentence, at the line where it was made."""
    old, new, sentence = MARKED[case]
    sentence = sentence.replace("{line}", str(line_of("  sedan: {name")))
    found = [each for each in mistakes(old, new) if sentence in each.sentence]
    assert found, mistakes(old, new)
    if case not in ("no YAML", "fee"):
        assert abs(found[0].line - line_of(old)) <= 3


def test_all_mistakes_are_named_at_once_by_line() -> None:
    """Nobody has to run the check five times to hear of five mistakes."""
    text = (
        TEXT.replace("seats: 7", "seats: seven")
        .replace("currency: USD", "currency: USX")
        .replace("hold: 30", "hold: x")
    )
    found = read(text).mistakes
    assert len(found) == 8
    assert [each.line for each in found] == sorted(each.line for each in found)


def test_a_zone_that_no_route_reaches_is_only_doubtful() -> None:
    """A new zone may be named before its routes are priced; the file is loaded with a warning."""
    reading = read(TEXT.replace("\n  cap_cana: {name", "\n  higuey: {name: Higüey}\n  cap_cana: {name", 1))
    assert [(each.warning, each.path) for each in reading.mistakes] == [(True, "zones.higuey")]
    assert reading.content is not None


def test_a_name_for_two_places_is_doubtful() -> None:
    """Guests who use it are asked which of the two."""
    found = mistakes("[westin, ", "[zoetry, westin, ")
    assert [(each.warning, "zoetry" in each.sentence) for each in found] == [(True, True)]


@pytest.mark.parametrize(
    "text", ["", "just words", "[]", "a: b: c", "\x00", "[" * 3000, "brand: {languages: en}", "? [a]\n: b"]
)
def test_a_file_that_is_no_catalogue_at_all_is_answered(text: str) -> None:
    """Whatever it is, there is a sentence and no crash."""
    reading = read(text)
    assert reading.content is None
    assert reading.mistakes[0].sentence


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in plain values."""
    if at:
        yield at
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in entries:
        yield from paths(each, (*at, key))


def small() -> dict[str, Any]:
    """The sample with few places, routes and departures, as plain values."""
    content = read(TEXT).content
    assert content is not None
    wanted = {"puj", "arena_blanca", "bavaro", "bayahibe_pier", "macao_buggy_base"}
    content["places"] = {key: place for key, place in content["places"].items() if key in wanted}
    content["routes"] = content["routes"][:3]
    return content


SMALL = small()
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 10**30, "", "x", "12:99", [], {}, [None], {"en": None}, [[]], {"x": {}}]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(at=("brand", "zone"), junk=[], gone=False)
@given(at=st.sampled_from(sorted(paths(SMALL), key=str)), junk=JUNK, gone=st.booleans())
def test_whatever_is_broken_is_told_and_what_passes_can_be_sold(at: tuple[Any, ...], junk: Any, gone: bool) -> None:
    """Any value taken out or made nonsense is named, or the catalogue still compiles."""
    content = yaml.safe_load(yaml.safe_dump(SMALL))
    inner = content
    for step in at[:-1]:
        inner = inner[step]
    if gone:
        del inner[at[-1]]
    else:
        inner[at[-1]] = junk
    reading = read(yaml.safe_dump(content, allow_unicode=True))
    assert reading.content is not None or reading.mistakes
    if reading.content is not None:
        compile(reading.content)
