"""KL, agreement, cosine, DeSync and speech of clips against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures.agreement import class_agreement
from kling_foley_core.evaluation.measures.desync import desync
from kling_foley_core.evaluation.measures.kl import kl_divergence
from kling_foley_core.evaluation.measures.relevance import cosine
from kling_foley_core.evaluation.measures.speech import speech_share, unwanted_speech


def test_kl_is_of_the_true_sound_given_the_generated() -> None:
    true, generated = np.log([[0.5, 0.5], [0.9, 0.1]]), np.log([[0.25, 0.75], [0.9, 0.1]])
    by_hand = 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)
    assert np.allclose(kl_divergence(generated, true), [by_hand, 0])
    assert not np.isclose(kl_divergence(true, generated)[0], by_hand)


def test_kl_of_sure_logits_is_finite() -> None:
    assert np.allclose(kl_divergence([[0.0, 5000.0]], [[5000.0, 0.0]]), 5000)


def test_agreement_is_of_the_first_class() -> None:
    assert class_agreement([[1, 3, 2], [4, 0, 1]], [[0, 9, 1], [0, 1, 4]]).tolist() == [1, 0]


def test_cosine_by_hand() -> None:
    assert np.allclose(cosine([[3, 4], [1, 0], [0, 0]], [[4, 3], [-2, 0], [1, 1]]), [0.96, -1, 0])
    with pytest.raises(InputError, match="2 rows can't be paired with 1"):
        cosine([[1, 0], [0, 1]], [[1, 0]])


def test_desync_is_the_size_of_both_windows_offsets() -> None:
    logits = np.zeros((2, 2, 21))
    logits[0, 0, 0] = logits[0, 1, 20] = logits[1, 0, 10] = logits[1, 1, 8] = 1  # -2, 2; 0, -0.4 s
    assert np.allclose(desync(logits), [2, 0.2])
    with pytest.raises(InputError, match=r"give \[clips, 2 windows, 21\]"):
        desync(logits[0])


def test_speech_is_unwanted_where_the_film_has_none() -> None:
    sound = [0.1, 0.5, 0.9, 0.2]
    assert speech_share(sound) == 50
    assert unwanted_speech(sound, None) == unwanted_speech(sound, [0.0] * 30 + [0.9]) == 50
    assert unwanted_speech(sound, [0.0, 0.9]) is None
