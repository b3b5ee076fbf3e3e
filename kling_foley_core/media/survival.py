"""What of a picture survives when its packets are copied into another kind of container: tried in memory,
since FFmpeg's versions differ and most containers only tell then.
"""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING

from .copy_video import EDIT_LISTS, add_copied_stream
from .frames import VideoFrames
from .hdr import content_light, mastering_display
from .opacity import OPACITY_CONTAINERS, opacity_beside
from .orientation import frame_orientation
from .side_data import side_data

if TYPE_CHECKING:
    from av import Packet
    from av.video.stream import VideoStream

ROTATION, PIXELS = "rotation", "shape of pixels"
UPRIGHT = (ROTATION, PIXELS)  # without them the picture is shown wrong
TRANSPARENCY, HDR = "transparency", "HDR metadata"

_SIDE_DATA = {"spherical projection": "SPHERICAL", "stereoscopic layout": "STEREO3D"}  # words: FFmpeg's name
_NO_TAG = "\0\0\0\0"


def suited_tag(container_format: str, template: VideoStream) -> str | None:
    """The codec's tag for the stream's packets in a container of that format; None where it takes no such
    packets.
    """
    wanted = _wanted_tag(container_format, template)
    return next(
        (t for t in (wanted, _NO_TAG) if _written(container_format, template, t, []) is not None), None
    )


def _wanted_tag(container_format: str, template: VideoStream) -> str:
    """The source's own where it is of the same family: it says which kind of ProRes or Hap it is."""
    codec = template.codec_context.codec.canonical_name
    try:
        own = template.codec_context.codec_tag
    except UnicodeDecodeError:
        own = _NO_TAG
    if codec == "hevc" and container_format in EDIT_LISTS and not own.startswith("dv"):
        return "hvc1"  # players of Apple's open no other
    related = container_format in EDIT_LISTS and "mov" in template.container.format.name.split(",")
    return own if related or codec == "prores" else _NO_TAG


def lost(container_format: str, frames: VideoFrames, tag: str, packets: list[Packet]) -> list[str]:
    """What is gone, in words, when the first `packets` of the video are read back from such a container."""
    import av

    wanted = _facts(frames)
    written = _written(container_format, frames.stream, tag, packets)
    with av.open(written, metadata_errors="ignore") as trial:
        found = _facts(VideoFrames(trial, "the trial"))
    gone = [what for what, value in wanted.items() if found[what] != value]
    if opacity_beside(frames.stream) and container_format not in OPACITY_CONTAINERS:
        gone.append(TRANSPARENCY)
    return gone


def _facts(frames: VideoFrames) -> dict[str, object]:
    first, context = frames.first, frames.stream.codec_context
    facts: dict[str, object] = {
        ROTATION: frame_orientation(first),
        PIXELS: frames.stream.sample_aspect_ratio or Fraction(1),
        "kind of pixels": first.format.name,
        HDR: (mastering_display(first), content_light(first)),
        "colour tags": (first.colorspace, first.color_range, context.color_primaries, context.color_trc),
    }
    for what, name in _SIDE_DATA.items():
        facts[what] = side_data(first, name)
    return facts


def _written(container_format: str, template: VideoStream, tag: str, packets: list[Packet]) -> BytesIO | None:
    """A file of these packets alone; None where the container doesn't take them."""
    import av

    file = BytesIO()
    with av.open(file, "w", format=container_format) as trial:
        try:
            stream = add_copied_stream(trial, template, template.time_base, tag)
            trial.start_encoding()
        except (ValueError, av.error.FFmpegError):
            return None
        zero = packets[0].pts if packets else 0
        for packet in packets:
            packet.pts, packet.dts = packet.pts - zero, packet.dts - zero
            packet.stream = stream
            trial.mux(packet)
    file.seek(0)
    return file
