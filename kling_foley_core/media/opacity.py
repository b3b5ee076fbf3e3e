"""Opacity that lies beside the picture: WebM and Matroska hold it for VP8 and VP9 as a second picture with
each packet, which FFmpeg's usual decoders pass over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.codec.context import CodecContext
    from av.video.stream import VideoStream

OPACITY_CONTAINERS = ("matroska", "webm")  # formats that hold it
_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def opacity_beside(stream: VideoStream) -> bool:
    """Whether the stream has such opacity."""
    return {k.lower(): v for k, v in stream.metadata.items()}.get("alpha_mode") == "1"


def is_transparent(stream: VideoStream) -> bool:
    """Whether the stream has any opacity, in its pictures or beside them."""
    pictures = stream.codec_context.format
    inside = pictures is not None and any(part.is_alpha for part in pictures.components)
    return inside or opacity_beside(stream)


def opacity_decoder(stream: VideoStream) -> CodecContext | VideoStream:
    """What decodes the stream's packets with their opacity; the stream itself where nothing here can."""
    import av

    name = _DECODERS.get(stream.codec_context.codec.canonical_name)
    if name not in av.codecs_available or not opacity_beside(stream):
        return stream
    return av.CodecContext.create(name, "r")
