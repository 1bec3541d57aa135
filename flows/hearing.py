"""What a message does to the draft: a tap, words, a pin, a contact card, or something we cannot read."""

import re
from typing import Any

from flows import afterwards, anytime, changing, checks, hopping, silence, waiting
from flows.asks import hearing as asking
from flows.conversation import Conversation, Question
from flows.filling import ear_for, fill, in_doubt, read
from flows.menu import World
from flows.speech import Heard, Option, Tap
from flows.talk import ANSWERED, Talk
from flows.tapping import settle_extras, tap
from flows.understand.choices import an_option, an_option_like, beside_label
from flows.understand.details import e164, phone_of
from flows.understand.ear import Doubt
from flows.understand.languages import any_of, asks, detect, spoken, vocabularies
from flows.understand.last_resort import a_foreign_day
from flows.understand.leftovers import crumbs, is_understood, leftover, unread
from flows.understand.places import ENDS, FAR_KM, NEAR_KM, homes, nearest
from flows.understand.text import Words, plain
from flows.understand.vocabulary import Vocabulary

LONGEST = 1500
PATIENCE = 3  # times misunderstood in a row, until a person is offered
NO_OFFER = ("skip", "keep", "unknown", "ages", "done")
SHOWN_BACK = 240
PLAIN = {
    "pickup",
    "dropoff",
    "date",
    "time",
    "departure",
    "party",
    "luggage",
    "extras",
    "stops",
    "hours",
    "trip",
    "return_date",
    "return_time",
}  # answers of a look of their own
_FIRST_CLAUSE = re.compile(rf"\s*([^,;]{{1,40}}?)\s*(?:[,;]|{any_of('also')})\s*(?=\w)")


def hear(book: Conversation, talk: Talk, heard: Heard, world: World) -> Talk:
    """The talk after this message: what was understood is in its draft, what is to be said is remembered until `say`."""
    talk = talk.next()
    settle_in(book, talk, heard, world)
    back = silence.broken(book, talk, world)
    if not talk.elsewhere and waiting.hear(book, talk, heard, world):
        return talk  # what came of it is said
    if hopping.stays_away(book, talk, heard, world):
        pass  # it goes on elsewhere, and that is said
    elif hopping.chooses(book, talk, heard, world):
        pass  # which of two requests goes on
    elif asking.hear(book, talk, heard, world):
        pass  # what is said to it is known once their bookings are read
    elif "changing" in talk.facts:
        changing.hear(book, talk, heard, world)
        if "changing" in talk.facts:
            _hear_draft(book, talk, heard, world)
    elif changing.asks_which(book, talk, heard, world):
        pass  # as above
    elif change := changing.begins(book, talk, heard, world):
        if change.words:
            _hear_draft(book, talk, change, world)
    elif talk.state in book.after and not afterwards.begins_anew(book, talk, heard, world):
        afterwards.hear(book, talk, heard, world)
    else:
        _hear_draft(book, talk, heard, world)
    talk.facts.pop("to_change", None)  # what was asked was which booking: the next words answer it, or it is left
    settle(book, talk, world)
    if back:
        silence.welcome(book, talk)
    return talk


def settle(book: Conversation, talk: Talk, world: World) -> None:
    """What does not hold together is taken out, and the first open question stands."""
    if talk.state not in book.after:
        checks.check(talk, world)
        _drop_what_does_not_apply(book, talk, world)
        book.go_on(talk, world.menu)
    if talk.state != book.then:
        talk.wishes = [wish for wish in talk.wishes if wish["kind"] not in {each.kind for each in ANSWERED}]


def settle_in(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    """What the channel tells about the person, and the language of the first words."""
    talk.profile = " ".join(heard.name.split())[:100] or talk.profile
    if "name" not in talk.draft and is_a_whole_name(talk.profile):
        talk.draft["name"] = talk.profile
        talk.given.append("name")
    talk.channel = heard.channel or talk.channel
    phone = phone_of(heard)
    if phone and "phone" not in talk.draft:
        talk.draft["phone"] = phone
    if phone and "phone" not in talk.given:
        talk.given.append("phone")
    told = spoken(heard.language, world.menu.languages) if talk.turn == 0 else None
    talk.language = detect(heard.words, world.menu.languages, certain=talk.turn > 0) or told or talk.language


def is_a_whole_name(profile: str) -> bool:
    """Whether a booking can be made in it: a given and a family name, in letters."""
    parts = profile.split()
    return all(map(_NAME_PART.fullmatch, parts)) and sum(len(part) > 1 for part in parts) >= 2 and len(parts) <= 8


_NAME_PART = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]*)*")


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
        _contact(book, talk, heard, heard.contact, world)
    elif heard.kind in UNREADABLE and not heard.words.strip():
        talk.misses = 0  # it was not misunderstood: the answer says what it was
        talk.remark(UNREADABLE[heard.kind])
    else:
        hear_words(book, talk, heard, world)


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


