"""Crops: sound, picture, text, labels and place in the source belong together; other encoders' shards are
refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from training_shards import HEADER, TINY, sample, tiny_shards

from kling_foley_core.codec.presets import MEL_16K
from kling_foley_core.data.labels import label_names
from kling_foley_core.data.shards import Shards, write_header, write_shard
from kling_foley_core.encoders.presets import SYNCHFORMER
from kling_foley_core.errors import InputError
from kling_foley_core.mmdit.inputs import to_length
from kling_foley_core.training.crops import LATENTS_PER_FRAME, SEGMENT_SLACK, SLACK, random_start
from kling_foley_core.training.parts.generator_batches import Crops

NAMES = ("first", "number 0", "number 1", "number 2", "number 3")


@pytest.fixture
def crops(tmp_path) -> Crops:
    return Crops(tiny_shards(tmp_path / "shards"), TINY, NAMES)


def shards_of(folder, *samples, header=HEADER) -> Shards:
    write_header(folder, header)
    write_shard(folder, 0, samples)
    return Shards(folder)


@pytest.mark.parametrize("seed", range(4))
def test_start_total_labels_and_text_are_the_crops(crops, seed) -> None:
    batch = crops.batch([1, 0], 3.92, [torch.Generator().manual_seed(seed + i) for i in range(2)])
    assert batch.seconds_total.tolist() == [6.0, 4.0]
    start = round(float(batch.seconds_start[0]) * 25)
    assert batch.labels[0, :, 2].eq(1).all() and batch.labels[0, :, 1].eq(0).all() and batch.labelled.all()
    half = round(3.0 * 44100 / 1024) - round(start / 25 * 44100 / 1024)  # of 6 s: where its first half ends
    assert abs(int(batch.labels[0, :, 0].sum()) - max(half, 0)) <= 1
    assert batch.text[0, :3].eq(2).all() and batch.text[0, 3:].eq(0).all() and batch.text[1, 0].eq(1).all()
    assert not any(bool(flags.any()) for flags in batch.missing)


@pytest.mark.parametrize("seconds", [3.92, 4.0, 5.0])
def test_sound_and_sync_of_a_crop_tell_the_same_time(crops, seconds) -> None:
    """Sync vectors hold their time; the first latent channel is the sine of its own."""
    for seed in range(5):
        draws = [torch.Generator().manual_seed(10 * seed + i) for i in range(2)]
        batch = crops.batch([1, 3], seconds, draws)
        times = to_length(batch.sync, batch.latent.shape[2], "linear")[..., 0]
        inside = slice(3, -4)
        assert (times.sin() - batch.latent[:, 0, :, 0])[:, inside].abs().max() < 0.02
        assert (times[:, 0] - batch.seconds_start).abs().max() < 0.05
        assert (batch.visual[:, 0, 0] - batch.seconds_start).abs().max() < 0.07


def test_segments_of_synchformer_are_cut_whole(tmp_path) -> None:
    """8 tokens a segment, which here hold the time their segment begins at."""
    whole = sample(0, 20.48, "train")
    segments = (512 - 16) // 8 + 1
    tokens = torch.arange(segments).repeat_interleave(8)[:, None].repeat(1, 8) * 0.32
    whole.arrays["sync"] = tokens.half().numpy()
    shards = shards_of(tmp_path, whole, header=replace(HEADER, every_frame=False))
    crops, begun = Crops(shards, replace(TINY, sync=SYNCHFORMER), ()), set()
    for seed in range(40):
        batch = crops.batch([0], 8.0, [torch.Generator().manual_seed(seed)])
        assert batch.sync.shape[1] == 192
        assert batch.sync[0, 0, 0] == pytest.approx(float(batch.seconds_start), abs=0.01)
        off = float(batch.seconds_start) * 44100 / 1024
        assert abs(off - round(off)) <= SEGMENT_SLACK + 1e-3
        begun.add(float(batch.seconds_start))
    assert len(begun) > 8


def test_what_a_sample_has_not_is_said_to_be_missing(tmp_path) -> None:
    lone = sample(2, 4.0, "train", without=("visual", "sync"))
    mute = replace(sample(3, 4.0, "train", without=("text",)), labels=())
    batch = Crops(shards_of(tmp_path, lone, mute), TINY, NAMES).batch([0, 1], 3.92)
    assert [flags.tolist() for flags in batch.missing] == [[False, True], [True, False], [True, False]]
    assert batch.sync[0].eq(0).all() and batch.visual[0].eq(0).all() and batch.text[1].eq(0).all()
    assert batch.labelled.tolist() == [True, False] and not batch.labels[1].any()


def test_crops_begin_where_a_latent_frame_begins() -> None:
    draw = torch.Generator().manual_seed(0)
    starts = {random_start(250, 98, draw) for _ in range(300)}
    assert len(starts) > 15 and max(starts) <= 152 and min(starts) == 0
    assert all(abs(s * LATENTS_PER_FRAME - round(s * LATENTS_PER_FRAME)) <= SLACK for s in starts)
    assert random_start(98, 98, draw) == 0
    with pytest.raises(InputError, match="a sample has 97 frames, a crop 98"):
        random_start(97, 98, torch.Generator())


@pytest.mark.parametrize(
    ("preset", "message"),
    [
        (
            {"generator": replace(TINY.generator, latent_dim=5)},
            "latent of sample clip0 has 4 values .* takes 5",
        ),
        (
            {"generator": replace(TINY.generator, sync_dim=768)},
            "sync of sample clip0 has 8 values .* takes 768",
        ),
        ({"generator": replace(TINY.generator, text_len=2)}, "has 3 tokens, the network takes 2"),
        ({"sync": SYNCHFORMER}, "vector for every frame.*takes tokens of Synchformer"),
        ({"mel": MEL_16K}, "44100 Hz with hop 512.*has 16000 Hz with hop 256"),
    ],
)
def test_shards_of_other_networks_are_refused(tmp_path, preset, message) -> None:
    shards = tiny_shards(tmp_path / "shards")
    with pytest.raises(InputError, match=f"^--data: .*{message}"):
        Crops(shards, replace(TINY, **preset), ()).batch([0], 3.92)


def test_an_array_that_is_too_short_is_named(tmp_path) -> None:
    cut = sample(0, 4.0, "train")
    cut.arrays["latent"] = cut.arrays["latent"][:, :100]
    with pytest.raises(InputError, match="latent of sample clip0 has 100 frames, and 169 are needed of 4 s"):
        Crops(shards_of(tmp_path, cut), TINY, ()).batch([0], 3.92)


def test_names_of_all_samples_are_found(tmp_path) -> None:
    shards = tiny_shards(tmp_path / "shards")
    assert tuple(label_names(shards.read(i, []).labels for i in range(len(shards)))) == NAMES
