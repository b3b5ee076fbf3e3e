"""HDR metadata of a decoded frame, as encoders take it: mastering display (SMPTE ST 2086) and content light
level (CTA-861.3).
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from .side_data import side_data

if TYPE_CHECKING:
    from av import VideoFrame


def mastering_display(frame: VideoFrame) -> str | None:
    """Chromaticities in 1/50000, luminances in 1/10000 cd/m2, from FFmpeg's AVMasteringDisplayMetadata: ten
    fractions of 32-bit integers (red, green, blue, white, least, most) and two flags.
    """
    data = side_data(frame, "MASTERING_DISPLAY_METADATA")
    if data is None:
        return None
    *numbers, has_primaries, has_luminance = struct.unpack("22i", data[:88])
    if not (has_primaries and has_luminance):
        return None
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    values = [Fraction(a, b) if b else Fraction(0) for a, b in pairs]
    rx, ry, gx, gy, bx, by, wx, wy = (round(v * 50_000) for v in values[:8])
    least, most = (round(v * 10_000) for v in values[8:])
    return f"G({gx},{gy})B({bx},{by})R({rx},{ry})WP({wx},{wy})L({most},{least})"


def content_light(frame: VideoFrame) -> str | None:
    """The most of a frame and of the frames' averages, in cd/m2."""
    data = side_data(frame, "CONTENT_LIGHT_LEVEL")
    return None if data is None else "{},{}".format(*struct.unpack("2I", data[:8]))
