"""Words and what they mean, in both languages; today is Friday 20 November 2026, 10:00."""

from typing import Any

import pytest

from tests.flows.people import Guest

ADULT = {"adults": 1, "children": [], "infants": 0}


def asked(*answers: str) -> Guest:
    """A guest at the question after these answers."""
    guest = Guest()
    for answer in answers:
        guest.says(answer)
    return guest


@pytest.mark.parametrize(
    ("typed", "date"),
    [
        ("tomorrow", "2026-11-21"), ("tommorow pls", "2026-11-21"), ("the day after tomorrow", "2026-11-22"), ("saturday", "2026-11-21"),
        ("on Tuesday", "2026-11-24"), ("saterday", "2026-11-21"), ("in 3 days", "2026-11-23"), ("in two weeks", "2026-12-04"),
        ("the 28th", "2026-11-28"), ("28", "2026-11-28"), ("the 5th", "2026-12-05"), ("28 november", "2026-11-28"), ("Nov 28th", "2026-11-28"),
        ("december 1st, 2026", "2026-12-01"), ("5 jan", "2027-01-05"), ("2026-12-24", "2026-12-24"), ("24/12", "2026-12-24"), ("12/24", "2026-12-24"),
        ("24.12.2026", "2026-12-24"), ("24/12/26", "2026-12-24"), ("saturday 28 november", "2026-11-28"), ("saturday the 28th", "2026-11-28"),
        ("tuesday week", "2026-12-01"), ("mañana", "2026-11-21"), ("pasado mañana", "2026-11-22"), ("el sábado", "2026-11-21"),
        ("el próximo martes", "2026-11-24"), ("dentro de una semana", "2026-11-27"), ("el 28", "2026-11-28"), ("28 de noviembre", "2026-11-28"),
        ("el 1 de diciembre de 2026", "2026-12-01"), ("el miércoles que viene", "2026-11-25"), ("2", "2026-11-21"), ("martes 24", "2026-11-24"),
        ("sat 28", "2026-11-28"),
        ("el martes de la próxima semana", "2026-11-24"), ("today", "2026-11-20"),
    ],
)  # fmt: skip
def test_days(typed: str, date: str) -> None:
    """A day in words or figures."""
    guest = asked("airport to Bávaro")
    guest.says(typed)
    assert guest.talk.draft.get("date") == date


@pytest.mark.parametrize(
    ("typed", "date"),
    [
        ("two weeks before christmas eve", "2026-12-10"), ("three weeks from tomorrow", "2026-12-12"), ("a week from sunday", "2026-11-29"),
        ("first monday of december", "2026-12-07"), ("the last friday of january", "2027-01-29"), ("the 9th of next month", "2026-12-09"),
        ("dos días después del sábado", "2026-11-23"), ("el último domingo de enero", "2027-01-31"), ("el 9 del próximo mes", "2026-12-09"),
        ("Good Friday", "2027-03-26"), ("el viernes santo", "2027-03-26"), ("Easter Sunday", "2027-03-28"), ("Ash Wednesday", "2027-02-10"),
        ("the day after Thanksgiving", "2026-11-27"), ("black friday", "2026-11-27"), ("la víspera de año nuevo", "2026-12-31"),
        ("sunday week", "2026-11-29"), ("a fortnight today", "2026-12-04"), ("Saturday after next", "2026-11-28"), ("de hoy en ocho", "2026-11-27"),
        ("el último día del mes", "2026-11-30"), ("la semana que viene el viernes", "2026-11-27"),
        ("early next week, on Tuesday", "2026-11-24"), ("5/dic/26", "2026-12-05"),
        ("el segundo domingo del mes que viene", "2026-12-13"), ("the first week of December on Friday", "2026-12-04"),
        ("el veintidós de diciembre", "2026-12-22"), ("dentro de quince días", "2026-12-05"), ("next tuesday", "2026-11-24"),
        ("the second last day of December", "2026-12-30"), ("third to last day of the month", "2026-11-28"),
        ("el penúltimo día de enero", "2027-01-30"), ("el día siguiente a navidad", "2026-12-26"),
    ],
)  # fmt: skip
def test_days_reckoned_from_another(typed: str, date: str) -> None:
    """They are counted from the day that is named."""
    guest = asked("airport to Bávaro")
    guest.says(typed)
    assert guest.talk.draft.get("date") == date


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("in mid December", "2026-12-14"), ("a finales de noviembre", "2026-11-28"), ("in two or three days", "2026-11-22"),
        ("la primera semana de diciembre", "2026-12-01"), ("semana santa", "2027-03-25"), ("of October, on Tuesday", "2026-11-24"),
        ("a principios de la semana que viene", "2026-11-23"), ("in the middle of next week", "2026-11-24"),
        ("third tuesday please", "2026-11-24"), ("the closest Monday to the 5th of December", "2026-11-23"),
        ("a year after New Year's Eve", "2026-12-31"), ("un año después de navidad", "2026-12-25"),
    ],
)  # fmt: skip
def test_a_vague_day_is_asked(typed: str, first: str) -> None:
    """Days to choose from; also where a month or an order stands by a day that we could not read with it."""
    guest = asked("airport to Bávaro")
    guest.says(typed)
    assert (guest.block, guest.options[0]) == ("which_date", first)


