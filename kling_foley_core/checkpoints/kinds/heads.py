"""How many heads an attention has: shapes don't tell, the published networks' head widths do."""

from __future__ import annotations

from ...errors import InputError

CLIP_VISION_HEAD_WIDTHS = {1280: 80, 1664: 104}  # ViT-H/14, ViT-bigG/14; all others have 64


def heads_of(width: int, head_width: int, what: str) -> int:
    """width / head_width; refuses a width of which no published network tells the heads."""
    if width % head_width:
        raise InputError(
            f"{what} is {width} wide, which is no multiple of {head_width}: its number of heads can't be "
            "told from the tensors (files written by kling-foley say it)"
        )
    return width // head_width
