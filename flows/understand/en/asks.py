"""English: what guests ask about a booking."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
from flows.understand.vocabulary import phrase

_OURS = r"(?:the|my|our|this|that|a)"
_BOOKING = r"(?:bookings?|reservations?|transfers?|rides?|trips?|tours?|excursions?|pick ?-?ups?|cars?|drivers?|way back|way there|return(?: (?:trip|leg|ride|transfer|way))?|outbound(?: (?:trip|leg|ride))?|CA-\w{5}|[a-z]{2,4}-[2-9a-z]{5})"
_FLIGHT = r"(?:flight|plane)"

ASKS = {
    "flight_off": phrase(
        rf"{_FLIGHT}(?: \w+)?(?: is| was| has been| got| been|'s|s)? (?:just |been )?cancel+ed|cancel+ed {_OURS} {_FLIGHT}|miss(?:ed)? {_OURS} (?:connection|{_FLIGHT})"
    ),
    "cancel": phrase(
        rf"(?:cancel(?:ling|ing)?|call off)(?: (?:all of|the whole of|both ways of))?(?: {_OURS})? (?:\w+ )?{_BOOKING}|(?:don't|do not|no longer) need {_OURS} (?:\w+ )?{_BOOKING}|cancellation (?:fee|cost|policy|terms|charge)s?|(?:what|how much) (?:does|would|will|is) (?:it cost to cancel|cancelling cost|the fee)"
    ),
    "delay": phrase(
        rf"{_FLIGHT}[^.?!]{{0,30}}\b(?:delayed|late|delay|behind)|(?:delayed|late) {_FLIGHT}|(?:we|i)(?:'re|'m| are| am| have been| got| were| was)? (?:\w+ )?delayed|delayed (?:by|until|till)|(?:new|now) (?:landing|arrival) time"
    ),
    "driver": phrase(
        r"where(?: is|'s|s| are)? (?:my|our|the) (?:driver|chauffeur|car|transfer|pick ?-?up|van|ride|guide|taxi|bus|shuttle)\b(?! from| to)|where are you(?: guys)?\b(?! from)|(?:who|what) (?:is|'s) (?:my|our|the) (?:driver|car|plate|vehicle)|(?:i|we)(?:'ve| have|'re| are|'m| am)? (?:just )?landed|just landed|(?:no ?one|nobody)(?: is|'s)? (?:here|came|waiting|there)|(?:can't|cannot|can not|don't) (?:find|see) (?:my|our|the|any) (?:driver|chauffeur|car|guide|van)|driver(?:'s)? (?:phone|number|contact|name)"
    ),
    "resend": phrase(
        r"(?:re-?send|send|e-?mail|forward)(?: (?:me|us))?(?: again)? (?:my|the|our|a copy of(?: my| the)?)? ?(?:e-?)?(?:tickets?|invoice|receipt|confirmation|voucher|booking link|link|papers|documents?)|(?:e-?)?(?:tickets?|invoice|receipt|confirmation|voucher) (?:again|once more)|(?:lost|deleted|can't find|cannot find|didn't get|did not get|haven't received|never got|never received|need|where is|where's) (?:my|the|our|an?) (?:e-?)?(?:ticket|invoice|receipt|confirmation|voucher|booking link)"
    ),
    "mine": phrase(
        r"(?:show|see|list|view|check|find|what are|which are)(?: me)?(?: all)? (?:my|our) (?:bookings?|reservations?)|my bookings|my reservations|our bookings|our reservations|(?:do i|do we) have (?:a|any) bookings?|what have i booked|status of my (?:booking|reservation)|where is my booking"
    ),
    "lost": phrase(
        r"(?:lost|forgot|forgotten|left)(?: (?:\w+ ){0,4})(?:in|on|inside) (?:the|your|that|our) (?:car|van|vehicle|bus|minibus|taxi|boat|yacht|suv|transfer|sedan)|lost (?:property|item|and found|& found)|left (?:behind )?(?:my|our|a|an|the) \w+(?: \w+){0,3} (?:in|on|with) (?:the|your) (?:car|driver|van|vehicle|boat|bus)"
    ),
}
ASKS_BOOKED = {
    "cancel": phrase(r"cancel(?:ling|ing|lation)?(?! the (?:child|baby|booster|flowers|champagne|cake))"),
    "delay": phrase(
        r"land(?:ing|s)?(?: now)?(?: at| around| about)? \d[\d:.]*(?:[ap]m)?|(?:arrive|arriving|arrival)(?: now)?(?: at| around| about)? \d[\d:.]*(?:[ap]m)?|delayed|(?:hours?|minutes?|mins?) late"
    ),
    "driver": phrase(
        r"(?:i'm|i am|we're|we are) (?:here|outside|at the (?:airport|exit|meeting point|lobby|gate))|(?:i|we)(?:'ve| have)? (?:just )?arrived"
    ),
}
WAY_BACK = phrase(r"return|way back|(?:trip|ride|transfer|journey) back|back to the airport|inbound")
WAY_THERE = phrase(r"outbound|way there|first (?:ride|trip|leg|transfer)|way out")
LATE = phrase(
    r"(?:(?P<hours>\d{1,2}|an?|one|two|three|four|five|six) (?:and (?P<half>a half) )?(?:hours?|hrs?|h))?(?: ?(?:and )?(?P<minutes>\d{1,3}) ?(?:minutes?|mins?|min))?"
)
BY_MAIL = phrase(r"(?:by|to|via|per|on) (?:my )?e-?mail|e-?mail (?:me|us|it)|(?:to )?my (?:e-?)?mail(?: address)?")
