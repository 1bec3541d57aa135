"""What a talk is offered, at the prices it was told: a price holds until its moment, then what it is by now is said beside it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flows.book import needs
from flows.menu import Offer
from flows.talk import Talk
from handlers.menu import menu_of
from handlers.moment import Moment
from handlers.offers import offer_for
from models import catalogs
from models.catalog import Catalog
from models.money import Money
from models.request import as_instant


async def offer_as_promised(at: Moment, talk: Talk) -> Offer:
    """What the open question needs to be shown, by the catalogue whose prices this talk was promised while they hold."""
    source = {"channel": at.heard.channel, "at": as_instant(at.now, at.catalog.brand.zone), "language": talk.language}
    changing = "changing" in talk.facts
    world, catalog = at.world if changing else replace(at.world, standing=None), at.catalog
    promised, told = None if changing else talk.facts.get("promised"), None
    if promised is not None and promised["version"] != str(catalog.version):
        told = await catalogs.version(int(promised["version"]))
        if datetime.fromisoformat(promised["valid_until"]["utc"]) >= at.now:
            world, catalog, told = replace(world, menu=menu_of(told)), told, None
    offer = await offer_for(needs(talk), talk.draft, world, catalog, source, at.seen.recipient)
    return replace(offer, over=await _over(at, talk, offer, told)) if told else offer


async def _over(at: Moment, talk: Talk, offer: Offer, told: Catalog) -> dict[str, Any]:
    """How a price that was promised and is over differs from what the same costs now; nothing where it does not."""
    before = (await offer_for(("quote",), talk.draft, at.world, told, {"channel": at.heard.channel})).quote
    if before is None or offer.quote is None or dict(before.total) == dict(offer.quote.total):
        return {}
    was, now = Money.from_fact(dict(before.total)), Money.from_fact(dict(offer.quote.total))
    difference = now - was if was < now else was - now
    return {"was": was.as_fact(), "now": now.as_fact(), "difference": difference.as_fact(), "dearer": was < now}


async def as_quoted(at: Moment, talk: Talk) -> Catalog | None:
    """The catalogue that the review was priced by, while that price is valid or still the same; else None."""
    quoted = talk.facts.get("quoted")
    if quoted is None or quoted["version"] == str(at.catalog.version):
        return at.catalog
    promised = talk.facts.get("promised") or quoted
    until = [each["valid_until"]["utc"] for each in (quoted, promised) if each["version"] == quoted["version"]]
    if datetime.fromisoformat(max(until)) >= at.now:
        return await catalogs.version(int(quoted["version"]))
    now = await offer_for(("quote",), talk.draft, at.world, at.catalog, {"channel": at.heard.channel})
    return at.catalog if now.quote and dict(now.quote.total) == quoted["total"] else None
