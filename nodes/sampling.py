"""MM-DiT sampling: our schedule as SIGMAS, and a sampler node that gives what the host's own samplers give
with it.

The paper's sampler is Euler with a step of 0.05 (section 4.1): t = 0, 1/20 ... 1, here as sigma = 1 - t.
"""

from __future__ import annotations

from typing import Any

import comfy.sample
import comfy.samplers
import comfy.utils
import latent_preview
from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.flow import time_grid
from .host.types import CATEGORY

STEPS = io.Int.Input(
    "steps",
    default=20,
    min=1,
    max=1000,
    tooltip="Evaluations of the flow; the paper uses 20 (a step of 0.05).",
)


def sigmas_of(steps: int) -> Tensor:
    """[steps + 1] from 1 (noise) to 0 (sound), evenly."""
    return 1.0 - time_grid(steps)


class FoleySigmas(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleySigmas",
            display_name="Foley Sigmas",
            category=CATEGORY,
            description="The exact, even time steps of Kling-Foley for SamplerCustomAdvanced. The host's "
            "'simple' "
            "scheduler rounds them to thousandths.",
            inputs=[STEPS],
            outputs=[
                io.Sigmas.Output(tooltip="Goes into SamplerCustomAdvanced, with KSamplerSelect at 'euler'.")
            ],
        )

    @classmethod
    def execute(cls, steps: int) -> io.NodeOutput:
        return io.NodeOutput(sigmas_of(steps))


class Sampler(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="KlingFoleySampler",
            display_name="Foley MM-DiT Sampler",
            category=CATEGORY,
            description="Euler along the flow from noise to sound. Gives exactly what "
            "SamplerCustomAdvanced gives with "
            "Foley Sigmas and 'euler'.",
            inputs=[
                io.Model.Input("model", tooltip="From Load Foley Model."),
                io.Conditioning.Input("positive", tooltip="From Foley Conditioning: what is to be heard."),
                io.Conditioning.Input(
                    "negative", tooltip="From Foley Conditioning: what to steer away from."
                ),
                io.Latent.Input(
                    "latent", tooltip="From Empty Foley Latent, or encoded sound with a noise mask."
                ),
                STEPS,
                io.Float.Input(
                    "cfg",
                    default=4.5,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    tooltip="How strongly prompt and video rule; 1 switches guidance off and is twice as "
                    "fast.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=True,
                    tooltip="The starting noise; the same seed gives the same sound on every device.",
                ),
            ],
            outputs=[
                io.Latent.Output(display_name="latent", tooltip="The sampled latent, for Foley Codec Decode.")
            ],
        )

    @classmethod
    def execute(
        cls, model: Any, positive: Any, negative: Any, latent: dict, steps: int, cfg: float, seed: int
    ) -> io.NodeOutput:
        start = comfy.sample.fix_empty_latent_channels(model, latent["samples"])
        samples = comfy.sample.sample_custom(
            model,
            comfy.sample.prepare_noise(start, seed, latent.get("batch_index")),
            cfg,
            comfy.samplers.sampler_object("euler"),
            sigmas_of(steps),
            positive,
            negative,
            start,
            noise_mask=latent.get("noise_mask"),
            callback=latent_preview.prepare_callback(model, steps),
            disable_pbar=not comfy.utils.PROGRESS_BAR_ENABLED,
            seed=seed,
        )
        return io.NodeOutput(latent | {"samples": samples})
