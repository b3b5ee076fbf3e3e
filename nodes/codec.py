"""Codec Encode and Codec Decode: sound to latent, latent to mono mel and mono sound (paper section 4.3).

The host's VAEDecodeAudio is no substitute: it rescales loud sound, and the stereo renderer needs the mel in
between.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch.nn.functional as F
from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.codec.level import mel_with_gain
from ..kling_foley_core.limits import MAX_HELD_SECONDS
from ..kling_foley_core.media import resample
from ..kling_foley_core.timing import MEL_PER_LATENT, audio_samples, latent_frames
from .host.audio import NOTE, audio_of, noted, wave_of
from .host.latents import check_codec, frames_for, gain_of
from .host.patcher import HostedNetwork
from .host.progress import host_progress
from .host.schema import schema
from .host.types import CATEGORY, LEVEL, SECONDS, SOURCES, FoleyCodecSocket, Mel, MelSocket


class CodecEncode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyCodecEncode",
            display_name="Foley Codec Encode",
            category=CATEGORY,
            description="Turns sound into a latent, to vary or continue it, and into the mel that Foley "
            "Stereo Renderer listens to.",
            search_aliases=[
                "audio to latent",
                "vae encode audio",
                "sound encoder",
                "mel spectrogram",
                "音频编码",
            ],
            inputs=[
                FoleyCodecSocket.Input(
                    "codec", tooltip="From Load Foley Codec: the one that your model needs."
                ),
                io.Audio.Input(
                    "audio",
                    tooltip="Sound of any sampling rate, mono or more; it is resampled and mixed down to "
                    "mono.",
                ),
            ],
            outputs=[
                io.Latent.Output(
                    display_name="latent",
                    tooltip="The sound as a latent [batch, channels, frames], for KSampler with denoise "
                    "below 1.",
                ),
                MelSocket.Output(
                    display_name="mel",
                    tooltip="Log mel spectrogram of the mono sound, for Foley Stereo Renderer.",
                ),
            ],
        )

    @classmethod
    def execute(cls, codec: HostedNetwork, audio: dict[str, Any] | None) -> io.NodeOutput:
        wave, rate = wave_of(audio, "audio", MAX_HELD_SECONDS)  # encoded as a whole
        network = codec.network
        mono = resample(wave.float().mean(1, keepdim=True), rate, network.sampling_rate)
        # Silence up to a whole latent frame, so that the mel covers all of the sound, however short.
        mono = F.pad(mono, (0, -mono.shape[-1] % network.samples_per_latent))
        latent = codec.run_each(lambda codec, x: codec.encode(x).mean, mono)
        log_mel = codec.run_each(lambda codec, x: codec.mel(x[:, 0]), mono)
        mel = Mel(log_mel, network.mel_config, codec.source)
        seconds = Fraction(wave.shape[-1], rate)
        found = {"samples": latent, "type": "audio", SECONDS: seconds, SOURCES: {"vae": codec.source}}
        found[LEVEL] = codec.run_each(lambda codec, x, z: codec.lost_db(x, z), mono, latent).cpu()
        return io.NodeOutput(found, mel)


class CodecDecode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyCodecDecode",
            display_name="Foley Codec Decode",
            category=CATEGORY,
            description="Turns a latent into mono sound, cut to exactly the length that Foley Conditioning "
            "was told or took from the video.",
            search_aliases=[
                "latent to audio",
                "vae decode audio",
                "vocoder",
                "bigvgan",
                "音频解码",
                "声码器",
            ],
            inputs=[
                FoleyCodecSocket.Input(
                    "codec", tooltip="From Load Foley Codec: the one that your model needs."
                ),
                io.Latent.Input("latent", tooltip="From Foley MM-DiT Sampler, KSampler or another sampler."),
            ],
            outputs=[
                io.Audio.Output(
                    display_name="audio",
                    tooltip="Mono sound, for Foley Stereo Renderer or straight for Video With Sound.",
                ),
                MelSocket.Output(
                    display_name="mel", tooltip="Its log mel spectrogram, for Foley Stereo Renderer."
                ),
            ],
        )

    @classmethod
    def execute(cls, codec: HostedNetwork, latent: dict[str, Any]) -> io.NodeOutput:
        network, samples, progress = codec.network, latent["samples"], host_progress()
        check_codec(latent, codec)
        gain_db = gain_of(latent)
        log_mel = codec.run_each(lambda codec, z: codec.decode_mel(z), samples.float())
        wave = codec.run_each(
            lambda codec, m, db: codec.vocode(m, gain_db=db, progress=progress), log_mel, gain_db
        )
        wave = cut_to_seconds(wave, samples.shape[-1], latent.get(SECONDS), network)
        # The latent frames that the sound is in, so that the mel is that of this sound, however short.
        log_mel = log_mel[..., : -(-wave.shape[-1] // network.samples_per_latent) * MEL_PER_LATENT]
        log_mel = mel_with_gain(log_mel, gain_db, network.mel_config)
        mel = Mel(log_mel, network.mel_config, codec.source)
        return io.NodeOutput(audio_of(wave, network.sampling_rate) | noted(latent.get(NOTE)), mel)


def cut_to_seconds(wave: Tensor, frames: int, seconds: Any, network: Any) -> Tensor:
    """The exact seconds the latent was made for; all of it where nodes in between have changed its length."""
    if seconds is None:
        return wave
    encoded = latent_frames(seconds, network.sampling_rate, network.hop)
    if frames not in (encoded, frames_for(seconds, network.sampling_rate, network.hop)):
        return wave
    return wave[..., : audio_samples(seconds, network.sampling_rate)]
