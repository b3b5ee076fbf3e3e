"""The measures there are: name, heading, unit, which way is better, what each needs.

FD, KL, IS, KID, IB-score, CLAP and DeSync are the field's, by the networks in their names, as papers give
them; FAD, KL and IS of YAMNet, which needs no file, are not comparable with those and are named so. A
name stands for the same figure in results, tables and pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ...errors import InputError

Needs = frozenset[str]
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
    by_count: bool = False  # biased: of fewer clips it is another number


# fmt: off
PAPER = (
    Measure("FD_PANNs", "FD PANNs", "", 2, "lower", "set", "paper", ("panns",), REFERENCE, 2, True),
    Measure("FD_PaSST", "FD PaSST", "", 1, "lower", "set", "paper", ("passt",), REFERENCE, 2, True),
    Measure("FD_VGG", "FD VGGish", "", 2, "lower", "set", "paper", ("vggish",), REFERENCE, 2, True),
    Measure("KL_PANNs", "KL PANNs", "nat", 2, "lower", "clip", "paper", ("panns",), REFERENCE, 1),
    Measure("KL_PaSST", "KL PaSST", "nat", 2, "lower", "clip", "paper", ("passt",), REFERENCE, 1),
    Measure("IS_PANNs", "IS PANNs", "", 2, "higher", "set", "paper", ("panns",), NOTHING, 10, True),
    Measure("IS_PaSST", "IS PaSST", "", 2, "higher", "set", "paper", ("passt",), NOTHING, 10, True),
    Measure("KID_PANNs", "KID PANNs", "", 4, "lower", "set", "paper", ("panns",), REFERENCE, 2),
    Measure("KID_PaSST", "KID PaSST", "", 4, "lower", "set", "paper", ("passt",), REFERENCE, 2),
    Measure("IB-score", "IB-score", "x100", 2, "higher", "clip", "paper", ("imagebind",), FILM, 1),
    Measure("CLAP_LAION", "CLAP LAION", "", 3, "higher", "clip", "paper", ("laion_clap",), CAPTION, 1),
    Measure("CLAP_MS", "CLAP Microsoft", "", 3, "higher", "clip", "paper", ("ms_clap",), CAPTION, 1),
    Measure("DeSync", "DeSync", "s", 3, "lower", "clip", "paper", ("synchformer",), FILM, 1),
)
YAMNET = (
    Measure("FAD_YAMNet", "FAD YAMNet", "", 2, "lower", "set", "yamnet", ("yamnet",), REFERENCE, 2, True),
    Measure("KL_YAMNet", "KL YAMNet", "nat", 2, "lower", "clip", "yamnet", ("yamnet",), REFERENCE, 1),
    Measure("IS_YAMNet", "IS YAMNet", "", 2, "higher", "set", "yamnet", ("yamnet",), NOTHING, 10, True),
    Measure("agreement_YAMNet", "same class", "%", 1, "higher", "clip", "yamnet", ("yamnet",), REFERENCE, 1),
)
SPEECH = (
    Measure("speech", "unwanted speech", "%", 1, "lower", "clip", "speech", ("silero",), NOTHING, 1),
)
SIGNAL = (  # of the waves, by figures.py under these names; no network
    Measure("hits coverage", "hit coverage", "", 2, "higher", "clip", "signal", (), REFERENCE, 1),
    Measure("hits precision", "hit precision", "", 2, "higher", "clip", "signal", (), REFERENCE, 1),
    Measure("hits F1", "hit F1", "", 2, "higher", "clip", "signal", (), REFERENCE, 1),
    Measure("hits offset", "hit offset", "ms", 1, "lower", "clip", "signal", (), REFERENCE, 1),
    Measure("hits delay", "hit delay", "ms", 1, "none", "clip", "signal", (), REFERENCE, 1),
    Measure("movement agreement", "hits on movement", "", 2, "higher", "clip", "signal", (), FILM, 1),
    Measure("envelope r", "envelope r", "", 2, "higher", "clip", "signal", (), REFERENCE, 1),
    Measure("LUFS", "loudness", "LUFS", 1, "none", "clip", "signal", (), NOTHING, 1),
    Measure("LUFS difference", "loudness error", "LU", 1, "lower", "clip", "signal", (), REFERENCE, 1),
    Measure("silence", "silence", "%", 1, "none", "clip", "signal", (), NOTHING, 1),
    Measure("silence kept", "silence kept", "%", 1, "higher", "clip", "signal", (), REFERENCE, 1),
    Measure("pan r", "pan r", "", 2, "higher", "clip", "signal", (), REFERENCE, 1),
    Measure("side/mid", "side/mid", "dB", 1, "none", "clip", "signal", (), NOTHING, 1),
    Measure("bandwidth", "bandwidth", "kHz", 1, "higher", "clip", "signal", (), NOTHING, 1),
    Measure("clicks", "clicks", "", 1, "lower", "clip", "signal", (), NOTHING, 1),
    Measure("clipping", "clipping", "%", 2, "lower", "clip", "signal", (), NOTHING, 1),
    Measure("DC", "DC offset", "%", 2, "lower", "clip", "signal", (), NOTHING, 1),
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
