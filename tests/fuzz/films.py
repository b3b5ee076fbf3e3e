"""Small right films and sounds of every container, two seconds long, and stills; made anew for each run."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

RATE, SECONDS, FPS = 44100, 2, 12
SIZE = (64, 48)

_VIDEO = {  # name: codecs, container options
    "h264.mp4": ("libx264", "aac", {}),
    "fragments.mp4": ("libx264", "aac", {"movflags": "frag_keyframe+empty_moov"}),
    "prores.mov": ("prores_ks", "pcm_s16le", {}),
    "h264.mkv": ("libx264", "flac", {}),
    "vp8.webm": ("libvpx", "libopus", {}),
    "live.webm": ("libvpx", "libopus", {"live": "1"}),
    "mpeg4.avi": ("mpeg4", "mp3", {}),
    "flv1.flv": ("flv", "mp3", {}),
    "mpeg2.ts": ("mpeg2video", "mp2", {}),
}
_SOUND = {"opus.ogg": "libopus", "pcm.wav": "pcm_s16le", "flac.flac": "flac", "mp3.mp3": "mp3"}


def make_films(folder: Path) -> None:
    """Writes them all."""
    for name, (picture, sound, options) in _VIDEO.items():
        _film(folder / name, picture, sound, options)
    for name, codec in _SOUND.items():
        _film(folder / name, None, codec, {})
    _pictures(folder)


def picture(i: int) -> np.ndarray:
    """uint8 [H, W, 3]: a square that moves over a slope."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    image[..., 2] = np.arange(SIZE[0]) * 3
    image[10:30, 2 * i % 44 : 2 * i % 44 + 20] = 250, 200, 60
    return image


def tone() -> np.ndarray:
    """float32 [N]: a sweep, so that no part of it sounds like another."""
    t = np.arange(SECONDS * RATE) / RATE
    return (0.3 * np.sin(2 * np.pi * (200 + 150 * t) * t)).astype(np.float32)


def _film(path: Path, codec: str | None, sound_codec: str, options: dict[str, str]) -> None:
    import av

    with av.open(str(path), "w", options=options) as out:
        stream = None
        if codec:
            more = {"libx264": {"g": "6"}, "libvpx": {"deadline": "realtime", "cpu-used": "8"}}
            stream = out.add_stream(codec, rate=FPS, options=more.get(codec, {}))
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
            stream.codec_context.gop_size = 6
        rate = 48000 if sound_codec == "libopus" else RATE
        track = out.add_stream(sound_codec, rate=rate, layout="mono")
        packets = list(_picture_packets(stream) if stream else ()) + list(_sound_packets(track, rate))
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            out.mux(packet)


def _picture_packets(stream):
    import av

    for i in range(FPS * SECONDS):
        frame = av.VideoFrame.from_ndarray(picture(i), format="rgb24")
        frame.pts, frame.time_base = i, Fraction(1, FPS)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sound_packets(track, rate: int):
    import av

    frame = av.AudioFrame.from_ndarray(tone()[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    context = track.codec_context
    resampler = av.AudioResampler(
        format=context.format.name, layout="mono", rate=rate, frame_size=context.frame_size or 1024
    )
    for part in (frame, None):
        for made in resampler.resample(part):
            yield from track.encode(made)
    yield from track.encode(None)


def _pictures(folder: Path) -> None:
    from PIL import Image

    frames = [Image.fromarray(picture(i)) for i in range(FPS * SECONDS)]
    moving = {"save_all": True, "append_images": frames[1:], "duration": round(1000 / FPS), "loop": 0}
    for name in ("film.gif", "film.webp", "film.png"):
        frames[0].save(folder / name, **moving)
    for name in ("still.png", "still.jpg", "still.webp", "still.bmp"):
        frames[0].save(folder / name)
