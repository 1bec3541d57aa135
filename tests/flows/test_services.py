"""There and back, stops, hours, charters and packages, as they are asked for, from the shipped catalogue."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flows.book import needs
from flows.menu import DepartureOffer, Offer, Quote, Service, VehicleOffer, World
from flows.talk import Send, Talk
from handlers.menu import menu_of
from models.price import quote, vehicle_prices
from models.refusal import Refusal
from models.request import as_instant, from_draft, utc
from tests.flows.people import MENU, NOW, ZONE, Guest, both
from tests.models.test_price import COSTA

ANA = "airport PUJ to Hard Rock on Saturday 28 November at 3pm, 2 adults, 2 bags, flight AA1045"


class Visitor(Guest):
    """A guest of the shipped catalogue, whose cards show what its own rules say; nothing is ever sold out."""

    def __init__(self, name: str = "Ana Lindqvist", **more: Any) -> None:
        super().__init__(name, **more)
        self.world = World(NOW, menu_of(COSTA))

    def offer(self, talk: Talk) -> Offer:
        """What the handlers would read, without a database."""
        try:
            match needs(talk):
                case ("vehicles",):
                    return Offer(self.world, vehicles=_vehicles(talk.draft))
                case ("departures",):
                    return Offer(self.world, departures=_departures(talk.draft))
                case ("quote",):
                    return Offer(self.world, quote=_quoted(talk.draft))
        except Refusal:
            pass
        return Offer(self.world)

    def goes_on(self, *answers: str) -> str:
        """One answer after the other; gives what the last one is answered with."""
        return [self.says(answer) for answer in answers][-1]


def _vehicles(draft: Mapping[str, Any]) -> tuple[VehicleOffer, ...]:
    priced = vehicle_prices(COSTA, from_draft({**draft, "vehicle": None}, COSTA))
    return tuple(VehicleOffer(v.key, v.name, v.seats, v.bags, price.as_fact()) for v, price in priced)


def _departures(draft: Mapping[str, Any]) -> tuple[DepartureOffer, ...]:
    performed = COSTA.performed(COSTA.services[draft["service"]])
    found = []
    for each in COSTA.departures_between(performed.key, NOW.date() + timedelta(days=2), NOW.date() + timedelta(days=5)):
        price = quote(COSTA, from_draft({**draft, "departure": each.key, "extras": {}}, COSTA)).total
        found.append(DepartureOffer(as_instant(utc(each.local, ZONE), ZONE), each.seats, price.as_fact(), each.private))
    return tuple(found)


def _quoted(draft: Mapping[str, Any]) -> Quote:
    fact = quote(COSTA, from_draft(draft, COSTA)).as_fact()
    return Quote(tuple(fact["lines"]), fact["total"], fact["tax"], fact["due_now"])


# --- there and back ---


def test_the_way_back_is_added_at_the_review() -> None:
    """It costs nobody a question who does not want it; then day, time and the flight they leave with."""
    ana = Visitor()
    ana.goes_on(ANA, "van")
    ana.taps("review", "add")
    assert "bring you back" in ana.adds("trip")
    assert ana.options == ["one_way", "return"]
    assert "Which day do you go back?" in ana.taps("trip", "return")
    assert ana.options == ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-05"]
    assert "pick you up at Hard Rock" in ana.taps("return_date", "2026-12-05")
    assert "flight you leave with" in ana.says("11am")
    review = ana.says("AA1046")
    assert (ana.talk.draft["flight"], ana.talk.draft["return_flight"]) == ("AA1045", "AA1046")
    assert "Back on Saturday 5 December 2026, 11:00" in review
    assert "Flight back AA 1046" in review
    assert review.count("Airport PUJ → Hard Rock") == review.count("→ Airport PUJ") == 1
    ana.taps("review", "send")
    assert ana.wishes == (Send(),)
    assert len(from_draft(ana.talk.draft, COSTA, NOW).legs) == 2


def test_nothing_is_asked_of_a_way_back_that_nobody_spoke_of() -> None:
    """The next question is the vehicle, with the price of one way; with the way back it says so."""
    ana = Visitor()
    ana.says(ANA)
    assert ana.block == "vehicle"
    assert "there and back" not in ana.text
    ana.goes_on("round trip", "5 December", "11am", "AA1046")
    assert "The price is for the whole vehicle, there and back." in ana.text


@pytest.mark.parametrize(
    ("said", "draft"),
    [
        (", one way", {"trip": "one_way"}),
        (", round trip", {"trip": "return"}),
        (" and back", {"trip": "return"}),
        (", coming back on the 9th", {"trip": "return", "return_date": "2026-12-09"}),
        (", returning on 5 December at 11am", {"return_date": "2026-12-05", "return_time": "11:00"}),
        (", and back a week later at 11am", {"return_date": "2026-12-05", "return_time": "11:00"}),
        (", back on Sunday at 14:00, flight AA1046", {"return_date": "2026-11-29", "return_flight": "AA1046"}),
    ],
)
def test_the_way_back_may_be_said_in_the_first_sentence(said: str, draft: dict[str, str]) -> None:
    """It is understood, said back, and its day is never taken for the day of the way there."""
    ana = Visitor()
    answer = ana.says(ANA + said)
    assert draft.items() <= ana.talk.draft.items()
    assert (ana.talk.draft["date"], ana.talk.draft["time"], ana.talk.draft["flight"]) == (
        "2026-11-28",
        "15:00",
        "AA1045",
    )
    assert ana.block != "trip"
    assert "I have not understood" not in answer
    assert "back" in answer or "one way" in answer


@pytest.mark.parametrize(
    ("said", "draft"),
    [
        (", solo ida", {"trip": "one_way"}),
        (", ida y vuelta", {"trip": "return"}),
        (" y regreso el 5 de diciembre a las 11 de la mañana", {"return_date": "2026-12-05", "return_time": "11:00"}),
        (", volvemos una semana después a las 14:00", {"return_date": "2026-12-05", "return_time": "14:00"}),
    ],
)
def test_the_same_in_spanish(said: str, draft: dict[str, str]) -> None:
    """Ida y vuelta, regreso, volvemos."""
    luis = Visitor("Luis Cabrera")
    luis.says(
        "aeropuerto PUJ a Hard Rock el 28 de noviembre a las 3 de la tarde, 2 adultos, 2 maletas, vuelo AA1045" + said
    )
    assert draft.items() <= luis.talk.draft.items()
    assert (luis.talk.draft["date"], luis.talk.draft["time"]) == ("2026-11-28", "15:00")


def test_a_departing_flight_suggests_the_pick_up_at_the_hotel() -> None:
    """ "My flight leaves at 14:30": the road and three hours at the airport are reckoned back from it."""
    ana = Visitor()
    ana.goes_on(ANA, "round trip", "5 December")
    assert "fetch you at" in ana.says("my flight leaves at 14:30")
    assert ana.block == "there_by"
    proposed = ana.options[0]
    ana.taps("return_time", proposed)
    assert ana.talk.draft["return_time"] == proposed < "11:30"
    assert ana.talk.draft["time"] == "15:00"
    assert ana.block == "return_flight"


def test_a_way_back_before_the_way_there_is_asked_again() -> None:
    """Also when the day of the way there moves behind it."""
    ana = Visitor()
    ana.goes_on(ANA, "round trip")
    assert "must be later" in ana.says("24 November")
    assert ana.block == "back_before"
    ana.goes_on("5 December", "11am", "no idea")
    ana.says("make it 10 December")
    assert ana.talk.draft["date"] == "2026-12-10"
    assert ana.block == "back_before"


def test_day_and_time_of_the_way_back_in_one_answer() -> None:
    """Asked for the day, told both; the way there stays as it was."""
    ana = Visitor()
    ana.goes_on(ANA, "round trip", "on the 5th at 11am")
    assert (ana.talk.draft["return_date"], ana.talk.draft["return_time"]) == ("2026-12-05", "11:00")
    assert (ana.talk.draft["date"], ana.talk.draft["time"]) == ("2026-11-28", "15:00")
    assert ana.block == "return_flight"


def test_at_the_review_the_way_back_can_be_taken_out_and_put_in() -> None:
    """One line of the list; what hung on it is asked anew, nothing else."""
    ana = Visitor()
    ana.goes_on(ANA + ", coming back on 5 December at 11am", "AA1046", "van")
    assert ana.block == "review"
    ana.taps("change", "trip")
    ana.taps("trip", "one_way")
    assert ana.block == "review"
    assert not {"return_date", "return_time", "return_flight"} & set(ana.talk.draft)
    ana.says("round trip please")
    assert ana.block == "return_date"


def test_a_service_without_a_way_back_says_that_it_is_a_booking_of_its_own() -> None:
    """Nothing is dropped without a word."""
    guest = Guest()
    guest.says("airport to Bávaro tomorrow at 3pm, 2 adults, coming back on the 28th")
    assert "way_back" in guest.before
    assert "return_date" not in guest.talk.draft


def test_a_draft_saved_before_there_was_a_way_back_goes_on() -> None:
    """Kept at the vehicle by an earlier version: it goes on to its end, and the way back may be added."""
    kept = {
        "version": 1, "state": "vehicle", "turn": 4, "language": "en",
        "draft": {
            "service": "transfer", "pickup": {"place": "puj"}, "dropoff": {"place": "arena_blanca"},
            "date": "2026-11-28", "time": "15:00", "flight": "AA1045",
            "party": {"adults": 2, "children": [], "infants": 0}, "luggage": 2,
        },
    }  # fmt: skip
    ana = Visitor()
    ana.talk = Talk.from_json(kept)
    ana.taps("vehicle", "van")
    assert ana.talk.draft["vehicle"] == "van"
    assert ana.block == "review"
    ana.taps("review", "add")
    assert "trip" in ana.options


# --- stops ---


def test_a_stop_is_told_in_the_sentence() -> None:
    """It is kept with its place, said back, in the price, and never asked for."""
    ana = Visitor()
    answer = ana.says(ANA.replace(" on Saturday", " via Marina Cap Cana, on Saturday") + ", one way")
    assert ana.talk.draft["stops"] == [{"place": "marina_cap_cana"}]
    assert ana.talk.draft["dropoff"] == {"place": "hard_rock"}
    assert "by way of Marina Cap Cana" in answer
    review = ana.goes_on("van")
    assert "By way of Marina Cap Cana" in review


def test_a_stop_is_added_from_the_list_of_what_can_be_added() -> None:
    """Any place, one nobody knows with its zone; and taken out again."""
    ana = Visitor()
    ana.goes_on(ANA + ", one way", "van")
    ana.taps("review", "add")
    assert "stops" in ana.options
    assert "Where do we stop" in ana.taps("change", "stops")
    ana.says("Tienda de Don Pepe")
    ana.taps("stops", "typed")
    ana.says("Cap Cana")
    assert ana.talk.draft["stops"] == [{"typed": "Tienda de Don Pepe", "zone": "cap_cana"}]
    assert ana.block == "review"
    ana.taps("change", "stops")
    ana.taps("stops", "none")
    assert ana.talk.draft["stops"] == []
    assert ana.block == "review"


def test_a_stop_where_the_ride_begins_is_left_out_and_said() -> None:
    """As is one too many."""
    ana = Visitor()
    ana.says("PUJ to Hard Rock tomorrow 5pm with a stop at airport PUJ")
    assert not ana.talk.draft.get("stops")


# --- hours ---


def test_a_chauffeur_for_some_hours() -> None:
    """Where, when, how long, what for, in which vehicle; no destination, no luggage."""
    ana = Visitor()
    ana.says("hi")
    assert "Where do we pick you up?" in ana.taps("service", "chauffeur")
    ana.goes_on("Hard Rock", "28 November", "3pm")
    assert ana.block == "hours"
    assert ana.options[:2] == ["3", "4"]
    ana.taps("hours", "4")
    assert "Where would you like to go?" in ana.adds("plan")
    ana.says("Dinner in the Zona Colonial of Santo Domingo")
    assert ana.block == "party"
    assert "The price is for all the hours." in ana.says("3 adults")
    review = ana.says("SUV")
    assert "Saturday 28 November 2026, 15:00, 4 hours" in review
    assert "$152.00 SUV, 4 × $38.00" in review
    assert "“Dinner in the Zona Colonial of Santo Domingo”" in review


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("a driver for 5 hours on 28 November at 10am from Hard Rock", 5),
        ("chauffeur by the hour on 28 November at 10am", None),
        ("necesito un chofer por 4 horas el 28 de noviembre a las 10 de la mañana", 4),
    ],
)
def test_hours_are_heard_in_a_sentence(said: str, hours: int | None) -> None:
    """A driver for hours is no transfer, and the hours are no time of day."""
    ana = Visitor()
    ana.says(said)
    assert ana.talk.draft["service"] == "chauffeur"
    assert ana.talk.draft.get("hours") == hours
    assert (ana.talk.draft["date"], ana.talk.draft["time"]) == ("2026-11-28", "10:00")


@pytest.mark.parametrize("told", ["2", "15 hours"])
def test_too_few_or_too_many_hours_are_asked_again(told: str) -> None:
    """With the span there is."""
    ana = Visitor()
    ana.goes_on("chauffeur by the hour on 28 November at 10am", "Hard Rock")
    assert "from 3 to 12 hours" in ana.says(told)
    ana.says("half a day")
    assert ana.talk.draft["hours"] == 4


def test_a_chauffeur_with_somewhere_to_go_is_a_transfer() -> None:
    """From here to there is priced as a way."""
    ana = Visitor()
    ana.says("private driver from PUJ to Hard Rock tomorrow at 5pm")
    assert ana.talk.draft["service"] == "transfer"


# --- charters ---


def test_a_charter_by_its_day_and_hour_at_one_price() -> None:
    """890 for three; the party is asked, nothing is counted."""
    ana = Visitor()
    ana.says("we'd like the yacht")
    assert ana.block == "party"
    ana.says("3 adults")
    assert ana.options[0] == "2026-11-22T09:00"
    assert "private, up to 14 people, $890.00 for all of you" in ana.text
    ana.taps("departure", "2026-11-22T09:00")
    review = ana.goes_on("Hard Rock", "214")
    assert "$890.00 Private yacht, Cap Cana" in review
    assert "$267.00 of it is due now" in review


def test_a_charter_is_not_offered_to_more_than_it_takes() -> None:
    """Fifteen people see no yacht, and naming it says how many it takes."""
    ana = Visitor()
    ana.says("we are 15 adults")
    assert "yacht" not in ana.options
    assert "14 is the most" in ana.says("the private yacht")


# --- packages ---


def test_a_package_asks_the_questions_of_what_lies_in_it() -> None:
    """Romance: the questions of a transfer; its extras are told, not asked; the price is its own."""
    ana = Visitor()
    ana.says("romance package")
    assert "Where do we pick you up?" in ana.text
    ana.goes_on("PUJ", "Hard Rock", "28 November", "3pm", "AA1045")
    assert ana.block == "party"
    ana.goes_on("2 adults", "2 bags")
    assert ana.options == ["suv"]
    assert "The price is that of the package." in ana.text
    review = ana.says("suv")
    assert "Included: Champagne, Welcome flowers, Rose petals." in ana.adds("extras")
    assert "$149.00 Romance package" in review
    assert "included Champagne" in review
    assert "included SUV" in review


def test_more_of_what_is_included_costs_as_usual_and_less_of_it_cannot_be() -> None:
    """Another bottle is one bottle more; "no flowers" takes nothing out."""
    ana = Visitor()
    ana.says("romance package from PUJ to Hard Rock on 28 November at 3pm, 2 adults, 2 bags, flight AA1045, SUV")
    ana.adds("extras")
    ana.taps("extras", "champagne")
    assert "$214.00 in total so far" in ana.text
    assert "part of the package, so it stays" in ana.says("no flowers")
    request = from_draft(ana.talk.draft, COSTA)
    assert (request.included["flowers"], request.extras) == (1, {"champagne": 1})
    ana.says("5 champagnes")
    assert ana.talk.draft["extras"] == {"champagne": 3}


def test_a_package_there_and_back_asks_for_the_way_back_and_not_whether() -> None:
    """The family pack holds both rides."""
    ana = Visitor()
    ana.says(
        "family pack from PUJ to Arena Blanca on 28 November at 3pm, 2 adults and 2 children of 4 and 7, 4 bags, AA1045"
    )
    assert ana.block == "return_date"
    ana.goes_on("5 December", "11am", "no idea", "van")
    assert ana.block == "extras"
    assert "Child seat × 2" in ana.text


def test_a_package_says_where_it_is_sold_and_for_how_many() -> None:
    """Santo Domingo is too far for its price, three are too many."""
    ana = Visitor()
    assert "is offered between" in ana.says("romance package from PUJ to Santo Domingo on 28 November at 3pm")
    ana.says("Hard Rock")
    assert "2 is the most" in ana.says("3 adults")


# --- the first question ---


def test_the_first_question_offers_everything_on_one_card() -> None:
    """Seven services of five kinds, one list."""
    ana = Visitor()
    ana.says("hello")
    assert ana.block == "service"
    assert ana.options == [service.key for service in menu_of(COSTA).services]


def test_too_many_services_for_one_card_are_offered_by_kind() -> None:
    """A tap on a kind shows those of it; naming one still takes it at once."""
    tours = tuple(Service(f"tour_{n}", "tour", both(f"Waterfall{n}")) for n in range(9))
    menu = replace(MENU, services=(MENU.services[0], *tours))
    guest = Guest()
    guest.world = World(NOW, menu)
    guest.says("hi")
    assert guest.options == ["transfer", "kind:tour"]
    assert "A tour" in guest.text
    guest.taps("service", "kind:tour")
    assert guest.options == [tour.key for tour in tours[:8]]
    guest.taps("service", "tour_3")
    assert guest.talk.draft["service"] == "tour_3"


def test_a_way_back_that_is_sold_out_is_offered_at_other_times() -> None:
    """Only the way back is asked about; the way there stays."""
    ana = Visitor()
    ana.goes_on(ANA + ", coming back on 5 December at 11am", "AA1046", "van")
    said = ana.learns("sold_out", times=["11:30"], vehicles=[], returning=True)
    assert "for the way back at 11:00" in said
    ana.taps("return_time", "11:30")
    assert (ana.talk.draft["return_time"], ana.talk.draft["time"]) == ("11:30", "15:00")
    assert ana.block == "review"


@pytest.mark.parametrize(
    ("said", "stops", "extras"),
    [
        ("con una parada en casa de mi tía Rosa", None, None),
        ("con parada en un supermercado", None, {"shop_stop": 1}),
        ("pasando por Marina Cap Cana", [{"place": "marina_cap_cana"}], None),
    ],
)
def test_a_stop_is_no_extra_and_an_extra_no_stop(said: str, stops: Any, extras: Any) -> None:
    """The supermarket is on sale by itself; anywhere else is a place on the way."""
    ana = Visitor()
    ana.says(f"de PUJ a Arena Blanca mañana a las 3 de la tarde {said}, solo ida, 2 adultos")
    assert (ana.talk.draft.get("stops"), ana.talk.draft.get("extras")) == (stops, extras)
    assert ana.block == ("unknown_place" if "Rosa" in said else "flight")


HIRED = ("chauffeur by the hour on 28 November at 10am", "Hard Rock")
ASKED: dict[str, tuple[str, ...]] = {
    "trip": (ANA,),
    "return_date": (ANA, "round trip"),
    "return_time": (ANA, "round trip", "5 December"),
    "return_flight": (ANA, "round trip", "5 December", "11am"),
    "hours": HIRED,
    "plan": (*HIRED, "4"),
}
NASTY = (
    "", "…", "32", "-1", "99 hours", "the 30th of February", "yesterday", "back on back on", "and back", "via via via",
    "with a stop at", "one way and round trip", "25:00", "' OR 1=1 --", "{{7*7}}", "<script>alert(1)</script>", "\u202eback\u202c",
    "😀" * 40, "a" * 1400, "no, five people", "person", "help", "español",
)  # fmt: skip


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("said", NASTY)
def test_whatever_is_said_there_is_an_answer_and_nothing_is_sent(question: str, said: str) -> None:
    """At each of the new questions."""
    ana = Visitor()
    ana.goes_on(*ASKED[question])
    if question in ("trip", "plan"):
        ana.adds(question)
    assert ana.talk.state == question
    assert ana.says(said).strip()
    assert "None" not in ana.text
    assert Send() not in ana.wishes
