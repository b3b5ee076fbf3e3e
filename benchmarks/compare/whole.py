"""The whole way from a film's file to a wave, weights from the public files: theirs as MMAudio's demo goes
it, ours by FoleyPipeline, which loads a stage's networks when it comes to it. Each returns the call that
makes the wave.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor

from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.presets import GUIDANCE

from .reference import CLIP
from .weights import Files

PROMPT, SEED = "a square that moves", 42


def theirs(files: Files, film: Path, seconds: float, steps: int) -> Callable[[], Tensor]:
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
    files: Files, film: Path, seconds: float, dtype: torch.dtype | None, steps: dict[str, int]
) -> Callable[[], Tensor]:
    """`dtype` None: our default, as is what `steps` does not say."""
    pipeline = FoleyPipeline.from_pretrained(files.path("flow"), dtype=dtype)
    return lambda: pipeline.generate(video=film, prompt=PROMPT, seconds=seconds, seed=SEED, **steps).waveform
