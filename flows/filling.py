"""Words to answers, and answers into the draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flows.conversation import Conversation
from flows.facts import back_of, comes_back, so_far
from flows.menu import World
from flows.talk import Talk
from flows.understand.calendar import SMALL_HOURS
from flows.understand.choices import a_tour
from flows.understand.ear import Doubt, Ear
from flows.understand.languages import ALL
from flows.understand.text import Words
from flows.understand.times import narrowed, set_aside_what_is_over, which_time
from flows.understand.trip import BACK, back_told, of_the_way_back, way_back
from flows.understand.vocabulary import Vocabulary
from flows.when import as_instant, local


def ear_for(talk: Talk, words: str, world: World, vocabulary: Vocabulary, asked: str) -> Ear:
    """A message on its way to being understood as an answer to the question `asked`."""
    memory = talk.doubts.get(asked, {}).get("memory", {})
    shown = tuple(option["value"] for option in talk.shown if option["question"] == asked)
    return Ear(Words(words), asked, talk.draft, world, vocabulary, memory, shown)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message told, by question; what is to be said about it; and its words with all that crossed out."""

    found: dict[str, Any]
    remarks: list[tuple[str, dict[str, Any]]]
    words: Words
    back: str | None = None
    """The day until which, or on which they come back, as "2026-11-22"."""
    likely: frozenset[str] = frozenset()
    """The answers whose words were not quite plain: they are taken, and said back whatever was asked."""


def read(book: Conversation, talk: Talk, words: str, world: World, vocabulary: Vocabulary, asked: str) -> Reading:
    """What each question finds in the words. The last row reads first: the later it is asked, the plainer its answer's look."""
    ear = ear_for(talk, words, world, vocabulary, asked)
    ear.found["_correcting"] = bool(ear.words.take(vocabulary.correction))
    ear.words.take(vocabulary.negated)
    set_aside_what_is_over(ear)
    back = way_back(ear)
    if a_tour(ear):
        ear.found["_tour"] = True
    declined: dict[str, Any] = {
        key: {} if key == "extras" else None for key, p in vocabulary.declined.items() if ear.words.take(p)
    }
    for key in reversed(book.keys):
        if (value := book.rows(key)[0].understand(ear)) is not None:
            ear.found[key] = value
    found = declined | {key: value for key, value in ear.found.items() if not key.startswith("_")}
    found |= back_told(ear, back, found)
    if "occasion" in found:
        for occasion in vocabulary.occasions.values():
            ear.words.take(occasion)
    if _only_asks(words):
        found.pop("extras", None)  # whoever asks what a child seat costs has not ordered it
    remarks: list[tuple[str, dict[str, Any]]] = ear.found.get("_remarks", [])
    return Reading(found, remarks, ear.words, ear.found.get("_back"), frozenset(ear.found.get("_likely", ())))


def _only_asks(words: str) -> bool:
    """ "How much is a child seat?", not "can we have one?"."""
    folded = Words(words).folded
    asking = [found for v in ALL.values() if "?" in words and (found := v.asking.search(folded))]
    return any(found["fact"] for found in asking) or any(v.price_asked.search(folded) for v in ALL.values())


def fill(book: Conversation, talk: Talk, found: dict[str, Any], world: World, words: bool = False) -> None:
    """Keep the answers, in the order of the table; what is in doubt is asked in its own words when its turn comes."""
    missed, said = False, talk.doubts.get(talk.state)
    found = _still_to_be_there(talk, found) | _still_two(talk, found, world) | _both_ways(talk, found) | found
    for key in book.keys:
        if key not in found:
            continue
        if not _belongs(book, key, talk, found, world):
            _left_out(talk, key, found[key], world)
            continue
        value = _narrowed(key, found[key], talk.draft, world)
        if isinstance(found[key], Doubt) and not isinstance(value, Doubt):
            talk.understood.append("unasked")  # one of two readings was taken: it is said back
        if isinstance(value, Doubt) and key == "date" and not _asked_here(book, key, talk, world):
            value = _likeliest(value, world)
        if isinstance(value, Doubt):
            missed = missed or value.missed
            _doubt(talk, key, value, _asked_here(book, key, talk, world))
        elif key == "vehicle" and set(found) == {key} and _is_taken(talk, value):
            _say_why_not(talk, value, world)
        else:
            _keep(talk, key, value, words, world)
            _past(talk, said)
    talk.misses = talk.misses + 1 if missed else 0
    _say_which_night(talk, found, world)


def _say_why_not(talk: Talk, vehicle: str, world: World) -> None:
    """A vehicle that was not offered: it takes no wheelchair, or it is taken then."""
    tier = world.menu.vehicle(vehicle)
    if tier and not tier.takes_chair(talk.draft.get("wheelchair")):
        talk.remark("vehicle_no_chair", vehicle=dict(tier.name), folding=tier.wheelchair == "folding")
    else:
        talk.remark("vehicle_taken", vehicle=dict(tier.name) if tier else vehicle)


def _say_which_night(talk: Talk, found: Mapping[str, Any], world: World) -> None:
    """An hour after midnight is said back with the two days it lies between."""
    for day, time in (("date", "time"), ("return_date", "return_time")):
        told = talk.draft.get(time) if {day, time} & set(found) and day in talk.draft else None
        if told and told < f"{SMALL_HOURS // 60:02}:00":
            starts = local(talk.draft[day], told, world.menu.zone)
            talk.remark("after_midnight", starts=as_instant(starts), before=as_instant(starts - timedelta(days=1)))


