"""Inside ComfyUI's process (see inside.py): what VIDEO, IMAGE and AUDIO may be like."""

from __future__ import annotations

import inspect
import os
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import torch
from comfy_api.latest import InputImpl, Types
from inside import part
from inside_interrupts import FPS, SECONDS, film

RATE = 44100


class Older:
    """A trimmed video as hosts of early 2026 have it: it does not tell how it is trimmed."""

    def __init__(self, video: Any, start: float, seconds: float) -> None:
        self.get_stream_source = video.get_stream_source
        self._VideoFromFile__start_time, self._VideoFromFile__duration = start, seconds


def windows() -> dict[str, Any]:
    """Frames of a VIDEO that the host has trimmed, against the library's own window of the file: how many
    differ."""
    media, videos = part("kling_foley_core.media"), part("nodes.host.videos")
    view = media.FrameView(25, 16, "stretch")

    def frames(video):
        return videos.frames_of_video(video, view, lambda *_: None)

    with tempfile.TemporaryDirectory() as folder:
        path = film(Path(folder) / "clip.mp4")
        whole = InputImpl.VideoFromFile(str(path))
        images = whole.get_components().images
        made = InputImpl.VideoFromComponents(
            Types.VideoComponents(images=images, audio=None, frame_rate=Fraction(FPS))
        )
        found = {"whole": [float(frames(whole)[1]), float(frames(made)[1])]}
        if not hasattr(whole, "as_trimmed"):
            return found | {"trimming": False}
        cases = {
            "middle": (whole.as_trimmed(0.4, 1.2), 0.4, 1.2),
            "to the end": (whole.as_trimmed(2.0, 0), 2.0, 1.0),
            "last second": (whole.as_trimmed(-1.0, 0), 2.0, 1.0),
            "longer than the clip": (whole.as_trimmed(2.0, 5.0, strict_duration=False), 2.0, 1.0),
            "twice": (whole.as_trimmed(0.4, 2.0).as_trimmed(0.4, 1.0), 0.8, 1.0),
            "made of images": (made.as_trimmed(0.4, 1.2), 0.4, 1.2),
        }
        tenths = videos.window(whole.as_trimmed(0.4, 0.4))
        found["tenths"] = [str(tenths[0]), str(tenths[1])]
        found["older host"] = [float(x) for x in videos.window(Older(whole, -1.0, 0.4))]
        for name, (video, start, seconds) in cases.items():
            got, length = frames(video)
            start, seconds = (Fraction(s).limit_denominator(100) for s in (start, seconds))
            expected = media.read_views(path, {"v": view}, start=start, seconds=seconds)["v"]
            level = (
                (got.float() - expected.float()).abs().amax().item() if got.shape == expected.shape else -1
            )
            found[name] = [float(length), level]
        return found | {"trimming": True}


