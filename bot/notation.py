"""How money, days, hours, phones and names are written in a reader's language."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_decimal, get_currency_name, get_currency_precision

Json = Mapping[str, Any]

MINUS = "−"
SIGNS = {
    "USD": "US$",
    "DOP": "RD$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "CAD": "CA$",
    "MXN": "MX$",
}
ALONE = {"USD": "$"}
# Dominican Spanish writes 1,234.50, as English does; Babel has it under es_DO.
LOCALES = {"en": "en", "es": "es_DO"}
PATTERNS = {
    "en": {
        "day": "EEE d MMM",
        "day_year": "EEE d MMM y",
        "date": "d MMM y",
        "short_date": "d MMM",
        "long_day": "EEEE d MMMM y",
        "weekday": "EEEE",
    },
    "es": {
        "day": "EEE d MMM",
        "day_year": "EEE d MMM y",
        "date": "d MMM y",
        "short_date": "d MMM",
        "long_day": "EEEE d 'de' MMMM 'de' y",
        "weekday": "EEEE",
    },
}


def local_time(instant: Json | str) -> datetime:
    """The wall time of an instant where it happens: `{"utc", "zone"}`, or local "2026-11-22" or "2026-11-22T15:00"."""
    if isinstance(instant, str):
        return datetime.fromisoformat(instant)
    moment = datetime.fromisoformat(instant["utc"])
    return moment.astimezone(ZoneInfo(instant["zone"]))


def board_name(name: str) -> str:
    """What stands on the board held up at the arrivals door: the family name in capitals."""
    return family_name(name).upper()


def family_name(name: str) -> str:
    """The family name, as a list of bookings has it."""
    words = name.split()
    return " ".join(words[1:] or words)


def given_name(name: str) -> str:
    """What a guest is called in a greeting."""
    return next(iter(name.split()), name)


def lower_first(words: str) -> str:
    """A name inside a sentence: "child seat"; one that begins with capitals ("VIP lounge") stays."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


ARTICLES = {"es": {"aeropuerto": "el", "hotel": "el", "marina": "la", "playa": "la"}}
"""What stands before a place's name that begins with its kind."""


@lru_cache(maxsize=4096)
def _phone(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("-", " ")


class Notation:
    """The filters of one language; what they take are the plain values that facts are made of."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = LOCALES.get(language, language)
        self.patterns = PATTERNS.get(language, PATTERNS["en"])

    def money(self, amount: Json) -> str:
        """An amount that stands by itself: US$41.10, RD$1,250.00, ¥28,400."""
        currency = amount["currency"]
        return self._amount(amount, SIGNS.get(currency, f"{currency} "))

    def bare(self, amount: Json) -> str:
        """An amount under a total that names the currency: $41.10."""
        currency = amount["currency"]
        return self._amount(amount, ALONE.get(currency) or SIGNS.get(currency, f"{currency} "))

    def figure(self, amount: Json) -> str:
        """The figures alone, for a column whose head names the currency: 41.10."""
        return self._amount(amount, "")

    def less(self, amount: Json) -> dict[str, Any]:
        """The same amount taken off."""
        return {"minor": -amount["minor"], "currency": amount["currency"]}

    def currency(self, amount: Json) -> str:
        """The currency's name: US dollar, dólar estadounidense."""
        return get_currency_name(amount["currency"], count=1, locale=self.locale)

    def _amount(self, amount: Json, sign: str) -> str:
        decimals = get_currency_precision(amount["currency"])
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        whole, rest = divmod(abs(amount["minor"]), 10**decimals)
        # Not a float: an amount is exact, however large.
        figures = format_decimal(whole, "#,##0", locale=self.locale)
        if decimals:
            figures += format_decimal(0, pattern, locale=self.locale)[1] + str(rest).zfill(decimals)
        return (MINUS if amount["minor"] < 0 else "") + sign + figures

    def day(self, instant: Json | str) -> str:
        """Sat 21 Nov, sáb 21 nov."""
        return self._date(instant, "day")

    def day_year(self, instant: Json | str) -> str:
        """Sat 21 Nov 2026."""
        return self._date(instant, "day_year")

    def date(self, instant: Json | str) -> str:
        """21 Nov 2026."""
        return self._date(instant, "date")

    def short_date(self, instant: Json | str) -> str:
        """21 Nov."""
        return self._date(instant, "short_date")

    def long_day(self, instant: Json | str) -> str:
        """Saturday 21 November 2026, sábado 21 de noviembre de 2026."""
        return self._date(instant, "long_day")

    def weekday(self, instant: Json | str) -> str:
        """Saturday, sábado."""
        return self._date(instant, "weekday")

    def clock(self, instant: Json | str) -> str:
        """15:00. Takes a bare local "15:00" too."""
        if isinstance(instant, str) and "-" not in instant:
            return time.fromisoformat(instant.zfill(5)).strftime("%H:%M")
        return local_time(instant).strftime("%H:%M")

    def moment(self, instant: Json | str) -> str:
        """Sat 21 Nov 15:00."""
        return f"{self.day(instant)} {self.clock(instant)}"

    def zone(self, instant: Json) -> str:
        """Whose wall time an instant is shown in: Santo Domingo (UTC−4)."""
        moment = local_time(instant)
        city = get_timezone_location(instant["zone"], locale=self.locale, return_city=True)
        hours, minutes = divmod(abs(int((moment.utcoffset() or timedelta()).total_seconds())) // 60, 60)
        sign = MINUS if moment.utcoffset() and moment.utcoffset() < timedelta() else "+"  # type: ignore[operator]
        return f"{city} (UTC{sign}{hours}{f':{minutes:02}' if minutes else ''})"

    def _date(self, instant: Json | str, pattern: str) -> str:
        day: date = local_time(instant).date()
        return format_date(day, self.patterns[pattern], locale=self.locale)

    def local(self, text: Json | str | None) -> str:
        """Words in the reader's language from `{"en": …, "es": …}`, else its first language; typed words as they are."""
        if text is None:
            return ""
        if isinstance(text, str):
            return text
        return str(text.get(self.language) or next(iter(text.values()), ""))

    def place(self, stop: Json | str | None) -> str:
        """A stop's name, as the catalogue has it or as the guest typed it."""
        if stop is None or isinstance(stop, str):
            return stop or ""
        return self.local(stop.get("name") or stop.get("typed") or "")

    def the_place(self, stop: Json | str | None) -> str:
        """The same inside a sentence, where a kind of place has its article: "el Aeropuerto PUJ"."""
        name = self.place(stop)
        article = ARTICLES.get(self.language, {}).get(name.split(" ", 1)[0].lower(), "")
        return f"{article} {name}" if article else name

    def phone(self, number: str | None) -> str:
        """+1 809 555 0142, from E.164; anything else stays as it is."""
        return _phone(number) if number else ""

    def flight(self, number: str) -> str:
        """BA 2203, from BA2203."""
        code = "".join(number.split())
        return f"{code[:2]} {code[2:]}" if len(code) > 2 and code[2:].isdigit() else number

    def tongue(self, language: str) -> str:
        """A language's name: English, inglés."""
        return Locale.parse(language).get_display_name(self.locale) or language

    def filters(self) -> dict[str, Any]:
        """Everything above by the name that templates use."""
        names = (
            "money bare figure less currency day day_year date short_date long_day weekday clock moment zone local "
            "place the_place phone flight tongue"
        )
        return {name: getattr(self, name) for name in names.split()} | {
            "board": board_name,
            "given": given_name,
            "family": family_name,
            "lower_first": lower_first,
            "upper_first": lambda text: text[:1].upper() + text[1:],
        }
