"""The one error for bad input: its message names the input, the value and the remedy."""

import unicodedata

_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}  # control, direction, half characters, unassigned, line ends
_JOINERS = "\u200c\u200d"  # letters of Persian and emoji need them
_LONGEST = 2000  # letters of a line; names in hostile files have millions


def shown(text: str) -> str:
    """`text` as one line, with what would move the cursor, end the line or turn its direction escaped."""
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char) in _UNSEEN and char not in _JOINERS
        else char
        for char in text
    )


class InputError(ValueError):
    """Something the user gave can't be used; the message says what, its value and what to do instead.

    Each argument is a line of the message: names of files and tensors may hold anything, and are shown.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__(*(shown(_cut(line)) for line in lines))

    def __str__(self) -> str:
        return "\n".join(self.args)


def _cut(line: str) -> str:
    """A long line without its middle: the remedy stands at its end."""
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} [...] {line[-_LONGEST // 2 :]}"
