"""Small right checkpoint files: a tiny system of our own in single files and as a bundle, in safetensors
and in both kinds of torch file; tensor lists of public files with small widths.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from checkpoint_files import small_state
from torch import Tensor, nn

from kling_foley_core.checkpoints import save_bundle, save_own
from kling_foley_core.checkpoints.kinds import KINDS
from kling_foley_core.codec.istft_vocoder import ISTFTVocoderConfig
from kling_foley_core.codec.vae import MelVAEConfig
from kling_foley_core.encoders.sync.motion import MotionConfig
from kling_foley_core.encoders.text.byte_tokenizer import ByteTokenizer
from kling_foley_core.encoders.text.t5 import T5TextConfig
from kling_foley_core.encoders.visual.look import LookConfig
from kling_foley_core.mmdit import MMDiTConfig
from kling_foley_core.stereo import StereoConfig

FLOW = MMDiTConfig(
    latent_dim=4,
    hidden_dim=32,
    num_heads=4,
    joint_depth=1,
    audio_depth=1,
    visual_dim=8,
    sync_dim=8,
    text_dim=8,
    text_len=5,
    activation="silu",
    input_silu=False,
    time_dim=32,
    time_max_period=1.0,
    sync_in_global=True,
    align_visual=True,
    duration_rows=7,
    countdown_rows=5,
    mlp_ratio=4,
    upsampling="nearest",
)
SYSTEM = {
    "mmdit": FLOW,
    "t5": T5TextConfig(8, 1, 2, 4, 16, ByteTokenizer.vocabulary, 5),
    "clip_visual": LookConfig(32, (8, 8), 8),
    "synchformer": MotionConfig(16, (4, 4), 8, 5, 8, "reflect", 4, (1,)),
    "vae": MelVAEConfig(80, 4, 4, (1, 2), 1, 1, attention=False, upsampling="transposed"),
    "vocoder": ISTFTVocoderConfig(n_mels=80, n_fft=1024, hop=256, width=8, inner=16, layers=1, kernel=3),
    "stereo": StereoConfig(n_mels=80, hidden=8, layers=2, kernel=3, sync_dim=8),
}
PUBLIC = ("vae_16k", "synchformer_visual", "clip_dfn5b_vit_h14_378_openclip")


def make_networks(folder: Path) -> None:
    """Writes them all; `system/` is a folder that `from_files` takes."""
    torch.manual_seed(0)
    networks = {kind: KINDS[kind].build(config) for kind, config in SYSTEM.items()}
    (folder / "system").mkdir()
    for kind, network in networks.items():
        save_own(folder / f"own_{kind}.safetensors", network.state_dict(), kind, SYSTEM[kind])
        save_own(folder / "system" / f"{kind}.safetensors", network.state_dict(), kind, SYSTEM[kind])
    save_bundle(
        folder / "bundle.safetensors", {k: (k, n.state_dict(), SYSTEM[k]) for k, n in networks.items()}
    )
    for name in PUBLIC:
        state = small_state(name, torch.float16)
        _save_torch(
            folder, name, {k: t for k, t in state.items() if not re.search(r"blocks\.([2-9]|\d\d)\.", k)}
        )
    _save_torch(folder, "flow", _public_flow(networks["mmdit"]))


def _public_flow(network: nn.Module) -> dict[str, Tensor]:
    return {k: t.clone() for k, t in network.state_dict().items()}


def _save_torch(folder: Path, name: str, state: dict[str, Tensor]) -> None:
    torch.save(state, folder / f"{name}.pth")
    torch.save({"generator": state}, folder / f"{name}_old.pt", _use_new_zipfile_serialization=False)
