"""PaSST-S (Koutini et al. 2022), hear21passt's mode "all": sound -> {"embedding" [768], "logits" [527]}.

    wave [N] at 32 kHz, zeros up to 10 s -> x[n + 1] - 0.97 x[n]
        -> power [513, T] (symmetric Hann of 800 samples in 1024, hop 320, centred, edges reflected)
        -> 128 Kaldi mel bands 0-15 kHz, (ln(bands + 1e-5) + 4.5) / 5
        -> patches of 16x16, 10 apart [768, 12, 99], each with the position of its time and of its frequency
        -> class and distillation token before them, transformer -> mean of both tokens: embedding
        -> norm, linear: logits

Training drops patches and moves the ends of the bands; neither is done here. Parameters are named as in the
file, whose `head_dist` is used nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ...checkpoints.kinds.heads import heads_of
from .feature_network import SECONDS, Features
from .mel_triangles import mel_triangles
from .transformer import Block, TransformerConfig
from .waveform import mono
from .weights import Shapes, State, filled, read_state

HEADING = "PaSST-S"
RATE, SAMPLES = 32000, 320000
EMPHASIS = 0.97
WINDOW, HOP, N_FFT = 800, 320, 1024
MELS, LOW, HIGH = 128, 0.0, 15000.0
OFFSET = 1e-5  # to a band before the logarithm
SHIFT, SCALE = 4.5, 5.0
PATCH, STRIDE = 16, 10
HEAD_WIDTH = 64
EPS = 1e-6
TIMES, FREQUENCIES, DEPTH, CLASSES = 99, 12, 12, 527


@dataclass(frozen=True)
class PasstConfig:
    dim: int
    depth: int
    heads: int
    frequencies: int
    times: int
    classes: int


class Passt(nn.Module):
    def __init__(self, config: PasstConfig) -> None:
        super().__init__()
        dim = config.dim
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.dist_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.new_pos_embed = nn.Parameter(torch.zeros(1, 2, dim))
        self.freq_new_pos_embed = nn.Parameter(torch.zeros(1, dim, config.frequencies, 1))
        self.time_new_pos_embed = nn.Parameter(torch.zeros(1, dim, 1, config.times))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, dim, PATCH, STRIDE)})
        block = TransformerConfig(dim, config.depth, config.heads, mlp=4 * dim, eps=EPS, extra_key=False)
        self.blocks = nn.Sequential(*(Block(block) for _ in range(config.depth)))
        self.norm = nn.LayerNorm(dim, eps=EPS)
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, config.classes))

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """[B, 1, MELS, T] -> embedding [B, D], logits [B, classes]."""
        x = self.patch_embed["proj"](mel)
        x = x + self.time_new_pos_embed[..., : x.shape[-1]] + self.freq_new_pos_embed
        x = rearrange(x, "b d f t -> b (f t) d")
        tokens = torch.cat([self.cls_token, self.dist_token], dim=1) + self.new_pos_embed
        x = torch.cat([tokens.expand(len(x), -1, -1), x], dim=1)
        embedding = self.norm(self.blocks(x)[:, :2]).mean(1)
        return embedding, self.head(embedding)


def log_mel(wave: Tensor) -> Tensor:
    """[N] at 32 kHz -> [MELS, T], about -1 to 1."""
    emphasised = wave[1:] - EMPHASIS * wave[:-1]
    window = torch.hann_window(WINDOW, periodic=False)
    spectrum = torch.stft(emphasised, N_FFT, HOP, WINDOW, window, center=True, return_complex=True)
    power = torch.view_as_real(spectrum).square().sum(-1)
    bands = mel_triangles(RATE, N_FFT, MELS, LOW, HIGH, torch.float32).T @ power
    return ((bands + OFFSET).log() + SHIFT) / SCALE


class PasstFeatures:
    name = "passt"

    def __init__(self, network: Passt, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @torch.no_grad()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        wave = mono(sound, rate, RATE, seconds)[:SAMPLES]
        mel = log_mel(F.pad(wave, (0, SAMPLES - len(wave))))
        embedding, logits = self.network(mel[None, None].to(self.device))
        return {"embedding": embedding[0].cpu(), "logits": logits[0].cpu()}


def is_passt(shapes: Shapes) -> bool:
    return (
        shapes.get("time_new_pos_embed", ())[2:] == (1, TIMES)
        and shapes.get("freq_new_pos_embed", ())[2:] == (FREQUENCIES, 1)
        and shapes.get("patch_embed.proj.weight", ())[1:] == (1, PATCH, PATCH)
        and shapes.get("head.1.weight", ())[:1] == (CLASSES,)
        and _depth(shapes) == DEPTH
    )


def other_passt(shapes: Shapes) -> str:
    high, long = shapes.get("freq_new_pos_embed", ())[2:3], shapes.get("time_new_pos_embed", ())[3:]
    if not high or not long or is_passt(shapes):
        return ""
    return (
        f"a PaSST of another kind ({high[0]}x{long[0]} patches in place of {FREQUENCIES}x{TIMES}, "
        f"{_depth(shapes)} blocks in place of {DEPTH}, or other classes)"
    )


def load_passt(path: Path, device: torch.device) -> PasstFeatures:
    state = {n: t for n, t in read_state(path).items() if not n.startswith("head_dist.")}
    return PasstFeatures(filled(lambda: Passt(config_of(state)), state, path, HEADING), device)


def config_of(state: State) -> PasstConfig:
    _, dim, frequencies, _ = state["freq_new_pos_embed"].shape
    return PasstConfig(
        dim=dim,
        depth=_depth(state),
        heads=heads_of(dim, HEAD_WIDTH, HEADING),
        frequencies=frequencies,
        times=state["time_new_pos_embed"].shape[-1],
        classes=state["head.1.weight"].shape[0],
    )


def _depth(names: Shapes | State) -> int:
    return sum(name.startswith("blocks.") and name.endswith(".norm1.weight") for name in names)
