"""Notes to a Standard MIDI File of type 0: header chunk, one track, delta times (MIDI 1.0 specification)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

TICKS = 480  # per quarter note; at the default 120 a minute, half a second
TICKS_PER_SECOND = 2 * TICKS


@dataclass(frozen=True)
class Note:
    start: float  # seconds
    seconds: float
    channel: int  # 9: drums
    key: int
    velocity: int


def midi_file(programs: dict[int, int], notes: list[Note]) -> bytes:
    """`programs`: channel -> General MIDI instrument, 0..127."""
    events = [(0, bytes((0xC0 | channel, program))) for channel, program in programs.items()]
    for n in notes:
        events.append((round(n.start * TICKS_PER_SECOND), bytes((0x90 | n.channel, n.key, n.velocity))))
        events.append((round((n.start + n.seconds) * TICKS_PER_SECOND), bytes((0x80 | n.channel, n.key, 0))))
    track, now = b"", 0
    for time, message in sorted(events):  # at equal times note-offs (0x8.) come before note-ons (0x9.)
        track += _variable(time - now) + message
        now = time
    track += b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS) + b"MTrk" + struct.pack(">I", len(track)) + track


def _variable(value: int) -> bytes:
    """A delta time: seven bits a byte, all but the last with the high bit set."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.insert(0, 0x80 | value & 0x7F)
    return bytes(out)
