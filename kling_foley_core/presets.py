"""Every system of the family in one table: which networks belong together, at their real sizes.

The MMAudio rows are the public checkpoints (specification 1.3). The Kling-Foley rows are the paper's three
sizes: widths and total depths are its scaling table's; the split into 6 joint blocks and the rest audio-only
is inferred from its parameter counts (fact sheet 1.3); conditioning, encoders and codec are those of fact
sheet sections 1 and 4. `small` is ours, made to run on a CPU. `parameters` counts every value of the MM-DiT's
state dict; tests build each row and count.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .codec.bigvgan import BigVGANConfig
from .codec.filterbank import MelConfig
from .codec.istft_vocoder import ISTFTVocoderConfig
from .codec.presets import (
    BIGVGAN_16K,
    BIGVGAN_44K,
    ISTFT_SMALL,
    MEL_16K,
    MEL_44K,
    VAE_16K,
    VAE_44K,
    VAE_KLING,
    VAE_SMALL,
)
from .codec.vae import MelVAEConfig
from .encoders.presets import (
    CLIP_DFN5B_H14_384,
    CLIP_H14_TEXT,
    METACLIP_BIGG,
    SYNC_SMALL,
    SYNCHFORMER,
    T5_BASE,
    T5_SMALL,
    VISUAL_SMALL,
)
from .encoders.sync.motion import MotionConfig
from .encoders.sync.synchformer import SynchformerConfig
from .encoders.text.clip import ClipTextConfig
from .encoders.text.t5 import T5TextConfig
from .encoders.visual.clip import VisualConfig
from .encoders.visual.look import LookConfig
from .mmdit import MMDiTConfig
from .mmdit.config import HEAD_DIM, MLP_RATIO
from .stereo.presets import STEREO_KLING, STEREO_SMALL
from .stereo.renderer import StereoConfig
from .timing import MEL_PER_LATENT

GUIDANCE = 4.5  # classifier-free; MMAudio's
SMALL_GUIDANCE = 2.0  # ours: above it hits gain nothing, what is quiet is lost (docs/history.md)
WINDOW_SECONDS = 10.0  # the paper's clips and those of our own training
MMAUDIO_WINDOW_SECONDS = 8.0
DURATION_ROWS = 512  # seconds; Stable Audio's range, which the paper credits


@dataclass(frozen=True)
class Preset:
    """One system. `stereo` is None for models that make mono sound."""

    name: str
    generator: MMDiTConfig
    parameters: int  # of the generator
    text: ClipTextConfig | T5TextConfig
    visual: VisualConfig | LookConfig
    sync: SynchformerConfig | MotionConfig
    mel: MelConfig
    vae: MelVAEConfig
    vocoder: BigVGANConfig | ISTFTVocoderConfig
    stereo: StereoConfig | None


def _mmaudio(
    name: str, hidden: int, joint: int, audio: int, parameters: int, *, rate: int = 44100, v2: bool = False
) -> Preset:
    mel, vae, vocoder = (MEL_16K, VAE_16K, BIGVGAN_16K) if rate == 16000 else (MEL_44K, VAE_44K, BIGVGAN_44K)
    generator = MMDiTConfig(
        latent_dim=vae.latent_dim,
        hidden_dim=hidden,
        num_heads=hidden // HEAD_DIM,
        joint_depth=joint,
        audio_depth=audio,
        visual_dim=CLIP_DFN5B_H14_384.projection,
        sync_dim=SYNCHFORMER.dim,
        text_dim=CLIP_H14_TEXT.width,
        text_len=CLIP_H14_TEXT.length,
        activation="silu" if v2 else "selu",
        input_silu=v2,
        time_dim=hidden if v2 else 256,
        time_max_period=1.0 if v2 else 10000.0,
        sync_in_global=False,
        align_visual=False,
        duration_rows=None,
        countdown_rows=None,
        mlp_ratio=MLP_RATIO,
        upsampling="nearest",
    )
    encoders = (CLIP_H14_TEXT, CLIP_DFN5B_H14_384, SYNCHFORMER)
    return Preset(name, generator, parameters, *encoders, mel, vae, vocoder, stereo=None)


def _kling(name: str, heads: int, joint: int, audio: int, parameters: int) -> Preset:
    generator = MMDiTConfig(
        latent_dim=VAE_KLING.latent_dim,
        hidden_dim=HEAD_DIM * heads,
        num_heads=heads,
        joint_depth=joint,
        audio_depth=audio,
        visual_dim=METACLIP_BIGG.projection,
        sync_dim=SYNCHFORMER.dim,
        text_dim=T5_BASE.width,
        text_len=T5_BASE.length,
        activation="silu",
        input_silu=True,
        time_dim=256,
        time_max_period=10000.0,
        sync_in_global=True,
        align_visual=True,
        duration_rows=DURATION_ROWS,
        countdown_rows=None,
        mlp_ratio=MLP_RATIO,
        upsampling="nearest",
    )
    encoders = (T5_BASE, METACLIP_BIGG, SYNCHFORMER)
    codec = (MEL_44K, VAE_KLING, BIGVGAN_44K)
    return Preset(name, generator, parameters, *encoders, *codec, stereo=STEREO_KLING)


SMALL = Preset(
    name="small",
    generator=MMDiTConfig(
        latent_dim=VAE_SMALL.latent_dim,
        hidden_dim=192,
        num_heads=3,
        joint_depth=2,
        audio_depth=3,
        visual_dim=VISUAL_SMALL.projection,
        sync_dim=SYNC_SMALL.dim,
        text_dim=T5_SMALL.width,
        text_len=T5_SMALL.length,
        activation="silu",
        input_silu=True,
        time_dim=256,
        time_max_period=10000.0,
        sync_in_global=True,
        align_visual=True,
        duration_rows=64,
        countdown_rows=11,  # 0 to 10 s, the longest scenes of its training
        mlp_ratio=2,
        upsampling="linear",
    ),
    parameters=9_154_288,
    text=T5_SMALL,
    visual=VISUAL_SMALL,
    sync=SYNC_SMALL,
    mel=MEL_44K,
    vae=VAE_SMALL,
    vocoder=ISTFT_SMALL,
    stereo=STEREO_SMALL,
)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        SMALL,
        _mmaudio("mmaudio_small_16k", 448, 4, 8, 157_283_644, rate=16000),
        _mmaudio("mmaudio_small_44k", 448, 4, 8, 157_409_144),
        _mmaudio("mmaudio_medium_44k", 896, 4, 8, 621_805_944),
        _mmaudio("mmaudio_large_44k", 896, 7, 14, 1_030_002_168),
        _mmaudio("mmaudio_large_44k_v2", 896, 7, 14, 1_030_575_608, v2=True),
        _kling("kling_foley_1.5b", 17, 6, 17, 1_533_943_032),
        _kling("kling_foley_3b", 23, 6, 21, 3_096_206_584),
        _kling("kling_foley_6b", 32, 6, 21, 5_938_010_872),
    )
}


def mel_of(generator: MMDiTConfig) -> MelConfig:
    """The mel whose frames a generator's latents stand for: 16 kHz by the width of MMAudio's latents there,
    else 44.1 kHz, as in all that is published or trained here."""
    return MEL_16K if generator.latent_dim == VAE_16K.latent_dim else MEL_44K


def rate_of(generator: MMDiTConfig) -> Fraction:
    """Latent frames a second of a network of these sizes."""
    mel = mel_of(generator)
    return Fraction(mel.sampling_rate, mel.hop * MEL_PER_LATENT)


def name_of(generator: MMDiTConfig) -> str | None:
    """The preset that a network has the sizes of; None for sizes of its own."""
    return next((preset.name for preset in PRESETS.values() if preset.generator == generator), None)


def usual_guidance(generator: MMDiTConfig) -> float:
    """The weight of classifier-free guidance that suits a network where none is asked for."""
    return SMALL_GUIDANCE if generator == SMALL.generator else GUIDANCE


def makes_music(generator: MMDiTConfig) -> bool:
    """Whether a network has heard music: MMAudio's and the paper's data have it, the world of `small` has
    none. Sizes of one's own are taken at their user's word."""
    return generator != SMALL.generator


def window_seconds(generator: MMDiTConfig) -> float:
    """The longest clips a network was trained on; longer ones are made in windows of so many seconds. A
    network that is told no duration saw one length only, and of those that are public that is MMAudio's."""
    return MMAUDIO_WINDOW_SECONDS if generator.duration_rows is None else WINDOW_SECONDS
