"""A bundle is a whole model: recognised, loaded by the pipeline from the file or its folder, small enough."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.checkpoints import load_network, recognise, save_own
from kling_foley_core.errors import InputError
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.presets import SMALL
from kling_foley_core.systems.assembly import KIND_OF_PART, untrained
from kling_foley_core.training.bundle import PARTS, stored, write_bundle


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list:
    folder, paths = tmp_path_factory.mktemp("parts"), []
    for part in ("generator", "text", "visual", "sync", "vae", "vocoder", "stereo"):
        kind = "t5" if part == "text" else KIND_OF_PART.get(part, part)
        paths.append(folder / f"{part}.safetensors")
        save_own(paths[-1], untrained(SMALL, part).state_dict(), kind, getattr(SMALL, part))
    return paths


@pytest.fixture(scope="module")
def bundle(files, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "small.safetensors"
    write_bundle(files, path)
    return path


def test_it_is_recognised_and_fits_the_repository(bundle) -> None:
    report = recognise(bundle)
    assert report.kind == "kling_foley" and set(report.config) == set(PARTS)
    assert report.config["mmdit"] == SMALL.generator and report.config["synchformer"] == SMALL.sync
    assert bundle.stat().st_size <= 40_000_000


def test_weights_come_back_to_half_precision(bundle) -> None:
    for kind, part in (("mmdit", "generator"), ("vae", "vae"), ("synchformer", "sync")):
        loaded = load_network(bundle, kind, dtype=torch.float32).state_dict()
        for name, tensor in untrained(SMALL, part).state_dict().items():
            torch.testing.assert_close(loaded[name], tensor, atol=1e-3, rtol=1e-3)


def test_what_half_precision_can_not_hold_stays() -> None:
    large, mean = torch.tensor([1e6]), torch.tensor([1.0001])
    assert stored("a", large).dtype == stored("latent_mean", mean).dtype == torch.float32
    assert stored("a", mean).dtype == torch.float16 and stored("n", torch.tensor([3])).dtype == torch.int64


def test_the_pipeline_loads_the_file_and_its_folder(bundle) -> None:
    sounds = [
        FoleyPipeline.from_pretrained(source, device="cpu")
        .generate(prompt="rain", seconds=1.0, steps=1)
        .waveform
        for source in (bundle, bundle.parent)
    ]
    assert sounds[0].shape == (1, 2, 44100) and torch.equal(*sounds)


def test_missing_and_doubled_parts_are_named(files, tmp_path) -> None:
    with pytest.raises(InputError, match="needs a stereo too"):
        write_bundle(files[:-1], tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="generator.safetensors is a mmdit"):
        write_bundle([*files, files[0]], tmp_path / "x.safetensors")
