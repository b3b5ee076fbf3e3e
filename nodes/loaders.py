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
from .host.types import (
    CATEGORY,
    FoleyCodecSocket,
    StereoSocket,
    SyncEncoderSocket,
    TextEncoderSocket,
    VisualEncoderSocket,
)

WHERE = "Files belong into models/foley (models/mmaudio is read too"
SMALL_TIP = "The first entry comes with the pack: small, trained on a generated world of simple things."


def choice(name: str, what: str, *host_folders: str) -> io.Combo.Input:
    """A list of files, headed by the built-in model."""
    also = f", and models/{', models/'.join(host_folders)}). " if host_folders else "). "
    return io.Combo.Input(
        name,
        options=[SMALL_CHOICE, *weight_files(*host_folders)],
        tooltip=f"{what} {WHERE}{also}{SMALL_TIP}",
    )


class ModelLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleyModelLoader",
            display_name="Load Foley Model",
            category=CATEGORY,
            description="The MM-DiT that makes the sound, as a MODEL: the host's own samplers, LoRA and "
            "model nodes take it.",
            inputs=[
                choice("model", "A flow network of the MMAudio family or Kling-Foley's.", "diffusion_models")
            ],
            outputs=[
                io.Model.Output(
                    display_name="model", tooltip="For Foley MM-DiT Sampler, KSampler or CFGGuider."
                )
            ],
        )

    @classmethod
    def execute(cls, model: str) -> io.NodeOutput:
        return io.NodeOutput(hosted_model(model))


class TextEncoderLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleyTextEncoderLoader",
            display_name="Load Foley Text Encoder",
            category=CATEGORY,
            description="Reads the description: CLIP's text tower for MMAudio's models, T5-Base for the "
            "paper's.",
            inputs=[
                choice(
                    "text_encoder",
                    "A CLIP file with its text tower, or T5 with tokenizer.json beside it.",
                    "text_encoders",
                    "clip_vision",
                )
            ],
            outputs=[TextEncoderSocket.Output(display_name="text_encoder", tooltip="For Foley Text Encode.")],
        )

    @classmethod
    def execute(cls, text_encoder: str) -> io.NodeOutput:
        return io.NodeOutput(hosted_text_encoder(text_encoder))


class VisualEncoderLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleyVisualEncoderLoader",
            display_name="Load Foley Visual Encoder",
            category=CATEGORY,
            description="Sees what is in the picture: DFN5B CLIP for MMAudio's models, MetaCLIP for the "
            "paper's.",
            inputs=[choice("visual_encoder", "A CLIP file with its visual tower.", "clip_vision")],
            outputs=[
                VisualEncoderSocket.Output(
                    display_name="visual_encoder", tooltip="For Foley Visual Features."
                )
            ],
        )

    @classmethod
    def execute(cls, visual_encoder: str) -> io.NodeOutput:
        return io.NodeOutput(hosted_visual_encoder(visual_encoder))


class SyncEncoderLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleySyncEncoderLoader",
            display_name="Load Foley Sync Encoder",
            category=CATEGORY,
            description="Sees what moves when: Synchformer's visual half.",
            inputs=[choice("sync_encoder", "A Synchformer file.")],
            outputs=[
                SyncEncoderSocket.Output(display_name="sync_encoder", tooltip="For Foley Sync Features.")
            ],
        )

    @classmethod
    def execute(cls, sync_encoder: str) -> io.NodeOutput:
        return io.NodeOutput(hosted_sync_encoder(sync_encoder))


class CodecLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleyCodecLoader",
            display_name="Load Foley Codec",
            category=CATEGORY,
            description="The mel VAE and the vocoder, from two files or from one that holds both.",
            inputs=[
                choice("codec", "A mel VAE, alone or with its vocoder.", "vae"),
                io.Combo.Input(
                    "vocoder",
                    options=[IN_CODEC, *weight_files("vae")],
                    tooltip="The vocoder's own file, of the same sampling rate, unless the codec's file "
                    "holds one.",
                ),
            ],
            outputs=[
                FoleyCodecSocket.Output(display_name="codec", tooltip="For Foley Codec Encode and Decode.")
            ],
        )

    @classmethod
    def execute(cls, codec: str, vocoder: str) -> io.NodeOutput:
        return io.NodeOutput(hosted_codec(codec, vocoder))


class StereoLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleyStereoLoader",
            display_name="Load Foley Stereo Renderer",
            category=CATEGORY,
            description="Places mono sound between left and right. Nobody has published one but us: use the "
            "built-in one, or train it with kling-foley.",
            inputs=[choice("stereo", "A stereo renderer written by kling-foley.")],
            outputs=[StereoSocket.Output(display_name="stereo", tooltip="For Foley Stereo Renderer.")],
        )

    @classmethod
    def execute(cls, stereo: str) -> io.NodeOutput:
        return io.NodeOutput(hosted_stereo(stereo))
