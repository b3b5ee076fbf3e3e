"""The one error for bad input: its message names the input, the value and the remedy."""


class InputError(ValueError):
    """Something the user gave can't be used; the message says what, its value and what to do instead."""
