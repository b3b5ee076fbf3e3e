"""Small audio encoders that the visual and sync encoders are contrasted with; they are not shipped.

    FrameAudioEncoder: log mels [B, 2, M, T] left and right, times [B, K] in mel frames -> [B, K, dim], norm 1
    ClipAudioEncoder:  log mel [B, M, T] (mono) -> [B, dim], norm 1
    band_levels:       log mels and times as above -> [B, K, 4 * BANDS]

The first is given both channels, so that where a source is counts too. Our choice; Synchformer has an audio
transformer in this place.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...networks.temporal_block import TemporalBlock

CENTRE, SPREAD = -6.0, 3.0  # of log mels where something sounds, roughly
PAN_GAIN = 2.0
REACH = 10  # mel frames on either side in a vector's receptive field
BANDS = 16  # of `band_levels`, of equal numbers of mel bands
RISE = 2  # mel frames over which a change is taken
CLIP_STEPS = 3  # halvings of the mel rate in the clip encoder


class FrameAudioEncoder(nn.Module):
    def __init__(self, n_mels: int, width: int, dim: int) -> None:
        super().__init__()
        self.embed = nn.Conv1d(2 * n_mels, width, 3, padding=1)
        self.blocks = nn.ModuleList(TemporalBlock(width, 5, dilation, nn) for dilation in (1, 1, 2))
        self.out = nn.Linear(width, dim)

    def forward(self, mels: Tensor, times: Tensor) -> Tensor:
        left, right = ((m - CENTRE) / SPREAD for m in mels.unbind(1))
        x = self.embed(torch.cat([(left + right) / 2, PAN_GAIN * (left - right)], dim=1))
        for block in self.blocks:
            x = block(x)
        return F.normalize(self.out(at_times(x.transpose(1, 2), times)).float(), dim=-1)


class ClipAudioEncoder(nn.Module):
    def __init__(self, n_mels: int, width: int, dim: int) -> None:
        super().__init__()
        self.embed = nn.Conv1d(n_mels, width, 5, padding=2)
        self.steps = nn.ModuleList(nn.Conv1d(width, width, 5, stride=2, padding=2) for _ in range(CLIP_STEPS))
        self.out = nn.Linear(2 * width, dim)

    def forward(self, mel: Tensor) -> Tensor:
        x = self.embed((mel - CENTRE) / SPREAD)
        for step in self.steps:
            x = step(F.gelu(x))
        return F.normalize(self.out(torch.cat([x.mean(-1), x.amax(-1)], dim=-1)).float(), dim=-1)


def band_levels(mels: Tensor, times: Tensor) -> Tensor:
    """Level of both channels in coarse bands, and how much it rose; the clip's mean is taken off."""
    bands = F.avg_pool2d((mels - CENTRE) / SPREAD, (mels.shape[2] // BANDS, 1)).flatten(1, 2)
    rise = F.pad(bands[..., RISE:] - bands[..., :-RISE], (RISE, 0))
    levels = at_times(torch.cat([bands, rise], dim=1).transpose(1, 2), times)
    return levels - levels.mean(1, keepdim=True)


def at_times(x: Tensor, times: Tensor) -> Tensor:
    """x [B, T, C] read at times [B, K] (in frames, linear between them, held at the ends) -> [B, K, C]."""
    times = times.clamp(0, x.shape[1] - 1)
    left = times.floor().long().clamp(max=max(0, x.shape[1] - 2))
    share = (times - left).to(x)[..., None]
    right = (left + 1).clamp(max=x.shape[1] - 1)
    wide = (-1, -1, x.shape[2])
    return torch.lerp(
        x.gather(1, left[..., None].expand(*wide)), x.gather(1, right[..., None].expand(*wide)), share
    )
