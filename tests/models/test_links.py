"""Secret links: derived, never stored, and a new one ends the old."""

import pytest

from models.database import read, transaction
from models.links import find, issue, masked, token
from tests.conftest import NOW
from tests.models.given import a_booking
from tests.patience import not_for_ever

pytestmark = pytest.mark.usefixtures("database")

SECRET = b"the operator's own secret"


async def test_a_link_leads_to_its_booking_and_nowhere_else() -> None:
    """For its purpose only, and not by a letter less."""
    mine, other = await a_booking(NOW), await a_booking(NOW)
    async with transaction() as run:
        await issue(run, SECRET, mine, "guest")
        await issue(run, SECRET, other, "guest")
    link = token(SECRET, mine, "guest", 1)
    assert await find(link, "guest") == mine
    assert await find(link, "partner:rafael") is None
    assert await find(link[:-1], "guest") is None
    assert await find("", "guest") is None
    assert await find(token(SECRET, other, "guest", 1), "guest") == other


async def test_a_new_version_ends_the_old_one() -> None:
    """After rotating, the link in the old message opens nothing."""
    booking = await a_booking(NOW)
    async with transaction() as run:
        await issue(run, SECRET, booking, "guest", 1)
        await issue(run, SECRET, booking, "partner:rafael", 1)
        await issue(run, SECRET, booking, "guest", 2)
    assert await find(token(SECRET, booking, "guest", 1), "guest") is None
    assert await find(token(SECRET, booking, "guest", 2), "guest") == booking
    assert await find(token(SECRET, booking, "partner:rafael", 1), "partner:rafael") == booking


async def test_the_database_does_not_hold_what_opens_a_booking() -> None:
    """A copy of the records opens no portal: they hold a hash, and the token needs the secret."""
    booking = await a_booking(NOW)
    async with transaction() as run:
        await issue(run, SECRET, booking, "guest")
    link = token(SECRET, booking, "guest", 1)
    assert len(link) == 43
    assert link not in str(await read("SELECT * FROM link"))
    assert token(b"another secret", booking, "guest", 1) != link


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("see (https://b.example/b/{}/pay?lang=en now", "see ([link] now"),
        ("Https://b.example/partner/{}", "[link]"),
        ("http://c.example,https://b.example/b/{}\nThank you", "[link]\nThank you"),
        ("my husband/partner/girlfriend\nhttps://b.example/b/{}", "my husband/partner/girlfriend\n[link]"),
        ("https://hotel.example/b/rooms", "https://hotel.example/b/rooms"),
    ],
)
async def test_what_opens_a_booking_is_masked(written: str, seen: str) -> None:
    """However it is spelt and whatever stands before it; other addresses stay as they are."""
    assert masked(written.format(token(SECRET, 1, "guest", 1))) == seen


@pytest.mark.parametrize(
    "nasty", ["http:", "http:/b/", "http:/b/aaaaaaaa\n", "/b/", "http: ", ">\n", "http:/b/aaaaaaa "]
)
async def test_masking_takes_no_longer_than_reading(nasty: str) -> None:
    """Chat messages are masked as they come: what is made to be slow is gone through once."""
    long = nasty * (200_000 // len(nasty))
    with not_for_ever():
        masked(f"http:/b/aaaaaaaa\n{long}")
        masked(long)
