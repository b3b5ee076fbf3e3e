"""Disk that training samples take, from a preset's rates and widths (the arrays of data/shards/sample.py)."""

from __future__ import annotations

from ...encoders.sync.motion import MotionConfig
from ...presets import Preset
from ...timing import SYNC_FPS, frame_count, latent_frames, sync_tokens, visual_frames

FLOAT16 = 2  # bytes
BLOCK = 512  # of a tar; a member has one for its name and is filled up to whole ones
NPY_HEADER = 128
WORDS = 400  # bytes of a sample's caption, times and labels as JSON; assumed
INDEX = 450  # bytes of its line in the index: id, seconds, split, where its members are; assumed


def array_shapes(preset: Preset, seconds: float) -> dict[str, tuple[int, ...]]:
    """The arrays of a sample with film, sound and a caption as long as the text encoder takes it."""
    every_frame = isinstance(preset.sync, MotionConfig)  # its tokens are made of frames' vectors in training
    length = latent_frames(seconds, preset.mel.sampling_rate, preset.mel.hop)
    frames = frame_count(seconds, SYNC_FPS) if every_frame else sync_tokens(seconds)
    return {
        "latent": (2, length, preset.generator.latent_dim),
        "visual": (visual_frames(seconds), preset.generator.visual_dim),
        "sync": (frames, preset.generator.sync_dim),
        "text": (preset.generator.text_len, preset.generator.text_dim),
    }


def sample_bytes(preset: Preset, seconds: float) -> int:
    """Bytes of one sample in a shard, with its line in the index."""
    total = INDEX + _member(WORDS)
    for shape in array_shapes(preset, seconds).values():
        numbers = 1
        for side in shape:
            numbers *= side
        total += _member(NPY_HEADER + FLOAT16 * numbers)
    return total


def _member(size: int) -> int:
    return BLOCK + -(-size // BLOCK) * BLOCK
