"""Foley Mix: the generated sound with the film's own: levels, ducking, fades, a true-peak limit, stems."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.mix import Ducking, Mix, MixSettings, mixed, own_sound
from .host.audio import NOTE, audio_of, lengths_apart, noted, wave_of
from .host.notes import tell
from .host.schema import ADVANCED, schema
from .host.types import CATEGORY
from .host.videos import made_of_images, window

HOLD = 0.3  # seconds: bridges the pauses between words
LONGER, SHORTER = "behind its end the generated sound is alone", "the film's own sound is cut"


class FoleyMix(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyMix",
            display_name="Foley Mix",
            category=CATEGORY,
            description="Mixes the generated sound with the video's own, or with any other: levels, a "
            "loudness to deliver, one giving way to the other, fades. True peaks stay below -1 dBTP, and the "
            "stems add up to the mix.",
            search_aliases=[
                "mix audio",
                "loudness",
                "lufs",
                "normalize",
                "ducking",
                "sidechain",
                "limiter",
                "stems",
                "混音",
                "响度",
                "闪避",
            ],
            inputs=[
                io.Audio.Input("audio", tooltip="The generated sound, mono or stereo; or a batch of takes."),
                io.Video.Input(
                    "video",
                    optional=True,
                    tooltip="The video whose own sound is mixed in. Without it and own_audio, the generated "
                    "sound alone is levelled.",
                ),
                io.Audio.Input(
                    "own_audio", optional=True, tooltip="Any other sound in place of the video's own."
                ),
                io.Float.Input(
                    "gain", default=0.0, min=-60.0, max=60.0, step=0.1, tooltip="Of the generated sound, dB."
                ),
                io.Float.Input(
                    "own_gain", default=0.0, min=-60.0, max=60.0, step=0.1, tooltip="Of the own sound, dB."
                ),
                io.Float.Input(
                    "loudness",
                    default=0.0,
                    min=-60.0,
                    max=0.0,
                    step=0.1,
                    tooltip="Integrated loudness of the result in LUFS (ITU-R BS.1770-4): -23 for "
                    "broadcast or -14 for the web; 0 leaves it as the gains make it.",
                ),
                io.Combo.Input(
                    "duck",
                    options=["off", "speech", "effects"],
                    default="off",
                    tooltip="speech: the generated sound gives way where the own sound is heard. effects: "
                    "the own sound gives way where the generated is heard.",
                ),
                io.Float.Input(
                    "duck_depth",
                    default=12.0,
                    min=0.0,
                    max=60.0,
                    step=0.5,
                    tooltip="How far one gives way to the other, dB.",
                ),
                io.Float.Input(
                    "duck_attack",
                    default=0.05,
                    min=0.0,
                    max=10.0,
                    step=0.01,
                    tooltip="How fast it goes down: time constant in seconds.",
                    **ADVANCED,
                ),
                io.Float.Input(
                    "duck_release",
                    default=0.5,
                    min=0.0,
                    max=10.0,
                    step=0.01,
                    tooltip="How fast it comes back: time constant in seconds.",
                    **ADVANCED,
                ),
                io.Float.Input(
                    "fade_in",
                    default=0.0,
                    min=0.0,
                    max=600.0,
                    step=0.01,
                    tooltip="Of the generated sound, seconds.",
                ),
                io.Float.Input(
                    "fade_out",
                    default=0.0,
                    min=0.0,
                    max=600.0,
                    step=0.01,
                    tooltip="Of the generated sound, seconds.",
                ),
                io.Audio.Input(
                    "music",
                    optional=True,
                    tooltip="Generated background music, one for all takes or as many. It is a part of the "
                    "generated sound, with a stem of its own.",
                ),
                io.Float.Input(
                    "music_level",
                    default=-12.0,
                    min=-60.0,
                    max=60.0,
                    step=0.5,
                    optional=True,
                    tooltip="Loudness of the music from that of the generated sound, dB.",
                ),
            ],
            outputs=[
                io.Audio.Output(display_name="audio", tooltip="The mix, for Video With Sound."),
                io.Audio.Output(display_name="generated", tooltip="The generated sound as it is in the mix."),
                io.Audio.Output(
                    display_name="own", tooltip="The own sound as it is in the mix; silence without one."
                ),
                io.Audio.Output(
                    display_name="music", tooltip="The music as it is in the mix; silence without any."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        audio: dict[str, Any] | None,
        gain: float,
        own_gain: float,
        loudness: float,
        duck: str,
        duck_depth: float,
        duck_attack: float,
        duck_release: float,
        fade_in: float,
        fade_out: float,
        video: Any = None,
        own_audio: dict[str, Any] | None = None,
        music: dict[str, Any] | None = None,
        music_level: float = -12.0,
    ) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio")
        own = own_of(video, own_audio)
        check_has_own(own, own_gain, duck)
        ducking = None if duck == "off" else Ducking(duck, duck_depth, duck_attack, HOLD, duck_release)
        levels = gain, own_gain, loudness or None
        settings = MixSettings(
            "replace" if own is None else "mix", *levels, ducking, fade_in, fade_out, music_level
        )
        under = None if music is None else wave_of(music, "music")
        sounds = wave, each(own, len(wave), "own_audio"), each(under, len(wave), "music")
        made = [
            mixed((take, rate), one, settings, beneath) for take, one, beneath in zip(*sounds, strict=True)
        ]
        notes = [] if own is None else apart(wave.shape[2], rate, own)
        notes += dict.fromkeys(note for one in made for note in one.notes)
        tell(cls, f"{made[0].levels}.", *notes)
        note = noted(audio.get(NOTE), *notes)
        return io.NodeOutput(
            batch([one.sound for one in made], made) | note,
            batch([one.stems["generated"] for one in made], made),
            *(
                batch([one.stems.get(name, torch.zeros_like(one.sound)) for one in made], made)
                for name in ("own", "music")
            ),
        )


def own_of(video: Any, own_audio: dict[str, Any] | None) -> tuple[Tensor, int] | None:
    """(wave [B, C, N], rate) of what is connected, None where nothing is."""
    if video is not None and own_audio is not None:
        raise InputError("video, own_audio: both are connected; connect one of them.")
    if own_audio is not None:
        return wave_of(own_audio, "own_audio")
    if video is None:
        return None
    if made_of_images(video):
        return wave_of(video.get_components().audio, "video")
    wave, rate = own_sound(video.get_stream_source(), *window(video))
    return wave[None], rate


def check_has_own(own: tuple[Tensor, int] | None, own_gain: float, duck: str) -> None:
    """InputError for settings that need a second sound where there is none."""
    for name, value, off in (("own_gain", own_gain, 0), ("duck", duck, "off")):
        if own is None and value != off:
            raise InputError(
                f"{name}: {value}, but there is one sound only; connect video or own_audio, or choose {off}."
            )


def each(sound: tuple[Tensor, int] | None, takes: int, name: str) -> list[tuple[Tensor, int] | None]:
    """A second sound of each take: one for all, or as many; `name`: of the input."""
    if sound is None:
        return [None] * takes
    wave, rate = sound
    if len(wave) not in (1, takes):
        raise InputError(f"{name}: {len(wave)} sounds for {takes} of audio; give one, or as many.")
    return [(one, rate) for one in wave.expand(takes, -1, -1)]


def apart(samples: int, rate: int, own: tuple[Tensor, int]) -> list[str]:
    wave, own_rate = own
    heard, seen = Fraction(samples, rate), Fraction(wave.shape[2], own_rate)
    return lengths_apart(heard, seen, longer=LONGER, shorter=SHORTER)


def batch(waves: list[Tensor], made: list[Mix]) -> dict[str, Any]:
    return audio_of(torch.stack(waves), made[0].rate)
