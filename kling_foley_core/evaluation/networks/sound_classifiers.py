"""A listener that has heard true sound only, clean and worn: one classifier each for hits, flows, background
and room.

Trained on training scenes (their numbers start where no training of a model begins), kept as one safetensors
file in a cache folder, and made again when anything it depends on changes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ...files.cached import reading, write_sum
from ...files.whole_file import whole_file
from ...foley_world import make_scene, render_sound, truth_of
from ...foley_world.fingerprint import fingerprint, world_fingerprint
from ...progress import Progress, silent
from ..measures import bands
from ..measures import isolation as neighbours
from . import augmentation as wear
from . import classifier
from . import segments as named
from .classifier import Classifier
from .segments import FLOW, HIT, RATES, SUBJECTS, Example, examples, stacked

RATE = 44100
FIRST_SCENE = 900_000_000
SCENES, SECONDS = 1800, 8.0
RELATIVE = (HIT, FLOW)  # named whatever their loudness


@dataclass(frozen=True)
class Listener:
    classifiers: dict[str, Classifier]

    def names(self, found: list[Example]) -> list[str]:
        """What it takes each example for."""
        return [self.classifiers[e.subject].name(e.piece) for e in found]


def trained_listener(cache: Path, scenes: int = SCENES, progress: Progress = silent) -> Listener:
    """From the cache, or trained now: about ten minutes on one core."""
    path = cache / f"listener-{_mark(scenes)}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _save(fitted(scenes, progress), path)
    return _load(path)


def fitted(scenes: int, progress: Progress = silent) -> Listener:
    heard: list[Example] = []
    for i in range(scenes):
        scene = make_scene(FIRST_SCENE + i, "train", SECONDS)
        heard += examples(torch.from_numpy(render_sound(scene, RATE)), RATE, truth_of(scene))
        progress("listening", i + 1, scenes)
    classifiers = {}
    for i, subject in enumerate(SUBJECTS):
        pieces, names = stacked(heard, subject)
        judge = Classifier.fit(pieces, names, RATES[subject], relative=subject in RELATIVE)
        classifiers[subject] = judge
        progress("learning to name", i + 1, len(SUBJECTS))
    return Listener(classifiers)


def _mark(scenes: int) -> str:
    """Changes with the number of scenes and with the code that renders, describes and learns."""
    modules = (bands, named, classifier, neighbours, wear)
    code = fingerprint(Path(file) for file in (__file__, *(module.__file__ for module in modules)))
    return hashlib.sha256(f"{scenes} {code} {world_fingerprint()}".encode()).hexdigest()[:12]


def _save(listener: Listener, path: Path) -> None:
    tensors = {
        f"{subject}/{name}": tensor.contiguous()
        for subject, judge in listener.classifiers.items()
        for name, tensor in judge.state_dict().items()
    }
    labels = {subject: judge.labels for subject, judge in listener.classifiers.items()}
    with whole_file(path) as draft:
        save_file(tensors, draft, metadata={"labels": json.dumps(labels)})
    write_sum(path)


def _load(path: Path) -> Listener:
    with reading(path), safe_open(path, framework="pt", device="cpu") as file:
        labels = json.loads(file.metadata()["labels"])
        states = {
            subject: {
                k.split("/", 1)[1]: file.get_tensor(k) for k in file.keys() if k.startswith(f"{subject}/")
            }
            for subject in labels
        }
        return Listener({s: _restored(s, names, states[s]) for s, names in labels.items()})


def _restored(subject: str, labels: list[str], state: dict[str, torch.Tensor]) -> Classifier:
    judge = Classifier(labels, relative=subject in RELATIVE)
    judge.load_state_dict(state)
    return judge.eval().requires_grad_(False)
