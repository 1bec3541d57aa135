"""What is said at the end of a turn: one message, with the open question last."""

from dataclasses import replace
from typing import Any

from flows import asks, cards, changing, hopping, waiting
from flows.asks.answer import Answer
from flows.conversation import Conversation, Turn
from flows.facts import so_far
from flows.hearing import PATIENCE
from flows.menu import Menu, Offer, Quote
from flows.speech import Link, Option, Say
from flows.talk import ANSWERED, Talk
from flows.tapping import option_words

INTERPRETED = {"service", "pickup", "dropoff", "stops", "date", "departure", "return_date", "phone"}
NEW = Option("anytime", "new", "@new_booking_label")
UNECHOED = {"name", "email", "notes", "occasion"}
BESIDE = ("help", "summary", "price", "for_team")


def needs(book: Conversation, talk: Talk) -> tuple[str, ...]:
    """What must be read before `say`: any of "vehicles", "departures", "quote" and "bookings"."""
    own = next((row.needs for row in book.rows(talk.state) if row.needs), None)
    open_question = own or ("quote" if talk.aside == "price" or talk.state == book.then else None)
    return tuple(each for each in (open_question, "bookings" if talk.ask else None) if each)


def say(book: Conversation, talk: Talk, offer: Offer) -> Turn:
    """The turn's message and its wishes. A turn that wishes what is answered by `learn` says nothing yet.

    What was asked about a booking is answered in a message of its own, before the open question of a draft.
    """
    talk = talk.copy()
    asked = _asked(talk, offer)
    wishes = (*talk.wished(), *(asked.wishes if asked else ()))
    if any(isinstance(wish, ANSWERED) for wish in wishes):
        talk.wishes = []
        return Turn(talk, (), wishes)
    if offer.over:
        talk.remark("quote_over", **offer.over)
        talk.facts.pop("promised", None)
    messages = _messages(book, talk, offer, asked)
    if any(block in ("price_quoted", "price_route") for message in messages for block, _ in message.parts()):
        talk.facts["promised"] = cards.promise(talk, offer)
    pictured = tuple(_new_pictures(talk, said) for said in messages)
    messages = _put_away(talk, tuple(part for said in pictured for part in _greeted(talk, said)))
    talk.turn += 1
    if offer.quote and talk.state == book.then:
        talk.facts["quoted"] = _quoted(offer.quote, offer)
    talk.shown = [_remembered(option) for message in reversed(messages) for option in message.options]
    talk.understood, talk.remarks, talk.wishes = [], [], []
    talk.aside = talk.ask = talk.answer_to_ask = None
    return Turn(talk, messages, wishes)


def _new_pictures(talk: Talk, said: Say) -> Say:
    """A picture of what is on sale is shown once in a talk; what belongs to a booking, whenever it is asked for."""
    if said.about is not None or not said.photos:
        return said
    fresh = tuple(photo for photo in said.photos if photo["file"] not in talk.pictured)
    talk.pictured += [photo["file"] for photo in fresh]
    return replace(said, photos=fresh)


def _greeted(talk: Talk, said: Say) -> tuple[Say, ...]:
    """Nobody is shown a picture before "hello": the first words of a talk go ahead of it, as a message of their own."""
    if talk.turn or not said.photos or not said.before:
        return (said,)
    *first, last = said.before
    return replace(last, before=tuple(first)), replace(said, before=())


def _put_away(talk: Talk, messages: tuple[Say, ...]) -> tuple[Say, ...]:
    """A key for sharing stays until it is put away, so the next message that has none does that."""
    before, talk.sharing = talk.sharing, next((said.shares for said in messages if said.shares), None)
    return (replace(messages[0], unshares=True), *messages[1:]) if before and not talk.sharing else messages


def _asked(talk: Talk, offer: Offer) -> Answer | None:
    """What is answered to an ask: what came of its wish, else what their bookings tell."""
    if talk.answer_to_ask:
        return Answer(Say.from_json(talk.answer_to_ask))
    if not talk.ask:
        return None
    answer = asks.answer(talk, offer)
    talk.left, talk.aside = answer.left, answer.instead
    return answer if answer.say or answer.wishes else None


