"""Numbers, days and times of day: how they combine, whichever the language."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flows.understand.grammar import Rule, Shape, rules

A_LITTLE_AGO = timedelta(days=120)
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
    """Said of a midnight."""
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


def _week_later(now: datetime, weekday: int) -> Day:
    return Day((coming(now.date(), weekday) + timedelta(7),))


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
    both = next(
        (day.days[0] for day in months if day and day.days and day.days[0].weekday() == weekday), numbered.days[0]
    )
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


def _from_today(sign: int) -> Made:
    def made(now: datetime, span: Span) -> Day | None:
        return None if span.minutes else Day((add(now.date(), span, sign),))

    return made


def _moment(now: datetime, span: Span) -> datetime | None:
    """ "In two hours": a day and a time at once."""
    later = now + timedelta(minutes=span.minutes, days=span.days)
    return later.replace(second=0, microsecond=0) if span.minutes and not span.months else None


def _from_day(sign: int) -> Made:
    def made(now: datetime, span: Span, day: Day) -> Day | None:
        return None if span.minutes or not day.days else Day(tuple(add(one, span, sign) for one in day.days), day.block)

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
        first = add(now.date().replace(day=1), Span(months=months))
        last = first.replace(day=monthrange(first.year, first.month)[1])
        return which(now, *(last - timedelta(n) for n in range(3)))

    return made


def _either(now: datetime, one: Day, other: Day) -> Day:
    return which(now, *one.days, *other.days)


def _in_year(now: datetime, day: tuple[int, int], year: int) -> Day | None:
    return dated(now, day[0], day[1], year)


def _moved(now: datetime, days: int) -> Day:
    return Day((now.date() + timedelta(days),))


_MD = "[MD]"
DAYS = [
    *rules("DOM", "[ORD]", lambda now, n: n if 0 < n < 32 else None),
    *rules("DOM", "[NUM]", lambda now, n: n if 0 < n < 32 else None),
    *rules("DAY", "THE? [DAYWORD]", _moved),
    *rules("DAY", "THIS? [WEEKDAY] DOT?", _weekday),
    *rules("ALONE", "[SHORT] DOT?", _weekday),
    *rules("DAY", "THE|ON [DAY]", lambda now, day: day),
    *rules("DAY", "[WEEKDAY] OF? THE? NEXT WEEK", _of_week(1)),
    *rules("DAY", "[WEEKDAY] OF? THE? WEEK COMING|NEXT", _of_week(1)),
    *rules("DAY", "NEXT WEEK COMMA? ON? THE? [WEEKDAY]", _of_week(1)),
    *rules("DAY", "[WEEKDAY] OF? THIS WEEK", _of_week(0)),
    *rules("DAY", "[WEEKDAY] OF? THE? LAST WEEK", _of_week(-1)),
    *rules("DAY", "[WEEKDAY] OF? THE? WEEK LAST", _of_week(-1)),
    *rules("DAY", "[WEEKDAY] WEEKLATER", _week_later),
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
    *rules("SPAN", "ONE|NUM [UNIT] AND ONE? HALF", lambda now, unit: unit.times(1.5)),
    *rules("AHEAD", "IN [SPAN]", lambda now, span: span),
    *rules("AHEAD", "IN? [SPAN] FROMNOW", lambda now, span: span),
    *rules("AHEAD", "[SPAN] LATER", lambda now, span: span),
    *rules("DAY", "[AHEAD]", _from_today(1)),
    *rules("BACK", "UNTIL [DAY]", lambda now, day: day),
    *rules("BACK", "DAY TILL [DAY]", lambda now, day: day),
    *rules("MOMENT", "[AHEAD]", _moment),
    *rules("MOMENT", "NOW", lambda now: now.replace(second=0, microsecond=0)),
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
    *rules("DAY", "THE? [ORD] DAYNOUN OF [MONTH]", dated),
    *rules("DAY", "THIS? THE? WEEKEND", _week_end(0)),
    *rules("DAY", "THE? NEXT WEEKEND", _week_end(1)),
    *rules("DAY", "THE? WEEKEND COMING", _week_end(1)),
    *rules("DAY", "THE? END OF THE|THIS? WEEK", _end_of_week(0)),
    *rules("DAY", "THE? END OF THE? NEXT WEEK", _end_of_week(1)),
    *rules("DAY", "THE? END OF THE|THIS MONTHNOUN", _month_end(0)),
    *rules("DAY", "THE? END OF THE? NEXT MONTHNOUN", _month_end(1)),
    *rules("DAY", "THE? [HOLIDAY]", lambda now, md: dated(now, *md)),
    *rules("DAY", "THE? [HOLIDAY] OF? [YEAR]", _in_year),
    *rules("DAY", "[DAY] OR [DAY]", _either),
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
    if not half:
        return Clock(hour % 12 * 60 + minute, open=True)
    late = half == "p" or (half == "n" and 5 < hour < 12)
    total = (hour % 12 + 12 * late) * 60 + minute
    return Clock(total, night=half == "n" and not total)


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


def _to(now: datetime, minutes: int, time: Clock) -> Clock | None:
    return _moved_by(time, -minutes) if 0 < minutes < 60 else None


def minutes_less(now: datetime, time: Clock, minutes: int) -> Clock | None:
    """ "Las tres menos diez"."""
    return _to(now, minutes, time)


def _hour(now: datetime, hour: int) -> Clock | None:
    return clock(hour) if hour < 25 else None


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
    *rules("FACE", "[WRITTEN]", lambda now, time: time),
    *rules("FACE", "[DOTTED]", lambda now, time: time),
    *rules("TIME", "[WRITTEN]", lambda now, time: time),
    *rules("TIME", "THE [DOTTED]", lambda now, time: time),
    *rules("TIME", "[FACE] ISH? [AMPM]", in_half),
    *rules("TIME", "[FACE] OCLOCK", lambda now, time: time),
    *rules("TIME", "[NUM] ISH", _hour),
    *rules("TIME", "AT [FACE] HOURS?", lambda now, time: time),
    *rules("TIME", "HALFPAST [FACE]", shifted(30)),
    *rules("TIME", "ONE? QUARTER PAST [FACE]", shifted(15)),
    *rules("TIME", "ONE? QUARTER TO [FACE]", shifted(-15)),
    *rules("TIME", "ONE? QUARTER TO [TIME]", shifted(-15)),
    *rules("TIME", "[NUM] MINUTES? PAST [FACE]", minutes_past),
    *rules("TIME", "[NUM] MINUTES? TO [FACE]", _to),
    *rules("TIME", "NOON", lambda now: Clock(720)),
    *rules("TIME", "MIDNIGHT", lambda now: Clock(0, night=True)),
    *rules("TIME", "AT|NEAR THE? [TIME]", lambda now, time: time),
    *rules("TIME", "[TIME] AMPM_", lambda now, time: time),
    *rules("TIME", "[TIME] COMMA? [PART]", in_half),
    *rules("TIME", "[FACE] [PART]", in_half),
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


def _iso(now: datetime, found: re.Match[str]) -> Day | None:
    return dated(now, int(found[3]), int(found[2]), int(found[1]))


def shapes(day_first: bool | None, ordinal: str) -> list[Shape]:
    """How days and times look in figures; `ordinal` is what a day's number may end with."""
    return [
        Shape("WRITTEN", re.compile(r"(\d{1,2})\s?[:h]\s?(\d\d)(?::\d\d)?(?:\s?(?:h|hs|hrs|hours|horas)\b)?(?![\d:])"), _written),
        Shape("WRITTEN", re.compile(r"(\d{1,2})h(?!\w)"), lambda now, m: clock(int(m[1])) if int(m[1]) > 5 else None),
        Shape("DOTTED", re.compile(r"(\d{1,2})\.(\d\d)(?![\d.])"), _written),
        Shape("NUMERIC", re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?!\d)"), lambda now, m: dated(now, int(m[4]), int(m[3]), int(m[1]))),
        Shape("NUMERIC", re.compile(r"(\d{1,2})([/.])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d:/]|\.\d)"), _numeric(day_first)),
        Shape("NUMERIC", re.compile(r"(\d{1,2})(-)(\d{1,2})-(\d{4}|\d{2})(?!\d)"), _numeric(day_first)),
        Shape("DASHED", re.compile(r"(\d{1,2})(-)(\d{1,2})()(?![\d-])"), _numeric(day_first)),
        Shape("NTH", re.compile(rf"(\d{{1,2}})\.?(?:{ordinal})(?!\w)"), lambda now, m: int(m[1]) if 0 < int(m[1]) < 32 else None),
        Shape("ORD", re.compile(rf"(\d{{1,2}})\.?(?:{ordinal})(?!\w)"), lambda now, m: int(m[1]) if 0 < int(m[1]) < 32 else None),
    ]  # fmt: skip


RULES: list[Rule] = [*NUMBERS, *DAYS, *TIMES]
