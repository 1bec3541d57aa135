"""The desk makes links and cards, sees what came of each source, and logs calls as requests."""

import html
import re

import pytest

from flows.speech import Heard
from handlers.someone_wrote import someone_wrote
from models.database import read
from models.fields import unpacked
from tests.web.front import Front


async def at_the_desk(front: Front) -> Front:
    """Marisol, logged in."""
    await front.log_in()
    return front


def shown(page: str) -> str:
    """A page as it is read."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_a_card_brings_guests_that_are_counted(front: Front) -> None:
    """A source is named, a link made and printed; who opens it is counted, and what they send is its own."""
    desk = await at_the_desk(front)
    assert (await desk.post("/desk/doors/sources", {"where": "Arena Blanca, reception"}))[0].status == 303
    form = {"source": "arena-blanca-reception", "words": "from Hotel Arena Blanca to the airport", "language": "en"}
    answer, _ = await desk.post("/desk/doors/links", form)
    assert answer.status == 303
    address = answer.headers["Location"]
    text = (await desk.get(address))[1]
    assert "Hotel Arena Blanca" in shown(text)
    for size in ("a5", "a6"):
        answer, card = await desk.get(f"{address}/card?size={size}")
        assert answer.status == 200
        assert "Arena Blanca, reception" in shown(card)
        assert f'class="card-print {size}"' in card
    token = address.rpartition("/")[2]
    await someone_wrote(desk.house, Heard("telegram", "1", "700100201", desk.house.now(), words=f"/start {token}"))
    row = re.search(r'data-key="src-arena-blanca-reception">.*?</tr>', (await desk.get("/desk/doors"))[1], re.DOTALL)
    assert row
    assert shown(row[0]).endswith("1 0 0 0")
    state = unpacked((await read("SELECT state FROM talk"))[0]["state"])
    assert state["draft"]["pickup"] == {"place": "arena_blanca"}


async def test_a_call_becomes_a_request_to_be_worked(front: Front) -> None:
    """Understood as far as words go, it waits on the desk until somebody called back."""
    desk = await at_the_desk(front)
    form = {"name": "Grace Hall", "phone": "+46 70 123 45 67", "said": "airport to Hard Rock on Tuesday, two people"}
    answer, _ = await desk.post("/desk/doors/calls", form)
    assert answer.status == 303
    talk = answer.headers["Location"]
    text = shown((await desk.get(talk))[1])
    assert "airport to Hard Rock on Tuesday" in text
    assert "Called back" in text
    state = unpacked((await read("SELECT state FROM talk"))[0]["state"])
    assert state["draft"]["dropoff"] == {"place": "hard_rock"}
    assert "Waits for a person" in (await desk.get("/desk/talks"))[1]
    assert (await desk.post(f"{talk}/called"))[0].status == 303
    assert "Waits for a person" not in (await desk.get("/desk/talks"))[1]
    assert "Grace Hall" in shown((await desk.get("/desk/doors"))[1])


@pytest.mark.parametrize(
    ("path", "form", "field"),
    [
        ("sources", {"where": "  "}, "where"),
        ("links", {"words": "xyzzy"}, "words"),
        ("links", {"source": "nobody"}, "source"),
        ("calls", {"name": "Grace", "phone": "12", "said": "airport to Hard Rock"}, "phone"),
        ("calls", {"name": "", "phone": "+46701234567", "said": "kept as typed"}, "name"),
    ],
)
async def test_a_mistake_loses_nothing(front: Front, path: str, form: dict[str, str], field: str) -> None:
    """It is told beside its field, and what was typed stays."""
    desk = await at_the_desk(front)
    answer, text = await desk.post(f"/desk/doors/{path}", form)
    assert answer.status == 422
    assert f'id="wrong-{field}"' in text
    assert all(html.escape(value) in text for key, value in form.items() if value.strip() and key != "source")
    assert await read("SELECT id FROM opening") == []


async def test_only_staff_make_links(front: Front) -> None:
    """Others are sent to the log-in."""
    answer, _ = await front.get("/desk/doors")
    assert answer.status == 303
    assert (await front.post("/desk/doors/links", {"words": "airport"}))[0].status == 401
