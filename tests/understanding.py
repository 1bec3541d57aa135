"""How well guests' words are understood, measured on public dialogues that are not part of the project: `make understanding`."""

import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from flows.book import BOOKING, hear, say
from flows.filling import read
from flows.menu import Extra, Menu, Vehicle, World
from flows.speech import Heard, Tap
from flows.talk import Talk
from flows.understand.ear import Doubt
from flows.understand.grammar import read as read_all
from flows.understand.languages import ALL
from flows.understand.text import fold, plain
from flows.understand.times import too_soon
from tests.flows.people import NOW, Guest

ZONE = "UTC"
SLOTS = {
    "multiwoz2.1": ("pickup", "dropoff", "arrive_by", "time"),
    "hwu64": ("place",),
    "slurp": ("place",),
}
ASKED = {
    "dropoff": r"destination|where to\b|where (?:are|will|would|do|should) [^?]*"
    r"(?:going|go|to|headed|heading|travel\w*|arriv\w*|drop\w*)\b|drop(?:ped)? ?off|going to\?|ride need to go"
    r"|which (?:place|location|city)[^?]*(?:to|go|going)\b",
    "pickup": r"depart(?:ing|ure)? (?:from|city|location|station|site|place)|(?:leav|com|start|travel)\w* from"
    r"|picked? (?:you )?up(?: from| at)?\?|pick ?-?up (?:point|place|location)|from where|where [^?]*\bfrom\b|from which"
    r"|where [^?]*(?:depart|leave|pick)|which (?:city|place|location)[^?]*(?:from|in|need|want|rent|pick|depart)"
    r"|what city|in which (?:city|place)|where [^?]*(?:need|get|want) (?:it|the car|a car)",
    "time": r"what time|which time|\btime\b|what hour"
    r"|when (?:would|do|will) you (?:like|want|need)? ?(?:to )?(?:leave|depart|arrive|be picked)",
    "party": r"how many|number of|seats?\b|passengers|tickets|people",
    "date": r"what day|which day|what date|\bdate\b|\bday\b|when\b",
}
TIERS = {
    "RideSharing_2": ("Pool", "Luxury", "Regular"),
    "RentalCars_1": ("Compact", "Standard", "Full-size"),
    "RentalCars_2": ("Compact", "Standard", "Full-size"),
    "RentalCars_3": ("Hatchback", "Sedan", "SUV"),
}
"""The tiers each of the measured services sells, by the public description of that service."""
SHARED = Extra(
    "shared",
    {"en": "shared ride"},
    {"minor": 0, "currency": "USD"},
    "piece",
    1,
    aliases=("share a ride", "sharing a ride", "sharing the ride", "ride share", "shared", "sharing"),
)
STOP = re.compile(r"\b(?:station|airport|terminal|center|centre)\b")
BACK = re.compile(r"\b(?:return\w*|until|till|how long|drop it|drop the car|bring|give it back|how many days|up to)\b")
HOLIDAY = re.compile(
    r"d[ií]a (?:internacional )?del? (?:los |la |san )?[a-zñ]{5,}|semana santa|viernes negro|navidad|a[ñn]o nuevo"
)
ALSO = {"Regular": ("normal",), "Standard": ("medium-sized", "medium", "mid-size"), "Full-size": ("large", "full size")}


@dataclass(frozen=True)
class Understood:
    """The slots of a case, those of them that would be asked about before they are booked, and the processor time in µs."""

    slots: dict[str, str]
    asked: frozenset[str]
    cost: float


def understood(case: Mapping[str, Any]) -> Understood:
    """What the bot makes of the words, with the moment of the case and a catalogue that knows no place."""
    now = _now(case)
    world = World(now, _menu(case))
    question = _asked(case)
    began = time.process_time_ns()
    found = _found(case, world, question)
    if not found and case["task"] == "value_normalisation":
        found = _found(case, world, "date")
    cost = (time.process_time_ns() - began) / 1000
    slots: dict[str, str] = {}
    asked: set[str] = set()
    for key, value in sorted(found.items()):
        if isinstance(value, Doubt) and value.block == "time_of_day" and "at" not in value.memory:
            continue  # no time was told yet
        _slot(case, key, value, now, slots, asked)
    if question == "arrive_by" and "time" in slots and "arrive_by" not in slots and not _leaves(case):
        slots["arrive_by"] = slots.pop("time")
        asked = {"arrive_by" if key == "time" else key for key in asked}
    asked |= {"date", "time"} if _is_too_soon(slots, world) else set()
    asked |= {"datetime"} if asked & {"date", "time"} else set()
    asked |= {"pickup_city"} if "pickup" in asked else set()
    return Understood(_of_task(case, slots), frozenset(asked), cost)


