"""What a film has beside picture and sound: subtitles, data, fonts and covers; which of it a container holds,
and carrying it over for a window of the film. Our choice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING

from .tags import has_chapters, only_plain_tags

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

MATROSKA = "matroska"
_PICTURES = {"mjpeg": "jpeg", "png": "png"}  # codecs of covers, as types of attachments

IndexedPacket = tuple[int, "Packet"]  # the index of its stream in the source


@dataclass(frozen=True)
class Extras:
    """Indices of the streams that are carried over; covers become attachments in Matroska."""

    tracks: tuple[int, ...]
    attachments: tuple[int, ...]
    covers: tuple[int, ...]
    left_out: tuple[str, ...]  # what the container doesn't hold, in words


def extras_of(source: InputContainer, container_format: str) -> Extras:
    """What a container of that format can hold of the source's extras."""
    kinds: dict[str, list[int]] = {"track": [], "attachment": [], "cover": []}
    left_out = []
    for stream in source.streams:
        kind = _kind(stream, has_chapters(source))
        if kind is None:
            continue
        if _held(kind, stream, source, container_format):
            kinds[kind].append(stream.index)
        else:
            left_out.append(_described(stream))
    return Extras(*map(tuple, kinds.values()), tuple(left_out))


def window_packets(
    source: InputContainer, extras: Extras, begin: Fraction, seconds: Fraction
) -> list[IndexedPacket]:
    """(stream's index, packet) of the tracks and covers, with times counted from the window's beginning
    (`begin` in the container's clock). Read whole: beside the picture they are small. The container must be
    freshly opened.
    """
    wanted = [source.streams[i] for i in (*extras.tracks, *extras.covers)]
    if not wanted:
        return []
    kept = []
    for packet in source.demux(*wanted):
        cover = packet.stream_index in extras.covers
        if packet.size and (cover or _moved(packet, begin, seconds)):
            if cover:
                packet.pts = packet.dts = 0
            kept.append((packet.stream_index, packet))
    return kept


def add_extras(
    out: OutputContainer, source: InputContainer, extras: Extras, packets: list[IndexedPacket]
) -> list[Packet]:
    """Adds the streams; gives the packets that are to be written into them, by time."""
    as_tracks = extras.tracks + (() if out.format.name == MATROSKA else extras.covers)
    streams = {index: _added(out, source.streams[index]) for index in as_tracks}
    for index in extras.attachments:
        _added(out, source.streams[index])
    kept = []
    for index, packet in packets:
        if index in streams:
            packet.stream = streams[index]
            kept.append(packet)
        else:
            _attach(out, source.streams[index], bytes(packet))
    return sorted(kept, key=lambda p: p.dts * p.time_base)


def _kind(stream: Stream, chapters: bool) -> str | None:
    """None: picture and sound, and what is written by itself: the tracks of timecodes and chapters."""
    from av.stream import Disposition

    if stream.type == "attachment":
        return "attachment"
    if stream.type == "video":
        return "cover" if stream.disposition & Disposition.attached_pic else None
    if stream.type == "data" and ("timecode" in stream.metadata or (chapters and stream.name == "bin_data")):
        return None
    return "track" if stream.type in ("subtitle", "data") else None


def _held(kind: str, stream: Stream, source: InputContainer, container_format: str) -> bool:
    """Whether the container takes it: tried in memory, since FFmpeg's versions differ."""
    if kind == "attachment" and container_format != MATROSKA:
        return False
    if kind == "cover" and container_format == MATROSKA:
        return _takes(container_format, lambda out: _attach(out, stream, b"x"))
    if kind == "cover" and not (container_format == "mp4" and only_plain_tags(source)):
        return False
    return _takes(container_format, lambda out: _added(out, stream))


def _takes(container_format: str, add: Callable[[OutputContainer], object]) -> bool:
    import av

    with av.open(BytesIO(), "w", format=container_format) as trial:
        try:
            add(trial)
            trial.start_encoding()
        # Older versions of PyAV lack methods, or copy no stream without a codec.
        except (ValueError, AttributeError, TypeError, KeyError, av.error.FFmpegError):
            return False
    return True


def _added(out: OutputContainer, template: Stream) -> Stream:
    stream = out.add_stream_from_template(template)
    stream.metadata.update({k: v for k, v in template.metadata.items() if k.upper() != "DURATION"})
    with suppress(AttributeError):  # not to be set before PyAV 14.3
        stream.disposition = template.disposition
    return stream


def _attach(out: OutputContainer, cover: Stream, data: bytes) -> None:
    kind = _PICTURES[cover.codec_context.name]
    out.add_attachment(cover.metadata.get("filename", f"cover.{kind}"), f"image/{kind}", data)


def _moved(packet: Packet, begin: Fraction, seconds: Fraction) -> bool:
    """Gives it its time in the window; False where it is not in it."""
    if packet.pts is None:
        return False
    clock = packet.time_base
    start = packet.pts - begin / clock
    end = start + (packet.duration or 0)
    if start >= seconds / clock or (end <= 0 and start < 0):
        return False
    packet.pts = packet.dts = round(max(start, Fraction(0)))
    packet.duration = round(min(end, seconds / clock)) - packet.pts
    return True


def _described(stream: Stream) -> str:
    if stream.type == "attachment":
        return f"the attached file {stream.name}"
    if stream.type == "video":
        return "the cover picture"
    codec = stream.codec_context
    details = [stream.name if codec is None else codec.codec.canonical_name, stream.language]
    words = ", ".join(d for d in details if d and d != "und")
    return f"{'subtitles' if stream.type == 'subtitle' else 'a data track'}{f' ({words})' if words else ''}"
