"""How well a model's sound fits held-out clips of Foley World: the model, its ablations, controls and
ceilings.

Each clip is generated once under each of the conditions (conditions.py), with the same noise, and every sound
is measured alike (scores.py). The ceiling
is the true mono sound through the codec, with the true ratio of left and right: what the generator and the
renderer could reach at best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...flow import noise, time_grid
from ...foley_world import Scene
from ...generation.pipeline import FoleyPipeline
from ...generation.video_features import VideoFeatures
from ...presets import usual_guidance
from ...progress import Progress, silent
from ...stereo import render_wave
from ...timing import audio_samples, latent_frames
from ..networks.sound_classifiers import SCENES, trained_classifiers
from .clips import LENGTHS, LONGER, Group, groups
from .conditions import ALL, CEILING, CHANCE, CONDITIONS, REFERENCES, TRUE, Conditions
from .families import by_family, figures
from .scores import ClipScore, score_clip

STEPS = 20
Keep = Callable[[str, Scene, Tensor], None]  # name of the conditions, scene, sound [2, N]
Measured = Callable[[str, dict[str, Any]], None]  # name of the conditions, families.figures of them alone


def ignore(*_: object) -> None:
    """Sounds that nobody keeps, figures that nobody waits for."""


def evaluate(
    pipeline: FoleyPipeline,
    clips: int,
    seed: int,
    progress: Progress = silent,
    *,
    steps: int = STEPS,
    guidance: float | None = None,
    cache: Path = Path("out/cache"),
    classifier_scenes: int = SCENES,
    keep: Keep = ignore,
    measured: Measured = ignore,
) -> dict[str, Any]:
    """The table as plain numbers: {"conditions": {name: {measure: value}}, "intervals": {name: {measure:
    (low, high)}}, "families": {family: the same}, ...}. Every seed gives other clips, none of which any
    training can have seen. `keep` is called with each sound, `measured` with each condition's figures once
    all clips have them."""
    guidance = usual_guidance(pipeline.parts.unloaded.generator.config) if guidance is None else guidance
    classifiers = trained_classifiers(cache, classifier_scenes, progress)
    rate = pipeline.parts.unloaded.codec.sampling_rate
    scores: dict[str, list[ClipScore]] = {name: [] for name in (*REFERENCES, *CONDITIONS)}
    families: list[str] = []
    for group in groups(pipeline, clips, seed):
        families += [scene.family for scene in group.scenes]
        for name, sounds in _sounds(pipeline, group, time_grid(steps), guidance, seed):
            for scene, truth, true, sound in zip(
                group.scenes, group.truths, group.sounds, sounds, strict=True
            ):
                scores[name].append(score_clip(sound, rate, truth, true, classifiers))
                keep(name, scene, sound)
                progress("measuring", sum(map(len, scores.values())), clips * len(scores))
            if len(scores[name]) == clips:
                measured(name, figures({name: scores[name]}))
    return {
        "clips": clips,
        "seed": seed,
        "seconds": LENGTHS,
        "steps": steps,
        "guidance": guidance,
        **figures(scores),
        "families": by_family(scores, families),
    }


def _sounds(
    pipeline: FoleyPipeline, group: Group, times: Tensor, guidance: float, seed: int
) -> Iterator[tuple[str, list[Tensor]]]:
    """(name of the conditions, sounds of the group) one after another."""
    yield TRUE, list(group.sounds)
    yield CEILING, [through_codec(pipeline, sound, group.video) for sound in group.sounds]
    yield CHANCE, [*group.sounds[1:], group.sounds[0]]
    latents: dict[Conditions, Tensor] = {}
    for name, given in CONDITIONS.items():
        sampled = replace(given, stereo=ALL.stereo)  # the renderer comes after sampling
        if sampled not in latents:
            latents = {sampled: sample(pipeline, group, sampled, times, guidance, seed)}
        yield name, rendered(pipeline, group, latents[sampled], given)


def sample(
    pipeline: FoleyPipeline, group: Group, given: Conditions, times: Tensor, guidance: float, seed: int
) -> Tensor:
    """Latents [B, L, C] of all clips at once; clip i has the noise of seed + i under all conditions."""
    video = _video(group.video, given.own_video)
    video = replace(
        video,
        visual=video.visual if given.visual else None,
        sync=video.sync if given.sync else None,
        source_seconds=video.source_seconds if given.duration else LONGER,
    )
    parts = pipeline.parts
    length = latent_frames(video.seconds, parts.codec.sampling_rate, parts.codec.hop)
    x0 = noise(seed + group.first, len(group.scenes), parts.generator.config.latent_dim, length)
    text = group.text if given.text else None
    return pipeline.sample(video, text, None, times, guidance, x0=x0)


def rendered(pipeline: FoleyPipeline, group: Group, latents: Tensor, given: Conditions) -> list[Tensor]:
    video = _video(group.video, given.own_video)
    sounds = []
    for i in range(len(group.scenes)):
        sync = video.sync[i : i + 1] if given.stereo else None
        sounds.append(pipeline.decode(latents[i : i + 1], replace(video, sync=sync)).waveform[0])
    return sounds


def _video(video: VideoFeatures, own: bool) -> VideoFeatures:
    """Its own, or for every clip that of the next one."""
    return video if own else replace(video, visual=video.visual.roll(-1, 0), sync=video.sync.roll(-1, 0))


@torch.inference_mode()
def through_codec(pipeline: FoleyPipeline, sound: Tensor, video: VideoFeatures) -> Tensor:
    """True sound [2, N] -> encoded and decoded as mono, with the true mels' ratio of left and right."""
    codec = pipeline.parts.codec
    padded = torch.nn.functional.pad(sound, (0, -sound.shape[1] % codec.samples_per_latent)).to(
        pipeline.device
    )
    # At its own level, as the latents are that the generator learns.
    wave = codec.decode(codec.vae.encode(codec.mel(padded.mean(0)[None])).mean)
    left, right = codec.mel(padded) * _to_natural(codec.mel_config.log)
    share = torch.sigmoid(left - right)
    both = render_wave(wave, 2 * torch.stack([share, 1 - share])[None], codec.mel_config)
    return both[0, :, : audio_samples(video.seconds, codec.sampling_rate)].clamp(-1, 1).cpu()


def _to_natural(log: str) -> float:
    return 1.0 if log == "ln" else 2.302585092994046
