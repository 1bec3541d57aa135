"""A day in words that are none of ours, "24 décembre", "übermorgen": read by dateparser, never taken without a yes."""

from datetime import datetime

from dateparser.date import DateDataParser

from flows.menu import World
from flows.speech import Option
from flows.understand.dates import check_date
from flows.understand.ear import Doubt
from flows.when import instant

LANGUAGES = ["en", "es", "fr", "de", "it", "pt", "nl", "pl", "ru"]
"""What guests of a beach write besides; of two that know the word the first is believed."""
LONGEST = 40


def a_foreign_day(words: str, question: str, world: World) -> Doubt | None:
    """The one day that is all of a short answer to `question`: offered to say yes to, or said to be over or too far ahead."""
    named = _read(words.strip(), world.now) if len(words) <= LONGEST else None
    if not named:
        return None
    day = check_date(named.date(), world)
    if isinstance(day, Doubt):
        return day
    said = instant(day, "12:00", world.menu.zone)
    return Doubt("perhaps_date", {"date": said}, (Option(question, day, "@day_option", facts={"date": said}),))


def _read(words: str, now: datetime) -> datetime | None:
    settings = {
        "RELATIVE_BASE": datetime(now.year, now.month, now.day),  # noqa: DTZ001  (it keeps what it knows by its settings: a day's worth)
        "PREFER_DATES_FROM": "future",
        "RETURN_AS_TIMEZONE_AWARE": False,
        "REQUIRE_PARTS": ["day", "month"],  # "the 9th" it would take for one of September
        "PARSERS": ["absolute-time", "relative-time"],
    }
    found: datetime | None = DateDataParser(languages=LANGUAGES, settings=settings).get_date_data(words).date_obj
    return found
