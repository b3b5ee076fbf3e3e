"""Files that are no checkpoints at all: what they are by their first bytes, and what the user should do
instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from ..errors import InputError

AGAIN = "The download broke off; delete the file and download it again."

# First bytes (lower case where text) -> what it is, what to do. The first match counts.
BY_FIRST_BYTES: tuple[tuple[bytes, str, str], ...] = (
    (
        b"version https://git-lfs",
        "a Git-LFS pointer (a text file of some 130 bytes that stands for the weights)",
        "Run `git lfs pull` in its repository, or download the file itself from the hub's page.",
    ),
    (
        b"<!doctype",
        "a web page",
        "The link led to a page, not to the file: use the page's download button (a 'resolve' link).",
    ),
    (
        b"<html",
        "a web page",
        "The link led to a page, not to the file: use the page's download button (a 'resolve' link).",
    ),
    (b"<?xml", "an XML answer of a web server", "Its text says what went wrong; download the file again."),
    (b"gguf", "a GGUF file", "This pack reads safetensors and .pth; get the fp16 or fp32 safetensors file."),
    (
        b"{",
        "a JSON text (a config or index, or a web server's answer)",
        "Choose the weights file that lies beside it.",
    ),
    (
        b"access denied",
        "a web server's refusal",
        "Log in to the hub and accept the model's licence, then download again.",
    ),
    (
        b"invalid username",
        "a web server's refusal",
        "Log in to the hub and accept the model's licence, then download again.",
    ),
    (
        b"entry not found",
        "a web server's refusal",
        "The link is wrong; take it from the repository's file list.",
    ),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"rar!", "a RAR archive", "Unpack it first."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
)


def refuse_other_file(path: Path, start: bytes) -> NoReturn:
    """Raises the InputError that says what the file is instead of a checkpoint."""
    if not start:
        raise InputError(f"{path} is empty (0 bytes). {AGAIN}")
    if not start.strip(b"\0"):
        raise InputError(
            f"{path} begins with zeros: a download that reserved its space and never came. {AGAIN}"
        )
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for first, what, remedy in BY_FIRST_BYTES:
        if text.startswith(first):
            raise InputError(f"{path} is {what}, not a weights file. {remedy}")
    raise InputError(
        f"{path} is neither safetensors nor a torch file (it begins with {start[:8]!r}). Give a "
        ".safetensors file, or a .pth/.pt/.bin file written by torch.save."
    )
