"""What a tapped option does: an answer, an edit, "send", or nothing any more."""

from datetime import datetime
from typing import Any

from flows import anytime, changing, waiting
from flows.cards import which_service
from flows.conversation import Conversation
from flows.filling import fill, say_recounted, stands
from flows.menu import World
from flows.script import label_words
from flows.speech import Option, Tap
from flows.talk import Send, Talk
from flows.understand.party import check_party
from flows.understand.places import ask_zone
from flows.understand.text import plain
from flows.understand.trip import moment_of_return
from flows.understand.wheelchair import KINDS


def tap(book: Conversation, talk: Talk, pressed: Tap | None, world: World) -> None:
    """An option was chosen. One whose question is closed is an edit, as long as nothing has been sent."""
    if pressed is None:
        return talk.remark("unknown_tap")
    talk.misses = 0
    if (
        pressed == Tap("anytime", "start_over", pressed.turn)
        and pressed.turn < talk.turn
        and "changing" not in talk.facts
    ):
        return anytime.cancel(book, talk, world)  # an old card: is it still meant?
    if pressed.question == "anytime" and pressed.value in anytime.COMMANDS:
        return anytime.obey(pressed.value, book, talk, world)
    if pressed.question == waiting.ASKED:
        return _wait(book, talk, pressed, world)
    if pressed.question in ("review", "terms"):  # "terms" was a card of its own once
        return _review(book, talk, pressed, world)
    if pressed.question == "change":
        return _change_line(book, talk, pressed.value, world)
    elsewhere = pressed.question not in (talk.state, talk.reopened)
    understood = _tapped(book, talk, pressed, world)
    if not understood:
        talk.remark("unknown_tap")
    elif elsewhere and pressed.question in talk.draft and pressed.question not in talk.doubts:
        _say_once(talk, pressed.question, world)  # an old card: what it changed is said back
    return None


def _say_once(talk: Talk, key: str, world: World) -> None:
    if not any(remark["block"] in ("stands", "extra_now") for remark in talk.remarks):
        stands(talk, key, world)


def _wait(book: Conversation, talk: Talk, pressed: Tap, world: World) -> None:
    """Put on the waiting list: at the review it is sent, before that the rest is asked first."""
    if ("changing" in talk.facts and not waiting.is_changed(talk)) or not waiting.join(talk, pressed.value, world):
        return talk.remark("unknown_tap")
    if talk.state == book.then and pressed.value == "join":
        return _review(book, talk, Tap("review", "send", pressed.turn), world)
    talk.remark("waiting_noted")
    return None


def _review(book: Conversation, talk: Talk, pressed: Tap, world: World) -> None:
    if pressed.value == "change":
        return anytime.change(book, talk, world)
    if pressed.value == "add":
        return anytime.add(book, talk, world)
    if pressed.value not in ("send", "accept"):
        return talk.remark("unknown_tap")
    if _is_stale(book, talk, pressed):
        return talk.remark("review_stale" if talk.state == book.then else "not_yet")
    if "changing" in talk.facts:
        return changing.agree(talk)
    return talk.wish(Send(waiting.waits(talk)))


def _is_stale(book: Conversation, talk: Talk, pressed: Tap) -> bool:
    """Whether the card that was tapped showed another request than the one we hold now."""
    return talk.state != book.then or pressed.turn < talk.changed


def _change_line(book: Conversation, talk: Talk, key: str, world: World) -> None:
    if key in book.keys and (key in talk.draft or book.on_demand(key, talk.draft, world.menu)):
        anytime.reopen(talk, key)
        talk.choosing = key == "extras"
    elif key not in ("nothing", talk.state):
        talk.remark("unknown_tap")


def _tapped(book: Conversation, talk: Talk, pressed: Tap, world: World) -> bool:
    """Keep the value of an option as an answer; false when it means nothing here."""
    key, value = pressed.question, pressed.value
    if key not in book.keys or not (key == "service" or book.applies(key, talk.draft, world.menu)):
        return False
    if value == "keep":
        return _keep(talk, key)
    if key == "extras":
        return _tick(talk, value, world)
    if value == "skip":
        return _skip(book, talk, key, world)
    meaning = TAPPED[key](talk, value, world) if key in TAPPED else value
    if meaning is None:
        return False
    _settle_doubt(talk, key)
    if isinstance(meaning, dict) and (key in ("time", "return_time") or set(meaning) == {"party", "luggage"}):
        fill(book, talk, meaning, world)
    else:
        fill(book, talk, {key: meaning}, world)
    return True


def _keep(talk: Talk, key: str) -> bool:
    if key in (talk.reopened, talk.state):
        talk.reopened = talk.urgent = None
    talk.doubts.pop(key, None)
    return True


