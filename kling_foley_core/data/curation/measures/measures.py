"""What is known of one piece of a clip, before anybody decides about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from .stereo import is_stereo


@dataclass(frozen=True)
class SoundMeasures:
    """Each is defined in the file of its name. `seconds`: as far as the track goes within the piece.
    `print`: the fingerprint's codes in hexadecimal."""

    seconds: float
    rate: int  # Hz
    channels: int
    level_db: float
    snr_db: float | None  # None: digital silence
    bandwidth: float | None  # Hz; None: digital silence
    clipping_ratio: float
    silence_ratio: float
    dc_offset: float
    side_db: float | None  # None: one channel
    balance_db: float | None
    print: str
    damage: str  # where the file can't be read; "": nowhere

    @property
    def is_stereo(self) -> bool:
        return is_stereo(self.side_db, self.balance_db)

    @property
    def codes(self) -> np.ndarray:
        """uint32 [T]."""
        return np.frombuffer(bytes.fromhex(self.print), "<u4")


@dataclass(frozen=True)
class FilmMeasures:
    """`seconds`: of the whole film. `width`, `height`: as shown. `print`: see SoundMeasures."""

    seconds: float
    width: int
    height: int
    fps: float
    has_sound: bool
    print: str

    @property
    def short_side(self) -> int:
        return min(self.width, self.height)

    @property
    def codes(self) -> np.ndarray:
        """uint64 [T]."""
        return np.frombuffer(bytes.fromhex(self.print), "<u8")


@dataclass(frozen=True)
class Measures:
    """`film` None: a sound without one. `clap`: agreement of sound and caption, None where it was not
    computed."""

    sound: SoundMeasures
    film: FilmMeasures | None
    clap: float | None

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict) -> Measures:
        """Raises TypeError or KeyError for what `as_json` did not write."""
        film = found["film"]
        return cls(
            SoundMeasures(**found["sound"]),
            None if film is None else FilmMeasures(**film),
            found["clap"],
        )
