"""A library network under the host's memory manager, which chooses device and dtype and moves the weights.

The host's layer classes are handed to the library's constructor, so weights stay where the host puts them and
are cast to the input's dtype inside each layer ("manual cast"); dynamic VRAM needs exactly that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import comfy.model_management as memory
import comfy.model_patcher
import comfy.ops
import torch
from comfy.ldm.modules.attention import optimized_attention
from torch import Tensor, nn

from ...kling_foley_core.networks.attention import Attention
from ...kling_foley_core.systems.compatibility import Source
from .precision import AUTO, COMPUTED_AS_KEPT, OF_ENCODERS

# Newer hosts pick the dynamic-VRAM patcher through CoreModelPatcher; older ones know ModelPatcher alone.
Patcher = getattr(comfy.model_patcher, "CoreModelPatcher", comfy.model_patcher.ModelPatcher)


@dataclass(frozen=True)
class Place:
    """Where a kind of network runs and where it waits, and in which number types."""

    load: torch.device
    offload: torch.device
    dtype: torch.dtype  # the weights are kept in
    compute: torch.dtype
    activations: int  # bytes that running it takes besides the weights, at full size; the host makes room


def encoder_place(precision: str = AUTO) -> Place:
    """Text, visual and sync encoders: kept as asked for, else as the host keeps CLIP and its vision and audio
    encoders.

    They compute in bfloat16, like the public models, where the device does that fast; T5 overflows in
    float16.
    """
    load = memory.text_encoder_device()
    dtype = OF_ENCODERS.get(precision) or memory.text_encoder_dtype(load)
    compute = torch.bfloat16 if memory.should_use_bf16(load) else torch.float32
    if precision in COMPUTED_AS_KEPT:
        compute = dtype
    return Place(load, memory.text_encoder_offload_device(), dtype, compute, 2**30)


def codec_place() -> Place:
    """Codec and stereo renderer: where a VAE runs, but in float32, because a vocoder's rounding is heard."""
    return Place(memory.vae_device(), memory.vae_offload_device(), torch.float32, torch.float32, 2**31)


def host_attention(transformer_options: dict[str, Any] | None = None) -> Attention:
    """The attention the user chose for this host (and, through the options, for this model)."""
    options = {} if transformer_options is None else transformer_options

    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return optimized_attention(
            q, k, v, q.shape[1], skip_reshape=True, skip_output_reshape=True, transformer_options=options
        )

    return attention


def host_layers(place: Place) -> dict[str, Any]:
    """What the library's constructors take: the host's layers, which cast their weights at use."""
    return {
        "operations": comfy.ops.manual_cast,
        "attention": host_attention(),
        "device": place.offload,
        "dtype": place.dtype,
    }


def is_dynamic(patcher: Any) -> bool:
    """Whether the host maps weights from the file as they are needed (then they are assigned, not copied)."""
    return getattr(patcher, "is_dynamic", lambda: False)()


def stop_if_cancelled(*_: Any) -> None:
    """A layer's forward pre-hook: raises the host's interrupt when the user has cancelled."""
    memory.throw_exception_if_processing_interrupted()


class HostedNetwork:
    """A network with its patcher. `run` has it loaded, and carries inputs there and outputs back.

    It gives up between any two layers when the user cancels, since a single pass over a long sound can take
    many seconds (the MM-DiT is no HostedNetwork: the host's samplers look after every step).
    """

    def __init__(self, network: nn.Module, place: Place, source: Source) -> None:
        """`source`: the network's file and config; of a codec, its VAE's."""
        self.network = network.requires_grad_(False).eval()
        self.place = place
        self.source = source
        self.patcher = Patcher(network, load_device=place.load, offload_device=place.offload)
        if hasattr(memory, "archive_model_dtypes"):
            memory.archive_model_dtypes(network)
        if not hasattr(comfy.ops, "run_every_op"):  # newer hosts look in each of their layers themselves
            for layer in network.modules():
                if isinstance(layer, comfy.ops.CastWeightBiasOp):
                    layer.register_forward_pre_hook(stop_if_cancelled)

    @property
    def where(self) -> dict[str, Any]:
        """For the encoders, which are told where and in which type to compute."""
        return {"device": self.place.load, "dtype": self.place.compute}

    def run(self, function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        """`function(network, *inputs)` with all on the load device; the result comes back in float32."""
        memory.load_models_gpu([self.patcher], memory_required=self.place.activations)
        out = function(self.network, *(x.to(self.place.load) for x in inputs))
        return out.to(device=memory.intermediate_device(), dtype=torch.float32)

    def run_each(self, function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        """`run` for one item of the inputs' batch after the other: in the memory of one, and each comes out
        to the bit as it does alone."""
        made = [self.run(function, *item) for item in zip(*(x.split(1) for x in inputs), strict=True)]
        return made[0] if len(made) == 1 else torch.cat(made)
