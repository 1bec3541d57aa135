"""Letters at the desk: every one as it came, and those that wait until somebody has looked at them."""

from aiohttp import web

from bot import mail_in
from handlers.letter_came import held_back, letter_let, letter_set_aside
from models import letters
from web import keys
from web.access import actor, require_staff
from web.desk import desk_page


def routes() -> list[web.RouteDef]:
    """Routes below /desk/letters."""
    found = [
        web.get("/desk/letters", letters_page),
        web.get("/desk/letters/{letter:\\d{1,18}}", whole_letter),
        web.post("/desk/letters/{letter:\\d{1,18}}/answer", answer),
        web.post("/desk/letters/{letter:\\d{1,18}}/aside", aside),
    ]
    return [web.route(each.method, each.path, require_staff(each.handler)) for each in found]


async def letters_page(request: web.Request) -> web.StreamResponse:
    """The letters that wait for a person, the oldest first, then the newest of all, with what came of each."""
    waiting, newest = await letters.waiting(), await letters.newest()
    others = [row for row in newest if row["became"] not in letters.HELD_BACK]
    return await desk_page(request, "letters.html", letters=[*waiting, *others])


async def whole_letter(request: web.Request) -> web.StreamResponse:
    """A letter as it came, with what hangs on it, to be opened by a mail program."""
    number = _letter(request)
    content = await letters.content(number)
    if content is None:
        raise web.HTTPNotFound
    name = {"Content-Disposition": f'attachment; filename="letter-{number}.eml"', "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, content_type="message/rfc822", headers={**name, "Cache-Control": "no-store"})


async def answer(request: web.Request) -> web.StreamResponse:
    """Somebody looked at a letter that was held back: the bot may answer it."""
    program, number = request.app[keys.PROGRAM], _letter(request)
    raw = await held_back(number)
    if raw is not None:  # else another of the team was faster
        letter = await mail_in.understood(program.house, program.settings, raw)
        program.courier.carry(await letter_let(program.house, actor(request), number, letter))
    raise web.HTTPSeeOther("/desk/letters")


async def aside(request: web.Request) -> web.StreamResponse:
    """Somebody looked at a letter that was held back: it is none of ours, or answered by hand."""
    await letter_set_aside(request.app[keys.HOUSE], actor(request), _letter(request))
    raise web.HTTPSeeOther("/desk/letters")


def _letter(request: web.Request) -> int:
    return int(request.match_info["letter"])
