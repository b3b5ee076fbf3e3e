"""A small copy of the film that every browser plays and quickly goes to any time in, without sound.

H.264 in mp4, 4:2:0 in 8 bits, its longer side at most LONGEST pixels or as its form says; image k of a batch
is shown at k / fps, frames of a file at their own times, and it lasts as long as the film. Not the film
itself: browsers don't play all codecs, count times differently, and need up to seconds for a jump in a large
one. Our choice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from ..files.whole_file import whole_file
from ..media.colour import encoder_frame, encoder_matrix, encoder_range, tagged_rgb
from ..media.frames import VideoFrames, frame_rate
from ..media.images import images_seconds
from ..media.orientation import frame_orientation
from ..media.resize import letterboxed
from ..media.source import Source, open_media, source_name
from ..progress import Progress, silent

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import OutputContainer
    from av.video.stream import VideoStream

STAGE = "film for the player"
LONGEST = 640
# Without B-frames, so that times of decoding and of showing agree; many keyframes, so that seeking is quick.
CODEC, OPTIONS = "libx264", {"preset": "veryfast", "bf": "0", "g": "12"}
PIX_FMT = "yuv420p"
CLOCK = Fraction(1, 90_000)


class Form(NamedTuple):
    longest: int  # pixels
    crf: int  # of the encoder: more is smaller and worse


PLAYER = Form(LONGEST, 26)
TimedPicture = tuple[Fraction, Tensor]  # seconds, uint8 [H, W, 3]


def can_copy() -> bool:
    """Whether this build of FFmpeg has the encoder."""
    import av

    return CODEC in av.codecs_available


def film_name(frames: Tensor, seconds: Fraction, aspect: float) -> str:
    """A file name for the copy of a film that is known by its frames, small [T, 3, S, S] uint8: the same film
    has the same name."""
    seen = hashlib.blake2b(frames.contiguous().numpy(), digest_size=12)
    seen.update(f"{seconds} {aspect}".encode())
    return f"foley_film_{seen.hexdigest()}.mp4"


def copy_of_file(
    source: Source,
    path: str | os.PathLike,
    start: Fraction,
    seconds: Fraction,
    progress: Progress = silent,
    form: Form = PLAYER,
) -> None:
    """The small copy of a window of a file."""
    with open_media(source) as container:
        frames = VideoFrames(container, source_name(source))
        rate = frame_rate(frames.stream)
        _encode(_pictures(frames, start, seconds, form), path, rate, seconds, progress, form)


def copy_of_images(
    images: Tensor, fps: float | Fraction, path: str | os.PathLike, progress: Progress = silent
) -> None:
    """The small copy of images, float [N, H, W, 3 or 4] in 0..1."""
    seconds = images_seconds(images, fps)
    rate = len(images) / seconds
    pictures = ((i / rate, _rgb(image)) for i, image in enumerate(images))
    _encode(pictures, path, rate, seconds, progress, PLAYER)


def _rgb(image: Tensor) -> Tensor:
    return (image[..., :3].float().cpu().clamp(0, 1) * 255).round().to(torch.uint8)


def _pictures(frames: VideoFrames, start: Fraction, seconds: Fraction, form: Form) -> Iterator[TimedPicture]:
    """What is shown from `start` on, upright, times counted from there; what is over by then has time 0 as
    well and is passed over. A frame of another size than the first keeps its shape, with bars."""
    turn = frame_orientation(frames.first)
    shown = turn.shown_size(*_size(frames.first.width, frames.first.height, form.longest))
    for time, frame in frames.near(start):
        if time >= start + seconds:
            return
        picture = turn.upright(tagged_rgb(frame, _size(frame.width, frame.height, form.longest)))
        picture = letterboxed(picture.permute(2, 0, 1)[None], *reversed(shown))[0].permute(1, 2, 0)
        yield max(time - start, Fraction(0)), picture


def _size(width: int, height: int, longest: int) -> tuple[int, int]:
    """Even sides, the longer one at most `longest`."""
    scale = min(1.0, longest / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _encode(
    pictures: Iterable[TimedPicture],
    path: str | os.PathLike,
    rate: Fraction,
    seconds: Fraction,
    progress: Progress,
    form: Form,
) -> None:
    import av

    with whole_file(path) as temporary:
        with av.open(str(temporary), "w", options={"movflags": "+faststart"}) as out:
            stream, ticks = None, {}
            for begin, end, frame in _lasting(pictures, seconds):
                stream = stream or _stream(out, frame, rate, form)
                small = encoder_frame(frame, (stream.width, stream.height), PIX_FMT)
                small.time_base, small.pts, ticks[begin] = CLOCK, begin, end - begin
                _mux(out, stream.encode(small), ticks)
                progress(STAGE, int(end * CLOCK), int(seconds))
            _mux(out, stream.encode(None), ticks)


def _stream(out: OutputContainer, first: VideoFrame, rate: Fraction, form: Form) -> VideoStream:
    options = {**OPTIONS, "crf": str(form.crf)}
    stream = out.add_stream(CODEC, rate=rate.limit_denominator(1001), options=options)
    stream.width, stream.height = _size(first.width, first.height, form.longest)
    stream.pix_fmt, context = PIX_FMT, stream.codec_context
    context.time_base = CLOCK
    context.colorspace, context.color_range = encoder_matrix(first, 0), encoder_range(PIX_FMT)
    return stream


def _mux(out: OutputContainer, packets: Iterable[Packet], ticks: dict[int, int]) -> None:
    """Each packet as long as its frame is shown: encoders don't tell."""
    for packet in packets:
        packet.duration = ticks.pop(packet.pts, packet.duration)
        out.mux(packet)


def _lasting(pictures: Iterable[TimedPicture], seconds: Fraction) -> Iterator[tuple[int, int, VideoFrame]]:
    """(begin, end, frame) in ticks of CLOCK: each until the next one, the last to the end."""
    begin, before = 0, None
    for time, picture in pictures:
        now = round(time / CLOCK)
        if before is not None and now > begin:
            yield begin, now, _frame(before)
        begin, before = now, picture
    if before is not None:
        yield begin, max(begin + 1, round(seconds / CLOCK)), _frame(before)


def _frame(picture: Tensor) -> VideoFrame:
    import av

    return av.VideoFrame.from_ndarray(picture.contiguous().numpy(), format="rgb24")
