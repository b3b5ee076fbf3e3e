"""Files as users have them, through load_state and load_network, to the numbers of the golden vectors."""

from __future__ import annotations

import argparse
import re

import pytest
import torch
from checkpoint_files import SMALLER, golden_state, small_state
from clip_golden import transformers_clip
from golden_files import enlarge, golden
from safetensors.torch import save_file

from kling_foley_core.checkpoints import load_network, load_state, recognise, save_own
from kling_foley_core.checkpoints.keymaps import from_open_clip, from_transformers, to_transformers
from kling_foley_core.codec.vae_weights import normalise_weights
from kling_foley_core.codec.weight_norm import fold_weight_norm
from kling_foley_core.encoders.sync.synchformer import SynchformerConfig
from kling_foley_core.encoders.text.clip import ClipTextConfig, ClipTextEncoder
from kling_foley_core.errors import InputError
from kling_foley_core.mmdit import Features


def written(tmp_path, state, how="safetensors"):
    """The state as a file of one of the forms that occur."""
    path = tmp_path / f"{how}.{'safetensors' if how == 'safetensors' else 'pth'}"
    if how == "safetensors":
        save_file(state, path)
    elif how == "old":
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif how == "module":
        torch.save({f"module.{n}": t for n, t in state.items()}, path)
    elif how == "trainer":
        prefixed = {f"model.module.{n}": t for n, t in state.items()}
        torch.save({"epoch": 3, "state_dict": prefixed, "callbacks": {dict: 1, ("a", 2): 3}}, path)
    elif how == "model":
        torch.save({"model": state, "args": argparse.Namespace(lr=1e-4), "optimizer": {}}, path)
    elif how == "ema":
        torch.save({"ema": {"module": state}, "step": 7, "model": None}, path, pickle_protocol=4)
    elif how == "training":
        torch.save({"weights": state, "optimizer": {"lr": 1e-4}, "it": 7}, path)
    else:
        torch.save({"generator": state} if how == "generator" else state, path)
    return path


FORMS = ("safetensors", "flat", "old", "module", "training", "generator", "trainer", "model", "ema")


JUDGING = {"imagebind_huge"}  # evaluation's networks have a catalogue of their own


@pytest.mark.parametrize("name", [name for name in SMALLER if name not in JUDGING])
def test_every_public_layout_as_a_small_file(name, tmp_path):
    """Names of the public file, narrow tensors: loads strictly into the network that the tensors tell."""
    path = written(tmp_path, small_state(name, torch.float16))
    report, state = load_state(path)
    assert report.dtype == torch.float16
    assert sum(t.numel() for t in state.values()) == report.values
    kinds = list(report.config) if isinstance(report.config, dict) else [report.kind]
    for kind in kinds:
        network = load_network(path, kind)
        held = network.state_dict()
        assert not any(t.is_meta for t in held.values())
        assert all(torch.equal(t, state[n]) for n, t in held.items())
        assert {t.dtype for t in network.parameters()} == {torch.float16}


def features(file) -> Features:
    return Features(
        visual=file["in.clip_f"],
        sync=file["in.sync_f"],
        text=file["in.text_f"],
        visual_len=file["in.clip_f"].shape[1],
        sync_len=file["in.sync_f"].shape[1],
        seconds_start=torch.zeros(2),
        seconds_total=torch.ones(2),
    )


@pytest.mark.parametrize("how", FORMS)
def test_flow_network_in_every_form_of_file(how, tmp_path):
    file = golden("mmdit_v1")
    network = load_network(written(tmp_path, golden_state("mmdit_v1"), how), "mmdit")
    with torch.no_grad():
        flow = network(file["in.latent"], torch.tensor([0.13, 0.77]), features(file))
    file.check("out.flow", flow)


def test_flow_network_v2(tmp_path):
    file = golden("mmdit_v2")
    network = load_network(written(tmp_path, golden_state("mmdit_v2")), "mmdit")
    with torch.no_grad():
        flow = network(file["in.latent"], torch.tensor([0.13, 0.77]), features(file))
    file.check("out.flow", flow, atol=file.config["flow_atol_if_t_freqs_differ_by_an_ulp"])


