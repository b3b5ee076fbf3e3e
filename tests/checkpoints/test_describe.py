"""The text of `kling-foley inspect`."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from checkpoint_files import golden_state, report_of, small_state
from safetensors.torch import save_file

from kling_foley_core.checkpoints import describe, needs
from kling_foley_core.checkpoints.catalogue import FILES, advice
from kling_foley_core.codec.presets import VAE_16K
from kling_foley_core.presets import PRESETS
from kling_foley_core.weights import BUILT_IN


def test_a_flow_network(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"weights": golden_state("mmdit_v1"), "it": 1}, path)
    text = describe(path)
    for words in ("x.pth (", "mmdit", "mmaudio_v1_32x2+2", "latent_dim=6", "stored as float32", "weights"):
        assert words in text
    assert "latent channels)" in text and "no published file has these sizes" in text


def test_what_a_public_network_needs():
    wanted = " ".join(needs(report_of("mmaudio_large_44k_v2")))
    for file in ("v1-44.pth", "bigvgan_generator.pt", "DFN5B", "synchformer_state_dict.pth", "models/foley"):
        assert file in wanted
    assert "v1-16.pth" in needs(report_of("mmaudio_small_16k"))[0]


def test_sizes_are_said_where_they_are_known():
    wanted = needs(report_of("mmaudio_large_44k_v2"))
    assert [w for w in wanted if "v1-44.pth (1.2 GiB) from hkchengrex/MMAudio, ext_weights/" in w]
    assert [w for w in wanted if "bigvgan_generator.pt from nvidia/" in w]
    assert not [w for w in wanted if "()" in w]


@pytest.mark.parametrize("name", [n for n in PRESETS if n.startswith("kling_foley_")])
def test_a_kling_foley_network_wants_its_own_codec(name):
    """Its 40 latent channels are as many as MMAudio's, its latent space is another."""
    wanted = needs(replace(report_of("mmaudio_large_44k"), config=PRESETS[name].generator))
    assert wanted[0] == "the codec it was trained with (40 latent channels)"
    assert not [w for w in wanted if "v1-44.pth" in w or "bigvgan" in w]
    assert [w for w in wanted if "T5-Base" in w] and [w for w in wanted if "bigG" in w]


@pytest.mark.parametrize(
    "added",
    [{"sync_in_global": True}, {"align_visual": True}, {"duration_rows": 8}, {"countdown_rows": 3}],
    ids=str,
)
@pytest.mark.parametrize("name", ["mmaudio_small_16k", "mmaudio_small_44k"])
def test_each_of_the_papers_inputs_tells_it(name, added):
    public = report_of(name)
    assert "VAE" in needs(public)[0]
    assert needs(replace(public, config=replace(public.config, **added)))[0].startswith(
        "the codec it was trained with"
    )


def test_licence_of_a_published_file(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "kling_foley_core.checkpoints.kinds.vae.NAMES", {replace(VAE_16K, width=8): "vae_16k"}
    )
    path = tmp_path / "x.safetensors"
    save_file(small_state("vae_16k"), path)
    assert "CC-BY-NC 4.0 (no commercial use), as published (hkchengrex/MMAudio, ext_weights/)" in describe(
        path
    )


def test_licence_of_the_built_in_model():
    assert "MIT" in describe(BUILT_IN)


def test_every_catalogue_row_names_what_recognition_says():
    lists = {
        "mmdit": [
            "mmaudio_small_16k",
            "mmaudio_small_44k",
            "mmaudio_medium_44k",
            "mmaudio_large_44k",
            "mmaudio_large_44k_v2",
        ],
        "vae": ["vae_16k", "vae_44k"],
        "vocoder": ["bigvgan_16k", "bigvgan_v2_44k"],
        "synchformer": ["synchformer_full"],
        "clip": ["clip_dfn5b_vit_h14_378_openclip", "clip_metaclip_vit_h14_224_transformers"],
    }
    told = {(kind, report_of(n).variant) for kind, names in lists.items() for n in names}
    assert {(f.kind, f.variant) for f in FILES} == told | {("t5", "t5_base")}
    assert all(f.licence and f.source and f.folder for f in FILES)
    assert "Get v1-16.pth from hkchengrex/MMAudio" in advice("vae", "vae_16k")
    assert "kling-foley train" in advice("stereo")
