"""The label: one line in a file's comment which says that a machine made its sound, with what, and how, in
the words of the IPTC's vocabulary for digital sources.

The comment is the one field that every container we write has: iTunes or QuickTime metadata of mp4 and mov,
tags of Matroska and WebM, LIST INFO of WAV, Vorbis comments of FLAC, ID3 of MP3. What a film says there
itself stays, in lines before it. Anyone can take the label off. Our choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MADE = "trainedAlgorithmicMedia"  # the whole of it, by a trained model
MADE_IN_PART = (
    "compositeWithTrainedAlgorithmicMedia"  # beside what was there: a film's picture, its own sound
)
BEGINNING = "Sound made by a machine: Kling-Foley"
COMMENT = "comment"


def label(model: str | None, *, in_part: bool) -> str:
    """`model`: its name, None where nobody knows it; `in_part`: whether the file also holds what no machine
    of ours made."""
    with_model = "" if model is None else f", model {' '.join(model.split())}"
    return f"{BEGINNING}{with_model}. DigitalSourceType: {VOCABULARY}{MADE_IN_PART if in_part else MADE}"


def labelled(tags: Mapping[str, str], text: str | None) -> dict[str, str]:
    """A file's tags with the label; one of an earlier sound, which this one replaces, goes. None: as they
    are."""
    if text is None:
        return dict(tags)
    key = next((key for key in tags if key.lower() == COMMENT), COMMENT)
    own = [line for line in tags.get(key, "").splitlines() if not line.startswith(BEGINNING)]
    return {**tags, key: "\n".join([*own, text])}


def labels_in(values: Iterable[str]) -> list[str]:
    """The lines in a file's tags that name one of the two sources, whoever wrote them; each once."""
    terms = [f"/digitalsourcetype/{term}" for term in (MADE, MADE_IN_PART)]
    lines = (line.strip() for value in values for line in value.splitlines())
    return list(dict.fromkeys(line for line in lines if any(term in line for term in terms)))