@pytest.mark.parametrize("name", ["vae_16k", "vae_44k"])
def test_raw_vae_is_normalised_once(name, tmp_path):
    file = golden(name)
    raw = golden_state(name)
    once = written(tmp_path, raw, "flat")
    _, state = load_state(once)
    for key in [k for k in file.tensors if k.startswith("out.normalized_weight.")]:
        file.check(key, state[key.removeprefix("out.normalized_weight.")])
    again = written(tmp_path, state)
    _, twice = load_state(again)
    assert all(torch.equal(t, twice[n]) for n, t in state.items())
    with torch.no_grad():
        file.check("out.mel", load_network(again, "vae").decode(file["in.z"]))


def test_half_precision_vae_is_normalised_before_it_is_cast(tmp_path):
    raw = {n: t.half() for n, t in golden_state("vae_44k").items()}
    report, state = load_state(written(tmp_path, raw))
    assert report.dtype == torch.float16
    exact = normalise_weights({n: t.float() for n, t in raw.items()})
    for name, tensor in state.items():
        kept = torch.float32 if name in ("data_mean", "data_std") else torch.float16
        assert tensor.dtype == kept and torch.equal(tensor, exact[name].to(kept)), name


@pytest.mark.parametrize("name", ["bigvgan_16k", "bigvgan_44k"])
def test_vocoder_in_three_spellings(name, tmp_path):
    normed = golden_state(name)
    new = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    spelled = [n.rpartition(".") for n in normed]
    newer = {f"{a}.{new.get(b, b)}": t for (a, _, b), t in zip(spelled, normed.values(), strict=True)}
    path = written(tmp_path, normed, "generator")
    _, state = load_state(path)
    for other in (newer, fold_weight_norm(normed)):
        _, same = load_state(written(tmp_path, other))
        assert same.keys() == state.keys() and all(torch.equal(t, state[n]) for n, t in same.items())
    file = golden(name)
    with torch.no_grad():
        file.check("out.waveform", load_network(path, "vocoder")(file["in.mel"]))


def combined_state() -> dict[str, torch.Tensor]:
    state = {f"vae.{n}": t for n, t in normalise_weights(golden_state("vae_16k")).items()}
    state |= {f"vocoder.{n}": t for n, t in fold_weight_norm(golden_state("bigvgan_16k")).items()}
    return state | {
        "mel_converter.mel_basis": torch.zeros(80, 513),
        "mel_converter.hann_window": torch.ones(1024),
    }


def test_combined_file_is_not_normalised_again(tmp_path):
    """Even where rows are far from norm 1: the file's names say that it is ready."""
    state = combined_state()
    state["vae.encoder.conv_in.weight"] *= 3
    path = written(tmp_path, state)
    report, loaded = load_state(path)
    assert report.kind == "vae+vocoder"
    assert not any(n.startswith("mel_converter") for n in loaded)
    assert all(torch.equal(t, state[n]) for n, t in loaded.items())
    assert all(torch.equal(t, state[f"vae.{n}"]) for n, t in load_network(path, "vae").state_dict().items())
    assert load_network(path, "vocoder").config.hop == 256


def test_synchformer(tmp_path):
    """The golden encoder's 32 channels don't tell its heads, so it is saved as a file of our own, which says
    them.
    """
    file = golden("synchformer")
    state = {n.removeprefix("vfeat_extractor."): t for n, t in golden_state("synchformer").items()}
    state = {n: t for n, t in state.items() if not n.startswith("patch_embed.")}
    c = file.config
    config = SynchformerConfig(
        c["image"], c["patch"], c["patch_t"], c["embed_dim"], c["depth"], c["num_heads"]
    )
    save_own(tmp_path / "own.safetensors", state, "synchformer", config)
    network = load_network(tmp_path / "own.safetensors", "synchformer")
    with torch.no_grad():
        file.check("out.features", network(enlarge(file["in.frames_u8"], 4)[None]))
    with pytest.raises(InputError, match="heads can't be told"):
        recognise(written(tmp_path, golden_state("synchformer")))


def test_clip_spellings_agree_by_the_golden_map():
    """Of the golden file, as it is and renamed by the map, one state comes."""
    file = golden("clip")
    ours, theirs = from_open_clip(golden_state("clip")), from_transformers(transformers_clip(file))
    assert set(ours) == set(theirs)
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name
    assert not any("q_proj" in name for name in ours)


