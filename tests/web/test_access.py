"""Who may come in: staff by their log-in, nobody by another site's page."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import pytest

from models.database import read, transaction
from tests.web.front import CHECKOUT, LOGIN, PASSWORD, Front
from web import access


def cookie(answer: Any, name: str = "desk") -> Any:
    """The session's cookie as the browser is told to keep it."""
    return SimpleCookie("; ".join(answer.headers.getall("Set-Cookie", [])))[name]


async def test_the_desk_is_for_staff(front: Front) -> None:
    """Without a log-in every page leads to the log-in and back, and a page's own call is told 401."""
    answer, _ = await front.get("/desk/bookings/CA-7K4M2?talk=guest")
    assert answer.status == 303
    assert answer.headers["Location"] == "/desk/login?next=/desk/bookings/CA-7K4M2%3Ftalk%3Dguest"
    assert (await front.post("/desk/threads/1/reply", {"text": "hi"}))[0].status == 401
    stream = await front.client.get("/desk/events", headers={"Accept": "text/event-stream"})
    assert stream.status == 401


async def test_a_log_in_opens_the_desk_and_a_log_out_closes_it(front: Front) -> None:
    """The cookie is out of reach of scripts and other sites; the token is kept nowhere, only its hash."""
    answer = await front.log_in()
    assert (answer.status, answer.headers["Location"]) == (303, "/desk")
    kept = cookie(answer)
    assert kept["httponly"]
    assert kept["samesite"] == "Lax"
    sessions = await read("SELECT token_sha256 FROM session")
    assert [row["token_sha256"] for row in sessions] == [hashlib.sha256(kept.value.encode()).hexdigest()]
    assert (await front.get("/desk"))[0].status == 200
    await front.post("/desk/logout")
    assert (await front.get("/desk"))[0].status == 303
    assert await read("SELECT * FROM session") == []


async def test_each_log_in_has_a_token_of_its_own(front: Front) -> None:
    """Logging in again gives another token, and the one before ends."""
    first, second = cookie(await front.log_in()).value, cookie(await front.log_in()).value
    assert first != second
    assert len(await read("SELECT * FROM session")) == 1


async def test_over_https_the_cookie_is_bound_to_this_host(secure_front: Front) -> None:
    """With https the cookie is secure and carries the prefix that pins it to this host."""
    kept = cookie(await secure_front.log_in(), "__Host-desk")
    assert kept["secure"]
    assert kept["path"] == "/"
    assert not kept["domain"]


async def test_a_wrong_name_looks_like_a_wrong_password(front: Front) -> None:
    """Nobody learns from the answer who works here."""
    one = await front.post("/desk/login", {"login": LOGIN, "password": "wrong"})
    other = await front.post("/desk/login", {"login": "nobody@costa-alisia.example", "password": "wrong"})
    assert one[0].status == other[0].status == 401
    assert one[1].replace(LOGIN, "X") == other[1].replace("nobody@costa-alisia.example", "X").replace(LOGIN, "X")
    assert "E-mail and password do not match." in one[1]


@pytest.mark.parametrize("login", [LOGIN, "nobody@costa-alisia.example"])
async def test_guessing_is_slow_work(front: Front, login: str) -> None:
    """After ten tries in a minute even the right password has to wait, for a known and an unknown name alike."""
    for _ in range(access.TRIES):
        assert (await front.post("/desk/login", {"login": login, "password": "wrong"}))[0].status == 401
    answer, page = await front.post("/desk/login", {"login": login.upper(), "password": PASSWORD})
    assert answer.status == 429
    assert "Too many tries" in page
    assert (await front.post("/desk/login", {"login": "someone.else", "password": "wrong"}))[0].status == 401


def test_tries_are_counted_by_name_and_in_all_by_address() -> None:
    """Guessing from many addresses is one guesser's work; and one address, where names change, soon has to wait as well."""
    counted = access.Attempts()
    assert [counted.allowed("ana", f"192.0.2.{each}") for each in range(11)] == [True] * 10 + [False]
    assert counted.allowed("marisol", "192.0.2.1")
    counted.forget()
    assert [counted.allowed(f"name {each}", "192.0.2.1") for each in range(101)] == [True] * 100 + [False]
    assert counted.allowed("name 0", "192.0.2.2")
    assert not counted.allowed("marisol", "192.0.2.1")
    assert all(counted.allowed("marisol", "192.0.2.2") for _ in range(10))  # what was refused there is not counted here