@pytest.mark.parametrize(
    ("typed", "date"),
    [
        ("24 décembre", "2026-12-24"), ("24. Dezember", "2026-12-24"), ("24 de dezembro", "2026-12-24"),
        ("übermorgen", "2026-11-22"), ("domani", "2026-11-21"),
    ],
)  # fmt: skip
def test_a_day_in_another_language_is_offered_and_never_taken(typed: str, date: str) -> None:
    """We do not speak it: a yes takes it, anything else asks again."""
    guest = asked("airport to Bávaro")
    guest.says(typed)
    assert (guest.block, guest.options) == ("perhaps_date", [date])
    assert "date" not in guest.talk.draft
    guest.says("yes")
    assert guest.talk.draft["date"] == date


@pytest.mark.parametrize(
    "typed", ["the green hotel", "24 décembre at the earliest, unless my wife says otherwise", "sometime", "12"]
)
def test_only_a_whole_answer_is_read_as_another_languages_day(typed: str) -> None:
    """Nor is anything that names no day and month."""
    guest = asked("airport to Bávaro")
    guest.says(typed)
    assert guest.block != "perhaps_date"


@pytest.mark.parametrize("typed", ["two days before our flight", "a week after the wedding on the 3rd"])
def test_days_reckoned_from_what_we_do_not_know_are_not_guessed(typed: str) -> None:
    """The day is asked for again."""
    guest = asked("airport to Bávaro")
    guest.says(typed)
    assert "date" not in guest.talk.draft
    assert guest.block == "date_again"


@pytest.mark.parametrize("typed", ["last monday", "el lunes pasado", "the day before yesterday", "hace tres días"])
def test_a_day_that_is_over_is_said_to_be_over(typed: str) -> None:
    """Also when it was reckoned."""
    guest = asked("airport to Bávaro")
    guest.says(typed)
    assert guest.block == "past_date"


def test_day_and_month_are_read_day_first_in_spanish() -> None:
    """5/12 is the fifth of December there."""
    guest = asked("aeropuerto a Bávaro por favor")
    guest.says("5/12")
    assert guest.talk.draft["date"] == "2026-12-05"


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("3pm", "15:00"), ("3 p.m.", "15:00"), ("15:00", "15:00"), ("15h30", "15:30"), ("1530", "15:30"), ("08:30", "08:30"), ("17", "17:00"),
        ("half past three in the afternoon", "15:30"), ("noon", "12:00"),
        ("12 pm", "12:00"), ("3 1/2 pm", "15:30"), ("3½ pm", "15:30"), ("340pm", "15:40"), ("1500 hours", "15:00"),
        ("half an hour before noon", "11:30"),
        ("quince para las tres de la tarde", "14:45"),
        ("veinte para las ocho de la mañana", "07:40"), ("cuarto para las 8 de la noche", "19:45"), ("20 horas", "20:00"),
        ("veinte minutos pasadas las ocho de la noche", "20:20"), ("a las 15 horas y 15 minutos", "15:15"),
        ("las 3 de la tarde con 20 minutos", "15:20"),
        ("quarter to four pm", "15:45"), ("around 9 in the morning", "09:00"), ("8 in the evening", "20:00"), ("five pm", "17:00"), ("0:15", "00:15"),
        ("a las 3 de la tarde", "15:00"), ("las tres y media de la tarde", "15:30"), ("a las 8 de la noche", "20:00"),
        ("a las 6 de la mañana", "06:00"),
        ("mediodía", "12:00"), ("a las 15:45", "15:45"), ("4 pm", "16:00"), ("las 9 menos cuarto de la mañana", "08:45"), ("10.30 am", "10:30"),
    ],
)  # fmt: skip
def test_times(typed: str, time: str) -> None:
    """A time that can only mean one."""
    guest = asked("airport to Bávaro sunday")
    guest.says(typed)
    assert guest.talk.draft.get("time") == time