def hear_words(book: Conversation, talk: Talk, heard: Heard, world: World) -> None:
    """Words, as an option, as the answer to the open question, or as whatever they tell."""
    words = heard.words.replace("\x00", "")
    spoken_here = vocabularies(talk.language, world.menu.languages)
    if not words.strip():
        return _miss(talk, "empty")
    if name := anytime.command(words, talk.state, spoken_here):
        talk.misses = 0
        return anytime.obey(name, book, talk, world, words)
    if len(words) > LONGEST:
        return _miss(talk, "too_long", length=len(words), most=LONGEST)
    if waiting.wants(words, spoken_here) and _waits(book, talk, world):
        return None
    ends = [talk.draft.get(end) for end in ENDS]
    if _as_option(book, talk, words, world, spoken_here) or _as_answer(book, talk, words, world, spoken_here):
        _also_priced(talk, words, ends, spoken_here)
        return _priced(talk, words, spoken_here)
    if heard.kind == "edited":
        return talk.remark("edited")
    if any(_greets(plain(words), v) or v.thanks.match(plain(words)) for v in spoken_here):
        return None
    if not talk.turn and any(v.yes.match(plain(words)) for v in spoken_here):
        return None
    if talk.misses >= PATIENCE and any(v.yes.match(plain(words)) for v in spoken_here):
        return anytime.person(book, talk, world, words)
    _priced(talk, words, spoken_here)
    if talk.aside:
        return None
    if any(v.asking.search(Words(words).folded) for v in spoken_here):
        talk.aside = "for_team"
        return None
    _misheard(talk, words)
    if talk.misses >= 2 * PATIENCE:  # a person offered did not help, or a machine answers us: it ends here
        anytime.person(book, talk, world, words)
    return None


def hear_beside(book: Conversation, talk: Talk, words: str, world: World) -> None:
    """Words beside answers that were written down: whatever they tell is taken; none is the answer to a question not asked yet."""
    spoken_here = vocabularies(talk.language, world.menu.languages)
    talk.state = ""
    if name := anytime.command(words, talk.state, spoken_here):
        anytime.obey(name, book, talk, world, words)
    elif not _understand(book, talk, words[:LONGEST], world, spoken_here):
        _left(talk, unread(Words(words[:LONGEST])), spoken_here)
    talk.state = talk.state or book.keys[0]


def _waits(book: Conversation, talk: Talk, world: World) -> bool:
    """The first of what may be waited for on the last card."""
    shown = next((option for option in talk.shown if option["question"] == waiting.ASKED), None)
    if shown:
        tap(book, talk, Tap(waiting.ASKED, shown["value"], talk.turn), world)
    return bool(shown)


def _priced(talk: Talk, words: str, spoken_here: list[Vocabulary]) -> None:
    """ "How much from the airport to Bávaro?" is answered with the price, whatever else it told."""
    if talk.aside is None and any(v.price_asked.search(Words(words).folded) for v in spoken_here):
        talk.aside = "price"


def _also_priced(talk: Talk, words: str, ends: list[Any], spoken_here: list[Vocabulary]) -> None:
    """ "And to Uvero Alto?" asks what that costs."""
    other = ends != [talk.draft.get(end) for end in ENDS] and any(ends)
    if other and words.rstrip().endswith("?") and any(v.and_what.search(Words(words).folded) for v in spoken_here):
        talk.aside = talk.aside or "price"


def _greets(said: str, vocabulary: Vocabulary) -> bool:
    return bool(said) and not vocabulary.hello.sub(" ", said).strip()


def _misheard(talk: Talk, words: str) -> None:
    _miss(talk, "misheard", words=_line(words))


