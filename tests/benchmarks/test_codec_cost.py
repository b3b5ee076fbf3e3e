"""The files that stand for codecs whose weights are not at hand have the public layouts, and open."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from checkpoint_files import keys
from codec_cost import CODECS, public_vocoder, write

from kling_foley_core.checkpoints.kinds import KINDS
from kling_foley_core.evaluation.runners.codec_models import codec_system, open_codec

NARROW = {"vae": {"width": 8}, "vocoder": {"width": 64}, "stereo": {"hidden": 16}}


@pytest.mark.parametrize(
    ("name", "kind", "public"),
    [
        ("16k", "vae", "vae_16k"),
        ("16k", "vocoder", "bigvgan_16k"),
        ("44k", "vae", "vae_44k"),
        ("44k", "vocoder", "bigvgan_v2_44k"),
    ],
)
def test_names_and_shapes_are_those_of_the_public_files(name: str, kind: str, public: str) -> None:
    state = KINDS[kind].without_values(CODECS[name][kind][1]).state_dict()
    made = public_vocoder(state)["generator"] if kind == "vocoder" else state
    assert {n: tuple(t.shape) for n, t in made.items()} == {n: s.shape for n, s in keys(public).items()}


def test_narrow_ones_open_and_are_made_once(tmp_path) -> None:
    for name, parts in CODECS.items():
        narrow = {kind: (file, replace(config, **NARROW[kind])) for kind, (file, config) in parts.items()}
        folder = tmp_path / name
        write(folder, narrow)
        written = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
        write(folder, narrow)
        assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == written
        assert {kind: n.config for kind, n in codec_system(folder).parts.items()} == {
            kind: config for kind, (_, config) in narrow.items()
        }
        codec = open_codec(folder, torch.device("cpu")).codec
        wave = torch.sin(torch.arange(4 * codec.samples_per_latent) / 10)[None, None]
        decoded = codec.decode(codec.encode(wave).mean)
        assert decoded.shape == wave.shape and 1e-3 < decoded.std() < 1
