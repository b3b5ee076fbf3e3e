"""A caption as CLIP's tokenizer was trained to see it: repaired, unescaped, on one line, in lower case.

str -> str; specification 5.2

The reference repairs text with ftfy first. Where ftfy is installed it is used; it is no dependency, because
what it adds to the plain repairs below is undoing wrongly decoded text ("cafÃ©"), which a prompt that was
typed does not contain.
"""

from __future__ import annotations

import html
import unicodedata

from .contract import readable

# What ftfy does to well-formed text: straight quotes, letters in place of ligatures, ASCII in place of
# full-width forms.
_SINGLE_QUOTES = "\u02bc\u2018\u2019\u201a\u201b"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f"
_LIGATURES = range(0xFB00, 0xFB07)
_WIDTH_FORMS = (*range(0xFF01, 0xFFF0), 0x3000)
_PLAIN = {ord(c): "'" for c in _SINGLE_QUOTES} | {ord(c): '"' for c in _DOUBLE_QUOTES}
_PLAIN |= {c: unicodedata.normalize("NFKC", chr(c)) for c in (*_LIGATURES, *_WIDTH_FORMS)}


def clean_caption(text: str) -> str:
    """`text` as the vocabulary knows it. Unescaped twice: `&amp;amp;` is common in scraped captions."""
    text = html.unescape(html.unescape(repair(readable(text))))
    return " ".join(text.split()).lower()


def repair(text: str) -> str:
    try:
        import ftfy
    except ImportError:
        return plain_repair(text)
    return ftfy.fix_text(text)


def plain_repair(text: str) -> str:
    """Composed characters (NFC), plain quotes, letters and widths: ftfy on text that is not broken."""
    return unicodedata.normalize("NFC", text.translate(_PLAIN))
