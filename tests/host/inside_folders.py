"""Inside ComfyUI's process (see inside.py): which files the loaders' lists offer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import folder_paths
from inside import load_pack, part

LOADS_PACK = True
LOADERS = ("Model", "TextEncoder", "VisualEncoder", "SyncEncoder", "Codec", "Stereo")


def lists() -> dict[str, Any]:
    """The files of every list, before and after the start; the user's folders are those that
    extra_model_paths.yaml names under `foley` and `mmaudio`, which the host reads before any pack."""
    base = Path(folder_paths.base_path)
    for key in ("foley", "mmaudio"):
        own = base / f"disk_{key}"
        own.mkdir()
        (own / f"{key}.CKPT").touch()
        (own / "notes.txt").touch()
        (own / ".draft.safetensors").touch()
        os.mkfifo(own / "pipe.pth")
        (own / "circle").symlink_to(own)
        folder_paths.add_model_folder_path(key, str(own))
    (base / "elsewhere").mkdir()
    (base / "elsewhere" / "linked.sft").touch()
    (base / "disk_foley" / "link").symlink_to(base / "elsewhere")
    before = (Path(folder_paths.models_dir) / "foley").is_dir()
    load_pack()
    folders = part("nodes.host.folders")
    folders.register_folders()
    loaders = part("nodes.loaders")
    return {
        "before": before,
        "after": (Path(folder_paths.models_dir) / "foley").is_dir(),
        "lists": {
            loader: getattr(loaders, f"{loader}Loader").GET_SCHEMA().inputs[0].options for loader in LOADERS
        },
        "path": folders.weight_path("mmaudio.CKPT") == str(base / "disk_mmaudio" / "mmaudio.CKPT"),
    }


CHECKS = (lists,)
