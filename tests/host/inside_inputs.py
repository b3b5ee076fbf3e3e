"""Inside ComfyUI's process (see inside.py): what VIDEO, IMAGE and AUDIO may be like."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from comfy_api.latest import InputImpl, Types
from inside import part
from inside_interrupts import FPS, SECONDS, film

RATE = 44100


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


def refusals() -> dict[str, str]:
    """What a user is told."""
    networks, errors = part("nodes.host.networks"), part("kling_foley_core.errors")
    codec = networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC)
    visual = networks.hosted_visual_encoder(networks.SMALL_CHOICE)
    encode, look = part("nodes.codec").CodecEncode, part("nodes.visual").VisualFeaturesNode
    mux = part("nodes.video").VideoWithSound
    nan = torch.zeros(1, 1, RATE)
    nan[..., 5] = float("nan")

    def told(function, *given):
        try:
            function(*given)
        except errors.InputError as error:
            return str(error)
        return "nothing"

    def sound(wave):
        return {"waveform": wave, "sample_rate": RATE}

    return {
        "none": told(encode.execute, codec, None),
        "empty": told(encode.execute, codec, sound(torch.zeros(1, 1, 0))),
        "nan": told(encode.execute, codec, sound(nan)),
        "two axes": told(encode.execute, codec, sound(torch.zeros(1, RATE))),
        "no frames": told(look.execute, visual, 25.0, None, torch.zeros(0, 8, 8, 3)),
        "neither": told(look.execute, visual, 25.0, None, None),
        "six channels": told(mux.execute, None, sound(torch.zeros(1, 6, RATE))),
    }


CHECKS = (windows, sounds, refusals)
assert SECONDS == 3  # what the cases above are cut from
