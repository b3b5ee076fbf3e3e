"""Stereo Renderer: mono sound to left and right, steered by its mel and by the video (paper section 4.6)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.media import resample
from ..kling_foley_core.stereo import render_mels, render_wave, within_full_scale
from ..kling_foley_core.stereo.following import WIDTH
from ..kling_foley_core.systems.compatibility import check_fit
from ..kling_foley_core.timing import MIN_SECONDS
from .host.audio import NOTE, audio_of, lengths_apart, noted, wave_of
from .host.notes import tell
from .host.patcher import HostedNetwork
from .host.progress import host_progress
from .host.schema import schema
from .host.types import (
    CATEGORY,
    FoleyCodecSocket,
    Mel,
    MelSocket,
    StereoSocket,
    SyncFeaturesSocket,
    VideoFeatures,
)
from .movement import HELD, followed


class StereoRender(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyStereoRenderer",
            display_name="Foley Stereo Renderer",
            category=CATEGORY,
            description="Places mono sound between left and right, band by band, following the video. Both "
            "channels share the mono sound's phase, so their mean is the mono sound.",
            search_aliases=[
                "mono to stereo",
                "panning",
                "spatial audio",
                "left right",
                "单声道转立体声",
                "声像",
            ],
            inputs=[
                StereoSocket.Input(
                    "stereo",
                    tooltip="From Load Foley Stereo Renderer, or Load Foley System: of a system without a "
                    "renderer, sound follows what moves in video, as in Foley Stereo by Movement.",
                ),
                io.Audio.Input(
                    "audio",
                    tooltip="The sound, from Foley Codec Decode or any track; it is mixed down to mono and "
                    "brought to the codec's sampling rate.",
                ),
                MelSocket.Input(
                    "mel",
                    tooltip="The mel of that sound, from the same Foley Codec Decode; for any other track "
                    "from Foley Codec Encode.",
                ),
                SyncFeaturesSocket.Input(
                    "sync_features",
                    optional=True,
                    lazy=True,
                    tooltip="From Foley Sync Features: where things move in the picture. Without them the "
                    "renderer can only guess.",
                ),
                FoleyCodecSocket.Input(
                    "codec",
                    optional=True,
                    tooltip="Leave it out as a rule. Connected: the paper's way, a left and a right mel, "
                    "each vocoded by itself, which takes twice as long and loses the common phase.",
                ),
                io.Video.Input(
                    "video",
                    optional=True,
                    tooltip="The video, for systems without a renderer of their own; without it their sound "
                    "stays mono.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
            outputs=[
                io.Audio.Output(
                    display_name="audio", tooltip="Stereo sound of the same length, for Video With Sound."
                )
            ],
        )

    @classmethod
    def check_lazy_status(
        cls, stereo: HostedNetwork | None = None, sync_features: Any = "unconnected", **others: Any
    ) -> list[str]:
        """Without a renderer nobody needs the features, which an encoder of the whole video would make."""
        return ["sync_features"] if stereo is not None and sync_features is None else []

    @classmethod
    def execute(
        cls,
        stereo: HostedNetwork | None,
        audio: dict[str, Any] | None,
        mel: Mel,
        sync_features: VideoFeatures | None = None,
        codec: HostedNetwork | None = None,
        video: Any = None,
    ) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio")
        if stereo is None and video is None:  # the system has none, and there is nothing to follow
            return io.NodeOutput(audio)
        if stereo is None:
            return followed(cls, audio, WIDTH, video)
        check_fit(vae=mel.source, stereo=stereo.source, sync=sync_features and sync_features.source)
        wave = resample(wave.float().mean(1, keepdim=True), rate, mel.config.sampling_rate)
        rate = mel.config.sampling_rate
        check_belongs(wave, mel)
        length = seconds_of(mel) if sync_features is None else sync_features.seconds
        notes = lengths_apart(seconds_of(mel), length, longer=HELD, shorter="it ends earlier")
        tell(cls, *notes)
        note = noted(audio.get(NOTE), *notes)
        sync = [] if sync_features is None else [tokens_for(mel, sync_features).expand(len(wave), -1, -1)]

        if codec is not None:
            progress = host_progress()
            gains = stereo.run_each(lambda network, *x: network.gains(*x), mel.log_mel, *sync)
            sides = render_mels(mel.log_mel, gains, mel.config).flatten(0, 1)
            waves = codec.run_each(lambda codec, m: codec.vocode(m, clip=False, progress=progress), sides)
            both = waves.view(len(wave), 2, -1)[..., : wave.shape[-1]]
            return io.NodeOutput(audio_of(within_full_scale(both), rate) | note)

        def render(network: Any, wave: Tensor, log_mel: Tensor, *sync: Tensor) -> Tensor:
            return within_full_scale(render_wave(wave, network.gains(log_mel, *sync), mel.config))

        return io.NodeOutput(audio_of(stereo.run_each(render, wave, mel.log_mel, *sync), rate) | note)


def seconds_of(mel: Mel) -> Fraction:
    return Fraction(mel.log_mel.shape[-1] * mel.config.hop, mel.config.sampling_rate)


def check_belongs(wave: Tensor, mel: Mel) -> None:
    """InputError unless wave [B, 1, N] is as many sounds, and as long, as those that the mel was made of."""
    sounds, frames = len(mel.log_mel), -(-wave.shape[-1] // mel.config.hop)
    if len(wave) != sounds:
        raise InputError(
            f"audio and mel: {len(wave)} sound(s), but the mel of {sounds}; connect the mel of this sound."
        )
    if abs(mel.log_mel.shape[-1] - frames) > 1:
        raise InputError(
            f"audio and mel: the sound has {frames} mel frames, the mel {mel.log_mel.shape[-1]}; connect the "
            "mel of this sound (Foley Codec Encode makes it where the sound was cut or changed)."
        )


def tokens_for(mel: Mel, features: VideoFeatures) -> Tensor:
    """The film's tokens [1, N, D] of the seconds that the mel is long: the renderer spreads what it gets over
    the whole mel. Behind the film's end the last is held."""
    tokens, seen = features.tokens, max(features.seconds, Fraction(MIN_SECONDS))
    count = max(1, round(tokens.shape[1] * seconds_of(mel) / seen))
    held = tokens[:, -1:].expand(-1, max(0, count - tokens.shape[1]), -1)
    return torch.cat([tokens[:, :count], held], dim=1)
