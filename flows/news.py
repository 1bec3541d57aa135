"""What the talk learns when the world moved: the request was taken, sold out, paid, or its hold ended.

| news | facts |
|---|---|
| sent | reference, hold_until (instant), due (money), total (money) |
| sold_out | times ["15:30"], vehicles [{key, name, seats, bags, price}], departures [{starts, seats_left, price}]: what is free instead |
| | returning: only the way back is taken, the times are of that |
| price_changed | nothing: the review is shown again with what it costs now |
| too_late | first (instant): the first start that can still be booked |
| hold_ended | nothing |
| paid | reference, paid (money), total (money), due (money left), lead (name), meeting (text) |
| payment_failed | nothing; the hold goes on |
| waitlisted | reference, place (1 is next) |
| offered | as for "sent": what was waited for is held for them |
| list_left | reference; ended: nobody left it, its time has come |
| handed_back | nothing: a person of the team gave the talk back |
| changed | state ("booked" or "waiting_payment"), and as for "sent" or "paid"; change: what it came to; owed (money now, or None) |
| change_overtaken | request: what somebody else has made of the booking meanwhile |
| change_closed | why ("change_late" or "change_over"): it can no longer be changed without a person |
| change_paid | due (money left), paid: what a change had made dearer is paid |
| answered | say (a `Say` as JSON): what came of a wish about a booking; ended: the code of the booking that is over by it |
"""

from collections.abc import Mapping
from typing import Any

from flows import anytime, changing, waiting
from flows.conversation import Conversation
from flows.speech import Option, Say
from flows.talk import Talk
from flows.when import from_instant


def learn(book: Conversation, talk: Talk, news: str, facts: Mapping[str, Any]) -> Talk:
    """The talk after the news; what is to be said about it is said by the next `say`."""
    talk = talk.next()
    if "changing" in talk.facts and news in changing.LEARNT:
        changing.LEARNT[news](book, talk, facts)
    elif news in ("sold_out", "too_late") and talk.state not in book.after:
        if "changing" in talk.facts:
            talk.remark("change_stands", reference=talk.facts["reference"])
        talk.doubts["review"] = {"say": _refused(talk, news, facts).as_json(), "memory": {}}
    elif news == "price_changed":
        talk.remark("price_changed")
    elif news == "answered":
        _answered(book, talk, facts)
    elif news == "handed_back":
        talk.remark("handed_back")
    elif news == "list_left":
        waiting.left(book, talk, str(facts["reference"]))
    elif news == "change_paid" and talk.state == "booked":
        talk.facts |= {**facts, "owed": None}
    elif news == "payment_failed" and talk.state == "waiting_payment":
        talk.remark("payment_failed")
    elif book.move(news, talk):
        _moved(talk, news, facts)
    return talk


def _answered(book: Conversation, talk: Talk, facts: Mapping[str, Any]) -> None:
    """Whoever's booking is over begins anew, and is not asked for their name again."""
    talk.answer_to_ask = dict(facts["say"])
    if facts.get("ended") and talk.facts.get("reference") == facts["ended"] and talk.state in book.after:
        kept = {key: talk.draft[key] for key in ("name", "phone", "email") if talk.draft.get(key)}
        talk.given = list(dict.fromkeys((*talk.given, *kept)))
        anytime.begin(book, talk, kept)


def _moved(talk: Talk, news: str, facts: Mapping[str, Any]) -> None:
    talk.facts |= dict(facts)
    talk.doubts.pop("review", None)
    talk.facts.pop("waits", None)
    if news == "offered":
        talk.facts["offered"] = True
    if news == "hold_ended":
        talk.remark("hold_ended")
        talk.facts = {}
        talk.changed = talk.turn + 1
    else:
        talk.aside = news


def _refused(talk: Talk, news: str, facts: Mapping[str, Any]) -> Say:
    """What was wanted is gone; what is free instead is one tap away, and all other answers stay."""
    instead = _first_free(facts) if news == "too_late" else _alternatives(facts)
    wait = (waiting.JOIN,) if news == "sold_out" and "changing" not in talk.facts else ()
    options = (*instead, *wait, *_others(talk, facts))
    return Say(news, dict.fromkeys(("times", "vehicles", "departures", "first", "returning")) | dict(facts), options)


def _alternatives(facts: Mapping[str, Any]) -> tuple[Option, ...]:
    asked = "return_time" if facts.get("returning") else "time"
    times = [
        Option(asked, time, "@time_option", facts={"time": f"2026-01-15T{time}"}) for time in facts.get("times", ())
    ]
    vehicles = [
        Option("vehicle", v["key"], "@vehicle_option", "@vehicle_short", _only(v)) for v in facts.get("vehicles", ())
    ]
    departures = [_departure(one) for one in facts.get("departures", ())]
    return (*times, *vehicles, *departures)


def _only(vehicle: Mapping[str, Any]) -> dict[str, Any]:
    return {key: vehicle[key] for key in ("name", "seats", "bags", "price")}


def _departure(one: Mapping[str, Any]) -> Option:
    local = f"{from_instant(one['starts']):%Y-%m-%dT%H:%M}"
    facts = {"starts": one["starts"], "seats": one["seats_left"], "price": one["price"]}
    return Option("departure", local, "@departure_option", "@departure_short", facts)


def _first_free(facts: Mapping[str, Any]) -> tuple[Option, ...]:
    if "first" not in facts:
        return ()
    local = f"{from_instant(facts['first']):%Y-%m-%dT%H:%M}"
    return (Option("time", local, "@moment_option", facts={"starts": facts["first"]}),)


def _others(talk: Talk, facts: Mapping[str, Any]) -> tuple[Option, ...]:
    line = "departure" if "departure" in talk.draft else "return_date" if facts.get("returning") else "date"
    return (Option("change", line, f"@line_{line}"), Option("anytime", "person", "@person"))
