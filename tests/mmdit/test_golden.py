"""The MM-DiT against the reference's numbers: every intermediate of both generations, and other sequence lengths."""

from __future__ import annotations

import pytest
import torch
from mmdit_golden import features, file, model  # noqa: F401

from kling_foley_core.mmdit.layers import time_frequencies
from kling_foley_core.mmdit.rope import rotations


@torch.no_grad()
def test_tables(file, model) -> None:
    c = file.config
    head_dim, length, tokens = model.config.head_dim, c["latent_seq_len"], c["clip_seq_len"]
    for name, n, scale in (("latent", length, 1.0), ("clip", tokens, length / tokens)):
        cos, sin = rotations(n, head_dim, scale, torch.device("cpu"))
        file.check(f"mid.{name}_rot", torch.stack((cos, -sin, sin, cos), -1).unflatten(-1, (2, 2)))
    time = model.t_embed
    file.check("mid.t_freqs", time_frequencies(time.time_dim, time.max_period, torch.device("cpu")))
    file.check("mid.timestep_embedding", time.waves(file["in.t"]))
    file.check("mid.t_embed", time(file["in.t"], torch.float32))


@torch.no_grad()
@pytest.mark.parametrize("branch", ["cond", "empty"])
def test_conditions(file, model, branch) -> None:
    missing = {} if branch == "cond" else {"visual": None, "sync": None, "text": None}
    made = model.condition(features(file, **missing), file.config["latent_seq_len"])
    file.check(f"out.{branch}.clip_f", made.visual)
    file.check(f"out.{branch}.text_f", made.text)
    file.check(f"out.{branch}.sync_f", made.align)
    file.check(f"out.{branch}.clip_f_c", model.clip_cond_proj(made.visual.mean(1)))
    file.check(f"out.{branch}.text_f_c", model.text_cond_proj(made.text.mean(1)))
    if branch == "cond":
        file.check("mid.global_cond_mlp", made.overall)


@torch.no_grad()
def test_every_block(file, model) -> None:
    seen, hooks = {}, []
    for name, module in model.named_modules():
        if name == "audio_input_proj" or name.count(".") == 1 and "_blocks." in name:
            hook = module.register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
            hooks.append(hook)
    conditions = model.condition(features(file), file.config["latent_seq_len"])
    file.check("out.flow", model.velocity(file["in.latent"], file["in.t"], conditions))
    for hook in hooks:
        hook.remove()
    mids = [k for k in file.tensors if k.startswith("mid.") and ("_blocks" in k or "input_proj" in k)]
    assert len(mids) == 9
    for name in mids:
        block, _, stream = name.removeprefix("mid.").rpartition(".")
        if stream in ("latent", "clip", "text"):
            file.check(name, seen[block][("latent", "clip", "text").index(stream)])
        else:
            file.check(name, seen[name.removeprefix("mid.")])


@torch.no_grad()
def test_unconditional_branch(file, model) -> None:
    empty = features(file, visual=None, sync=None, text=None)
    file.check("out.flow_empty", model(file["in.latent"], file["in.t"], empty))


@torch.no_grad()
def test_other_lengths_with_the_same_weights(file, model) -> None:
    other = features(file, prefix="in.other.", batch=1)
    file.check("out.other.flow_t0.5", model(file["in.other.latent"], torch.tensor([0.5]), other))


def test_normalisation_of_the_latent(file, model) -> None:
    latent = file["in.latent"].clone()
    file.check("out.normalized", model.normalize(latent))
    assert torch.equal(latent, file["in.latent"]), "the caller's tensor was changed"
    file.check("out.unnormalized", model.unnormalize(file["out.euler_states"][-1]))
