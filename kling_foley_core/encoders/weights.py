"""Strict loading of the encoders' weights under their public names, with errors that name what does not fit.

CLIP files hold both towers; canonical names are transformers' (`vision_model.*`, `visual_projection.weight`,
`text_model.*`), which the encoders carry themselves, whatever the installed release of transformers calls
them inside.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ..errors import InputError

CLIP_VISION_NAMES = ("vision_model.", "visual_projection.")
CLIP_TEXT_NAMES = ("text_model.",)


def load_clip_vision(encoder: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Loads the vision half of a whole CLIP's (or a vision-only) canonical state dict."""
    _load_part(encoder, state, CLIP_VISION_NAMES, "CLIP vision tower")


def load_clip_text(encoder: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Loads the text half; `text_projection` is not part of the features (specification 5.2)."""
    _load_part(encoder, state, CLIP_TEXT_NAMES, "CLIP text tower")


def _load_part(encoder: nn.Module, state: Mapping[str, Tensor], names: tuple[str, ...], what: str) -> None:
    part = {
        name: tensor
        for name, tensor in state.items()
        if name.startswith(names) and not name.endswith("position_ids")  # older files carry these numbers
    }
    if not part:
        raise InputError(
            f"{what}: none of the {len(state)} tensors belong to it; pick a CLIP file that has both towers."
        )
    load_strictly(encoder, part, what)


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], what: str) -> None:
    """`state` becomes the weights of `network`, not copied; each tensor must be there, fit, be wanted."""
    own = network.state_dict()
    missing, unexpected = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    misfits = [
        f"{name} is {list(state[name].shape)}, not {list(own[name].shape)}"
        for name in own.keys() & state.keys()
        if state[name].shape != own[name].shape
    ]
    problems = [
        f"{len(found)} {kind}, such as {found[0]}"
        for kind, found in (("missing", missing), ("unexpected", unexpected), ("of another shape", misfits))
        if found
    ]
    if problems:
        raise InputError(
            f"{what}: the file does not fit this network: {'; '.join(problems)}. Pick the matching file."
        )
    network.load_state_dict(state, strict=True, assign=True)
