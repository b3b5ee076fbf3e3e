"""Seconds to frames, tokens, hops and samples: every derived length, in one place.

The rates are those of the MMAudio family, which the paper builds on and leaves unstated itself (fact sheet
1.1): visual tokens at 8 a second; sync tokens from 25 frames a second in segments of 16 frames every 8
frames, 8 tokens a segment. Latents follow the codec: ceil(seconds * rate / hop / 2), 43.07 a second at 44.1
kHz with hop 512 (paper section 4.5). Lengths for the networks are computed in float64 in the reference's
order of operations, so that they agree with the public checkpoints; lengths of what the user hears are exact,
from fractions.
"""

from __future__ import annotations

import math
from fractions import Fraction

from .errors import InputError

VISUAL_FPS = 8
SYNC_FPS = 25
SYNC_SEGMENT = 16  # frames in a segment
SYNC_STEP = 8  # frames from one segment's start to the next
SYNC_TOKENS_PER_SEGMENT = 8
MIN_SECONDS = SYNC_SEGMENT / SYNC_FPS  # 0.64 s: below it there is not one sync segment
MEL_PER_LATENT = 2

Seconds = float | Fraction


def latent_frames(seconds: Seconds, sampling_rate: int, hop: int) -> int:
    """Latent frames that cover `seconds` of sound: 345 for 8 s at 44.1 kHz, hop 512."""
    if not seconds > 0:
        raise InputError(f"seconds = {seconds}: a sound needs a length above 0; give the seconds wanted.")
    return math.ceil(float(seconds) * sampling_rate / hop / MEL_PER_LATENT)


def decoded_samples(latents: int, hop: int) -> int:
    """Samples the codec makes of `latents` frames; at least the seconds they were asked for."""
    return latents * hop * MEL_PER_LATENT


def frame_count(seconds: Seconds, fps: int) -> int:
    """Whole frames in `seconds` of a view with `fps` frames a second."""
    return int(float(seconds) * fps)


def visual_frames(seconds: Seconds) -> int:
    """Frames (and tokens) for the visual-semantic encoder: 64 for 8 s."""
    return frame_count(seconds, VISUAL_FPS)


def sync_segments(seconds: Seconds) -> int:
    """Whole segments in `seconds`; 0.64 s are the least."""
    if seconds < MIN_SECONDS:
        raise InputError(
            f"seconds = {float(seconds):g}: the sync encoder needs {MIN_SECONDS} s of video or more; "
            "hold the last frame or give a longer clip."
        )
    return math.floor((float(seconds) * SYNC_FPS - SYNC_SEGMENT) / SYNC_STEP) + 1


def sync_tokens(seconds: Seconds) -> int:
    """Tokens of the sync encoder: 192 for 8 s."""
    return sync_segments(seconds) * SYNC_TOKENS_PER_SEGMENT


def audio_samples(seconds: Seconds, sampling_rate: int) -> int:
    """Samples of a sound exactly `seconds` long, to the nearest sample; exact when `seconds` is a
    Fraction."""
    return round(Fraction(seconds) * sampling_rate)
