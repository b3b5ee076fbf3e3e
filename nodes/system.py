"""Load Foley System: all networks that belong together, by one choice."""

from __future__ import annotations

from comfy_api.latest import io

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.systems.compatibility import WHAT
from ..kling_foley_core.systems.search import System, systems
from .host.folders import model_folders
from .host.networks import (
    hosted_codec,
    hosted_model,
    hosted_stereo,
    hosted_sync_encoder,
    hosted_text_encoder,
    hosted_visual_encoder,
)
from .host.precision import AUTO
from .host.schema import schema
from .host.types import (
    CATEGORY,
    FoleyCodecSocket,
    StereoSocket,
    SyncEncoderSocket,
    TextEncoderSocket,
    VisualEncoderSocket,
)
from .loaders import MODEL_PRECISION, SMALL_TIP, place

LACKS = " lacks "  # between a system's name and what is missing of it


def entry_of(system: System) -> str:
    """A system in the list: its name, and what is missing of it."""
    if not system.missing:
        return system.name
    return system.name + LACKS + ", ".join(WHAT[part] for part in system.missing)


def system_of(entry: str) -> System:
    """The complete system behind an entry, also behind one that was saved when something was missing still;
    InputError with all that is missing."""
    found = systems(model_folders())
    meant = [s for s in found if entry == s.name or entry.startswith(s.name + LACKS)]
    system = max(meant, key=lambda s: len(s.name), default=None)
    if system is None:
        raise InputError(f"system {entry}: it is in none of the folders; press R and choose again.")
    if system.missing:
        raise InputError(f"system {system.name}: not all of it is here.", *system.missing.values())
    return system


class SystemLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleySystemLoader",
            display_name="Load Foley System",
            category=CATEGORY,
            description="Loads all networks that belong together: the one that makes the sound, its "
            "encoders, its codec, and a stereo renderer.",
            search_aliases=[
                "mmaudio",
                "load all",
                "加载全部",
                "音效",
            ],
            inputs=[
                io.Combo.Input(
                    "system",
                    options=[entry_of(system) for system in systems(model_folders())],
                    tooltip="A flow network with all that fits it; entries that lack something say what. "
                    f"{place('diffusion_models', 'text_encoders', 'clip_vision', 'vae')} {SMALL_TIP}",
                ),
                MODEL_PRECISION,
            ],
            outputs=[
                io.Model.Output(
                    id="model", display_name="model", tooltip="For Foley MM-DiT Sampler or KSampler."
                ),
                TextEncoderSocket.Output(
                    id="text_encoder", display_name="text_encoder", tooltip="For Foley Text Encode."
                ),
                VisualEncoderSocket.Output(
                    id="visual_encoder", display_name="visual_encoder", tooltip="For Foley Visual Features."
                ),
                SyncEncoderSocket.Output(
                    id="sync_encoder",
                    display_name="sync_encoder",
                    tooltip="For Foley Sync Features, for Foley Conditioning.",
                ),
                FoleyCodecSocket.Output(
                    id="codec",
                    display_name="codec",
                    tooltip="For Foley Conditioning, Foley Codec Encode and Foley Codec Decode.",
                ),
                StereoSocket.Output(
                    id="stereo",
                    display_name="stereo",
                    tooltip="For Foley Stereo Renderer. MMAudio's systems have none: their sound then "
                    "follows what moves in that node's video.",
                ),
                SyncEncoderSocket.Output(
                    id="stereo_sync_encoder",
                    display_name="stereo_sync_encoder",
                    tooltip="For a second Foley Sync Features, for Foley Stereo Renderer: the encoder that "
                    "stereo was trained with. Without stereo it is not run.",
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, system: str | None = None) -> bool | str:
        """Before anything runs; it stands in for the host's look into the list, which would refuse entries
        that have become complete since they were saved. None: what a wire brings is not known yet."""
        if system is None:
            return True
        try:
            system_of(system)
        except InputError as error:
            return str(error)
        return True

    @classmethod
    def execute(cls, system: str, precision: str = AUTO) -> io.NodeOutput:
        paths = {part: network.path for part, network in system_of(system).parts.items()}
        sync = hosted_sync_encoder(paths["sync"], precision)
        return io.NodeOutput(
            hosted_model(paths["generator"], precision),
            hosted_text_encoder(paths["text"], precision),
            hosted_visual_encoder(paths["visual"], precision),
            sync,
            hosted_codec(paths["vae"], paths["vocoder"]),
            hosted_stereo(paths["stereo"]) if "stereo" in paths else None,
            sync,
        )