def _left_out(talk: Talk, key: str, value: Any, world: World) -> None:
    if key in BACK:
        one_way = value == "one_way" or comes_back(talk.draft, world.menu)  # a package may bring them back anyhow
        if not one_way and not any(remark["block"] == "way_back" for remark in talk.remarks):
            talk.remark("way_back")
    elif value and key not in ("time", "dropoff", "hours"):  # a tour's departures and way are on its own cards
        talk.remark("not_for_this", line=key)


def _narrowed(key: str, value: Any, draft: Mapping[str, Any], world: World) -> Any:
    if key == "return_time":
        return of_the_way_back(narrowed(value, back_of(draft), world))
    return narrowed(value, draft, world) if key == "time" else value


def _both_ways(talk: Talk, found: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever names the day of the way back wants to be brought back."""
    return {"trip": "return"} if set(BACK) & set(found) and talk.draft.get("trip") != "return" else {}


def _still_to_be_there(talk: Talk, found: dict[str, Any]) -> dict[str, Any]:
    """A time to be somewhere by, told before the route: with the route it becomes a pick-up."""
    memory = talk.doubts.get("time", {}).get("memory", {})
    ends = "pickup" in found or "dropoff" in found
    return {"time": Doubt("there_by", memory=memory)} if ends and "by" in memory else {}


def _still_two(talk: Talk, found: dict[str, Any], world: World) -> dict[str, Any]:
    """A time of two readings, told before its day: with the day one of them may lie behind us."""
    times = talk.doubts.get("time", {}).get("memory", {}).get("times")
    return {"time": which_time(times, world.menu.zone)} if times and "date" in found else {}


def _asked_here(book: Conversation, key: str, talk: Talk, world: World) -> bool:
    return any(row.only_if(talk.draft, world.menu) for row in book.rows(key))


def _likeliest(value: Doubt, world: World) -> str | Doubt:
    """ "Next Friday" for a tour: its departures carry their day, so the nearest day ahead may be shown."""
    days = [option.value for option in value.options if option.value > world.now.date().isoformat()]
    return days[0] if days else value


def _is_taken(talk: Talk, vehicle: str) -> bool:
    """The open card offers every vehicle that is free: one that is not on it is taken, or too small."""
    shown = [option["value"] for option in talk.shown if option["question"] == "vehicle"]
    return talk.state == "vehicle" and bool(shown) and vehicle not in shown


def _belongs(book: Conversation, key: str, talk: Talk, found: dict[str, Any], world: World) -> bool:
    return (
        key == "service" or book.applies(key, talk.draft, world.menu) or (key == "date" and "service" not in talk.draft)
    )


def _doubt(talk: Talk, key: str, value: Doubt, asked_here: bool) -> None:
    if not asked_here:
        return talk.remark(value.block, **value.facts)  # "30 February" before we know for what
    if "part" in value.memory:  # asked when its turn comes
        talk.doubts[key] = value.as_json()
    elif "by" not in value.memory or {"pickup", "dropoff"} <= set(talk.draft):  # the way there is asked first
        in_doubt(talk, key, value)
    else:
        talk.doubts[key] = value.as_json()
    if key in talk.draft:
        talk.reopened = key
    return None


def _keep(talk: Talk, key: str, value: Any, words: bool, world: World) -> None:
    if words and talk.state != key:
        talk.understood.append("unasked")
    if key == "pickup" and talk.draft.get("pickup") not in (None, value):
        talk.draft.pop("room", None)
    before = (talk.draft.get(key) or {}) if key == "extras" else {}
    talk.answer(key, value)
    if key == "extras":
        talk.choosing = talk.state == "extras"
    recounted = key == "extras" and say_recounted(talk, before, world)
    if words and not recounted:
        talk.understood.append(key)


def say_recounted(talk: Talk, before: Mapping[str, int], world: World) -> bool:
    """Say of which extras there are more or fewer than `before`; whether there were any."""
    now = talk.draft["extras"]
    changed = [extra for extra in map(world.menu.extra, before) if extra and now.get(extra.key) != before[extra.key]]
    for extra in changed:
        talk.remark("extra_now", name=dict(extra.name), quantity=now.get(extra.key, 0))
    return bool(changed)


def stands(talk: Talk, key: str, world: World) -> None:
    """Say how this answer stands now."""
    talk.remark("stands", **so_far(talk.draft, world), line=key)


def _past(talk: Talk, said: dict[str, Any] | None) -> None:
    """Something else was told: what was only `said` about the last answer to the open question is not said again."""
    if said and talk.doubts.get(talk.state) is said and not said["memory"] and not said["say"].get("options"):
        del talk.doubts[talk.state]
        talk.urgent = None if talk.urgent == talk.state else talk.urgent


def in_doubt(talk: Talk, key: str, what: Doubt) -> None:
    """Ask this question in these words; while another doubt is asked, what it has to say is said beside that."""
    talk.doubts[key] = what.as_json()
    talk.urgent = talk.urgent or key
    if talk.urgent != key and not what.memory and not any(option.question == key for option in what.options):
        talk.remark(what.block, **what.facts)
