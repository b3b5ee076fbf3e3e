"""The MM-DiT as a native MODEL: the host's samplers, schedulers, guiders, LoRA and offloading apply to it.

Conversions, all of them here. Time: the host's sigma runs from 1 (noise) to 0 (data), ours t = 1 - sigma.
Velocity: the host's model output is noise - data, ours data - noise. Latents: [B, C, T] there, [B, T, C]
here; in the codec's units outside the sampler, with zero mean and unit deviation inside. Conditioning: the
text tokens are the CONDITIONING tensor itself, all else is one `Features` under FEATURES; both go through
`condition` once per sampling run, in which the latent must be as long as the SECONDS of the CONDITIONING.
Longer clips than the network was trained on are evaluated in the library's windows (windows.py).
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import comfy.conds
import comfy.latent_formats
import comfy.model_base
import comfy.model_management as memory
import comfy.supported_models_base
import torch
from comfy.patcher_extension import WrapperExecutor, WrappersMP, get_all_wrappers
from torch import Tensor

from ...kling_foley_core.errors import InputError
from ...kling_foley_core.flow import Velocity, Window, composed, features_in, in_time, joined, whole_clip
from ...kling_foley_core.generation.sampling import windows_of
from ...kling_foley_core.mmdit import Conditions, Features, MMDiT, MMDiTConfig
from ...kling_foley_core.networks.attention import Attention
from ...kling_foley_core.presets import mel_of, rate_of, window_seconds
from ...kling_foley_core.systems.compatibility import Source, check_fit
from ...kling_foley_core.timing import MEL_PER_LATENT
from .latents import NEXT_TO, check_samples, frames_for
from .patcher import Patcher, host_attention, is_dynamic
from .precision import OF_MODELS
from .ranges import ranges_as_masks
from .texts import TIMES, Times, of_text, with_texts
from .types import SECONDS, SOURCES
from .windows import WINDOWS, ending_at, frames_in, in_window, put_together, taken_apart

FEATURES = "foley_features"  # key in the CONDITIONING's dictionary


class FoleyLatent(comfy.latent_formats.LatentFormat):
    """The codec's latent; mean and deviation come with the checkpoint."""

    latent_dimensions = 1

    def __init__(self, mean: Tensor, std: Tensor, samples_per_frame: int) -> None:
        self.latent_channels = mean.numel()
        self.temporal_downscale_ratio = samples_per_frame
        self.mean, self.std = mean.float().reshape(1, -1, 1), std.float().reshape(1, -1, 1)

    def process_in(self, latent: Tensor) -> Tensor:
        check_samples(latent, self.latent_channels, "this model")  # the host brings sounds here first
        return (latent - self.mean.to(latent)) / self.std.to(latent)

    def process_out(self, latent: Tensor) -> Tensor:
        return latent * self.std.to(latent) + self.mean.to(latent)


