"""Files of other models that users choose by mistake: what they are by their tensors, and what to take
instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

State = dict[str, Tensor]


@dataclass(frozen=True)
class Stranger:
    """`what` completes "this is ..."; `remedy` is a whole sentence."""

    what: str
    remedy: str
    matches: Callable[[State], bool]


def has(*parts: str) -> Callable[[State], bool]:
    """Every part occurs in some name."""
    return lambda state: all(any(part in name for name in state) for part in parts)


def starts(*prefixes: str) -> Callable[[State], bool]:
    """Every prefix begins some name."""
    return lambda state: all(any(name.startswith(p) for name in state) for p in prefixes)


def _one_hidden_tower(state: State) -> bool:
    text = starts("text_model.embeddings.")(state) or starts(
        "token_embedding.weight", "transformer.resblocks."
    )(state)
    return text and not any(name.startswith(("visual.", "vision_model.")) for name in state)


NOT_A_MODEL_FOR_SOUND = "Choose a flow network for sound, such as mmaudio_large_44k_v2."

STRANGERS: tuple[Stranger, ...] = (
    Stranger(
        "a LoRA (small additions to another network)",
        "Choose the network itself here, and add the LoRA with the host's LoRA loader, or with --lora.",
        lambda s: any(
            p in n for n in s for p in ("lora_up", "lora_down", "lora_A.", "lora_B.", ".lokr_", ".hada_w1")
        ),
    ),
    Stranger(
        "a quantised network (8-bit integers or fp8 with separate scales)",
        "Get the fp16, bf16 or fp32 file; plain fp8 files without scales can be read too.",
        lambda s: (
            any(n.endswith((".weight_scale", ".scale_weight", ".SCB", ".absmax", ".input_scale")) for n in s)
            or "scaled_fp8" in s
        ),
    ),
    Stranger(
        "the flow network of HunyuanVideo-Foley",
        "That model has its own blocks, codec and encoders; choose an MMAudio or Kling-Foley network "
        "(mmaudio_large_44k_v2 is the recommended one).",
        starts("triple_blocks.", "audio_embedder."),
    ),
    Stranger(
        "HunyuanVideo-Foley's 48 kHz audio codec (DAC VAE)",
        "Choose MMAudio's VAE (v1-44.pth or mmaudio_vae_44k) for a 44.1 kHz network, v1-16.pth for a 16 "
        "kHz one.",
        has("post_quant_conv.", "decoder.model.0."),
    ),
    Stranger(
        "a DAC audio codec",
        "Choose MMAudio's VAE (v1-44.pth or mmaudio_vae_44k).",
        lambda s: has("encoder.block.0.weight", "decoder.model.0.weight")(s),
    ),
    Stranger(
        "BigVGAN's training half (discriminators or optimiser)",
        "Get bigvgan_generator.pt from nvidia/bigvgan_v2_44khz_128band_512x.",
        lambda s: any(n.startswith(("mpd.", "mrd.", "discriminators.", "do_")) for n in s),
    ),
    Stranger(
        "a HiFi-GAN vocoder",
        "Get BigVGAN: bigvgan_generator.pt from nvidia/bigvgan_v2_44khz_128band_512x for 44.1 kHz, "
        "best_netG.pt for 16 kHz.",
        starts("conv_pre.", "ups.", "resblocks.", "conv_post."),
    ),
    Stranger(
        "a CLAP audio-text model",
        "Take the CLIP file (DFN5B ViT-H/14) for MMAudio networks, T5-Base for Kling-Foley ones.",
        lambda s: any(
            n.startswith(("audio_model.audio_encoder", "audio_branch.", "text_branch.")) for n in s
        ),
    ),
    Stranger(
        "a SigLIP model",
        "MMAudio wants CLIP DFN5B ViT-H/14; SigLIP belongs to HunyuanVideo-Foley.",
        lambda s: (
            "logit_bias" in s
            or any(n.startswith(("vision_model.head.probe", "vision_model.head.attention")) for n in s)
        ),
    ),
    Stranger(
        "CLIP's text half alone",
        "The video has to be seen too: get the whole CLIP file "
        "(apple_DFN5B-CLIP-ViT-H-14-384_fp16.safetensors or open_clip_pytorch_model.bin).",
        _one_hidden_tower,
    ),
    Stranger(
        "an image model's VAE",
        "Choose MMAudio's VAE for sound (v1-44.pth or mmaudio_vae_44k).",
        lambda s: (
            s.get("decoder.conv_in.weight", s.get("first_stage_model.decoder.conv_in.weight")) is not None
            and s.get("decoder.conv_in.weight", s.get("first_stage_model.decoder.conv_in.weight")).ndim >= 4
        ),
    ),
    Stranger(
        "a Stable Diffusion checkpoint",
        NOT_A_MODEL_FOR_SOUND,
        lambda s: any(
            "diffusion_model.input_blocks." in n or n.startswith(("input_blocks.", "down_blocks.")) for n in s
        ),
    ),
    Stranger("a Flux image model", NOT_A_MODEL_FOR_SOUND, has("double_blocks.", "single_blocks.")),
    Stranger(
        "a Stable Diffusion 3 image model",
        NOT_A_MODEL_FOR_SOUND,
        has("joint_blocks.", "x_block.", "context_block."),
    ),
    Stranger(
        "a Wan video model",
        NOT_A_MODEL_FOR_SOUND,
        has("blocks.0.cross_attn.", "blocks.0.self_attn.", "patch_embedding."),
    ),
    Stranger("a Stable Audio model", NOT_A_MODEL_FOR_SOUND, has("model.model.transformer.layers.", "to_qkv")),
    Stranger(
        "a language model (decoder only)",
        "Text is read by CLIP (MMAudio) or T5-Base (Kling-Foley); choose one of these files.",
        lambda s: "model.embed_tokens.weight" in s or "lm_head.weight" in s and "shared.weight" not in s,
    ),
)


def stranger(state: State) -> Stranger | None:
    """The first entry that fits, or None."""
    return next((s for s in STRANGERS if s.matches(state)), None)
