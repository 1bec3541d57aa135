"""What is wrong with how the program is set up or called: a sentence for the person at the command line."""


class Wrong(Exception):
    """The program was set up or called wrongly; the sentence names it and says what to do instead."""
