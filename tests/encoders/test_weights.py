"""Loading CLIP halves strictly, with errors that name what does not fit."""

from __future__ import annotations

import pytest
import torch
from clip_golden import canonical_clip
from golden_files import golden
from torch import Tensor

from kling_foley_core.encoders.text.clip import ClipTextConfig, ClipTextEncoder
from kling_foley_core.encoders.visual.clip import ClipVisualEncoder, VisualConfig
from kling_foley_core.encoders.weights import load_clip_text, load_clip_vision
from kling_foley_core.errors import InputError

VISUAL = VisualConfig(
    width=40, layers=2, heads=2, mlp=160, patch=14, image_size=378, input_size=384, projection=32
)
TEXT = ClipTextConfig(width=32, layers=2, heads=2, mlp=128, vocabulary=512, length=77)


@pytest.fixture
def whole() -> dict[str, Tensor]:
    return canonical_clip(golden("clip"))


def test_each_half_takes_its_own_tensors_and_ignores_position_numbers(whole: dict[str, Tensor]) -> None:
    whole["vision_model.embeddings.position_ids"] = torch.arange(730)[None]
    whole["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    vision, text = ClipVisualEncoder(VISUAL, device="meta"), ClipTextEncoder(TEXT, device="meta")
    load_clip_vision(vision, whole)
    load_clip_text(text, whole)
    for encoder in (vision, text):
        for name, tensor in encoder.state_dict().items():
            assert tensor.data_ptr() == whole[name].data_ptr()
    loaded = len(vision.state_dict()) + len(text.state_dict())
    assert loaded == len(whole) - 4  # all but two position_ids, text_projection and logit_scale


def test_missing_unexpected_and_misfitting_tensors_are_named(whole: dict[str, Tensor]) -> None:
    del whole["visual_projection.weight"]
    whole["vision_model.extra"] = torch.zeros(1)
    whole["vision_model.pre_layrnorm.bias"] = torch.zeros(3)
    with pytest.raises(InputError) as caught:
        load_clip_vision(ClipVisualEncoder(VISUAL, device="meta"), whole)
    for words in (
        "1 missing, such as visual_projection.weight",
        "1 unexpected, such as vision_model.extra",
        "vision_model.pre_layrnorm.bias is [3], not [40]",
    ):
        assert words in str(caught.value)


def test_a_file_with_one_tower_only_is_told(whole: dict[str, Tensor]) -> None:
    vision_only = {k: v for k, v in whole.items() if k.startswith("vis")}
    with pytest.raises(InputError, match="text tower: none of the"):
        load_clip_text(ClipTextEncoder(TEXT, device="meta"), vision_only)
