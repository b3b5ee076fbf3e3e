"""Derived lengths against the reference's table, and exactness of what is heard."""

from __future__ import annotations

from fractions import Fraction

import pytest
from golden_files import golden_json

from kling_foley_core import timing
from kling_foley_core.errors import InputError


def test_lengths_of_the_reference() -> None:
    for row in golden_json("sequence_lengths"):
        seconds, rate, hop = row["duration"], row["sampling_rate"], row["hop"]
        assert timing.latent_frames(seconds, rate, hop) == row["latent_seq_len"]
        assert timing.visual_frames(seconds) == row["clip_seq_len"]
        assert timing.sync_tokens(seconds) == row["sync_seq_len"]
        assert timing.decoded_samples(row["latent_seq_len"], hop) == row["num_audio_frames"]


def test_the_codec_always_covers_the_seconds_asked_for() -> None:
    for frames in range(1, 400):
        seconds = Fraction(frames * 1001, 24000)
        made = timing.decoded_samples(timing.latent_frames(seconds, 44100, 512), 512)
        wanted = timing.audio_samples(seconds, 44100)
        assert wanted <= made < wanted + 2 * 1024


def test_samples_are_exact() -> None:
    assert timing.audio_samples(Fraction(122, 24), 44100) == 224175
    assert timing.audio_samples(8.0, 44100) == 352800


def test_too_short_for_sync() -> None:
    with pytest.raises(InputError, match="0.5.*0.64"):
        timing.sync_tokens(0.5)
    with pytest.raises(InputError, match="seconds = 0"):
        timing.latent_frames(0, 44100, 512)
