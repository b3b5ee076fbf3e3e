"""MS-CLAP 2023 (Elizalde et al. 2023): HTSAT-tiny and GPT-2, each with a gated pair of linear layers, to one
space.

    sound [C, N] at any rate, text -> "embedding" [1024], of any length

The file is CLAP_weights_2023.pth. Sound as its package reads it, not centred: 44.1 kHz, 7 s, a shorter one
again and again; the network's filterbank stands for 32 kHz all the same, as in its authors' code. Three
choices are ours. Of a longer sound the package draws 7 s at random, here it is the middle 7 s of the first
`seconds`; and it plays the channels of a stereo sound one after the other, here they are mixed, as for all
other networks. Text: GPT-2's tokens and the end token; the vector is the last token's, found as the package
finds it, by the number of ids that are not 0, which is one earlier for each "!" in the text. Captions are not
cut at 77 tokens: neither does the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..feature_network import SECONDS, Features
from ..waveform import mono
from ..weights import Shapes, State, filled, read_state
from .byte_pairs import END, GPT2, BytePairs, byte_pairs_digest, find_byte_pairs
from .htsat import Htsat, is_htsat
from .stretch import middle, repeated
from .tensors import below, taken_from
from .transformers_model import transformers_model

HEADING = "MS-CLAP 2023"
RATE, HOP, LENGTH = 44100, 320, 7 * 44100
WIDTH, DEPTH, HEAD = 96, 6, 64
SOUND, TEXT = "audio_encoder.", "caption_encoder."
HTSAT, GPT = f"{SOUND}base.htsat.", f"{TEXT}base."
TABLE = "wte.weight"
MASKS = (".attn.bias", ".attn.masked_bias")  # kept by older versions of transformers


class MsClap:
    name = "ms_clap"

    def __init__(
        self, htsat: Htsat, gpt2: nn.Module, from_sound: nn.Module, from_text: nn.Module, tokens: BytePairs
    ) -> None:
        """`from_sound`, `from_text`: from each network's width to the common space."""
        self.htsat, self.gpt2, self.tokens = htsat, gpt2, tokens
        self.from_sound, self.from_text = from_sound, from_text
        self.device = htsat.bands.device

    @torch.inference_mode()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        wave = repeated(middle(mono(sound, rate, RATE, seconds, centred=False), LENGTH), LENGTH)
        return {"embedding": self.from_sound(self.htsat(wave.to(self.device))).cpu()}

    @torch.inference_mode()
    def of_text(self, text: str) -> Features:
        ids = torch.tensor(self.tokens(f"{text} {END}", self.gpt2.config.n_positions), device=self.device)
        states = self.gpt2(input_ids=ids[None]).last_hidden_state[0]
        return {"embedding": self.from_text(states[ids.count_nonzero() - 1]).cpu()}


class Projection(nn.Module):
    """[width] -> [space]"""

    def __init__(self, width: int, space: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(width, space, bias=False)
        self.linear2 = nn.Linear(space, space, bias=False)
        self.layer_norm = nn.LayerNorm(space)

    def forward(self, x: Tensor) -> Tensor:
        first = self.linear1(x)
        return self.layer_norm(first + self.linear2(F.gelu(first)))


def is_ms_clap(shapes: Shapes) -> bool:
    return is_htsat(shapes, HTSAT, WIDTH, DEPTH) and f"{GPT}{TABLE}" in shapes


def other_ms_clap(shapes: Shapes) -> str:
    """Microsoft's other networks, in words."""
    if f"{SOUND}base.conv_block1.conv1.weight" in shapes:
        return "MS-CLAP 2022"
    if any(name.startswith(f"clap.{HTSAT}") for name in shapes):
        return "MS-CLAP's captioner (clapcap)"
    return ""


def load_ms_clap(path: Path, device: torch.device) -> MsClap:
    with taken_from(path, HEADING):
        state = read_state(path)
        text = {n: t for n, t in below(state, GPT).items() if not n.endswith(MASKS)}
        tokens = find_byte_pairs(GPT2, len(text[TABLE]), path)
        return MsClap(
            Htsat(below(state, HTSAT), HOP, path).to(device),
            transformers_model("GPT2", sizes(text), text, path).to(device),
            *(_projection(below(state, f"{part}projection."), path, device) for part in (SOUND, TEXT)),
            tokens,
        )


def ms_tokens(path: Path) -> str:
    """Digits of the tokens that captions are read by."""
    return byte_pairs_digest(GPT2, f"{GPT}{TABLE}", path)


def _projection(state: State, path: Path, device: torch.device) -> nn.Module:
    space, width = state["linear1.weight"].shape
    return filled(lambda: Projection(width, space), state, path, HEADING, device)


def sizes(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """All are told by GPT-2's tensors, but how wide a head is."""
    vocabulary, width = state[TABLE].shape
    return {
        "vocab_size": vocabulary,
        "n_positions": len(state["wpe.weight"]),
        "n_embd": width,
        "n_layer": sum(name.endswith(".attn.c_attn.weight") for name in state),
        "n_head": width // HEAD,
        "n_inner": state["h.0.mlp.c_fc.weight"].shape[1],
        "bos_token_id": None,
        "eos_token_id": None,
        "use_cache": False,
    }