def _settle_doubt(talk: Talk, key: str) -> None:
    """A doubt may offer to answer another question instead ("which end?"): then it is settled too."""
    offered = talk.doubts.get(talk.state, {}).get("say", {}).get("options", ())
    if key != talk.state and any(option["question"] == key for option in offered):
        talk.doubts.pop(talk.state)
        talk.reopened = talk.urgent = None


def _skip(book: Conversation, talk: Talk, key: str, world: World) -> bool:
    skips = any(row.skips for row in book.rows(key))
    if skips:
        fill(book, talk, {key: None}, world)
    return skips


def _tick(talk: Talk, value: str, world: World) -> bool:
    """One of an extra: ticked or not, where there is one; one more or one less, where it comes by the piece; "done" ends it."""
    if value == "done":
        settle_extras(talk)
        return True
    key = value.removeprefix("less:")
    extra = world.menu.extra(key)
    if not extra:
        return False
    basket: dict[str, int] = dict(talk.draft.get("extras") or {})
    before = basket.get(key, 0)
    count = before - 1 if key != value else 1 - before if extra.most == 1 else before + 1
    service = world.menu.service(talk.draft.get("service"))
    most = extra.most - (service.included_of(key) if service else 0)
    count = max(0, min(count, most))
    talk.answer("extras", {key: n for key, n in (basket | {key: count}).items() if n})
    say_recounted(talk, dict.fromkeys([key], before) if before else {}, world)
    if key == value and before == most > 1:
        talk.remark("extra_most", name=dict(extra.name), most=most)
    talk.choosing, talk.reopened = True, "extras"  # an old card's tap is answered by the card as it is now
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


def _tapped_return(talk: Talk, value: str, world: World) -> Any:
    """A time of the way back, or a whole moment of it."""
    return moment_of_return(value) if _is_local(value, "%Y-%m-%dT%H:%M") else _tapped_time(talk, value, world)


def _tapped_stop(talk: Talk, value: str, world: World) -> Any:
    """One more stop, or none at all."""
    if value == "none":
        return []
    place = _tapped_place("stops")(talk, value, world)
    return [*(talk.draft.get("stops") or []), place] if isinstance(place, dict) else place


def _tapped_service(talk: Talk, value: str, world: World) -> Any:
    """A service, or first only its kind, where there are too many for one card."""
    if value.startswith("kind:"):
        return which_service(value.removeprefix("kind:"), world.menu)
    return value if world.menu.service(value) else None


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
    if "+" in value:
        return _tapped_people_and_bags(talk, value, world)
    if not value.isdecimal() or not 0 < int(value) < 100:
        return None
    rest = memory if memory and not memory["adults"] else {"children": [], "infants": 0}  # "and how many adults?"
    return check_party({**rest, "adults": int(value)})


def _tapped_people_and_bags(talk: Talk, value: str, world: World) -> Any:
    people, _, bags = value.partition("+")
    party, luggage = _tapped_party(talk, people, world), _tapped_bags(talk, bags, world)
    return {"party": party, "luggage": luggage} if party and luggage is not None else None


def _tapped_bags(talk: Talk, value: str, world: World) -> Any:
    return int(value) if value.isdecimal() and len(value) < 4 else None


def _tapped_occasion(talk: Talk, value: str, world: World) -> Any:
    return value if label_words(f"occasion_{value}") else None


def _was_offered(talk: Talk, key: str, value: str) -> bool:
    offered = talk.doubts.get(key, {}).get("say", {}).get("options", ())
    return any((option["question"], option["value"]) == (key, value) for option in offered)


TAPPED: dict[str, Any] = {
    "service": _tapped_service,
    "stops": _tapped_stop,
    "trip": lambda talk, value, world: value if value in ("one_way", "return") else None,
    "return_date": _tapped_day,
    "return_time": _tapped_return,
    "return_flight": lambda talk, value, world: value if value == "unknown" else None,
    "hours": lambda talk, value, world: int(value) if value.isdecimal() and len(value) < 4 else None,
    "plan": lambda talk, value, world: None,
    "pickup": _tapped_place("pickup"),
    "dropoff": _tapped_place("dropoff"),
    "date": _tapped_day,
    "time": _tapped_time,
    "departure": _tapped_departure,
    "party": _tapped_party,
    "luggage": _tapped_bags,
    "wheelchair": lambda talk, value, world: value if value in KINDS else False if value == "none" else None,
    "vehicle": lambda talk, value, world: value if world.menu.vehicle(value) else None,
    "occasion": _tapped_occasion,
    "flight": lambda talk, value, world: value if value == "unknown" else None,
    "name": lambda talk, value, world: talk.profile or None if value == "profile" else None,
    "room": lambda talk, value, world: None,
    "notes": lambda talk, value, world: None,
    "phone": lambda talk, value, world: value if _was_offered(talk, "phone", value) else None,
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
