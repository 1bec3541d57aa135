"""Days: "tomorrow", "next Saturday", "the 28th", "28 de noviembre", "28/11"."""

import re
from datetime import date, timedelta
from typing import Any

from rapidfuzz import fuzz, process

from flows.speech import Option
from flows.understand.ear import Doubt, Ear
from flows.understand.text import Words
from flows.when import instant

_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_NUMERIC = re.compile(r"(?<![\d.:/])(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d:/]|\.\d)")
_BESIDE = re.compile(r",?\s+(\d{1,2})(?![\d:/.]|\s*(?:people|personas|adult))")
FARTHEST = timedelta(days=730)
A_LITTLE_AGO = timedelta(days=120)


def a_date(ear: Ear) -> str | Doubt | None:
    """The day named in the message, as "2026-11-22" in the operator's zone; a doubt when it does not exist, is over or is unclear."""
    if ear.vocabulary.reckoned.search(ear.words.folded):
        return None
    if ear.asked in ("date", "departure"):
        _mend_spelling(ear)
    day = _relative(ear) or _written(ear) or _numeric(ear) or _weekday(ear) or _day_of_month(ear)
    return check_date(day, ear) if isinstance(day, date) else day


def check_date(day: date, ear: Ear) -> str | Doubt:
    """The day itself, or why nothing can be booked then."""
    today = ear.world.now.date()
    if day < today:
        return Doubt("past_date", {"date": _instant(day, ear)}, missed=False)
    if day > today + FARTHEST:
        return Doubt("far_date", {"date": _instant(day, ear)})
    return day.isoformat()


def _relative(ear: Ear) -> date | None:
    today, v = ear.world.now.date(), ear.vocabulary
    for pattern, days in ((v.after_tomorrow, 2), (v.tomorrow, 1), (v.tonight, 0), (v.today, 0), (v.yesterday, -1)):
        if ear.words.take(pattern):
            return today + timedelta(days=days)
    if found := ear.words.take(v.in_days):
        count = v.number(found["n"]) or 0
        return today + timedelta(days=count * (7 if found["weeks"] else 1))
    return None


def _written(ear: Ear) -> date | Doubt | None:
    v = ear.vocabulary
    found = ear.words.take(v.day_month) or (v.month_day and ear.words.take(v.month_day))
    if not found:
        return None
    day = v.ordinals.get(found["day"]) or int(found["day"])
    month = v.months[found["month"]]
    named = ear.words.take(v.weekday)
    meant = _dated(ear, day, month, int(found["year"]) if found["year"] else None)
    if named and isinstance(meant, date) and v.weekdays[named["weekday"]] != meant.weekday():
        return _which(ear, "weekday_clash", [meant, _coming(meant, v.weekdays[named["weekday"]])])
    return meant


def _numeric(ear: Ear) -> date | Doubt | None:
    if found := ear.words.take(_ISO):
        return _dated(ear, int(found[3]), int(found[2]), int(found[1]))
    found = _NUMERIC.search(ear.words.folded)
    if not found or (found[2] == "-" and not found[4] and ear.asked not in ("date", "departure")):
        return None
    ear.words.cross_out(*found.span())
    first, second = int(found[1]), int(found[3])
    year = int(found[4]) + (2000 if len(found[4]) == 2 else 0) if found[4] else None
    day_first = ear.vocabulary.day_first
    if day_first is None and first != second and 0 < first <= 12 and 0 < second <= 12:
        meant = [_dated(ear, first, second, year), _dated(ear, second, first, year)]
        return _which(ear, "which_date", [day for day in meant if isinstance(day, date)])
    if day_first is not True and second > 12:
        first, second = second, first
    return _dated(ear, first, second, year)


