"""Texts with times: masks that share out every frame, and the sum of fields against its plain form."""

from __future__ import annotations

import weakref
from fractions import Fraction

import pytest
import torch
from mmdit_golden import features

from kling_foley_core.flow import ALWAYS, Part, Schedule, branches, composed, guided, in_time
from kling_foley_core.flow.timed import FADE

RATE = 44100 / 1024
THREE = Schedule((Fraction(2), Fraction(5)), (0, 1, 0))


@pytest.fixture(scope="module")
def length(mmdit_file) -> int:
    return mmdit_file.config["latent_seq_len"]


def test_masks_share_out_every_frame() -> None:
    masks = THREE.masks(345, RATE)
    assert masks.shape == (2, 345) and masks.dtype == torch.float32
    assert (masks.sum(0) - 1).abs().max() <= 1e-6 and masks.min() >= 0
    middles = (torch.arange(345) + 0.5) / RATE
    inside = (middles > 2) & (middles < 5)
    far = ((middles - 2).abs() > FADE / 2) & ((middles - 5).abs() > FADE / 2)
    assert torch.equal(masks[1, far], inside[far].float())
    fading = ~far
    assert fading.sum() == pytest.approx(2 * FADE * RATE, abs=3)
    assert torch.equal(masks[1, fading] > 0.5, inside[fading])


def test_no_fade_at_the_ends_of_the_sound() -> None:
    masks = Schedule((Fraction(4),), (0, 1)).masks(345, RATE)
    assert (masks[0, :100] == 1).all() and (masks[1, -100:] == 1).all()


def test_stretches_shorter_than_the_fade_still_share_out() -> None:
    masks = Schedule((Fraction(1), Fraction(11, 10)), (0, 1, 2)).masks(100, RATE)
    assert (masks.sum(0) - 1).abs().max() <= 1e-6 and masks.min() >= 0
    assert 0 < masks[1].max() < 1


def test_one_text_has_all() -> None:
    assert torch.equal(ALWAYS.masks(7, RATE), torch.ones(1, 7))


def given(file, mmdit, length, **text):
    return mmdit.condition(features(file, **text), length)


@torch.no_grad()
def test_texts_in_time_against_the_plain_sum(mmdit_file, mmdit, length) -> None:
    """Three texts, of which one acts in no frame, guided against a negative one, share by share."""
    texts = [given(mmdit_file, mmdit, length, text=mmdit_file["in.text_f"] * s) for s in (1.0, -0.5, 2.0)]
    negative = mmdit.condition(features(mmdit_file).without_video().with_text(None), length)
    masks = torch.zeros(3, length)
    masks[0] = torch.linspace(0, 1, length)
    masks[2] = 1 - masks[0]
    parts = in_time(masks, texts.__getitem__)
    assert len(parts) == 2
    x, t = mmdit_file["in.latent"], torch.full((2,), 0.3)
    fields = [mmdit.velocity(x, t, c) for c in texts]
    inside = sum(m[:, None] * f for m, f in zip(masks, fields, strict=True))
    want = 4.5 * inside - 3.5 * mmdit.velocity(x, t, negative)
    made = composed(mmdit, branches(parts, [Part(negative, 1.0)], 4.5))(x, t)
    assert torch.allclose(made, want, atol=1e-4)
    assert not torch.allclose(made, 4.5 * fields[0] - 3.5 * mmdit.velocity(x, t, negative), atol=1e-2)


@torch.no_grad()
@pytest.mark.parametrize("weight", [4.5, 1.0, 0.5])
def test_one_text_is_the_same_to_the_bit(mmdit_file, mmdit, length, weight) -> None:
    texts = [given(mmdit_file, mmdit, length, text=mmdit_file["in.text_f"] * s) for s in (1.0, 2.0)]
    negative = mmdit.condition(features(mmdit_file).without_video().with_text(None), length)
    x, t = mmdit_file["in.latent"], torch.full((2,), 0.3)
    plain = guided(mmdit, texts[1], negative, weight)(x, t)
    parts = in_time(torch.tensor([[0.0], [1.0]]).expand(2, length), texts.__getitem__)
    assert torch.equal(composed(mmdit, branches(parts, [Part(negative, 1.0)], weight))(x, t), plain)


@torch.no_grad()
def test_only_texts_that_act_are_evaluated(mmdit_file, mmdit, length, monkeypatch) -> None:
    seen = []
    velocity = mmdit.velocity

    def counted(x, *given):
        seen.append(len(x))
        return velocity(x, *given)

    monkeypatch.setattr(mmdit, "velocity", counted)
    text = given(mmdit_file, mmdit, length)
    masks = torch.zeros(9, length)
    masks[:5] = 0.2
    x = mmdit_file["in.latent"]
    composed(mmdit, branches(in_time(masks, lambda i: text), [Part(text, 1.0)], 4.5))(x, torch.zeros(2))
    assert seen == [4, 4, 4], "five texts and the negative one, never more than two at once"


def test_a_field_holds_its_conditions_once(mmdit_file, mmdit, length) -> None:
    parts = [Part(given(mmdit_file, mmdit, length), share) for share in (2.0, -1.0)]
    left = [weakref.ref(tensor) for part in parts for tensor in part.conditions]
    field = composed(mmdit, parts)
    del parts
    assert field is not None and all(tensor() is None for tensor in left)
