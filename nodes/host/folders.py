"""Where weight files are found: the folders `foley` and `mmaudio` of the host's table, and fitting ones of
the host's own. Which files count is the library's rule, the same as for the command."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import folder_paths

from ...kling_foley_core.checkpoints import finding
from ...kling_foley_core.errors import InputError

FOLEY, MMAUDIO = "foley", "mmaudio"
OURS = (FOLEY, MMAUDIO)
HOSTS = ("diffusion_models", "vae", "clip_vision", "text_encoders")

logger = logging.getLogger(__name__)


def register_folders() -> None:
    """Makes `models/foley`, and adds it and `models/mmaudio` to the host's table; user paths from
    extra_model_paths.yaml stay in front."""
    for name in OURS:
        folder_paths.add_model_folder_path(name, os.path.join(folder_paths.models_dir, name))
        suffixes = folder_paths.folder_names_and_paths[name][1]
        if isinstance(suffixes, set):  # other packs may have put anything there
            suffixes.update(finding.SUFFIXES)  # a folder that is new to the host shows every file
    try:
        os.makedirs(os.path.join(folder_paths.models_dir, FOLEY), exist_ok=True)
    except OSError as error:
        logger.warning("the folder models/%s can't be made: %s", FOLEY, error)


def model_folders(*names: str) -> list[Path]:
    """The folders behind these names of the host's table, each once; without names all that are searched."""
    places = (place for name in names or (*OURS, *HOSTS) for place in folder_paths.get_folder_paths(name))
    return [Path(place) for place in dict.fromkeys(places) if os.path.isdir(place)]


def weight_files(*host_folders: str) -> list[str]:
    """Files in our folders, then in the host's folders of these names, each once."""
    folders = model_folders(*OURS, *host_folders)
    found = (
        str(file.relative_to(folder)) for folder in folders for file in finding.weight_files(folder).files
    )
    return list(dict.fromkeys(found))


def weight_path(name: str, *host_folders: str) -> str:
    """The file behind an entry of `weight_files` with the same folders."""
    for folder in (*OURS, *host_folders):
        path = folder_paths.get_full_path(folder, name)
        if path is not None:
            return path
    raise InputError(f"model {name}: it is in none of the folders any more; press R and choose again.")
