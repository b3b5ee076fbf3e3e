"""What a video file is: size as shown, rate, length of its video, whether it has sound, and what is to be
said of it. Our choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .animation import animation_kind
from .frames import VideoFrames, frame_rate
from .framing import framing_note
from .length import film_length
from .orientation import frame_orientation
from .source import Source, open_file, open_media, source_name
from .streams import chosen_note, sound_stream


@dataclass(frozen=True)
class VideoInfo:
    """Times in seconds as exact fractions."""

    width: int  # as shown, after the rotation
    height: int
    rotation: int  # degrees clockwise from stored to shown
    frame_rate: Fraction  # the average
    duration: Fraction | None  # of the video, first frame to end of the last; None: a still picture has none
    zero: Fraction  # the first frame's time in the container's clock
    container: str
    codec: str
    pixel_format: str | None
    has_audio: bool
    audio_rate: int | None
    audio_channels: int | None
    notes: tuple[str, ...]  # sentences for the user: which of several streams it is, that it ends early


def probe(source: Source) -> VideoInfo:
    """Facts about a video or still picture; decodes one frame. InputError for what is no readable video."""
    name = source_name(source)
    with open_file(source) as file:
        framing = framing_note(file, name)
    with open_media(source) as container:
        frames = VideoFrames(container, name)
        stream, first, still, kind = frames.stream, frames.first, frames.still, animation_kind(container)
        orientation = frame_orientation(first)
        width, height = orientation.shown_size(first.width, first.height)
        sound = sound_stream(container)
        duration, early = (None, None) if still else film_length(frames)
        early = early or framing
        return VideoInfo(
            width=width,
            height=height,
            rotation=orientation.rotation,
            frame_rate=frame_rate(stream),
            duration=duration,
            zero=frames.zero,
            container=kind or container.format.name,
            codec=kind or stream.codec_context.codec.canonical_name,
            pixel_format=stream.codec_context.pix_fmt,
            has_audio=sound is not None,
            audio_rate=sound.codec_context.sample_rate if sound else None,
            audio_channels=sound.codec_context.channels if sound else None,
            notes=tuple(note for note in (chosen_note(container, name), early) if note),
        )