def _messages(book: Conversation, talk: Talk, offer: Offer, asked: Answer | None) -> tuple[Say, ...]:
    before = tuple(_before(book, talk, offer))
    if asked is None or asked.say is None:
        return (_with_person(talk, replace(_message(book, talk, offer), before=before), offer.world.menu),)
    answer = replace(asked.say, before=(*before, *asked.say.before))
    open_still = talk.state not in book.after and any(key not in talk.given for key in talk.draft)
    if asked.asks_back or not open_still:
        return (answer,)
    return (answer, _message(book, talk, offer))


def _quoted(quote: Quote, offer: Offer) -> dict[str, Any]:
    """What was shown as the price, by which version of the catalogue, and until when it holds."""
    valid = dict(quote.valid_until) if quote.valid_until else None
    return {"total": dict(quote.total), "version": offer.world.menu.version, "valid_until": valid}


def _remembered(option: Option) -> dict[str, Any]:
    return {"question": option.question, "value": option.value, "words": option_words(option)}


def _with_person(talk: Talk, message: Say, menu: Menu) -> Say:
    """Whoever is not understood three times in a row is offered a person; who asks for help, every other way to us too."""
    if talk.aside == "help":
        return replace(message, links=(*message.links, *hopping.ways(talk, menu)))
    if talk.aside == "for_team":
        return replace(message, options=(*message.options, Option("anytime", "person", "@person")))
    if talk.misses < PATIENCE or talk.aside == "person_called":
        return message
    offered = any(option.question == "anytime" and option.value == "person" for option in message.options)
    person = () if offered else (Option("anytime", "person", "@person"),)
    return replace(message, before=(*message.before, Say("offer_person")), options=(*message.options, *person))


def _before(book: Conversation, talk: Talk, offer: Offer) -> list[Say]:
    """What comes before the question: a greeting, what was understood, remarks, what was asked for beside."""
    said = []
    if talk.turn == 0:
        said.append(Say("hello", {"brand": offer.world.menu.brand, "name": _first_name(talk)}))
    if echoed := _echoed(talk):
        said.append(Say("understood", so_far(talk.draft, offer.world, echoed)))
    said += [Say.from_json(remark) for remark in talk.remarks]
    if talk.aside in BESIDE and (talk.state not in book.after or talk.aside == "help"):
        said.append(_beside(book, talk, offer))
    return said


def _echoed(talk: Talk) -> set[str]:
    """What is said back: anything not asked for, and of a plain answer only what had to be interpreted."""
    new = {key for key in talk.understood if key in talk.draft}
    new -= UNECHOED if "unasked" not in talk.understood else {"notes"}
    if talk.state == "extras":
        new -= {"extras"}
    if len(new) == 1 and new & {"pickup"} and talk.state == "dropoff":
        return set()
    return new if len(new) > 1 or new & INTERPRETED or "unasked" in talk.understood else set()


def _first_name(talk: Talk) -> str | None:
    name = (talk.draft.get("name") or talk.profile).split()
    return name[0] if name and any(map(str.isalpha, name[0])) else None


def _beside(book: Conversation, talk: Talk, offer: Offer) -> Say:
    if talk.aside == "price":
        return cards.price(talk, offer)
    if talk.aside == "for_team":
        return Say("for_team")
    if talk.aside == "help":
        return Say("help_sent" if talk.state in book.after else "help", {"phone": offer.world.menu.phone})
    return Say("summary", cards.everything(talk, offer))


def _message(book: Conversation, talk: Talk, offer: Offer) -> Say:
    if talk.aside == "person_called":
        return Say("person_called", {"phone": offer.world.menu.phone}, links=hopping.ways(talk, offer.world.menu))
    if hop := hopping.card(talk):
        return hop
    if talk.state in book.after:
        return _standing(talk, offer)
    if talk.aside == "confirm_drop":
        keep = (Option("anytime", "start_over", "@start_over"), Option("anytime", "stay", "@stay"))
        return Say("confirm_drop", {}, (*keep, Option("anytime", "person", "@person")))
    if talk.aside == "change" or ("changing" in talk.facts and _nothing_changed(book, talk)):
        return cards.change(talk, offer, _lines(book, talk, offer))
    if talk.aside == "add":
        return cards.add(talk, offer, _additions(book, talk, offer))
    return _question(book, talk, offer)


def _nothing_changed(book: Conversation, talk: Talk) -> bool:
    """All is as it was booked: what shall be another?"""
    return talk.state == book.then and "review" not in talk.doubts and not changing.differences(talk)


