"""Music under a film: made from its words alone, as long as the effects.

No picture: what the visual and the sync encoder see would bring the film's effects into the music, and make
it follow every step. Our choice; the music knows the film's length only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..mmdit import MMDiTConfig
from ..presets import makes_music
from .prompts import StemPrompts

if TYPE_CHECKING:
    from ..generation.pipeline import FoleyPipeline
    from ..generation.sound import Sound


def make_music(pipeline: FoleyPipeline, prompts: StemPrompts, effects: Sound, **settings: Any) -> Sound:
    """As long as `effects`; `settings` as `FoleyPipeline.generate` takes them."""
    from ..generation.video_features import VideoFeatures

    check_makes_music(pipeline.parts.unloaded.generator.config)
    seconds = Fraction(effects.waveform.shape[2], effects.sampling_rate)
    unseen = VideoFeatures(None, None, seconds, 0.0, float(seconds))
    return pipeline.generate(
        features=unseen, prompt=prompts.music, negative_prompt=prompts.music_negative, **settings
    )


def check_makes_music(config: MMDiTConfig, name: str = "music_prompt") -> None:
    """InputError, with the `name` of the input, for networks that have heard none."""
    if not makes_music(config):
        raise InputError(
            f"{name}: the built-in model makes no music; leave the prompt empty, or take an MMAudio model."
        )
