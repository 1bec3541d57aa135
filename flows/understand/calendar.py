"""Numbers, days and times of day: how they combine, whichever the language."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flows.understand.grammar import Rule, Shape, rules

A_LITTLE_AGO = timedelta(days=120)
SMALL_HOURS = 180  # minutes from midnight on in which it is asked which night is meant
Made = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time; days stand for weeks too, months for years."""

    months: int = 0
    days: int = 0
    minutes: int = 0

    def times(self, count: float) -> "Span | None":
        """So many of it; half a day is no span."""
        months, days, minutes = self.months * count, self.days * count, self.minutes * count
        if max(months, days, minutes) > 40_000 or months % 1 or days % 1:
            return None
        return Span(int(months), int(days), int(minutes))

    def plus(self, other: "Span") -> "Span":
        """Both together."""
        return Span(self.months + other.months, self.days + other.days, self.minutes + other.minutes)


@dataclass(frozen=True, slots=True)
class Day:
    """A day: the one meant, or those it may be; the block says what is to be asked, or why it cannot be."""

    days: tuple[date, ...]
    block: str = ""
    typed: str = ""
    past: date | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A time on the clock's face, in minutes; `open` when it may be in either half of the day."""

    minutes: int
    open: bool = False
    night: bool = False
    """Midnight or an hour after it, as it is spoken: of the night before as often as of its own day."""
    early: bool = False
    """In the morning for nothing but its nought: "08:30"."""


# --- numbers ---


def _tens(now: datetime, tens: int, ones: int) -> int | None:
    return tens + ones if tens >= 20 and 0 < ones < 10 else None


def _hundred(now: datetime, hundreds: int, rest: int) -> int | None:
    return hundreds + rest if rest < 100 <= hundreds < 1000 else None


def _thousand(now: datetime, count: int, rest: int = 0) -> int | None:
    return count * 1000 + rest if 0 < count < 1000 and rest < 1000 else None


NUMBERS = [
    *rules("NUM", "[SMALL]", lambda now, n: n),
    *rules("NUM", "[TENS]", lambda now, n: n),
    *rules("NUM", "[TENS] DASH? [SMALL]", _tens),
    *rules("ORD", "[TENS] DASH? [ORDWORD]", _tens),
    *rules("ORD", "[ORDWORD]", lambda now, n: n),
    *rules("HUNDREDS", "HUNDRED", lambda now: 100),
    *rules("HUNDREDS", "[HUNDREDWORD]", lambda now, n: n),
    *rules("HUNDREDS", "[SMALL] HUNDRED", lambda now, n: n * 100 if n < 10 else None),
    *rules("NUM", "[HUNDREDS]", lambda now, n: n),
    *rules("NUM", "[HUNDREDS] AND? [NUM]", _hundred),
    *rules("NUM", "THOUSAND", lambda now: 1000),
    *rules("NUM", "THOUSAND [NUM]", lambda now, n: 1000 + n if n < 1000 else None),
    *rules("NUM", "[NUM] THOUSAND AND? [NUM]", _thousand),
    *rules("NUM", "[NUM] THOUSAND", _thousand),
    *rules("NUM", "[ONE|NUM] MILLION", lambda now, n: int(n) * 1_000_000 if n < 1000 else None),
    *rules(
        "NUM",
        "[ONE|NUM] MILLION AND? [NUM]",
        lambda now, n, rest: int(n) * 1_000_000 + rest if n < 1000 > rest / 1000 else None,
    ),
    *rules("NUM", "ONE? DOZEN", lambda now: 12),
    *rules("NUM", "[NUM] DOZEN", lambda now, n: n * 12 if n < 100 else None),
    *rules("NUM", "HALF ONE? DOZEN", lambda now: 6),
    *rules("NUM", "ONE? COUPLE OF?", lambda now: 2),
    *rules("YEAR", "[FIGURES]", lambda now, f: int(f) if len(f) == 4 and "1900" <= f < "2100" else None),
    *rules("YEAR", "[NUM]", lambda now, n: n if n >= 1900 and n < 2100 else None),
    *rules("YEAR", "[NUM] [NUM]", lambda now, a, b: a * 100 + b if a in (19, 20) and 9 < b < 100 else None),
]


# --- days ---


def coming(start: date, weekday: int) -> date:
    """The first such weekday from that day on."""
    return start + timedelta(days=(weekday - start.weekday()) % 7)


def dated(now: datetime, day: int, month: int, year: int | None = None) -> Day | None:
    """A day without a year is the coming one; one that has just gone by is asked about."""
    typed = f"{day}/{month}" + (f"/{year}" if year else "")
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    if year:
        exact = _safe(year, month, day)
        return Day((exact,)) if exact else Day((), "no_such_day", typed)
    today = now.date()
    this_year, next_one = _safe(today.year, month, day), _safe(today.year + 1, month, day)
    if this_year and this_year >= today:
        return Day((this_year,))
    if this_year and next_one and today - this_year < A_LITTLE_AGO:
        return Day((next_one,), "past_date", past=this_year)
    return Day((next_one,)) if next_one else Day((), "no_such_day", typed)


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def which(now: datetime, *days: date, block: str = "which_date") -> Day:
    """One of several days, the likelier first: asked, unless only one of them is still ahead."""
    ahead = tuple(dict.fromkeys(day for day in days if day >= now.date()))
    return Day(ahead, block if len(ahead) != 1 else "")


