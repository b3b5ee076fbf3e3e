"""The classifiers that judge a model's sound: one each for hits, flows, background and room.

Trained on true sound alone, clean and augmented, of training scenes whose numbers no training of a model
reaches. One safetensors file beside this module holds them, made by

    python -m kling_foley_core.evaluation.networks.sound_classifiers

in about ten minutes on one core. Where anything they depend on has changed since, they are trained again and
kept in a cache folder.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ...analysis import bands
from ...files.cached import reading, write_sum
from ...files.whole_file import whole_file
from ...foley_world import make_scene, render_sound, truth_of
from ...foley_world.fingerprint import fingerprint, world_fingerprint
from ...networks import temporal_block
from ...progress import Progress, silent
from ..measures import isolation
from . import augmentation, classifier
from . import segments as segments_module
from .classifier import Classifier
from .segments import FLOW, HIT, RATES, SUBJECTS, Segment, segments, stacked

RATE = 44100
FIRST_SCENE = 900_000_000
SCENES, SECONDS = 1800, 8.0
RELATIVE = (HIT, FLOW)  # classified whatever their loudness
SHIPPED = Path(__file__).with_name("sound_classifiers.safetensors")
SOURCES = (bands, segments_module, classifier, isolation, augmentation, temporal_block)  # besides this file


@dataclass(frozen=True)
class SoundClassifiers:
    by_subject: dict[str, Classifier]

    def labels(self, found: list[Segment]) -> list[str]:
        """The likeliest label of each segment."""
        return [self.by_subject[s.subject].classify(s.power) for s in found]


def trained_classifiers(cache: Path, scenes: int = SCENES, progress: Progress = silent) -> SoundClassifiers:
    """Those that come with the library, from the cache, or trained now."""
    if scenes == SCENES and shipped_key() == key_of(scenes):
        return _load(SHIPPED)
    path = cache / f"classifiers-{key_of(scenes)}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep(fitted(scenes, progress), path, scenes)
    return _kept(path)


def shipped_key() -> str | None:
    """`key_of` what the shipped ones were trained with."""
    if not SHIPPED.exists():
        return None
    with safe_open(SHIPPED, framework="pt", device="cpu") as file:
        return file.metadata()["key"]


def fitted(scenes: int, progress: Progress = silent) -> SoundClassifiers:
    """Trained on so many scenes."""
    found: dict[str, list[Segment]] = {subject: [] for subject in SUBJECTS}
    for i in range(scenes):
        scene = make_scene(FIRST_SCENE + i, "train", SECONDS)
        for segment in segments(torch.from_numpy(render_sound(scene, RATE)), RATE, truth_of(scene)):
            found[segment.subject].append(segment)
        progress("classifiers: scenes", i + 1, scenes)
    trained = {}
    for i, subject in enumerate(SUBJECTS):
        powers, labels = stacked(found.pop(subject))
        trained[subject] = Classifier.fit(powers, labels, RATES[subject], relative=subject in RELATIVE)
        progress("classifiers: training", i + 1, len(SUBJECTS))
    return SoundClassifiers(trained)


def key_of(scenes: int) -> str:
    """Changes with the number of scenes and with the code that renders, cuts and trains."""
    code = fingerprint(Path(file) for file in (__file__, *(module.__file__ for module in SOURCES)))
    return hashlib.sha256(f"{scenes} {code} {world_fingerprint()}".encode()).hexdigest()[:12]


def _keep(classifiers: SoundClassifiers, path: Path, scenes: int) -> None:
    _save(classifiers, path, scenes)
    write_sum(path)


def _kept(path: Path) -> SoundClassifiers:
    with reading(path):
        return _load(path)


def _save(classifiers: SoundClassifiers, path: Path, scenes: int) -> None:
    tensors = {
        f"{subject}/{name}": tensor.contiguous()
        for subject, network in classifiers.by_subject.items()
        for name, tensor in network.state_dict().items()
    }
    labels = {subject: network.labels for subject, network in classifiers.by_subject.items()}
    with whole_file(path) as draft:
        save_file(tensors, draft, metadata={"labels": json.dumps(labels), "key": key_of(scenes)})


def _load(path: Path) -> SoundClassifiers:
    with safe_open(path, framework="pt", device="cpu") as file:
        labels = json.loads(file.metadata()["labels"])
        states = {
            subject: {
                k.split("/", 1)[1]: file.get_tensor(k) for k in file.keys() if k.startswith(f"{subject}/")
            }
            for subject in labels
        }
        return SoundClassifiers({s: _restored(s, names, states[s]) for s, names in labels.items()})


def _restored(subject: str, labels: list[str], state: dict[str, torch.Tensor]) -> Classifier:
    network = Classifier(labels, relative=subject in RELATIVE)
    network.load_state_dict(state)
    return network.eval().requires_grad_(False)


if __name__ == "__main__":
    _save(fitted(SCENES), SHIPPED, SCENES)
