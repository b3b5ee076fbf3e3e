"""MM-DiT sampling: the paper's schedule as SIGMAS, and a sampler node that gives by Euler's method what the
host's own samplers give with it.

The paper's sampler is Euler with a step of 0.05 (section 4.1): t = 0, 1/20 ... 1, here as sigma = 1 - t.
Adams' method has the same error with a third of the steps (docs/speed.md); the host has none that does.
"""

from __future__ import annotations

import inspect
from typing import Any

import comfy.model_management as memory
import comfy.sample
import comfy.samplers
import comfy.utils
import latent_preview
import torch
from comfy_api.latest import io
from torch import Tensor

from ..kling_foley_core.errors import InputError
from ..kling_foley_core.flow import LEAST_STRENGTH, SOLVERS
from ..kling_foley_core.limits import MAX_STEPS
from ..kling_foley_core.presets import usual_guidance
from .host.flow_model import FEATURES, model_source
from .host.latents import check_mask
from .host.schema import schema
from .host.solvers import sampler_of, sigmas_of
from .host.types import CATEGORY, LEVEL, SOURCES

PAPERS = "euler"  # also of prompts saved before there was a choice

SOLVER = io.Combo.Input(
    "solver",
    options=list(SOLVERS),
    default="adams",
    optional=True,  # prompts saved before it was there have none
    tooltip="How the flow is followed. adams errs with 8 steps less than euler with 20; euler is the paper's "
    "and ComfyUI's own, for comparing.",
)

PICTURE_CFG = io.Float.Input(
    "picture_cfg",
    default=0.0,
    min=0.0,
    max=100.0,
    step=0.1,
    optional=True,  # prompts saved before it was there have none
    tooltip="How strictly the sound follows the video alone; cfg is then that of the prompt. 0 is the same "
    "as cfg. Another number takes half as long again.",
)


def scales_of(latent: dict[str, Any]) -> dict[str, Any]:
    """What newer hosts' empty latents say of their resolution; those hosts bring it to the model's."""
    known = inspect.signature(comfy.sample.fix_empty_latent_channels).parameters
    return {name: latent[name] for name in known if name in latent}


def check_start(latent: dict[str, Any], denoise: float) -> None:
    """InputError where a sound is to be varied that isn't there: in an empty latent, or behind a sound's
    end."""
    nothing = (latent["samples"] == 0).all(1, keepdim=True)
    made = latent.get("noise_mask", torch.ones(1, 1, 1)) > 0
    made = comfy.utils.repeat_to_batch_size(made, len(nothing))  # as the host does
    if denoise < 1 and bool((nothing.cpu() & made.cpu()).any()):
        raise InputError(
            f"denoise = {denoise:g}: the latent is empty where it is to be varied; connect a sound from "
            "Foley Codec Encode, or choose 1."
        )


class FoleySigmas(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleySigmas",
            display_name="Foley Sigmas",
            category=CATEGORY,
            description="The even time steps of Kling-Foley for SamplerCustomAdvanced, exactly. ComfyUI's "
            "'simple' scheduler rounds them to thousandths.",
            search_aliases=["scheduler", "foley scheduler", "flow matching sigmas", "timesteps", "调度器"],
            inputs=[
                io.Int.Input(
                    "steps",
                    default=20,
                    min=1,
                    max=MAX_STEPS,
                    tooltip="Steps from noise to sound; the paper takes 20. The time grows with "
                    "their number.",
                )
            ],
            outputs=[io.Sigmas.Output(tooltip="For SamplerCustomAdvanced, with KSamplerSelect at 'euler'.")],
        )

    @classmethod
    def execute(cls, steps: int) -> io.NodeOutput:
        return io.NodeOutput(sigmas_of(PAPERS, steps))


