"""Reading never fails and drops nothing: whatever the words, they are understood or left to be shown back."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.book import BOOKING
from flows.filling import Reading, read
from flows.menu import World
from flows.talk import Talk
from flows.understand import calendar
from flows.understand.ear import Doubt
from flows.understand.es.lexicon import LEXICON
from flows.understand.languages import ALL
from flows.understand.leftovers import unread
from flows.understand.text import BLANK, fold
from tests.flows.people import MENU, NOW, Guest

WORLD = World(NOW, MENU)
QUESTIONS = [*dict.fromkeys(BOOKING.keys), "review", ""]
SAID = {
    "en": "tomorrow|next friday|the 28th|at 3|half past two|quarter to|noon|in two hours|5/12|2 adults|a baby|for four|from the airport|to Bávaro|"
    "Palma Real|leaving|by 6pm|and|or|not|back on the 9th|AA1045|three weeks from|the day after|no|please|,|.|?|·|31|00|dozen|hundred|end of",
    "es": "mañana|pasado mañana|el viernes que viene|el 28|a las 3|y media|menos cuarto|mediodía|en dos horas|5/12|dos adultos|un bebé|para cuatro|"
    "del aeropuerto|a Bávaro|Palma Real|saliendo|antes de las 6|y|o|no|regreso el 9|AA1045|hace tres días|por favor|,|.|¿|docena|cien|mil|fin de mes",
}


def told(words: str, language: str, asked: str) -> Reading:
    """What is read in the words."""
    talk = Talk(state=asked or "service", language=language)
    return read(BOOKING, talk, words, WORLD, ALL[language], asked)


def sentences(language: str) -> Any:
    """Turns of phrase in any order."""
    return st.lists(st.sampled_from(SAID[language].split("|")), min_size=1, max_size=12).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(ALL)), st.sampled_from(QUESTIONS), st.data())
def test_every_word_is_understood_or_left(language: str, asked: str, data: st.DataObject) -> None:
    """What is crossed out was understood, the rest still stands as it was typed; nothing disappears between the two."""
    typed = data.draw(sentences(language))
    reading = told(typed, language, asked)
    left = reading.words.folded
    assert len(left) == len(typed) == len(reading.words.typed)
    assert all(kept in (BLANK, was) for kept, was in zip(left, fold(typed), strict=True))
    crossed = left.count(BLANK) > typed.count(BLANK)
    assert not crossed or reading.found or reading.remarks or reading.words.rest != fold(typed)
    assert all(part in typed for part in unread(reading.words))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(ALL)), st.sampled_from(QUESTIONS), st.text(max_size=80))
def test_any_signs_can_be_read(language: str, asked: str, typed: str) -> None:
    """Whatever is typed."""
    told(typed, language, asked)


@settings(max_examples=100, deadline=None)
@given(st.dates(datetime(2027, 1, 1).date(), datetime(2028, 6, 1).date()))
def test_a_day_written_out_is_that_day(day: Any) -> None:
    """In both languages, in words and in figures."""
    english = f"{day:%A} {day.day} {day:%B} {day.year}"
    months = [word for word in LEXICON["MONTH"] if len(word) > 3]
    spanish = f"el {day.day} de {next(word for word in months if LEXICON['MONTH'][word] == day.month)} de {day.year}"
    for typed, language in ((english, "en"), (day.isoformat(), "en"), (spanish, "es"), (f"{day:%d/%m/%Y}", "es")):
        assert told(typed, language, "date").found["date"] == day.isoformat()


@settings(max_examples=100, deadline=None)
@given(st.times())
def test_a_time_written_out_is_that_time(time: Any) -> None:
    """On the clock of 24 hours and on that of 12."""
    wanted = f"{time:%H:%M}"
    english = told(f"at {time:%I:%M %p}", "en", "time").found["time"]
    assert (english.memory["at"] if isinstance(english, Doubt) else english) == wanted
    assert isinstance(english, Doubt) == (time.hour < 3)  # which night is asked
    assert told(f"a las {time:%H:%M}", "es", "time").found["time"] == wanted or time.hour in (10, 11, 12)


@pytest.mark.parametrize(
    ("typed", "pickup", "dropoff"),
    [
        ("a taxi from Kings Hall to the Old Mill at 3pm", "Kings Hall", "Old Mill"),
        ("I'm leaving Riverside on Friday and going to Hill Street 12", "Riverside", "Hill Street 12"),
        ("please take us to Café Ñandú from the Blue Door Hostel", "Blue Door Hostel", "Café Ñandú"),
        ("pick me up at Casa Linda and drop me off at Villa Sol, 2 people", "Casa Linda", "Villa Sol"),
        ("I need a ride between Old Town Lodge and Sunset Pier", "Old Town Lodge", "Sunset Pier"),
        ("a taxi from A and B Guest House to Kings Hall", "A and B Guest House", "Kings Hall"),
        ("please come to the Seaside Inn to take me to Kings Hall", "Seaside Inn", "Kings Hall"),
        ("I'm leaving from Kings Hall and I'd like to be there by 21:30. Thanks", "Kings Hall", None),
        ("I want to book a taxi", None, None),
        ("I need to be there by 5pm", None, None),
        ("take me to the hotel", None, None),
    ],
)
def test_the_ends_of_a_ride_anywhere(typed: str, pickup: str | None, dropoff: str | None) -> None:
    """Names that no catalogue knows are kept as they were typed, without what belongs to day, time or party."""
    found = told(typed, "en", "").found
    kept = {end: found[end].memory["typed"] if end in found else None for end in ("pickup", "dropoff")}
    assert kept == {"pickup": pickup, "dropoff": dropoff}


@pytest.mark.parametrize(
    ("typed", "pickup", "dropoff"),
    [
        ("necesito un taxi desde Casa Linda hasta Villa Sol mañana a las 3 de la tarde", "Casa Linda", "Villa Sol"),
        ("recójanos en Playa Escondida y llévenos a Cueva Azul, somos 4", "Playa Escondida", "Cueva Azul"),
        ("quiero reservar un traslado", None, None),
        ("vamos a salir al final de la tarde", None, None),
        ("vamos a ser cuatro personas", None, None),
    ],
)
def test_the_ends_of_a_ride_in_spanish(typed: str, pickup: str | None, dropoff: str | None) -> None:
    """The same."""
    found = told(typed, "es", "").found
    kept = {end: found[end].memory["typed"] if end in found else None for end in ("pickup", "dropoff")}
    assert kept == {"pickup": pickup, "dropoff": dropoff}


@pytest.mark.parametrize(
    ("typed", "by"),
    [
        ("to Palma Real, I must be there by 5pm", True),
        ("leaving by 5pm", False),
        ("a taxi to Palma Real by 5pm", True),
        ("pick us up by 5pm to go to Palma Real", False),
        ("I need to leave Arena Blanca by 5pm and get to Palma Real", False),
    ],
)
def test_a_limit_is_of_the_word_before_it(typed: str, by: bool) -> None:
    """Arriving by then, or leaving by then."""
    time = told(typed, "en", "").found["time"]
    assert (getattr(time, "block", "") == "there_by") == by
    assert by or time == "17:00"


def test_a_good_morning_is_no_morning() -> None:
    """The greeting does not tell the half of the day."""
    guest = Guest()
    guest.says("Good morning, airport to Bávaro on sunday at 3")
    assert "time" not in guest.talk.draft


def test_tomorrow_is_the_next_day_at_any_hour() -> None:
    """One minute before midnight too."""
    late = datetime(2026, 12, 31, 23, 59, tzinfo=ZoneInfo(MENU.zone))
    assert calendar.dated(late, 1, 1) == calendar.Day((datetime(2027, 1, 1).date(),))
