"""Days: "tomorrow", "next Saturday", "the 28th", "28 de noviembre", "28/11"."""

import re
from dataclasses import replace
from datetime import date, timedelta

from flows.menu import World
from flows.speech import Option
from flows.understand.calendar import Day, next_numbered, which
from flows.understand.charts import chart, mended, readings, take, whole
from flows.understand.ear import Doubt, Ear
from flows.understand.grammar import Meaning
from flows.understand.text import BLANK, plain
from flows.understand.times import MORNING
from flows.when import instant

FARTHEST = timedelta(days=730)
CLOSE = 4  # words between a day and what says more of it


def a_date(ear: Ear) -> str | Doubt | None:
    """The day named in the message, as "2026-11-22" in the operator's zone; a doubt when it does not exist, is over or is unclear."""
    if moment := ear.found.get("_moment"):
        return check_date(moment.date(), ear.world)
    back = readings(ear, "BACK")
    if back and back[0].value.days:
        ear.found["_back"] = min(back[0].value.days).isoformat()
    days = [day for day in readings(ear, "DAY") if not any(_ends_with(one, day) for one in back)]
    if len({day.value.days for day in days}) > 1:
        return _of_several(ear, days)
    found = days[0] if days else _only(ear)
    if not found or _reckoned_from_elsewhere(ear):
        return None
    if mended(ear, found):
        ear.likely("date")
    for again in days[1:]:
        take(ear, again)
    return _checked(_night_of(_with_more(_bare(ear, take(ear, found)), found, ear), ear), ear)


def _night_of(day: Day, ear: Ear) -> Day:
    """ "Tonight at 1 am" and "Friday night at 12:30" are on the day after, by the calendar."""
    known = "time" not in ear.found and ear.draft.get("time", MORNING) < MORNING and chart(ear).all_of("NIGHT")
    if not (known or ear.found.get("_after_midnight")) or not day.days:
        return day
    return replace(day, days=tuple(each + timedelta(1) for each in day.days))


def _with_more(day: Day, found: Meaning, ear: Ear) -> Day:
    """ "The first week of October on Friday": a month or week close by that we could not read with it leaves a doubt."""
    more = any(_says_more(one, found, ear) for kind in ("MONTH", "WEEK") for one in chart(ear).all_of(kind))
    if day.block or not (more or _is_one_of_many(found, ear)):
        return day
    return replace(day, block="which_date")


def _is_one_of_many(found: Meaning, ear: Ear) -> bool:
    """ "The third Friday", "the closest Monday to the 5th": an order that we could not read with the day."""
    before = (one for kind in ("ORD", "NEAREST") for one in chart(ear).all_of(kind))
    return any(one.end < found.start and not ear.words.typed[one.end : found.start].strip() for one in before)


def _says_more(one: Meaning, found: Meaning, ear: Ear) -> bool:
    said = ear.words.folded
    apart = said[one.end : found.start] if one.start < found.start else said[found.end : one.start]
    close = len(plain(apart).split()) <= CLOSE and not re.search(r"[;!?\n]", apart)
    known = any(_ends_with(span, one) for kind in ("SPAN", "BACK", "DAY") for span in chart(ear).all_of(kind))
    plainly = one.end - one.start > 3 or ear.words.typed[one.start].isupper()  # "may I" is no month
    return close and plainly and not known and BLANK not in said[one.start : one.end]


def _of_several(ear: Ear, days: list[Meaning]) -> str | Doubt:
    """ "Tomorrow, no, Sunday" is the last of them; "the 3rd of December on Friday" is asked about."""
    corrected = ear.vocabulary.instead.search(ear.words.folded, days[-2].end, days[-1].start)
    common = set.intersection(*(set(day.value.days) for day in days))
    named = tuple(each for day in days for each in take(ear, day).days)
    if len(common) == 1:  # "early next week, on Tuesday"
        return _checked(Day(tuple(common)), ear)
    if corrected:
        ear.words.cross_out(days[-2].end, days[-1].start)
        return _checked(days[-1].value, ear)
    return _checked(which(ear.world.now, *named), ear) if named else _checked(days[0].value, ear)


def _ends_with(back: Meaning, day: Meaning) -> bool:
    """Whether this is the day until which, or on which they come back."""
    return back.start < day.start and day.end <= back.end


def _only(ear: Ear) -> Meaning | None:
    """ "28", "5-12" and "the twenty-first" as the whole answer, when the day was asked for."""
    if ear.asked not in ("date", "departure"):
        return None
    if found := whole(ear, "DASHED") or whole(ear, "ALONE"):
        return found
    return whole(ear, "DOM") if ear.asked == "date" else None


def _bare(ear: Ear, value: Day | int) -> Day:
    day = value if isinstance(value, Day) else next_numbered(ear.world.now, value)
    return day or Day((), "no_such_day", str(value))


def _reckoned_from_elsewhere(ear: Ear) -> bool:
    """ "Two days before our flight": the day is asked for, not guessed."""
    days = readings(ear, "DAY")
    return any(
        not any(day.start <= one.start and one.end <= day.end for day in days) for one in chart(ear).all_of("RECKONED")
    )


def check_date(day: date, world: World) -> str | Doubt:
    """The day itself, or why nothing can be booked then."""
    today = world.now.date()
    if day < today:
        return Doubt("past_date", {"date": instant(day.isoformat(), "12:00", world.menu.zone)}, missed=False)
    if day > today + FARTHEST:
        return Doubt("far_date", {"date": instant(day.isoformat(), "12:00", world.menu.zone)})
    return day.isoformat()


def _checked(day: Day, ear: Ear) -> str | Doubt:
    options = tuple(_date_option(each, ear) for each in day.days)
    if day.block == "past_date" and day.past:
        return Doubt("past_date", {"date": _instant(day.past, ear)}, options)
    if day.block == "no_such_day":
        return Doubt("no_such_day", {"typed": day.typed})
    if day.block and day.days and (len(day.days) > 1 or day.block == "which_date"):
        return Doubt(day.block, {}, options)
    return check_date(day.days[0], ear.world) if day.days else Doubt("no_such_day", {"typed": day.typed})


def _date_option(day: date, ear: Ear) -> Option:
    return Option("date", day.isoformat(), "@day_option", facts={"date": _instant(day, ear)})


def _instant(day: date, ear: Ear) -> dict[str, str]:
    return instant(day.isoformat(), "12:00", ear.menu.zone)
