"""How many hours a chauffeur is wanted: "for 4 hours", "medio día", and the service that is."""

from flows.understand.choices import a_service
from flows.understand.ear import Ear

HALF_DAY, WHOLE_DAY = 4, 8


def some_hours(ear: Ear) -> int | None:
    """How many hours; half a day is four, a whole one eight."""
    v, asked = ear.vocabulary, ear.asked == "hours"
    if not asked and "hours" not in ear.draft and not ear.words.folded.strip():
        return None
    patterns = (v.for_hours, v.bare_hours) if asked else (v.for_hours,)
    for pattern in patterns:
        if (found := pattern.search(ear.words.folded)) and (count := _count(ear, found.groupdict())):
            ear.words.cross_out(*found.span())
            return count
    if asked or _hires(ear):
        for pattern, hours in ((v.half_day, HALF_DAY), (v.whole_day, WHOLE_DAY)):
            if ear.words.take(pattern):
                return hours
    return ear.bare_number() if asked else None


def _count(ear: Ear, groups: dict[str, str | None]) -> int | None:
    return ear.vocabulary.number(groups.get("n") or groups.get("n2") or "")


def _hires(ear: Ear) -> bool:
    service = ear.menu.service(ear.draft.get("service"))
    return bool(service and service.kind == "hours") or bool(ear.vocabulary.hired.search(ear.words.folded))


def a_service_or_hours(ear: Ear) -> str | None:
    """The service that is named; a chauffeur with hours to go, or with nowhere to go, is by the hour."""
    hourly = next((service.key for service in ear.menu.services if service.kind == "hours"), None)
    if hourly and "service" not in ear.draft and not _goes_somewhere(ear):
        hired = ear.words.take(ear.vocabulary.hired)
        if "hours" in ear.found or hired:
            return hourly
    return a_service(ear)


def _goes_somewhere(ear: Ear) -> bool:
    return "dropoff" in ear.found or "dropoff" in ear.found.get("_route", ())
