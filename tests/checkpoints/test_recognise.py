"""Every public file is recognised from its full-size tensor list, and nothing else is."""

from __future__ import annotations

import pytest
import torch
from checkpoint_files import keys, report_of, values_of

from kling_foley_core.checkpoints import TensorSpec, recognise_tensors
from kling_foley_core.codec.presets import BIGVGAN_16K, BIGVGAN_44K, VAE_16K, VAE_44K
from kling_foley_core.encoders.presets import (
    CLIP_DFN5B_H14_384,
    CLIP_H14_TEXT,
    METACLIP_BIGG,
    METACLIP_H14_224,
    SYNCHFORMER,
    T5_BASE,
)
from kling_foley_core.errors import InputError
from kling_foley_core.mmdit import MMDiT
from kling_foley_core.presets import PRESETS


@pytest.mark.parametrize("name", [n for n in PRESETS if n.startswith("mmaudio_")])
def test_flow_networks(name):
    report = report_of(name)
    assert (report.kind, report.variant, report.config) == ("mmdit", name, PRESETS[name].generator)
    assert report.values == values_of(name)
    assert report.dtype == torch.float32 and report.prefix == "" and report.notes == ()


@pytest.mark.parametrize("name", [n for n in PRESETS if not n.startswith("mmaudio_")])
def test_our_flow_networks_need_no_metadata(name):
    """A host's save node writes none."""
    report = recognise_tensors(from_network(MMDiT, PRESETS[name].generator))
    assert (report.kind, report.variant, report.config) == ("mmdit", name, PRESETS[name].generator)
    assert report.values == PRESETS[name].parameters


def test_old_buffers_are_dropped_and_prefixes_taken_off():
    specs = keys("mmaudio_small_16k")
    extra = {"t_embed.freqs": (128,), "latent_rot": (250, 32, 2, 2), "clip_rot": (64, 32, 2, 2)}
    specs |= {name: TensorSpec(shape, torch.float32) for name, shape in extra.items()}
    for prefix in ("module.", "model.diffusion_model."):
        report = recognise_tensors({prefix + name: spec for name, spec in specs.items()})
        assert (report.variant, report.prefix) == ("mmaudio_small_16k", prefix.rstrip("."))
        assert report.values == values_of("mmaudio_small_16k")


@pytest.mark.parametrize(("name", "config"), [("vae_16k", VAE_16K), ("vae_44k", VAE_44K)])
def test_vaes(name, config):
    report = report_of(name)
    assert (report.kind, report.variant, report.config) == ("vae", name, config)
    assert report.values == values_of(name)


def parametrised(specs):
    """torch's newer spelling of weight norm."""
    spelling = {
        "weight_g": "parametrizations.weight.original0",
        "weight_v": "parametrizations.weight.original1",
    }
    return {
        n.rpartition(".")[0] + "." + spelling.get(n.rpartition(".")[2], n.rpartition(".")[2]): s
        for n, s in specs.items()
    }


@pytest.mark.parametrize(
    ("names", "variant", "config"),
    [
        (("bigvgan_16k", "bigvgan_16k_plain"), "bigvgan_16k", BIGVGAN_16K),
        (("bigvgan_v2_44k", "bigvgan_v2_44k_plain"), "bigvgan_44k", BIGVGAN_44K),
    ],
)
def test_vocoders_in_three_spellings(names, variant, config):
    normed, plain = (keys(name) for name in names)
    for specs in (normed, parametrised(normed), plain):
        report = recognise_tensors(specs, top_level="generator")
        assert (report.kind, report.variant, report.config) == ("vocoder", variant, config)
        assert report.values == values_of(names[1]) and report.prefix == "generator"


def test_comfyui_cores_vae_and_vocoder_in_one_file():
    specs = {f"vae.{n}": s for n, s in keys("vae_16k").items()}
    specs |= {f"vocoder.{n}": s for n, s in keys("bigvgan_16k_plain").items()}
    specs["mel_converter.mel_basis"] = TensorSpec((80, 513), torch.float32)
    specs["mel_converter.hann_window"] = TensorSpec((1024,), torch.float32)
    report = recognise_tensors(specs)
    assert (report.kind, report.variant) == ("vae+vocoder", "vae_16k+bigvgan_16k")
    assert report.config == {"vae": VAE_16K, "vocoder": BIGVGAN_16K}


