"""A system on disk: only what is used is loaded, and only one stage's networks are in memory."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import weakref

import pytest
import torch

from kling_foley_core.demo import CLIP
from kling_foley_core.editing import Edit
from kling_foley_core.errors import InputError
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.systems import staged
from kling_foley_core.systems.staged import STAGES
from kling_foley_core.weights import BUILT_IN

SHORT = {"seconds": 0.7, "steps": 1}


@pytest.fixture
def loaded(monkeypatch) -> list[tuple[str, weakref.ref]]:
    """Every network that is loaded: its kind, and a reference that does not keep it."""
    seen, load = [], staged.load_network

    def noted(path, kind, **how):
        network = load(path, kind, **how)
        seen.append((kind, weakref.ref(network)))
        return network

    monkeypatch.setattr(staged, "load_network", noted)
    return seen


def kinds(loaded) -> list[str]:
    return [kind for kind, _ in loaded]


def alive(loaded) -> set[str]:
    return {kind for kind, network in loaded if network() is not None}


def test_a_system_is_opened_without_weights(loaded) -> None:
    pipeline = FoleyPipeline.from_pretrained("small", "cpu")
    unloaded = pipeline.parts.unloaded
    assert unloaded.codec.sampling_rate == 44100 and unloaded.visual.view.fps == 8
    assert unloaded.generator.config.hidden_dim == 192 and unloaded.stereo is not None
    assert loaded == []


def test_opening_a_system_imports_no_compiler() -> None:
    """torch's takes two seconds; what runs on the meta device may ask for it."""
    code = (
        "import sys, kling_foley_core.generation.pipeline as p\n"
        "p.FoleyPipeline.from_pretrained('small', 'cpu')\n"
        "print([m for m in ('torch._dynamo', 'sympy', 'transformers') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_text_alone_loads_no_encoder_of_the_picture(loaded) -> None:
    pipeline = FoleyPipeline.from_pretrained("small", "cpu", keep_loaded=False)
    pipeline.generate(prompt="dog barks", **SHORT)
    assert kinds(loaded) == ["t5", "mmdit", "vae", "vocoder", "stereo"]


def test_without_words_no_text_encoder_is_loaded(loaded) -> None:
    pipeline = FoleyPipeline.from_pretrained("small", "cpu", keep_loaded=False)
    pipeline.generate(video=CLIP, **SHORT, stereo="mono")
    assert sorted(kinds(loaded)) == ["clip_visual", "mmdit", "synchformer", "vae", "vocoder"]


def test_one_stage_is_in_memory_at_a_time(loaded) -> None:
    """No collector is needed for it: gigabytes would wait for one."""
    pipeline = FoleyPipeline.from_pretrained("small", "cpu", keep_loaded=False)
    found = {}

    def progress(stage: str, done: int, total: int) -> None:
        found.setdefault(stage, alive(loaded))

    gc.disable()
    try:
        pipeline.generate(video=CLIP, prompt="knocks", **SHORT, stereo="coherent", progress=progress)
    finally:
        gc.enable()
    assert found["visual features"] == {"clip_visual", "synchformer"}
    assert found["sampling"] == {"mmdit"}
    assert found["decoding"] == {"vae", "vocoder", "stereo"}
    assert alive(loaded) == {"vae", "vocoder", "stereo"}


@pytest.mark.parametrize("keep", [None, True])
def test_what_is_kept_is_loaded_once(loaded, keep) -> None:
    """`small` by itself."""
    pipeline = FoleyPipeline.from_pretrained("small", "cpu", keep_loaded=keep)
    for seed in (0, 1):
        pipeline.generate(prompt="dog barks", seed=seed, **SHORT)
    assert kinds(loaded) == ["t5", "mmdit", "vae", "vocoder", "stereo"]


def test_large_systems_are_not_kept(loaded, monkeypatch) -> None:
    monkeypatch.setattr(staged, "SMALL_BYTES", 1)
    pipeline = FoleyPipeline.from_pretrained("small", "cpu", dtype="float32")
    pipeline.generate(prompt="dog barks", **SHORT)
    assert alive(loaded) == {"vae", "vocoder", "stereo"}


def test_kept_or_not_it_is_the_same_sound() -> None:
    one, other = (
        FoleyPipeline.from_pretrained("small", "cpu", keep_loaded=keep).generate(
            video=CLIP, prompt="knocks", **SHORT
        )
        for keep in (True, False)
    )
    assert torch.equal(one.waveform, other.waveform)


def test_the_vae_encodes_only_where_a_sound_is_edited() -> None:
    pipeline = FoleyPipeline.from_pretrained("small", "cpu", keep_loaded=False)
    assert pipeline.parts.decoder.vae.encoder is None
    assert pipeline.parts.codec.vae.encoder is not None
    assert pipeline.parts.decoder is pipeline.parts.codec  # what is there already serves
    wave = torch.sin(torch.arange(30870) * 0.05)[None]
    sound = pipeline.generate(edit=Edit(wave, 44100, strength=0.5), prompt="knocks", steps=2)
    assert sound.waveform.shape[-1] == 30870


def test_loading_is_told_of_large_systems(monkeypatch) -> None:
    monkeypatch.setattr(staged, "SMALL_BYTES", 1)
    told = []
    pipeline = FoleyPipeline.from_pretrained("small", "cpu", torch.float32, lambda *now: told.append(now))
    assert told == []
    assert pipeline.parts.generator is not None
    stages = {stage for stage, _, _ in told}
    assert stages == {"loading the flow network"} and told[-1][1] == told[-1][2]


@pytest.mark.parametrize("how", ["gone", "another"])
def test_a_file_that_is_changed_meanwhile_is_told(tmp_path, how) -> None:
    file = tmp_path / "model.safetensors"
    shutil.copy(BUILT_IN, file)
    pipeline = FoleyPipeline.from_pretrained(file, "cpu")
    file.unlink()
    if how == "another":
        file.write_bytes(BUILT_IN.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"model\.safetensors has been changed or taken away.*open it again"):
        pipeline.generate(prompt="dog barks", **SHORT)


def test_what_is_loaded_by_a_pipeline_can_be_trained() -> None:
    """Though the pipeline runs in inference mode."""
    pipeline = FoleyPipeline.from_pretrained("small", "cpu")
    pipeline.generate(prompt="dog barks", **SHORT)
    assert not any(p.is_inference() for p in pipeline.parts.generator.parameters())


def test_every_part_has_a_stage() -> None:
    assert set(STAGES) == {"text", "visual", "sync", "generator", "codec", "decoder", "stereo"}
