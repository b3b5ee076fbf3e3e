"""Weights lie in memory once: as pages of their file, or cast, with the file's pages let go."""

from __future__ import annotations

import errno
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from kling_foley_core.checkpoints import load_network, save_own
from kling_foley_core.checkpoints.header import read_header
from kling_foley_core.checkpoints.mapped import MappedFile
from kling_foley_core.errors import InputError
from kling_foley_core.mmdit import MMDiT
from kling_foley_core.presets import SMALL
from kling_foley_core.weights import BUILT_IN

LARGE = replace(SMALL.generator, hidden_dim=512, num_heads=8)  # 60 million values
MB = 2**20
RUN = """
import sys, torch
from kling_foley_core.checkpoints import load_network
from kling_foley_core.weights import BUILT_IN

def peak():
    with open("/proc/self/status") as file:
        (line,) = (x for x in file if x.startswith("VmHWM"))
    return int(line.split()[1]) * 1024

load_network(BUILT_IN, "mmdit", dtype=torch.float32)
before = peak()
network = load_network(sys.argv[1], "mmdit", dtype=getattr(torch, sys.argv[2]))
total = sum(float(p.sum()) for p in network.parameters()) if sys.argv[3] == "read" else 0
print(peak() - before)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """The same network as safetensors and as torch's zip file."""
    folder = tmp_path_factory.mktemp("large")
    torch.manual_seed(0)
    state = {name: torch.rand(t.shape) for name, t in MMDiT(LARGE, device="meta").state_dict().items()}
    save_own(folder / "x.safetensors", state, "mmdit", LARGE)
    torch.save(state, folder / "x.pth")
    return {"safetensors": folder / "x.safetensors", "pth": folder / "x.pth"}


def peak(file: Path, dtype: str, then: str) -> int:
    """Bytes that a process which loads the file needs at most beyond what it needed before."""
    command = [sys.executable, "-c", RUN, str(file), dtype, then]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("form", ["safetensors", "pth"])
def test_weights_lie_in_memory_once(files, form) -> None:
    file = files[form]
    size = file.stat().st_size
    assert size > 150 * MB
    assert peak(file, "float32", "") < 0.15 * size  # not read before it is used
    assert peak(file, "float32", "read") < 1.15 * size  # no second copy
    assert peak(file, "bfloat16", "read") < 0.65 * size  # what was cast is let go: result, no source


@pytest.mark.parametrize("form", ["safetensors", "pth"])
def test_weights_of_the_files_type_are_its_pages(files, form) -> None:
    network = load_network(files[form], "mmdit", dtype=torch.float32)
    weight = network.joint_blocks[0].latent_block.attn.qkv.weight
    again = load_network(files[form], "mmdit", dtype=torch.bfloat16).joint_blocks[0].latent_block.attn.qkv
    assert torch.equal(weight.bfloat16(), again.weight)


def test_values_that_were_let_go_are_read_again(tmp_path) -> None:
    values = torch.rand(5, 10_000)
    save_file({"odd": torch.ones(3, dtype=torch.uint8), "x": values}, tmp_path / "x.safetensors")
    mapped = MappedFile(tmp_path / "x.safetensors")
    begin = read_header(tmp_path / "x.safetensors").specs["x"].begin
    found = mapped.values(torch.float32, values.numel(), begin).view(5, 10_000)
    for tensor in (found, found[1:3], torch.ones(7), None):
        mapped.let_go(tensor)
        assert torch.equal(found, values)
    assert mapped.values(torch.float32, 0, 0).shape == (0,)
    with pytest.raises(ValueError):
        mapped.values(torch.float32, values.numel(), mapped.size - values.numel() * 4 + 4)


def test_a_file_that_the_system_maps_not_is_not_called_damaged(monkeypatch) -> None:
    """Windows and some Linux promise no more memory than there is."""

    def refused(*_, **__):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("kling_foley_core.checkpoints.mapped.mmap.mmap", refused)
    with pytest.raises(InputError, match=r"can't be read \(Cannot allocate memory\)"):
        load_network(BUILT_IN, "vae")
