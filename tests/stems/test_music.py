"""Music is made from its words alone, as long as the effects, and refused of networks that heard none."""

from __future__ import annotations

import pytest
import torch
from clips import write_clip
from musical import GENERATOR, musical_system

from kling_foley_core.errors import InputError
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.sound import Sound
from kling_foley_core.presets import PRESETS, makes_music
from kling_foley_core.stems import make_music, stem_prompts

PROMPTS = stem_prompts("a click", "", "slow piano", asmr=False)
STEPS = {"steps": 2}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> FoleyPipeline:
    return FoleyPipeline.from_pretrained(musical_system(tmp_path_factory.mktemp("system") / "m"), "cpu")


def test_the_picture_is_not_in_the_music_and_its_seed_is_its_own(pipeline, tmp_path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 1.04)
    effects = pipeline.generate(video=clip, prompt="a click", seed=1, **STEPS)
    music = make_music(pipeline, PROMPTS, effects, seed=5, **STEPS)
    assert music.waveform.shape == (1, 1, effects.waveform.shape[2])
    nothing = Sound(torch.zeros_like(effects.waveform), effects.sampling_rate, effects.model)
    assert torch.equal(make_music(pipeline, PROMPTS, nothing, seed=5, **STEPS).waveform, music.waveform)
    words = {"prompt": "slow piano", "negative_prompt": "speech, sound effects", "seconds": 1.04}
    assert torch.equal(pipeline.generate(**words, seed=5, **STEPS).waveform, music.waveform)
    assert not torch.equal(make_music(pipeline, PROMPTS, effects, seed=6, **STEPS).waveform, music.waveform)
    other = make_music(pipeline, stem_prompts("", "", "drums", asmr=False), effects, seed=5, **STEPS)
    assert not torch.equal(other.waveform, music.waveform)


def test_all_but_the_built_in_network_make_music() -> None:
    assert [name for name, preset in PRESETS.items() if not makes_music(preset.generator)] == ["small"]
    assert makes_music(GENERATOR)
    small = FoleyPipeline.from_pretrained("small", "cpu")
    with pytest.raises(InputError, match="music_prompt: the built-in model makes no music"):
        make_music(small, PROMPTS, Sound(torch.zeros(1, 2, 44100), 44100, "small"), **STEPS)
