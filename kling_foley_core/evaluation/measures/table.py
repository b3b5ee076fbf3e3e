"""The measures there are: name, heading, unit, which way is better, what each needs.

FD, KL, IS, KID, IB-score, CLAP and DeSync are the field's, by the networks in their names, as papers give
them; FAD, KL and IS of YAMNet, which needs no file, are not comparable with those and are named so. A
name stands for the same figure in results, tables and pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf

from ...errors import InputError

Needs = frozenset[str]
Limits = tuple[float, float]
POSITIVE, SCORE, SHARE, PERCENT, R = (0.0, inf), (1.0, inf), (0.0, 1.0), (0.0, 100.0), (-1.0, 1.0)
NOTHING, REFERENCE, FILM, CAPTION = Needs(), Needs({"reference"}), Needs({"film"}), Needs({"caption"})


@dataclass(frozen=True)
class Measure:
    name: str
    heading: str
    unit: str  # "" for a plain number
    places: int  # decimals shown
    better: str  # "lower", "higher" or "none"
    kind: str  # "set": one number of all clips; "clip": a number a clip, averaged
    group: str  # "paper", "yamnet", "speech", "signal"
    networks: tuple[str, ...]  # names of networks/catalogue.py
    needs: Needs  # beside the sound, of "reference", "film", "caption"
    fewest: int  # clips
    limits: Limits = (-inf, inf)  # its intervals end there
    by_count: bool = False  # biased: of fewer clips it is another number


# fmt: off
PAPER = (
    Measure("FD_PANNs", "FD PANNs", "", 2, "lower", "set", "paper", ("panns",), REFERENCE, 2, POSITIVE, True),
    Measure("FD_PaSST", "FD PaSST", "", 1, "lower", "set", "paper", ("passt",), REFERENCE, 2, POSITIVE, True),
    Measure("FD_VGG", "FD VGGish", "", 2, "lower", "set", "paper", ("vggish",), REFERENCE, 2, POSITIVE, True),
    Measure("KL_PANNs", "KL PANNs", "nat", 2, "lower", "clip", "paper", ("panns",), REFERENCE, 1, POSITIVE),
    Measure("KL_PaSST", "KL PaSST", "nat", 2, "lower", "clip", "paper", ("passt",), REFERENCE, 1, POSITIVE),
    Measure("IS_PANNs", "IS PANNs", "", 2, "higher", "set", "paper", ("panns",), NOTHING, 10, SCORE, True),
    Measure("IS_PaSST", "IS PaSST", "", 2, "higher", "set", "paper", ("passt",), NOTHING, 10, SCORE, True),
    Measure("KID_PANNs", "KID PANNs", "", 4, "lower", "set", "paper", ("panns",), REFERENCE, 2),
    Measure("KID_PaSST", "KID PaSST", "", 4, "lower", "set", "paper", ("passt",), REFERENCE, 2),
    Measure("IB-score", "IB-score", "x100", 2, "higher", "clip", "paper", ("imagebind",), FILM, 1),
    Measure("CLAP_LAION", "CLAP LAION", "", 3, "higher", "clip", "paper", ("laion_clap",), CAPTION, 1),
    Measure("CLAP_MS", "CLAP Microsoft", "", 3, "higher", "clip", "paper", ("ms_clap",), CAPTION, 1),
    Measure("DeSync", "DeSync", "s", 3, "lower", "clip", "paper", ("synchformer",), FILM, 1, POSITIVE),
)
YAMNET = (
    Measure("FAD_YAMNet", "FAD YAMNet", "", 2, "lower", "set", "yamnet", ("yamnet",), REFERENCE, 2,
            POSITIVE, True),
    Measure("KL_YAMNet", "KL YAMNet", "nat", 2, "lower", "clip", "yamnet", ("yamnet",), REFERENCE, 1,
            POSITIVE),
    Measure("IS_YAMNet", "IS YAMNet", "", 2, "higher", "set", "yamnet", ("yamnet",), NOTHING, 10,
            SCORE, True),
    Measure("agreement_YAMNet", "same class", "%", 1, "higher", "clip", "yamnet", ("yamnet",), REFERENCE, 1,
            PERCENT),
)
SPEECH = (
    Measure("speech", "unwanted speech", "%", 1, "lower", "clip", "speech", ("silero",), NOTHING, 1, PERCENT),
)
SIGNAL = (  # of the waves, by figures.py under these names; no network
    Measure("hits coverage", "hit coverage", "", 2, "higher", "clip", "signal", (), REFERENCE, 1, SHARE),
    Measure("hits precision", "hit precision", "", 2, "higher", "clip", "signal", (), REFERENCE, 1, SHARE),
    Measure("hits F1", "hit F1", "", 2, "higher", "clip", "signal", (), REFERENCE, 1, SHARE),
    Measure("hits offset", "hit offset", "ms", 1, "lower", "clip", "signal", (), REFERENCE, 1, POSITIVE),
    Measure("hits delay", "hit delay", "ms", 1, "none", "clip", "signal", (), REFERENCE, 1),
    Measure("movement agreement", "hits on movement", "", 2, "higher", "clip", "signal", (), FILM, 1, SHARE),
    Measure("envelope r", "envelope r", "", 2, "higher", "clip", "signal", (), REFERENCE, 1, R),
    Measure("LUFS", "loudness", "LUFS", 1, "none", "clip", "signal", (), NOTHING, 1),
    Measure("LUFS difference", "loudness error", "LU", 1, "lower", "clip", "signal", (), REFERENCE, 1,
            POSITIVE),
    Measure("silence", "silence", "%", 1, "none", "clip", "signal", (), NOTHING, 1, PERCENT),
    Measure("silence kept", "silence kept", "%", 1, "higher", "clip", "signal", (), REFERENCE, 1, PERCENT),
    Measure("pan r", "pan r", "", 2, "higher", "clip", "signal", (), REFERENCE, 1, R),
    Measure("side/mid", "side/mid", "dB", 1, "none", "clip", "signal", (), NOTHING, 1),
    Measure("bandwidth", "bandwidth", "kHz", 1, "higher", "clip", "signal", (), NOTHING, 1, POSITIVE),
    Measure("clicks", "clicks", "", 1, "lower", "clip", "signal", (), NOTHING, 1, POSITIVE),
    Measure("clipping", "clipping", "%", 2, "lower", "clip", "signal", (), NOTHING, 1, PERCENT),
    Measure("DC", "DC offset", "%", 2, "lower", "clip", "signal", (), NOTHING, 1, POSITIVE),
)
# fmt: on

MEASURES: dict[str, Measure] = {m.name: m for m in (*PAPER, *YAMNET, *SPEECH, *SIGNAL)}
GROUPS = tuple(dict.fromkeys(m.group for m in MEASURES.values()))
ALL, SETS = "all", "sets"  # all groups; of all groups the measures of kind "set"
NEAR = 0.4  # of difflib's likeness: "papers" and "paper" are near


def chosen(words: Sequence[str]) -> list[str]:
    """Names of the measures that `words` mean, in the table's order: "all", "sets", groups, names in any
    case."""
    wanted: set[str] = set()
    for word in words:
        found = {m.name for m in MEASURES.values() if word.lower() in _words(m)}
        if not found:
            raise InputError(_unknown(word))
        wanted |= found
    return [name for name in MEASURES if name in wanted]


def _words(measure: Measure) -> set[str]:
    return {ALL, measure.group, measure.name.lower(), *([SETS] if measure.kind == "set" else [])}


def _unknown(word: str) -> str:
    words = {name.lower(): name for name in (*MEASURES, *GROUPS, ALL, SETS)}
    near = get_close_matches(word.lower(), words, n=3, cutoff=NEAR)
    hint = f" Is it {', '.join(words[found] for found in near)}?" if near else ""
    return (
        f'There is no measure "{word}".{hint} Groups: {ALL}, {SETS}, {", ".join(GROUPS)}; measures: '
        f"{', '.join(MEASURES)}."
    )
