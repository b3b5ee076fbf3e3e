"""Which of the networks in a folder belong together; the files are all header, their values are holes."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from kling_foley_core.assembly import Files, from_files, untrained
from kling_foley_core.checkpoints import save_own
from kling_foley_core.checkpoints.config_json import config_to_json
from kling_foley_core.checkpoints.kinds import KINDS
from kling_foley_core.codec.presets import VAE_44K
from kling_foley_core.encoders.presets import CLIP_DFN5B_H14_384, METACLIP_H14_224
from kling_foley_core.errors import InputError
from kling_foley_core.presets import PRESETS, SMALL
from kling_foley_core.stereo import StereoRenderer

KLING, MMAUDIO = PRESETS["kling_foley_1.5b"], PRESETS["mmaudio_small_44k"]


def hollow(path: Path, kind: str, config: Any) -> None:
    """A file of ours as it would be with weights."""
    words = {"format": "kling-foley", "kind": kind, "config": json.dumps(config_to_json(config))}
    header, end = {"__metadata__": words}, 0
    for name, tensor in KINDS[kind].build(config, device="meta").state_dict().items():
        begin, end = end, end + tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [begin, end]}
    encoded = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        file.truncate(8 + len(encoded) + end)


def vae(files: Files) -> str:
    wanted = files.generator.config.latent_dim
    return files.pick("vae", "codec", ("vae",), lambda v: v.latent_dim == wanted).path.name


def test_the_codec_of_the_flow_networks_preset_is_taken(tmp_path) -> None:
    """Of two with as many channels, whatever their names."""
    hollow(tmp_path / "generator.safetensors", "mmdit", KLING.generator)
    hollow(tmp_path / "own_vae.safetensors", "vae", KLING.vae)
    hollow(tmp_path / "a_vae_44k.safetensors", "vae", VAE_44K)
    assert KLING.vae != VAE_44K and vae(Files(tmp_path)) == "own_vae.safetensors"


def test_the_visual_encoder_of_the_preset_is_taken(tmp_path) -> None:
    hollow(tmp_path / "mmaudio.safetensors", "mmdit", MMAUDIO.generator)
    hollow(tmp_path / "model.safetensors", "clip_visual", METACLIP_H14_224)
    hollow(tmp_path / "open_clip.safetensors", "clip_visual", CLIP_DFN5B_H14_384)
    files = Files(tmp_path)
    width = files.generator.config.visual_dim
    found = files.pick("visual", "visual encoder", ("clip_visual",), lambda v: v.projection == width)
    assert found.path.name == "open_clip.safetensors"


def test_of_several_that_nothing_speaks_for_none_is_taken(tmp_path) -> None:
    """The flow network is nobody's preset; one file with everything would be taken before others."""
    hollow(tmp_path / "own.safetensors", "mmdit", replace(KLING.generator, audio_depth=3))
    hollow(tmp_path / "b_vae.safetensors", "vae", KLING.vae)
    assert vae(Files(tmp_path)) == "b_vae.safetensors"
    hollow(tmp_path / "a_vae.safetensors", "vae", VAE_44K)
    with pytest.raises(InputError, match=r"several networks fit as codec \(a_vae.*b_vae"):
        vae(Files(tmp_path))


def test_a_renderer_that_was_trained_with_other_tokens_is_left_out(tmp_path) -> None:
    """It would refuse the tokens after the sampling."""
    parts = {"generator": "mmdit", "text": "t5", "visual": "clip_visual", "sync": "synchformer"}
    for part, kind in {**parts, "vae": "vae", "vocoder": "vocoder"}.items():
        network = untrained(SMALL, part)
        save_own(tmp_path / f"{part}.safetensors", network.state_dict(), kind, network.config)
    for width, taken in ((768, False), (SMALL.sync.dim, True)):
        renderer = StereoRenderer(replace(SMALL.stereo, sync_dim=width))
        save_own(tmp_path / "stereo.safetensors", renderer.state_dict(), "stereo", renderer.config)
        found = from_files(tmp_path, torch.device("cpu"), torch.float32)
        assert (found.stereo is not None) == taken
