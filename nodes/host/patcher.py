"""A library network under the host's memory manager: the host chooses device and dtype, and moves the weights.

The host's layer classes are handed to the library's constructor, so weights stay where the host puts them and are cast
to the input's dtype inside each layer ("manual cast"); dynamic VRAM needs exactly that.
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

from ...kling_foley_core.attention import Attention

# Newer hosts pick the dynamic-VRAM patcher through CoreModelPatcher; older ones know ModelPatcher alone.
Patcher = getattr(comfy.model_patcher, "CoreModelPatcher", comfy.model_patcher.ModelPatcher)

Build = Callable[..., nn.Module]  # (operations=, attention=, device=, dtype=) -> network


@dataclass(frozen=True)
class Place:
    """Where a kind of network runs, where it waits, and in which dtype it is kept."""

    load: torch.device
    offload: torch.device
    dtype: torch.dtype


def encoder_place() -> Place:
    """Text, visual and sync encoders: as the host treats CLIP and its vision and audio encoders."""
    load = memory.text_encoder_device()
    return Place(load, memory.text_encoder_offload_device(), memory.text_encoder_dtype(load))


def codec_place() -> Place:
    """Codec and stereo renderer: where the host runs a VAE, but in float32, because a vocoder's rounding is heard."""
    return Place(memory.vae_device(), memory.vae_offload_device(), torch.float32)


def host_attention(transformer_options: dict[str, Any] | None = None) -> Attention:
    """The attention the user chose for this host (and, through the options, for this model)."""
    options = {} if transformer_options is None else transformer_options

    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return optimized_attention(
            q, k, v, q.shape[1], skip_reshape=True, skip_output_reshape=True, transformer_options=options
        )

    return attention


def is_dynamic(patcher: Any) -> bool:
    """Whether the host maps weights from the file as they are needed (then they are assigned, not copied)."""
    return getattr(patcher, "is_dynamic", lambda: False)()


class HostedNetwork:
    """A network with its patcher. `run` has it loaded, and carries inputs there and outputs back."""

    def __init__(self, build: Build, state: dict[str, Tensor], place: Place) -> None:
        network = build(
            operations=comfy.ops.manual_cast, attention=host_attention(), device=place.offload, dtype=place.dtype
        ).eval()
        network.requires_grad_(False)
        self.place, self.network = place, network
        self.patcher = Patcher(network, load_device=place.load, offload_device=place.offload)
        if hasattr(memory, "archive_model_dtypes"):
            memory.archive_model_dtypes(network)
        network.load_state_dict(state, strict=True, assign=is_dynamic(self.patcher))

    def run(self, function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        """`function(network, *inputs)` with weights and inputs on the load device; the result comes back in float32."""
        memory.load_models_gpu([self.patcher])
        out = function(self.network, *(x.to(self.place.load) for x in inputs))
        return out.to(device=memory.intermediate_device(), dtype=torch.float32)
