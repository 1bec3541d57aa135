"""What each channel is like: the one place where a rule may depend on which of them somebody writes on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Channel:
    """How people write to us on a channel, and what it vouches for."""

    chat: bool = False
    """People talk with the bot there, in short turns; by mail they write and get letters, and a phone only rings."""
    proven: bool = True
    """Its network vouches for the sender; into a mail's From anybody may write another's address."""
    edits: bool = False
    """A card that was shown may change in place."""
    knows_stop: bool = False
    """The bare word STOP asks to be left alone, as the network has it; elsewhere it is a command, "/stop"."""
    letters: bool = False
    """What is written has a subject, and the papers of a booking have no other way: they come in spite of STOP."""


CHANNELS = {
    "whatsapp": Channel(chat=True, knows_stop=True),
    "telegram": Channel(chat=True, edits=True),
    "mail": Channel(proven=False, knows_stop=True, letters=True),
    "phone": Channel(),
    "web": Channel(),
}
CHATS = tuple(name for name, channel in CHANNELS.items() if channel.chat)


def known_as(name: str) -> Channel:
    """What a channel is like; of one that we do not know (a demo's, a test's), that people talk there."""
    return CHANNELS.get(name, Channel(chat=True))