class HostMMDiT(MMDiT):
    """The MM-DiT with the host's calling convention; the tensor names are those of the library."""

    def __init__(
        self, config: MMDiTConfig, *, operations: Any, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(
            config, operations=operations, attention=host_attention(), device=device, dtype=dtype
        )
        self.dtype = dtype

    def forward(
        self,
        x: Tensor,
        timestep: Tensor,
        context: Tensor | None = None,
        transformer_options: dict[str, Any] | None = None,
        **conds: Any,
    ) -> Tensor:
        """Through the wrappers that nodes such as EasyCache put around a diffusion model."""
        wrappers = get_all_wrappers(WrappersMP.DIFFUSION_MODEL, transformer_options or {})
        if wrappers:  # EasyCache adds to x in place; in float32 that is the sampler's own latent
            x = x.clone()
        run = WrapperExecutor.new_class_executor(self._forward, self, wrappers)
        return run.execute(x, timestep, context, transformer_options=transformer_options, **conds)

    def _forward(
        self,
        x: Tensor,
        timestep: Tensor,
        context: Tensor | None,
        transformer_options: dict[str, Any] | None,
        **conds: Any,
    ) -> Tensor:
        conditions = Conditions(*(conds[name] for name in Conditions._fields))
        attention, masks = host_attention(transformer_options), None
        if WINDOWS in conds:
            if TIMES in conds:
                masks = conds[TIMES].masks(x.shape[-1], float(rate_of(self.config)))
            return -self._in_windows(x, timestep, conditions, conds[WINDOWS], masks, attention)
        window = (transformer_options or {}).get("context_window")
        if TIMES in conds:
            masks = conds[TIMES].masks(conditions.align.shape[1], float(rate_of(self.config)))
            masks = masks[:, frames_in(window, x.shape[-1], masks.shape[1])]
        conditions = in_window(conditions, window, x.shape[-1])
        return -self._field(conditions, masks, attention)(x.transpose(1, 2), timestep).transpose(1, 2)

    def _field(self, own: Conditions, masks: Tensor | None, attention: Attention) -> Velocity:
        """Of a clip or a window; `masks` [texts, L], if its texts have times. One text after another: the
        host reckons with the memory of one."""
        if masks is None:
            return lambda x, t: self.velocity(x, t, own, attention)
        parts = in_time(masks.to(own.align.device), partial(of_text, own))
        return composed(self, parts, together=1, attention=attention)

    @torch.compiler.disable(recursive=False)  # else every window would be compiled again
    def _in_windows(
        self,
        x: Tensor,
        timestep: Tensor,
        conditions: Conditions,
        windows: tuple[Window, ...],
        masks: Tensor | None,
        attention: Attention,
    ) -> Tensor:
        """The velocity [B, C, T] of a clip that is longer than one window, one window after another."""

        def field_of(own: Conditions, window: Window) -> Velocity:
            field = self._field(own, None if masks is None else masks[:, window.frames], attention)

            def velocity(piece: Tensor, t: Tensor) -> Tensor:
                memory.throw_exception_if_processing_interrupted()
                return field(piece.to(x.dtype), t).float()

            return velocity

        fields = list(map(field_of, taken_apart(conditions, windows), windows))
        velocity = joined(windows, fields)(x.transpose(1, 2).float(), timestep)
        return velocity.to(x.dtype).transpose(1, 2)


class FoleyModelConfig(comfy.supported_models_base.BASE):
    """What the host asks of a model's config; sizes come from the library's own."""

    unet_config = {}
    unet_extra_config = {}
    sampling_settings = {"shift": 1.0, "multiplier": 1.0}  # sigma itself is the time step; no schedule shift
    supported_inference_dtypes = [torch.bfloat16, torch.float32]

    def __init__(self, config: MMDiTConfig, mean: Tensor, std: Tensor) -> None:
        samples_per_frame = mel_of(config).hop * MEL_PER_LATENT
        self.latent_format = partial(FoleyLatent, mean, std, samples_per_frame)  # the host calls it
        super().__init__({})
        # Activations per latent frame grow with the width; fitted to the host's formula of about 0.01 MB per
        # unit.
        self.memory_usage_factor = config.hidden_dim / 256

    def inpaint_model(self) -> bool:
        return False  # the host's masks work on the latent; the network has no extra mask channels


class FoleyModel(comfy.model_base.BaseModel):
    """Conditioning and time for the MM-DiT, as the host's samplers ask for them."""

    def __init__(self, model_config: FoleyModelConfig, source: Source, device: torch.device) -> None:
        build = partial(HostMMDiT, source.config)
        super().__init__(model_config, comfy.model_base.ModelType.FLOW, device=device, unet_model=build)
        self.source, self.mel = source, mel_of(source.config)

    def process_timestep(self, timestep: Tensor, **kwargs: Any) -> Tensor:
        # A schedule that a node has put in place may count in thousandths (ModelSamplingSD3), or in sigmas
        # and have no such number (ModelSamplingFlux).
        return 1.0 - timestep / getattr(self.model_sampling, "multiplier", 1.0)

    def extra_conds(self, **kwargs: Any) -> dict[str, Any]:
        """Called once per sampling run and branch, with the weights loaded: conditions for every step."""
        noise = kwargs["noise"]
        features = kwargs.get(FEATURES)
        if features is None:
            raise InputError(
                "conditioning: this CONDITIONING does not come from Kling-Foley; connect the outputs of "
                "'Foley Conditioning' (Text Encode feeds into that node, not into the sampler)."
            )
        check_fit(self.source, **kwargs[SOURCES])
        check_samples(noise, self.source.config.latent_dim, "this model")
        text = kwargs.pop(
            "cross_attn", None
        )  # taken out: the network gets projected tokens, not the raw ones
        out = super().extra_conds(**kwargs)
        given = noise.shape[-1]
        frames = self._frames_of(kwargs[SECONDS], given, kwargs["prompt_type"])
        windows = self._windows(features, kwargs[SECONDS], frames)
        times = kwargs.get(TIMES)
        if times is None:
            parts = [self._conditions(features, text, window, kwargs["device"]) for window in windows]
        else:
            parts = self._timed_conditions(features, times, text, windows, kwargs["device"])
        conditions = put_together(parts)
        conditions = conditions._replace(align=next_to(conditions.align, given - frames))
        conds = {name: comfy.conds.CONDRegular(value) for name, value in conditions._asdict().items()}
        if len(windows) > 1:
            conds[WINDOWS] = comfy.conds.CONDConstant(ending_at(windows, given))
        if times is not None:
            conds[TIMES] = comfy.conds.CONDConstant(times.schedule)
        return out | conds

    def memory_required(self, input_shape: Any, *args: Any, **kwargs: Any) -> float:
        """That of one window: a longer latent is evaluated window by window."""
        *sizes, frames = input_shape
        longest = frames_for(
            Fraction(window_seconds(self.source.config)), self.mel.sampling_rate, self.mel.hop
        )
        return super().memory_required([*sizes, min(frames, longest)], *args, **kwargs)

    def resize_cond_for_context_window(
        self, cond_key: str, cond_value: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Ours stay whole here: the host would cut any whose size happens to be the latent's length, along
        the wrong axis. The network cuts them itself (windows.py), as older hosts never ask."""
        return cond_value if cond_key in Conditions._fields else None

    def _frames_of(self, seconds: Fraction, given: int, branch: str) -> int:
        """Latent frames of the conditioning's `seconds`; InputError unless the latent has as `given` those,
        but for roundings."""
        mel = self.mel
        frames = frames_for(seconds, mel.sampling_rate, mel.hop)
        if abs(given - frames) > NEXT_TO:
            length = given * mel.hop * MEL_PER_LATENT / mel.sampling_rate
            raise InputError(
                f"latent: it has {given} frames, {length:.2f} s of this model's sound, but {branch} was made "
                f"for {float(seconds):g} s, {frames} frames; connect the latent of the same Foley "
                "Conditioning, or bring both to one length."
            )
        return frames

    def _windows(self, features: Features, seconds: Fraction, frames: int) -> tuple[Window, ...]:
        """The library's; one, the whole, where the host's own context windows take their place."""
        options = getattr(self.current_patcher, "model_options", {})
        if options.get("context_handler"):
            return (whole_clip(features, seconds, frames),)
        return windows_of(self.source.config, features, seconds, frames)

    def _timed_conditions(
        self,
        features: Features,
        times: Times,
        tokens: Tensor,
        windows: tuple[Window, ...],
        device: torch.device,
    ) -> list[Conditions]:
        """Each window's, of all texts that act in it; the first one's of all, for their tokens are the same
        everywhere."""
        texts, made = times.texts(tokens), []
        frames, rate = windows[-1].frames.stop + NEXT_TO, float(rate_of(self.source.config))
        masks = times.schedule.masks(frames, rate)
        for window in windows:
            seen = masks[:, window.frames.start : window.frames.stop + NEXT_TO]
            acts = seen.any(1) if made else [True] * len(texts)
            parts = (
                self._conditions(features, text, window, device) if active else None
                for text, active in zip(texts, acts, strict=True)
            )
            made.append(with_texts(list(parts)))
        return made

    def _conditions(
        self, features: Features, text: Tensor | None, window: Window, device: torch.device
    ) -> Conditions:
        if text is not None and text.shape[1] > 0:  # no tokens: the learned empty text
            features = features.with_text(text)
        features = features_in(window, features)
        dtype = self.manual_cast_dtype or self.get_dtype()
        frames = window.frames.stop - window.frames.start
        return self.diffusion_model.condition(features.to(device), frames, dtype)


def model_source(model: Any) -> Source:
    """Of the network in a MODEL; InputError where that is none of ours."""
    if not isinstance(model.model, FoleyModel):
        raise InputError(
            f"model: {type(model.model).__name__} makes no sound for Kling-Foley; connect Load Foley Model."
        )
    return model.model.source


def next_to(align: Tensor, more: int) -> Tensor:
    """[B, L, D] -> [B, L + more, D], `more` from -NEXT_TO to NEXT_TO: the last frame is cut off or held, so
    that none of the others moves."""
    held = align[:, -1:].expand(-1, max(0, more), -1)
    return torch.cat([align[:, : align.shape[1] + min(0, more)], held], dim=1)


def load_model(source: Source, state: dict[str, Tensor], precision: str) -> Any:
    """The MODEL: a patcher around the network, as the host's own diffusion loader builds it."""
    config = source.config
    model_config = FoleyModelConfig(config, state["latent_mean"], state["latent_std"])
    load, offload = memory.get_torch_device(), memory.unet_offload_device()
    dtypes = model_config.supported_inference_dtypes
    parameters = sum(t.numel() for t in state.values())
    dtype = OF_MODELS.get(precision) or memory.unet_dtype(model_params=parameters, supported_dtypes=dtypes)
    model_config.set_inference_dtype(dtype, memory.unet_manual_cast(dtype, load, dtypes))
    model = FoleyModel(model_config, source, device=offload)
    patcher = Patcher(model, load_device=load, offload_device=offload)
    patcher.add_wrapper_with_key(WrappersMP.OUTER_SAMPLE, "kling_foley", ranges_as_masks)
    model.diffusion_model.load_state_dict(state, strict=True, assign=is_dynamic(patcher))
    return patcher
