"""Held-out clips in groups of one length: scenes, true sound, and the tokens of the frozen encoders.

Frames are rendered at the encoders' own sizes and rates, as in training; a film file would add its codec's
loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor

from ...errors import InputError
from ...foley_world import Scene, Truth, make_scene, render_frames, render_sound, scene_number, truth_of
from ...generation.pipeline import FoleyPipeline
from ...generation.video_features import VideoFeatures

GROUP = 8
LENGTHS = (8.0, 6.0)  # seconds, of one group after another: one that never changed would condition nothing
LONGER = 10.0  # seconds of the "wrong duration"; within those of the training, like LENGTHS


@dataclass(frozen=True)
class Group:
    """Clips of one length. visual [B, Tv, D], sync [B, Ts, D], text [B, Tt, D]."""

    first: int  # number of its first clip
    scenes: tuple[Scene, ...]
    truths: tuple[Truth, ...]
    sounds: tuple[Tensor, ...]  # [2, N] each
    video: VideoFeatures
    text: Tensor


def groups(pipeline: FoleyPipeline, clips: int, seed: int) -> Iterator[Group]:
    """All clips; a group has two at least, so that each has another beside it."""
    if clips < 2:
        raise InputError(f"clips = {clips}: give 2 or more; the control needs another clip's video.")
    starts = list(range(0, clips - 1, GROUP))
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], clips], strict=True)):
        seconds = LENGTHS[number % len(LENGTHS)]
        scenes = [make_scene(scene_number(seed, i), "eval", seconds) for i in range(start, stop)]
        yield _group(pipeline, start, scenes)


@torch.inference_mode()
def _group(pipeline: FoleyPipeline, first: int, scenes: list[Scene]) -> Group:
    rate = pipeline.parts.unloaded.codec.sampling_rate
    videos = [video_features(pipeline, scene) for scene in scenes]
    one = videos[0]
    return Group(
        first=first,
        scenes=tuple(scenes),
        truths=tuple(truth_of(scene) for scene in scenes),
        sounds=tuple(torch.from_numpy(render_sound(scene, rate)) for scene in scenes),
        video=replace(
            one, visual=torch.cat([v.visual for v in videos]), sync=torch.cat([v.sync for v in videos])
        ),
        text=pipeline.parts.text.encode([scene.caption for scene in scenes]),
    )


def video_features(pipeline: FoleyPipeline, scene: Scene) -> VideoFeatures:
    """A scene's frames through the encoders."""
    frames = {}
    for name in ("visual", "sync"):
        view = getattr(pipeline.parts.unloaded, name).view
        frames[name] = render_frames(scene, (view.size, view.size), view.fps)
    return pipeline.encode_frames(frames, Fraction(scene.seconds))