async def test_a_flood_of_log_ins_checks_two_passwords_at_a_time(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check takes a core and 64 MB; without the bound a whole thread pool would have them."""
    at_once, most, real = [0], [0], access._matches

    def counting(*given: Any) -> bool:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        try:
            return real(*given)
        finally:
            at_once[0] -= 1

    async def flood() -> int:
        most[0] = 0
        form = {"password": "wrong"}
        await asyncio.gather(*(front.post("/desk/login", {"login": f"{each}", **form}) for each in range(8)))
        return most[0]

    monkeypatch.setattr(access, "_matches", counting)
    assert await flood() <= 2
    with ThreadPoolExecutor(8) as unbounded:
        monkeypatch.setattr(access, "_checking", unbounded)
        assert await flood() > 2


async def test_a_session_ends_when_idle_and_when_old(front: Front, clock: Any) -> None:
    """Twelve hours without a look end it; seven days end it however busy it was."""
    await front.log_in()
    clock.forward(hours=11, minutes=59)
    assert (await front.get("/desk"))[0].status == 200
    clock.forward(hours=12, minutes=1)
    assert (await front.get("/desk"))[0].status == 303
    await front.log_in()
    for _ in range(15):
        clock.forward(hours=11)
        assert (await front.get("/desk"))[0].status == 200
    clock.forward(hours=4)
    assert (await front.get("/desk"))[0].status == 303


async def test_who_leaves_the_house_leaves_the_desk(front: Front, clock: Any) -> None:
    """A session does not outlive the person's work here."""
    await front.log_in()
    async with transaction() as run:
        await run('UPDATE staff SET "left" = 1 WHERE login = :login', login=LOGIN)
    assert (await front.get("/desk"))[0].status == 303
    assert (await front.log_in()).status == 401


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "/desk\\..", "/b/x"])
async def test_the_log_in_leads_to_the_desk_only(front: Front, wanted: str) -> None:
    """An address slipped into the log-in's link leads nowhere else."""
    answer, _ = await front.post("/desk/login", {"login": LOGIN, "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == "/desk"


async def test_another_site_cannot_act_through_a_browser(front: Front) -> None:
    """A form on someone else's page is refused whatever cookie comes with it; our own pages and hooks are not."""
    await front.log_in()
    host = f"{front.client.host}:{front.client.port}"
    assert (await front.post("/desk/logout", Sec_Fetch_Site="cross-site"))[0].status == 403
    assert (await front.post("/desk/logout", Sec_Fetch_Site="same-site"))[0].status == 403
    assert (await front.post("/desk/logout", Origin="https://evil.example"))[0].status == 403
    assert (await front.post("/desk/logout", Origin="null"))[0].status == 403
    assert (await front.get("/desk", Sec_Fetch_Site="cross-site"))[0].status == 200
    assert (await front.post("/hooks/unknown", Origin="https://evil.example"))[0].status == 404
    assert (await front.post("/desk/logout", Origin=f"http://{host}"))[0].status == 303


async def test_the_demo_shows_its_own_log_in(front: Front) -> None:
    """Only in the demo does the page say how to get in."""
    assert PASSWORD in (await front.get("/desk/login"))[1]


async def test_a_live_house_shows_none(secure_front: Front) -> None:
    """A live log-in page names nobody."""
    page = (await secure_front.get("/desk/login"))[1]
    assert PASSWORD not in page
    assert LOGIN not in page


async def test_a_demo_opened_as_localhost_goes_on_at_its_own_address(front: Front) -> None:
    """So that the pay page's form may lead to the checkout, and the stage show our pages; programs and forms are left alone."""
    _, link = await front.book()
    answer, _ = await front.get(f"{link}/pay?lang=es", Host="localhost:8080")
    assert (answer.status, answer.headers["Location"]) == (302, f"http://127.0.0.1:8080{link}/pay?lang=es")
    assert (await front.post(f"{link}/pay", Host="localhost:8080"))[0].headers["Location"] == CHECKOUT
    assert (await front.client.get("/terms", headers={"Host": "localhost:8080"})).status == 200
    for other in ("127.0.0.1:8080", "localhost:9090", "demo.example"):
        assert (await front.get("/terms", Host=other))[0].status == 200


async def test_a_live_house_sends_nobody_on(secure_front: Front) -> None:
    """Whatever it is called by the proxy in front of it."""
    for name in ("localhost", "localhost:443", "localhost:8080"):
        assert (await secure_front.get("/terms", Host=name))[0].status == 200
