"""Encodes a window of a video anew, for windows that don't begin on a keyframe: its own frames at their own
times.

Timestamps stay exact (variable rates too), pictures come out upright, 4:2:0 and even-sized; colour tags, HDR
metadata and the shape of pixels are kept, opacity and 10 bits where the encoder has them. Our choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from .colour import encoder_frame, encoder_matrix, encoder_range
from .frames import TimedFrame, VideoFrames, frame_rate
from .orientation import Orientation, frame_orientation
from .video_codec import TRANSPARENT, VideoCodec, encoder_format, encoder_options
from .window import finer

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import OutputContainer
    from av.filter import Graph
    from av.video.stream import VideoStream


class WindowEncoder:
    """Adds its stream to `out` at once; `packets()` then decodes and encodes."""

    def __init__(self, out: OutputContainer, frames: VideoFrames, codec: VideoCodec) -> None:
        self.frames, source = frames, frames.stream
        self.orientation: Orientation = frame_orientation(frames.first)
        width, height = self.orientation.shown_size(frames.first.width, frames.first.height)
        # 4:2:0 needs even sides; an odd one loses its last line by scaling
        self.size = max(width // 2 * 2, 2), max(height // 2 * 2, 2)
        rate = frame_rate(source).limit_denominator(1001)
        self.stream: VideoStream = out.add_stream(
            codec.name, rate=rate, options=encoder_options(codec, frames.first)
        )
        self.stream.width, self.stream.height = self.size
        self.stream.pix_fmt = encoder_format(codec, frames.first.format)
        context, self.time_base = self.stream.codec_context, finer(source.time_base)
        context.time_base = self.time_base
        if aspect := source.sample_aspect_ratio:
            context.sample_aspect_ratio = 1 / aspect if self.orientation.transpose else aspect
        context.colorspace = encoder_matrix(frames.first, source.codec_context.colorspace)
        context.color_range = encoder_range(self.stream.pix_fmt)
        if not frames.first.format.is_rgb:
            context.color_primaries = source.codec_context.color_primaries
            context.color_trc = source.codec_context.color_trc
        if codec in TRANSPARENT:
            self.stream.metadata["alpha_mode"] = "1"
        self.stored = frames.first.width, frames.first.height
        self.graphs: dict[tuple[int, int], Graph] = {}  # by the size of stored frames
        self.ticks: dict[int, int] = {}  # how long frames are shown, by their time, until they are encoded

    def packets(self, start: Fraction, seconds: Fraction) -> Iterator[Packet]:
        """The window's packets; the frame that is shown at `start` comes first, at time 0, and the last one
        is held to the window's end.
        """
        before: TimedFrame | None = None
        for time, frame in _shown(self.frames.near(start), start, start + seconds):
            if before is not None:
                yield from self._encoded(*before, time)
            before = time, frame
        if before is not None:
            # no longer than the source goes: one that is cut short must not seem whole
            yield from self._encoded(*before, min(seconds, self.frames.reached - start))
        yield from self._lasting(self.stream.encode(None))

    def _encoded(self, time: Fraction, frame: VideoFrame, end: Fraction) -> Iterator[Packet]:
        begin, stop = (round(t / self.time_base) for t in (time, end))
        if stop > begin:  # else it is gone before a clock this fine has moved
            self.ticks[begin] = stop - begin
            yield from self._lasting(self.stream.encode(self._prepared(frame, begin)))

    def _lasting(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        """The packets, each as long as its frame is shown: encoders don't tell."""
        for packet in packets:
            packet.duration = self.ticks.pop(packet.pts, packet.duration)
            yield packet

    def _prepared(self, frame: VideoFrame, pts: int) -> VideoFrame:
        from av.video.frame import PictureType

        frame = encoder_frame(self._upright(frame), self.size, self.stream.pix_fmt)
        frame.pict_type = PictureType.NONE  # the encoder chooses its own keyframes
        frame.time_base, frame.pts = self.time_base, pts
        return frame

    def _upright(self, frame: VideoFrame) -> VideoFrame:
        """Turned as it is shown; one of another size than the first keeps its shape, with bars."""
        filters, stored = self.orientation.filters(), (frame.width, frame.height)
        if stored != self.stored:
            width, height = self.size
            fit = f"{width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
            filters += [("scale", fit), ("pad", f"{width}:{height}:-1:-1")]
        if not filters:
            return frame
        if stored not in self.graphs:
            self.graphs[stored] = _graph(frame, self.frames.stream.time_base, filters)
        self.graphs[stored].push(frame)
        return self.graphs[stored].pull()


def _shown(frames: Iterator[TimedFrame], start: Fraction, stop: Fraction) -> Iterator[TimedFrame]:
    """Frames on screen between start and stop, with times counted from start."""
    before: TimedFrame | None = None
    for time, frame in frames:
        if time >= stop:
            break
        if time > start:
            if before is not None:
                yield max(before[0] - start, Fraction(0)), before[1]
            before = None
            yield time - start, frame
        else:
            before = time, frame
    if before is not None:
        yield max(before[0] - start, Fraction(0)), before[1]


def _graph(frame: VideoFrame, clock: Fraction, filters: list[tuple[str, str]]) -> Graph:
    import av.filter

    graph = av.filter.Graph()
    nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=clock)]
    nodes += [graph.add(name, arguments) for name, arguments in filters]
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    return graph
