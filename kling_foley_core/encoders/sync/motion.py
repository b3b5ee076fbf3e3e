"""The small sync encoder: what moves when and where, from the changes between frames.

    frames uint8 [B, T, 3, S, S] at 25 a second -> [B, 8 * segments, dim]; segments as in Synchformer

Our choice, for training on two CPU cores: a convolutional network that sees every frame once (a transformer
over segments sees each twice and learns too slowly from scratch). It is shown changes only: what stands
still is the visual encoder's, and beside it nothing that moves was noticed. Two-dimensional convolutions
look at the changes to both neighbouring frames: at means of 2 x 2 pixels, which halves the noise, and beside
them at single pixels, which contacts and turning points take. Convolutions over time,
the same at every place, tell a turning point from a passage wherever it happens; then the columns of the map
are pooled, which keeps left and right apart, and compared over time as a whole. Number and order of tokens
are those of Synchformer, but token j stands for the middle of the j-th of 8 * segments equal parts of the
clip, which is where the generator lays it: nothing has to learn that overlapping segments step back in time.

Beyond a clip's ends stands the clip itself, mirrored (`beyond`): zeros there mark the last tokens, and a
generator that sees the mark has no use for the duration. What moves at the very end seems to turn there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import InputError
from ...files.on_disk import let_go, room_for
from ...media.views import FrameView
from ...networks.attention import Attention, sdpa
from ...networks.temporal_block import TemporalBlock
from ...progress import Progress, silent
from ...timing import SYNC_FPS, SYNC_SEGMENT, SYNC_STEP, SYNC_TOKENS_PER_SEGMENT
from ..frames import check_frames
from ..parts import FrameEncoder, Part, overlapping
from ..place import computing_place

CHUNK = 64  # frames at a time: 0.1 GB for the small size in float32, whatever the clip's length
TRAINED = 10 * SYNC_FPS  # frames: its longest scenes; what it takes off as always there depends on them
OVERLAP = 2 * SYNC_FPS  # frames: half of it is more than a vector's 21 frames of context
DILATIONS = (1, 2, 4)  # of the blocks over the whole; with kernel 5 all of them reach 16 frames either way
TOKENS = 2**13  # read at a time: 5 minutes
STILL = 0.05  # size of a clip's vectors when hardly anything moves
CHANGE_GAIN = 1 / 32  # moving edges become about 1, sensor noise a fifth


@dataclass(frozen=True)
class MotionConfig:
    image_size: int
    widths: tuple[int, ...]  # channels after each halving of the picture; a first halving is a mean
    hidden: int  # width of a frame's vector while it is compared over time
    kernel: int  # of the convolutions over time
    dim: int
    beyond: Literal["zeros", "reflect"]  # padding at a clip's ends: nothing, or the clip mirrored
    fine: int  # channels of the convolution over single pixels
    reach: tuple[int, ...]  # dilations of the convolutions over time at every place

    def __post_init__(self) -> None:
        step = 2 ** (len(self.widths) + 1)
        if self.image_size % step:
            raise InputError(
                f"image_size = {self.image_size}: it is halved once, and once for each of widths = "
                f"{self.widths}; choose a multiple of {step}."
            )
        if self.kernel % 2 == 0:
            raise InputError(f"{self}: kernel must be odd to keep the frames in place.")
        longest = self.kernel // 2 * max(*self.reach, *DILATIONS)
        if self.beyond == "reflect" and longest >= SYNC_SEGMENT:
            raise InputError(
                f"{self}: the shortest clip has {SYNC_SEGMENT} frames, too few to be mirrored so far; "
                f"choose a smaller kernel, or a shorter reach."
            )

    @property
    def map_size(self) -> int:
        """Places on a side that are left of the picture."""
        return self.image_size >> (len(self.widths) + 1)


class MotionEncoder(FrameEncoder):
    def __init__(
        self,
        config: MotionConfig,
        *,
        operations: Any = torch.nn,
        attention: Attention = sdpa,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        """`attention` is every sync encoder's argument; this one has none."""
        super().__init__()
        self.config = config
        self.view = FrameView(SYNC_FPS, config.image_size, "crop", min_frames=SYNC_SEGMENT)
        self.dim = config.dim
        place = {"device": device, "dtype": dtype}
        channels = [6, *config.widths]
        self.halvings = nn.ModuleList(
            operations.Conv2d(a, b, 3, stride=2, padding=1, **place)
            for a, b in zip(channels, config.widths, strict=False)
        )
        self.pixels = operations.Conv2d(6, config.fine, 3, stride=2, padding=1, **place)
        self.from_pixels = operations.Conv2d(config.fine, config.widths[0], 3, stride=2, padding=1, **place)
        width, kernel, beyond = config.widths[-1], config.kernel, config.beyond
        self.places = nn.ModuleList(
            operations.Conv1d(
                width, width, kernel, padding=kernel // 2 * d, dilation=d, padding_mode=beyond, **place
            )
            for d in config.reach
        )
        self.columns = operations.Linear(2 * width * config.map_size, config.hidden, **place)
        self.blocks = nn.ModuleList(
            TemporalBlock(config.hidden, kernel, dilation, operations, beyond=beyond, **place)
            for dilation in DILATIONS
        )
        self.out = operations.Linear(config.hidden, config.dim, **place)
        self.norm = operations.LayerNorm(config.dim, **place)

    def forward(
        self,
        frames: Tensor,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        progress: Progress = silent,
    ) -> Tensor:
        """Wrap in torch.no_grad() to bound the memory."""
        check_frames(frames, self.config.image_size, SYNC_SEGMENT, "sync encoder")
        return tokens_of(self.every_frame(frames, device=device, dtype=dtype, progress=progress))

    def parts(self, frames: int) -> list[Part]:
        """What is always there is taken off a clip's vectors, and a clip is mirrored at its ends: so a longer
        clip than any of the training is encoded in parts of that length, each seen beyond its seams."""
        return overlapping(frames, TRAINED, OVERLAP)

    def vectors(self, frames: Tensor, **where: Any) -> Tensor:
        check_frames(frames, self.config.image_size, SYNC_SEGMENT, "sync encoder")
        return self.every_frame(frames, **where)

    def tokens(self, vectors: Tensor) -> Tensor:
        return tokens_of(vectors)

    def every_frame(
        self,
        frames: Tensor,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        progress: Progress = silent,
    ) -> Tensor:
        """[B, T, 3, S, S] -> [B, T, dim]: what `tokens_of` reads; a part of a clip can be taken from it."""
        device, dtype = computing_place(self.columns.weight, device, dtype)
        vectors, done = [], 0
        for clip in frames:
            maps = []
            for start in range(0, len(clip), CHUNK):
                maps.append(self._maps(self._changes(clip, start).to(device, dtype) * CHANGE_GAIN))
                done += len(maps[-1])
                progress("sync features", done, frames.shape[0] * frames.shape[1])
            vectors.append(self._over_time(torch.cat(maps)))
        x = torch.stack(vectors).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.norm(self.out(x.transpose(1, 2)))

    def _changes(self, clip: Tensor, start: int) -> Tensor:
        return changes(clip, start, start + CHUNK, mirrored=self.config.beyond == "reflect")

    def _maps(self, x: Tensor) -> Tensor:
        """Changes [N, 6, S, S] -> [N, C, s, s]."""
        x = x.contiguous(memory_format=torch.channels_last)
        first, *others = self.halvings
        x = F.relu(first(F.avg_pool2d(x, 2)) + self.from_pixels(F.relu(self.pixels(x))))
        for halving in others:
            x = F.relu(halving(x))
        return x

    def _over_time(self, maps: Tensor) -> Tensor:
        """A clip's maps [T, C, s, s] -> [T, hidden].

        What is always there, at a place and in the whole, is taken off, and the rest brought to one size:
        sensor noise alone fills the maps of all frames alike, and with it nothing was learned.
        """
        side = maps.shape[-1]
        x = maps.permute(2, 3, 1, 0).flatten(0, 1)  # every place is an item of its own
        x = x - x.mean(-1, keepdim=True)
        for convolution in self.places:
            x = x + F.relu(convolution(x))
        x = x.unflatten(0, (side, side))  # rows, columns, C, T
        columns = torch.cat([x.amax(0), x.mean(0)], dim=1)
        vectors = self.columns(columns.permute(2, 0, 1).flatten(1))
        vectors = vectors - vectors.mean(0, keepdim=True)
        return vectors / (vectors.float().square().mean().sqrt() + STILL).to(vectors)

    @torch.no_grad()
    def start_loud(self) -> None:
        """Before training: weights that keep the signal's size, and no biases. With the usual small ones the
        vectors hardly change over time at first, and hundreds of steps pass before anything is learned. The
        convolutions over single pixels and over longer times join in by and by."""
        for layer in (*self.halvings, *self.places, self.columns):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        for layer in self.places[1:]:
            layer.weight.mul_(0.1)
        self.from_pixels.weight.zero_()
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()


