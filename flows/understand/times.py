"""Times of day: "at 3pm", "15:00", "half past three", "a las 3 de la tarde"."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from flows.facts import kind_of, stop, zone_key
from flows.menu import World
from flows.speech import Option
from flows.understand.calendar import Clock, clock, in_half
from flows.understand.charts import chart, first, readings, take, whole
from flows.understand.ear import Doubt, Ear
from flows.understand.grammar import Meaning
from flows.understand.text import fold, plain
from flows.when import as_instant, first_bookable, instant, local

CHECK_IN = timedelta(hours=3)  # what airlines ask of a flight abroad
SPARE = 10  # minutes on the road that no map knows of
LATEST = "22:30"  # of a time from which on any will do
LAST = "23:59"  # what the end of a day is by the clock
MORNING = "06:00"  # until then it is night
HOURS_OF = {
    "a": ("06:00", "07:00", "08:00", "09:00", "10:00", "11:00"),
    "p": ("12:00", "14:00", "16:00", "17:00", "18:00", "19:00", "20:00"),
    "n": ("18:00", "19:00", "20:00", "21:00", "22:00", "23:00"),
}
"""What is offered to tap of a part of the day."""


def a_time(ear: Ear) -> str | Doubt | None:
    """The time of day in the message as "15:00"; a doubt with both readings when "3" may be in the night or in the afternoon."""
    if of_those := _of_those_asked(ear):
        return of_those
    if between := first(ear, "RANGE"):
        return which_time(
            list(dict.fromkeys(each for one in take(ear, between) for each in _readings(one))), ear.menu.zone
        )
    if elsewhere := first(ear, "ELSEWHERE"):
        return _by_our_clock(take(ear, elsewhere), ear.menu.zone)
    takeoff = bool(ear.vocabulary.takeoff.search(ear.words.folded))
    time = _some_time(ear)
    if not time:
        return _some_part(ear)
    if time.open and (half := ear.memory.get("part")):  # "at 8", after "tomorrow evening"
        time = in_half(ear.world.now, time, half) or time
    times = list(dict.fromkeys(each for one in (time, *_others(ear)) for each in _readings(one)))
    if takeoff or ear.found.get("_there_by"):
        by = min(times, key=_unlikely)
        return Doubt("there_by", memory={"by": by, "takeoff": takeoff})
    if len(times) > 1:
        offered = [time for time in times if time in ear.memory.get("times", ())]
        return offered[0] if len(offered) == 1 else which_time(times, ear.menu.zone)
    if ear.found.get("_not_before") and MORNING <= times[0] < LATEST:
        return _from_then_on(ear, times[0])
    if _of_a_night(ear, times[0]):
        ear.found["_after_midnight"] = True
        return times[0]
    return Doubt("which_midnight", memory={"at": times[0]}) if time.night else times[0]


def _some_part(ear: Ear) -> Doubt | None:
    """ "Tomorrow evening": the hour is still asked, in that half of the day; told of a time that lies in it, it tells nothing."""
    if not _fits(ear.draft.get("time"), "n") and (late := first(ear, "LATE")) and _at_the_end(ear, late):
        return _evening(ear)
    part = _its_part(ear) if ear.asked not in ("time", "departure") else None
    if not part or _fits(ear.draft.get("time"), part.value):
        return None
    if not any(day.start <= part.end + 1 and part.start <= day.end + 1 for day in readings(ear, "DAY")):
        return None
    day = first(ear, "DAYWORD")
    if not (day and (day.start, day.end) == (part.start, part.end)):  # "tonight" tells the day too
        take(ear, part)
    options = tuple(time_option(hour, ear.menu.zone) for hour in HOURS_OF[part.value])
    return Doubt("time_of_day", {"part": part.value}, options, {"part": part.value})


def _from_then_on(ear: Ear, time: str) -> Doubt:
    """ "After 3 pm": that time, and those an hour on, to choose from."""
    hour, minute = int(time[:2]), int(time[3:])
    later = (hour * 60 + minute + n * 30 for n in range(3))
    options = tuple(time_option(f"{each // 60:02}:{each % 60:02}", ear.menu.zone) for each in later)
    part = "a" if time < "12:00" else "p" if time < "19:00" else "n"
    return Doubt("time_of_day", {"part": part}, options, {"part": part, "at": time})


def _fits(time: str | None, part: str) -> bool:
    """Whether a known time lies in that part of the day."""
    if not time:
        return False
    return time < "12:00" if part == "a" else time >= "12:00" if part == "p" else not MORNING <= time < "18:00"


def _at_the_end(ear: Ear, late: Meaning) -> bool:
    """ "At the end of tomorrow", which leaves the day to be read; "at the end of the day" of no day is only a turn of phrase."""
    days = [day.start for day in readings(ear, "DAY") if day.start <= late.end + 1 and late.start <= day.end + 1]
    if days or ear.asked == "time":
        within = [start for start in days if late.start < start < late.end]
        ear.words.cross_out(late.start, min(within, default=late.end))
    return bool(days) or ear.asked == "time"


def _evening(ear: Ear) -> Doubt:
    hours = (*HOURS_OF["n"], LAST)
    options = tuple(time_option(hour, ear.menu.zone) for hour in hours)
    return Doubt("time_of_day", {"part": "n"}, options, {"part": "n", "at": LAST})


def _of_a_night(ear: Ear, time: str) -> bool:
    """Whether a time after midnight is told of a night: "tonight at 1 am", "Friday night at 12:30"; not when that night has begun."""
    gone, tonight = chart(ear).all_of("GONE"), chart(ear).all_of("TONIGHT")
    nights = [one for one in chart(ear).all_of("NIGHT") if not any(_within(one, over) for over in gone)]
    coming = f"{ear.world.now:%H:%M}" >= time or not tonight
    one_day = len({day.value.days for day in readings(ear, "DAY")}) == 1
    return time < MORNING and coming and one_day and bool(nights)


def _others(ear: Ear) -> list[Clock]:
    """Further times that stand in a row with the one that was taken: "at 3pm or 4pm"."""
    start, others = int(ear.found.get("_time_end", -1)), list[Clock]()
    for one in readings(ear, "TIME") if start >= 0 else ():
        between = plain(ear.words.typed[start : one.start]).split() if one.start >= start else ["before"]
        if all(ear.vocabulary.grammar.means(word, ("OR", "AND")) for word in between):
            others.append(take(ear, one))
            start = one.end
    return others


def _by_our_clock(time: Clock, zone: str) -> Doubt:
    """ "3 pm EST": asked, since everything we book goes by the clock of the place."""
    times = _readings(time)
    return Doubt("by_our_clock", {"times": times}, tuple(time_option(each, zone) for each in times))


def which_time(times: Sequence[str], zone: str) -> Doubt:
    """Both readings to choose from, the likelier first."""
    likelier_first = sorted(times, key=_unlikely)
    options = tuple(time_option(time, zone) for time in likelier_first)
    return Doubt("which_time", {"times": likelier_first}, options, {"times": list(times)})


def _unlikely(time: str) -> bool:
    return not "07:00" <= time < "19:00"


def _of_those_asked(ear: Ear) -> str | None:
    """ "In the afternoon", after "15:00 or 03:00?"."""
    times: list[str] = ear.memory.get("times", [])
    part = first(ear, "PART")
    if ear.asked != "time" or len(times) != 2 or any(map(str.isdigit, ear.words.folded)) or not part:
        return None
    half = take(ear, part)
    return next((time for time in times if (time < "12:00") == (half == "a")), None)


def some_times(ear: Ear) -> list[str]:
    """Every reading of the time in the message: none, one, or two when morning and afternoon are both possible."""
    time = _some_time(ear)
    return _readings(time) if time else []


def _readings(time: Clock) -> list[str]:
    both = (time.minutes, time.minutes + 720) if time.open else (time.minutes,)
    return [f"{minutes // 60 % 24:02}:{minutes % 60:02}" for minutes in both]


def _some_time(ear: Ear) -> Clock | None:
    if moment := first(ear, "MOMENT") or _at_once(ear):
        ear.found["_moment"] = take(ear, moment)
        return Clock(moment.value.hour * 60 + moment.value.minute)
    found = first(ear, "TIME") or _only(ear)
    if not found:
        return None
    times = readings(ear, "TIME") if found.kind == "TIME" else []
    for before, one in pairwise(times):
        if ear.vocabulary.instead.search(ear.words.folded, before.end, one.start):  # "at 3, no, at 4"
            ear.words.cross_out(before.start, one.start)
            found = one
    ear.found["_there_by"], ear.found["_time_end"] = _there_by(ear, found), found.end
    ear.found["_not_before"] = any(
        one.start() <= found.start < one.end() for one in ear.vocabulary.not_before.finditer(ear.words.folded)
    )
    value = _take_but_today(ear, found)
    for again in [one for one in readings(ear, "TIME") if one.value == value]:
        take(ear, again)
    time = value if isinstance(value, Clock) else _figures(value)
    part = _its_part(ear) if time and time.open else None
    day = first(ear, "DAYWORD")
    if part and not (day and (day.start, day.end) == (part.start, part.end)):  # "tonight" tells the day too
        take(ear, part)
    return in_half(ear.world.now, time, part.value) if part and time else time


def _its_part(ear: Ear) -> Meaning | None:
    """The part of the day that is named; "tonight" and "this morning" are none of another day."""
    several = len({day.value.days for day in readings(ear, "DAY")}) > 1
    named = [day for day in readings(ear, "DAYWORD") if several or day.value < 0]
    parts = (one for one in readings(ear, "PART") if not any(_within(one, day) for day in named))
    return next(parts, None)


def _within(one: Meaning, other: Meaning) -> bool:
    return other.start <= one.start and one.end <= other.end


def set_aside_what_is_over(ear: Ear) -> None:
    """ "We arrived last night at 8": such a time is none to be booked, nor is any of a day that is over where one ahead is told."""
    days = readings(ear, "DAY")
    ahead = [day for day in days if any(each >= ear.world.now.date() for each in day.value.days)]
    nights = [
        day for day in readings(ear, "DAYWORD") if day.value < 0 and any(_within(p, day) for p in readings(ear, "PART"))
    ]
    for gone in readings(ear, "GONE") if ahead or nights else ():
        if not any(_overlap(gone, day) or _corrects(gone, day, ear) for day in ahead):
            ear.words.cross_out(gone.start, gone.end)
    for night in () if ahead else nights:
        ear.words.restore(night.start, night.end)


def _overlap(one: Meaning, other: Meaning) -> bool:
    return one.start < other.end and other.start < one.end


def _corrects(gone: Meaning, day: Meaning, ear: Ear) -> bool:
    """ "Tomorrow, no, yesterday" is told that yesterday is over."""
    between = ear.vocabulary.instead.search(ear.words.folded, day.end, gone.start) if day.end <= gone.start else None
    return between is not None


def _at_once(ear: Ear) -> Meaning | None:
    """ "We need a taxi now", where no other day or time is told: "book it now" tells none."""
    told = any(chart(ear).all_of(kind) for kind in ("DAY", "TIME"))
    return None if told else first(ear, "ATONCE")


def _take_but_today(ear: Ear, found: Meaning) -> Any:
    """The value; of "at ten tonight" one word tells the day too, and is left for it."""
    today = [one for one in readings(ear, "DAYWORD") if one.value == 0]
    value = take(ear, found)
    for one in today:
        if found.start <= one.start and one.end <= found.end:
            ear.words.restore(one.start, one.end)
    return value


def _there_by(ear: Ear, found: Meaning) -> bool:
    """Whether that time is when they must have arrived: "to be there by 3", not "leave by 3" nor "landing at 3"."""
    v, said = ear.vocabulary, fold(ear.words.typed)
    start = max(said.rfind(sign, 0, found.start) for sign in (". ", "? ", "! ", "; ")) + 1
    last = {
        name: max((one.start() for one in pattern.finditer(said, start, found.start)), default=-1)
        for name, pattern in (("there", v.arriving), ("off", v.setting_out))
    }
    limit = v.by.match(said, found.start) or any(
        not said[one.end() : found.start].strip() for one in v.by.finditer(said, start, found.start)
    )
    musts = [one for one in v.there_by.finditer(said, start) if one.start() < found.start and one.end() <= found.end]
    must = musts[-1] if musts and musts[-1].end() >= last["there"] else None
    there = max(last["there"], must.start() if must else -1)
    return there > last["off"] and bool(limit or must)


def _only(ear: Ear) -> Meaning | None:
    """A lone "3", "15", "1530" or "three" when the time was asked."""
    if ear.asked not in ("time", "departure"):
        return None
    besides = ("DAY", "PART")
    figures = whole(ear, "FIGURES", besides)
    if figures and len(figures.value) > 2:
        return figures if _figures(figures.value) else None
    return whole(ear, "FACE", besides)


def _figures(written: str) -> Clock | None:
    """ "1530", "0830"."""
    hour, minute = written[:-2], written[-2:]
    return clock(int(hour), int(minute), "a" if written.startswith("0") else "")


def narrowed(time: str | Doubt, draft: Mapping[str, Any], world: World) -> str | Doubt:
    """The time once day and route are known: the one reading that can still be booked, the pick-up for a flight, the midnight meant."""
    day = draft.get("date")
    if isinstance(time, Doubt) and time.block == "there_by":
        return _pickup_for(time, draft, world)
    if isinstance(time, Doubt) and time.block == "which_midnight":
        return _which_night(day, time.memory["at"], world) if day else str(time.memory["at"])
    if not isinstance(time, Doubt) or time.block != "which_time" or not day:
        return time
    times: list[str] = sorted(time.memory["times"])
    ahead = [each for each in times if not too_soon(day, each, world, 0)]
    if not ahead:
        return times[-1]
    if too_soon(day, ahead[0], world, notice_of(draft, world)):
        return ahead[0] if len(ahead) == 1 else too_soon_for_us({**draft, "time": ahead[0]}, world, ahead[1:])
    return ahead[0] if len(ahead) == 1 else time


def _which_night(day: str, at: str, world: World) -> str | Doubt:
    """ "Saturday at midnight" and "tomorrow at 1 am" may be of the night before or of the night after."""
    zone = world.menu.zone
    start = local(day, at, zone)
    nights = (("@night_before", start), ("@night_after", start + timedelta(days=1)))
    ahead = (replace(_moment_option(moment), label=label) for label, moment in nights if moment > world.now)
    facts = {"date": instant(day, "12:00", zone), "at": as_instant(start), "midnight": at == "00:00"}
    return Doubt("which_midnight", facts, tuple(ahead), {"at": at})


def _pickup_for(time: Doubt, draft: Mapping[str, Any], world: World) -> str | Doubt:
    """When to start so as to arrive by then; where the ride begins at an airport it is the landing, and no riddle."""
    menu, by, day = world.menu, time.memory["by"], draft.get("date") or "2026-01-15"
    if kind_of(draft.get("pickup"), menu) == "airport":
        return str(by)
    ends = (zone_key(draft.get("pickup"), menu), zone_key(draft.get("dropoff"), menu))
    minutes = menu.minutes.get((ends[0] or "", ends[1] or ""))
    facts = {"by": instant(day, by, menu.zone), "takeoff": time.memory["takeoff"], "minutes": minutes, "same_day": True}
    facts |= {"dropoff": stop(draft.get("dropoff"), menu), "first": None}
    if minutes is None:
        return Doubt("there_by", facts, memory=time.memory)
    ahead = timedelta(minutes=minutes + SPARE) + (CHECK_IN if time.memory["takeoff"] else timedelta())
    first = local(day, by, menu.zone) - ahead
    first -= timedelta(minutes=first.minute % 15)
    same_day = f"{first:%Y-%m-%d}" == day
    option = _moment_option(first) if not same_day and "date" in draft else time_option(f"{first:%H:%M}", menu.zone)
    return Doubt("there_by", facts | {"first": as_instant(first), "same_day": same_day}, (option,), time.memory)


def _moment_option(moment: datetime) -> Option:
    return Option("time", f"{moment:%Y-%m-%dT%H:%M}", "@moment_option", facts={"starts": as_instant(moment)})


def too_soon(day: str, time: str, world: World, notice: int | None = None) -> bool:
    """Whether that moment is over, or nearer than the notice the operator needs."""
    minutes = world.menu.notice_minutes if notice is None else notice
    return local(day, time, world.menu.zone).astimezone(UTC) - world.now < timedelta(minutes=minutes)


def notice_of(draft: Mapping[str, Any], world: World) -> int:
    """Minutes that the operator needs before the start of this service."""
    service = world.menu.service(draft.get("service"))
    return (service and service.notice_minutes) or world.menu.notice_minutes


def too_soon_for_us(draft: Mapping[str, Any], world: World, others: Sequence[str] = ()) -> Doubt:
    """ "15:00 today is too soon for us": with the first time that is free, on another day if need be, and what else may be meant."""
    notice = notice_of(draft, world)
    first = first_bookable(world.now, notice)
    same_day = first.date().isoformat() == draft["date"]
    option = time_option(f"{first:%H:%M}", world.menu.zone) if same_day else _moment_option(first)
    later = [time_option(each, world.menu.zone) for each in others if not too_soon(draft["date"], each, world, notice)]
    asked = instant(draft["date"], draft["time"], world.menu.zone)
    facts = {"asked": asked, "first": as_instant(first), "minutes": notice, "same_day": same_day}
    return Doubt("too_soon", facts | {"today": draft["date"] == world.now.date().isoformat()}, (option, *later))


@lru_cache(maxsize=512)
def time_option(time: str, zone: str) -> Option:
    """A time to tap, drawn as the clock shows it."""
    return Option("time", time, "@time_option", facts={"time": instant("2026-01-15", time, zone)})
