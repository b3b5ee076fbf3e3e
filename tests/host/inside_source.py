"""Inside ComfyUI's process (see inside.py): what Video for Foley makes of a file and of images."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from comfy_api.latest import InputImpl
from inside import part
from inside_interrupts import film


def made() -> dict[str, Any]:
    """Seconds of each video that comes out, or the error."""
    node, videos = part("nodes.source").FoleyVideo, part("nodes.host.videos")
    error = part("kling_foley_core.errors").InputError

    def seconds(video: Any) -> str:
        if not videos.made_of_images(video):
            return str(videos.window(video)[1])
        parts = video.get_components()
        return str(len(parts.images) / Fraction(parts.frame_rate))

    def outcome(fps: float, wanted: float, **given: Any) -> str:
        try:
            return seconds(node.execute(fps, wanted, **given).result[0])
        except error as said:
            return str(said)

    with tempfile.TemporaryDirectory() as folder:
        file = InputImpl.VideoFromFile(str(film(Path(folder) / "clip.mp4")))
        images = torch.rand(48, 8, 8, 3)
        return {
            "trimming": hasattr(file, "as_trimmed"),
            "file": outcome(24, 0, video=file),
            "its beginning": outcome(24, 1.2, video=file),
            "more than it has": outcome(24, 3.5, video=file),
            "images": outcome(16, 0, images=images),
            "their beginning": outcome(16, 1.25, images=images),
            "more than there are": outcome(16, 3.01, images=images),
            "at 29.97": outcome(29.97, 0, images=images),
            "neither": outcome(24, 0),
            "both": outcome(24, 0, video=file, images=images),
        }


CHECKS = [made]
