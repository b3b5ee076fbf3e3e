"""Joint conditioning: text, visual and sync features and the duration as positive and negative CONDITIONING,
and the empty latent of just that duration.

The negative branch has no video (the model's learned empty embeddings) and the negative text, or none:
MMAudio's form of guidance. The network's own part, from tokens to align and global features, runs in the
sampler (host/flow_model.py).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io
from comfy_execution.graph_utils import ExecutionBlocker

from ..kling_foley_core.checkpoints.catalogue import FOLDER
from ..kling_foley_core.checkpoints.wanted import for_real_films
from ..kling_foley_core.errors import InputError
from ..kling_foley_core.limits import MAX_BATCH, MAX_SECONDS
from ..kling_foley_core.mmdit import Features
from ..kling_foley_core.systems.compatibility import Source
from .host.audio import noted
from .host.flow_model import FEATURES
from .host.latents import empty_latent
from .host.networks import SMALL_CHOICE
from .host.notes import tell
from .host.patcher import HostedNetwork
from .host.schema import ADVANCED, schema
from .host.texts import over_seconds
from .host.types import (
    CATEGORY,
    SECONDS,
    SOURCES,
    FoleyCodecSocket,
    SyncFeaturesSocket,
    VideoFeatures,
    VisualFeaturesSocket,
)

NO_TEXT = [[torch.zeros(1, 0, 1), {}]]  # no tokens at all: the learned empty text stands in
NO_CODEC = "codec: Foley Conditioning makes no latent without it; connect Load Foley Codec to it."
BATCH_SIZE = io.Int.Input(
    "batch_size",
    default=1,
    min=1,
    max=MAX_BATCH,
    optional=True,  # prompts saved before it was there have none
    tooltip="How many different sounds to make at once of the same video and prompt.",
)


def length_of(features: list[VideoFeatures | None], seconds: float) -> Fraction:
    """The seconds that the connected features agree on, else the number typed."""
    lengths = {f.seconds for f in features if f is not None}
    if len(lengths) > 1:
        shown = " and ".join(f"{float(length):g} s" for length in sorted(lengths))
        raise InputError(
            f"visual_features, sync_features: they are from videos of different length ({shown}); "
            "connect both feature nodes to the same video."
        )
    if not lengths and not 0 < seconds <= MAX_SECONDS:  # a wire may bring what the widget would not take
        raise InputError(f"seconds = {seconds}: give a length above 0, of at most {MAX_SECONDS} s.")
    return lengths.pop() if lengths else Fraction(str(seconds))


class Conditioning(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleyConditioning",
            display_name="Foley Conditioning",
            category=CATEGORY,
            description="Joins text, video features and times into what the sampler follows, and gives the "
            "empty latent of that length. Every connection is optional: text alone makes sound without a "
            "video, video alone makes sound without a prompt.",
            search_aliases=[
                "text to audio",
                "sound prompt",
                "t2a",
                "音效条件",
            ],
            inputs=[
                io.Conditioning.Input(
                    "text", optional=True, tooltip="From Foley Text Encode: what is to be heard."
                ),
                io.Conditioning.Input(
                    "negative_text",
                    optional=True,
                    tooltip="From a second Foley Text Encode: what must not be heard, such as music or "
                    "speech.",
                ),
                VisualFeaturesSocket.Input(
                    "visual_features",
                    optional=True,
                    tooltip="From Foley Visual Features: what is to be seen.",
                ),
                SyncFeaturesSocket.Input(
                    "sync_features",
                    optional=True,
                    tooltip="From Foley Sync Features: what moves when. Without them the sound is not in "
                    "time.",
                ),
                FoleyCodecSocket.Input(
                    "codec",
                    optional=True,
                    tooltip="From Load Foley Codec, for the latent; not needed where the latent comes from "
                    "elsewhere.",
                ),
                io.Float.Input(
                    "seconds",
                    default=8.0,
                    min=0.1,
                    max=MAX_SECONDS,
                    step=0.01,
                    tooltip="Length of the sound in seconds if no video features are connected; otherwise "
                    "the video's counts.",
                ),
                io.Float.Input(
                    "start",
                    default=0.0,
                    min=0.0,
                    max=MAX_SECONDS,
                    step=0.01,
                    tooltip="If the clip was cut out of a longer film: where in it the clip begins, in "
                    "seconds. MMAudio's models have no use for it.",
                    **ADVANCED,
                ),
                io.Float.Input(
                    "source_seconds",
                    default=0.0,
                    min=0.0,
                    max=MAX_SECONDS,
                    step=0.01,
                    tooltip="Length of that film in seconds; 0 if it ends with the clip. MMAudio's models "
                    "have no use for it.",
                    **ADVANCED,
                ),
                BATCH_SIZE,  # last, because saved workflows know widgets by their place
            ],
            hidden=[io.Hidden.unique_id],
            outputs=[
                io.Conditioning.Output(
                    id="positive",
                    display_name="positive",
                    tooltip="Text and video, for the sampler's positive.",
                ),
                io.Conditioning.Output(
                    id="negative",
                    display_name="negative",
                    tooltip="Negative text or none, without video, for the sampler's negative.",
                ),
                io.Latent.Output(
                    id="latent",
                    display_name="latent",
                    tooltip="Empty, of just this length, for the sampler; needs the codec.",
                ),
                io.Conditioning.Output(  # last, because saved workflows know outputs by their place
                    id="picture",
                    display_name="picture",
                    tooltip="Video with the negative text, for cond2 of Dual CFG Guider: prompt and picture "
                    "then have weights of their own.",
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        seconds: float,
        start: float,
        source_seconds: float,
        text: Any = None,
        negative_text: Any = None,
        visual_features: VideoFeatures | None = None,
        sync_features: VideoFeatures | None = None,
        codec: HostedNetwork | None = None,
        batch_size: int = 1,
    ) -> io.NodeOutput:
        length = length_of([visual_features, sync_features], seconds)
        features = Features.of(
            length,
            visual=visual_features and visual_features.tokens,
            sync=sync_features and sync_features.tokens,
            start=start,
            total=source_seconds or start + float(length),
        )
        notes = notes_on(visual_features, sync_features)
        tell(cls, *notes)
        sources = sources_of(visual=visual_features, sync=sync_features, vae=codec)
        latent = ExecutionBlocker(NO_CODEC)
        if codec is not None:
            latent = empty_latent(codec, length, batch_size) | noted(*notes)
        positive, negative, picture = (
            with_video(said, seen, length, sources, name)
            for said, seen, name in (
                (text, features, "text"),
                (negative_text, features.without_video(), "negative_text"),
                (negative_text, features, "negative_text"),
            )
        )
        return io.NodeOutput(positive, negative, latent, picture)


def notes_on(*features: VideoFeatures | None) -> list[str]:
    """What to say once of a film that the built-in model is to see."""
    built_in = any(f is not None and f.source.file == SMALL_CHOICE for f in features)
    return [for_real_films(f"in {FOLDER}")] if built_in else []


def sources_of(**parts: Any) -> dict[str, Source]:
    return {name: part.source for name, part in parts.items() if part is not None}


def with_video(
    text: Any, features: Features, seconds: Fraction, sources: dict[str, Source], name: str
) -> list:
    """CONDITIONING of one branch: its text's tokens, with all else in the dictionary. `name`: of the input,
    for times outside of `seconds`."""
    entries = (over_seconds(tokens, more, seconds, name) for tokens, more in text or NO_TEXT)
    return [
        [tokens, more | {FEATURES: features, SECONDS: seconds, SOURCES: more.get(SOURCES, {}) | sources}]
        for tokens, more in entries
    ]
