"""LAION-CLAP (Wu et al. 2023): HTSAT-base and RoBERTa-base, each with two linear layers, to one space.

    sound [C, N] at any rate, text -> "embedding" [512], of length 1

The file is music_speech_audioset_epoch_15_esc_89.98.pt, without fusion. Sound as the public av-benchmark
gives it: mean over channels, centred, 48 kHz, `seconds` long, not rounded to 16 bits (which only the
package's other path does); then repeated to 10 s as often as it fits whole, the rest silent. Of more than 10
s the middle 10 s are heard. Text: RoBERTa's tokens, at most 77. Tensors can't tell this file from LAION's two
others with HTSAT-base (music_audioset_epoch_15_esc_90.14.pt, music_speech_epoch_15_esc_89.25.pt), whose
vectors are other ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....checkpoints.wrapping import unwrap
from ..feature_network import SECONDS, Features
from ..waveform import mono
from ..weights import Shapes, State, filled, read_state
from .byte_pairs import ROBERTA, BytePairs, byte_pairs_digest, find_byte_pairs
from .htsat import Htsat, is_htsat
from .stretch import middle, repeated_then_silent
from .tensors import below, taken_from
from .transformers_model import transformers_model

HEADING = "LAION-CLAP"
RATE, HOP, LENGTH = 48000, 480, 480_000
WIDTH, DEPTH, TOKENS, HEAD = 128, 12, 77, 64
SOUND, TEXT = "audio_branch.", "text_branch."
TABLE = "embeddings.word_embeddings.weight"


class LaionClap:
    name = "laion_clap"

    def __init__(
        self, htsat: Htsat, roberta: nn.Module, from_sound: nn.Module, from_text: nn.Module, tokens: BytePairs
    ) -> None:
        """`from_sound`, `from_text`: from each network's width to the common space."""
        self.htsat, self.roberta, self.tokens = htsat, roberta, tokens
        self.from_sound, self.from_text = from_sound, from_text
        self.device = htsat.bands.device

    @torch.inference_mode()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        wave = repeated_then_silent(middle(mono(sound, rate, RATE, seconds), LENGTH), LENGTH)
        return _embedding(self.from_sound(self.htsat(wave.to(self.device))))

    @torch.inference_mode()
    def of_text(self, text: str) -> Features:
        ids = torch.tensor([self.tokens(text, TOKENS)], device=self.device)
        return _embedding(self.from_text(self.roberta(input_ids=ids).pooler_output[0]))


def is_laion_clap(shapes: Shapes) -> bool:
    bare, _ = unwrap(dict(shapes), _known)
    return is_htsat(bare, SOUND, WIDTH, DEPTH) and not _fuses(bare) and f"{TEXT}pooler.dense.weight" in bare


def other_laion_clap(shapes: Shapes) -> str:
    """LAION's other networks, in words."""
    bare, _ = unwrap(dict(shapes), _known)
    if not _known(bare) or is_laion_clap(shapes):
        return ""
    return "LAION-CLAP with fusion" if _fuses(bare) else "a LAION-CLAP of another size"


def load_laion_clap(path: Path, device: torch.device) -> LaionClap:
    with taken_from(path, HEADING):
        state, _ = unwrap(read_state(path), _known)
        text = below(state, TEXT)
        tokens = find_byte_pairs(ROBERTA, len(text[TABLE]), path)
        text.pop("embeddings.position_ids", None)  # kept by older versions of transformers
        return LaionClap(
            Htsat(below(state, SOUND), HOP, path).to(device),
            transformers_model("Roberta", sizes(text), text, path).to(device),
            *(_projection(below(state, f"{kind}_projection."), path, device) for kind in ("audio", "text")),
            tokens,
        )


def laion_tokens(path: Path) -> str:
    """Digits of the tokens that captions are read by."""
    return byte_pairs_digest(ROBERTA, f"{TEXT}{TABLE}", path)


def _known(named: Mapping[str, Any]) -> bool:
    return f"{SOUND}patch_embed.proj.weight" in named


def _fuses(named: Mapping[str, Any]) -> bool:
    return f"{SOUND}patch_embed.mel_conv2d.weight" in named


def _projection(state: State, path: Path, device: torch.device) -> nn.Module:
    space, width = state["0.weight"].shape

    def build() -> nn.Module:
        return nn.Sequential(nn.Linear(width, space), nn.ReLU(), nn.Linear(space, space))

    return filled(build, state, path, HEADING, device)


def sizes(state: State) -> dict[str, Any]:
    """All are told by RoBERTa's tensors, but how wide a head is."""
    vocabulary, width = state[TABLE].shape
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "num_hidden_layers": sum(name.endswith(".intermediate.dense.weight") for name in state),
        "num_attention_heads": width // HEAD,
        "intermediate_size": len(state["encoder.layer.0.intermediate.dense.weight"]),
        "max_position_embeddings": len(state["embeddings.position_embeddings.weight"]),
        "type_vocab_size": len(state["embeddings.token_type_embeddings.weight"]),
        "pad_token_id": 1,
        "layer_norm_eps": 1e-5,
    }


def _embedding(vector: Tensor) -> Features:
    return {"embedding": F.normalize(vector, dim=-1).cpu()}
