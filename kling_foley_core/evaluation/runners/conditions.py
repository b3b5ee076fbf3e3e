"""What each row of the table is given: the model with everything, controls, and ablations with the same
weights.

    generator: visual tokens, sync tokens, text, seconds of the whole; stereo renderer: sync tokens

"Wrong duration" says that the clip is the beginning of one of clips.LONGER seconds, so that nothing should
end with it; there is no learned empty duration, and a length that training has not met would say nothing.
Our choice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Given:
    visual: bool
    sync: bool
    text: bool
    duration: bool
    stereo: bool
    own_video: bool  # else another clip's


ALL = Given(visual=True, sync=True, text=True, duration=True, stereo=True, own_video=True)
MODEL = "model"
ROWS: dict[str, Given] = {
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