def _is_too_soon(slots: Mapping[str, str], world: World) -> bool:
    """ "Right now", and what is over: the talk says so and offers the first time that is free."""
    both = "date" in slots and "time" in slots
    return both and too_soon(slots["date"], slots["time"], world)


def predict(case: Mapping[str, Any]) -> dict[str, str]:
    """The slots alone; of a doubt the reading that is offered first."""
    return understood(case).slots


def _now(case: Mapping[str, Any]) -> datetime:
    told = case.get("reference_datetime") or case.get("reference_date") or "2019-01-05"
    return datetime.fromisoformat(str(told)[:19]).replace(tzinfo=ZoneInfo(ZONE))


def _menu(case: Mapping[str, Any]) -> Menu:
    service = str(case["source"]).split("/")[-1]
    tiers = tuple(Vehicle(name, {"en": name}, 4, 4, ALSO.get(name, ())) for name in TIERS.get(service, ()))
    extras = (SHARED,) if service == "RideSharing_1" else ()
    return Menu("Measure", ZONE, ("en", "es"), (), (), (), tiers, extras)


def _asked(case: Mapping[str, Any]) -> str:
    """The question the words answer, told by the last sentence that asks for something."""
    question = str(case.get("question") or "").lower()
    if case["task"] == "value_normalisation":
        return "time"
    if re.search(r"(?:what|which) time[^?]*\bpicked up\?\s*\Z", question):
        return "time"
    if re.search(r"arriv\w*(?: there| in [a-z]+)?(?: by|\?)|arrival time|be there by", question) and not re.search(
        "leav|depart", question
    ):
        return "arrive_by"
    found = [key for key, pattern in ASKED.items() if re.search(pattern, question)]
    return found[0] if found else ""


def _leaves(case: Mapping[str, Any]) -> bool:
    return bool(re.search(r"\b(?:leav|depart|pick)", case["utterance"].lower()))


def _found(case: Mapping[str, Any], world: World, question: str) -> dict[str, Any]:
    asked = "time" if question == "arrive_by" else question
    talk = Talk(state=asked or "service", language=case["lang"])
    reading = read(BOOKING, talk, case["utterance"], world, ALL[case["lang"]], asked)
    return reading.found | ({"return_date": reading.back} if reading.back else {})


def _slot(case: Mapping[str, Any], key: str, value: Any, now: datetime, slots: dict[str, str], asked: set[str]) -> None:
    name = {"party": "passengers", "vehicle": "ride_type"}.get(key, key)
    if isinstance(value, Doubt):
        asked |= {"arrive_by" if "by" in value.memory and key == "time" else name} | (
            {"place"} if key in ("pickup", "dropoff") else set()
        )
    if key in ("pickup", "dropoff"):
        typed = value.memory.get("typed") if isinstance(value, Doubt) else (value or {}).get("typed")
        slots[key] = str(typed or "")
    elif key == "time" and isinstance(value, Doubt) and "by" in value.memory:
        slots["arrive_by"] = value.memory["by"]
    elif key == "party":
        party = (value.memory.get("party") or {}) if isinstance(value, Doubt) else value or {}
        count = party.get("adults", 0) + len(party.get("children", ())) + party.get("infants", 0)
        slots[name] = str(count or "")
    elif key == "extras" and "shared" in value:
        slots["shared_ride"] = "True"
    elif key in ("date", "time", "vehicle", "return_date"):
        slots[name] = _likeliest(value, now, "date" in slots) if isinstance(value, Doubt) else str(value or "")


def _likeliest(doubt: Doubt, now: datetime, day_known: bool) -> str:
    """Of what is offered the first; of times without a day the next one ahead."""
    if doubt.block in ("which_midnight", "time_of_day"):
        return str(doubt.memory["at"])
    if doubt.options:
        offered = [str(option.value) for option in doubt.options]
        ahead = [each for each in sorted(offered) if each >= f"{now:%H:%M}"]
        return ahead[0] if doubt.block == "which_time" and not day_known and now.hour and ahead else offered[0]
    return str(doubt.facts["date"]["utc"])[:10] if "date" in doubt.facts else ""


