"""Framing of MPEG transport streams: packets of 188 bytes, counted modulo 16 in each of their streams."""

from __future__ import annotations

import numpy as np

from ...limits import MAX_BLOCKS
from .walk import Break, Walk

_PACKET, _SYNC = 188, 0x47
_FILLING = 0x1FFF  # the stream of packets without content, not counted


def is_transport_stream(head: bytes) -> bool:
    """Whether the first packets begin as they must."""
    return len(head) > 2 * _PACKET and all(head[i * _PACKET] == _SYNC for i in range(3))


def ts_break(walk: Walk) -> Break | None:
    """Streams that begin anew, where files were strung together, count from 0 again."""
    whole = min(walk.size // _PACKET, MAX_BLOCKS)
    packets = np.frombuffer(walk.at(0, whole * _PACKET), np.uint8).reshape(-1, _PACKET)
    breaks = [int(places[0]) for places in _breaks(packets) if len(places)]
    if breaks:
        return Break(min(breaks) * _PACKET)
    return Break(walk.size) if walk.size % _PACKET else None


def _breaks(packets: np.ndarray) -> list[np.ndarray]:
    """Numbers of packets that don't begin as they must, and of those that don't follow on."""
    found = [np.flatnonzero(packets[:, 0] != _SYNC)]
    streams = (packets[:, 1] & 0x1F).astype(np.int64) << 8 | packets[:, 2]
    filled = (packets[:, 3] & 0x10) > 0
    marked = ((packets[:, 3] & 0x20) > 0) & (packets[:, 4] > 0) & ((packets[:, 5] & 0x80) > 0)
    for stream in np.unique(streams):
        if stream == _FILLING:
            continue
        places = np.flatnonzero((streams == stream) & filled)
        counts = packets[places, 3].astype(np.int64) & 0x0F
        step = np.diff(counts) % 16
        wrong = (step > 1) & (counts[1:] != 0) & ~marked[places[1:]]
        found.append(places[1:][wrong])
    return found
