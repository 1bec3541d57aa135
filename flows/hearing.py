"""What a message does to the draft: a tap, words, a pin, a contact card, or something we cannot read."""

import re
from typing import Any

from flows import afterwards, anytime, checks
from flows.conversation import Conversation, Question
from flows.menu import World
from flows.script import label, label_words
from flows.speech import Heard, Option, Tap
from flows.talk import Send, Talk
from flows.understand.choices import a_tour, an_option, an_option_like
from flows.understand.details import e164, phone_of
from flows.understand.ear import Doubt, Ear
from flows.understand.languages import detect, spoken, vocabularies
from flows.understand.places import FAR_KM, NEAR_KM, ask_zone, nearest
from flows.understand.text import Words, plain
from flows.understand.times import narrowed
from flows.understand.vocabulary import Vocabulary

LONGEST = 1500
SHOWN_BACK = 80
_FIRST_CLAUSE = re.compile(r"\s*([^,;]{1,40}?)\s*(?:[,;]|\band\b|\by\b)\s*(?=\w)")


def hear(book: Conversation, talk: Talk, heard: Heard, world: World) -> Talk:
    """The talk after this message: what was understood is in its draft, what is to be said is remembered until `say`."""
    talk = talk.next()
    _settle_in(book, talk, heard, world)
    if talk.state in book.after:
        afterwards.hear(book, talk, heard, world)
    else:
        _hear_draft(book, talk, heard, world)
    checks.check(talk, world)
    _drop_what_does_not_apply(book, talk, world)
    if talk.state not in book.after:
        book.go_on(talk, world.menu)
    if talk.state != book.then:
        talk.aside = None if talk.aside == "terms" else talk.aside
        talk.wishes = [wish for wish in talk.wishes if wish["kind"] != Send.kind]
    return talk


