"""Frames of a scene: uint8 [T, 3, H, W]; frame k shows the world at start + k / fps.

Backdrop, shadows, bodies from far to near, rain, light, sensor noise. Bodies are sprites sampled into
patches, all frames of a body at once; only the blending goes frame by frame. Everything depends on the time
of a frame, never on its number, so that any rate shows the same world.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ..scene import Actor, Light, Look, Scene
from .patches import Placement, blend
from .rainfall import draw_rain
from .sprites import gloss_sprite, sprite
from .stage import EXTENT, backdrop

CHUNK_VALUES = 3 << 20  # frames drawn together hold so many numbers: what a processor's cache likes
SHADOW = Look("blur", "flat", (10, 10, 14), 0)
SHADOW_OPACITY = 0.5


def render_frames(
    scene: Scene,
    size: tuple[int, int] = (112, 112),
    fps: float = 25,
    start: float = 0.0,
    seconds: float | None = None,
) -> Tensor:
    """`size` is (width, height); without `seconds` the frames go on to the scene's end. `fps`: any number,
    fractions too."""
    fps = float(fps)
    width, height = size
    if width < 16 or height < 16:
        raise InputError(f"size is {width}x{height}: frames are at least 16 pixels wide and high.")
    seconds = scene.seconds - start if seconds is None else seconds
    if not 1 <= round(fps * seconds if 0 < fps * seconds < float("inf") else 0):
        raise InputError(f"fps is {fps:g} and seconds {seconds:g}: together they must make a frame.")
    times = start + np.arange(round(seconds * fps)) / fps
    step = max(1, CHUNK_VALUES // (3 * width * height))
    painter = _Painter(scene, width, height)
    return torch.cat([painter.frames(times[i : i + step]) for i in range(0, len(times), step)])


class _Painter:
    """What is the same in every frame, drawn once."""

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        self.scene, self.width, self.height = scene, width, height
        self.unit = min(width, height) / 2  # pixels of a world unit at depth 1 and zoom 1
        self.backdrop = backdrop(scene.stage)
        largest = 1.12 * self.unit * 2
        self.shadow = sprite(SHADOW, 0.3 * self.unit)
        self.sprites = [sprite(a.look, max(abs(a.width), a.tall) / a.depth * largest) for a in scene.actors]
        self.gloss = {
            i: gloss_sprite(a.look, scene.light.side, a.tall / a.depth * largest)
            for i, a in enumerate(scene.actors)
            if a.gloss
        }
        pool = np.random.default_rng(scene.stage.seed).standard_normal(
            4 * 3 * width * height, dtype=np.float32
        )
        self.grain = torch.from_numpy(pool * np.float32(scene.light.noise))

    def frames(self, times: np.ndarray) -> Tensor:
        canvas = self._background(times)
        pixels = canvas.numpy()
        for actor in self.scene.actors:
            if actor.shadow:
                blend(pixels, self.shadow, self._shadow(actor, times))
        for index, actor in enumerate(self.scene.actors):
            place = self._place(actor, times)
            blend(pixels, self.sprites[index], place)
            if index in self.gloss:
                blend(pixels, self.gloss[index], place.unturned())
        for rain in self.scene.rainfalls:
            draw_rain(pixels, rain, self.scene.camera, times, self.unit)
        return self._developed(canvas, self.scene.light, times)

    def _background(self, times: np.ndarray) -> Tensor:
        camera, half = self.scene.camera, np.array([self.width, self.height]) / 2
        x = ((np.arange(self.width) + 0.5) - half[0]) / self.unit
        y = (half[1] - (np.arange(self.height) + 0.5)) / self.unit
        still = all(len(c.values) == 1 for c in (camera.x, camera.y, camera.zoom))
        at = times[:1] if still else times
        zoom = camera.zoom.at(at)[:, None]
        across = (x[None] / zoom + camera.x.at(at)[:, None]) / EXTENT
        down = -(y[None] / zoom + camera.y.at(at)[:, None]) / EXTENT
        lines = np.empty((len(at), self.height, self.width, 2), dtype=np.float32)
        lines[..., 0], lines[..., 1] = across[:, None, :], down[:, :, None]
        picture = torch.nn.functional.grid_sample(
            self.backdrop.expand(len(at), -1, -1, -1),
            torch.from_numpy(lines),
            padding_mode="border",
            align_corners=False,
        )
        return picture.repeat(len(times), 1, 1, 1) if still else picture

    def _place(self, actor: Actor, times: np.ndarray) -> Placement:
        x, y = self.scene.camera.project(actor.x.at(times), actor.height.at(times), actor.depth, times)
        scale = self.unit * actor.scale.at(times) * self.scene.camera.zoom.at(times) / actor.depth
        return Placement(
            self.width / 2 + x * self.unit,
            self.height / 2 - y * self.unit,
            actor.width * scale,
            actor.tall * scale,
            actor.angle.at(times),
            actor.opacity.at(times),
        )

    def _shadow(self, actor: Actor, times: np.ndarray) -> Placement:
        """On the floor under the body, away from the light, fainter the higher it is."""
        lift = np.maximum(actor.height.at(times) - actor.tall, 0.0)
        aside = actor.x.at(times) - 0.35 * self.scene.light.side * lift
        x, y = self.scene.camera.project(aside, np.zeros(len(times)), actor.depth, times)
        wide = abs(actor.width) * 1.15 * self.unit * self.scene.camera.zoom.at(times) / actor.depth
        opacity = SHADOW_OPACITY * actor.opacity.at(times) / (1 + 1.5 * lift)
        flat = np.zeros(len(times))
        return Placement(
            self.width / 2 + x * self.unit, self.height / 2 - y * self.unit, wide, 0.3 * wide, flat, opacity
        )

    def _developed(self, canvas: Tensor, light: Light, times: np.ndarray) -> Tensor:
        """Light, noise, and 8 bits."""
        level = torch.from_numpy(light.level.at(times).astype(np.float32))
        # By world x, so that a wider picture has the same light in its middle.
        across = (torch.arange(self.width) + 0.5 - self.width / 2) / self.unit
        slope = 1 + 0.1 * light.side * across.clamp(-1, 1)
        canvas *= (level[:, None] * slope)[:, None, None, :]
        frame = 3 * self.width * self.height
        for k, milliseconds in enumerate(np.round(times * 1000).astype(np.int64)):
            # A place in the pool of noise that depends on the time alone.
            at = int(milliseconds * 7919) % (len(self.grain) - frame)
            canvas[k] += self.grain[at : at + frame].view(3, self.height, self.width)
        return canvas.add_(0.5).clamp_(0, 255).to(torch.uint8)
