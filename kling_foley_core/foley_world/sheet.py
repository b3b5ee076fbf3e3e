"""A scene on one picture: film strip, spectrogram with its true onsets ticked, pan, and its caption on
top."""

from __future__ import annotations

from PIL import Image, ImageDraw
from torch import Tensor

from ..preview.picture import INK, MARGIN, PAPER, picture
from .scene import Scene
from .truth import truth_of

TITLE = 22


def contact_sheet(scene: Scene, frames: Tensor, sound: Tensor, rate: int) -> Image.Image:
    """`frames` [T, 3, H, W] uint8 and `sound` [2, N] are what was rendered of the whole scene."""
    truth = truth_of(scene)
    drawn = picture(sound, rate, frames, [event.time for event in truth.events])
    sheet = Image.new("RGB", (drawn.width, drawn.height + TITLE), PAPER)
    sheet.paste(drawn, (0, TITLE))
    label = f"{scene.split} {scene.seed} - {scene.family} - {scene.caption}"
    ImageDraw.Draw(sheet).text((MARGIN, 8), label, fill=INK)
    return sheet