def in_transformers(state):
    """An open_clip state as transformers spells it."""
    three = {n: t for n, t in from_open_clip(state).items() if "qkv_proj" in n}
    parts = {
        n.replace("qkv", w): part.clone()
        for n, t in three.items()
        for w, part in zip("qkv", t.chunk(3), strict=True)
    }
    return {n: t for n, t in from_open_clip(state).items() if n not in three} | parts


def test_clip_gives_the_same_numbers_from_both_spellings(tmp_path):
    state = small_state("clip_dfn5b_vit_h14_378_openclip")
    state = {
        n: t for n, t in state.items() if not re.search(r"resblocks\.([2-9]|\d\d)\.", n)
    }  # two layers each
    open_clip = written(tmp_path, state)
    renamed = written(tmp_path, in_transformers(state), "flat")
    frames = torch.randint(
        0, 256, (1, 2, 3, 384, 384), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    ids = torch.randint(0, 259, (1, 77), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        one, two = (load_network(path, "clip_visual")(frames) for path in (open_clip, renamed))
        assert one.shape == (1, 2, 64)
        torch.testing.assert_close(one, two, atol=1e-6, rtol=0)  # as weights lie in memory, sums differ
        one, two = (load_network(path, "clip_text").encode_ids(ids) for path in (open_clip, renamed))
        assert one.shape == (1, 77, 64)
        torch.testing.assert_close(one, two, atol=1e-6, rtol=0)


@pytest.mark.parametrize("spell", [dict, to_transformers])
def test_own_files_of_clip_are_read_in_both_spellings(tmp_path, spell):
    config = ClipTextConfig(width=64, layers=2, heads=1, mlp=128, vocabulary=49408, length=77)
    tower = ClipTextEncoder(config)
    save_own(tmp_path / "own.safetensors", spell(tower.state_dict()), "clip_text", config)
    loaded = load_network(tmp_path / "own.safetensors", "clip_text").state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in tower.state_dict().items())


@pytest.mark.parametrize("eight", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_float8_is_cast_up(eight, tmp_path):
    """Matrices in 8 bits, the rest in half precision: everything arrives in half precision, values
    unchanged.
    """
    state = small_state("mmaudio_small_44k", torch.float16)
    mixed = {n: t.to(eight) if t.ndim > 1 and "latent" not in n else t for n, t in state.items()}
    report, loaded = load_state(written(tmp_path, mixed))
    assert report.dtype == eight and any("float8" in note for note in report.notes)
    for name, tensor in loaded.items():
        kept = torch.float32 if name in ("latent_mean", "latent_std") else torch.float16
        assert tensor.dtype == kept and torch.equal(tensor, mixed[name].to(kept)), name
    everything = {n: t.to(eight) for n, t in state.items()}
    _, loaded = load_state(written(tmp_path, everything))
    assert loaded["t_embed.mlp.0.weight"].dtype == torch.bfloat16


def test_asked_types_win(tmp_path):
    path = written(tmp_path, small_state("mmaudio_small_16k"))
    _, state = load_state(path, dtype=torch.bfloat16)
    assert (
        state["t_embed.mlp.0.weight"].dtype == torch.bfloat16 and state["latent_mean"].dtype == torch.float32
    )
    network = load_network(path, "mmdit", dtype=torch.bfloat16)
    assert network.latent_mean.dtype == torch.float32
    assert {p.dtype for p in network.parameters()} == {torch.bfloat16}


def test_host_layers_take_the_weights(tmp_path):
    """A host hands in its own layer classes; the file's tensors end up in them."""

    class Host(torch.nn.Module):
        Linear = type("Linear", (torch.nn.Linear,), {})
        Conv1d = type("Conv1d", (torch.nn.Conv1d,), {})
        Embedding, RMSNorm, LayerNorm = torch.nn.Embedding, torch.nn.RMSNorm, torch.nn.LayerNorm

    network = load_network(written(tmp_path, small_state("mmaudio_small_16k")), "mmdit", operations=Host)
    assert type(network.clip_cond_proj) is Host.Linear and not network.training
    assert not any(p.requires_grad for p in network.parameters())
