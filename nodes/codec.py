"""Codec Encode and Codec Decode: sound to latent, latent to mono mel and mono sound (paper section 4.3).

The host's VAEDecodeAudio is no substitute: it rescales loud sound, and the stereo renderer needs the mel in
between.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.media import resample
from ..kling_foley_core.timing import audio_samples
from .host.audio import audio_of, wave_of
from .host.patcher import HostedNetwork
from .host.progress import host_progress
from .host.types import CATEGORY, SECONDS, FoleyCodecSocket, Mel, MelSocket
from .latent import frames_for


class CodecEncode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleyCodecEncode",
            display_name="Foley Codec Encode",
            category=CATEGORY,
            description="Sound to latent, to vary or continue it, and to the mel that the stereo renderer "
            "listens to.",
            inputs=[
                FoleyCodecSocket.Input("codec", tooltip="From Load Foley Codec."),
                io.Audio.Input(
                    "audio", tooltip="Any rate and channels; it is resampled and mixed down to mono."
                ),
            ],
            outputs=[
                io.Latent.Output(
                    display_name="latent", tooltip="Samples [batch, channels, frames]: the posterior's mean."
                ),
                MelSocket.Output(
                    display_name="mel", tooltip="Log mel of the mono sound, for Foley Stereo Renderer."
                ),
            ],
        )

    @classmethod
    def execute(cls, codec: HostedNetwork, audio: dict[str, Any] | None) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio")
        network = codec.network
        mono = resample(wave.float().mean(1, keepdim=True), rate, network.sampling_rate)
        latent = codec.run(lambda codec, x: codec.encode(x).mean, mono)
        mel = Mel(codec.run(lambda codec, x: codec.mel(x[:, 0]), mono), network.mel_config)
        seconds = Fraction(wave.shape[-1], rate)
        return io.NodeOutput({"samples": latent, "type": "audio", SECONDS: seconds}, mel)


class CodecDecode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleyCodecDecode",
            display_name="Foley Codec Decode",
            category=CATEGORY,
            description="Latent to mono sound, cut to the exact length of the video that its features came "
            "from.",
            inputs=[
                FoleyCodecSocket.Input("codec", tooltip="From Load Foley Codec."),
                io.Latent.Input("latent", tooltip="From a sampler."),
            ],
            outputs=[
                io.Audio.Output(display_name="audio", tooltip="Mono sound."),
                MelSocket.Output(display_name="mel", tooltip="Its log mel, for Foley Stereo Renderer."),
            ],
        )

    @classmethod
    def execute(cls, codec: HostedNetwork, latent: dict[str, Any]) -> io.NodeOutput:
        network, samples, progress = codec.network, latent["samples"], host_progress()
        if samples.ndim != 3 or samples.shape[1] != network.latent_dim:
            raise InputError(
                f"latent: its samples are {tuple(samples.shape)}, but this codec decodes [batch, "
                f"{network.latent_dim}, "
                "frames]; choose the codec that belongs to the model."
            )
        log_mel = codec.run(lambda codec, z: codec.decode_mel(z), samples.float())
        # One sound at a time: a vocoder's activations are far larger than its sound.
        waves = [
            codec.run(lambda codec, m: codec.vocode(m, progress=progress), item) for item in log_mel.split(1)
        ]
        wave = cut_to_seconds(torch.cat(waves), samples.shape[-1], latent.get(SECONDS), network)
        return io.NodeOutput(audio_of(wave, network.sampling_rate), Mel(log_mel, network.mel_config))


def cut_to_seconds(wave: torch.Tensor, frames: int, seconds: Any, network: Any) -> torch.Tensor:
    """The exact seconds the latent was made for; all of it where nodes in between have changed its length."""
    if seconds is None or frames != frames_for(seconds, network):
        return wave
    return wave[..., : audio_samples(seconds, network.sampling_rate)]
