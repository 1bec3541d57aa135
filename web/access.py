"""Who may come in: staff by their log-in, guests by their secret link, and nobody from another site's page."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps
from time import monotonic
from urllib.parse import quote, urlsplit

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handlers import staff_logged_in
from handlers.house import Actor
from handlers.staff_logged_in import OLDEST, Member
from models import links
from web import keys
from web.pages import Handler, page

SAFE = {"GET", "HEAD", "OPTIONS"}
TRIES, AT_MOST, WINDOW = 10, 100, 60.0  # log-ins a minute for one name; from one address, which may be a balancer's
STAFF = web.RequestKey("staff", Member)

_hasher = PasswordHasher()
_checking = ThreadPoolExecutor(2, "password")  # each takes 64 MB and a core: a flood of tries waits here


@cache
def _nobody() -> str:
    """Checked in place of a name we do not know, so that both answers take as long."""
    return _hasher.hash("nobody")


def routes() -> list[web.RouteDef]:
    """The log-in page and the way out."""
    return [
        web.get("/desk/login", login_page),
        web.post("/desk/login", log_in),
        web.post("/desk/logout", log_out),
    ]


def hashed(password: str) -> str:
    """A password as it may be kept (argon2id with the library's own costs). Takes some 50 ms of work."""
    return _hasher.hash(password)


# --- staff ---


def require_staff(handler: Handler) -> Handler:
    """Lets a page be opened by staff only; others are sent to the log-in, and a page's own calls are told 401."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        member = await who(request)
        if member is None:
            return _to_the_login(request)
        request[STAFF] = member
        return await handler(request)

    return guarded


async def who(request: web.Request) -> Member | None:
    """Who of the staff is asking, if anyone."""
    token = request.cookies.get(_cookie(request))
    return await staff_logged_in.at_the_desk(request.app[keys.HOUSE], token) if token else None


def actor(request: web.Request) -> Actor:
    """The member of staff behind a request, as the timeline names them."""
    return Actor(request[STAFF].name, "staff", "desk")


def _to_the_login(request: web.Request) -> web.Response:
    if request.method != "GET" or "text/html" not in request.headers.get("Accept", "text/html"):
        return web.Response(status=401, text="Log in at /desk/login first.")
    return web.Response(status=303, headers={"Location": f"/desk/login?next={quote(request.path_qs, safe='/')}"})


async def login_page(request: web.Request) -> web.StreamResponse:
    """The log-in; whoever is logged in already goes on to the desk."""
    if await who(request):
        raise web.HTTPSeeOther(_onward(request.query.get("next")))
    return await _login(request)


async def log_in(request: web.Request) -> web.StreamResponse:
    """Checks name and password and opens a session; a wrong name and a wrong password get the same answer."""
    form = await request.post()
    login, password = str(form.get("login", ""))[:120], str(form.get("password", ""))[:200]
    if not attempts.allowed(login.strip().lower(), request.remote or ""):
        return await _login(request, typed=login, trouble="often", status=429)
    member = await staff_logged_in.by_login(login)
    right = await asyncio.get_running_loop().run_in_executor(_checking, _matches, member, password)
    if member is None or not right:
        return await _login(request, typed=login, trouble="wrong", status=401)
    earlier = request.cookies.get(_cookie(request))
    token = await staff_logged_in.logged_in(request.app[keys.HOUSE], member, instead_of=earlier)
    answer = web.Response(status=303, headers={"Location": _onward(str(form.get("next", "")))})
    answer.set_cookie(
        _cookie(request), token, max_age=int(OLDEST.total_seconds()), httponly=True, samesite="Lax",
        secure=_secure(request), path="/",
    )  # fmt: skip
    return answer


async def log_out(request: web.Request) -> web.StreamResponse:
    """Ends the session here and in the browser."""
    if token := request.cookies.get(_cookie(request)):
        await staff_logged_in.logged_out(token)
    answer = web.Response(status=303, headers={"Location": "/desk/login"})
    answer.del_cookie(_cookie(request), path="/", secure=_secure(request), httponly=True, samesite="Lax")
    return answer


async def _login(request: web.Request, *, typed: str = "", trouble: str = "", status: int = 200) -> web.Response:
    return await page(
        request, "login.html", status=status, demo=request.app.get(keys.DEMO_LOGIN), typed=typed, trouble=trouble,
        onward=_onward(request.query.get("next")), now=request.app[keys.HOUSE].now(),
    )  # fmt: skip


def _matches(member: Member | None, password: str) -> bool:
    try:
        _hasher.verify(member.password if member else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return member is not None


def _onward(wanted: str | None) -> str:
    """Where to go after the log-in: a page of the desk, never another site."""
    fine = wanted and wanted.startswith("/desk") and "\\" not in wanted and wanted.isprintable()
    return str(wanted) if fine else "/desk"


def _secure(request: web.Request) -> bool:
    return request.app[keys.SETTINGS].url.startswith("https:")


def _cookie(request: web.Request) -> str:
    """The cookie's name; `__Host-` makes a browser insist on https, this host and no other path."""
    return "__Host-desk" if _secure(request) else "desk"


class Attempts:
    """Counts this process's log-ins over the last minute: by name, known or not, and all those from one address."""

    def __init__(self) -> None:
        self._tried: dict[tuple[str, str], list[float]] = {}

    def allowed(self, login: str, address: str) -> bool:
        """Whether one more may be tried now; it counts as tried. Addresses that are refused count against no name."""
        return self._one_more("from", address, AT_MOST) and self._one_more("for", login, TRIES)

    def _one_more(self, what: str, whose: str, most: int) -> bool:
        now = monotonic()
        if len(self._tried) > 10_000:
            self._tried = {each: tried for each, tried in self._tried.items() if now - tried[-1] < WINDOW}
        recent = [at for at in self._tried.get((what, whose), []) if now - at < WINDOW]
        self._tried[what, whose] = [*recent, now][-most - 1 :]
        return len(recent) < most

    def forget(self) -> None:
        """Begin anew."""
        self._tried.clear()


attempts = Attempts()


# --- other sites ---


@web.middleware
async def own_pages_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuses a change that another site's page asks a browser for; hooks and programs send no such headers."""
    if request.method not in SAFE and not request.path.startswith(("/hooks/", "/octo/")) and _foreign(request):
        raise web.HTTPForbidden(text="This can only be asked for from our own pages.")
    return await handler(request)


def _foreign(request: web.Request) -> bool:
    """By `Sec-Fetch-Site` where the browser sends it (W3C Fetch Metadata), else by `Origin`."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc not in _our_hosts(request)


def _our_hosts(request: web.Request) -> set[str]:
    return {request.host, urlsplit(request.app[keys.SETTINGS].url).netloc} - {""}


# --- one address ---


@web.middleware
async def at_our_address(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Sends whoever opens the demo as localhost on to its own address.

    To a browser they are two sites: the stage could not show our pages, and a pay page's form could not lead to the checkout.
    """
    ours = urlsplit(request.app[keys.SETTINGS].url)
    same = (request.url.host, request.url.port, ours.hostname) == ("localhost", ours.port, "127.0.0.1")
    browsing = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if keys.DEMO_LOGIN in request.app and same and browsing:
        raise web.HTTPFound(f"{ours.scheme}://{ours.netloc}{request.raw_path}")
    return await handler(request)


# --- guests ---


async def booking_of(request: web.Request) -> int:
    """The booking of the secret link in the address; a link we do not know looks like any other missing page."""
    booking = await links.find(request.match_info["token"], "guest")
    if booking is None:
        raise UnknownLink
    return booking


class UnknownLink(web.HTTPNotFound):
    """A link that opens nothing, for whatever reason."""
