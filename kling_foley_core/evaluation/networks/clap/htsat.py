"""HTSAT (Chen et al. 2022): a Swin transformer that sees a log mel spectrogram folded to a square.

    wave [N] -> log mel [T, 64], T <= 1024 -> [8 * width]

Log mel as torchlibrosa makes it: centred frames of 1024 samples, edges reflected, power, 10 log10 with 1e-10
as the least. Cosines, sines (with their Hann window) and mel bands are tensors of the file, used as they are:
in bands that are next to silent, decibels tell one way of rounding from another. The transformer is
transformers' ClapAudioModel: it stretches T to 1024 (bicubic), lays four stretches of 256 frames above each
other and gives the mean over the last map. Its numbers are those of the authors' code; its names are mapped
here.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from .transformers_model import transformers_model

LEAST_POWER = 1e-10
SQUARE, PATCH, ATTENDED = 256, 4, 8  # frames, frames, patches on a side
REAL, IMAGINARY = (f"spectrogram_extractor.stft.conv_{part}.weight" for part in ("real", "imag"))
BANDS = "logmel_extractor.melW"
# what makes the log mel, the heads for AudioSet's classes, and masks that are made anew
NOT_USED = re.compile(r"spectrogram_extractor\.|logmel_extractor\.|tscam_conv\.|head\.|.*\.attn_mask$")
RENAMED = {
    "bn0.": "batch_norm.",
    ".norm1.": ".layernorm_before.",
    ".norm2.": ".layernorm_after.",
    ".attn.proj.": ".attention.output.dense.",
    ".attn.relative_position_": ".attention.self.relative_position_",
    ".mlp.fc1.": ".intermediate.dense.",
    ".mlp.fc2.": ".output.dense.",
}
THREE = ("query", "key", "value")


class Htsat(nn.Module):
    """`state`: under the names of the authors' HTSAT_Swin_Transformer. `hop`: samples from frame to frame."""

    def __init__(self, state: dict[str, Tensor], hop: int, path: Path) -> None:
        super().__init__()
        self.hop = hop
        for name, source in (("real", REAL), ("imaginary", IMAGINARY), ("bands", BANDS)):
            self.register_buffer(name, state[source].float())
        self.transformer = transformers_model("ClapAudio", sizes(state), renamed(state), path)

    def forward(self, wave: Tensor) -> Tensor:
        return self.transformer(input_features=self.log_mel(wave)[None, None]).pooler_output[0]

    def log_mel(self, wave: Tensor) -> Tensor:
        """[N] -> [1 + N // hop, 64] in dB."""
        half = self.real.shape[-1] // 2
        padded = F.pad(wave[None, None], (half, half), mode="reflect")
        parts = (F.conv1d(padded, kernel, stride=self.hop) for kernel in (self.real, self.imaginary))
        power = sum(part.square() for part in parts)[0].T
        return 10 * (power @ self.bands).clamp(min=LEAST_POWER).log10()


def is_htsat(shapes: dict[str, tuple[int, ...]], prefix: str, width: int, depth: int) -> bool:
    """Whether the tensors behind `prefix` are one whose first stage has `width` channels and whose third has
    `depth` blocks."""
    third = f"{prefix}layers.2.blocks."
    return (
        shapes.get(f"{prefix}patch_embed.proj.weight") == (width, 1, PATCH, PATCH)
        and f"{third}{depth - 1}.norm1.weight" in shapes
        and f"{third}{depth}.norm1.weight" not in shapes
    )


def sizes(state: dict[str, Tensor]) -> dict:
    """All are told by the tensors."""
    width, bands = state["patch_embed.proj.weight"].shape[0], state[BANDS].shape[1]
    heads: list[int] = []
    depths: list[int] = []
    while f"layers.{len(depths)}.blocks.0.norm1.weight" in state:
        stage = f"layers.{len(depths)}.blocks."
        heads.append(state[f"{stage}0.attn.relative_position_bias_table"].shape[1])
        depths.append(sum(name.startswith(stage) and name.endswith(".norm1.weight") for name in state))
    return {
        "patch_embeds_hidden_size": width,
        "hidden_size": width * 2 ** (len(depths) - 1),
        "num_mel_bins": bands,
        "depths": depths,
        "num_hidden_layers": len(depths),
        "num_attention_heads": heads,
        "spec_size": SQUARE,
        "patch_size": PATCH,
        "patch_stride": [PATCH, PATCH],
        "window_size": ATTENDED,
    }


def renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """transformers' names; query, key and value, which the authors keep in one matrix, are three there."""
    out: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if NOT_USED.match(name):
            continue
        for old, new in RENAMED.items():
            name = name.replace(old, new)
        name = f"audio_encoder.{name}"
        if ".attn.qkv." not in name:
            out[name] = tensor
            continue
        for which, part in zip(THREE, tensor.chunk(3), strict=True):
            out[name.replace(".attn.qkv.", f".attention.self.{which}.")] = part
    return out
