"""A card with more than fits under one message: a tap turns its page, which is no answer and moves no talk."""

from flows.speech import Heard
from models.database import read
from models.fields import unpacked
from models.turns import Reply, Seen

PAGE = "page"  # the question that such a tap names; its value says which page
LATELY = 30  # messages back in which a card is looked for


async def card_turned(heard: Heard, seen: Seen, *, edits: bool) -> Reply | None:
    """The tapped card at the page that was asked for; None for any other tap, and where the card is not known any more.

    `edits`: the card changes in place.
    """
    if heard.tap is None or heard.tap.question != PAGE or not heard.quotes:
        return None
    kept = await read(
        "SELECT kind, payload, language, provider_id FROM delivery WHERE recipient_id = :to ORDER BY id DESC LIMIT :most",
        to=seen.recipient, most=LATELY,
    )  # fmt: skip
    cards = [(row, unpacked(row["payload"])) for row in kept]
    tapped = [(row, payload) for row, payload in cards if row["provider_id"] == heard.quotes]
    shown = [
        (row, payload) for row, payload in cards if payload.get("turn") == heard.tap.turn
    ]  # its id may not be noted yet
    if not (tapped or shown):
        return None
    row, payload = (tapped or shown)[0]
    in_place = {"edits": heard.quotes} if edits else {}
    return Reply(row["kind"], payload | {"page": heard.tap.value} | in_place, row["language"])
