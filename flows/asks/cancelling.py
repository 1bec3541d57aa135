"""Cancelling: what it costs is shown before it is agreed to; what has begun is for a person."""

from typing import Any

from flows.asks.answer import Answer, Booking, about, ahead, find, unknown, which
from flows.menu import Offer
from flows.speech import Option, Say
from flows.talk import Cancel, Talk, ToTeam

NAME = "cancel"


def answer(talk: Talk, ask: dict[str, Any], bookings: tuple[Booking, ...], offer: Offer) -> Answer:
    """Which booking, which way, what it costs; agreed to, it is wished for."""
    if ask.get("keep"):
        booking = find(ask, bookings)
        return Answer(about(booking, "cancel_kept")) if booking else Answer(Say("cancel_kept_plain"))
    if not bookings and ask.get("fallback") and not ask.get("reference"):
        return Answer(None, instead=ask["fallback"])
    booking, open_ones = find(ask, bookings), ahead(bookings)
    if booking is None and ask.get("reference"):
        return unknown(ask)
    if booking is None and not open_ones:
        return Answer(about(bookings[0], "cancelled_already")) if bookings else unknown(ask)
    if booking is None and len(open_ones) > 1:
        return which(NAME, open_ones)
    return _one(talk, ask, booking or open_ones[0])


def _one(talk: Talk, ask: dict[str, Any], booking: Booking) -> Answer:
    if booking["why_not"] == "over":
        return Answer(about(booking, "cancelled_already"))
    if booking["why_not"] == "underway":
        wish = ToTeam(ask.get("words") or "", reference=booking["reference"], matter="late")
        return Answer(about(booking, "cancel_late", phone=booking["phone"]), (wish,))
    terms = {each["what"]: each for each in booking["cancel"]}
    what = next(iter(terms)) if len(terms) == 1 else ask.get("what")
    if what is None or what not in terms:
        return Answer(_what(booking), asks_back=True)
    if ask.get("agreed") is not None:
        return Answer(None, (Cancel(booking["reference"], what, ask["agreed"]),))
    return Answer(shown(booking, terms[what]), asks_back=True)


def _what(booking: Booking) -> Say:
    options = tuple(
        Option(
            NAME,
            f"{booking['reference']}:{each['what']}",
            f"@cancel_{each['what']}",
            f"@cancel_{each['what']}_short",
            each,
        )
        for each in booking["cancel"]
    )
    return about(booking, "cancel_what", (*options, _keep(booking)))


def shown(booking: Booking, terms: dict[str, Any]) -> Say:
    """What cancelling costs now, with the tap that agrees to it."""
    value = f"{booking['reference']}:{terms['what']}:{terms['fee']['minor']}"
    return about(booking, "cancel_terms", (Option(NAME, value, "@cancel_yes"), _keep(booking)), terms=terms)


def _keep(booking: Booking) -> Option:
    return Option(NAME, f"{booking['reference']}:keep", "@cancel_keep")


def tapped(value: str) -> dict[str, Any]:
    """What a tapped option stands for: "CA-7K4M2", "CA-7K4M2:back", "CA-7K4M2:back:1800", "CA-7K4M2:keep"."""
    reference, what, agreed, *_ = *value.split(":"), "", ""
    if what == "keep":
        return {"reference": reference, "keep": True}
    return {"reference": reference, "what": what or None, "agreed": int(agreed) if agreed.isdecimal() else None}
