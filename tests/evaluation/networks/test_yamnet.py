"""YAMNet: the original's numbers, what it is given, and the sounds it refuses."""

from __future__ import annotations

import pytest
import torch
from golden_files import golden
from voice import RATE, voice

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.audioset_mel import LEAST
from kling_foley_core.evaluation.networks.finding import open_network
from kling_foley_core.evaluation.networks.yamnet import WEIGHTS
from kling_foley_core.evaluation.networks.yamnet.features import YamnetFeatures, class_names
from kling_foley_core.evaluation.networks.yamnet.front_end import patches

MEGABYTES = 15


@pytest.fixture(scope="module")
def yamnet() -> YamnetFeatures:
    return open_network("yamnet", {})


def test_the_originals_numbers(yamnet: YamnetFeatures) -> None:
    """Golden: what TensorFlow 2.21 made of this wave with the SavedModel's own functions."""
    wave = torch.from_numpy(voice())
    seen = patches(wave)
    golden("yamnet").check("log_mel", torch.cat([seen[:, :48].flatten(0, 1), seen[-1, 48:]]))
    with torch.inference_mode():
        embedding, logits = yamnet.network(seen)
    golden("yamnet").check("embedding", embedding)
    golden("yamnet").check("scores", logits.sigmoid())
    features = yamnet.of_sound(wave[None], RATE)
    assert torch.equal(features["embedding"], embedding)
    assert torch.allclose(features["logits"], logits.mean(0))


def test_what_it_hears_and_how_it_is_called(yamnet: YamnetFeatures) -> None:
    names = class_names()
    assert len(names) == len(set(names)) == 521 and names[0] == "Speech" and names[-1] == "Field recording"
    heard = yamnet.of_sound(torch.from_numpy(voice())[None], RATE)["logits"]
    time = torch.arange(3 * RATE) / RATE
    siren = 0.3 * torch.sin(2 * torch.pi * (900 * time - 200 * torch.cos(2 * torch.pi * time)))
    siren = yamnet.of_sound(siren[None], RATE)["logits"]
    voices = [i for i, name in enumerate(names) if name in ("Speech", "Singing", "Humming", "Vowel")]
    assert heard[voices].max() > siren[voices].max() + 1
    silence = yamnet.of_sound(torch.zeros(1, RATE), RATE)["logits"]
    assert names[int(silence.argmax())] == "Silence"


@pytest.mark.parametrize(("samples", "count"), [(1000, 1), (LEAST, 1), (LEAST + 1, 2), (8 * RATE, 16)])
def test_silence_completes_a_sound_to_whole_patches(samples: int, count: int) -> None:
    found = patches(torch.ones(samples))
    assert found.shape == (count, 96, 64)
    assert torch.equal(found[0, -1], patches(torch.zeros(samples))[0, -1]) == (samples < LEAST - 400)


def test_short_sounds_are_repeated(yamnet: YamnetFeatures) -> None:
    """A fifth of a second fills one window, and no more; the rest of a longer sound is silence."""
    short = torch.from_numpy(voice())[RATE : RATE + RATE // 5]
    once, often = yamnet.of_sound(short[None], RATE), yamnet.of_sound(short.repeat(5)[None, :LEAST], RATE)
    assert torch.equal(once["logits"], often["logits"]) and once["embedding"].shape == (1, 1024)


def test_channels_are_mixed_and_any_rate_is_taken(yamnet: YamnetFeatures) -> None:
    wave = torch.from_numpy(voice())
    want = yamnet.of_sound(wave[None], RATE)["logits"]
    assert torch.equal(yamnet.of_sound(torch.stack([2 * wave, 0 * wave]), RATE)["logits"], want)
    from kling_foley_core.media import resample

    other = yamnet.of_sound(resample(wave[None], RATE, 44100), 44100)["logits"]
    assert (other - want).abs().max() < 0.5


def test_what_is_behind_is_not_heard(yamnet: YamnetFeatures) -> None:
    wave = torch.from_numpy(voice())[None]
    assert torch.equal(
        yamnet.of_sound(wave, RATE, seconds=1.5)["logits"], yamnet.of_sound(wave[:, :24000], RATE)["logits"]
    )


def test_sounds_it_refuses(yamnet: YamnetFeatures) -> None:
    with pytest.raises(InputError, match=r"0\.02 s, but YAMNet needs 0\.05 s"):
        yamnet.of_sound(torch.ones(2, 320), RATE)
    with pytest.raises(InputError, match="not numbers"):
        yamnet.of_sound(torch.full((1, RATE), torch.nan), RATE)


def test_it_is_small() -> None:
    assert WEIGHTS.stat().st_size < MEGABYTES * 1e6
