"""Parts of a sound and their log mels, as the whole sound's mel has them.

    waves [C, N]  ->  wide part [C, (frames + 2 context) * hop]  ->  log mel [C, bands, frames]

A window reaches into neighbouring frames, so a part is cut with some sound on either side; at the sound's own
ends it is mirrored, as `LogMel` does. Beyond the end is silence.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ...codec import LogMel, MelConfig
from ...codec.stft import frame_padding
from ...data.shards import Shards
from ...errors import InputError


def context(mel: MelConfig) -> int:
    """Mel frames that a frame's window reaches on either side."""
    return -(-frame_padding(mel.n_fft, mel.hop) // mel.hop)


def wide_part(waves: Tensor, start: int, frames: int, mel: MelConfig) -> Tensor:
    """`start`: first mel frame of the part."""
    around = context(mel) * mel.hop
    first, last = start * mel.hop - around, (start + frames) * mel.hop + around
    if first >= 0 and last <= waves.shape[-1]:  # nothing of it is beyond the sound
        return waves[:, first:last]
    least = (start + max(frames, context(mel) + 1)) * mel.hop
    waves = F.pad(waves, (0, max(0, least - waves.shape[-1])))
    waves = F.pad(waves, (around, around), mode="reflect")
    return waves[:, start * mel.hop :][:, : frames * mel.hop + 2 * around]


def mels_of(wide: Tensor, log_mel: LogMel) -> Tensor:
    """[C, samples of `wide_part`] -> [C, bands, frames]."""
    around = context(log_mel.config)
    return log_mel(wide)[..., around:-around]


def mel_part(waves: Tensor, start: int, frames: int, log_mel: LogMel) -> Tensor:
    return mels_of(wide_part(waves, start, frames, log_mel.config), log_mel)


def check_rate(shards: Shards, mel: MelConfig) -> None:
    """InputError where sounds have another rate than the preset's codec."""
    rate = shards.header.sampling_rate
    if rate != mel.sampling_rate:
        raise InputError(
            f"--data {shards.folders[0]}: its sounds have {rate} Hz, and the preset's codec works at "
            f"{mel.sampling_rate} Hz; make shards for this preset, or choose another preset."
        )
