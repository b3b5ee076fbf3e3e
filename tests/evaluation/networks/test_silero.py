"""Silero VAD: the original's numbers, frames, and the sounds it refuses."""

from __future__ import annotations

import pytest
import torch
from golden_files import golden
from voice import RATE, voice

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.finding import open_network
from kling_foley_core.evaluation.networks.silero.features import SileroFeatures


@pytest.fixture(scope="module")
def silero() -> SileroFeatures:
    return open_network("silero", {})


def test_the_originals_numbers(silero: SileroFeatures) -> None:
    """Golden: silero_vad.jit of the package, frame by frame."""
    golden("silero").check("speech", silero.of_sound(torch.from_numpy(voice())[None], RATE)["speech"])


def test_a_voice_is_heard_where_it_is(silero: SileroFeatures) -> None:
    speech = silero.of_sound(torch.from_numpy(voice())[None], RATE)["speech"]
    frames = torch.arange(len(speech)) * 512 / RATE
    assert len(speech) == -(-3 * RATE // 512)
    assert speech[(frames > 0.8) & (frames < 2.3)].mean() > 0.5 > 0.2 > speech[frames < 0.4].max()
    noise = 0.1 * torch.randn(1, 3 * RATE, generator=torch.Generator().manual_seed(0))
    assert silero.of_sound(noise, RATE)["speech"].max() < 0.5


def test_the_last_frame_is_completed_with_silence(silero: SileroFeatures) -> None:
    wave = torch.from_numpy(voice())[None, : 10 * 512 + 100]
    whole = torch.nn.functional.pad(wave, (0, 412))
    assert torch.equal(silero.of_sound(wave, RATE)["speech"], silero.of_sound(whole, RATE)["speech"])


def test_what_is_behind_is_not_heard(silero: SileroFeatures) -> None:
    wave = torch.from_numpy(voice())[None]
    assert torch.equal(
        silero.of_sound(wave, RATE, seconds=1.5)["speech"], silero.of_sound(wave[:, :24000], RATE)["speech"]
    )


def test_sounds_it_refuses(silero: SileroFeatures) -> None:
    with pytest.raises(InputError, match=r"0\.02 s, but Silero VAD needs 0\.032 s"):
        silero.of_sound(torch.ones(2, 320), RATE)
    with pytest.raises(InputError, match="not numbers"):
        silero.of_sound(torch.full((1, RATE), torch.inf), RATE)


def test_the_packages_own_network(silero: SileroFeatures) -> None:
    vad = pytest.importorskip("silero_vad", reason="needs the package silero-vad, the twin").load_silero_vad()
    wave = torch.from_numpy(voice())
    theirs = vad.audio_forward(wave, sr=RATE)[0]
    assert torch.allclose(silero.of_sound(wave[None], RATE)["speech"], theirs, atol=1e-5)