def _of_task(case: Mapping[str, Any], slots: dict[str, str]) -> dict[str, str]:
    """In the shapes that the source's annotation has."""
    source = str(case["source"]).split("/")[0]
    if case["task"] == "value_normalisation":
        return _value(case, slots)
    if source == "multiwoz2.1":
        return _multiwoz(case, slots)
    if source == "sgd":
        return _sgd(case, slots)
    place = slots.get("dropoff") or slots.get("pickup") or ""
    return {"place": place} if place else {}


def _multiwoz(case: Mapping[str, Any], slots: dict[str, str]) -> dict[str, str]:
    told = {key: value for key, value in slots.items() if key in SLOTS["multiwoz2.1"]}
    if case["source"].endswith("train"):
        if day := slots.get("date"):
            told["date"] = f"{date.fromisoformat(day):%A}".lower()
        told["passengers"] = slots.get("passengers", "")
    return told


def _sgd(case: Mapping[str, Any], slots: dict[str, str]) -> dict[str, str]:
    told = {key: value for key, value in slots.items() if key != "arrive_by"}
    if "arrive_by" in slots:
        told["time"] = slots["arrive_by"]
    question = str(case["question"]).lower()
    if "Rental" in case["source"]:
        if (
            "date" in told
            and "return_date" not in told
            and BACK.search(question)
            and not re.search(r"pick|start|which day|from", question)
        ):
            told["return_date"] = told.pop("date")
        if "pickup" in told and not STOP.search(told["pickup"].lower()):
            told["pickup_city"] = told.pop("pickup")
    elif (
        re.search(r"\bshar[^.?!]*[.?!]?\s*\Z", question)
        and "RideSharing_1" in case["source"]
        and _agrees(case["utterance"])
    ):
        told["shared_ride"] = "True"
    return told


def _agrees(words: str) -> bool:
    """A yes, at the head of the words or all of them."""
    v = ALL["en"]
    first = re.split(r"[,.;!]| and | but ", words, maxsplit=1)[0]
    return any(v.yes.match(plain(part)) for part in (words, first))


def _value(case: Mapping[str, Any], slots: dict[str, str]) -> dict[str, str]:
    """A day, a moment or a time of day, whichever the words told."""
    if "Number" in case["source"]:
        number = _number(case)
        return {"number": str(number)} if number is not None else {}
    day, clock = slots.get("date") or slots.get("return_date"), slots.get("time") or slots.get("arrive_by")
    if day and not clock:
        return {"date": day}
    if clock and not day and _is_recognizers(case):  # the other source means the next such time
        return {"time": f"{clock}:00"}
    return {"datetime": _ahead(case, day, clock)} if clock else {}


def _ahead(case: Mapping[str, Any], day: str | None, clock: str) -> str:
    """A time without a day is the next one ahead, as the source has it."""
    now = _now(case)
    told = day or f"{now.date() + timedelta(days=clock < f'{now:%H:%M}'):%Y-%m-%d}"
    return f"{told} {clock}" + (":00" if _is_recognizers(case) else "")


def _is_recognizers(case: Mapping[str, Any]) -> bool:
    """Whether the case has that source's shapes: seconds, and a time of day as just that."""
    return str(case["source"]).startswith("recognizers-text")


def _number(case: Mapping[str, Any]) -> int | None:
    chart = read_all(ALL[case["lang"]].grammar, fold(case["utterance"]), _now(case))
    found = sorted(chart.all_of("NUM"), key=lambda one: one.start - one.end)
    return int(found[0].value) if found else None


# --- the lines of our own ---


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def main(folder: str) -> None:
    """Print the scorer's lines for both tiers, then ours."""
    scorer = _scorer(Path(folder))
    cases = scorer.load()
    for tier in ("clean", "noisy"):
        _say(f"-- {tier}")
        scorer.score([case for case in cases if case["tier"] == tier], predict)
    results = [(case, understood(case)) for case in cases]
    _print_spanish(results, scorer)
    wrong: Counter[str] = Counter()
    for case, told in results:
        for slot in set(told.slots) - told.asked:
            if told.slots[slot] and not _is_right(case, slot, told, scorer):
                wrong[slot] += 1
    share = sum(wrong.values()) / len(cases)
    _say(f"wrong values taken without asking, to the minute: {share:.1%} of {len(cases)} cases", dict(wrong))
    words, taps = turns()
    for name, kind in (("words", words), ("a tap", taps)):
        _say(
            f"processor time of a turn, {name}: median {statistics.median(kind):.0f} µs, p99 {kind[len(kind) * 99 // 100]:.0f} µs"
        )
    costs = sorted(told.cost for _, told in results)
    _say(
        f"processor time a message: median {statistics.median(costs):.0f} µs, p99 {costs[len(costs) * 99 // 100]:.0f} µs"
    )


