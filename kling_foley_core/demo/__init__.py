"""The embedded clip that `kling-foley demo` gives a sound to: a held-out scene of Foley World, whose truth is
known.

Wooden balls bounce in a street; a see-through ball that falls through the floor, a moth and a balloon move
and must not be heard. `draw(CLIP)` made the film: the picture alone, H.264.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..foley_world import Scene

CLIP = Path(__file__).with_name("wooden_balls.mp4")
NUMBER, FAMILY, SECONDS, SIZE, FPS = 2033, "bounce", 8.0, 256, 25


def scene() -> Scene:
    """What the clip shows; its truth is what should be heard."""
    from ..foley_world import make_scene

    return make_scene(NUMBER, "eval", SECONDS, FAMILY)


def draw(path: str | Path) -> None:
    """Writes the film, without sound."""
    import av

    from ..foley_world import render_frames

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "24", "preset": "slow"})
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        for number, picture in enumerate(render_frames(scene(), (SIZE, SIZE), FPS)):
            frame = av.VideoFrame.from_ndarray(picture.permute(1, 2, 0).contiguous().numpy(), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
