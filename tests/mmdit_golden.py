"""The two golden MM-DiTs as fixtures, for the tests of the network and of the flow."""

from __future__ import annotations

import pytest
import torch
from golden_files import golden

from kling_foley_core.mmdit import Features, MMDiT, MMDiTConfig


def config_of(mmdit_file) -> MMDiTConfig:
    c, v2 = mmdit_file.config, mmdit_file.config["v2"]
    return MMDiTConfig(
        latent_dim=c["latent_dim"],
        hidden_dim=c["hidden_dim"],
        num_heads=c["num_heads"],
        joint_depth=c["depth"] - c["fused_depth"],
        audio_depth=c["fused_depth"],
        visual_dim=c["clip_dim"],
        sync_dim=c["sync_dim"],
        text_dim=c["text_dim"],
        text_len=c["text_seq_len"],
        activation="silu" if v2 else "selu",
        input_silu=v2,
        time_dim=c["hidden_dim"] if v2 else 256,
        time_max_period=1.0 if v2 else 10000.0,
        sync_in_global=False,
        align_visual=False,
        duration_rows=None,
        countdown_rows=None,
        mlp_ratio=4,
        upsampling="nearest",
    )


@pytest.fixture(params=["mmdit_v1", "mmdit_v2"], scope="module")
def mmdit_file(request):
    return golden(request.param)


@pytest.fixture(scope="module")
def mmdit(mmdit_file) -> MMDiT:
    mmdit = MMDiT(config_of(mmdit_file), device="meta")
    mmdit.load_state_dict(mmdit_file.weights(), strict=True, assign=True)
    return mmdit.eval()


def features(mmdit_file, prefix="in.", batch=2, **replaced) -> Features:
    shown = {k: mmdit_file[f"{prefix}{n}_f"] for k, n in (("visual", "clip"), ("sync", "sync"))}
    given = shown | {"text": mmdit_file["in.text_f"][:batch]} | replaced
    lengths = {f"{k}_len": tokens.shape[1] for k, tokens in shown.items()}
    return Features(**given, **lengths, seconds_start=torch.zeros(batch), seconds_total=torch.ones(batch))