TURNS = {
    "en": (
        "airport to Bávaro tomorrow at 3pm, one way, my wife, me and two kids of 3 and 7, AA1045, 4 bags",
        "no, five people", "make it Saturday at half past two", "an SUV with a child seat please", "sorry, I meant Palma Real",
    ),
    "es": (
        "del aeropuerto a Bávaro mañana a las 3 de la tarde, solo ida, mi esposa, yo y dos niños de 3 y 7, vuelo AA1045, 4 maletas",
        "no, somos cinco", "mejor el sábado a las dos y media", "una jeepeta con silla infantil por favor", "perdón, quise decir Palma Real",
    ),
}  # fmt: skip


def turns(rounds: int = 20) -> tuple[list[float], list[float]]:
    """Processor time of whole turns, hear and say, in µs: of words, and of a tap."""
    words, taps = list[float](), list[float]()
    for n in range(rounds):
        for language, messages in TURNS.items():
            guest = Guest("Ana Reyes", language=language)
            for text in messages:
                words.append(_turn(guest, Heard("whatsapp", f"{n}", guest.sender, NOW, words=text)))
            tapped = Tap("luggage", "3", guest.talk.turn)
            taps.append(_turn(guest, Heard("whatsapp", f"{n}", guest.sender, NOW, kind="tap", tap=tapped)))
    return sorted(words), sorted(taps)


def _turn(guest: Guest, heard: Heard, repeats: int = 10) -> float:
    """The same turn several times over, since reading the processor's clock may cost as much as one."""
    before, talk = guest.talk, hear(guest.talk, heard, guest.world)
    offer = guest.offer(talk)
    guest.talk = say(talk, offer).talk
    began = time.process_time_ns()
    for _ in range(repeats):
        say(hear(before, heard, guest.world), offer)
    return (time.process_time_ns() - began) / 1000 / repeats


def _print_spanish(results: list[tuple[dict[str, Any], Understood]], scorer: ModuleType) -> None:
    """Spanish values that lie ahead of their moment, and apart from them those that are over."""
    kinds: dict[str, list[bool]] = {"present or future": [], "past, and holidays by name": []}
    for case, told in results:
        if case["task"] == "value_normalisation" and case["lang"] == "es":
            slot, gold = next(iter(case["gold"].items()))
            over = slot in ("date", "datetime") and gold < f"{_now(case):%Y-%m-%d %H:%M}"[: len(gold)]
            apart = over or HOLIDAY.search(case["utterance"].lower())
            kinds["past, and holidays by name" if apart else "present or future"].append(
                _is_right(case, slot, told, scorer)
            )
    for kind, hits in kinds.items():
        _say(
            f"Spanish days, times, numbers to the minute, {kind}: {sum(hits) / max(len(hits), 1):.3f} of {len(hits)} right"
        )


def _is_right(case: Mapping[str, Any], slot: str, told: Understood, scorer: ModuleType) -> bool:
    """Bookings go by the minute: seconds are left aside."""
    if slot not in case["gold"] or slot not in told.slots:
        return False
    rough = re.sub(r"(\d\d:\d\d):\d\d\Z", r"\1:00", str(case["gold"][slot]))
    return any(
        scorer.right({**case, "gold": {slot: gold}}, slot, told.slots[slot]) for gold in (case["gold"][slot], rough)
    )


def _scorer(folder: Path) -> ModuleType:
    spec = spec_from_file_location("score", folder / "score.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def misses(folder: str, *kinds: str) -> None:
    """Print the cases that are not wholly right; the kinds are parts of a source's name or a language."""
    scorer = _scorer(Path(folder))
    for case in scorer.load():
        named = f"{case['source']} {case['lang']} {case['tier']}"
        told = understood(case)
        slots = {slot: value for slot, value in told.slots.items() if value}
        right = {slot for slot in case["gold"] if slot in slots and scorer.right(case, slot, slots[slot])}
        if all(kind in named for kind in kinds) and not len(right) == len(case["gold"]) == len(slots):
            _say(json.dumps([_asked(case), case["utterance"], case["gold"], slots], ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / "score.py").is_file():
        raise SystemExit("make understanding DATA=<folder>: a folder with cases and their score.py")
    main(sys.argv[1]) if len(sys.argv) < 3 else misses(*sys.argv[1:])
