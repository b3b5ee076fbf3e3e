"""CLIP's text tower against the golden one; its mask and its padding."""

from __future__ import annotations

import pytest
import torch
from clip_golden import text_tower
from golden_files import golden

from kling_foley_core.encoders.text.clip import ClipTextConfig, ClipTextEncoder
from kling_foley_core.errors import InputError

TINY = ClipTextConfig(width=32, layers=2, heads=2, mlp=128, vocabulary=512, length=77)
TOY = ClipTextConfig(width=16, layers=1, heads=2, mlp=32, vocabulary=49408, length=77)


def golden_encoder() -> ClipTextEncoder:
    encoder = ClipTextEncoder(TINY, device="meta")
    encoder.load_state_dict(text_tower(golden("clip")), strict=True, assign=True)
    return encoder


@torch.no_grad()
def test_golden_hidden_states_and_features() -> None:
    file, encoder = golden("clip"), golden_encoder()
    file.check("out.text_hidden_unnormalized", encoder.hidden_states(file["in.token_ids"]))
    file.check("out.text_features", encoder.encode_ids(file["in.token_ids"]))


@torch.no_grad()
def test_the_only_mask_is_the_causal_one() -> None:
    """A changed padding id changes that position and all later ones and nothing before, training or not."""
    encoder = golden_encoder().train()
    ids = golden("clip")["in.token_ids"][:1]
    changed = ids.clone()
    changed[0, 60] = 7
    before, after = encoder.encode_ids(ids)[0], encoder.encode_ids(changed)[0]
    torch.testing.assert_close(before[:60], after[:60], atol=1e-6, rtol=0)
    assert ((before[60:] - after[60:]).abs().amax(dim=-1) > 1e-6).all()


@torch.no_grad()
def test_encode_goes_through_the_tokenizer() -> None:
    encoder = ClipTextEncoder(TOY)
    features = encoder.encode(["a dog barks", ""])
    assert features.shape == (2, 77, 16) and (encoder.length, encoder.dim) == (77, 16)
    ids = torch.zeros(1, 77, dtype=torch.int64)
    ids[0, :6] = torch.tensor([49406, 320, 1929, 1040, 662, 49407])
    torch.testing.assert_close(features[:1], encoder.encode_ids(ids), atol=1e-6, rtol=0)
    torch.testing.assert_close(features.norm(dim=-1), torch.ones(2, 77))


@pytest.mark.parametrize(
    ("texts", "words"), [([], r"\[\]"), ("rain", "list"), (["a", None], r"texts\[1\].*NoneType")]
)
def test_bad_texts_are_named(texts: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ClipTextEncoder(TOY).encode(texts)
