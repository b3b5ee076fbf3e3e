"""A damaged file of a cache is named, with the advice to delete it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks import sound_classifiers as classifiers
from kling_foley_core.evaluation.networks.classifier import Classifier
from kling_foley_core.files.cached import reading


def some_classifiers(folder: Path) -> Path:
    network = Classifier(("a", "b"), relative=True)
    classifiers._keep(classifiers.SoundClassifiers({"hit": network}), folder / "l.safetensors", 1)
    return folder / "l.safetensors"


CACHES = {
    "classifiers": (some_classifiers, classifiers._kept),
}


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("kept", [0, 5, -8])
def test_a_cut_file_is_named(tmp_path, cache, kept) -> None:
    make, read = CACHES[cache]
    path = make(tmp_path)
    read(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=f"{path.name} is damaged .*delete it"):
        read(path)


@pytest.mark.parametrize("cache", CACHES)
def test_one_flipped_bit_is_found(tmp_path, cache) -> None:
    """In the last value, which any reader would take for another number."""
    make, read = CACHES[cache]
    path = make(tmp_path)
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    with pytest.raises(InputError, match=f"{path.name} is damaged .*checksum.*delete it"):
        read(path)
    path.with_name(f"{path.name}.crc32").unlink()  # as older versions wrote it
    read(path)


@pytest.mark.parametrize("cache", CACHES)
def test_a_file_of_something_else_is_named(tmp_path, cache) -> None:
    make, read = CACHES[cache]
    path = make(tmp_path)
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(InputError, match=f"{path.name} is damaged"):
        read(path)


def test_errors_with_advice_of_their_own_stay(tmp_path) -> None:
    with pytest.raises(InputError, match="^too few$"), reading(tmp_path):
        raise InputError("too few")
