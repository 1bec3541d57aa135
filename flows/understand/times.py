"""Times of day: "at 3pm", "15:00", "half past three", "a las 3 de la tarde"."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.facts import kind_of, stop, zone_key
from flows.menu import World
from flows.speech import Option
from flows.understand.ear import Doubt, Ear
from flows.when import as_instant, instant, local

CHECK_IN = timedelta(hours=3)  # what airlines ask of a flight abroad
SPARE = 10  # minutes on the road that no map knows of

_PARTS = {
    "half past": 30,
    "half": 30,
    "quarter past": 15,
    "quarter to": -15,
    "y media": 30,
    "y cuarto": 15,
    "menos cuarto": -15,
    "en punto": 0,
}
_FIXED = re.compile(r"\A(\d{1,2})[:.h]?(\d\d)\Z")


def a_time(ear: Ear) -> str | Doubt | None:
    """The time of day in the message as "15:00"; a doubt with both readings when "3" may be in the night or in the afternoon."""
    if time := _of_those_asked(ear):
        return time
    takeoff, there_by = (bool(p.search(ear.words.folded)) for p in (ear.vocabulary.takeoff, ear.vocabulary.there_by))
    midnight = ear.vocabulary.midnight.search(ear.words.folded)
    times = some_times(ear)
    if not times:
        return None
    if takeoff or there_by:
        by = min(times, key=lambda time: not "07:00" <= time < "19:00")
        return Doubt("there_by", memory={"by": by, "takeoff": takeoff})
    if midnight:
        return Doubt("which_midnight")
    if len(times) == 1:
        return times[0]
    likelier_first = sorted(times, key=lambda time: not "07:00" <= time < "19:00")
    options = tuple(time_option(time, ear.menu.zone) for time in likelier_first)
    return Doubt("which_time", {"times": likelier_first}, options, {"times": times})


def _of_those_asked(ear: Ear) -> str | None:
    """ "In the afternoon", after "15:00 or 03:00?"."""
    times: list[str] = ear.memory.get("times", [])
    if ear.asked != "time" or len(times) != 2 or any(map(str.isdigit, ear.words.folded)):
        return None
    half = _daypart(ear)
    return half and next((time for time in times if (time < "12:00") == (half == "a")), None)


def some_times(ear: Ear) -> list[str]:
    """Every reading of the time in the message: none, one, or two when morning and afternoon are both possible."""
    v = ear.vocabulary
    if ear.words.take(v.noon):
        return ["12:00"]
    if ear.words.take(v.midnight):
        return ["00:00"]
    if v.half_past and (found := ear.words.take(v.half_past)):
        return _readings(ear, v.number(found["hour"]), 0, found["half"], _PARTS[found["part"]])
    if found := ear.words.take(v.clock):
        return _from_clock(ear, found)
    times = _bare(ear) if ear.asked in ("time", "departure") else []
    if times:
        ear.words.cross_out_all()
    return times


def _from_clock(ear: Ear, found: re.Match[str]) -> list[str]:
    groups = found.groupdict()
    written = next(groups[key] for key in ("hour", "hour2", "hour3", "hour4") if groups.get(key))
    minute = next((groups[key] for key in ("minute", "minute2", "minute3") if groups.get(key)), None)
    half = next((groups[key] for key in ("half", "half2", "half3") if groups.get(key)), None)
    part = groups.get("part") or groups.get("part4")
    hour = ear.vocabulary.number(written)
    if minute and written.startswith("0") and not half:
        return [f"{int(written):02}:{minute}"] if int(minute) < 60 else []
    return _readings(ear, hour, int(minute or 0), half, _PARTS.get(part or "", 0))


def _bare(ear: Ear) -> list[str]:
    """A lone "3", "15", "1530" or "three" when the time was asked."""
    if "." in ear.words.folded and (dotted := re.fullmatch(r"\W*(\d{1,2})\.(\d\d)\W*", ear.words.folded)):
        return _readings(ear, int(dotted[1]), int(dotted[2]), None, 0)
    found = ear.vocabulary.about.match(_without_daypart(ear))
    if not found:
        return []
    written = found["hour"]
    if len(written) >= 3 and (split := _FIXED.match(written)):
        if written.startswith("0"):
            return [f"{int(split[1]):02}:{split[2]}"] if int(split[2]) < 60 else []
        return _readings(ear, int(split[1]), int(split[2]), None, 0)
    return _readings(ear, ear.vocabulary.number(written), 0, None, 0)


def _without_daypart(ear: Ear) -> str:
    v = ear.vocabulary
    rest = ear.words.rest
    for pattern in (v.morning, v.afternoon, v.today, v.tonight, v.tomorrow):
        rest = pattern.sub(" ", rest)
    return " ".join(rest.split())


def _readings(ear: Ear, hour: int | None, minute: int, half: str | None, shift: int) -> list[str]:
    """All times the clock face may mean, once am, pm and the part of the day are taken into account."""
    if hour is None or hour > 24 or minute > 59:
        return []
    if hour == 12 and half is None and ear.vocabulary.night.search(ear.words.folded):
        hour = 0
    half = half or _daypart(ear)
    hours = [hour % 24] if hour > 12 or hour == 0 else _halves(hour, half)
    return [f"{(total // 60) % 24:02}:{total % 60:02}" for total in (h * 60 + minute + shift for h in hours)]


def _halves(hour: int, half: str | None) -> list[int]:
    early, late = hour % 12, hour % 12 + 12
    return {"a": [early], "p": [late], None: [early, late]}[half]


def _daypart(ear: Ear) -> str | None:
    if ear.words.take(ear.vocabulary.morning):
        return "a"
    if ear.vocabulary.tonight.search(ear.words.folded) or ear.words.take(ear.vocabulary.afternoon):
        return "p"
    return None


def narrowed(time: str | Doubt, draft: Mapping[str, Any], world: World) -> str | Doubt:
    """The time once day and route are known: the one reading that can still be booked, the pick-up for a flight, the midnight meant."""
    day = draft.get("date")
    if isinstance(time, Doubt) and time.block == "there_by":
        return _pickup_for(time, draft, world)
    if isinstance(time, Doubt) and time.block == "which_midnight":
        return _midnight_of(day, world) if day else "00:00"
    if not isinstance(time, Doubt) or time.block != "which_time" or not day:
        return time
    possible = [option.value for option in time.options if not too_soon(day, option.value, world)]
    return possible[0] if len(possible) == 1 else time


def _midnight_of(day: str, world: World) -> Doubt:
    """ "Saturday at midnight" may be the night before or the night after."""
    zone = world.menu.zone
    start = local(day, "00:00", zone)
    options = tuple(_moment_option(moment) for moment in (start, start + timedelta(days=1)))
    return Doubt("which_midnight", {"date": instant(day, "12:00", zone)}, options)


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


def time_option(time: str, zone: str) -> Option:
    """A time to tap, drawn as the clock shows it."""
    return Option("time", time, "@time_option", facts={"time": instant("2026-01-15", time, zone)})
