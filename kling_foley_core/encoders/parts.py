"""A long clip through an encoder part by part: frames come as a film is read, and only those of one part are
held.

Every encoder says itself which frames it wants together and which of the vectors it makes of them count
(`parts`), makes the vectors (`vectors`), and makes tokens of those of the whole clip (`tokens`). What an
encoder looks at apart anyway, frames or segments, comes out as if it had seen the whole at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from ..files.on_disk import let_go, room_for
from ..progress import Progress, silent


@dataclass(frozen=True)
class Part:
    """The frames begin to end - 1 of a clip, which are encoded together. The vectors first to last - 1 of the
    clip are taken from it; before them it makes `skipped` more."""

    begin: int
    end: int
    first: int
    last: int
    skipped: int = 0


class FrameEncoder(nn.Module):
    """What all encoders of frames have in common. Below, frames are uint8 [B, T, 3, S, S]."""

    def parts(self, frames: int) -> list[Part]:
        """How a clip of so many frames is encoded, one part at least."""
        raise NotImplementedError

    def vectors(self, frames: Tensor, **where: Any) -> Tensor:
        """Of one part [B, N, dim]; `where` as in `forward`."""
        return self(frames, **where)

    def tokens(self, vectors: Tensor) -> Tensor:
        """Those of a whole clip [B, N, dim] -> its tokens [B, M, dim]."""
        return vectors


def frame_by_frame(frames: int, length: int) -> list[Part]:
    """For encoders with one vector a frame that look at each by itself: `length` frames at a time."""
    begins = range(0, max(frames, 1), length)
    return [Part(at, min(at + length, frames), at, min(at + length, frames)) for at in begins]


def overlapping(frames: int, length: int, overlap: int) -> list[Part]:
    """For encoders with one vector a frame that look at the whole clip: parts of equal `length`, of which
    neighbours share `overlap` frames or more; the vectors change over in the middle of what is shared."""
    if frames <= length:
        return [Part(0, frames, 0, frames)]
    begins = [*range(0, frames - length, length - overlap), frames - length]
    seams = [(a + length + b) // 2 for a, b in zip(begins, begins[1:], strict=False)]
    return [
        Part(begin, begin + length, first, last, first - begin)
        for begin, first, last in zip(begins, [0, *seams], [*seams, frames], strict=True)
    ]


class PartwiseEncoding:
    """One clip of `frames` frames on its way through one encoder: `add` its frames in order, then take
    `tokens`."""

    def __init__(
        self,
        encoder: FrameEncoder,
        frames: int,
        vectors: Callable[..., Tensor],
        progress: Progress = silent,
    ) -> None:
        """`vectors(frames, progress=...)` calls encoder.vectors, wherever it has to run."""
        self.encoder, self.make, self.progress = encoder, vectors, progress
        self.parts = deque(encoder.parts(frames))
        self.rows, self.only = self.parts[-1].last, len(self.parts) == 1
        self.longest = max(part.end - part.begin for part in self.parts)
        self.work = sum(part.end - part.begin for part in self.parts)  # frames that are encoded
        self.done, self.held, self.begin, self.count = 0, None, 0, 0  # of `held`: first frame, frames in it
        self.made: Tensor | None = None

    def add(self, frames: Tensor) -> None:
        """uint8 [n, 3, S, S]; those that no part wants are passed over."""
        if self.held is None:
            self.held = frames.new_empty(self.longest, *frames.shape[1:])
        while self.parts and len(frames):
            missing = self.parts[0].end - self.begin - self.count
            taken, frames = frames[:missing], frames[missing:]
            self.held[self.count : self.count + len(taken)] = taken
            self.count += len(taken)
            if len(taken) == missing:
                self._encode(self.parts.popleft())

    def tokens(self) -> Tensor:
        """[1, M, dim] of the whole clip; all frames must have been added."""
        if self.parts:
            raise ValueError(f"{len(self.parts)} parts of the clip are missing")
        return self.encoder.tokens(self.made)

    def _encode(self, part: Part) -> None:
        vectors = self.make(self.held[None, : self.count], progress=self._reported(part))
        self.done += part.end - part.begin
        self._keep(vectors, part)
        passed = (self.parts[0].begin if self.parts else part.end) - self.begin
        left = self.held[passed : self.count].clone()
        self.held[: len(left)] = left
        self.begin, self.count = self.begin + passed, len(left)

    def _keep(self, vectors: Tensor, part: Part) -> None:
        if self.only:
            self.made = vectors
            return
        if self.made is None:
            shape = (1, self.rows, vectors.shape[-1])
            self.made = room_for(*shape, dtype=vectors.dtype, device=vectors.device)
        count = part.last - part.first
        self.made[:, part.first : part.last] = vectors[:, part.skipped : part.skipped + count]
        let_go(self.made)

    def _reported(self, part: Part) -> Progress:
        """The encoder's own reports, as those of the whole clip."""
        if self.only:
            return self.progress
        before, length = self.done, part.end - part.begin
        return lambda stage, done, total: self.progress(stage, before + length * done // total, self.work)