def _weekday(now: datetime, weekday: int) -> Day:
    day = coming(now.date(), weekday)
    return which(now, day + timedelta(7), day) if day == now.date() else Day((day,))


def next_week_day(now: datetime, weekday: int) -> Day:
    """ "Next Friday": the coming one, but on a Monday it may be the one after, so that both are asked about."""
    day = coming(now.date() + timedelta(1), weekday)
    if day.isocalendar().week != now.isocalendar().week:
        return Day((day,))
    days = (day, day + timedelta(7))
    return which(now, *(reversed(days) if day == now.date() + timedelta(1) else days))  # nobody calls tomorrow so


def _last_weekday(now: datetime, weekday: int) -> Day:
    return Day((coming(now.date() - timedelta(7), weekday),))


def _of_week(weeks: int) -> Made:
    """That weekday of the week so many weeks from this one."""

    def made(now: datetime, weekday: int) -> Day:
        monday = now.date() - timedelta(now.weekday())
        return Day((monday + timedelta(weekday + 7 * weeks),))

    return made


def _weeks_after_weekday(now: datetime, weekday: int, days: int) -> Day:
    """ "Sunday week", "el domingo en ocho"."""
    return Day((coming(now.date(), weekday) + timedelta(days),))


def easter(year: int) -> date:
    """Easter Sunday of the western churches (the rule of Gauss as Meeus and Jones wrote it down)."""
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _feast(now: datetime, after_easter: int, year: int | None = None) -> Day:
    """ "Good Friday": the coming one, so many days from Easter Sunday."""
    days = (easter(each) + timedelta(after_easter) for each in ((year,) if year else (now.year, now.year + 1)))
    return Day((next(day for day in days if year or day >= now.date()),))


def _holy_week(now: datetime, year: int | None = None) -> Day:
    """Thursday to Sunday, to choose from."""
    days = [_feast(now, n, year).days[0] for n in range(-3, 1)]
    return which(now, *sorted(days))


def _after_thanksgiving(now: datetime, days: int, year: int | None = None) -> Day | None:
    """So many days after the fourth Thursday of November."""
    day = _nth_weekday(now - timedelta(days), 4, 3, 11, year)
    return day and Day((day.days[0] + timedelta(days),))


def next_numbered(now: datetime, number: int) -> Day | None:
    """The next day that carries this number."""
    if not 1 <= number <= 31:
        return None
    ahead = (now.date() + timedelta(n) for n in range(62))
    return Day((next(day for day in ahead if day.day == number),))


def _numbered_weekday(now: datetime, weekday: int, number: int) -> Day | None:
    """ "Saturday the 28th"; when the coming 28th is no Saturday, it is asked: the next 28th that is one, the 28th, that Saturday."""
    numbered = next_numbered(now, number)
    if not numbered or numbered.days[0].weekday() == weekday:
        return numbered
    months = (_in_month(n)(now, number) for n in range(12))
    ahead = (day.days[0] for day in months if day and day.days and day.days[0] >= now.date())
    both = next((day for day in ahead if day.weekday() == weekday), numbered.days[0])
    return which(now, both, numbered.days[0], coming(now.date(), weekday), block="weekday_clash")


def _agreeing(now: datetime, weekday: int, day: Day) -> Day:
    if len(day.days) != 1 or day.block or day.days[0].weekday() == weekday:
        return day
    meant = day.days[0]
    return which(now, meant, coming(meant, weekday), block="weekday_clash")


def _in_month(ahead: int) -> Made:
    def made(now: datetime, number: int) -> Day | None:
        first = add(now.date().replace(day=1), Span(months=ahead))
        return dated(now, number, first.month, first.year)

    return made


def add(day: date, span: Span, sign: int = 1) -> date:
    """That much later, or earlier; the end of a shorter month where there is no such day."""
    months = day.year * 12 + day.month - 1 + sign * span.months
    year, month = divmod(months, 12)
    year = min(max(year, 1900), 2200)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) + timedelta(sign * span.days)


def _longer(one: Span, other: Span) -> bool:
    return (one.months, one.days, one.minutes) > (other.months, other.days, 60) > (0, 0, other.minutes)


def _from_today(sign: int) -> Made:
    def made(now: datetime, span: Span) -> Day | None:
        return None if span.minutes else Day((add(now.date(), span, sign),))

    return made


def _from_either(now: datetime, few: int, many: int, unit: Span) -> Day | None:
    """ "In two or three days"."""
    spans = [span for count in (few, many) if (span := unit.times(count)) and not span.minutes]
    return which(now, *(add(now.date(), span) for span in spans)) if len(spans) > 1 else None


