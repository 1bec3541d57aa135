"""What a tapped option does: an answer, an edit, "send", or nothing any more."""

from datetime import datetime
from typing import Any

from flows import anytime
from flows.conversation import Conversation
from flows.filling import fill
from flows.menu import World
from flows.script import label_words
from flows.speech import Option, Tap
from flows.talk import Send, Talk
from flows.understand.places import ask_zone
from flows.understand.text import plain


def tap(book: Conversation, talk: Talk, pressed: Tap | None, world: World) -> None:
    """An option was chosen. One whose question is closed is an edit, as long as nothing has been sent."""
    if pressed is None:
        return talk.remark("unknown_tap")
    talk.misses = 0
    if pressed.question == "anytime" and pressed.value in anytime.COMMANDS:
        return anytime.obey(pressed.value, book, talk, world)
    if pressed.question == "review":
        return _review(book, talk, pressed, world)
    if pressed.question == "change":
        return _change_line(book, talk, pressed.value, world)
    if pressed.question == "terms":
        return _accept(book, talk, pressed, world)
    value = _tapped(book, talk, pressed, world)
    if value is None and pressed.value not in ("skip", "keep", "done"):
        talk.remark("unknown_tap")
    return None


def _review(book: Conversation, talk: Talk, pressed: Tap, world: World) -> None:
    if pressed.value == "change":
        return anytime.change(book, talk, world)
    if pressed.value != "send":
        return talk.remark("unknown_tap")
    if _is_stale(book, talk, pressed):
        return talk.remark("review_stale" if talk.state == book.then else "not_yet")
    if not talk.draft.get("terms"):
        talk.aside = "terms"
        return None
    talk.wish(Send())
    return None


def _is_stale(book: Conversation, talk: Talk, pressed: Tap) -> bool:
    """Whether the card that was tapped showed another request than the one we hold now."""
    return talk.state != book.then or pressed.turn < talk.changed


def _accept(book: Conversation, talk: Talk, pressed: Tap, world: World) -> None:
    if _is_stale(book, talk, pressed):
        return talk.remark("review_stale" if talk.state == book.then else "not_yet")
    talk.draft["terms"] = True
    talk.wish(Send())
    return None


def _change_line(book: Conversation, talk: Talk, key: str, world: World) -> None:
    if key in talk.draft and key in book.keys:
        anytime.reopen(talk, key)
        talk.choosing = key == "extras"
    elif key in book.keys and book.applies(key, talk.draft, world.menu):
        talk.draft.pop(key, None)
    elif key != "nothing":
        talk.remark("unknown_tap")


def _tapped(book: Conversation, talk: Talk, pressed: Tap, world: World) -> Any:
    """Keep the value of an option as an answer; None when it means nothing here."""
    key, value = pressed.question, pressed.value
    if key not in book.keys or not (key == "service" or book.applies(key, talk.draft, world.menu)):
        return None
    if value == "keep":
        talk.reopened = talk.urgent = None
        talk.doubts.pop(key, None)
        return None
    if key == "extras":
        return _tick(talk, value, world)
    if value == "skip":
        return _skip(book, talk, key, world)
    meaning = TAPPED[key](talk, value, world) if key in TAPPED else value
    if meaning is None:
        return None
    if key in talk.draft and key not in (talk.state, talk.reopened):
        talk.understood += [key, "unasked"]  # an old card: what it changed is said back
    if isinstance(meaning, dict) and key == "time":
        fill(book, talk, meaning, world)
    else:
        fill(book, talk, {key: meaning}, world)
    return True


def _skip(book: Conversation, talk: Talk, key: str, world: World) -> Any:
    if any(row.skips for row in book.rows(key)):
        fill(book, talk, {key: None}, world)
        return True
    return None


