"""The small things: flight number, room, name, phone, e-mail, occasion."""

import re
import unicodedata

import phonenumbers

from flows.speech import Heard
from flows.understand.ear import Doubt, Ear
from flows.understand.languages import any_of
from flows.understand.text import BLANK

_FLIGHT = re.compile(
    rf"\b(?:(?!(?:{any_of('no_airline')})[ -])([a-z]{{2}}|[a-z]\d|\d[a-z])[ -]?|([a-z]{{3}}))(\d{{1,4}}[a-z]?)\b"
)
_FLIGHT_ALONE = re.compile(r"\b([A-Z]{2}|[A-Z]\d|\d[A-Z])[ -]?(\d{2,4})\b")
_EMAIL = re.compile(r"[^\s@<>()\[\]\",;:\\·]+@[^\s@<>()\[\]\",;:\\·]+\.[^\s@<>()\[\]\",;:\\.·]{2,}")
_PHONE = re.compile(r"\+?\(?\d[\d\s().-]{5,22}\d")
_CAPITALS = re.compile(r"\s+((?:[A-ZÁÉÍÓÚÑÜ][^\W\d_]+[ '-]){1,3}[A-ZÁÉÍÓÚÑÜ][^\W\d_]+)\b")
LONGEST_NAME, LONGEST_NOTE, LONGEST_ROOM, LONGEST_EMAIL = 100, 1000, 40, 254


def a_flight(ear: Ear) -> str | None:
    """A flight number as "AA1045", or "unknown" when the guest has none yet."""
    announced = ear.vocabulary.flight.search(ear.words.folded)
    if (ear.asked == "flight" or announced) and ear.is_all(ear.vocabulary.unknown):
        return "unknown"
    if ear.asked == "flight" or announced:
        found = _FLIGHT.search(ear.words.folded, announced.end() if announced else 0)
    else:
        found = next((one for one in _FLIGHT_ALONE.finditer(ear.words.typed) if _is_free(ear, one)), None)
    if not found:
        return None
    ear.words.cross_out(announced.start() if announced else found.start(), found.end())
    return "".join(part for part in found.groups() if part).upper()


def _is_free(ear: Ear, found: re.Match[str]) -> bool:
    """Whether nobody has taken these words for something else, such as the flight of the way back."""
    return BLANK not in ear.words.folded[found.start() : found.end()]


def a_room(ear: Ear) -> str | None:
    """A room number: "204", "room 204", "villa B-3"."""
    if found := ear.words.take(ear.vocabulary.room):
        return ear.words.as_typed(*found.span("room"))
    return None


def an_email(ear: Ear) -> str | Doubt | None:
    """One e-mail address on one line; a doubt when what was sent cannot be one."""
    found = ear.words.take(_EMAIL)
    if not found:
        return _unreadable(ear, "bad_email") if "@" in ear.words.typed or ear.asked == "email" else None
    address = ear.words.typed[found.start() : found.end()].rstrip(".")
    lines = [line for line in re.split(r"[\r\n\u2028\u2029]+", ear.words.typed) if line.strip()]
    broken = ear.asked == "email" and len(lines) > 1
    if broken or len(address) > LONGEST_EMAIL or not address.isprintable() or "@" in ear.words.folded:
        return _unreadable(ear, "bad_email")
    return address


def _unreadable(ear: Ear, block: str) -> Doubt:
    ear.words.cross_out_all()
    return Doubt(block, missed=True)


def a_phone(ear: Ear) -> str | Doubt | None:
    """A phone number in E.164; without a country code it is read as one of the operator's country."""
    found = _PHONE.search(ear.words.folded)
    if not found:
        return _unreadable(ear, "bad_phone") if ear.asked == "phone" else None
    if ear.asked != "phone" and not found[0].startswith("+") and sum(map(str.isdigit, found[0])) < 10:
        return None
    number = e164(found[0], ear.menu.country)
    if number:
        ear.words.cross_out(*found.span())
    elif ear.asked == "phone":
        return _unreadable(ear, "bad_phone")
    return number


def e164(written: str, country: str) -> str | None:
    """A phone number as written by a person, in E.164, if such a number can exist."""
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


def phone_of(heard: Heard) -> str | None:
    """The phone number the channel itself vouches for."""
    return heard.sender if re.fullmatch(r"\+\d{6,15}", heard.sender) else None


def a_name(ear: Ear) -> str | None:
    """A name that is introduced as one ("my name is …"); a bare one is only taken when asked for."""
    found = ear.vocabulary.name.search(ear.words.folded)
    if not found:
        return _presented(ear)
    name = ear.words.as_typed(*found.span("name"))
    if not proper_name(name) or ear.words.folded[found.start("name")].isdigit():
        return None
    ear.words.cross_out(*found.span())
    return proper_name(name)


def _presented(ear: Ear) -> str | None:
    """ "I'm Hannah Moore": a name because of its capitals."""
    for found in ear.vocabulary.i_am.finditer(ear.words.folded):
        named = _CAPITALS.match(ear.words.typed, found.end())
        if named:
            ear.words.cross_out(found.start(), named.end())
            return proper_name(named[1])
    return None


def proper_name(typed: str) -> str | None:
    """A name on one line, None when it is nothing but figures and signs, or too long for a board."""
    name = " ".join(typed.split())
    speaks = any(unicodedata.category(character)[0] in "LS" for character in name)
    return name if speaks and len(name) <= LONGEST_NAME else None


def an_occasion(ear: Ear, announced: bool = False) -> str | None:
    """A known occasion that the guest mentions in passing; `announced` asks for "our" or the like before it."""
    for key, pattern in ear.vocabulary.occasions.items():
        found = pattern.search(ear.words.folded)
        if found and (not announced or re.search(rf"(?:{ear.vocabulary.ours.pattern})\W*\Z", _before(ear, found))):
            if announced:
                ear.words.cross_out(*found.span())
            return key
    return None


def _before(ear: Ear, found: re.Match[str]) -> str:
    return ear.words.folded[: found.start()]
