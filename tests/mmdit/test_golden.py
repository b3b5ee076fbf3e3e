"""The MM-DiT against the reference: every intermediate of both generations, and other sequence lengths."""

from __future__ import annotations

import pytest
import torch
from mmdit_golden import features

from kling_foley_core.mmdit.layers import time_frequencies
from kling_foley_core.mmdit.rope import rotations
from kling_foley_core.networks import convolution


@torch.no_grad()
def test_tables(mmdit_file, mmdit) -> None:
    c = mmdit_file.config
    head_dim, length, tokens = mmdit.config.head_dim, c["latent_seq_len"], c["clip_seq_len"]
    for name, n, scale in (("latent", length, 1.0), ("clip", tokens, length / tokens)):
        cos, sin = rotations(n, head_dim, scale, torch.device("cpu"))
        mmdit_file.check(f"mid.{name}_rot", torch.stack((cos, -sin, sin, cos), -1).unflatten(-1, (2, 2)))
    time = mmdit.t_embed
    mmdit_file.check("mid.t_freqs", time_frequencies(time.time_dim, time.max_period, torch.device("cpu")))
    mmdit_file.check("mid.timestep_embedding", time.waves(mmdit_file["in.t"]))
    mmdit_file.check("mid.t_embed", time(mmdit_file["in.t"], torch.float32))


@torch.no_grad()
@pytest.mark.parametrize("branch", ["cond", "empty"])
def test_conditions(mmdit_file, mmdit, branch) -> None:
    missing = {} if branch == "cond" else {"visual": None, "sync": None, "text": None}
    made = mmdit.condition(features(mmdit_file, **missing), mmdit_file.config["latent_seq_len"])
    mmdit_file.check(f"out.{branch}.clip_f", made.visual)
    mmdit_file.check(f"out.{branch}.text_f", made.text)
    mmdit_file.check(f"out.{branch}.sync_f", made.align)
    mmdit_file.check(f"out.{branch}.clip_f_c", mmdit.clip_cond_proj(made.visual.mean(1)))
    mmdit_file.check(f"out.{branch}.text_f_c", mmdit.text_cond_proj(made.text.mean(1)))
    if branch == "cond":
        mmdit_file.check("mid.global_cond_mlp", made.overall)


@torch.no_grad()
def test_every_block(mmdit_file, mmdit) -> None:
    seen, hooks = {}, []
    for name, module in mmdit.named_modules():
        if name == "audio_input_proj" or name.count(".") == 1 and "_blocks." in name:
            hook = module.register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
            hooks.append(hook)
    conditions = mmdit.condition(features(mmdit_file), mmdit_file.config["latent_seq_len"])
    mmdit_file.check("out.flow", mmdit.velocity(mmdit_file["in.latent"], mmdit_file["in.t"], conditions))
    for hook in hooks:
        hook.remove()
    mids = [k for k in mmdit_file.tensors if k.startswith("mid.") and ("_blocks" in k or "input_proj" in k)]
    assert len(mids) == 9
    for name in mids:
        block, _, stream = name.removeprefix("mid.").rpartition(".")
        if stream in ("latent", "clip", "text"):
            mmdit_file.check(name, seen[block][("latent", "clip", "text").index(stream)])
        else:
            mmdit_file.check(name, seen[name.removeprefix("mid.")])


@torch.no_grad()
def test_unconditional_branch(mmdit_file, mmdit) -> None:
    empty = features(mmdit_file, visual=None, sync=None, text=None)
    mmdit_file.check("out.flow_empty", mmdit(mmdit_file["in.latent"], mmdit_file["in.t"], empty))


@torch.no_grad()
def test_other_lengths_with_the_same_weights(mmdit_file, mmdit) -> None:
    other = features(mmdit_file, prefix="in.other.", batch=1)
    mmdit_file.check("out.other.flow_t0.5", mmdit(mmdit_file["in.other.latent"], torch.tensor([0.5]), other))


def test_normalisation_of_the_latent(mmdit_file, mmdit) -> None:
    latent = mmdit_file["in.latent"].clone()
    mmdit_file.check("out.normalized", mmdit.normalize(latent))
    assert torch.equal(latent, mmdit_file["in.latent"]), "the caller's tensor was changed"
    mmdit_file.check("out.unnormalized", mmdit.unnormalize(mmdit_file["out.euler_states"][-1]))


@torch.inference_mode()
def test_convolutions_in_tiles(mmdit_file, mmdit, monkeypatch) -> None:
    """As for long clips: however few tokens there are, the numbers stay within the same tolerances."""
    monkeypatch.setattr(convolution, "FEWEST", 1)
    monkeypatch.setattr(convolution, "NARROWEST", 1)
    conditions = mmdit.condition(features(mmdit_file), mmdit_file.config["latent_seq_len"])
    mmdit_file.check("out.cond.sync_f", conditions.align)
    mmdit_file.check("out.flow", mmdit.velocity(mmdit_file["in.latent"], mmdit_file["in.t"], conditions))
