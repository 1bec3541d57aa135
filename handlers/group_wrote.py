"""Someone wrote in a group that is not the staff's: one polite sentence that leads into a talk of their own, and then silence."""

from datetime import timedelta

from flows.speech import Heard, Say
from handlers.hearing import keep_heard
from handlers.house import House
from models.database import Run
from models.fields import micros
from models.turns import Carry, Reply

AGAIN = timedelta(hours=24)  # a group is told once a day, however much is written there


async def group_wrote(house: House, heard: Heard, recipient: int, language: str, inbound: int | None) -> Carry:
    """Nobody's request is talked about before others: whoever wants something is asked to write privately."""
    bot = (await house.catalog()).brand.telegram or ""

    async def act(run: Run, kept: int) -> Reply | None:
        since = micros(house.now() - AGAIN)
        told = await run(
            "SELECT id FROM delivery WHERE recipient_id = :to AND kind = 'in_a_group' AND created > :since LIMIT 1",
            to=recipient, since=since,
        )  # fmt: skip
        said = Say("in_a_group", {"bot": bot.removeprefix("@")})
        return None if told else Reply(said.block, said.as_json(), language)

    return await keep_heard(house, heard, recipient, inbound, act, language)
