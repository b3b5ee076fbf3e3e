"""Stereo Renderer: mono sound to left and right, steered by its mel and by the video (paper section 4.6)."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.stereo import render_mels, render_wave, within_full_scale
from .host.audio import audio_of, wave_of
from .host.patcher import HostedNetwork
from .host.progress import host_progress
from .host.types import (
    CATEGORY,
    FoleyCodecSocket,
    Mel,
    MelSocket,
    StereoSocket,
    SyncFeaturesSocket,
    VideoFeatures,
)


class StereoRender(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleyStereoRenderer",
            display_name="Foley Stereo Renderer",
            category=CATEGORY,
            description="Places mono sound between left and right, band by band, following the video. Both "
            "channels share the mono sound's phase, so their mean is the mono sound.",
            inputs=[
                StereoSocket.Input("stereo", tooltip="From Load Foley Stereo Renderer."),
                io.Audio.Input("audio", tooltip="Mono sound, from Foley Codec Decode."),
                MelSocket.Input("mel", tooltip="Its mel, from the same node (or from Foley Codec Encode)."),
                SyncFeaturesSocket.Input(
                    "sync_features",
                    optional=True,
                    tooltip="From Foley Sync Features: where things move in the picture.",
                ),
                FoleyCodecSocket.Input(
                    "codec",
                    optional=True,
                    tooltip="Connected: the paper's way, a left and a right mel vocoded apart, two passes. "
                    "Without it both channels share the mono sound's phase.",
                ),
            ],
            outputs=[io.Audio.Output(display_name="audio", tooltip="Stereo sound of the same length.")],
        )

    @classmethod
    def execute(
        cls,
        stereo: HostedNetwork,
        audio: dict[str, Any] | None,
        mel: Mel,
        sync_features: VideoFeatures | None = None,
        codec: HostedNetwork | None = None,
    ) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio")
        if wave.shape[1] != 1 or rate != mel.config.sampling_rate:
            raise InputError(
                f"audio: {wave.shape[1]} channel(s) at {rate} Hz, but the mel is of mono sound at "
                f"{mel.config.sampling_rate} Hz; connect audio and mel from the same node."
            )
        sync = [] if sync_features is None else [sync_features.tokens.expand(len(wave), -1, -1)]

        if codec is not None:
            gains = stereo.run(lambda network, *x: network.gains(*x), mel.log_mel, *sync)
            sides = render_mels(mel.log_mel, gains, mel.config).unbind(1)
            waves = [codec.run(lambda codec, m: codec.vocode(m, progress=host_progress()), s) for s in sides]
            return io.NodeOutput(audio_of(torch.cat(waves, dim=1)[..., : wave.shape[-1]], rate))

        def render(network: Any, wave: Tensor, log_mel: Tensor, *sync: Tensor) -> Tensor:
            return within_full_scale(render_wave(wave, network.gains(log_mel, *sync), mel.config))

        return io.NodeOutput(audio_of(stereo.run(render, wave, mel.log_mel, *sync), rate))
