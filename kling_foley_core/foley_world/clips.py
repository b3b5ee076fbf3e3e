"""Scenes as files: NAME.mp4 (H.264 + AAC) or NAME.mkv (no loss but that of 8-bit YUV), NAME.json (truth),
NAME.txt (caption), NAME.png."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..errors import InputError
from ..files.whole_file import made_folder, whole_file
from ..media.encode_audio import AAC, FLAC, add_audio_stream, encoded_wave
from .draw import render_frames
from .scene import Scene
from .sheet import contact_sheet
from .sound import render_sound
from .truth import truth_dict

if TYPE_CHECKING:
    from av import Packet
    from av.video.stream import VideoStream

SAMPLING_RATE = 44100
WORLD_SIZE = 1_000_000  # scenes of one world seed, before the next one's begin
GOOD = {"crf": "18", "preset": "veryfast"}
EXACT = {"qp": "0", "preset": "veryfast"}


def scene_number(seed: int, index: int) -> int:
    """The scene that is number `index` of the world `seed`."""
    if seed < 0:
        raise InputError(f"seed is {seed}: worlds are numbered from 0 on.")
    if not 0 <= index < WORLD_SIZE:
        raise InputError(f"index is {index}: a world has scenes 0 to {WORLD_SIZE - 1}.")
    return seed * WORLD_SIZE + index


def write_clip(
    scene: Scene, folder: Path, size: tuple[int, int] = (256, 256), fps: int = 25, *, lossless: bool = False
) -> Path:
    """Writes one scene, the film last: where there is one, the rest is there too. The folder is made if it
    isn't there. Returns the film's path."""
    if size[0] % 2 or size[1] % 2:
        raise InputError(f"size is {size[0]}x{size[1]}: films need even sides.")
    if fps != int(fps) or fps < 1:
        raise InputError(f"fps is {fps:g}: these films have a whole number of frames a second.")
    folder = made_folder(folder, "the folder of the clips")
    name = f"{scene.split}_{scene.seed:07d}_{scene.family}"
    film = folder / f"{name}{'.mkv' if lossless else '.mp4'}"
    frames, sound = render_frames(scene, size, fps), torch.from_numpy(render_sound(scene, SAMPLING_RATE))
    words = {"json": json.dumps(truth_dict(scene)), "txt": scene.caption}
    for suffix, text in words.items():
        with whole_file(folder / f"{name}.{suffix}") as draft:
            draft.write_text(text + "\n", encoding="utf-8")
    with whole_file(folder / f"{name}.png") as draft:
        contact_sheet(scene, frames, sound, SAMPLING_RATE).save(draft, "PNG")
    _write_film(film, frames, int(fps), sound, lossless)
    return film


def _write_film(path: Path, frames: Tensor, fps: int, sound: Tensor, lossless: bool) -> None:
    import av

    codec = FLAC if lossless else AAC
    with whole_file(path) as temporary:
        with av.open(str(temporary), "w", format="matroska" if lossless else "mp4") as out:
            film = out.add_stream("libx264", rate=fps, options=EXACT if lossless else GOOD)
            film.width, film.height = frames.shape[3], frames.shape[2]
            film.pix_fmt = "yuv444p" if lossless else "yuv420p"
            stream = add_audio_stream(out, codec, SAMPLING_RATE, sound.shape[0])
            packets = _encoded_frames(film, frames, fps), encoded_wave(stream, codec, sound, SAMPLING_RATE)
            out.start_encoding()
            for packet in merge(*packets, key=lambda p: p.dts * p.time_base):
                out.mux(packet)


def _encoded_frames(stream: VideoStream, frames: Tensor, fps: int) -> Iterator[Packet]:
    import av

    for k, frame in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(frame.permute(1, 2, 0).contiguous().numpy(), format="rgb24")
        picture.pts, picture.time_base = k, Fraction(1, fps)
        yield from stream.encode(picture)
    yield from stream.encode(None)
