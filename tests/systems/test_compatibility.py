"""Networks that don't belong together are all named at once, each with the file that is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kling_foley_core.codec.presets import VAE_16K
from kling_foley_core.errors import InputError
from kling_foley_core.presets import PRESETS, SMALL
from kling_foley_core.systems.compatibility import Source, check_fit, mismatches

PARTS = ("text", "visual", "sync", "vae", "vocoder", "stereo")
MMAUDIO = PRESETS["mmaudio_large_44k_v2"]


def sources(preset, file: str) -> dict[str, Source]:
    return {p: Source(file, getattr(preset, p)) for p in PARTS if getattr(preset, p) is not None}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_fits_itself(name) -> None:
    assert mismatches(Source("g", PRESETS[name].generator), **sources(PRESETS[name], "p")) == []


def test_each_part_of_another_system_is_named_with_the_wanted_file() -> None:
    found = mismatches(Source("large_v2.pth", MMAUDIO.generator), **sources(SMALL, "small (built in)"))
    wanted = {
        "text encoder": ("128 channels", "1024", "160 tokens", "77", "apple_DFN5B"),
        "visual encoder": ("128 channels", "1024", "apple_DFN5B"),
        "sync encoder": ("128 channels", "768", "synchformer_state_dict.pth"),
        "codec (VAE)": ("16 latent channels", "40", "v1-44.pth"),
    }
    assert len(found) == len(wanted)
    for (what, words), sentence in zip(wanted.items(), found, strict=True):
        assert sentence.startswith(f"{what} small (built in) has "), sentence
        assert not [w for w in (*words, "flow network large_v2.pth") if w not in sentence], sentence


def test_a_model_of_16_khz_does_not_take_a_codec_of_44() -> None:
    parts = sources(MMAUDIO, "44k.pth")
    (vae,) = mismatches(Source("small_16k.pth", PRESETS["mmaudio_small_16k"].generator), **parts)
    assert "44k.pth has 40 latent channels" in vae and "v1-16.pth" in vae
    (vocoder,) = mismatches(vae=Source("v1-16.pth", VAE_16K), vocoder=parts["vocoder"])
    assert "128 mel bands" in vocoder and "80" in vocoder and "hop" not in vocoder


def test_parts_are_compared_among_themselves_where_the_flow_network_is_not_known() -> None:
    stereo = Source("own.safetensors", replace(SMALL.stereo, sync_dim=768))
    (fault,) = mismatches(stereo=stereo, vae=Source("s", SMALL.vae), sync=Source("s", SMALL.sync))
    assert "stereo renderer own.safetensors has 768 sync channels where sync encoder s needs 128" in fault
    blind = Source("own.safetensors", replace(SMALL.stereo, sync_dim=None))
    assert mismatches(stereo=blind, vae=Source("s", SMALL.vae), sync=Source("s", SMALL.sync)) == []


def test_a_codec_of_unknown_bands_is_told_before_its_vocoder_is_compared() -> None:
    vae = Source("own.safetensors", replace(VAE_16K, n_mels=100))
    (fault,) = mismatches(vae=vae, vocoder=Source("v", MMAUDIO.vocoder))
    assert "100 mel bands" in fault and "80 and 128" in fault


def test_the_error_holds_all_of_them() -> None:
    generator = Source("g", MMAUDIO.generator)
    check_fit(generator, **sources(MMAUDIO, "p"))
    with pytest.raises(InputError, match=r"don't belong together.*text encoder.*sync encoder.*codec"):
        check_fit(generator, **sources(SMALL, "p"))
