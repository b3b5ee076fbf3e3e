"""What the contrastive tasks are given: instants lie about their frames, beside them is the clip's sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from film_shards import SEMANTIC, SYNC, film_sample, film_shards, without
from sound_shards import write

from kling_foley_core.codec import LogMel
from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.data.shards import Shards
from kling_foley_core.data.shards.sounds import sound_of
from kling_foley_core.training.parts.audio_encoders import BANDS, FrameAudioEncoder, at_times, band_levels
from kling_foley_core.training.parts.contrastive_batches import (
    INSTANTS,
    SemanticPieces,
    SyncPieces,
    mirrored,
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> Shards:
    return Shards(film_shards(tmp_path_factory.mktemp("films")), "train")


def test_values_are_read_between_frames() -> None:
    ramp = torch.arange(10.0)[None, :, None].repeat(2, 1, 3)
    times = torch.tensor([[0.0, 2.25, 8.5, 99.0], [-3.0, 1.0, 4.75, 9.0]])
    assert torch.allclose(at_times(ramp, times)[..., 0], times.clamp(0, 9))


def test_instants_lie_about_their_frames(shards) -> None:
    """Two for each frame, 10 ms before and after it, whatever the crop; beside them is the clip's sound."""
    pieces, sample = SyncPieces(shards, MEL_44K, SYNC, 0), shards.read(0)
    whole = LogMel(MEL_44K)(torch.from_numpy(sound_of(sample, "seen")))
    for first in (0, 7, 20):
        batch = pieces.piece(sample, first)
        begin = (first / 25 - 0.01) * pieces.mel_rate - 0.5 - float(batch.times[0])
        assert begin == pytest.approx(round(begin), abs=1e-3)
        seconds = (batch.times + round(begin) + 0.5) / pieces.mel_rate
        offsets = torch.tensor([-0.01, 0.01]).repeat(16)
        wanted = (first + torch.arange(16).repeat_interleave(INSTANTS)) / 25 + offsets
        assert (seconds - wanted).abs().max() < 1e-4
        end = min(whole.shape[-1], round(begin) + batch.mels.shape[-1])
        mels = batch.mels[..., : end - round(begin)]
        assert torch.allclose(mels, whole[..., round(begin) : end], atol=1e-4)
        assert torch.equal(batch.frames, torch.from_numpy(sample.arrays["sync_frames"])[first : first + 16])


def test_mirrored_both_sides_change_places(shards) -> None:
    plain = SyncPieces(shards, MEL_44K, SYNC, 0).piece(shards.read(1), 3)
    turned = mirrored(plain)
    assert torch.equal(turned.frames[..., 0], plain.frames[..., -1])
    assert torch.equal(turned.mels[0], plain.mels[1]) and torch.equal(turned.mels[1], plain.mels[0])
    assert torch.equal(turned.times, plain.times)


def test_a_process_reads_its_part_of_the_batch(shards) -> None:
    pieces = SyncPieces(shards, MEL_44K, SYNC, 0)
    whole, part = pieces.batch([0, 1, 2, 3], 5, 0), pieces.batch([2, 3], 5, 2)
    assert torch.equal(part.frames, whole.frames[2:]) and torch.equal(part.mels, whole.mels[2:])


def test_the_sound_stands_for_what_is_seen_where_that_is_not_known(tmp_path) -> None:
    sample = film_sample(0, "train")
    nothing = replace(sample, arrays={**sample.arrays, "seen": np.zeros_like(sample.arrays["seen"])})
    known, bare = (
        SemanticPieces(Shards(write(tmp_path / name, [s])), MEL_44K, SEMANTIC, 0).batch([0], 0, 0)
        for name, s in (("known", nothing), ("bare", without(sample, "seen")))
    )
    assert torch.equal(known.mel, bare.mel) and float(known.seen.max()) < -11 < float(bare.seen.max())


def test_levels_are_where_the_sound_is() -> None:
    mels = torch.full((1, 2, 128, 60), -9.0)
    mels[0, 1, :8, 30:] = 0.0  # the lowest band, on the right, from frame 30 on
    found = band_levels(mels, torch.arange(60.0)[None])[0]
    assert found.shape == (60, 4 * BANDS)
    level, rise = found[:, BANDS], found[:, 3 * BANDS]
    assert level[40] - level[20] > 2 and found[:, 0].abs().max() == 0
    assert rise.argmax() in (30, 31)


@torch.no_grad()
def test_the_frame_audio_encoder_tells_sides() -> None:
    torch.manual_seed(0)
    encoder, mels = FrameAudioEncoder(16, 8, 4), torch.randn(1, 2, 16, 40)
    times = torch.tensor([[20.0]])
    assert not torch.allclose(encoder(mels, times), encoder(mels.flip(1), times), atol=1e-3)
    later = mels.clone()
    later[..., 32:] = 0
    assert torch.equal(encoder(mels, times), encoder(later, times))  # out of reach