@pytest.mark.parametrize("name", ["synchformer_full", "synchformer_visual"])
def test_synchformer(name):
    specs = keys(name)
    report = recognise_tensors(specs)
    assert (report.kind, report.variant, report.config) == ("synchformer", "synchformer", SYNCHFORMER)
    assert any("visual half" in note for note in report.notes) == (name == "synchformer_full")
    bare = {
        n.removeprefix("vfeat_extractor."): s for n, s in specs.items() if n.startswith("vfeat_extractor.")
    }
    assert recognise_tensors(bare).config == SYNCHFORMER


@pytest.mark.parametrize(
    ("name", "variant", "visual"),
    [
        ("clip_dfn5b_vit_h14_378_openclip", "dfn5b_vit_h14_378", CLIP_DFN5B_H14_384),
        ("clip_dfn5b_vit_h14_378_transformers", "dfn5b_vit_h14_378", CLIP_DFN5B_H14_384),
        ("clip_metaclip_vit_h14_224_transformers", "vit_h14_224", METACLIP_H14_224),
    ],
)
def test_clip_in_both_spellings(name, variant, visual):
    specs = keys(name)
    specs["logit_scale"] = TensorSpec((1,), torch.float32)  # open_clip's nonscalar_logit_scale
    if "transformers" in name:
        specs["text_model.embeddings.position_ids"] = TensorSpec((1, 77), torch.int64)
    report = recognise_tensors(specs)
    assert (report.kind, report.variant) == ("clip", variant)
    assert report.config == {"clip_visual": visual, "clip_text": CLIP_H14_TEXT}
    assert any("QuickGELU" in note for note in report.notes)


def test_clip_without_its_text_tower_says_so():
    specs = {n: s for n, s in keys("clip_dfn5b_vit_h14_378_openclip").items() if n.startswith("visual.")}
    report = recognise_tensors(specs)
    assert report.config == {"clip_visual": CLIP_DFN5B_H14_384}
    assert any("texts can't" in note for note in report.notes)


def from_network(build, config, **kw) -> dict[str, TensorSpec]:
    state = build(config, device="meta", **kw).state_dict()
    return {n: TensorSpec(tuple(t.shape), t.dtype) for n, t in state.items()}


def test_the_papers_encoders():
    """MetaCLIP ViT-bigG/14 and T5-Base: names and shapes are the networks' own: no list is stored."""
    from kling_foley_core.encoders.text.byte_tokenizer import ByteTokenizer
    from kling_foley_core.encoders.text.t5 import T5TextEncoder
    from kling_foley_core.encoders.visual.clip import ClipVisualEncoder

    report = recognise_tensors(from_network(ClipVisualEncoder, METACLIP_BIGG))
    assert (report.variant, report.config) == ("vit_bigg14_224", {"clip_visual": METACLIP_BIGG})
    t5 = from_network(T5TextEncoder, T5_BASE, tokenizer=ByteTokenizer())
    whole = t5 | {
        "encoder.embed_tokens.weight": t5["shared.weight"],
        "decoder.final_layer_norm.weight": t5["shared.weight"],
    }
    tableless = {n: s for n, s in whole.items() if n != "shared.weight"}
    for specs in (t5, whole, tableless):
        report = recognise_tensors(specs)
        assert (report.kind, report.variant, report.config) == ("t5", "t5_base", T5_BASE)


@pytest.mark.parametrize("name", ["hunyuanvideo_foley_xl", "hunyuanvideo_foley_xxl", "dac_vae_128d_48k"])
def test_hunyuan_files_are_refused_by_name(name):
    with pytest.raises(InputError, match="HunyuanVideo-Foley.*(MMAudio|mmaudio)"):
        recognise_tensors(keys(name))