@pytest.mark.parametrize("typed", ["3", "at 7", "a las 3", "10:30", "half past six", "seven"])
def test_times_that_may_be_two_are_asked_about(typed: str) -> None:
    """Morning or afternoon is never guessed."""
    guest = asked("airport to Bávaro sunday")
    guest.says(typed)
    assert guest.block == "which_time"
    assert len(guest.options) == 2


@pytest.mark.parametrize(
    ("typed", "said", "time"),
    [
        ("airport to Bávaro tomorrow evening", "8", "20:00"), ("airport to Bávaro tomorrow morning", "8", "08:00"),
        ("airport to Bávaro tonight", "at half past 10", "22:30"), ("del aeropuerto a Bávaro mañana en la noche", "a las 8", "20:00"),
        ("airport to Bávaro tomorrow evening, make it sunday", "9", "21:00"),
        ("airport to Bávaro at the end of tomorrow", "11", "23:00"), ("del aeropuerto a Bávaro al final del domingo", "a las 8", "20:00"),
        ("del aeropuerto a Bávaro mañana a primera hora", "a las 7", "07:00"), ("airport to Bávaro first thing tomorrow", "8", "08:00"),
        ("del aeropuerto a Bávaro mañana al final de la tarde", "a las 6", "18:00"),
    ],
)  # fmt: skip
def test_a_part_of_the_day_is_not_asked_again(typed: str, said: str, time: str) -> None:
    """Only its hour is."""
    guest = asked(typed)
    assert guest.block == "time_of_day"
    guest.says(said)
    assert guest.talk.draft["time"] == time


@pytest.mark.parametrize(
    "typed",
    [
        "good evening, airport to Bávaro tomorrow",
        "at the end of the day it is only me, airport to Bávaro tomorrow",
        "airport to Bávaro tomorrow, it's for an evening with friends",
    ],
)
def test_an_evening_that_is_not_of_the_day_tells_no_time(typed: str) -> None:
    """The time is asked as ever."""
    assert asked(typed).block == "time"


@pytest.mark.parametrize(
    ("typed", "times"),
    [
        ("between 3 and 4 pm", ["15:00", "16:00"]), ("3-4pm", ["15:00", "16:00"]), ("from 11 am to 1 pm", ["11:00", "13:00"]),
        ("entre las 3 y las 4 de la tarde", ["15:00", "16:00"]), ("de 3 a 4 de la tarde", ["15:00", "16:00"]),
    ],
)  # fmt: skip
def test_a_span_of_hours_is_asked_about(typed: str, times: list[str]) -> None:
    """Somebody has to be there at one moment."""
    guest = asked("airport to Bávaro sunday")
    guest.says(typed)
    assert (guest.block, guest.options) == ("which_time", times)


@pytest.mark.parametrize(
    ("typed", "times"),
    [
        ("after 3 pm", ["15:00", "15:30", "16:00"]), ("no earlier than 9:30 am", ["09:30", "10:00", "10:30"]),
        ("después de las 8 de la noche", ["20:00", "20:30", "21:00"]), ("a partir de las 10 de la mañana", ["10:00", "10:30", "11:00"]),
    ],
)  # fmt: skip
def test_a_time_from_which_on_any_will_do_is_asked_about(typed: str, times: list[str]) -> None:
    """It is no pick-up time yet."""
    guest = asked("airport to Bávaro tomorrow")
    guest.says(typed)
    assert (guest.block, guest.options[:3]) == ("time_of_day", times)


@pytest.mark.parametrize(
    "typed", ["no later than 3 pm", "not after 3 pm", "a más tardar a las 3 de la tarde", "around 3 pm"]
)
def test_a_limit_the_other_way_is_a_time(typed: str) -> None:
    """The latest they wish to leave is when they are fetched."""
    guest = asked("airport to Bávaro tomorrow")
    guest.says(typed)
    assert guest.talk.draft.get("time") == "15:00"