def _line(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= SHOWN_BACK else line[: SHOWN_BACK - 1] + "…"


def _kept_as_it_is(talk: Talk, words: str, spoken_here: list[Vocabulary]) -> dict[str, Any] | None:
    """The option to leave something as it was, said in other words."""
    if not any(v.keep.match(plain(words)) for v in spoken_here):
        return None
    return next((option for option in talk.shown if option["value"] in ("typed", "keep")), None)


def _as_option(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """Typing an option's number or label is tapping it; "2, and flowers please" does both."""
    question = book.question(talk.state, talk, world.menu)
    numbered = not (question and question.counts) or (talk.state == "time" and _of_few(talk))
    with_bags = any(option["value"] == "2+2" for option in talk.shown)
    numbered = numbered or (with_bags and words.strip().isdecimal())  # "2. 2 adults, 2 bags": count and place agree
    option = next((found for v in spoken_here if (found := an_option(words, talk.shown, v, numbered))), None)
    option = option or _kept_as_it_is(talk, words, spoken_here)
    if option:
        tap(book, talk, Tap(option["question"], option["value"], talk.turn), world)
        if option["question"] in ("date", "return_date"):
            talk.understood.append(option["question"])  # written by hand: the day it was taken for is said back
        return True
    if _the_one_offered(book, talk, words, world, spoken_here):
        return True
    first = _FIRST_CLAUSE.match(words)
    if not first or (question and question.whole):
        return False
    option = next((found for v in spoken_here if (found := an_option(first[1], talk.shown, v, numbered))), None)
    if not option:
        return False
    tap(book, talk, Tap(option["question"], option["value"], talk.turn), world)
    book.go_on(talk, world.menu)
    rest = words[first.end() :]
    if not _understand(book, talk, rest, world, spoken_here):
        _left(talk, unread(Words(rest)), spoken_here)
    return True


def _of_few(talk: Talk) -> bool:
    """Whether a time is in doubt between a few; of a part of the day a bare number is the hour."""
    return "time" in talk.doubts and "part" not in talk.doubts["time"]["memory"]


def _the_one_offered(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """ "Yes" takes what is offered when that is one thing: the name of the profile, the first free time."""
    offered = [one for one in talk.shown if one["question"] == talk.state and one["value"] not in NO_OFFER]
    said = plain(words)
    if (
        talk.state == book.then
        or len(offered) != 1
        or not any(v.yes.match(said) or v.mine.match(said) for v in spoken_here)
    ):
        return False
    tap(book, talk, Tap(offered[0]["question"], offered[0]["value"], talk.turn), world)
    return True


def _as_answer(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """Words as an answer to the open question, or to any other that they answer without a doubt."""
    if talk.state == book.then and _at_the_end(book, talk, words, spoken_here, world):
        return True
    question = book.question(talk.state, talk, world.menu)
    if question and question.skips and _passes(plain(words), spoken_here):
        fill(book, talk, {question.key: None}, world)
        return True
    if question and question.key == "extras" and _extras_settled(talk, words, spoken_here):
        return True
    if talk.state == "name" and _change(book, talk, words, world, spoken_here):
        return True  # nobody is called "add a note"
    correcting = any(v.correction.search(Words(words).folded) for v in spoken_here)
    asking = asks(words, spoken_here) and talk.state != "notes"
    if (
        question
        and question.whole
        and not correcting
        and not asking
        and not _is_another(book, talk, words, world, spoken_here)
        and _whole(book, talk, question, words, world, spoken_here)
    ):
        return True
    if _understand(book, talk, words, world, spoken_here):
        return True
    if _change(book, talk, words, world, spoken_here):
        return True
    if question and question.whole and not asking:
        return _whole(book, talk, question, words, world, spoken_here, last=True)
    return _loosely(book, talk, words, world, spoken_here) or _as_foreign_day(book, talk, words, world)


def _as_foreign_day(book: Conversation, talk: Talk, words: str, world: World) -> bool:
    """Where a day is asked, what no language of ours can read may be one of another."""
    asked = talk.state in ("date", "return_date")
    day = a_foreign_day(words, talk.state, world) if asked else None
    if day:
        fill(book, talk, {talk.state: day}, world)
    return bool(day)


def _passes(said: str, spoken_here: list[Vocabulary]) -> bool:
    """ "No", "ok", "send it": whoever may leave a question out does so with any of these."""
    return any(pattern.match(said) for v in spoken_here for pattern in (v.skip, v.done, v.send) if said)


def _loosely(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    option = next((found for v in spoken_here if (found := an_option_like(words, talk.shown, v))), None)
    if option:
        tap(book, talk, Tap(option["question"], option["value"], talk.turn), world)
        _left(talk, [beside_label(words, option["words"])], spoken_here)
    return bool(option)


def _at_the_end(book: Conversation, talk: Talk, words: str, spoken_here: list[Vocabulary], world: World) -> bool:
    said = plain(words)
    if any(v.send.match(said) or v.yes.match(said) for v in spoken_here):
        told = talk.facts.pop(
            "again", False
        )  # the notice that a hold ended: an old card is stale, this word is an answer to it
        tap(book, talk, Tap("review", "send", talk.changed if told else talk.turn), world)
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
    elif not none and not any(v.done.match(said) or v.send.match(said) for v in spoken_here):
        return False
    settle_extras(talk)
    return True


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
    ear = ear_for(talk, words, world, spoken_here[0], question.key)
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
        if found and v.hotel.match(plain(found["what"])):
            return _change_hotel(book, talk, world)
        key = found and line_named(book, talk, found["what"], v, world)
        if key:
            anytime.reopen(talk, key)
            talk.misses = 0
            return True
    return False


def _change_hotel(book: Conversation, talk: Talk, world: World) -> bool:
    """ "Change the hotel" means the end of the ride that is one; where that is not plain, every line is offered."""
    ends = homes(talk.draft, world.menu)
    if len(ends) == 1:
        anytime.reopen(talk, ends[0])
    else:
        anytime.change(book, talk, world)
    talk.misses = 0
    return True


def line_named(book: Conversation, talk: Talk, what: str, v: Vocabulary, world: World) -> str | None:
    """The question that goes by this name: answered, or one that is asked on demand."""
    named = [key for key, pattern in v.lines.items() if pattern.match(plain(what))]
    answered = (key for key in named if key in talk.draft and book.applies(key, talk.draft, world.menu))
    return next(answered, next((key for key in named if book.on_demand(key, talk.draft, world.menu)), None))


def _understand(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """Fill in whatever the words say, in the talk's own language or another; what is left over is shown back."""
    parts, asked, heard, beside = [words], talk.state, set[str](), list[str]()
    for vocabulary in spoken_here:
        reading = read(book, talk, ", ".join(parts), world, vocabulary, asked)
        if not reading.found or heard & set(reading.found):
            continue  # what one language has understood no other unsays
        fill(book, talk, reading.found, world, words=True)
        if reading.likely & set(talk.draft):
            talk.understood.append("unasked")
        for block, facts in reading.remarks:
            talk.remark(block, **facts)
        parts, asked, heard = unread(reading.words), "", heard | set(reading.found)
        beside += crumbs(reading.words, spoken_here)
        if not leftover(parts, spoken_here):
            break  # nothing is left for another language to read
    if heard:
        _left(talk, beside + parts, spoken_here)
    return bool(heard)


def _left(talk: Talk, parts: list[str], spoken_here: list[Vocabulary]) -> None:
    """Nothing a guest says is dropped without a word."""
    words = leftover(parts, spoken_here)
    if words and asks(words, spoken_here):
        talk.aside = talk.aside or "for_team"
    elif words:
        talk.remark("leftover", words=_line(words), noted="notes" in talk.draft)


def _is_another(book: Conversation, talk: Talk, words: str, world: World, spoken_here: list[Vocabulary]) -> bool:
    """Whether words at a free-text question are plainly the answer to another one: all of them a day, a party, a route."""
    readings = (read(book, talk, words, world, v, talk.state) for v in spoken_here)
    perhaps_a_name = talk.state == "name" and words.istitle()  # some people are called Flores
    own = {talk.state, "extras"} if perhaps_a_name else {talk.state}
    return any(PLAIN & set(each.found) - own and is_understood(each.words, spoken_here) for each in readings)


# --- pins and contact cards ---


def _pin(book: Conversation, talk: Talk, pin: tuple[float, float], world: World) -> None:
    """A place on the map: the known place there, or the point itself in the zone of the nearest one."""
    talk.misses = 0
    end = next((key for key in (*ENDS, "stops") if key in (talk.state, talk.reopened)), None)
    end = end or next((key for key in ENDS if key not in talk.draft and talk.state != book.then), None)
    found = nearest(world.menu, pin)
    plain_ride = world.menu.ride()
    ride = talk.draft.get("service") or (plain_ride.key if plain_ride else None)
    if not end or not book.applies(end, talk.draft | {"service": ride}, world.menu):
        return talk.remark("pin_unasked")
    if not found or found[1] > FAR_KM:
        return talk.remark("pin_far")
    place, distance = found
    here = f"{pin[0]:.5f}, {pin[1]:.5f}"
    point = {"place": place.key} if distance <= NEAR_KM else {"typed": here, "zone": place.zone}
    told = [*(talk.draft.get("stops") or []), point] if end == "stops" else point
    fill(book, talk, {"service": ride, end: told}, world)
    talk.understood.append(end)
    return None


def _contact(book: Conversation, talk: Talk, heard: Heard, contact: tuple[str, str], world: World) -> None:
    """A card with a number. Somebody else's may be meant, or a slip of the thumb: whom we shall call is asked."""
    talk.misses = 0
    number = e164(contact[1], world.menu.country)
    wanted = talk.state == "phone" or "phone" not in talk.draft
    if wanted and number and heard.of_another:
        yes = Option("phone", number, "@phone_of_another_yes")
        in_doubt(talk, "phone", Doubt("phone_of_another", {"name": contact[0][:60], "phone": number}, (yes,)))
    elif wanted and number:
        fill(book, talk, {"phone": number}, world)
        talk.understood.append("phone")
    else:
        talk.remark("bad_phone" if wanted else "contact_unasked")
