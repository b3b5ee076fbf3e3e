"""Classifier-free guidance as a sum of fields: the solver sees one velocity field and never knows of the
other branches.

v = w v(conditions) + (1 - w) v(empty or negative conditions). The paper does not mention guidance; the form
and the default weight 4.5 are MMAudio's. A weight below 1 means the conditional branch alone, and so does
exactly 1, where the other branch would be multiplied by 0.

The text and the picture may have weights of their own, w and p:
v = v(none) + p (v(picture) - v(none)) + w (v(picture, text) - v(picture)), where "none" and "picture" have
the negative text. This is the composition of InstructPix2Pix (Brooks et al. 2023) for a picture and a text:
one field more, and with w = p the same as above, without it. Weight 0 of the text is the picture alone,
weight 0 of the picture leaves of it what the text's difference says.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..mmdit import Conditions, MMDiT
from .composition import Part, Velocity, composed


def branches(
    positive: Sequence[Part],
    negative: Sequence[Part],
    weight: float,
    picture: Sequence[Part] = (),
    picture_weight: float | None = None,
) -> list[Part]:
    """The parts of the guided field. `positive`: picture and text; `picture`: picture and negative text, of
    use only where `picture_weight` (None: the same as `weight`) is another; `negative`: negative text alone.
    Those that count nothing are left out.
    """
    if picture_weight is None or picture_weight == weight:
        if weight <= 1:
            return list(positive)
        picture_weight = weight
    shares = (
        (positive, weight),
        (picture, picture_weight - weight),
        (negative, 1 - picture_weight),
    )
    return [part.times(share) for parts, share in shares if share != 0 for part in parts]


def guided(model: MMDiT, positive: Conditions, negative: Conditions, weight: float) -> Velocity:
    """The velocity field under plain guidance; both branches run as one batch of 2 B when their shapes
    agree."""
    return composed(model, branches([Part(positive, 1.0)], [Part(negative, 1.0)], weight))
