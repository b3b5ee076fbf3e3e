"""Share of the reference's silence in which the sound is silent too.

The reference's silence is that of curation (data/curation/measures/silence.py): pauses of half a second and
more, 60 dB under full scale or 50 dB under its loud frames. The sound keeps it in frames that are at most
SLACK above its own threshold, as the hiss of a codec is. None where the reference has no silence. Our choice.
"""

from __future__ import annotations

from torch import Tensor

from ...data.curation.measures.silence import held, quiet_frames

SLACK = 10.0  # dB


def silence_kept(sound: Tensor, rate: int, reference: Tensor, reference_rate: int) -> float | None:
    """Of [C, N] and [C, M] from the same moment on; 0..1."""
    silent, quiet = held(quiet_frames(reference, reference_rate)), quiet_frames(sound, rate, SLACK)
    both = min(len(silent), len(quiet))
    kept = quiet[:both][silent[:both]]
    return float(kept.double().mean()) if len(kept) else None