class Sampler(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="KlingFoleySampler",
            display_name="Foley MM-DiT Sampler",
            category=CATEGORY,
            description="Makes the sound, still as a latent: follows the flow from noise to it. With the "
            "solver 'euler' exactly what SamplerCustomAdvanced gives with Foley Sigmas and 'euler'.",
            search_aliases=[
                "mmaudio sampler",
                "generate sound",
                "sfx",
                "音效生成",
            ],
            inputs=[
                io.Model.Input("model", tooltip="From Load Foley Model."),
                io.Conditioning.Input("positive", tooltip="From Foley Conditioning: what is to be heard."),
                io.Conditioning.Input(
                    "negative", tooltip="From Foley Conditioning: what to steer away from."
                ),
                io.Latent.Input(
                    "latent",
                    tooltip="From the same Foley Conditioning: length and number of sounds. Or a sound of "
                    "that length from Foley Noise Mask, to make a part of it anew.",
                ),
                io.Int.Input(
                    "steps",
                    default=8,
                    min=1,
                    max=MAX_STEPS,
                    tooltip="Steps from noise to sound: 8 do for adams, 20 for euler. The time grows "
                    "with their number.",
                ),
                io.Float.Input(
                    "cfg",
                    default=0.0,
                    min=0.0,
                    max=100.0,
                    step=0.1,
                    tooltip="How strictly the sound follows prompt and video. 0 is what suits the model: 4.5 "
                    "for the public ones, 2 for the built-in one. 1 is twice as fast, without guidance.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=True,
                    tooltip="Which noise to start from: another seed is another take. The same on every "
                    "device.",
                ),
                io.Float.Input(
                    "denoise",
                    default=1.0,
                    min=LEAST_STRENGTH,
                    max=1.0,
                    step=0.01,
                    optional=True,  # prompts saved before it was there have none
                    tooltip="How far the sound may go from the one in the latent: 0.2 keeps what happens, "
                    "at 0.8 prompt and video decide, 1 knows nothing of it. As in KSampler.",
                ),
                PICTURE_CFG,
                SOLVER,  # last, because saved workflows know widgets by their place
            ],
            outputs=[
                io.Latent.Output(display_name="latent", tooltip="The sampled latent, for Foley Codec Decode.")
            ],
        )

    @classmethod
    def execute(
        cls,
        model: Any,
        positive: Any,
        negative: Any,
        latent: dict,
        steps: int,
        cfg: float,
        seed: int,
        denoise: float = 1.0,
        picture_cfg: float = 0.0,
        solver: str = PAPERS,
    ) -> io.NodeOutput:
        usual = usual_guidance(model_source(model).config)
        check_mask(latent)
        check_start(latent, denoise)
        start = comfy.sample.fix_empty_latent_channels(model, latent["samples"], **scales_of(latent))
        samples = guider_of(model, positive, negative, cfg or usual, picture_cfg or cfg or usual).sample(
            comfy.sample.prepare_noise(start, seed, latent.get("batch_index")),
            start,
            sampler_of(solver),
            sigmas_of(solver, steps, denoise),
            denoise_mask=latent.get("noise_mask"),
            callback=latent_preview.prepare_callback(model, steps),
            disable_pbar=not comfy.utils.PROGRESS_BAR_ENABLED,
            seed=seed,
        )
        made = latent | {"samples": handed_on(samples)}
        if "noise_mask" not in latent and denoise == 1:
            made.pop(LEVEL, None)  # all of it is new: the level was that of the sound before
        return io.NodeOutput(made)


def handed_on(samples: Tensor) -> Tensor:
    """Where, and in newer hosts in which type, the host's own samplers leave a latent."""
    dtype = getattr(memory, "intermediate_dtype", lambda: samples.dtype)()
    return samples.to(device=memory.intermediate_device(), dtype=dtype)


def guider_of(model: Any, positive: Any, negative: Any, cfg: float, picture_cfg: float) -> Any:
    """The host's guider: of one weight, or of two (flow/guidance.py has the formula)."""
    if picture_cfg == cfg:
        guider = comfy.samplers.CFGGuider(model)
        guider.set_conds(positive, negative)
        guider.set_cfg(cfg)
        return guider
    from comfy_extras.nodes_custom_sampler import Guider_DualCFG

    guider = Guider_DualCFG(model)
    guider.set_conds(positive, picture_of(positive, negative), negative)
    guider.set_cfg(cfg, picture_cfg)
    return guider


def picture_of(positive: Any, negative: Any) -> Any:
    """The negative's text with the positive's video: what Foley Conditioning gives as `picture`."""
    if not positive or any(FEATURES not in more for _, more in [*positive, *negative]):
        return negative  # refused by the model, with its reason
    seen = positive[0][1]
    return [[tokens, more | {key: seen[key] for key in (FEATURES, SOURCES)}] for tokens, more in negative]