def changes(clip: Tensor, start: int, stop: int, *, mirrored: bool) -> Tensor:
    """uint8 [T, 3, S, S] -> int16 [N, 6, S, S]: of frames start to stop the change since the frame before and
    that to the frame after. Beyond the ends time runs backwards, or, if not `mirrored`, stands still."""
    last = len(clip) - 1
    at = torch.arange(start, min(stop, len(clip)))
    before, now, after = (clip[_within(at + step, last, mirrored)].short() for step in (-1, 0, 1))
    return torch.cat([now - before, after - now], dim=1)


def _within(at: Tensor, last: int, mirrored: bool) -> Tensor:
    """Places -1 to last + 1 -> 0 to last."""
    return last - (last - at.abs()).abs() if mirrored else at.clamp(0, last)


def token_count(frames: int) -> int:
    """8 for each whole segment of 16 frames, one every 8 frames."""
    return ((frames - SYNC_SEGMENT) // SYNC_STEP + 1) * SYNC_TOKENS_PER_SEGMENT


def tokens_of(every_frame: Tensor) -> Tensor:
    """[B, T, dim] -> [B, 8 * segments, dim]: read between frames, where each token's middle lies.

    Frame k shows the instant k, token j of n stands for the instant (j + 1/2) * T / n.
    """
    batch, frames, dim = every_frame.shape
    count = token_count(frames)
    at = (torch.arange(count, dtype=torch.float64) + 0.5) * (frames / count)
    parts = at.split(TOKENS)
    if len(parts) == 1:
        return _read_between(every_frame, at)
    tokens = room_for(batch, count, dim, dtype=every_frame.dtype, device=every_frame.device)
    for part, out in zip(parts, tokens.split(TOKENS, 1), strict=True):
        out[:] = _read_between(every_frame, part)
        let_go(every_frame, tokens)
    return tokens


def _read_between(every_frame: Tensor, at: Tensor) -> Tensor:
    """The vectors [B, N, dim] at the instants `at` [N]."""
    last = every_frame.shape[1] - 1
    left = at.floor().long().clamp(max=last)
    share = (at - left).to(every_frame)[:, None]
    right = (left + 1).clamp(max=last)
    return torch.lerp(every_frame[:, left], every_frame[:, right], share)