@pytest.mark.parametrize("typed", ["3pm EST", "15:00 GMT", "a las 3 de la tarde hora de España"])
def test_another_zones_time_is_asked_about(typed: str) -> None:
    """Everything we book goes by the clock of the place."""
    guest = asked("airport to Bávaro sunday")
    guest.says(typed)
    assert (guest.block, guest.options) == ("by_our_clock", ["15:00"])
    guest.says("yes")
    assert guest.talk.draft["time"] == "15:00"


@pytest.mark.parametrize(
    ("typed", "nights"),
    [
        ("tomorrow at 1am", ["2026-11-21T01:00", "2026-11-22T01:00"]), ("mañana a la 1 de la madrugada", ["2026-11-21T01:00", "2026-11-22T01:00"]),
        ("sunday at 12:30 at night", ["2026-11-22T00:30", "2026-11-23T00:30"]),
        ("el domingo a las 12 y media de la noche", ["2026-11-22T00:30", "2026-11-23T00:30"]),
        ("sunday at 12am", ["2026-11-22T00:00", "2026-11-23T00:00"]), ("today at 1am", ["2026-11-21T01:00"]),
    ],
)  # fmt: skip
def test_an_hour_after_midnight_may_be_of_either_night(typed: str, nights: list[str]) -> None:
    """A driver a day late is the worst there is: it is asked."""
    guest = asked(f"from Palma Real to the airport {typed}")
    assert (guest.block, guest.options) == ("which_midnight", nights)


@pytest.mark.parametrize(
    ("typed", "date", "time"),
    [
        ("tonight at 1am", "2026-11-21", "01:00"), ("at 1 tonight", "2026-11-21", "01:00"),
        ("saturday night at half past twelve", "2026-11-22", "00:30"),
        ("tomorrow night at 2", "2026-11-22", "02:00"), ("el sábado en la noche a las 12:30", "2026-11-22", "00:30"),
        ("la noche del sábado a la una y media", "2026-11-22", "01:30"), ("mañana por la noche a las 2", "2026-11-22", "02:00"),
        ("on sunday at 0:40", "2026-11-22", "00:40"),
    ],
)  # fmt: skip
def test_an_hour_after_midnight_of_a_night_that_is_named(typed: str, date: str, time: str) -> None:
    """It is on the next day by the calendar, and that is said."""
    guest = asked(f"from Palma Real to the airport {typed}")
    assert (guest.talk.draft.get("date"), guest.talk.draft.get("time")) == (date, time)
    assert "after_midnight" in guest.before


@pytest.mark.parametrize(
    ("typed", "by"),
    [
        ("I need to be at the airport at 4pm", "16:00"), ("to make our 19:30 dinner", "19:30"), ("we'd like to arrive around 18:30", "18:30"),
        ("for our 14:30 flight", "14:30"), ("dropping us off at Bayahibe, and we must be there at 11:00", "11:00"),
        ("tenemos que estar en el aeropuerto a las 4 de la tarde", "16:00"), ("quiero llegar a Bayahibe a las 10 de la mañana", "10:00"),
        ("para mi reserva de las 8 de la noche", "20:00"), ("para nuestro vuelo de las 14:30", "14:30"),
    ],
)  # fmt: skip
def test_when_they_must_be_there_is_no_pickup_time(typed: str, by: str) -> None:
    """The pick-up is reckoned from it and offered."""
    guest = asked("from Palma Real to Bayahibe", "tomorrow")
    guest.says(typed)
    assert guest.block == "there_by"
    assert guest.talk.doubts["time"]["memory"]["by"] == by


@pytest.mark.parametrize(
    "typed",
    ["we arrive at Palma Real at 3pm", "arriving at Palma Real at 3pm", "llegamos al Palma Real a las 3 de la tarde"],
)
def test_who_arrives_at_a_hotel_wants_to_be_brought_there(typed: str) -> None:
    """One lands at an airport only."""
    guest = asked(typed)
    assert guest.talk.draft.get("dropoff") == {"place": "palma_real"}
    assert "pickup" not in guest.talk.draft


