"""Files that ask for more than they are: each is refused with its reason, quickly and in little memory."""

from __future__ import annotations

import json
import os
import pickle
import socket
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoint_files import keys, small_state
from safetensors.torch import save_file

from kling_foley_core.checkpoints import recognise
from kling_foley_core.checkpoints.config_json import config_to_json
from kling_foley_core.checkpoints.config_limits import check_number
from kling_foley_core.errors import InputError
from kling_foley_core.presets import SMALL

SECONDS = 5.0  # of processor time; a refusal takes some milliseconds
HUGE = 10**10
TORCH = b"\x80\x02"


def torch_zip(data_pkl: bytes, *, deflated: bool = False, **entries: bytes) -> Callable[[Path], None]:
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("x/data.pkl", data_pkl)
            for name, data in entries.items():
                archive.writestr(f"x/{name}", data)

    return write


class Asks:
    """A pickle that calls `function` with `arguments`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.made = (function, arguments)

    def __reduce__(self) -> Any:
        return self.made


def pickled(content: Any) -> Callable[[Path], None]:
    return torch_zip(pickle.dumps(content, 2))


def bare(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data)


def as_torch_saves(state: dict[str, Any], *, old: bool = False) -> Callable[[Path], None]:
    return lambda path: torch.save(state, path, _use_new_zipfile_serialization=not old)


def header(stored: dict[str, Any], data: int = 0) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        raw = json.dumps(stored).encode()
        path.write_bytes(struct.pack("<Q", len(raw)) + raw)
        os.truncate(path, 8 + len(raw) + data)

    return write


def entry(shape: list[int], place: tuple[int, int]) -> dict[str, Any]:
    return {"dtype": "F32", "shape": shape, "data_offsets": place}


def own(kind: str, config: Any, **changed: Any) -> Callable[[Path], None]:
    """A file of ours that says so of its one network."""
    stored = config_to_json(config) | changed
    words = {"format": "kling-foley", "kind": kind, "config": json.dumps(stored)}
    return header({"__metadata__": words, "t": entry([1], (0, 4))}, 4)


def nested(depth: int) -> Any:
    inner: Any = ()
    for _ in range(depth):
        inner = (inner,)
    return inner


def deep_key() -> bytes:
    """A dict whose key is a tuple in a tuple, 200,000 deep: hashing it overruns the stack."""
    return TORCH + b"})" + b"\x85" * 100_000 + b"Ns."


def many_blocks(path: Path) -> None:
    block = {n: s for n, s in keys("mmaudio_small_16k").items() if n.startswith("fused_blocks.0.")}
    state = small_state("mmaudio_small_16k")
    for i in range(2000):
        for name in list(block)[:2]:
            state[name.replace(".0.", f".{i}.", 1)] = torch.zeros(1)
    save_file(state, path)


def shared(path: Path) -> None:
    """A thousand tensors that are one and the same million values."""
    values = torch.zeros(10**6, dtype=torch.uint8)
    torch.save({f"t{i}": values for i in range(1000)}, path)


def much_pickle(path: Path) -> None:
    torch_zip(TORCH + b"]" + b"N0" * 10**6 + b".")(path)


def many_entries(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(20_000):
            archive.writestr(f"x/data/{i}", b"")
        archive.writestr("x/data.pkl", b"\x80\x02}.")


def in_itself(path: Path) -> None:
    """Lists of the same list twice, fifty deep: 2^50 if one walks them."""
    inner: list[Any] = []
    for _ in range(50):
        inner = [inner, inner]
    torch_zip(pickle.dumps({"a": inner, "model": {"b": inner}}, 2))(path)


def wrong_zip64(path: Path) -> None:
    torch.save({"a": torch.zeros(4)}, path)
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"/data/0") - len("zip64") - 46
    assert raw[at : at + 4] == b"PK\x01\x02"
    raw[at + 20 : at + 28] = b"\xff" * 8
    path.write_bytes(raw)


CASES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "bytearray": (pickled(Asks(bytearray, 8 * 10**9)), "holds code objects"),
    "bytearray_old": (bare(pickle.dumps(Asks(bytearray, 8 * 10**9), 2)), "damaged torch file"),
    "tensor_class": (pickled({"a": Asks(torch.Tensor, HUGE)}), "holds code objects (torch.Tensor)"),
    "storage_class": (pickled(Asks(torch.UntypedStorage, HUGE)), "holds code objects"),
    "text": (bare(b"\x80\x04\x8d" + struct.pack("<Q", 8 * 10**9)), "8000000000 bytes are asked for"),
    "raw": (torch_zip(b"\x80\x04\x8e" + struct.pack("<Q", 8 * 10**9)), "bytes are asked for"),
    "raw_changeable": (torch_zip(b"\x80\x05\x96" + struct.pack("<Q", 2**62)), "bytes are asked for"),
    "number": (torch_zip(TORCH + b"\x8b" + struct.pack("<I", 10**6) + b"1" * 10**6 + b"."), "a number of"),
    "memo": (torch_zip(TORCH + b"Nr\xff\xff\xff\xff."), "holds a NoneType"),
    "deep_key": (torch_zip(deep_key()), "no flat list of tensors"),
    "deep_tuple": (torch_zip(TORCH + b")" + b"\x85" * 100_000 + b"."), "holds a tuple"),
    "in_itself": (in_itself, "no flat list"),
    "operations": (much_pickle, "more than 300,000 operations"),
    "bomb": (torch_zip(TORCH + b"N0" * 10**6 + b"N.", deflated=True), "compressed"),
    "bomb_byteorder": (torch_zip(b"\x80\x02N.", deflated=True, byteorder=bytes(3 * 10**7)), "compressed"),
    "big_endian": (torch_zip(b"\x80\x02N.", byteorder=b"big"), "little-endian"),
    "entries": (many_entries, "20,001 entries"),
    "zip64": (wrong_zip64, "damaged torch file"),
    "expanded": (as_torch_saves({"a": torch.zeros(1).expand(10**9)}), "(1000000000,) has 1 stored"),
    "expanded_old": (as_torch_saves({"a": torch.zeros(1).expand(10**9)}, old=True), "has 1 stored"),
    "shared": (shared, "stored over and over"),
    "dimensions": (as_torch_saves({"a": torch.zeros((1,) * 60)}), "60 dimensions"),
    "dimensions_safe": (header({"t": entry([1] * 60_000, (0, 4))}, 4), "60,000 dimensions"),
    "digits": (header({"t": entry([10**4000], (0, 4))}, 4), "damaged safetensors header"),
    "overlap": (header({n: entry([4], (0, 16)) for n in "ab"}, 16), "two tensors lie at 0"),
    "tensors": (header({f"{i:x}": entry([0], (0, 0)) for i in range(30_000)}), "30,000 tensors"),
    "header": (header({f"{i:x}": entry([0], (0, 0)) for i in range(100_000)}), "a header of"),
    "long_name": (header({"n" * 10**6: entry([1], (0, 4))}, 4), "name of 1,000,000 characters"),
    "many_blocks": (many_blocks, "its audio_depth is 2,000"),
    "blocks": (own("mmdit", SMALL.generator, joint_depth=10**9), "joint_depth is 1,000,000,000"),
    "digits_config": (own("mmdit", SMALL.generator, joint_depth=10**4000), "2 to the power of 13288"),
    "negative": (own("mmdit", SMALL.generator, audio_depth=-1), "audio_depth is -1"),
    "hidden": (own("mmdit", SMALL.generator, hidden_dim=10**12), "hidden_dim is"),
    "infinite": (own("mmdit", SMALL.generator, time_max_period=float("inf")), "time_max_period is inf"),
    "picture": (own("clip_visual", SMALL.visual, image_size=10**9), "image_size is 1,000,000,000"),
    "stages": (own("clip_visual", SMALL.visual, widths=[8] * 10**4), "widths has 10,000 entries"),
    "levels": (own("vae", SMALL.vae, encoder_blocks=10**5), "encoder_blocks is 100,000"),
    "vocoder": (own("vocoder", SMALL.vocoder, n_fft=10**9), "n_fft is 1,000,000,000"),
    "vocabulary": (own("t5", SMALL.text, vocabulary=10**9), "vocabulary is 1,000,000,000"),
    "kind": (
        header(
            {
                "__metadata__": {"format": "kling-foley", "kind": "x" * 10**4, "config": "{}"},
                "t": entry([0], (0, 0)),
            }
        ),
        "a network of kind",
    ),
    "class": (own("t5", SMALL.text, **{"class": "x" * 10**4}), "config is of class"),
    "final": (own("vae", SMALL.vae, upsampling="x" * 10**4), "MelVAEConfig.upsampling"),
    "field": (own("vae", SMALL.vae, **{"x" * 10**4: 1}), "has the fields"),
    "renderer": (own("stereo", SMALL.stereo, layers=32768), "layers is 32,768"),
    "config_text": (
        header(
            {
                "__metadata__": {"format": "kling-foley", "kind": "t5", "config": "[" * 10**6},
                "t": entry([0], (0, 0)),
            }
        ),
        "1,000,000 characters",
    ),
}


def test_every_number_of_every_config_has_a_limit() -> None:
    """None that is added later is forgotten: each is refused where it is 10^9."""
    configs = [
        getattr(SMALL, part) for part in ("generator", "text", "visual", "sync", "vae", "vocoder", "stereo")
    ]
    for config in configs:
        for name, value in asdict(config).items():
            if type(value) is int:
                with pytest.raises(InputError, match=name):
                    check_number(name, 10**9)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, tuple[str, float]]:
    """Of all cases, read in one process with limits."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, (write, _) in CASES.items():
        write(folder / name)
    os.mkfifo(folder / "pipe")
    (folder / "to_pipe").symlink_to(folder / "pipe")
    (folder / "device").symlink_to("/dev/zero")
    (folder / "circle").symlink_to(folder / "circle")
    with socket.socket(socket.AF_UNIX) as listener, tempfile.TemporaryDirectory() as short:
        listener.bind(f"{short}/s")  # a socket's path has 100 characters at most
        (folder / "socket").symlink_to(f"{short}/s")
        names = [*CASES, "pipe", "to_pipe", "device", "circle", "socket"]
        run = subprocess.run(
            [sys.executable, Path(__file__).with_name("limited_reader.py"), *(folder / n for n in names)],
            capture_output=True,
            text=True,
            timeout=300,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        )
    assert run.returncode == 0, run.stderr[-2000:]
    return {Path(file).name: tuple(found) for file, found in json.loads(run.stdout.splitlines()[-1]).items()}


@pytest.mark.parametrize("name", CASES)
def test_what_asks_for_too_much_is_refused(outcomes, name) -> None:
    message, seconds = outcomes[name]
    assert CASES[name][1] in message and f"/{name}" in message, message
    assert "\n" not in message and len(message) < 2000
    assert seconds < SECONDS


@pytest.mark.parametrize("name", ["pipe", "to_pipe", "device", "socket"])
def test_what_is_no_file_is_not_opened(outcomes, name) -> None:
    assert "is a pipe, a socket or a device" in outcomes[name][0]


def test_a_name_that_is_no_path() -> None:
    with pytest.raises(InputError, match="is no path"):
        recognise("a\0b.pth")


def test_a_link_to_itself(outcomes) -> None:
    assert "can't be read" in outcomes["circle"][0]


def test_nothing_a_pickle_names_is_called(tmp_path) -> None:
    trace = tmp_path / "trace"
    path = tmp_path / "x.pth"
    content = OrderedDict(a=Asks(os.mkdir, str(trace)))
    pickled(content)(path)
    with pytest.raises(InputError, match="holds code objects .*mkdir"):
        recognise(path)
    assert not trace.exists()
