"""Puts a sound under a video: the picture is copied untouched, the sound encoded for the container.

wave float [C, N] (1 or 2 channels) at `rate`; its first sample lies on the window's first frame. The file's
sound track says exactly N samples: decoders give back N from Matroska (FLAC) and WebM (Opus); from mp4 and
mov (AAC) they give N rounded up to a multiple of 1024 with silence behind, which players cut by the track's
length. Our choice throughout.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

from torch import Tensor

from ..errors import InputError
from ..files.whole_file import whole_file
from ..marks.label import labelled
from ..progress import Progress, silent
from .audio import resample
from .copy_video import EDIT_LISTS, add_copied_stream, copied_window, rising, shifted_packets
from .edit_list import end_picture
from .encode_audio import AudioCodec, add_audio_stream, checked_wave, clamped, encoded_wave
from .encode_video import WindowEncoder
from .extras import MATROSKA, Extras, IndexedPacket, add_extras, extras_of, window_packets
from .frames import VideoFrames, cut_short
from .hdr import mastering_display
from .opacity import OPACITY_CONTAINERS, is_transparent, opacity_beside
from .probe import VideoInfo, probe
from .source import Source, open_media, source_name
from .streams import video_stream
from .survival import HDR, TRANSPARENCY, UPRIGHT, lost, suited_tag
from .tags import copy_chapters, file_tags, film_tags
from .target import Target, checked_target
from .video_codec import TRANSPARENT, VideoCodec, suited_codec
from .window import OVERRUN, clip_window

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer

STAGE = "write video"  # progress in seconds

_COMMON_RATE = 48_000  # every encoder takes it
# mov takes them, but what it then holds is played by nearly nothing
_NEVER_COPIED = {"gif", "apng", "webp", "rawvideo"}
_TRIED = 3  # packets that are copied to see what survives


@dataclass(frozen=True)
class _Plan:
    """What is to be written. `codec`: what the picture is encoded with; None where it is copied."""

    target: Target
    name: str
    info: VideoInfo
    begin: Fraction
    length: Fraction
    codec: VideoCodec | None
    extras: Extras
    notes: tuple[str, ...]

    @property
    def cuts_the_end(self) -> bool:
        """Whether the film goes on behind the window; a still picture has no end."""
        return self.info.duration is not None and self.begin + self.length < self.info.duration


def check_target(
    source: Source,
    output: str | os.PathLike,
    *,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
) -> tuple[str, ...]:
    """Raises at once what `mux` would raise for this source, output and window, and gives the sentences that
    it would; writes nothing.
    """
    return _planned(source, output, start, seconds).notes


def mux(
    video_source: Source,
    wave: Tensor,
    rate: int,
    output: str | os.PathLike,
    *,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
    progress: Progress = silent,
    label: str | None = None,
) -> tuple[str, ...]:
    """Writes `output` with the picture of a window of `video_source` and `wave` as its only sound, and
    `label` (marks/label.py) in its comment. Gives the sentences that users should read: what of the film
    could not be copied, and why.

    The picture's packets are copied bit for bit when the window begins on a keyframe (the clip's beginning is
    one), in mp4 and mov also between keyframes: the file then holds the pictures from the keyframe on, and
    its edit list says where to begin and end. In other containers a few frames more are kept where B-frames
    reach across the window's end. Otherwise, and for codecs that not even .mkv holds, the picture is encoded
    anew. Tags, chapters, timecode, subtitles, data, covers and fonts are kept where the container holds them.
    Written whole or not at all. InputError: unreadable or cut short source, window outside of the clip,
    unknown suffix, a codec that the container can't hold, an unusable wave, output equal to the source.
    """
    import av

    plan = _planned(video_source, output, start, seconds)
    target = plan.target
    wave, rate = _for_codec(checked_wave(wave, rate), rate, target.audio)
    beside = _beside(video_source, plan)
    with whole_file(output) as temporary, open_media(video_source) as source:
        with av.open(
            str(temporary),
            "w",
            format=target.format,
            options=target.options(rate, plain_tags=bool(plan.extras.covers)),
        ) as out:
            film = video_stream(source, plan.name)
            out.metadata.update(labelled(file_tags(source, film, plan.begin), label))
            copy_chapters(out, source, plan.info.zero + plan.begin, plan.length)
            picture = _whole(_picture(out, source, plan), plan)
            stream = add_audio_stream(out, target.audio, rate, wave.shape[0])
            sound = encoded_wave(stream, target.audio, wave, rate)
            others = add_extras(out, source, plan.extras, beside)
            total = math.ceil(plan.length)
            for packet in merge(picture, sound, others, key=lambda p: p.dts * p.time_base):
                progress(STAGE, min(max(int(packet.dts * packet.time_base), 0), total), total)
                out.mux(packet)
        if target.format in EDIT_LISTS and plan.cuts_the_end:
            end_picture(temporary, plan.length)
        progress(STAGE, total, total)
    return plan.notes


def _planned(
    source: Source, output: str | os.PathLike, start: float | Fraction, seconds: float | Fraction | None
) -> _Plan:
    target, name, info = checked_target(source, output), source_name(source), probe(source)
    begin, length = clip_window(name, info.duration, start, seconds)
    with open_media(source) as container:
        extras, sounds = extras_of(container, target.format), len(container.streams.audio)
    anew, left_out = _examined(source, target, name, info, begin, length)
    codec, notes = None, []
    if anew is not None:
        codec, without = _encoder(source, target, name, info)
        without = f", without its {' and '.join(without)}" if without else ""
        notes.append(f"The picture is encoded anew with {codec.name}{without}: {anew}.")
    if left_out := [*left_out, *extras.left_out]:
        notes.append(f"Left out, since {target.format} can't hold it: {', '.join(left_out)}.")
    if sounds > 1:
        notes.append(f"The new sound takes the place of all {sounds} sound tracks.")
    return _Plan(target, name, info, begin, length, codec, extras, tuple(notes))


def _examined(
    source: Source, target: Target, name: str, info: VideoInfo, begin: Fraction, length: Fraction
) -> tuple[str | None, list[str]]:
    """Why the picture must be encoded anew, or None and what of it the target can't hold."""
    if info.duration is None:
        return "it is a still picture", []
    if info.codec in _NEVER_COPIED:
        return f"{info.codec} video is not copied", []
    zero = info.zero
    with open_media(source) as container:
        stream = video_stream(container, name)
        copied = copied_window(container, stream, zero + begin, zero)
        if copied is None or not rising(copied.before(zero + begin + length)):
            return f"no keyframe near {float(begin):g} s, or packets without rising timestamps", []
        if copied.leads and target.format not in EDIT_LISTS:
            return f"no keyframe at {float(begin):g} s", []
        unheld = f"{info.codec} video can't be stored in {target.format}"
        tag = suited_tag(target.format, stream)
        if tag is None:
            if copied.leads or suited_tag(MATROSKA, stream) is None:
                return unheld, []
            raise InputError(
                f"{name} holds {info.codec} video, which can't be stored in {target.format}; "
                "write to a .mkv file."
            )
    left_out = _lost_by_copying(source, target, name, info, begin, tag)
    wrong = None if left_out is None else [what for what in left_out if what in UPRIGHT]
    if wrong is None:
        return unheld, []
    return (f"its {wrong[0]} can't be stored in {target.format}", []) if wrong else (None, left_out)


