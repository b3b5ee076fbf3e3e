"""Weights of their own for the text and the picture, against the formula written out."""

from __future__ import annotations

import pytest
import torch
from mmdit_golden import features

from kling_foley_core.flow import Part, branches, composed, guided


@pytest.fixture(scope="module")
def length(mmdit_file) -> int:
    return mmdit_file.config["latent_seq_len"]


@pytest.fixture(scope="module")
def three(mmdit_file, mmdit, length):
    """Picture and text, picture and negative text, negative text alone."""
    with torch.no_grad():
        given = features(mmdit_file)
        negative = mmdit_file["in.negative_text_f"]
        kinds = given, given.with_text(negative), given.without_video().with_text(negative)
        return [mmdit.condition(f, length) for f in kinds]


def made(mmdit, three, x, t, text, picture):
    positive, middle, negative = ([Part(c, 1.0)] for c in three)
    return composed(mmdit, branches(positive, negative, text, middle, picture))(x, t)


@torch.no_grad()
@pytest.mark.parametrize(
    ("text", "picture"), [(4.5, 2.0), (2.0, 4.5), (1.0, 3.0), (3.0, 1.0), (0.0, 2.0), (2.0, 0.0)]
)
def test_the_formula(mmdit_file, mmdit, three, text, picture) -> None:
    x, t = mmdit_file["in.latent"], torch.full((2,), 0.3)
    both, seen, none = (mmdit.velocity(x, t, c) for c in three)
    want = none + picture * (seen - none) + text * (both - seen)
    assert torch.allclose(made(mmdit, three, x, t, text, picture), want, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("weight", [4.5, 1.0, 0.0])
@pytest.mark.parametrize("named", [True, False])
def test_equal_weights_are_plain_guidance_to_the_bit(mmdit_file, mmdit, three, weight, named) -> None:
    x, t = mmdit_file["in.latent"], torch.full((2,), 0.3)
    plain = guided(mmdit, three[0], three[2], weight)(x, t)
    assert torch.equal(made(mmdit, three, x, t, weight, weight if named else None), plain)


def test_what_counts_nothing_is_not_evaluated(three) -> None:
    def count(text, picture):
        positive, middle, negative = ([Part(c, 1.0)] for c in three)
        return len(branches(positive, negative, text, middle, picture))

    assert count(4.5, 4.5) == count(4.5, None) == 2 and count(1.0, None) == count(1.0, 1.0) == 1
    assert count(4.5, 2.0) == 3, "one call more"
    assert count(0.0, 2.0) == 2 and count(3.0, 1.0) == 2 and count(0.0, 1.0) == 1
