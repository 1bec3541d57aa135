"""The conversations: what is asked, in which order, and what answers mean.

Start with `book.py`: read downwards, its table is the conversation. `conversation.py` is the engine that walks such a table,
`understand/` turns words into values, `speech.py` names what can be heard and said. Everything here is a plain function on
plain values: nothing waits, nothing is looked up, nothing is sent.
"""
