"""The two golden MM-DiTs as fixtures, for the tests of the network and of the flow."""

from __future__ import annotations

import pytest
import torch
from golden_files import golden

from kling_foley_core.mmdit import Features, MMDiT, MMDiTConfig


def config_of(file) -> MMDiTConfig:
    c, v2 = file.config, file.config["v2"]
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
    )


@pytest.fixture(params=["mmdit_v1", "mmdit_v2"], scope="module")
def file(request):
    return golden(request.param)


@pytest.fixture(scope="module")
def model(file) -> MMDiT:
    model = MMDiT(config_of(file), device="meta")
    model.load_state_dict(file.weights(), strict=True, assign=True)
    return model.eval()


def features(file, prefix="in.", batch=2, **replaced) -> Features:
    given = {k: file[f"{prefix}{n}_f"] for k, n in (("visual", "clip"), ("sync", "sync"))}
    given["text"] = file["in.text_f"][:batch]
    given |= replaced
    lengths = {"visual_len": file[f"{prefix}clip_f"].shape[1], "sync_len": file[f"{prefix}sync_f"].shape[1]}
    return Features(**given, **lengths, seconds_start=torch.zeros(batch), seconds_total=torch.ones(batch))
