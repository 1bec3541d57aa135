"""A card with more than fits under one message: a tap turns its page, which is no answer and moves no talk."""

from flows.speech import Heard
from models.database import read
from models.fields import unpacked
from models.turns import Reply, Seen

PAGE = "page"  # the question that such a tap names; its value says which page
EDITING = ("telegram",)  # channels on which a card may change in place


async def card_turned(heard: Heard, seen: Seen) -> Reply | None:
    """The tapped card at the page that was asked for; None for any other tap, and where the card is not known any more."""
    if heard.tap is None or heard.tap.question != PAGE or not heard.quotes:
        return None
    rows = await read(
        "SELECT kind, payload, language FROM delivery WHERE recipient_id = :to AND provider_id = :card "
        "ORDER BY id DESC LIMIT 1",
        to=seen.recipient, card=heard.quotes,
    )  # fmt: skip
    if not rows:
        return None
    payload = unpacked(rows[0]["payload"]) | {"page": heard.tap.value}
    edits = {"edits": heard.quotes} if heard.channel in EDITING else {}
    return Reply(rows[0]["kind"], payload | edits, rows[0]["language"])
