"""What the verdict of the trials counts as doubled."""

from types import SimpleNamespace
from typing import Any

import pytest

from models import delivery
from models.database import transaction
from models.fields import packed
from tests.conftest import NOW
from tests.faults.crowd import Plan
from tests.faults.verdict import told_alike, twice_on_telegram, twice_on_whatsapp
from tests.models.given import a_guest


def message(number: int, kind: str, **more: Any) -> dict[str, Any]:
    """One that the bot sent to Ana."""
    return {
        "id": str(number), "person": "ana", "channel": "telegram", "mine": False, "kind": kind, "keyboard": [], "media": [],
    } | more  # fmt: skip


def paper(number: int, name: str) -> dict[str, Any]:
    """A paper that goes before the words of its delivery."""
    return message(number, "document", media=[{"name": name}])


def fleet(*messages: dict[str, Any]) -> Any:
    """One whose providers have taken these; a file's content is its id without the number."""
    world = SimpleNamespace(
        messages=messages, people=[{"key": "ana", "telegram": 7}], file=lambda key: (key[:1].encode(),)
    )
    return SimpleNamespace(sim=SimpleNamespace(world=world))


async def known(*ids: int) -> None:
    """A delivery that left in these messages."""
    to = await a_guest("telegram", "7")
    async with transaction() as run:
        await delivery.post(run, to, "said", {}, language="en", now=NOW)
        *before, last = map(str, ids)
        await run("UPDATE delivery SET parts = :before, provider_id = :last", before=packed(before), last=last)


@pytest.mark.parametrize(
    ("messages", "times"),
    [
        ([paper(1, "ticket.pdf"), paper(2, "invoice.pdf"), message(3, "text")], 0),
        ([paper(4, "ticket.pdf"), paper(5, "ticket.pdf"), paper(1, "ticket.pdf")], 2),
        ([paper(4, "ticket.pdf"), paper(5, "invoice.pdf"), message(6, "text"), paper(1, "ticket.pdf")], 1),
        ([message(4, "text", puts_away=True), message(5, "text")], 1),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("database")
async def test_what_came_again_is_found_on_telegram(messages: list[dict[str, Any]], times: int) -> None:
    """Whatever no delivery knows; the papers and the words of one attempt count once."""
    await known(1, 2, 3)
    assert (await twice_on_telegram(fleet(*messages)))["7"] == times


def taken(number: int, delivered: int, *files: str, text: str = "") -> dict[str, Any]:
    """One that Twilio took for a delivery, with these files."""
    callback = f"https://b.example/hooks/whatsapp/status?d={delivered}.{number}&enclosed=1"
    media = [{"id": each, "name": f"{each}.png"} for each in files]
    return message(
        number, "photo", text=text, media=media, status="read", api={"callback": callback}, channel="whatsapp"
    )


def test_two_pictures_are_not_one_that_came_twice() -> None:
    """Without words, and whatever they are called: it is by what they show."""
    assert twice_on_whatsapp(fleet(taken(1, 5, "a1"), taken(2, 5, "b1"), taken(3, 6, "a1"))) == {}
    assert twice_on_whatsapp(fleet(taken(1, 5, "a1"), taken(2, 5, "b1"), taken(3, 5, "a2"))) == {"5": 2}


@pytest.mark.parametrize(
    ("kinds", "named", "alike"),
    [
        (("party", "name", "review"), False, True),
        (("party", "name", "name", "review"), False, False),
        (("party", "name", "review"), True, False),
        (("party", "party", "review"), False, False),
        (("party",), False, False),
    ],
)
@pytest.mark.usefixtures("database")
async def test_whoever_is_told_another_story_is_found(kinds: tuple[str, ...], named: bool, alike: bool) -> None:
    """Only of whom a message was fetched from the list, which has no names, may be asked for theirs, once."""
    quiet, another = Plan(2), Plan(4)
    for plan, told, name in ((quiet, ("party", "review"), True), (another, kinds, named)):
        to = await a_guest("whatsapp", plan.address)
        async with transaction() as run:
            for kind in told:
                await delivery.post(run, to, kind, {}, language="en", now=NOW)
            await run(
                "INSERT INTO inbound (channel, external_id, recipient_id, heard, words, state, attempts, received) "
                "VALUES ('whatsapp', :sid, :to, :heard, '', 'done', 0, 0)",
                sid=plan.key, to=to, heard=packed({"name": plan.name if name else ""}),
            )  # fmt: skip
    guests: Any = [SimpleNamespace(plan=quiet), SimpleNamespace(plan=another)]
    assert (await told_alike(guests) == []) is alike
