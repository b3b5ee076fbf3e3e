"""The encoders of a picture that can't be copied, and which of them keeps the most of a source: its codec,
transparency, bits and HDR metadata.

Our choice: nearly lossless and quick; without B-frames, since with them mp4 takes a track's length from
decoding times, and the last frame lies outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .colour import FULL_RANGE_420
from .hdr import content_light, mastering_display
from .opacity import OPACITY_CONTAINERS

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.format import VideoFormat


@dataclass(frozen=True)
class VideoCodec:
    """An FFmpeg encoder, its options, its most bits a sample, its names for HDR metadata."""

    name: str
    options: tuple[tuple[str, str], ...]
    bits: int = 8
    hdr: tuple[str, str, str] | None = None  # option, mastering display, content light level


X264 = VideoCodec(
    "libx264",
    (("crf", "16"), ("preset", "veryfast"), ("bf", "0")),
    bits=10,
    hdr=("x264-params", "mastering-display", "cll"),
)
X265 = VideoCodec(
    "libx265",
    (("crf", "16"), ("preset", "veryfast"), ("x265-params", "log-level=none:bframes=0")),
    bits=10,
    hdr=("x265-params", "master-display", "max-cll"),
)
AV1 = VideoCodec("libsvtav1", (("crf", "20"), ("preset", "8")), bits=10)
VP9 = VideoCodec(  # mostly built for 8 bits alone
    "libvpx-vp9",
    (
        ("crf", "20"),
        ("b", "0"),
        ("deadline", "good"),
        ("cpu-used", "4"),
        ("row-mt", "1"),
    ),
)
VP8 = VideoCodec("libvpx", (("crf", "4"), ("b", "50M"), ("deadline", "good"), ("cpu-used", "4")))
# Alternative reference pictures have no opacity.
VP9_TRANSPARENT = replace(VP9, options=(*VP9.options, ("auto-alt-ref", "0")))
VP8_TRANSPARENT = replace(VP8, options=(*VP8.options, ("auto-alt-ref", "0")))
TRANSPARENT = (VP9_TRANSPARENT, VP8_TRANSPARENT)
_OF_THE_SAME = {"h264": X264, "hevc": X265, "vp8": VP8, "vp9": VP9, "av1": AV1}
_IN_WEBM = (VP8, VP9, AV1)


def suited_codec(container_format: str, source_codec: str, bits: int, *, transparent: bool) -> VideoCodec:
    """The encoder for that container that keeps the most; the usual one if this build of FFmpeg lacks it."""
    import av

    usual = VP9 if container_format == "webm" else X264
    if transparent and container_format in OPACITY_CONTAINERS:
        return VP8_TRANSPARENT if source_codec == "vp8" else VP9_TRANSPARENT
    wanted = [_OF_THE_SAME.get(source_codec, usual), usual, AV1]
    for codec in wanted:
        fits = container_format != "webm" or codec in _IN_WEBM
        if fits and bits <= codec.bits and codec.name in av.codecs_available:
            return codec
    return usual if bits <= 10 else suited_codec(container_format, source_codec, 10, transparent=False)


def encoder_format(codec: VideoCodec, source: VideoFormat) -> str:
    """The pixel format to encode in, 4:2:0."""
    if codec in TRANSPARENT:
        return "yuva420p"
    if min(source.components[0].bits, codec.bits) > 8:
        return "yuv420p10le"
    return FULL_RANGE_420 if source.name.startswith("yuvj") and codec is X264 else "yuv420p"


def encoder_options(codec: VideoCodec, first: VideoFrame) -> dict[str, str]:
    """The codec's options, with the HDR metadata of the source's first frame."""
    options = dict(codec.options)
    if codec.hdr is not None:
        option, *names = codec.hdr
        values = zip(names, (mastering_display(first), content_light(first)), strict=True)
        said = [f"{name}={value}" for name, value in values if value is not None]
        if said:
            options[option] = ":".join([*filter(None, [options.get(option)]), *said])
    return options