def _tick(talk: Talk, value: str, world: World) -> Any:
    """One more of an extra, or none again after the last; "done" ends the choosing."""
    if value == "done":
        settle_extras(talk)
        return True
    extra = world.menu.extra(value)
    if not extra:
        return None
    basket: dict[str, int] = dict(talk.draft.get("extras") or {})
    most = extra.limit if extra.per == "piece" else 1
    count = (basket.get(value, 0) + 1) % (most + 1)
    basket = {key: n for key, n in (basket | {value: count}).items() if n}
    talk.answer("extras", basket)
    talk.choosing = True
    return True


def _tapped_place(end: str) -> Any:
    def place(talk: Talk, value: str, world: World) -> Any:
        typed = talk.doubts.get(end, {}).get("memory", {}).get("typed")
        if value == "typed":
            return ask_zone(world.menu, end, typed) if typed else None
        if value.startswith("in:"):
            zone = world.menu.zone_of(value[3:])
            return {"typed": typed, "zone": zone.key} if typed and zone else None
        return {"place": value} if world.menu.place(value) else None

    return place


def _tapped_time(talk: Talk, value: str, world: World) -> Any:
    """A time, or a whole moment when the first free one is on another day."""
    if _is_local(value, "%Y-%m-%dT%H:%M"):
        return {"date": value[:10], "time": value[11:]}
    return value if _is_local(value, "%H:%M") else None


def _tapped_day(talk: Talk, value: str, world: World) -> Any:
    return value if _is_local(value, "%Y-%m-%d") else None


def _tapped_departure(talk: Talk, value: str, world: World) -> Any:
    if not _is_local(value, "%Y-%m-%dT%H:%M"):
        return None
    talk.draft.pop("date", None)
    return value


def _is_local(value: str, form: str) -> bool:
    """Whether this is a day or time that exists, written as we write it."""
    try:
        read = datetime.strptime(value, form)  # noqa: DTZ007  (local to the operator, as everything in a draft)
    except ValueError:
        return False
    return read.strftime(form) == value and (form == "%H:%M" or 2000 <= read.year < 2100)


def _tapped_party(talk: Talk, value: str, world: World) -> Any:
    memory = talk.doubts.get("party", {}).get("memory", {}).get("party")
    if memory and value == "ages":
        return memory
    return {"adults": int(value), "children": [], "infants": 0} if value.isdecimal() and 0 < int(value) < 100 else None


def _tapped_bags(talk: Talk, value: str, world: World) -> Any:
    return int(value) if value.isdecimal() and len(value) < 4 else None


def _tapped_occasion(talk: Talk, value: str, world: World) -> Any:
    return value if label_words(f"occasion_{value}") else None


TAPPED: dict[str, Any] = {
    "service": lambda talk, value, world: value if world.menu.service(value) else None,
    "pickup": _tapped_place("pickup"),
    "dropoff": _tapped_place("dropoff"),
    "date": _tapped_day,
    "time": _tapped_time,
    "departure": _tapped_departure,
    "party": _tapped_party,
    "luggage": _tapped_bags,
    "vehicle": lambda talk, value, world: value if world.menu.vehicle(value) else None,
    "occasion": _tapped_occasion,
    "flight": lambda talk, value, world: value if value == "unknown" else None,
    "name": lambda talk, value, world: talk.profile or None if value == "profile" else None,
    "room": lambda talk, value, world: None,
    "notes": lambda talk, value, world: None,
    "phone": lambda talk, value, world: None,
    "email": lambda talk, value, world: None,
}


def settle_extras(talk: Talk) -> None:
    """The choosing of extras is over."""
    talk.choosing, talk.misses = False, 0
    talk.answer("extras", talk.draft.get("extras") or {})


def option_words(option: Option) -> list[str]:
    """Everything that may be typed to mean this option."""
    words: list[str] = []
    for written in (option.label, option.short):
        if isinstance(written, str) and written.startswith("@"):
            words += label_words(written[1:])
        elif isinstance(written, str):
            words.append(plain(written))
        elif written:
            words += map(plain, written.values())
    name = option.facts.get("name")
    return [word for word in dict.fromkeys(words + list(map(plain, (name or {}).values()))) if word]