def _lost_by_copying(
    source: Source, target: Target, name: str, info: VideoInfo, begin: Fraction, tag: str
) -> list[str] | None:
    """None: what is copied can't be read."""
    from av.error import FFmpegError

    with open_media(source) as container:
        copied = copied_window(container, video_stream(container, name), info.zero + begin, info.zero)
        packets = list(islice(copied.packets, _TRIED))
    with open_media(source) as container:
        try:
            return lost(target.format, VideoFrames(container, name), tag, packets)
        except (FFmpegError, InputError):
            return None


def _encoder(source: Source, target: Target, name: str, info: VideoInfo) -> tuple[VideoCodec, list[str]]:
    """The encoder for the target, and what it loses, in words."""
    with open_media(source) as container:
        frames = VideoFrames(container, name)
        transparent, bits = is_transparent(frames.stream), frames.first.format.components[0].bits
        codec = suited_codec(target.format, info.codec, bits, transparent=transparent)
        losses = {
            TRANSPARENCY: transparent and codec not in TRANSPARENT,
            f"{bits} bits": bits > codec.bits,
            HDR: mastering_display(frames.first) is not None and codec.hdr is None,
        }
    return codec, [what for what, true in losses.items() if true]


def _beside(source: Source, plan: _Plan) -> list[IndexedPacket]:
    """Read before the picture: file objects have one place where they are read."""
    if not (plan.extras.tracks or plan.extras.covers):
        return []
    with open_media(source) as container:
        return window_packets(container, plan.extras, plan.info.zero + plan.begin, plan.length)


def _picture(out: OutputContainer, source: InputContainer, plan: _Plan) -> Iterator[Packet]:
    """Adds the video stream to `out` and gives its packets."""
    begin, length, info = plan.begin, plan.length, plan.info
    film = video_stream(source, plan.name)
    tags = film_tags(film, begin)
    if plan.codec is not None:
        frames = VideoFrames(source, plan.name, opacity=plan.codec in TRANSPARENT)
        encoder = WindowEncoder(out, frames, plan.codec)
        encoder.stream.metadata.update(tags)
        return encoder.packets(begin, length)
    copied = copied_window(source, film, info.zero + begin, info.zero)
    stream = add_copied_stream(out, film, copied.clock, suited_tag(out.format.name, film))
    stream.metadata.update(tags)
    if opacity_beside(film) and out.format.name in OPACITY_CONTAINERS:
        stream.metadata["alpha_mode"] = "1"
    return shifted_packets(copied, stream, length if plan.cuts_the_end else None)


def _whole(picture: Iterator[Packet], plan: _Plan) -> Iterator[Packet]:
    """The same packets; InputError if they end before the window does."""
    reached = Fraction(0)
    for packet in picture:
        reached = max(reached, (packet.pts + packet.duration) * packet.time_base)
        yield packet
    if reached < plan.length - OVERRUN:
        raise cut_short(plan.name, plan.begin + reached, plan.begin + plan.length)


def _for_codec(wave: Tensor, rate: int, codec: AudioCodec) -> tuple[Tensor, int]:
    rates = codec.rates()
    if rates is None or rate in rates:
        return wave, rate
    return clamped(resample(wave, rate, _COMMON_RATE)), _COMMON_RATE