def _moment(now: datetime, span: Span) -> datetime | None:
    """ "In two hours": a day and a time at once."""
    later = now + timedelta(minutes=span.minutes, days=span.days)
    return later.replace(second=0, microsecond=0) if span.minutes and not span.months else None


def _from_day(sign: int) -> Made:
    def made(now: datetime, span: Span, day: Day) -> Day | None:
        if span.minutes or not day.days:
            return None
        days = tuple(add(one, span, sign) for one in day.days)
        return which(now, add(days[0], _YEAR, -1), *days) if span.months >= _YEAR.months else Day(days, day.block)

    return made


_YEAR = Span(months=12)  # "a year after Christmas": after the last one as often as after the next


def _from_end(months: int) -> Made:
    """ "The second last day" of the month that is so many months from this one."""
    return lambda now, before: Day((_last_day(months)(now).days[0] - timedelta(before),)) if before < 28 else None


def _from_end_of(now: datetime, before: int, month: int, year: int | None = None) -> Day | None:
    return Day((_last_day_of(now, month, year).days[0] - timedelta(before),)) if before < 28 else None


def _about_week(weeks: int) -> Made:
    """ "At the beginning of next week", "in the middle of the week", "late this week": one of three days."""

    def made(now: datetime, about: int) -> Day:
        first = 4 if about < 1 else int(about > 1)
        start = now.date() + timedelta(7 * weeks - now.weekday() + first)
        return which(now, *(start + timedelta(n) for n in range(3)))

    return made


def _nth_weekday(now: datetime, nth: int, weekday: int, month: int, year: int | None = None) -> Day | None:
    """ "The first Monday of December", "the last Friday of March"."""
    for each in (year,) if year else (now.year, now.year + 1):
        day = coming(date(each, month, 1), weekday) + timedelta(7 * (nth - 1))
        if nth < 0:
            day = coming(date(each, month, monthrange(each, month)[1]) - timedelta(6), weekday)
        if 0 != nth < 6 and day.month == month and (year or day >= now.date()):
            return Day((day,))
    return None


def _week_end(weeks: int) -> Made:
    """Saturday or Sunday of that week."""

    def made(now: datetime) -> Day:
        saturday = coming(now.date() - timedelta(now.weekday()), 5) + timedelta(7 * weeks)
        return which(now, saturday, saturday + timedelta(1))

    return made


def _end_of_week(weeks: int) -> Made:
    def made(now: datetime) -> Day:
        friday = now.date() - timedelta(now.weekday()) + timedelta(4 + 7 * weeks)
        return which(now, *(friday + timedelta(n) for n in range(3)))

    return made


def _month_end(months: int) -> Made:
    def made(now: datetime) -> Day:
        last = _last_of(add(now.date().replace(day=1), Span(months=months)))
        return which(now, *(last - timedelta(n) for n in range(3)))

    return made


