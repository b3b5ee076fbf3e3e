"""Where weight files are found: the pack's own folder `models/foley`, `models/mmaudio`, and fitting ones of
the host."""

from __future__ import annotations

import os

import folder_paths

FOLEY = "foley"


def register_folders() -> None:
    """Adds our folders to the host's table; user paths from extra_model_paths.yaml stay in front."""
    for name in (FOLEY, "mmaudio"):
        folder_paths.add_model_folder_path(FOLEY, os.path.join(folder_paths.models_dir, name))
    # A folder the host does not know starts without a list of suffixes and would show every file in it.
    folder_paths.folder_names_and_paths[FOLEY][1].update(folder_paths.supported_pt_extensions)


def weight_files(*host_folders: str) -> list[str]:
    """Files in our folders, then in the host's folders of these names, each once."""
    names = dict.fromkeys(
        name for folder in (FOLEY, *host_folders) for name in folder_paths.get_filename_list(folder)
    )
    return list(names)


def weight_path(name: str, *host_folders: str) -> str:
    """The file behind an entry of `weight_files` with the same folders."""
    for folder in (FOLEY, *host_folders):
        path = folder_paths.get_full_path(folder, name)
        if path is not None:
            return path
    return folder_paths.get_full_path_or_raise(FOLEY, name)
