"""Files of our own: config and weights come back, whatever the tensors alone would say."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from kling_foley_core.checkpoints import load_network, load_state, recognise, save_bundle, save_own
from kling_foley_core.checkpoints.config_json import config_from_json, config_to_json
from kling_foley_core.codec.bigvgan import BigVGANConfig
from kling_foley_core.codec.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from kling_foley_core.codec.vae import MelVAE, MelVAEConfig
from kling_foley_core.errors import InputError
from kling_foley_core.mmdit import MMDiT, MMDiTConfig
from kling_foley_core.presets import SMALL
from kling_foley_core.stereo.renderer import StereoConfig, StereoRenderer

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
VOCODER = ISTFTVocoderConfig(n_mels=8, n_fft=32, hop=8, width=8, inner=16, layers=1, kernel=3)
VAE = MelVAEConfig(8, 2, 4, (1, 2), 1, 1, attention=False, upsampling="transposed")
STEREO = StereoConfig(n_mels=8, hidden=8, layers=2, kernel=3, sync_dim=None)
CASES = {
    "mmdit": (MMDiT, FLOW),
    "vocoder": (ISTFTVocoder, VOCODER),
    "vae": (MelVAE, VAE),
    "stereo": (StereoRenderer, STEREO),
}


@pytest.mark.parametrize("kind", CASES)
def test_config_and_weights_come_back(kind, tmp_path):
    build, config = CASES[kind]
    network, path = build(config), tmp_path / "deep" / "own.safetensors"
    save_own(path, network.state_dict(), kind, config)
    report = recognise(path)
    assert (report.kind, report.config) == (kind, config) and type(report.config) is type(config)
    assert any("Written by Kling-Foley" in note for note in report.notes)
    loaded = load_network(path, kind)
    assert all(torch.equal(t, loaded.state_dict()[n]) for n, t in network.state_dict().items())
    assert [p.name for p in path.parent.iterdir()] == ["own.safetensors"]  # no draft is left


def test_metadata_is_what_it_says(tmp_path):
    save_own(tmp_path / "x.safetensors", MMDiT(FLOW).state_dict(), "mmdit", FLOW)
    with safe_open(tmp_path / "x.safetensors", "pt") as file:
        metadata = file.metadata()
    assert metadata["format"] == "kling-foley" and metadata["kind"] == "mmdit"
    assert '"class": "MMDiTConfig"' in metadata["config"] and '"duration_rows": 7' in metadata["config"]


def test_a_file_older_than_a_part_that_may_be_none_has_none(tmp_path):
    older = replace(FLOW, countdown_rows=None)
    words = config_to_json(older)
    del words["countdown_rows"]
    metadata = {"format": "kling-foley", "kind": "mmdit", "config": json.dumps(words)}
    save_file(MMDiT(older).state_dict(), tmp_path / "x.safetensors", metadata=metadata)
    assert load_network(tmp_path / "x.safetensors", "mmdit").config == older
    del words["duration_rows"]  # but the tensors decide: this one has them
    metadata["config"] = json.dumps(words)
    save_file(MMDiT(older).state_dict(), tmp_path / "x.safetensors", metadata=metadata)
    with pytest.raises(InputError, match="unexpected"):
        load_network(tmp_path / "x.safetensors", "mmdit")


def test_a_small_flow_network_is_known_by_its_shapes(tmp_path):
    """Saved by a host without our metadata."""
    save_file(MMDiT(SMALL.generator).state_dict(), tmp_path / "plain.safetensors")
    report = recognise(tmp_path / "plain.safetensors")
    assert (report.config, report.variant) == (SMALL.generator, "small")


def test_bundle_of_networks(tmp_path):
    networks = {k: build(config) for k, (build, config) in CASES.items()}
    path = tmp_path / "bundle.safetensors"
    save_bundle(path, {f"my_{k}": (k, n.state_dict(), CASES[k][1]) for k, n in networks.items()})
    report, state = load_state(path)
    assert report.kind == "kling_foley" and report.config == {k: config for k, (_, config) in CASES.items()}
    for kind, network in networks.items():
        loaded = load_network(path, kind).state_dict()
        assert all(torch.equal(t, loaded[n]) for n, t in network.state_dict().items())
        assert all(torch.equal(t, state[f"my_{kind}.{n}"]) for n, t in network.state_dict().items())


def test_the_tensors_are_checked_all_the_same(tmp_path):
    state = MMDiT(FLOW).state_dict()
    del state["seconds_start.weight"]
    save_own(tmp_path / "x.safetensors", state, "mmdit", FLOW)
    with pytest.raises(InputError, match=r"x\.safetensors.*1 missing \(seconds_start\.weight\)"):
        recognise(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"kind": "mmdit"}, "metadata is damaged"),
        ({"kind": "mmdit", "config": "{"}, "metadata is damaged"),
        ({"kind": "mmdit", "config": "[" * 200_000}, "metadata is damaged"),
        ({"kind": "kling_foley", "config": "{}"}, "metadata is damaged .it names no network"),
        ({"kind": "kling_foley", "config": "[]"}, "metadata is damaged"),
        ({"kind": "kling_foley", "config": '{"": {"kind": [], "config": {}}}'}, r"kind \[\], which this"),
        ({"kind": "teapot", "config": "{}"}, "kind 'teapot', which this version does not know"),
        ({"kind": "mmdit", "config": '{"class": "Other"}'}, "class 'Other', this version knows MMDiTConfig"),
        ({"kind": "mmdit", "config": '{"class": "MMDiTConfig", "x": 1}'}, r"fields \['x'\].*update the pack"),
    ],
)
def test_metadata_that_does_not_fit(metadata, words, tmp_path):
    path = tmp_path / "x.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={"format": "kling-foley", **metadata})
    with pytest.raises(InputError, match=rf"x\.safetensors.*{words}"):
        recognise(path)


@pytest.mark.parametrize(
    ("stray", "words"),
    [
        ("other.weight", r"1 of its \d+ tensors belong to none of the networks .*\(other\.weight\)"),
        ("renderer", r"1 of its \d+ tensors belong to none of the networks .*\(renderer\)"),
        ("renderer.other", r"1 unexpected \(other\)"),
    ],
)
def test_tensors_that_no_network_of_a_bundle_has(stray, words, tmp_path):
    path = tmp_path / "x.safetensors"
    save_bundle(path, {"renderer": ("stereo", StereoRenderer(STEREO).state_dict(), STEREO)})
    with safe_open(path, "pt") as file:
        metadata, state = file.metadata(), {n: file.get_tensor(n) for n in file.keys()}
    assert recognise(path).kind == "kling_foley"
    save_file(state | {stray: torch.zeros(1)}, path, metadata=metadata)
    with pytest.raises(InputError, match=rf"x\.safetensors.*{words}"):
        recognise(path)


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("wrong", [{}, [], ["x"], "x", -1, 0, 1.5], ids=str)
def test_a_config_with_values_that_can_not_be(kind, wrong, tmp_path):
    """Field by field: an InputError of this file, or the field is one that may hold the value."""
    build, config = CASES[kind]
    path, whole = tmp_path / "x.safetensors", config_to_json(config)
    state, refused = build(config).state_dict(), []
    for field in whole:
        metadata = {"kind": kind, "config": json.dumps(whole | {field: wrong})}
        save_file(state, path, metadata={"format": "kling-foley", **metadata})
        try:
            recognise(path)
        except InputError as error:
            assert str(error).startswith(str(path))
            refused.append(field)
    assert len(refused) > len(whole) // 2


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.safetensors"
    save_own(path, StereoRenderer(STEREO).state_dict(), "stereo", STEREO)
    before = path.read_bytes()
    with pytest.raises(Exception):  # noqa: B017 - safetensors' own error for a tensor without data
        save_own(path, {"a": torch.zeros(2, device="meta")}, "stereo", STEREO)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_shared_memory_and_views_can_be_saved(tmp_path):
    network = StereoRenderer(STEREO)
    state = network.state_dict()
    twice = torch.randn(8)
    state |= {"norm_in.weight": twice, "norm_in.bias": twice, "head.weight": torch.randn(8, 8).t()}
    save_own(tmp_path / "x.safetensors", state, "stereo", STEREO)
    _, loaded = load_state(tmp_path / "x.safetensors")
    assert all(torch.equal(t, state[n]) for n, t in loaded.items())


def test_every_config_in_the_presets_survives_json():
    from kling_foley_core.codec import presets as codec
    from kling_foley_core.encoders import presets as encoders

    found = [
        v
        for m in (codec, encoders)
        for v in vars(m).values()
        if dataclasses.is_dataclass(v) and not isinstance(v, type)
    ]
    assert any(isinstance(c, BigVGANConfig) for c in found) and len(found) > 10
    for config in found:
        assert config_from_json(config_to_json(config), (type(config),)) == config


def test_others_may_read_the_file_as_they_may_any_other(tmp_path):
    (tmp_path / "plain").touch()
    save_own(tmp_path / "net.safetensors", {"x": torch.zeros(2)}, "stereo", STEREO)
    assert (tmp_path / "net.safetensors").stat().st_mode == (tmp_path / "plain").stat().st_mode
