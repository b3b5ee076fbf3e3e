"""The loaders: one for each box of the paper's figure. Files are recognised by their tensors, never by their
names.

Every list begins with the small model that comes with the pack, so that a fresh install runs offline.
"""

from __future__ import annotations

from comfy_api.latest import io

from .host.folders import weight_files
from .host.networks import (
    IN_CODEC,
    SMALL_CHOICE,
    hosted_codec,
    hosted_model,
    hosted_stereo,
    hosted_sync_encoder,
    hosted_text_encoder,
    hosted_visual_encoder,
)
from .host.precision import AUTO, OF_ENCODERS, OF_MODELS
from .host.schema import ADVANCED, schema
from .host.types import (
    CATEGORY,
    FoleyCodecSocket,
    StereoSocket,
    SyncEncoderSocket,
    TextEncoderSocket,
    VisualEncoderSocket,
)

PRECISION_TIP = "The number type that the weights are kept in; auto is what suits the device."
SMALL_TIP = (
    "The first entry comes with the pack and needs no file; it knows a generated world of simple things."
)


def choice(name: str, what: str, *host_folders: str) -> io.Combo.Input:
    """A list of files, headed by the built-in model; the tooltip says `what` is wanted and where it goes."""
    return io.Combo.Input(
        name,
        options=[SMALL_CHOICE, *weight_files(*host_folders)],
        tooltip=f"{what} {place(*host_folders)} {SMALL_TIP}",
    )


# Optional, because prompts saved before it was there have none.
MODEL_PRECISION = io.Combo.Input(
    "precision",
    options=[AUTO, *OF_MODELS],
    default="auto",
    optional=True,
    tooltip=f"{PRECISION_TIP} fp8 takes a quarter of fp32's memory and changes the sound.",
    **ADVANCED,
)
ENCODER_PRECISION = io.Combo.Input(
    "precision",
    options=[AUTO, *OF_ENCODERS],
    default="auto",
    optional=True,
    tooltip=PRECISION_TIP,
    **ADVANCED,
)


def place(*host_folders: str) -> str:
    """The sentence on where a file goes."""
    *more, last = [f"models/{folder}" for folder in ("mmaudio", *host_folders)]
    others = f"{', '.join(more)} and {last} are" if more else f"{last} is"
    return f"Put files into models/foley and press R ({others} read too)."


class ModelLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyModelLoader",
            display_name="Load Foley Model",
            category=CATEGORY,
            description="Loads the network that makes the sound (MM-DiT) as a MODEL: ComfyUI's own "
            "samplers, LoRA loaders and model nodes take it.",
            search_aliases=[
                "mmaudio",
                "kling",
                "sfx",
                "音效",
                "可灵",
            ],
            inputs=[
                choice(
                    "model",
                    "A flow network of the MMAudio family, such as mmaudio_large_44k_v2.pth, or "
                    "Kling-Foley's.",
                    "diffusion_models",
                ),
                MODEL_PRECISION,
            ],
            outputs=[
                io.Model.Output(
                    display_name="model",
                    tooltip="For Foley MM-DiT Sampler, KSampler or CFGGuider, through LoRA loaders if you "
                    "like.",
                )
            ],
        )

    @classmethod
    def execute(cls, model: str, precision: str = AUTO) -> io.NodeOutput:
        return io.NodeOutput(hosted_model(model, precision))


class TextEncoderLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyTextEncoderLoader",
            display_name="Load Foley Text Encoder",
            category=CATEGORY,
            description="Loads the network that reads the prompt: CLIP's text tower for MMAudio's models, "
            "T5-Base for the paper's.",
            search_aliases=["clip loader", "t5 loader", "dfn5b", "mmaudio clip", "文本编码器"],
            inputs=[
                choice(
                    "text_encoder",
                    "A whole CLIP file, such as apple_DFN5B-CLIP-ViT-H-14-384_fp16.safetensors, or T5-Base "
                    "with tokenizer.json beside it.",
                    "text_encoders",
                    "clip_vision",
                ),
                ENCODER_PRECISION,
            ],
            outputs=[TextEncoderSocket.Output(display_name="text_encoder", tooltip="For Foley Text Encode.")],
        )

    @classmethod
    def execute(cls, text_encoder: str, precision: str = AUTO) -> io.NodeOutput:
        return io.NodeOutput(hosted_text_encoder(text_encoder, precision))


class VisualEncoderLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyVisualEncoderLoader",
            display_name="Load Foley Visual Encoder",
            category=CATEGORY,
            description="Loads the network that sees what is in the picture: DFN5B CLIP for MMAudio's "
            "models, MetaCLIP for the paper's.",
            search_aliases=["clip vision loader", "dfn5b", "metaclip", "mmaudio clip", "视觉编码器"],
            inputs=[
                choice(
                    "visual_encoder",
                    "A CLIP file with its visual tower, such as "
                    "apple_DFN5B-CLIP-ViT-H-14-384_fp16.safetensors.",
                    "clip_vision",
                ),
                ENCODER_PRECISION,
            ],
            outputs=[
                VisualEncoderSocket.Output(
                    display_name="visual_encoder", tooltip="For Foley Visual Features."
                )
            ],
        )

    @classmethod
    def execute(cls, visual_encoder: str, precision: str = AUTO) -> io.NodeOutput:
        return io.NodeOutput(hosted_visual_encoder(visual_encoder, precision))


class SyncEncoderLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleySyncEncoderLoader",
            display_name="Load Foley Sync Encoder",
            category=CATEGORY,
            description="Loads the network that sees what moves when: Synchformer's visual half.",
            search_aliases=[
                "synchformer",
                "audio video sync",
                "mmaudio synchformer",
                "同步编码器",
                "音画同步",
            ],
            inputs=[
                choice("sync_encoder", "A Synchformer file, such as synchformer_state_dict.pth."),
                ENCODER_PRECISION,
            ],
            outputs=[
                SyncEncoderSocket.Output(display_name="sync_encoder", tooltip="For Foley Sync Features.")
            ],
        )

    @classmethod
    def execute(cls, sync_encoder: str, precision: str = AUTO) -> io.NodeOutput:
        return io.NodeOutput(hosted_sync_encoder(sync_encoder, precision))


class CodecLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyCodecLoader",
            display_name="Load Foley Codec",
            category=CATEGORY,
            description="Loads what turns a latent into sound and back: the mel VAE and the vocoder, from "
            "two files or from one that holds both.",
            search_aliases=["vae loader", "audio vae", "vocoder", "bigvgan", "mmaudio vae", "声码器"],
            inputs=[
                choice("codec", "A mel VAE, such as v1-44.pth, alone or with its vocoder.", "vae"),
                io.Combo.Input(
                    "vocoder",
                    options=[IN_CODEC, *weight_files("vae")],
                    tooltip="The vocoder's file, such as bigvgan_generator.pt, of the VAE's sampling rate. "
                    "The first entry where the codec's file holds one, as the built-in model does.",
                ),
            ],
            outputs=[
                FoleyCodecSocket.Output(
                    display_name="codec",
                    tooltip="For Foley Conditioning, Foley Codec Encode and Foley Codec Decode.",
                )
            ],
        )

    @classmethod
    def execute(cls, codec: str, vocoder: str) -> io.NodeOutput:
        return io.NodeOutput(hosted_codec(codec, vocoder))


class StereoLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyStereoLoader",
            display_name="Load Foley Stereo Renderer",
            category=CATEGORY,
            description="Loads the network that places mono sound between left and right. No other has been "
            "published: use the built-in one, or train one with kling-foley.",
            search_aliases=["mono to stereo", "spatial audio", "panning", "立体声"],
            inputs=[choice("stereo", "A stereo renderer trained with kling-foley.")],
            outputs=[StereoSocket.Output(display_name="stereo", tooltip="For Foley Stereo Renderer.")],
        )

    @classmethod
    def execute(cls, stereo: str) -> io.NodeOutput:
        return io.NodeOutput(hosted_stereo(stereo))
