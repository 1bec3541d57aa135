"""What may be pressed under a message: the options themselves, more of them on a page of their own, a month, the hours of a day.

A message keeps only its nearest options and which days or times may be picked (`pick`); the rest is drawn here. What turns a
page is a tap on the question "page", whose value says which one: an offset, a month or day, a time, or "parts".
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from babel.dates import format_skeleton, get_day_names

from bot.notation import Notation
from bot.words import Drawn, DrawnOption, block

PAGE = "page"
PARTS = {"part_night": "00:00", "part_morning": "06:00", "part_afternoon": "12:00", "part_evening": "18:00"}
WEEK = 7
BLANK = "\u2800"  # a key must not be empty, and white space counts as nothing
ENDS = ("done", "skip", "keep", "nothing")
Grid = list[list[DrawnOption]]


# --- one below the other, as many as fit ---


def listed(drawn: Drawn, page: str, most: int) -> list[DrawnOption]:
    """At most `most` options for this page, the last of them turning to the next where there are more."""
    kind = (drawn.pick or {}).get("kind")
    if kind == "day":
        found = _days(drawn, page, most)
    elif kind == "time":
        found = _times(drawn, page, most)
    else:
        found = _paged(drawn.options, page, most, drawn.language)
    return list({(one.question, one.value): one for one in found}.values())


def _paged(options: Sequence[DrawnOption], page: str, most: int, language: str) -> list[DrawnOption]:
    """Those of the page; what ends the question without an answer stands under each."""
    ends = [one for one in options if one.value in ENDS][:2]
    rest = [one for one in options if one not in ends]
    start = int(page) if page.isascii() and page.isdigit() and int(page[:6]) < len(rest) else 0
    room = most - len(ends)
    if len(rest) - start <= room:
        return [*rest[start:], *ends]
    return [*rest[start : start + room - 1], turning("more_options", str(start + room - 1), language), *ends]


def _days(drawn: Drawn, page: str, most: int) -> list[DrawnOption]:
    first, last, others = *_span(drawn), _others(drawn)
    start = max(first, min(_day(page) or first, last))
    room = most - 1 - len(others)
    days = [start + timedelta(days=n) for n in range(room) if start + timedelta(days=n) <= last]
    then = days[-1] + timedelta(days=1)
    more = [turning("more_options", then.isoformat(), drawn.language)] if then <= last else []
    return [*(_day_option(drawn, day) for day in days), *more, *others]


def _times(drawn: Drawn, page: str, most: int) -> list[DrawnOption]:
    others = _others(drawn)
    if page == "parts":
        return [*_parts(drawn), *others]
    if not _minutes(page):
        usual = [one for one in drawn.options if one not in others]
        return [*usual[: most - 1 - len(others)], turning("other_times", "parts", drawn.language), *others]
    times = [t for t in range(_minutes(page) or 0, 24 * 60, 30) if t >= _from(drawn)]
    return _paged([_time_option(drawn, t) for t in times], "", most, drawn.language) if len(times) <= most else [
        *(_time_option(drawn, t) for t in times[: most - 1]),
        turning("more_options", _clock(times[most - 1]), drawn.language),
    ]  # fmt: skip


# --- in rows and columns ---


def gridded(drawn: Drawn, page: str) -> Grid | None:
    """A month, or the usual hours and then every quarter of an hour; None for options that are only listed."""
    kind = (drawn.pick or {}).get("kind")
    if kind == "day":
        return _month(drawn, page)
    return _hours(drawn, page) if kind == "time" else None


def _month(drawn: Drawn, page: str) -> Grid:
    first, last = _span(drawn)
    shown = max(first, min(_day(f"{page[:7]}-01") or first, last)).replace(day=1)
    before, after = (shown - timedelta(days=1)).replace(day=1), (shown + timedelta(days=31)).replace(day=1)
    still = _still(shown)
    head = [
        turn_to("‹", before) if before >= first.replace(day=1) else still(BLANK),
        still(_month_name(shown, drawn.language)),
        turn_to("›", after) if after <= last else still(BLANK),
    ]
    weeks = [
        [_cell(drawn, shown, shown + timedelta(days=n), still) for n in range(week, week + WEEK)]
        for week in range(-shown.weekday(), (after - shown).days, WEEK)
    ]
    weeks = [week for week in weeks if any(one.question != PAGE for one in week)]
    near = [one for one in drawn.options if one not in _others(drawn) and first <= (_day(one.value) or last)][:2]
    return [near, head, [still(name) for name in _weekdays(drawn.language)], *weeks, *([one] for one in _others(drawn))]


def _cell(drawn: Drawn, month: date, day: date, still: Any) -> DrawnOption:
    first, last = _span(drawn)
    if day.month != month.month:
        return still(BLANK)  # type: ignore[no-any-return]
    if not first <= day <= last:
        return still("·")  # type: ignore[no-any-return]
    return replace(_day_option(drawn, day), label=str(day.day), short=str(day.day))


def _hours(drawn: Drawn, page: str) -> Grid:
    others = [[one] for one in _others(drawn)]
    parts = _parts(drawn)
    if (start := _minutes(page)) is None:
        usual = [one for one in drawn.options if [one] not in others]
        return [*(usual[n : n + 4] for n in range(0, len(usual), 4)), parts[:2], parts[2:], *others]
    times = [_time_option(drawn, t) for t in range(start, min(start + 360, 24 * 60), 15) if t >= _from(drawn)]
    back = turning("back_to_hours", "", drawn.language)
    return [*(times[n : n + 4] for n in range(0, len(times), 4)), [back], *others]


# --- pieces ---


def turning(name: str, value: str, language: str) -> DrawnOption:
    """What turns to a page; its words are a block."""
    label = block(name, language, {})
    return DrawnOption(label, label, PAGE, value)


def turn_to(label: str, month: date) -> DrawnOption:
    """What turns to a month."""
    return DrawnOption(label, label, PAGE, f"{month:%Y-%m}")


def _still(month: date) -> Any:
    """Makes what says something and leaves the page as it is."""
    return lambda label: DrawnOption(label, label, PAGE, f"{month:%Y-%m}")


def _pick(drawn: Drawn) -> Mapping[str, Any]:
    return drawn.pick or {}


def _span(drawn: Drawn) -> tuple[date, date]:
    return date.fromisoformat(_pick(drawn)["from"]), date.fromisoformat(_pick(drawn)["to"])


def _others(drawn: Drawn) -> list[DrawnOption]:
    """What may be pressed beside days or times: to leave it as it is, to answer another question."""
    asked = _pick(drawn)["question"]
    return [
        one for one in drawn.options if one.question != asked or (_day(one.value), _minutes(one.value)) == (None, None)
    ]


def _day_option(drawn: Drawn, day: date) -> DrawnOption:
    known = next((one for one in drawn.options if one.value == day.isoformat()), None)
    label = Notation(drawn.language).day(day.isoformat())
    return known or DrawnOption(label, label, _pick(drawn)["question"], day.isoformat())


def _time_option(drawn: Drawn, minutes: int) -> DrawnOption:
    clock = _clock(minutes)
    return DrawnOption(clock, clock, _pick(drawn)["question"], clock)


def _parts(drawn: Drawn) -> list[DrawnOption]:
    """The parts of the day in which there is still a time."""
    return [
        turning(name, start, drawn.language)
        for name, start in PARTS.items()
        if (_minutes(start) or 0) + 345 >= _from(drawn)
    ]


def _from(drawn: Drawn) -> int:
    return _minutes(_pick(drawn)["from"]) or 0


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # a day of the operator's calendar
    except ValueError:
        return None


def _minutes(text: str) -> int | None:
    hour, _, minute = text.partition(":")
    known = len(text) == 5 and (hour + minute).isascii() and (hour + minute).isdigit()
    return int(hour) * 60 + int(minute) if known and int(hour) < 24 and int(minute) < 60 else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@cache
def _weekdays(language: str) -> list[str]:
    return [get_day_names("short", locale=language)[n].rstrip(".")[:2] for n in range(WEEK)]


def _month_name(month: date, language: str) -> str:
    name = format_skeleton("yMMM", datetime(month.year, month.month, 1), locale=language)  # noqa: DTZ001
    return name[:1].upper() + name[1:]
