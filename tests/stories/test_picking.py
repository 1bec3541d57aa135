"""Days and times are picked by tapping: a month and quarters of an hour on Telegram, lists with more pages on WhatsApp."""

from tests.people import Person


async def test_a_day_of_next_month_on_telegram(luis: Person) -> None:
    """The card turns its month in place, days that cannot be booked cannot be pressed, and a quarter to three is two taps."""
    await luis.says("aeropuerto a Bávaro")
    card = await luis.hears("¿Qué día?", "Nov 2026")
    days = [one["text"] for row in card["keyboard"] for one in row]
    assert "20" not in days and "22" in days and max(len(row) for row in card["keyboard"]) == 7
    await luis.taps("›")
    turned = await luis.hears("Dic 2026")
    assert turned["id"] == card["id"] and turned["edited"], "the same message"
    await luis.taps("24")
    await luis.hears("¿A qué hora aterriza?", "Tarde")
    await luis.taps("Tarde")
    await luis.hears("14:45")
    await luis.taps("14:45")
    await luis.hears("número de vuelo")
    await luis.says("resumen")
    await luis.hears("24 dic", "14:45")


async def test_a_day_and_a_time_on_further_pages_on_whatsapp(ana: Person) -> None:
    """Ten rows at once, the last of them turns the page."""
    await ana.says("airport to Bávaro")
    card = await ana.hears("Which day?")
    assert len(card["keyboard"]) == 10 and card["list"] == "Choose"
    await ana.taps("More …")
    await ana.hears("Which day?", "Wed 2 Dec")
    await ana.taps("Wed 2 Dec")
    await ana.hears("At what time", "14:00")
    await ana.taps("Other times")
    await ana.hears("Evening")
    await ana.taps("Evening")
    await ana.hears("19:30")
    await ana.taps("19:30")
    await ana.hears("flight number")
    await ana.says("summary")
    await ana.hears("2 Dec", "19:30")


async def test_an_old_page_is_still_good(ana: Person) -> None:
    """A row of an earlier page changes the day; a page of a card that nobody knows shows where things stand."""
    await ana.says("airport to Bávaro")
    card = await ana.hears("Which day?")
    await ana.taps("Tomorrow")
    await ana.hears("At what time")
    later = next(one["data"] for row in card["keyboard"] for one in row if "24 Nov" in one["text"])
    await ana.bellhop.pull("/sim/chats/ana/whatsapp/taps", message=card["id"], data=later)
    await ana.hears("24 Nov")
    await ana.bellhop.pull("/sim/chats/ana/whatsapp/taps", message=card["id"], data="1|page|x|x")
    await ana.hears("Which day?")
