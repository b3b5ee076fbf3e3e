"""KL divergence of two clips' class probabilities: logits [n, classes] each, row by row -> [n], natural log.

    P = softmax(true), Q = softmax(generated)        KL = sum_c P_c (log P_c - log Q_c)

What the true sound is said to be and the generated one is not; the measure is the mean over clips
(Iashin and Rahtu, 2021). No epsilon: of logarithms of softmax, which stay finite. YAMNet's and PANNs' classes
are not exclusive, yet the softmax is what is published.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax

from .rows import pairs


def kl_divergence(generated: ArrayLike, true: ArrayLike) -> np.ndarray:
    """[n], from 0; lower is better."""
    log_q, log_p = (log_softmax(v, axis=1) for v in pairs(generated, true, ("generated", "true")))
    return (np.exp(log_p) * (log_p - log_q)).sum(1)
