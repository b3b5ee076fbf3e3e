"""How well a sound and its caption agree: the cosine of their CLAP embeddings (Wu et al. 2023), as in the
paper's section 5.1, which keeps "high" ones and names neither model nor threshold.

The model is a folder as transformers saves it (laion/clap-htsat-unfused, laion/larger_clap_general), read
without any network. Nothing of it comes along: without one, this measure is left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import InputError
from ...media import resample
from .measures.cache import content

if TYPE_CHECKING:
    from transformers import ClapFeatureExtractor, ClapModel, PreTrainedTokenizerBase

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
SHORTEST = 0.1  # seconds: of what is left behind the last whole stretch
MAX_CAPTION = 77  # tokens, as CLAP was trained


class Clap:
    """Deterministic: longer sounds than the model takes are cut to stretches, whose embeddings are averaged.
    `key` changes with the weights. One thread at a time uses the model."""

    def __init__(self, folder: Path, device: torch.device | str = "cpu") -> None:
        self.key = _key(folder)
        self.model, self.extractor, self.tokenizer = _loaded(folder)
        self.model.to(device).eval()
        self.device, self.lock = device, Lock()

    @torch.inference_mode()
    def agreement(self, wave: Tensor, rate: int, caption: str) -> float:
        """Cosine, -1 to 1, of a sound [C, N] and its caption."""
        mono = resample(wave.mean(0), rate, self.extractor.sampling_rate)
        words = self.tokenizer(caption, return_tensors="pt", truncation=True, max_length=MAX_CAPTION)
        with self.lock:
            sounds = [self._embedded(part, words) for part in self._stretches(mono)]
        sound = F.normalize(torch.stack([sound for sound, _ in sounds]).mean(0), dim=-1)
        return float((sound * F.normalize(sounds[0][1], dim=-1)).sum())

    def _stretches(self, mono: Tensor) -> list[Tensor]:
        parts = mono.split(self.extractor.nb_max_samples)
        least = SHORTEST * self.extractor.sampling_rate
        return [part for part in parts if len(part) >= least] or list(parts[:1])

    def _embedded(self, mono: Tensor, words: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """(sound [D], caption [D])."""
        sound = self.extractor(mono.numpy(), sampling_rate=self.extractor.sampling_rate, return_tensors="pt")
        found = self.model(**{name: given.to(self.device) for name, given in {**words, **sound}.items()})
        return found.audio_embeds[0], found.text_embeds[0]


def _key(folder: Path) -> str:
    """Of the weights; InputError where there are none."""
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise InputError(
            f"--clap {folder}: no config.json of a model can be read there ({error}); give a folder as "
            "transformers saves CLAP, such as a copy of laion/clap-htsat-unfused."
        ) from error
    if kind != "clap":
        raise InputError(f"--clap {folder}: holds a model of type '{kind}'; give one of type 'clap'.")
    found = [folder / name for name in WEIGHTS if (folder / name).exists()]
    if not found:
        raise InputError(f"--clap {folder}: has no {' and no '.join(WEIGHTS)}; copy the whole folder.")
    return content(found[0])


def _loaded(folder: Path) -> tuple[ClapModel, ClapFeatureExtractor, PreTrainedTokenizerBase]:
    from safetensors import SafetensorError

    try:
        from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel
    except ImportError as error:
        raise InputError(
            f"--clap {folder}: CLAP needs the transformers package ({error}): pip install transformers."
        ) from error
    try:
        return tuple(
            part.from_pretrained(str(folder), local_files_only=True)
            for part in (ClapModel, ClapFeatureExtractor, AutoTokenizer)
        )
    # what damaged, missing and foreign files raise there
    except (OSError, ValueError, TypeError, LookupError, RuntimeError, ImportError, SafetensorError) as error:
        first = str(error).strip().split("\n")[0]
        raise InputError(
            f"--clap {folder}: can't be loaded ({first}); copy the whole folder again."
        ) from error