def _lines(book: Conversation, talk: Talk, offer: Offer) -> list[str]:
    menu = offer.world.menu
    fixed = changing.FIXED if "changing" in talk.facts else ()
    answered = [
        key for key in book.keys if key in talk.draft and book.applies(key, talk.draft, menu) and key not in fixed
    ]
    more = _additions(book, talk, offer) if "changing" in talk.facts else []  # there, one list has all of it
    return answered + [key for key in more if key not in answered]


def _additions(book: Conversation, talk: Talk, offer: Offer) -> list[str]:
    """What is not asked for and was not told yet."""
    menu = offer.world.menu
    return [key for key in book.keys if not talk.draft.get(key) and book.on_demand(key, talk.draft, menu)]


def _question(book: Conversation, talk: Talk, offer: Offer) -> Say:
    """The open question: in the words of a doubt where there is one, in other words after a miss."""
    question = book.question(talk.state, talk, offer.world.menu)
    card = question.card(talk, offer) if question else cards.review(talk, offer, _additions(book, talk, offer))
    if talk.state in talk.doubts:
        return _doubtful(book, talk, card)
    if question is None:
        return card
    if talk.misses and card.block in book.keys:
        card = replace(card, block=f"{card.block}_again")
    return _kept(talk, card)


def _doubtful(book: Conversation, talk: Talk, plain: Say) -> Say:
    """What is in doubt, with its own options or, where it offers no answer, with those of the `plain` question."""
    card = replace(Say.from_json(talk.doubts[talk.state]["say"]), shares=plain.shares)
    if talk.state == book.then:
        return replace(card, facts=dict(plain.facts) | dict(card.facts))
    if _offers_an_answer(card):
        return _kept(talk, card)
    answers = tuple(one for one in plain.options if one not in card.options)
    return _kept(talk, replace(card, options=(*answers, *card.options), pick=plain.pick))


def _offers_an_answer(card: Say) -> bool:
    return any(option.question not in ("anytime", "change") for option in card.options)


def _kept(talk: Talk, card: Say) -> Say:
    """A question asked again can be left as it was."""
    if talk.state not in talk.draft or talk.state not in (talk.reopened, *talk.doubts) or talk.state == "extras":
        return card
    return replace(card, options=(*card.options, Option(talk.state, "keep", "@keep")))


def _standing(talk: Talk, offer: Offer) -> Say:
    """Where the booking stands, with its doors."""
    facts = so_far(talk.draft, offer.world) | {key: talk.facts.get(key) for key in _STANDING}
    if talk.aside == "changed":
        return _changed(talk)
    if talk.state == "waitlisted":
        leave = Option(waiting.ASKED, f"leave:{talk.facts.get('reference')}", "@waiting_off")
        block = "waitlisted" if talk.aside == "waitlisted" else "waitlisted_standing"
        return Say(
            block, facts | {"place": talk.facts.get("place")}, (leave, *_change_it(talk), NEW), (Link("booking"),)
        )
    if talk.state == "waiting_payment":
        block = "held" if talk.aside == "sent" else "waiting_payment"
        return Say(block, facts, (), (Link("pay"), Link("booking")))
    block = {"paid": "booked", "welcome": "welcome", "told_team": "told_team"}.get(talk.aside or "", "booked_standing")
    links = (Link("ticket"), Link("booking")) if block == "booked" else (Link("booking"),)
    if owed := talk.facts.get("owed"):  # a change made it dearer
        facts, links = facts | {"due": owed}, (Link("pay"), *links)
    options = (Option("anytime", "new", "@new_booking_label"), *_change_it(talk)) if block != "booked" else ()
    return Say(block, facts, options, links)


def _change_it(talk: Talk) -> tuple[Option, ...]:
    reference = talk.facts.get("reference")
    return (Option(changing.TAP, reference, "@change_booking_label"),) if reference else ()


def _changed(talk: Talk) -> Say:
    """What the booking is now, and what is owed for it, if anything."""
    if talk.state == "waitlisted":
        return Say("changed_waiting", {**talk.facts["change"], "place": talk.facts["place"]}, (), (Link("booking"),))
    certain = talk.state == "booked"
    due = talk.facts["owed"] if certain else talk.facts["due"]
    facts = dict(talk.facts["change"]) | {"certain": certain, "due": due, "hold_until": talk.facts["hold_until"]}
    pay = (Link("pay"),) if due else ()
    return Say("changed", facts, (), (*pay, Link("booking")))


_STANDING = ("reference", "hold_until", "due", "total", "paid", "lead", "meeting")
