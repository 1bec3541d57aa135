"""The checkout page a guest sees in the sandbox: what is paid for, how much, and three ways to go on."""

import html

from aiohttp import web

from .stripe import Stripe
from .stripe_reading import THREE_DECIMALS, ZERO_DECIMALS, Refused
from .world import Json

WORDS: dict[str, Json] = {
    "en": {
        "title": "Checkout", "sandbox": "Sandbox", "about": "A rehearsal. No card is asked for and no money moves.",
        "to_pay": "To pay", "total": "Total", "card": "Practice card", "ending": "ending in 4242", "pay": "Pay {amount}",
        "declined": "Card is declined", "leave": "Leave without paying", "done": "Paid", "expired": "This checkout is closed",
        "expired_more": "It has expired and can no longer be paid.", "done_more": "This payment has gone through. Nothing more to do here.",
        "back": "Back to the booking", "bank": "Your card was declined. Try again or use another card.", "gone": "No such checkout",
        "busy": "Just a moment…", "each": "each",
    },
    "es": {
        "title": "Pago", "sandbox": "Simulacro", "about": "Es un ensayo. No se pide ninguna tarjeta y no se mueve dinero.",
        "to_pay": "A pagar", "total": "Total", "card": "Tarjeta de práctica", "ending": "terminada en 4242", "pay": "Pagar {amount}",
        "declined": "La tarjeta es rechazada", "leave": "Salir sin pagar", "done": "Pagado", "expired": "Este pago está cerrado",
        "expired_more": "Venció y ya no se puede pagar.", "done_more": "El pago se realizó. No tiene que hacer nada más aquí.",
        "back": "Volver a la reserva", "bank": "Su tarjeta fue rechazada. Intente de nuevo o use otra tarjeta.", "gone": "No existe este pago",
        "busy": "Un momento…", "each": "c/u",
    },
}  # fmt: skip
SYMBOLS = {"usd": "US$", "eur": "€", "gbp": "£", "jpy": "¥", "dop": "RD$", "cad": "CA$", "mxn": "MX$"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
LOCK = (
    '<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
    'stroke-linejoin="round" aria-hidden="true"><rect x="5" y="11" width="14" height="10" rx="2"/><path d="M8 11V7a4 4 0 0 1 8 0v4"/></svg>'
)
CARD = (
    '<svg viewBox="0 0 40 28" width="40" height="28" aria-hidden="true"><rect x="1" y="1" width="38" height="26" rx="4" fill="none" '
    'stroke="currentColor" stroke-width="1.5"/><rect x="1" y="7" width="38" height="5" fill="currentColor"/>'
    '<rect x="6" y="18" width="10" height="3" rx="1.5" fill="currentColor"/></svg>'
)
STYLE = """
:root{color-scheme:light dark;--ground:#f3f4f6;--card:#fff;--ink:#16202b;--soft:#566270;--line:#dde2e8;--act:#1f4fd8;--on-act:#fff;--note:#fff3d6;
--on-note:#6b4400;--bad:#fdecec;--on-bad:#98201c;--good:#e4f5ea;--on-good:#14602f}
@media (prefers-color-scheme:dark){:root{--ground:#0f141a;--card:#19212a;--ink:#e9eef4;--soft:#a3afbc;--line:#2d3845;--act:#7ea2ff;--on-act:#0b1430;
--note:#3a2d10;--on-note:#ffdf9e;--bad:#43191a;--on-bad:#ffc4c1;--good:#12351f;--on-good:#a9e6bd}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:0 auto;padding:1rem 1rem 3rem}
.top{display:flex;align-items:center;gap:.5rem;justify-content:space-between;padding:.75rem 0 1rem;color:var(--soft);font-size:.95rem}
.top strong{display:flex;gap:.5rem;align-items:center;color:var(--ink);font-weight:600;overflow-wrap:anywhere}
.badge{flex:none;background:var(--note);color:var(--on-note);font-weight:600;border-radius:99px;padding:.15rem .7rem;font-size:.85rem}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem;margin-bottom:1rem}
.much{font-size:2.25rem;line-height:1.15;font-weight:700;margin:.1rem 0 0;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.soft{color:var(--soft);margin:0}
ul{list-style:none;margin:1.1rem 0 0;padding:0;border-top:1px solid var(--line)}
li{display:flex;justify-content:space-between;gap:1rem;padding:.7rem 0;border-bottom:1px solid var(--line)}
li>span:first-child{min-width:0;overflow-wrap:anywhere}
li small{display:block;color:var(--soft);font-size:.875rem}
li b,.sum{font-variant-numeric:tabular-nums;white-space:nowrap;font-weight:600}
.sum{display:flex;justify-content:space-between;padding-top:.8rem;font-size:1.05rem}
.method{display:flex;align-items:center;gap:.9rem;color:var(--ink)}.method svg{flex:none;color:var(--soft)}.method p{margin:0}
button,.go{display:block;width:100%;min-height:52px;border-radius:12px;border:1px solid var(--line);background:var(--card);color:var(--ink);
font:600 1rem/1.3 system-ui,sans-serif;padding:.8rem 1rem;margin-top:.75rem;cursor:pointer;text-align:center;text-decoration:none}
.pay{background:var(--act);color:var(--on-act);border-color:var(--act);font-size:1.1rem;margin-top:1.1rem}
.plain{background:none;border-color:transparent;color:var(--soft);margin-bottom:-.5rem}
button:hover,.go:hover{filter:brightness(1.06)}button:focus-visible,.go:focus-visible{outline:3px solid var(--act);outline-offset:2px}
.told{border-radius:12px;padding:.85rem 1rem;margin:0 0 1rem;font-weight:500}.bad{background:var(--bad);color:var(--on-bad)}
.good{background:var(--good);color:var(--on-good)}
footer{color:var(--soft);font-size:.9rem;text-align:center;padding:0 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .35rem}
"""


class Checkout:
    """GET shows the page; POST with card=ok, declined or abandon is what the guest chose."""

    def __init__(self, stripe: Stripe) -> None:
        self.stripe = stripe

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sim/checkout/{session}", self.show), web.post("/sim/checkout/{session}", self.choose)]

    def session(self, request: web.Request) -> Json | None:
        try:
            return self.stripe.session(request.match_info["session"])
        except Refused:
            return None

    async def show(self, request: web.Request) -> web.Response:
        session = self.session(request)
        return self.page(request, session) if session else self.closed(request, None)

    async def choose(self, request: web.Request) -> web.Response:
        """Success: paid, 303 to success_url. Declined: the page again with the bank's words. Abandon: 303 to cancel_url, still open.

        On a session that is already paid nothing changes, the guest only goes on to success_url. `amount` and `currency` may be given by a
        test that wants to pay something else than was asked.
        """
        session, form = self.session(request), await request.post()
        if session is None:
            return self.closed(request, None)
        card = form.get("card")
        if card not in ("ok", "declined", "abandon"):
            return web.Response(status=400, text="card must be ok, declined or abandon")
        if session["status"] == "expired":
            return self.closed(request, session)
        if session["status"] == "complete" or card == "ok":
            amount, currency = form.get("amount"), form.get("currency")
            session = self.stripe.pay(
                session, int(str(amount)) if amount else None, str(currency).lower() if currency else None
            )
            return onward(session["success_url"], session)
        if card == "declined":
            return self.page(request, self.stripe.decline(session), declined=True)
        return onward(session["cancel_url"] or session["success_url"], session)

    # -- drawing -------------------------------------------------------------------------------

    def page(self, request: web.Request, session: Json, *, declined: bool = False) -> web.Response:
        if session["status"] != "open":
            return self.closed(request, session)
        words = words_for(request, session)
        amount = money(session["amount_total"], session["currency"])
        lines = "".join(line(one, words) for one in self.stripe.world.sessions.get(session["id"])["lines"])
        told = f'<p class="told bad" role="alert">{words["bank"]}</p>' if declined else ""
        body = f"""{told}<section><p class="soft">{words["to_pay"]}</p><p class="much">{amount}</p>
<ul>{lines}</ul><div class="sum"><span>{words["total"]}</span><b>{amount}</b></div></section>
<section><div class="method">{CARD}<p>{words["card"]}<br><span class="soft">{words["ending"]}</span></p></div>
<form method="post"><button class="pay" name="card" value="ok">{words["pay"].format(amount=amount)}</button>
<button name="card" value="declined">{words["declined"]}</button>
<button class="plain" name="card" value="abandon">{words["leave"]}</button></form></section>"""
        return self.frame(request, session, body, 200)

    def closed(self, request: web.Request, session: Json | None) -> web.Response:
        words = words_for(request, session)
        if session is None:
            return self.frame(request, None, f"<section><h1>{words['gone']}</h1></section>", 404)
        paid = session["status"] == "complete"
        target = session["success_url"] if paid else session["cancel_url"]
        back = f'<a class="go" href="{html.escape(filled(target, session))}">{words["back"]}</a>' if target else ""
        amount = money(session["amount_total"], session["currency"])
        head, more = (
            (f"{words['done']}: {amount}", words["done_more"]) if paid else (words["expired"], words["expired_more"])
        )
        body = f'<section><h1>{head}</h1><p class="soft">{more}</p>{back}</section>'
        return self.frame(request, session, body, 200 if paid else 410)

    def frame(self, request: web.Request, session: Json | None, body: str, status: int) -> web.Response:
        words = words_for(request, session)
        language = next(key for key, value in WORDS.items() if value is words)
        name = html.escape(str(self.stripe.config.get("merchant") or words["title"]))
        text = f"""<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{words["title"]} · {words["sandbox"]}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><style>{STYLE}</style></head>
<body><main><header class="top"><strong>{LOCK}{name}</strong><span class="badge">{words["sandbox"]}</span></header>
{body}<footer>{words["about"]}</footer></main></body></html>"""
        return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def line(one: Json, words: Json) -> str:
    detail = html.escape(one.get("detail") or "")
    many = f"{one['quantity']} × {money(one['price']['unit_amount'], one['currency'])}" if one["quantity"] > 1 else ""
    small = " · ".join(part for part in (detail, many) if part)
    said = f"{html.escape(one['description'])}{f'<small>{small}</small>' if small else ''}"
    return f"<li><span>{said}</span><b>{money(one['amount_total'], one['currency'])}</b></li>"


def money(amount: int, currency: str) -> str:
    """An amount in minor units as a person reads it; yen and the like have no decimals."""
    digits = 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    symbol = SYMBOLS.get(currency, currency.upper() + "\u00a0")
    return f"{symbol}{amount / 10**digits:,.{digits}f}"


def words_for(request: web.Request, session: Json | None) -> Json:
    asked = (session or {}).get("locale") or request.headers.get("Accept-Language", "en")
    return WORDS["es" if str(asked).lower().startswith("es") else "en"]


def filled(url: str, session: Json) -> str:
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def onward(url: str, session: Json) -> web.Response:
    return web.Response(status=303, headers={"Location": filled(url, session), "Cache-Control": "no-store"})
