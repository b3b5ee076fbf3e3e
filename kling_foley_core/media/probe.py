"""What a video file is: size as shown, rate, exact length of its video, and whether it has sound.

The length is the video stream's own, never the sound's: where its last packet ends, or what the index of mp4,
mov and avi says if that is more. Headers of other containers hold the longest stream's length or nothing. Our
choice.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from .frames import VideoFrames, frame_rate
from .orientation import frame_orientation
from .source import Source, open_media, source_name

if TYPE_CHECKING:
    from av.container import InputContainer

_INDEXED = {"mov", "avi"}  # containers whose own stream length is exact


@dataclass(frozen=True)
class VideoInfo:
    """Times in seconds as exact fractions."""

    width: int  # as shown, after the rotation
    height: int
    rotation: int  # degrees clockwise from stored to shown
    frame_rate: Fraction  # the average
    duration: Fraction  # of the video stream, from its first frame to the end of its last
    zero: Fraction  # the first frame's time in the container's clock
    container: str
    codec: str
    pixel_format: str | None
    has_audio: bool
    audio_rate: int | None
    audio_channels: int | None


def probe(source: Source) -> VideoInfo:
    """Facts about a video; decodes one frame. InputError for whatever is no readable video."""
    name = source_name(source)
    with open_media(source) as container:
        frames = VideoFrames(container, name)
        stream, first = frames.stream, frames.first
        orientation = frame_orientation(first)
        width, height = orientation.shown_size(first.width, first.height)
        sound = next((s for s in container.streams.audio if s.codec_context is not None), None)
        return VideoInfo(
            width=width,
            height=height,
            rotation=orientation.rotation,
            frame_rate=frame_rate(stream),
            zero=frames.zero,
            container=container.format.name,
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=stream.codec_context.pix_fmt,
            has_audio=sound is not None,
            audio_rate=sound.codec_context.sample_rate if sound else None,
            audio_channels=sound.codec_context.channels if sound else None,
            duration=_duration(container, frames),  # last: it may read to the end
        )


def _duration(container: InputContainer, frames: VideoFrames) -> Fraction:
    stream = frames.stream
    if frames.timed:
        frames.read_to_end()
    else:  # frames without timestamps are counted, which takes decoding
        deque(frames.near(Fraction(0)), maxlen=0)
    # An index also knows what is missing from a file that was cut short. Where frames are reordered at a
    # varying rate it knows too little: its lengths go by the order of decoding.
    if _INDEXED & set(container.format.name.split(",")) and stream.duration:
        return max(stream.duration * stream.time_base, frames.reached)
    return frames.reached