@pytest.mark.parametrize(
    ("typed", "party"),
    [
        ("4", ADULT | {"adults": 4}), ("two", ADULT | {"adults": 2}), ("4 people", ADULT | {"adults": 4}), ("four of us", ADULT | {"adults": 4}),
        ("just me", ADULT), ("me and my wife", ADULT | {"adults": 2}), ("a family of 5", ADULT | {"adults": 5}), ("we are 3", ADULT | {"adults": 3}),
        ("2 adults and a child of 4", {"adults": 2, "children": [4], "infants": 0}),
        ("2 adults, 2 kids (4 and 7)", {"adults": 2, "children": [4, 7], "infants": 0}),
        ("2 adults, 2 children aged 4 and 7, 1 baby", {"adults": 2, "children": [4, 7], "infants": 1}),
        ("two adults and a 6-year-old", {"adults": 2, "children": [6], "infants": 0}),
        ("4 people including 2 kids aged 3, 5", {"adults": 2, "children": [3, 5], "infants": 0}),
        ("somos cuatro", ADULT | {"adults": 4}), ("2 adultos y un niño de 4", {"adults": 2, "children": [4], "infants": 0}),
        ("dos adultos y dos niñas de 3 y 5 años", {"adults": 2, "children": [3, 5], "infants": 0}), ("mi esposa y yo", ADULT | {"adults": 2}),
        ("3 adultos y un bebé", {"adults": 3, "children": [], "infants": 1}), ("solo yo", ADULT), ("1 person", ADULT), ("una persona", ADULT),
    ],
)  # fmt: skip
def test_parties(typed: str, party: dict[str, Any]) -> None:
    """Who travels."""
    guest = asked("airport to Bávaro sunday at 3pm", "AA1045")
    guest.says(typed)
    assert guest.talk.draft.get("party") == party


@pytest.mark.parametrize(
    ("typed", "bags"),
    [
        ("3", 3),
        ("three bags", 3),
        ("2 suitcases and 2 carry-ons", 4),
        ("none", 0),
        ("no luggage", 0),
        ("2 maletas", 2),
        ("ninguna", 0),
        ("sin equipaje", 0),
    ],
)
def test_luggage(typed: str, bags: int) -> None:
    """Kinds are added up."""
    guest = asked("airport to Bávaro sunday at 3pm, 2 adults", "AA1045")
    guest.says(typed)
    assert guest.talk.draft.get("luggage") == bags


@pytest.mark.parametrize(
    ("typed", "flight"),
    [
        ("AA1045", "AA1045"),
        ("aa 1045", "AA1045"),
        ("it's BA2203", "BA2203"),
        ("flight number is B6 123", "B6123"),
        ("I don't know yet", "unknown"),
        ("no sé", "unknown"),
        ("vuelo UX 89", "UX89"),
    ],
)
def test_flights(typed: str, flight: str) -> None:
    """The number without its space."""
    guest = asked("airport to Bávaro sunday at 3pm, 2 adults")
    guest.says(typed)
    assert guest.talk.draft.get("flight") == flight


@pytest.mark.parametrize(
    ("typed", "pickup", "dropoff"),
    [
        ("airport to Bávaro", "puj", "bavaro"), ("from Arena Blanca to the airport", "arena_blanca", "puj"), ("PUJ - Bayahibe", "puj", "bayahibe"),
        ("I need a transfer from PUJ to Palma Real tomorrow", "puj", "palma_real"), ("del aeropuerto a Bávaro", "puj", "bavaro"),
        ("desde Bávaro hasta el aeropuerto por favor", "bavaro", "puj"), ("can you take us from hyatt ziva to bavarro", "hyatt_ziva", "bavaro"),
        ("quiero ir de Palma Real al aeropuerto", "palma_real", "puj"), ("taxi to Bayahibe", None, "bayahibe"),
        ("pick me up at Arena Blanca", "arena_blanca", None),
        ("airport to Macao at 3pm", "puj", "macao"), ("aeropuerto puj a hotel arena blanca bavaro", "puj", "arena_blanca"),
    ],
)  # fmt: skip
def test_routes(typed: str, pickup: str | None, dropoff: str | None) -> None:
    """Both ends, or the one that is named."""
    guest = Guest()
    guest.says(typed)
    assert guest.talk.draft["service"] == "transfer"
    assert guest.talk.draft.get("pickup") == (pickup and {"place": pickup})
    assert guest.talk.draft.get("dropoff") == (dropoff and {"place": dropoff})