def _settle_in(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    """What the channel tells about the person, and the language of the first words."""
    talk.profile = " ".join(heard.name.split())[:100] or talk.profile
    phone = phone_of(heard)
    if phone and "phone" not in talk.draft:
        talk.draft["phone"] = phone
    if phone and "phone" not in talk.given:
        talk.given.append("phone")
    told = spoken(heard.language, world.menu.languages) if talk.turn == 0 else None
    talk.language = detect(heard.words, world.menu.languages, certain=talk.turn > 0) or told or talk.language


def _drop_what_does_not_apply(book: Conversation, talk: Talk, world: World) -> None:
    for key in [key for key in talk.draft if key in book.keys and key not in talk.given]:
        if not book.applies(key, talk.draft, world.menu):
            talk.forget(key)


def _hear_draft(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    if heard.kind == "tap":
        tap(book, talk, heard.tap, world)
    elif heard.kind == "location" and heard.location:
        _pin(book, talk, heard.location, world)
    elif heard.kind == "contact" and heard.contact:
        _contact(book, talk, heard.contact, world)
    elif heard.kind in UNREADABLE and not heard.words.strip():
        _miss(talk, UNREADABLE[heard.kind])
    else:
        _words(book, talk, heard, world)


UNREADABLE = {
    "voice": "voice",
    "photo": "picture",
    "video": "picture",
    "document": "document",
    "sticker": "sticker",
    "other": "unreadable",
    "contact": "unreadable",
    "location": "unreadable",
}


def _miss(talk: Talk, block: str, **facts: Any) -> None:
    talk.misses += 1
    talk.remark(block, **facts)


# --- words ---


def _words(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    words = heard.words.replace("\x00", "")
    spoken_here = vocabularies(talk.language, world.menu.languages)
    if not words.strip():
        return _miss(talk, "empty")
    if name := anytime.command(words, talk.state, spoken_here):
        talk.misses = 0
        return anytime.obey(name, book, talk, world, words)
    if len(words) > LONGEST:
        return _miss(talk, "too_long", length=len(words), most=LONGEST)
    if _as_option(book, talk, words, world, spoken_here) or _as_answer(book, talk, words, world, spoken_here):
        return None
    if heard.kind == "edited":
        return talk.remark("edited")
    if any(v.hello.fullmatch(plain(words)) or v.thanks.match(plain(words)) for v in spoken_here):
        return None
    return _misheard(talk, words)


def _misheard(talk: Talk, words: str) -> None:
    line = " ".join(words.split())
    _miss(talk, "misheard", words=line if len(line) <= SHOWN_BACK else line[: SHOWN_BACK - 1] + "…")


def _kept_as_it_is(talk: Talk, words: str, spoken_here: list[Vocabulary]) -> dict[str, Any] | None:
    """The option to leave something as it was, said in other words."""
    if not any(v.keep.match(plain(words)) for v in spoken_here):
        return None
    return next((option for option in talk.shown if option["value"] in ("typed", "keep")), None)


def _as_option(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """Typing an option's number or label is tapping it; "2, and flowers please" does both."""
    question = book.question(talk.state, talk, world.menu)
    numbered = not (question and question.counts) or (talk.state in talk.doubts and talk.state == "time")
    option = next((found for v in spoken_here if (found := an_option(words, talk.shown, v, numbered))), None)
    option = option or _kept_as_it_is(talk, words, spoken_here)
    if option:
        tap(book, talk, Tap(option["question"], option["value"], talk.turn), world)
        return True
    first = _FIRST_CLAUSE.match(words)
    if not first or (question and question.whole):
        return False
    option = next((found for v in spoken_here if (found := an_option(first[1], talk.shown, v, numbered))), None)
    if not option:
        return False
    tap(book, talk, Tap(option["question"], option["value"], talk.turn), world)
    book.go_on(talk, world.menu)
    _understand(book, talk, words[first.end() :], world, spoken_here)
    return True


def _as_answer(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """Words as an answer to the open question, or to any other that they answer without a doubt."""
    if talk.state == book.then and _at_the_end(book, talk, words, spoken_here, world):
        return True
    question = book.question(talk.state, talk, world.menu)
    if question and question.skips and any(v.skip.match(plain(words)) for v in spoken_here):
        fill(book, talk, {question.key: None}, world)
        return True
    if question and question.key == "extras" and _extras_settled(talk, words, spoken_here):
        return True
    correcting = any(v.correction.search(Words(words).folded) for v in spoken_here)
    if question and question.whole and not correcting and _whole(book, talk, question, words, world, spoken_here):
        return True
    if _understand(book, talk, words, world, spoken_here):
        return True
    if _change(book, talk, words, world, spoken_here):
        return True
    if question and question.whole:
        return _whole(book, talk, question, words, world, spoken_here, last=True)
    return _loosely(book, talk, words, world, spoken_here)


def _loosely(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    option = next((found for v in spoken_here if (found := an_option_like(words, talk.shown, v))), None)
    if option:
        tap(book, talk, Tap(option["question"], option["value"], talk.turn), world)
    return bool(option)


def _at_the_end(book: Conversation, talk: Talk, words: str, spoken_here: list[Vocabulary], world: World) -> bool:
    said = plain(words)
    if any(v.send.match(said) or v.yes.match(said) for v in spoken_here):
        at_terms = any(option["question"] == "terms" for option in talk.shown)
        value = ("terms", "accept") if at_terms else ("review", "send")
        tap(book, talk, Tap(*value, talk.turn), world)
        return True
    if any(v.no.match(said) for v in spoken_here):
        anytime.change(book, talk, world)
        return True
    return False


def _extras_settled(talk: Talk, words: str, spoken_here: list[Vocabulary]) -> bool:
    said = plain(words)
    none = any(v.none.match(said) for v in spoken_here)
    if none and not talk.draft.get("extras"):
        talk.answer("extras", {})
    elif not none and not any(v.done.match(said) for v in spoken_here):
        return False
    _settle_extras(talk)
    return True


def _settle_extras(talk: Talk) -> None:
    talk.choosing, talk.misses = False, 0
    talk.answer("extras", talk.draft.get("extras") or {})


def _whole(
    book: Conversation,
    talk: Talk,
    question: Question,
    words: str,
    world: World,
    spoken_here: list[Vocabulary],
    last: bool = False,
) -> bool:
    """The guest's own words are the answer; `last` when they mean nothing else."""
    ear = _ear(talk, words, world, spoken_here[0], question.key)
    if last:
        ear.found["_last"] = True
    value = question.whole(words.strip(), ear) if question.whole else None
    if value is not None:
        fill(book, talk, {question.key: value}, world)
    return value is not None


def _change(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """ "change the time": asks just that again."""
    for v in spoken_here:
        found = v.change.search(Words(words).folded)
        key = found and line_named(book, talk, found["what"], v, world)
        if key:
            anytime.reopen(talk, key)
            talk.misses = 0
            return True
    return False


def line_named(book: Conversation, talk: Talk, what: str, v: Vocabulary, world: World) -> str | None:
    """The answered question that goes by this name."""
    named = [key for key, pattern in v.lines.items() if pattern.match(plain(what))]
    return next((key for key in named if key in talk.draft and book.applies(key, talk.draft, world.menu)), None)


def _understand(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """Fill in whatever the words say, in the talk's own language or, failing that, another."""
    for vocabulary in spoken_here:
        found = read(book, talk, words, world, vocabulary)
        if found:
            fill(book, talk, found, world, words=True)
            return True
    return False


def _ear(talk: Talk, words: str, world: World, vocabulary: Vocabulary, asked: str) -> Ear:
    memory = talk.doubts.get(asked, {}).get("memory", {})
    shown = tuple(option["value"] for option in talk.shown if option["question"] == asked)
    return Ear(Words(words), asked, talk.draft, world, vocabulary, memory, shown)


def read(book: Conversation, talk: Talk, words: str, world: World, vocabulary: Vocabulary) -> dict[str, Any]:
    """What each question finds in the words. The last row reads first: the later it is asked, the plainer its answer's look."""
    ear = _ear(talk, words, world, vocabulary, talk.state)
    ear.words.take(vocabulary.correction)
    way_back = _way_back(ear)
    if a_tour(ear):
        ear.found["_tour"] = True
    for question in reversed(book.questions):
        if question.key not in ear.found and (value := question.understand(ear)) is not None:
            ear.found[question.key] = value
    found = {key: value for key, value in ear.found.items() if not key.startswith("_")}
    if way_back and found:
        talk.remark("way_back")
    return found


def _way_back(ear: Ear) -> bool:
    """The trip back is a booking of its own: its day must not be taken for the day of this one."""
    found = ear.vocabulary.way_back.search(ear.words.folded)
    if not found or not ear.words.folded[: found.start()].strip():
        return False
    ear.words.cross_out(*found.span())
    return True


# --- filling the draft ---


def fill(book: Conversation, talk: Talk, found: dict[str, Any], world: World, words: bool = False) -> None:
    """Keep the answers, in the order of the table; what is in doubt is asked in its own words when its turn comes."""
    missed = False
    for key in book.keys:
        if key not in found or not _belongs(book, key, talk, found, world):
            continue
        value = found[key] if key != "time" else narrowed(found[key], talk.draft.get("date"), world)
        if isinstance(value, Doubt):
            missed = missed or value.missed
            _doubt(talk, key, value)
        elif key == "vehicle" and _is_taken(talk, value):
            tier = world.menu.vehicle(value)
            talk.remark("vehicle_taken", vehicle=dict(tier.name) if tier else value)
        else:
            _keep(talk, key, value, words)
    talk.misses = talk.misses + 1 if missed else 0


def _is_taken(talk: Talk, vehicle: str) -> bool:
    """The open card offers every vehicle that is free: one that is not on it is taken, or too small."""
    shown = [option["value"] for option in talk.shown if option["question"] == "vehicle"]
    return talk.state == "vehicle" and bool(shown) and vehicle not in shown


def _belongs(book: Conversation, key: str, talk: Talk, found: dict[str, Any], world: World) -> bool:
    return (
        key == "service" or book.applies(key, talk.draft, world.menu) or (key == "date" and "service" not in talk.draft)
    )


def _doubt(talk: Talk, key: str, value: Doubt) -> None:
    talk.doubts[key] = value.as_json()
    talk.urgent = talk.urgent or key
    if key in talk.draft:
        talk.reopened = key


def _keep(talk: Talk, key: str, value: Any, words: bool) -> None:
    if words and talk.state not in (key, "extras"):
        talk.understood.append("unasked")
    if key == "pickup" and talk.draft.get("pickup") not in (None, value):
        talk.draft.pop("room", None)
    talk.answer(key, value)
    if key == "extras":
        talk.choosing = talk.state == "extras"
    if words:
        talk.understood.append(key)


# --- taps ---


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
        talk.reopened = None
        return None
    if key == "extras":
        return _tick(talk, value, world)
    if value == "skip":
        return _skip(book, talk, key, world)
    meaning = TAPPED[key](talk, value, world) if key in TAPPED else value
    if meaning is None:
        return None
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
        _settle_extras(talk)
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
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value):
        return {"date": value[:10], "time": value[11:]}
    return value if re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", value) else None


def _tapped_day(talk: Talk, value: str, world: World) -> Any:
    return value if re.fullmatch(r"20\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])", value) else None


def _tapped_departure(talk: Talk, value: str, world: World) -> Any:
    talk.draft.pop("date", None)
    return value if re.fullmatch(r"20\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d", value) else None


def _tapped_party(talk: Talk, value: str, world: World) -> Any:
    memory = talk.doubts.get("party", {}).get("memory", {}).get("party")
    if memory and value == "ages":
        return memory
    return {"adults": int(value), "children": [], "infants": 0} if value.isdecimal() and 0 < int(value) < 100 else None


def _tapped_bags(talk: Talk, value: str, world: World) -> Any:
    return int(value) if value.isdecimal() and len(value) < 4 else None


def _tapped_occasion(talk: Talk, value: str, world: World) -> Any:
    return label(f"occasion_{value}", talk.language) or None


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


# --- pins and contact cards ---


def _pin(book: Conversation, talk: Talk, pin: tuple[float, float], world: World) -> None:
    """A place on the map: the known place there, or the point itself in the zone of the nearest one."""
    end = next((key for key in ("pickup", "dropoff") if talk.state == key or talk.reopened == key), None)
    end = end or next((key for key in ("pickup", "dropoff") if key not in talk.draft and talk.state != book.then), None)
    found = nearest(world.menu, pin)
    ride = talk.draft.get("service") or next((s.key for s in world.menu.services if s.kind == "transfer"), None)
    if not end or not book.applies(end, talk.draft | {"service": ride}, world.menu):
        return talk.remark("pin_unasked")
    if not found or found[1] > FAR_KM:
        return talk.remark("pin_far")
    place, distance = found
    here = f"{pin[0]:.5f}, {pin[1]:.5f}"
    point = {"place": place.key} if distance <= NEAR_KM else {"typed": here, "zone": place.zone}
    fill(book, talk, {"service": ride, end: point}, world)
    talk.understood.append(end)
    return None


def _contact(book: Conversation, talk: Talk, contact: tuple[str, str], world: World) -> None:
    number = e164(contact[1], world.menu.country)
    wanted = talk.state == "phone" or "phone" not in talk.draft
    if wanted and number:
        fill(book, talk, {"phone": number}, world)
        talk.understood.append("phone")
    else:
        talk.remark("bad_phone" if wanted else "contact_unasked")


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