@torch.inference_mode()
def sounds() -> dict[str, Any]:
    """Codec Encode: relative root mean square distance of latents of one sound that comes in other shapes."""
    networks, encode = part("nodes.host.networks"), part("nodes.codec").CodecEncode
    codec = networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC)
    time = torch.arange(RATE * 2) / RATE
    mono = (0.3 * torch.sin(2 * torch.pi * (200 + 300 * time) * time))[None, None]

    def latent(wave, rate=RATE):
        out = encode.execute(codec, {"waveform": wave, "sample_rate": rate}).result[0]
        return out["samples"], float(out[part("nodes.host.types").SECONDS])

    plain, seconds = latent(mono)

    def away(wave, rate=RATE):
        other, length = latent(wave, rate)
        assert length == seconds and other.shape == plain.shape, (length, other.shape)
        return ((other - plain).square().mean().sqrt() / plain.std()).item()

    resample = part("kling_foley_core.media").resample
    pair = torch.cat([mono, mono.flip(-1)])
    _, mel = encode.execute(codec, {"waveform": mono[..., :1], "sample_rate": RATE}).result
    odd = {"waveform": mono[..., : RATE // 2 + 1], "sample_rate": RATE}
    stereo = networks.hosted_stereo(networks.SMALL_CHOICE)
    both = part("nodes.stereo").StereoRender.execute(
        stereo, odd, encode.execute(codec, odd).result[1], None, codec
    )
    return {
        "one sample": list(mel.log_mel.shape),
        "stereo of odd length": list(both.result[0]["waveform"].shape),
        "16 kHz": away(resample(mono, RATE, 16000), 16000),
        "48 kHz stereo": away(resample(mono, RATE, 48000).repeat(1, 2, 1), 48000),
        "6 channels": away(torch.cat([6 * mono, torch.zeros(1, 5, mono.shape[-1])], 1)),
        "not contiguous": away(mono.repeat(1, 1, 2).unflatten(-1, (2, -1))[:, :, 0]),
        "batch": [
            list(latent(pair)[0].shape),
            (latent(pair)[0][1:] - latent(pair[1:])[0]).abs().max().item(),
        ],
    }


@torch.inference_mode()
def short() -> dict[str, Any]:
    """Samples that are wanted and that come out of Codec Decode and both ways of the renderer, for sounds
    from nothing and from a sound."""
    networks, seconds_of = part("nodes.host.networks"), part("nodes.host.types").SECONDS
    codec = networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC)
    stereo = networks.hosted_stereo(networks.SMALL_CHOICE)
    empty, decode = part("nodes.latent").EmptyFoleyLatent, part("nodes.codec").CodecDecode
    encode, render = part("nodes.codec").CodecEncode, part("nodes.stereo").StereoRender
    found = {}
    for seconds in (0.1, 0.3, 0.63, 0.9):
        wave = {"waveform": 0.1 * torch.randn(1, 1, round(seconds * RATE)), "sample_rate": RATE}
        for name, latent in {
            "empty": empty.execute(codec, seconds, 1).result[0],
            "encoded": encode.execute(codec, wave).result[0],
        }.items():
            audio, mel = decode.execute(codec, latent).result
            made = [audio, *(render.execute(stereo, audio, mel, None, c).result[0] for c in (None, codec))]
            samples = [round(latent[seconds_of] * RATE), *(a["waveform"].shape[-1] for a in made)]
            found[f"{name} {seconds}"] = samples
    return found


@torch.inference_mode()
def places() -> dict[str, float]:
    """Where the first half of a film's sound is heard when it stands alone, against where it is in the whole:
    root mean square of both levels' differences in dB, and so for the whole film squeezed into it."""
    networks, types = part("nodes.host.networks"), part("nodes.host.types")
    codec = networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC)
    stereo = networks.hosted_stereo(networks.SMALL_CHOICE)
    encode, render = part("nodes.codec").CodecEncode, part("nodes.stereo").StereoRender
    images = torch.full((100, 64, 64, 3), 0.2)
    for i in range(100):
        images[i, 24:40, i // 2 : i // 2 + 14] = 0.9
    sync = networks.hosted_sync_encoder(networks.SMALL_CHOICE)
    film = part("nodes.sync").SyncFeaturesNode.execute(sync, 25.0, None, images).result[0]
    wave = 0.1 * torch.randn(1, 1, 4 * RATE, generator=torch.Generator().manual_seed(0))

    def levels(seconds, features):
        audio = {"waveform": wave[..., : seconds * RATE], "sample_rate": RATE}
        sound = render.execute(stereo, audio, encode.execute(codec, audio).result[1], features).result[0]
        sides = sound["waveform"][0, :, : 2 * RATE].unflatten(-1, (8, -1)).square().mean(-1)
        return 10 * (sides[0] / sides[1]).log10()

    whole, half = levels(4, film), levels(2, film)
    squeezed = levels(2, types.VideoFeatures(film.tokens, Fraction(2), film.source))
    return {
        "half": (half - whole).square().mean().sqrt().item(),
        "squeezed": (squeezed - whole).square().mean().sqrt().item(),
    }


SAVED = {  # film: codec, and the kind of container that Video With Sound hands on
    "a.mkv": "libx264",
    "b.mkv": "mjpeg",
    "a.webm": "libvpx-vp9",
    "a.ts": "libx264",
    "a.avi": "mjpeg",
    "a.mp4": "libx264",
    "a.mov": "libx264",
}


def films() -> dict[str, list[Any]]:
    """A film with sound, and what Save Video writes of it at "auto": the containers, and how many pictures;
    the same of its second second."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, codec in SAVED.items():
            source = InputImpl.VideoFromFile(str(film(Path(folder) / name, codec)))
            found[name] = _saved(source, folder, SECONDS)
            if hasattr(source, "as_trimmed"):
                found[f"{name} trimmed"] = _saved(source.as_trimmed(1.0, 1.0), folder, 1)
    return found


def _saved(video: Any, folder: str, seconds: int) -> list[Any]:
    sound = {"waveform": torch.zeros(1, 2, seconds * RATE), "sample_rate": RATE}
    made = part("nodes.video").VideoWithSound.execute(video, sound).result[0]
    made.save_to(f"{folder}/saved.mp4")
    kept = Path(made.get_stream_source())
    with av.open(f"{folder}/saved.mp4") as saved:
        pictures = [frame.time for frame in saved.decode(video=0)]
    return [kept.suffix, len(pictures), pictures[0]]


def temporary() -> dict[str, bool]:
    """When the file of a film with sound is there: as long as a VIDEO reads it."""
    with tempfile.TemporaryDirectory() as folder:
        source = InputImpl.VideoFromFile(str(film(Path(folder) / "a.mp4")))
        sound = {"waveform": torch.zeros(1, 2, SECONDS * RATE), "sample_rate": RATE}
        made = part("nodes.video").VideoWithSound.execute(source, sound).result[0]
        path = str(made.get_stream_source())
        other = InputImpl.VideoFromFile(made.get_stream_source())  # as the host makes a trimmed one
        found = {"while it is held": os.path.exists(path)}
        del made
        found["while another reads it"] = os.path.exists(path)
        del other
        return found | {"afterwards": os.path.exists(path)}


def bits() -> dict[str, Any]:
    """Of a video made of images before and after it gets a sound; None on hosts without the choice."""
    components = Types.VideoComponents(images=torch.zeros(3, 8, 8, 3), audio=None, frame_rate=Fraction(25))
    if "bit_depth" not in inspect.signature(InputImpl.VideoFromComponents).parameters:
        return {"bits": None}
    video = InputImpl.VideoFromComponents(components, bit_depth=10)
    sound = {"waveform": torch.zeros(1, 2, RATE), "sample_rate": RATE}
    made = part("nodes.video").VideoWithSound.execute(video, sound).result[0]
    return {"bits": [video.get_bit_depth(), made.get_bit_depth()]}


def refusals() -> dict[str, str]:
    """What a user is told."""
    networks, errors = part("nodes.host.networks"), part("kling_foley_core.errors")
    codec = networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC)
    visual = networks.hosted_visual_encoder(networks.SMALL_CHOICE)
    encode, look = part("nodes.codec").CodecEncode, part("nodes.visual").VisualFeaturesNode
    mux, render = part("nodes.video").VideoWithSound, part("nodes.stereo").StereoRender
    stereo, empty = networks.hosted_stereo(networks.SMALL_CHOICE), part("nodes.latent").EmptyFoleyLatent
    _, mel = encode.execute(codec, {"waveform": torch.zeros(2, 1, RATE), "sample_rate": RATE}).result
    nan = torch.zeros(1, 1, RATE)
    nan[..., 5] = float("nan")

    def told(function, *given):
        try:
            function(*given)
        except errors.InputError as error:
            return str(error)
        return "nothing"

    def sound(wave, rate=RATE):
        return {"waveform": wave, "sample_rate": rate}

    return {
        "none": told(encode.execute, codec, None),
        "empty": told(encode.execute, codec, sound(torch.zeros(1, 1, 0))),
        "nan": told(encode.execute, codec, sound(nan)),
        "whole numbers": told(encode.execute, codec, sound(torch.zeros(1, 1, RATE, dtype=torch.int16))),
        "no rate": told(encode.execute, codec, sound(torch.zeros(1, 1, RATE), 0)),
        "hours": told(encode.execute, codec, sound(torch.zeros(1, 1, 4_000_000), 1000)),
        "rate from a wire": told(look.execute, visual, 1e-9, None, torch.zeros(3, 8, 8, 3)),
        "seconds from a wire": told(empty.execute, codec, 1e9),
        "no seconds": told(empty.execute, codec, float("nan")),
        "batch from a wire": told(empty.execute, codec, 1.0, 10**9),
        "two axes": told(encode.execute, codec, sound(torch.zeros(1, RATE))),
        "no frames": told(look.execute, visual, 25.0, None, torch.zeros(0, 8, 8, 3)),
        "neither": told(look.execute, visual, 25.0, None, None),
        "another batch": told(render.execute, stereo, sound(torch.zeros(1, 1, RATE)), mel),
        "another length": told(render.execute, stereo, sound(torch.zeros(2, 1, RATE // 2)), mel, None, codec),
        "six channels": told(mux.execute, None, sound(torch.zeros(1, 6, RATE))),
    }


CHECKS = (windows, sounds, short, places, films, temporary, bits, refusals)
assert SECONDS == 3  # what the cases above are cut from