@pytest.mark.parametrize("typed", ["I listen to music", "thank you to all", "what is it like to live there?"])
def test_no_route_is_made_of_other_words(typed: str) -> None:
    """ "to" alone makes no journey."""
    guest = Guest()
    guest.says(typed)
    assert "pickup" not in guest.talk.draft and "dropoff" not in guest.talk.draft


def test_the_way_back_does_not_change_the_day_of_this_one() -> None:
    """It is a booking of its own, and we say so."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm, back on the 28th, 2 adults")
    assert guest.talk.draft["date"] == "2026-11-21"
    assert "way_back" in guest.before


def test_an_occasion_mentioned_early_is_kept() -> None:
    """And not asked again."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm for our honeymoon, 2 adults")
    assert guest.talk.draft["occasion"] == "honeymoon"


@pytest.mark.parametrize(
    ("typed", "date", "time"),
    [
        ("from Palma Real to the airport at ten tonight", "2026-11-20", "22:00"),
        ("del Palma Real al aeropuerto a las diez esta noche", "2026-11-20", "22:00"),
        ("from Palma Real to the airport today at 9", "2026-11-20", "21:00"),
        ("from Palma Real to the airport tomorrow, no, sunday at 3pm, no, 4pm", "2026-11-22", "16:00"),
        ("del Palma Real al aeropuerto mañana, perdón, el domingo a las 3 de la tarde", "2026-11-22", "15:00"),
    ],
)
def test_the_day_and_the_time_that_were_meant(typed: str, date: str, time: str) -> None:
    """What is over today is not meant; what comes after "no" takes the place of what was said before."""
    guest = asked(typed)
    assert (guest.talk.draft.get("date"), guest.talk.draft.get("time")) == (date, time)


@pytest.mark.parametrize(
    ("typed", "date", "block"),
    [
        ("Llegamos anoche, del Palma Real al aeropuerto mañana a las 8", "2026-11-21", "which_time"),
        ("anoche a las 8 llegamos. Del Palma Real al aeropuerto el martes", "2026-11-24", "time"),
        ("Llegamos el lunes pasado a las 9 de la noche, del Palma Real al aeropuerto mañana", "2026-11-21", "time"),
        ("We arrived last night. Palma Real to airport PUJ tomorrow at 8", "2026-11-21", "which_time"),
        ("We arrived last night at 8. Palma Real to airport PUJ tomorrow at 8", "2026-11-21", "which_time"),
        ("We arrived yesterday night. Palma Real to airport PUJ tomorrow at 1 am", "2026-11-21", "which_midnight"),
        ("We landed this afternoon. Palma Real to airport PUJ tomorrow at 8", None, "which_date"),
        ("We arrived last night at 8. Palma Real to airport PUJ", None, "past_date"),
    ],
)
def test_what_was_is_no_time_of_another_day(typed: str, date: str | None, block: str) -> None:
    """Neither the hour of an arrival that is over nor "night" of "last night" is when they are fetched."""
    guest = asked(typed)
    assert (guest.talk.draft.get("date"), guest.talk.draft.get("time"), guest.block) == (date, None, block)


@pytest.mark.parametrize(
    ("typed", "block"),
    [
        ("from Palma Real to the airport today at 10:30", "too_soon"), ("from Palma Real to the airport right now", "too_soon"),
        ("airport to Bávaro tomorrow, no yesterday", "past_date"), ("airport to Bávaro on 3 December on Friday", "which_date"),
        ("airport to Bávaro sunday at 3pm or 4pm", "which_time"), ("airport to Bávaro sunday at 24:00", "which_midnight"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_asked(typed: str, block: str) -> None:
    """And never taken for the night."""
    guest = asked(typed)
    assert guest.block == block


def test_a_time_of_two_readings_is_settled_by_its_day() -> None:
    """One of them is over: it is neither taken nor offered."""
    guest = asked("from Palma Real to the airport at 10:30")
    assert guest.options == ["10:30", "22:30"]
    guest.says("today")
    assert (guest.block, guest.options) == ("too_soon", ["13:00", "22:30"])


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        ("how much is it from the airport to Macao?", "and to Bávaro?"),
        ("¿cuánto cuesta del aeropuerto a Macao?", "¿y a Bávaro?"),
    ],
)
def test_a_further_price_is_asked_in_few_words(typed: str, again: str) -> None:
    """The other end takes the place of the first."""
    guest = asked(typed, again)
    assert "price_route" in guest.before
    assert guest.talk.draft["dropoff"] == {"place": "bavaro"}
