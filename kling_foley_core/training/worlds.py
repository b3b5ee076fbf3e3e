"""Training scenes of Foley World, rendered once: what the encoders look at and the mels that belong to it.

    sync frames uint8 [T25, 3, S, S], visual frames uint8 [T8, 3, S, S],
    mels float16 [5, n_mels, T]: left, right, mono = (left + right) / 2, and left and right of what is seen
    alone, without room and ambience: what a picture can tell

Shards of safetensors in DIR/worlds, each written whole or not at all, so that rendering can stop anywhere
and go on. Reading maps the files: only the frames asked for come from the disk. Our choice; the paper's
data are recordings.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..codec.filterbank import MelConfig
from ..codec.mel import LogMel
from ..errors import InputError
from ..files.cached import reading, write_sum
from ..files.whole_file import whole_file
from ..foley_world import make_scene, render_frames, render_sound
from ..foley_world.fingerprint import world_fingerprint
from ..foley_world.scene import Scene
from ..progress import Progress, silent
from ..timing import SYNC_FPS, VISUAL_FPS
from .loop.seeds import generator_for

SHARD = 40  # scenes in a file
LEFT, RIGHT, MONO, SEEN_LEFT, SEEN_RIGHT = ROWS = range(5)  # of `mels`


@dataclass(frozen=True)
class WorldRecipe:
    """Which scenes: `seconds` are the lengths drawn from, so that the duration is worth listening to;
    every second scene is of one of `more`, in turn, the others (all, where it is empty) as the world draws
    them."""

    scenes: int
    seed: int
    more: tuple[str, ...]  # families that there is most to learn from
    seconds: tuple[float, ...]
    sync_size: int
    visual_size: int

    def __post_init__(self) -> None:
        if not self.seconds or any(abs(s * SYNC_FPS - round(s * SYNC_FPS)) > 1e-6 for s in self.seconds):
            raise InputError(
                f"worlds.seconds = {list(self.seconds)}: give one length or more, in whole frames of "
                f"1/{SYNC_FPS} s."
            )


@dataclass(frozen=True)
class Clip:
    """One scene's renderings."""

    sync: Tensor
    visual: Tensor
    mels: Tensor
    caption: str
    seconds: float


def check_held_out(held_out: int, recipe: WorldRecipe) -> None:
    """The first `held_out` scenes are never trained on: the same ones in every part, however many scenes
    each has."""
    if not 2 <= held_out < recipe.scenes:
        raise InputError(
            f"held_out = {held_out} of worlds.scenes = {recipe.scenes}: "
            f"give 2 or more (one is compared with another's video), and fewer than there are scenes."
        )


def scene_of(recipe: WorldRecipe, index: int, split: str = "train") -> Scene:
    """The scene of this number, of a length drawn from the recipe's."""
    draw = generator_for(recipe.seed, index, "seconds")
    choice = int(torch.randint(len(recipe.seconds), (), generator=draw))
    family = recipe.more[index // 2 % len(recipe.more)] if recipe.more and index % 2 else None
    return make_scene(recipe.seed + index, split, recipe.seconds[choice], family)


def render_clip(scene: Scene, recipe: WorldRecipe, mel: MelConfig) -> Clip:
    """Frames at both encoders' rates and the mels of the stereo sound."""
    stereo, seen = (
        torch.from_numpy(render_sound(scene, mel.sampling_rate, dry=dry)) for dry in (False, True)
    )
    waves = torch.cat([stereo, stereo.mean(0, keepdim=True), seen])
    return Clip(
        sync=render_frames(scene, (recipe.sync_size,) * 2, SYNC_FPS),
        visual=render_frames(scene, (recipe.visual_size,) * 2, VISUAL_FPS),
        mels=LogMel(mel)(waves).half(),
        caption=scene.caption,
        seconds=scene.seconds,
    )


def render_worlds(recipe: WorldRecipe, mel: MelConfig, cache: Path, progress: Progress = silent) -> Path:
    """Writes the shards that are missing; returns their folder."""
    folder = shard_folder(recipe, mel, cache)
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, recipe.scenes, SHARD):
        stop = min(start + SHARD, recipe.scenes)
        path = _shard(folder, start, stop)
        if not path.exists():
            clips = [render_clip(scene_of(recipe, i), recipe, mel) for i in range(start, stop)]
            _write(path, clips)
        progress("rendering worlds", stop, recipe.scenes)
    return folder


def shard_folder(recipe: WorldRecipe, mel: MelConfig, cache: Path) -> Path:
    """A folder of its own for every recipe and every state of the world's code, whatever the number of
    scenes: a longer one goes on with the same."""
    words = {**asdict(recipe), "mel": asdict(mel), "rows": len(ROWS), "world": world_fingerprint()}
    del words["scenes"]
    mark = hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:12]
    return cache / "worlds" / mark


def _shard(folder: Path, start: int, stop: int) -> Path:
    """Named by what it holds, so that more scenes than a last, shorter shard has are never taken from it."""
    return folder / f"{start:06d}-{stop:06d}.safetensors"


def _write(path: Path, clips: list[Clip]) -> None:
    tensors = {
        f"{i}.{name}": getattr(clip, name)
        for i, clip in enumerate(clips)
        for name in ("sync", "visual", "mels")
    }
    words = [{"caption": clip.caption, "seconds": clip.seconds} for clip in clips]
    with whole_file(path) as draft:
        save_file(tensors, draft, metadata={"clips": json.dumps(words)})
    write_sum(path)


class Worlds:
    """The rendered scenes, in order; parts of a clip are read without the rest of it."""

    def __init__(self, folder: Path, scenes: int) -> None:
        """The first `scenes` of them. Raises InputError if they are not all there."""
        self.folder = folder
        self.files: list[Any] = []
        self.places: list[tuple[int, int]] = []
        self.captions: list[str] = []
        self.seconds: list[float] = []
        for start in range(0, scenes, SHARD):
            path = _shard(folder, start, min(start + SHARD, scenes))
            if not path.exists():
                raise InputError(
                    f"{path} is missing: the rendering was interrupted; run the same training again."
                )
            with reading(path):
                self._open(path)

    def _open(self, path: Path) -> None:
        file = safe_open(path, framework="pt", device="cpu")
        for i, words in enumerate(json.loads(file.metadata()["clips"])):
            self.places.append((len(self.files), i))
            self.captions.append(words["caption"])
            self.seconds.append(words["seconds"])
        self.files.append(file)

    def __len__(self) -> int:
        return len(self.places)

    def part(self, index: int, name: str, start: int = 0, stop: int | None = None) -> Tensor:
        """`name`: "sync", "visual" (frames start to stop) or "mels" (mel frames start to stop)."""
        file, i = self.places[index]
        view = self.files[file].get_slice(f"{i}.{name}")
        return view[:, :, start:stop] if name == "mels" else view[start:stop]

    def mel_frames(self, index: int) -> int:
        file, i = self.places[index]
        return self.files[file].get_slice(f"{i}.mels").get_shape()[-1]

    def clip(self, index: int) -> Clip:
        parts = {name: self.part(index, name) for name in ("sync", "visual", "mels")}
        return Clip(**parts, caption=self.captions[index], seconds=self.seconds[index])