def _weekday(ear: Ear) -> date | Doubt | None:
    found = ear.words.take(ear.vocabulary.weekday)
    if not found:
        return None
    today = ear.world.now.date()
    weekday = ear.vocabulary.weekdays[found["weekday"]]
    if number := _number_beside(ear, found.end()):
        return _numbered_weekday(ear, weekday, number)
    day = _coming(today, weekday)
    if found["week"]:
        return day + timedelta(days=7)
    if found["next_week"]:
        return day if day.isocalendar().week != today.isocalendar().week else day + timedelta(days=7)
    if day == today or (found["next"] and ear.vocabulary.next_is_unclear):
        return _which(ear, "which_date", [day, day + timedelta(days=7)])
    return day


def _number_beside(ear: Ear, end: int) -> int | None:
    """The day of the month named with a weekday: "Saturday the 28th", "martes 6"."""
    if found := ear.words.take(ear.vocabulary.the_day):
        return int(found["day"] or found["th"])
    beside = _BESIDE.match(ear.words.folded, end)
    if beside:
        ear.words.cross_out(*beside.span())
    return int(beside[1]) if beside else None


def _numbered_weekday(ear: Ear, weekday: int, number: int) -> date | Doubt:
    day = _next_numbered(ear, number)
    if isinstance(day, date) and day.weekday() != weekday:
        return _which(ear, "weekday_clash", [day, _coming(ear.world.now.date(), weekday)])
    return day


def _day_of_month(ear: Ear) -> date | Doubt | None:
    if found := ear.words.take(ear.vocabulary.the_day):
        return _next_numbered(ear, int(found["day"] or found["th"]))
    if ear.asked == "date" and (number := ear.bare_number()) is not None and 1 <= number <= 31:
        return _next_numbered(ear, number)
    return None


def _next_numbered(ear: Ear, number: int) -> date | Doubt:
    """The next day that carries this number."""
    start = ear.world.now.date()
    ahead = (start + timedelta(days=n) for n in range(62))
    return next((day for day in ahead if day.day == number), None) or _no_such_day(str(number))


def _dated(ear: Ear, day: int, month: int, year: int | None) -> date | Doubt:
    """A day without a year is the coming one; one that has just gone by is asked about."""
    today = ear.world.now.date()
    try:
        if year:
            return date(year, month, day)
        this_year = date(today.year, month, day)
    except ValueError:
        return _leap(ear, day, month, year)
    if this_year >= today:
        return this_year
    coming = _safe(today.year + 1, month, day)
    if today - this_year < A_LITTLE_AGO and coming:
        options = (_date_option(coming, ear),)
        return Doubt("past_date", {"date": _instant(this_year, ear)}, options)
    return coming or _no_such_day(f"{day}/{month}")


def _leap(ear: Ear, day: int, month: int, year: int | None) -> date | Doubt:
    coming = None if year else _safe(ear.world.now.year + 1, month, day)
    return coming or _no_such_day(f"{day}/{month}" + (f"/{year}" if year else ""))


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _coming(start: date, weekday: int) -> date:
    return start + timedelta(days=(weekday - start.weekday()) % 7)


def _no_such_day(typed: str) -> Doubt:
    return Doubt("no_such_day", {"typed": typed})


def _which(ear: Ear, block: str, days: list[date]) -> Doubt | date:
    days = sorted({day for day in days if day >= ear.world.now.date()})
    if len(days) == 1:
        return days[0]
    return Doubt(block, {}, tuple(_date_option(day, ear) for day in days))


def _date_option(day: date, ear: Ear) -> Option:
    return Option("date", day.isoformat(), "@day_option", facts={"date": _instant(day, ear)})


def _instant(day: date, ear: Ear) -> dict[str, str]:
    return instant(day.isoformat(), "12:00", ear.menu.zone)


def _mend_spelling(ear: Ear) -> None:
    """ "saterday", "sabdo", "novmber": read as the nearest day or month, since a day was asked for."""
    v = ear.vocabulary
    known = [word for word in (*v.weekdays, *v.months) if len(word) > 4]
    mended = ear.words.folded
    for word in set(re.findall(r"[a-z]{5,}", mended)) - set(known):
        near: Any = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=80)
        if near:
            mended = re.sub(rf"\b{word}\b", near[0], mended)
    if mended != ear.words.folded:
        ear.words = Words(mended)
