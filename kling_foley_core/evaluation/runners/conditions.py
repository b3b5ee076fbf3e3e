"""What each line of the table is computed with: the model with all its conditions, controls, and ablations of
the same weights.

    generator: visual tokens, sync tokens, text, seconds of the whole; stereo renderer: sync tokens

"Wrong duration" says that the clip is the beginning of one of clips.LONGER seconds, so that nothing should
end with it; there is no learned empty duration, and a length that no training had would say nothing. Our
choice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Conditions:
    """Which of its conditions the model gets; `own_video`: the clip's own one, else another clip's."""

    visual: bool
    sync: bool
    text: bool
    duration: bool
    stereo: bool
    own_video: bool


ALL = Conditions(visual=True, sync=True, text=True, duration=True, stereo=True, own_video=True)
MODEL = "model"
CONDITIONS: dict[str, Conditions] = {
    MODEL: ALL,
    "stereo conditioning off": replace(ALL, stereo=False),
    "sync tokens off": replace(ALL, sync=False),
    "visual tokens off": replace(ALL, visual=False),
    "text off": replace(ALL, text=False),
    "wrong duration": replace(ALL, duration=False),
    "control: another clip's video": replace(ALL, own_video=False),
    "control: no conditions": replace(
        ALL, visual=False, sync=False, text=False, duration=False, stereo=False
    ),
}
TRUE, CEILING, CHANCE = "true sound", "true sound through the codec", "another clip's true sound"
REFERENCES = (TRUE, CEILING, CHANCE)
