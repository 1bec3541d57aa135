"""The story says what is sold: each extra as often as it is paid, whose the departure is, and what a note answers."""

from typing import Any

from bot import words
from models.price import quote
from models.request import as_instant
from models.story import told
from tests.models.test_price import COSTA, NOW, SAONA, asked


def story(**changes: Any) -> dict[str, Any]:
    """Three people to Saona, with some answers changed."""
    request = asked(SAONA, **changes)
    return told(
        request,
        quote(COSTA, request),
        COSTA,
        language="en",
        source={"channel": "whatsapp", "at": as_instant(NOW, "America/Santo_Domingo")},
    )


def drawn(field: str, language: str = "en", **changes: Any) -> str:
    """A field of the team's recap as it is read."""
    return {key: value for key, _, value in words.story_recap(story(**changes), "team", language)}.get(field, "")


def test_an_extra_for_each_person_is_told_as_often_as_it_is_paid() -> None:
    """Three people snorkel: 3 × $8.00, and 3 × Snorkel."""
    line = next(line for line in story()["lines"] if line["key"] == "extra:snorkel")
    assert line["quantity"] == story()["extras"][0]["quantity"] == 3
    assert drawn("extras") == "3 × Snorkel"
    assert drawn("extras", extras={"photos": 1}) == "1 × Photos of the day"


def test_a_private_departure_is_said_to_be_private() -> None:
    """In both languages; a shared one is not."""
    assert drawn("service", departure="2026-11-24T10:00") == "Isla Saona by catamaran, private"
    assert drawn("service", "es", departure="2026-11-24T10:00") == "Isla Saona en catamarán, salida privada"
    assert drawn("service") == "Isla Saona by catamaran"


def test_the_tours_own_question_is_in_the_readers_language_and_the_answer_as_typed() -> None:
    """Only the guest's words stand in quotes."""
    assert drawn("notes", notes="yes, all") == "Does everyone swim? “yes, all”"
    assert drawn("notes", "es", notes="yes, all") == "¿Todos saben nadar? “yes, all”"
    assert drawn("notes") == ""


def test_pick_up_and_departure_are_told_apart() -> None:
    """Whoever comes to the pier by themselves is told the departure only."""
    assert drawn("schedule") == "Tue 24 Nov. Pick-up 07:15 · Hotel Arena Blanca. Departure 08:30, back 16:30"
    assert drawn("schedule", "es") == "mar 24 nov. Recogida 07:15 · Hotel Arena Blanca. Salida 08:30, regreso 16:30"
    assert drawn("schedule", pickup={"place": "bayahibe_pier"}) == "Tue 24 Nov. Departure 08:30, back 16:30"
    assert words.phrase("moment_words", "en", story()) == "Tue 24 Nov, pick-up 07:15"
    assert words.phrase("moment_words", "es", story(pickup={"place": "bayahibe_pier"})) == "mar 24 nov 08:30"
