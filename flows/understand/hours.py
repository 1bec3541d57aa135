"""How many hours a chauffeur is wanted: "for 4 hours", "medio día", and the service that is."""

from flows.understand.choices import a_service
from flows.understand.ear import Ear
from flows.understand.vocabulary import Pattern, phrase

_N = r"(?P<n>\d{1,2}|[a-z]+)"
FOR_HOURS: dict[str, Pattern] = {
    "en": phrase(rf"(?:for|during) {_N}[- ]?(?:hours?|hrs?|h)\b|{_N.replace('<n>', '<n2>')}[- ]?(?:hours?|hrs?) (?:of|with)"),
    "es": phrase(rf"(?:por|durante) {_N} horas?|{_N.replace('<n>', '<n2>')} horas? (?:de|con)"),
}  # fmt: skip
BARE: dict[str, Pattern] = {"en": phrase(rf"{_N}\s*(?:hours?|hrs?|h)"), "es": phrase(rf"{_N}\s*(?:horas?|hrs?|h)")}
HALF: dict[str, Pattern] = {"en": phrase(r"half (?:a |the )?day"), "es": phrase(r"medio dia")}
WHOLE: dict[str, Pattern] = {
    "en": phrase(r"(?:all|whole|full) day"),
    "es": phrase(r"todo el dia|(?:el )?dia (?:entero|completo)"),
}
HALF_DAY, WHOLE_DAY = 4, 8
HIRED: dict[str, Pattern] = {"en": phrase(r"chauffeur|driver"), "es": phrase(r"chofer|conductor")}


def some_hours(ear: Ear) -> int | None:
    """How many hours; half a day is four, a whole one eight."""
    language, asked = ear.vocabulary.language, ear.asked == "hours"
    if not asked and "hours" not in ear.draft and not ear.words.folded.strip():
        return None
    patterns = (FOR_HOURS, BARE) if asked else (FOR_HOURS,)
    for pattern in patterns:
        if (found := pattern[language].search(ear.words.folded)) and (count := _count(ear, found.groupdict())):
            ear.words.cross_out(*found.span())
            return count
    if asked or _hires(ear):
        for pattern, hours in ((HALF, HALF_DAY), (WHOLE, WHOLE_DAY)):
            if ear.words.take(pattern[language]):
                return hours
    return ear.bare_number() if asked else None


def _count(ear: Ear, groups: dict[str, str | None]) -> int | None:
    return ear.vocabulary.number(groups.get("n") or groups.get("n2") or "")


def _hires(ear: Ear) -> bool:
    service = ear.menu.service(ear.draft.get("service"))
    return bool(service and service.kind == "hours") or bool(HIRED[ear.vocabulary.language].search(ear.words.folded))


def a_service_or_hours(ear: Ear) -> str | None:
    """The service that is named; a chauffeur with hours to go, or with nowhere to go, is by the hour."""
    hourly = next((service.key for service in ear.menu.services if service.kind == "hours"), None)
    if hourly and "service" not in ear.draft and not _goes_somewhere(ear):
        hired = ear.words.take(HIRED[ear.vocabulary.language])
        if "hours" in ear.found or hired:
            return hourly
    return a_service(ear)


def _goes_somewhere(ear: Ear) -> bool:
    return "dropoff" in ear.found or "dropoff" in ear.found.get("_route", ())
