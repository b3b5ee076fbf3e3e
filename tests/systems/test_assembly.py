"""Which of the networks in a folder belong together; the files are all header, their values are holes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from checkpoint_files import hollow

from kling_foley_core.checkpoints import save_own
from kling_foley_core.checkpoints.finding import weight_files
from kling_foley_core.checkpoints.scan import scan
from kling_foley_core.codec.presets import VAE_44K
from kling_foley_core.encoders.presets import CLIP_DFN5B_H14_384, METACLIP_H14_224
from kling_foley_core.errors import InputError
from kling_foley_core.presets import PRESETS, SMALL
from kling_foley_core.stereo import StereoRenderer
from kling_foley_core.systems.assembly import found_system, from_files, untrained
from kling_foley_core.systems.search import system_of
from kling_foley_core.weights import BUILT_IN

KLING, MMAUDIO = PRESETS["kling_foley_1.5b"], PRESETS["mmaudio_small_44k"]


def taken(folder: Path, part: str) -> str | None:
    """The name of the file that the only flow network here gets its part from."""
    networks, _ = scan(weight_files(folder).files)
    (flow,) = (n for n in networks if n.kind == "mmdit")
    network = system_of(flow, networks, "x").parts.get(part)
    return network and network.path.name


def test_the_codec_of_the_flow_networks_preset_is_taken(tmp_path) -> None:
    """Of two with as many channels, whatever their names."""
    hollow(tmp_path / "generator.safetensors", "mmdit", KLING.generator)
    hollow(tmp_path / "own_vae.safetensors", "vae", KLING.vae)
    hollow(tmp_path / "a_vae_44k.safetensors", "vae", VAE_44K)
    assert KLING.vae != VAE_44K and taken(tmp_path, "vae") == "own_vae.safetensors"


def test_the_visual_encoder_of_the_preset_is_taken(tmp_path) -> None:
    hollow(tmp_path / "mmaudio.safetensors", "mmdit", MMAUDIO.generator)
    hollow(tmp_path / "model.safetensors", "clip_visual", METACLIP_H14_224)
    hollow(tmp_path / "open_clip.safetensors", "clip_visual", CLIP_DFN5B_H14_384)
    assert taken(tmp_path, "visual") == "open_clip.safetensors"


def test_of_several_that_nothing_speaks_for_none_is_taken(tmp_path) -> None:
    """The flow network is nobody's preset; one file with everything would be taken before others."""
    hollow(tmp_path / "own.safetensors", "mmdit", replace(KLING.generator, audio_depth=3))
    hollow(tmp_path / "b_vae.safetensors", "vae", KLING.vae)
    assert taken(tmp_path, "vae") == "b_vae.safetensors"
    hollow(tmp_path / "a_vae.safetensors", "vae", VAE_44K)
    with pytest.raises(InputError, match=r"several fit \(a_vae.*b_vae"):
        found_system(tmp_path)


def test_all_that_is_missing_is_told_at_once_by_its_public_name(tmp_path) -> None:
    """Of a set made of MMAudio's flow network and the parts of `small`."""
    hollow(tmp_path / "mmaudio_small_44k.safetensors", "mmdit", MMAUDIO.generator)
    (tmp_path / "small.safetensors").symlink_to(BUILT_IN)
    with pytest.raises(InputError) as caught:
        found_system(tmp_path / "mmaudio_small_44k.safetensors")
    message = str(caught.value)
    for name in ("v1-44.pth", "bigvgan_generator.pt", "synchformer_state_dict.pth", "apple_DFN5B"):
        assert name in message, message
    for part, width in (("text encoder", 1024), ("visual encoder", 1024), ("sync encoder", 768)):
        told = "has 128 channels where flow network mmaudio_small_44k.safetensors needs"
        assert f"{part} small.safetensors {told} {width}" in message
    assert "codec (VAE) small.safetensors has 16 latent channels" in message and "5 part(s)" in message


def test_a_file_is_looked_for_in_its_own_folder_alone(tmp_path) -> None:
    """Not below it, which may be a whole disk."""
    hollow(tmp_path / "x.safetensors", "mmdit", MMAUDIO.generator)
    (tmp_path / "deep").mkdir()
    hollow(tmp_path / "deep" / "v1-44.safetensors", "vae", VAE_44K)
    for source, held in ((tmp_path, False), (tmp_path / "x.safetensors", True)):
        with pytest.raises(InputError) as caught:
            found_system(source)
        assert ("v1-44.pth" in str(caught.value)) == held


def test_one_flow_network_of_several_must_be_named(tmp_path) -> None:
    for name in ("a", "b"):
        hollow(tmp_path / f"{name}.safetensors", "mmdit", MMAUDIO.generator)
    with pytest.raises(InputError, match=r"2 flow networks are here \(a\.safetensors, b\.saf.*give one of"):
        found_system(tmp_path)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "nowhere"])
def test_names_of_nothing(tmp_path, name) -> None:
    with pytest.raises(InputError, match="neither a preset's name nor a file nor a folder"):
        found_system(tmp_path / name)


def test_progress_shows_where_there_are_many_files(tmp_path) -> None:
    (tmp_path / "small.safetensors").symlink_to(BUILT_IN)
    seen: list[tuple[str, int, int]] = []
    found_system(tmp_path, lambda *told: seen.append(told))
    assert seen == []
    for i in range(10):
        (tmp_path / f"{i}.bin").touch()
    found_system(tmp_path, lambda *told: seen.append(told))
    assert seen == [("looking at files", i, 11) for i in range(1, 12)]


def test_a_file_without_a_flow_network_is_told_as_such(tmp_path) -> None:
    hollow(tmp_path / "v1-44.safetensors", "vae", VAE_44K)
    with pytest.raises(InputError, match=r"v1-44.safetensors: it holds vae \(vae_44k\), not a flow network"):
        found_system(tmp_path / "v1-44.safetensors")


def test_unreadable_neighbours_do_no_harm(tmp_path) -> None:
    """A pipe, a link to nowhere, links in a circle, a folder in itself, a locked file and noise."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "small.SAFETENSORS").symlink_to(BUILT_IN)
    os.mkfifo(folder / "pipe.pth")
    (folder / "nowhere.ckpt").symlink_to(folder / "absent")
    (folder / "circle.bin").symlink_to(folder / "circle.bin")
    (folder / "again").symlink_to(folder)
    (folder / "noise.pt").write_bytes(b"noise")
    (folder / "locked.sft").write_bytes(b"noise")
    (folder / "locked.sft").chmod(0)
    system = found_system(folder)
    assert {n.path.name for n in system.parts.values()} == {"small.SAFETENSORS"}
    assert set(system.parts) == {"generator", "visual", "text", "sync", "vae", "vocoder", "stereo"}


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
