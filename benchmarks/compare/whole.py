"""The whole way from a film's file to a wave, weights from the public files: theirs as MMAudio's demo goes
it, ours by FoleyPipeline, which loads a stage's networks when it comes to it. Each returns the call that
makes the wave; on the way it adds the seconds of each stage's networks to `parts`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from kling_foley_core.codec import FoleyCodec
from kling_foley_core.encoders.sync.synchformer import Synchformer
from kling_foley_core.encoders.text.clip import ClipTextEncoder
from kling_foley_core.encoders.visual.clip import ClipVisualEncoder
from kling_foley_core.generation import pipeline
from kling_foley_core.presets import GUIDANCE

from .reference import CLIP
from .weights import Files

PROMPT, SEED = "a square that moves", 42
THEIRS = {  # of FeaturesUtils and FlowMatching
    "CLIP": "encode_video_with_clip",
    "Synchformer": "encode_video_with_sync",
    "texts": "encode_text",
    "sampling": "to_data",
    "VAE": "decode",
    "BigVGAN": "vocode",
}
OURS = (
    ("CLIP", ClipVisualEncoder, "vectors"),
    ("Synchformer", Synchformer, "vectors"),
    ("Synchformer", Synchformer, "tokens"),
    ("texts", ClipTextEncoder, "encode"),
    ("sampling", pipeline, "sample"),
    ("VAE", FoleyCodec, "decode_mel"),
    ("BigVGAN", FoleyCodec, "vocode"),
)


def theirs(
    files: Files, film: Path, seconds: float, steps: int, parts: dict[str, float]
) -> Callable[[], Tensor]:
    """In float32."""
    from mmaudio.eval_utils import all_model_cfg, generate, load_video
    from mmaudio.model.flow_matching import FlowMatching
    from mmaudio.model.networks import get_my_mmaudio
    from mmaudio.model.utils.features_utils import FeaturesUtils

    network = get_my_mmaudio(files.model).eval()
    network.load_weights(torch.load(files.path("flow"), map_location="cpu", weights_only=True))
    with _from_files(files):
        features = FeaturesUtils(
            tod_vae_ckpt=files.path("vae"),
            synchformer_ckpt=files.path("sync"),
            enable_conditions=True,
            mode="44k",
            need_vae_encoder=False,
        ).eval()
    flow = FlowMatching(min_sigma=0, inference_mode="euler", num_steps=steps)
    for part, name in THEIRS.items():
        add_seconds(features if hasattr(features, name) else flow, name, part, parts)

    def made() -> Tensor:
        seen, lengths = load_video(film, seconds), all_model_cfg[files.model].seq_cfg
        lengths.duration = seen.duration_sec
        network.update_seq_lengths(lengths.latent_seq_len, lengths.clip_seq_len, lengths.sync_seq_len)
        return generate(
            seen.clip_frames[None],
            seen.sync_frames[None],
            [PROMPT],
            negative_text=[""],
            feature_utils=features,
            net=network,
            fm=flow,
            rng=torch.Generator().manual_seed(SEED),
            cfg_strength=GUIDANCE,
        )

    return torch.inference_mode()(made)


@contextmanager
def _from_files(files: Files):
    """What the reference would download comes from the files: CLIP, and BigVGAN by its folder."""
    import open_clip
    from mmaudio.ext.bigvgan_v2.bigvgan import BigVGAN
    from mmaudio.model.utils import features_utils

    def clip(name: str, return_transform: bool) -> torch.nn.Module:
        return open_clip.create_model(CLIP, pretrained=str(files.path("clip")))

    vocoder = BigVGAN.from_pretrained
    with (
        patch.object(features_utils, "create_model_from_pretrained", clip),
        patch.object(BigVGAN, "from_pretrained", lambda name, **how: vocoder(str(files.folder), **how)),
    ):
        yield


def ours(
    files: Files,
    film: Path,
    seconds: float,
    dtype: torch.dtype | None,
    steps: dict[str, int],
    parts: dict[str, float],
) -> Callable[[], Tensor]:
    """`dtype` None: our default, as is what `steps` does not say."""
    for part, owner, name in OURS:
        add_seconds(owner, name, part, parts)
    made = pipeline.FoleyPipeline.from_pretrained(files.path("flow"), dtype=dtype)
    return lambda: made.generate(video=film, prompt=PROMPT, seconds=seconds, seed=SEED, **steps).waveform


def add_seconds(owner: Any, name: str, part: str, parts: dict[str, float]) -> None:
    """From now on the seconds of each call are added up; all calls of a process count."""
    call = getattr(owner, name)

    @wraps(call)
    def timed(*given: Any, **named: Any) -> Any:
        begin = time.perf_counter()
        try:
            return call(*given, **named)
        finally:
            parts[part] = parts.get(part, 0.0) + time.perf_counter() - begin

    setattr(owner, name, timed)
