"""What fine-tuning on one family of Foley World does to that family and to the rest: the table of
docs/finetuning.md.

    .venv/bin/python benchmarks/finetuning.py --lora out/lora/lora.safetensors --finetuned
    out/finetune/generator.safetensors

Held-out scenes of the new family and of the default world, the same noise for every model. Timing: F1 of
hits and the median offset; what it is: the share of hits that a classifier, trained here on true sound of
all families with the new one among them, takes for what they are; how near: mean difference of 24 bands'
levels to the true sound, dB; and the flow's loss on the true sound's latents.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor

from kling_foley_core.analysis.bands import band_power, decibels
from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.checkpoints import load_network
from kling_foley_core.evaluation.measures.matching import Hits, hits_of, total
from kling_foley_core.evaluation.networks.classifier import Classifier
from kling_foley_core.evaluation.networks.segments import HIT, RATES, segments, stacked
from kling_foley_core.evaluation.networks.sound_classifiers import FIRST_SCENE
from kling_foley_core.evaluation.runners.clips import video_features
from kling_foley_core.evaluation.runners.world import through_codec
from kling_foley_core.flow import noise, time_grid
from kling_foley_core.flow.path import flow_matching_loss, interpolate
from kling_foley_core.foley_world import Scene, make_scene, render_sound, scene_number, truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.video_features import VideoFeatures
from kling_foley_core.mmdit import Features, MMDiT
from kling_foley_core.presets import usual_guidance
from kling_foley_core.systems.assembly import Parts

SEED, SECONDS, STEPS, RATE = 1, 8.0, 20, 44100
FLOOR = 1e-3  # of band powers
TIMES = 8  # of the flow's loss
CLASSIFIER_SCENES, FAMILY_SCENES = 240, 60


class Clip:
    """A held-out scene and what the frozen networks make of it."""

    def __init__(self, pipeline: FoleyPipeline, scene: Scene) -> None:
        self.scene, self.truth = scene, truth_of(scene)
        self.sound = torch.from_numpy(render_sound(scene, RATE))
        self.video = video_features(pipeline, scene)
        with torch.inference_mode():
            self.text = pipeline.encode_text(scene.caption)
            codec = pipeline.parts.codec
            padded = torch.nn.functional.pad(self.sound, (0, -self.sound.shape[1] % codec.samples_per_latent))
            self.latent = codec.vae.encode(codec.mel(padded.mean(0)[None])).mean.transpose(1, 2)

    @property
    def features(self) -> Features:
        v = self.video
        return Features.of(v.seconds, visual=v.visual, sync=v.sync, text=self.text, total=v.source_seconds)


def clips_of(pipeline: FoleyPipeline, count: int, family: str | None) -> list[Clip]:
    numbers = (scene_number(SEED, i) for i in range(count))
    return [Clip(pipeline, make_scene(n, "eval", SECONDS, family)) for n in numbers]


def classifier(family: str, cache: Path) -> Classifier:
    """Of hits, with the family among the names; kept in `cache`."""
    path = cache / f"hits-with-{family}.pt"
    if path.exists():
        labels, state = torch.load(path, weights_only=True)
        kept = Classifier(labels, relative=True)
        kept.load_state_dict(state)
        return kept.eval()
    found = []
    for i in range(CLASSIFIER_SCENES + FAMILY_SCENES):
        scene = make_scene(FIRST_SCENE + i, "train", SECONDS, family if i >= CLASSIFIER_SCENES else None)
        sound = torch.from_numpy(render_sound(scene, RATE))
        found += [s for s in segments(sound, RATE, truth_of(scene)) if s.subject == HIT]
    made = Classifier.fit(*stacked([s for s in found if s.subject == HIT]), RATES[HIT], relative=True)
    cache.mkdir(parents=True, exist_ok=True)
    torch.save((list(made.labels), made.state_dict()), path)
    return made


@torch.inference_mode()
def flow_loss(net: MMDiT, clips: list[Clip]) -> float:
    losses = []
    for i, clip in enumerate(clips):
        x1 = net.normalize(clip.latent)
        x0 = noise(i, 1, *reversed(x1.shape[1:]))
        t = torch.tensor([(i % TIMES + 0.5) / TIMES])
        losses.append(float(flow_matching_loss(net(interpolate(x0, x1, t), t, clip.features), x0, x1)))
    return sum(losses) / len(losses)


def generated(pipeline: FoleyPipeline, clips: list[Clip]) -> Iterator[Tensor]:
    guidance = usual_guidance(pipeline.parts.generator.config)
    for i, clip in enumerate(clips):
        latent = pipeline.sample(clip.video, clip.text, None, time_grid(STEPS), guidance, seed=i)
        yield pipeline.decode(latent, clip.video).waveform[0]


def measured(sounds: Iterator[Tensor], clips: list[Clip], judge: Classifier) -> dict[str, float | None]:
    hits: list[Hits] = []
    named, away = [], []
    for sound, clip in zip(sounds, clips, strict=True):
        hits.append(hits_of(onsets(sound, RATE), clip.truth))
        found = [s for s in segments(sound, RATE, clip.truth) if s.subject == HIT]
        named += [judge.classify(s.power) == s.label for s in found]
        levels = [decibels(band_power(s, RATE), FLOOR) for s in (sound, clip.sound)]
        away.append(float((levels[0] - levels[1]).abs().mean()))
    every = total(hits)
    return {
        "F1": every.f1,
        "offset, ms": every.offset_ms,
        "named": sum(named) / len(named),
        "bands, dB": sum(away) / len(away),
    }


def rows(options: argparse.Namespace) -> Iterator[tuple[str, FoleyPipeline | None]]:
    yield "true sound through the codec", None
    base = FoleyPipeline.from_pretrained(options.model, "cpu")
    yield f"{options.model}, before", base
    if options.lora:
        yield (
            "with the LoRA",
            FoleyPipeline.from_pretrained(options.model, "cpu", loras=[(options.lora, 1.0)]),
        )
    if options.finetuned:
        net = load_network(options.finetuned, "mmdit", dtype=torch.float32)
        yield "fine-tuned in full", FoleyPipeline(replace(Parts.of(base.parts), generator=net))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="small")
    parser.add_argument("--lora", type=Path)
    parser.add_argument("--finetuned", type=Path)
    parser.add_argument("--family", default="xylophone")
    parser.add_argument("--clips", type=int, default=24, help="of the family")
    parser.add_argument("--rest", type=int, default=32, help="of the default world")
    parser.add_argument("--cache", type=Path, default=Path("out/cache"))
    options = parser.parse_args()
    pipeline, judge = (
        FoleyPipeline.from_pretrained(options.model, "cpu"),
        classifier(options.family, options.cache),
    )
    sets = {
        options.family: clips_of(pipeline, options.clips, options.family),
        "the rest": clips_of(pipeline, options.rest, None),
    }
    print(
        "| model | scenes | F1 | offset, ms | named | bands, dB | flow loss |\n|---|---|---|---|---|---|---|"
    )
    for name, model in rows(options):
        for scenes, clips in sets.items():
            sounds = generated(model, clips) if model else coded(pipeline, clips)
            found = measured(sounds, clips, judge)
            loss = f"{flow_loss(model.parts.generator, clips):.3f}" if model else ""
            cells = [f"{v:.3f}" if k in ("F1", "named") else f"{v:.1f}" for k, v in found.items()]
            print(f"| {name} | {scenes} | {' | '.join(cells)} | {loss} |", flush=True)


def coded(pipeline: FoleyPipeline, clips: list[Clip]) -> Iterator[Tensor]:
    for clip in clips:
        yield through_codec(pipeline, clip.sound, VideoFeatures(None, None, Fraction(SECONDS), 0.0, SECONDS))


if __name__ == "__main__":
    main()