def _last_of(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _last_day(months: int) -> Made:
    """Of the month that is so many months from this one."""
    return lambda now: Day((_last_of(add(now.date().replace(day=1), Span(months=months))),))


def _last_day_of(now: datetime, month: int, year: int | None = None) -> Day:
    return Day((_last_of(_month(now, month, year)),))


def _month(now: datetime, month: int, year: int | None = None) -> date:
    """The first of that month, of the coming one where no year is told."""
    return date(year or now.year + (month < now.month), month, 1)


def _about(now: datetime, first: int, month: int) -> Day:
    """ "In the middle of December": one of three days from that one on; counted from the month's end where it is below 1."""
    start = _month(now, month)
    start = _last_of(start) + timedelta(first) if first < 1 else start.replace(day=first)
    return which(now, *(start + timedelta(n) for n in range(3)))


def _week_of_month(now: datetime, nth: int, month: int) -> Day | None:
    """ "The second week of December": its 8th to 14th, to choose from."""
    first = _month(now, month) + timedelta(7 * (nth - 1))
    return which(now, *(first + timedelta(n) for n in range(7))) if 0 < nth < 5 else None


def _in_week_of_month(now: datetime, nth: int, month: int, weekday: int) -> Day | None:
    week = _week_of_month(now, nth, month)
    days = [day for day in week.days if day.weekday() == weekday] if week else []
    return which(now, *days) if days else None


def _either(now: datetime, one: Day, other: Day) -> Day:
    return which(now, *one.days, *other.days)


def _in_year(now: datetime, day: tuple[int, int], year: int) -> Day | None:
    return dated(now, day[0], day[1], year)


def _in_short_year(now: datetime, day: tuple[int, int], year: str) -> Day | None:
    """ "5-dec-26"."""
    return dated(now, day[0], day[1], _full(now, year)) if len(year) == 2 else None


def in_near_year(now: datetime, day: tuple[int, int], year: str) -> Day | None:
    """ "El 2 de enero del 27": a year of these, no hour of the clock."""
    near = len(year) == 2 and -2 < _full(now, year) - now.year < 4
    return _in_short_year(now, day, year) if near else None


def _moved(now: datetime, days: int) -> Day:
    return Day((now.date() + timedelta(days),))


_MD = "[MD]"
DAYS = [
    *rules("DOM", "[ORD]", lambda now, n: n if 0 < n < 32 else None),
    *rules("DOM", "[NUM]", lambda now, n: n if 0 < n < 32 else None),
    *rules("DAY", "THE? [DAYWORD]", _moved),
    *rules("DAY", "THE DAYNOUN OF [DAYWORD]", _moved),
    *rules("DAY", "THIS? [WEEKDAY] DOT?", _weekday),
    *rules("ALONE", "[SHORT] DOT?", _weekday),
    *rules("DAY", "THE|ON [DAY]", lambda now, day: day),
    *rules("DAY", "[WEEKDAY] OF? THE? NEXT WEEK", _of_week(1)),
    *rules("DAY", "[WEEKDAY] OF? THE? WEEK COMING|NEXT", _of_week(1)),
    *rules("DAY", "NEXT WEEK COMMA? ON? THE? [WEEKDAY]", _of_week(1)),
    *rules("DAY", "THE? WEEK COMING COMMA? ON? THE? [WEEKDAY]", _of_week(1)),
    *rules("DAY", "THIS WEEK COMMA? ON? THE? [WEEKDAY]", _of_week(0)),
    *rules("DAY", "[WEEKDAY] OF? THIS WEEK", _of_week(0)),
    *rules("DAY", "[WEEKDAY] OF? THE? LAST WEEK", _of_week(-1)),
    *rules("DAY", "[WEEKDAY] OF? THE? WEEK LAST", _of_week(-1)),
    *rules("DAY", "OF? THIS? [WEEKDAY] [WEEKLATER]", _weeks_after_weekday),
    *rules("DAY", "THE? [WEEKDAY] AFTERNEXT", lambda now, weekday: _weeks_after_weekday(now, weekday, 7)),
    *rules("DAY", "[WEEKDAY] OF|ON? THE? WEEK AFTERNEXT", _of_week(2)),
    *rules("DAY", "OF? [DAYWORD] [WEEKLATER]", lambda now, ahead, later: _moved(now, ahead + later) if ahead >= 0 else None),
    *rules("DAY", "THE? LAST [WEEKDAY]", _last_weekday),
    *rules("DAY", "THIS? [WEEKDAY] LAST", _last_weekday),
    *rules("DAY", "THIS? [WEEKDAY] DOT? THE? DAYNOUN? [DOM]", _numbered_weekday),
    *rules("DAY", "THIS? [WEEKDAY] COMMA THE DAYNOUN? [DOM]", _numbered_weekday),
    *rules("DAY", "THIS? [WEEKDAY] COMMA [NTH]", _numbered_weekday),
    *rules("DAY", "THE|SINCE [ORD]", lambda now, n: next_numbered(now, n) if n > 3 else None),
    *rules("DAY", "[NTH]", next_numbered),
    *rules("DAY", "THE|FORDAY NEXT? DAYNOUN? [FIGURES]", lambda now, f: next_numbered(now, int(f)) if len(f) < 3 else None),
    *rules("DAY", "DAYNOUN [DOM]", next_numbered),
    *rules("DAY", "THE? DAYNOUN? [DOM] OF? THE? NEXT MONTHNOUN", _in_month(1)),
    *rules("DAY", "THE? DAYNOUN? [DOM] OF? THE? MONTHNOUN COMING|NEXT", _in_month(1)),
    *rules("DAY", "THE? DAYNOUN? [DOM] OF? THIS MONTHNOUN", _in_month(0)),
    *rules("MD", "THE? DAYNOUN? [DOM] DAYNOUN? OF? [MONTH] DOT?", lambda now, d, m: (d, m)),
    *rules("MD", "[MONTH] DOT? COMMA? THE? [DOM]", lambda now, m, d: (d, m)),
    *rules("MD", "[DOM] DASH|SLASH [MONTH]", lambda now, d, m: (d, m)),
    *rules("MD", "[MONTH] DASH|SLASH [DOM]", lambda now, m, d: (d, m)),
    *rules("DATE", "[MD]", lambda now, md: dated(now, *md)),
    *rules("DATE", "NEXT [DATE]", lambda now, day: Day(day.days)),
    *rules("DATE", "[MD] COMMA|OF|DASH|SLASH? [YEAR]", _in_year),
    *rules("DATE", "[MD] DASH|SLASH [FIGURES]", _in_short_year),
    *rules("DATE", "[YEAR] DASH|SLASH [MONTH] DASH|SLASH [DOM]", lambda now, y, m, d: dated(now, d, m, y)),
    *rules("DATE", "[NUMERIC]", lambda now, day: day),
    *rules("DATE", "THE|ON|THIS|NEXT [DASHED]", lambda now, day: day),
    *rules("DAY", "[DATE]", lambda now, day: day),
    *rules("DAY", "THIS|COMING|THE? [WEEKDAY] DOT? COMMA? THE? [DATE]", _agreeing),
    *rules("DAY", "[WEEKDAY] DOT? COMMA? [DASHED]", _agreeing),
    *rules("DAY", "[DATE] COMMA? THE? [WEEKDAY]", lambda now, day, w: _agreeing(now, w, day)),
    *rules("DAY", "THE [DOM] COMMA? THE? [WEEKDAY]", lambda now, n, w: _numbered_weekday(now, w, n)),
    *rules("SPAN", "[NUM] [UNIT]", lambda now, n, unit: unit.times(n)),
    *rules("SPAN", "ONE [UNIT]", lambda now, unit: unit),
    *rules("SPAN", "HALF ONE? [UNIT]", lambda now, unit: unit.times(0.5)),
    *rules("SPAN", "[NUM] AND ONE? HALF [UNIT]", lambda now, n, unit: unit.times(n + 0.5)),
    *rules("SPAN", "[NUM] [UNIT] AND ONE? HALF", lambda now, n, unit: unit.times(n + 0.5)),
    *rules("SPAN", "ONE? [UNIT] AND ONE? HALF", lambda now, unit: unit.times(1.5)),
    *rules("SPAN", "[NUM] [UNIT] AND ONE? QUARTER", lambda now, n, unit: unit.times(n + 0.25)),
    *rules("SPAN", "ONE [UNIT] AND ONE? QUARTER", lambda now, unit: unit.times(1.25)),
    *rules("SPAN", "[SPAN] AND? [SPAN]", lambda now, long, short: long.plus(short) if _longer(long, short) else None),
    *rules("SPAN", "ONE? QUARTER OF ONE? [UNIT]", lambda now, unit: unit.times(0.25)),
    *rules("SPAN", "THREEQUARTERS OF ONE? [UNIT]", lambda now, unit: unit.times(0.75)),
    *rules("AHEAD", "IN [SPAN]", lambda now, span: span),
    *rules("AHEAD", "IN? [SPAN] FROMNOW", lambda now, span: span),
    *rules("AHEAD", "[SPAN] LATER", lambda now, span: span),
    *rules("DAY", "[AHEAD]", _from_today(1)),
    *rules("DAY", "IN [NUM] OR [NUM] [UNIT]", _from_either),
    *rules("BACK", "UNTIL [DAY]", lambda now, day: day),
    *rules("BACK", "DAY TILL [DAY]", lambda now, day: day),
    *rules("MOMENT", "[AHEAD]", _moment),
    *rules("MOMENT", "NOW", lambda now: now.replace(second=0, microsecond=0)),
    *rules("ATONCE", "NOW_ PLEASE? STOP", lambda now: now.replace(second=0, microsecond=0)),
    *rules("RECKONED", "[SPAN] BEFORE|AFTER|SINCE|AGO", lambda now, span: None if span.minutes else span),
    *rules("COUNTED", "[NTH|ORD] UNIT|WEEK|THING", lambda now, n: n),
    *rules("COUNTED", "[NUM] THING", lambda now, n: n),
    *rules("COUNTED", "MONEY [NUM]", lambda now, n: n),
    *rules("DAY", "[SPAN] AGO", _from_today(-1)),
    *rules("DAY", "AGO_ [SPAN]", _from_today(-1)),
    *rules("DAY", "IN? [SPAN] SINCE|AFTER [DAY]", _from_day(1)),
    *rules("DAY", "[SPAN] BEFORE [DAY]", _from_day(-1)),
    *rules("DAY", "THE DAYNOUN AFTER [DAY]", lambda now, day: _from_day(1)(now, Span(days=1), day)),
    *rules("DAY", "THE DAYNOUN BEFORE [DAY]", lambda now, day: _from_day(-1)(now, Span(days=1), day)),
    *rules("DAY", "THE? [ORD] [WEEKDAY] OF|IN [MONTH]", _nth_weekday),
    *rules("DAY", "THE? [ORD] [WEEKDAY] OF|IN [MONTH] OF|COMMA? [YEAR]", _nth_weekday),
    *rules("DAY", "THE? LAST [WEEKDAY] OF|IN [MONTH]", lambda now, w, m: _nth_weekday(now, -1, w, m)),
    *rules("DAY", "THE? [ORD] [WEEKDAY] OF|IN THIS MONTHNOUN", lambda now, n, w: _nth_weekday(now, n, w, now.month, now.year)),
    *rules("DAY", "THE? [ORD] [WEEKDAY] OF|IN THE? NEXT MONTHNOUN", lambda now, n, w: _nth_weekday(now, n, w, now.month % 12 + 1)),
    *rules("DAY", "THE? [ORD] [WEEKDAY] OF|IN THE? MONTHNOUN COMING", lambda now, n, w: _nth_weekday(now, n, w, now.month % 12 + 1)),
    *rules("DAY", "THE? [ORD] DAYNOUN OF [MONTH]", dated),
    *rules("DAY", "THE? [ORD|NTH] WEEK OF [MONTH]", _week_of_month),
    *rules("DAY", "THE? [ORD|NTH] WEEK OF [MONTH] COMMA|DOT? ON? THE? [WEEKDAY]", _in_week_of_month),
    *rules("DAY", "THIS? THE? WEEKEND", _week_end(0)),
    *rules("DAY", "THE? NEXT WEEKEND", _week_end(1)),
    *rules("DAY", "THE? WEEKEND COMING", _week_end(1)),
    *rules("DAY", "THE? END OF THE|THIS? WEEK", _end_of_week(0)),
    *rules("DAY", "THE? END OF THE? NEXT WEEK", _end_of_week(1)),
    *rules("DAY", "THE? END OF THE|THIS? MONTHNOUN", _month_end(0)),
    *rules("DAY", "THE? END OF THE? NEXT MONTHNOUN", _month_end(1)),
    *rules("DAY", "THE? [HOLIDAY]", lambda now, md: dated(now, *md)),
    *rules("DAY", "THE? [HOLIDAY] OF? [YEAR]", _in_year),
    *rules("DAY", "THE? [EASTER]", _feast),
    *rules("DAY", "THE? [EASTER] OF? [YEAR]", _feast),
    *rules("DAY", "THE? HOLYWEEK", _holy_week),
    *rules("DAY", "THE? HOLYWEEK OF? [YEAR]", _holy_week),
    *rules("DAY", "THE? [THANKSGIVING]", _after_thanksgiving),
    *rules("DAY", "THE? [THANKSGIVING] OF? [YEAR]", _after_thanksgiving),
    *rules("DAY", "THE? EVE OF? [DAY]", lambda now, day: _from_day(-1)(now, Span(days=1), day)),
    *rules("DAY", "THE? LAST DAYNOUN OF [MONTH]", _last_day_of),
    *rules("DAY", "THE? LAST DAYNOUN OF THE|THIS? MONTHNOUN", _last_day(0)),
    *rules("DAY", "THE? LAST DAYNOUN OF THE? NEXT MONTHNOUN", _last_day(1)),
    *rules("FROMEND", "[ORD|NTH] LAST", lambda now, n: n - 1 if n > 1 else None),
    *rules("FROMEND", "[LASTBUT]", lambda now, n: n),
    *rules("DAY", "THE? [FROMEND] DAYNOUN OF [MONTH]", _from_end_of),
    *rules("DAY", "THE? [FROMEND] DAYNOUN OF [MONTH] OF|COMMA? [YEAR]", _from_end_of),
    *rules("DAY", "THE? [FROMEND] DAYNOUN OF THE|THIS? MONTHNOUN", _from_end(0)),
    *rules("DAY", "THE? [FROMEND] DAYNOUN OF THE? NEXT MONTHNOUN", _from_end(1)),
    *rules("DAY", "THE? [ABOUT] OF [MONTH]", _about),
    *rules("DAY", "THE? [ABOUT] OF THE|THIS? WEEK", _about_week(0)),
    *rules("DAY", "THE? [ABOUT] OF THE? NEXT WEEK", _about_week(1)),
    *rules("DAY", "THE? [ABOUT] OF THE? WEEK COMING", _about_week(1)),
    *rules("DAY", "[EARLY] THIS WEEK", _about_week(0)),
    *rules("DAY", "[EARLY] THE? NEXT WEEK", _about_week(1)),
    *rules("LATE", "AT|NEAR|THE? THE? END OF [DAY]", lambda now, day: True),
    *rules("LATE", "AT|NEAR|THE? THE? END OF THE? DAYNOUN", lambda now: True),
    *rules("DAY", "[EARLY] [MONTH]", _about),
    *rules("DAY", "EARLY [DATE]", lambda now, day: day),
    *rules("DAY", "[DAY] OR [DAY]", _either),
    *rules("NIGHT", "TONIGHT", lambda now: True),
    *rules("GONE", "[DAY]", lambda now, day: (bool(day.days) and max(day.days) < now.date()) or None),
    *rules("GONE", "[GONE] [PART|TIME]", lambda now, gone, time: gone),
    *rules("GONE", "[TIME] [GONE]", lambda now, time, gone: gone),
    *rules("NIGHT", "[DAY] COMMA? [PART]", lambda now, day, half: half == "n" or None),
    *rules("NIGHT", "[PART] OF THE? [DAY]", lambda now, half, day: half == "n" or None),
]  # fmt: skip


# --- times of day ---


def clock(hour: int, minute: int = 0, half: str = "") -> Clock | None:
    """That face of the clock; half is "a", "p", "n" for the night or "" when nobody said."""
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return None
    if hour == 24:
        return Clock(0, night=True) if not minute else None
    if hour > 12 or hour == 0:
        return None if half == "a" and hour > 12 else Clock(hour % 24 * 60 + minute)
    if not half or (half == "n" and hour in (4, 5)):  # "tonight at 5"
        return Clock(hour % 12 * 60 + minute, open=True)
    late = half == "p" or (half == "n" and 5 < hour < 12)
    total = (hour % 12 + 12 * late) * 60 + minute
    return Clock(total, night=total < SMALL_HOURS)


def _written(now: datetime, found: re.Match[str]) -> Clock | None:
    """ "08:30" is in the morning because of its nought."""
    hour, minute = found[1], found[2]
    if len(hour) == 2 and "00" < hour < "10" and int(minute) < 60:
        return Clock(int(hour) * 60 + int(minute), early=True)
    return clock(int(hour), int(minute))


def in_half(now: datetime, time: Clock, half: str) -> Clock | None:
    """The time in the half of the day that was named."""
    if not (time.open or time.early):
        return time
    return clock(time.minutes // 60 or 12, time.minutes % 60, half)


def shifted(minutes: int) -> Made:
    """So many minutes after what the clock shows, before it when fewer than none."""

    def made(now: datetime, time: Clock) -> Clock:
        return _moved_by(time, minutes)

    return made


def _moved_by(time: Clock, minutes: int) -> Clock:
    return Clock((time.minutes + minutes) % (720 if time.open else 1440), time.open)


def minutes_past(now: datetime, minutes: int, time: Clock) -> Clock | None:
    """ "Ten past three"."""
    return _moved_by(time, minutes) if 0 < minutes < 60 else None


def minutes_to(now: datetime, minutes: int, time: Clock) -> Clock | None:
    """ "Ten to three"."""
    return _moved_by(time, -minutes) if 0 < minutes < 60 else None


def minutes_less(now: datetime, time: Clock, minutes: int) -> Clock | None:
    """ "Las tres menos diez"."""
    return minutes_to(now, minutes, time)


def _reckoned(sign: int) -> Made:
    """ "Half an hour before noon"."""

    def made(now: datetime, span: Span, time: Clock) -> Clock | None:
        hours = 0 < span.minutes < 720 and not (span.days or span.months)
        return _moved_by(time, sign * span.minutes) if hours else None

    return made


def _range(now: datetime, first: Clock, last: Clock) -> tuple[Clock, Clock] | None:
    """ "Between 3 and 4 pm": both ends; the first is in the half of the day that puts it before the last."""
    if first.open and not last.open:
        late = first.minutes + 720
        first = Clock(late if late < last.minutes else first.minutes)
    return (first, last) if first.minutes < last.minutes else None


def _hour(now: datetime, hour: int) -> Clock | None:
    return clock(hour) if hour < 24 else None


def _open_in_half(now: datetime, time: Clock, half: str) -> Clock | None:
    """ "8 in the evening"; "20 in the evening" is the 20th."""
    return in_half(now, time, half) if time.open else None


def _two(now: datetime, hour: int, minute: int) -> Clock | None:
    return clock(hour, minute) if 0 < hour < 25 and 9 < minute < 60 else None


def _split(now: datetime, hour: str, minute: str) -> Clock | None:
    """ "16 00"."""
    return clock(int(hour), int(minute)) if len(hour) < 3 and len(minute) == 2 else None


def _nought(now: datetime, hour: int, zero: int, minute: int) -> Clock | None:
    return clock(hour, minute) if zero == 0 and 0 < hour < 25 and 0 < minute < 10 else None


TIMES = [
    *rules("FACE", "[NUM]", _hour),
    *rules("FACE", "[SMALL] DASH? [NUM]", _two),
    *rules("FACE", "[NUM] [ZERO|NUM] [NUM]", _nought),
    *rules("TIME", "[SMALL] [SMALL] [PART|AMPM]", lambda now, h, m, half: clock(h, m, half)),
    *rules("FACE", "[FIGURES] [FIGURES]", _split),
    *rules("FACE", "[NUM] HOURS", lambda now, hour: clock(hour) if 12 < hour < 24 else None),
    *rules("FACE", "[WRITTEN]", lambda now, time: time),
    *rules("FACE", "[DOTTED]", lambda now, time: time),
    *rules("TIME", "[WRITTEN]", lambda now, time: time),
    *rules("TIME", "THE [DOTTED]", lambda now, time: time),
    *rules("TIME", "[FACE] ISH? [AMPM]", in_half),
    *rules("TIME", "[FACE] OCLOCK", lambda now, time: time),
    *rules("TIME", "[NUM] ISH", _hour),
    *rules(
        "TIME", "[FIGURES] [AMPM]", lambda now, f, half: clock(int(f[:-2]), int(f[-2:]), half) if len(f) > 2 else None
    ),
    *rules("TIME", "AT [NUM] HOURS AND? [NUM] MINUTES", lambda now, hour, minute: clock(hour, minute)),
    *rules("TIME", "AT [FACE] HOURS?", lambda now, time: time),
    *rules("TIME", "HALFPAST [FACE]", shifted(30)),
    *rules("TIME", "ONE? QUARTER PAST [FACE]", shifted(15)),
    *rules("TIME", "ONE? QUARTER TO [FACE]", shifted(-15)),
    *rules("TIME", "ONE? QUARTER TO [TIME]", shifted(-15)),
    *rules("TIME", "[NUM] MINUTES PAST [FACE]", minutes_past),
    *rules("TIME", "[NUM] PAST [FACE]", lambda now, n, time: None if n % 5 else minutes_past(now, n, time)),
    *rules("TIME", "[NUM] MINUTES TO [FACE]", minutes_to),
    *rules("TIME", "[NUM] TO [FACE]", lambda now, n, time: None if n % 5 else minutes_to(now, n, time)),
    *rules("TIME", "[FIGURES] HOURS", lambda now, f: clock(int(f[:2]), int(f[2:])) if len(f) == 4 else None),
    *rules("TIME", "[SPAN] BEFORE [TIME]", _reckoned(-1)),
    *rules("TIME", "[SPAN] AFTER [TIME]", _reckoned(1)),
    *rules("RANGE", "BETWEEN AT? [FACE|TIME] AND AT? [FACE|TIME]", _range),
    *rules("RANGE", "FROMSO AT? [FACE|TIME] UPTO AT? [FACE|TIME]", _range),
    *rules("ELSEWHERE", "[TIME] ZONE", lambda now, time: time),
    *rules("TIME", "NOON", lambda now: Clock(720)),
    *rules("TIME", "MIDNIGHT", lambda now: Clock(0, night=True)),
    *rules("TIME", "AT|NEAR THE? [TIME]", lambda now, time: time),
    *rules("TIME", "[TIME] AMPM_", lambda now, time: time),
    *rules("TIME", "[TIME] COMMA? [PART]", in_half),
    *rules("TIME", "[FACE] [PART]", _open_in_half),
    *rules("TIME", "AT [NUM] HOURS?", lambda now, hour: clock(24) if hour == 24 else None),
    *rules("TIME", "[TIME] [AMPM]", in_half),
    *rules("TIME", "[PART] [TIME]", lambda now, half, time: in_half(now, time, half)),
]


# --- looks of figures ---


def _full(now: datetime, written: str) -> int:
    """ "26" and "74": the year of that ending nearest to this one."""
    year = int(written)
    return (
        year
        if len(written) == 4
        else min((year + century for century in (1900, 2000)), key=lambda each: abs(each - now.year))
    )


def _numeric(day_first: bool | None) -> Callable[[datetime, re.Match[str]], Day | None]:
    def made(now: datetime, found: re.Match[str]) -> Day | None:
        first, second, written = int(found[1]), int(found[3]), found[4]
        year = _full(now, written) if written else None
        if day_first is None and first != second and 0 < first <= 12 and 0 < second <= 12:
            both = (dated(now, first, second, year), dated(now, second, first, year))
            return which(now, *(day for each in both if each for day in each.days))
        if day_first is not True and second > 12:
            first, second = second, first
        return dated(now, first, second, year)

    return made


def _hours_between(now: datetime, found: re.Match[str]) -> tuple[Clock, Clock] | None:
    """ "3-4pm"."""
    first, last = clock(int(found[1])), clock(int(found[2]), half=found[3])
    return _range(now, first, last) if first and last else None


def shapes(day_first: bool | None, ordinal: str, hours: str) -> list[Shape]:
    """How days and times look in figures; `ordinal` is what a day's number may end with, `hours` what stands behind a time."""
    return [
        Shape("WRITTEN", re.compile(rf"(\d{{1,2}})\s?[:h]\s?(\d\d)(?::\d\d)?(?:\s?(?:{hours})\b)?(?![\d:])"), _written),
        Shape("WRITTEN", re.compile(r"(\d{1,2})h(?!\w)"), lambda now, m: clock(int(m[1])) if int(m[1]) > 5 else None),
        Shape("DOTTED", re.compile(r"(\d{1,2})\.(\d\d)(?![\d.])"), _written),
        Shape("DOTTED", re.compile(r"(\d{1,2})(?:\s?½| 1/2)(?![\d/])"), lambda now, m: clock(int(m[1]), 30)),
        Shape("RANGE", re.compile(r"(\d{1,2})-(\d{1,2}) ?([ap])\.? ?m\b"), _hours_between),
        Shape("NUM", re.compile(r"\d{1,3}(?:\.\d{3})+(?![\d.,])|\d{1,3}(?:,\d{3})+(?![\d.,])"), lambda now, m: int(re.sub(r"\D", "", m[0]))),
        Shape("NUMERIC", re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?!\d)"), lambda now, m: dated(now, int(m[4]), int(m[3]), int(m[1]))),
        Shape("NUMERIC", re.compile(r"(\d{1,2})([/.])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d:/]|\.\d)"), _numeric(day_first)),
        Shape("NUMERIC", re.compile(r"(\d{1,2})(-)(\d{1,2})-(\d{4}|\d{2})(?!\d)"), _numeric(day_first)),
        Shape("DASHED", re.compile(r"(\d{1,2})(-)(\d{1,2})()(?![\d-])"), _numeric(day_first)),
        Shape("NTH", re.compile(rf"(\d{{1,2}})\.?(?:{ordinal})(?!\w)"), lambda now, m: int(m[1]) if 0 < int(m[1]) < 32 else None),
        Shape("ORD", re.compile(rf"(\d{{1,2}})\.?(?:{ordinal})(?!\w)"), lambda now, m: int(m[1]) if 0 < int(m[1]) < 32 else None),
    ]  # fmt: skip


RULES: list[Rule] = [*NUMBERS, *DAYS, *TIMES]
