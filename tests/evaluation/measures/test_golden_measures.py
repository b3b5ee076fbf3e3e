"""The measures of sets of features against the golden vectors."""

from __future__ import annotations

import pytest
import torch
from golden_files import comparisons, golden

from kling_foley_core.evaluation.measures.desync import OFFSETS, desync
from kling_foley_core.evaluation.measures.frechet import frechet_distance, frechet_influences
from kling_foley_core.evaluation.measures.inception import inception_influences, inception_score
from kling_foley_core.evaluation.measures.kid import kernel_distance
from kling_foley_core.evaluation.measures.kl import kl_divergence
from kling_foley_core.evaluation.measures.relevance import cosine

G = golden("metrics")


def check(name: str, value: float, rel: float) -> None:
    want = G.config["expected"][name]
    off = abs(value - want)
    comparisons.append(("metrics", name, off, off, rel * abs(want), rel * abs(want)))
    assert value == pytest.approx(want, rel=rel)


def test_frechet() -> None:
    x, y = G["in.pred_features"], G["in.gt_features"]
    check("fd", frechet_distance(x, y), 1e-4)
    check("fd_few_rows", frechet_distance(x[:5], y[:6]), 1e-2)


def test_frechet_with_influences_is_the_same_distance() -> None:
    x, y = G["in.pred_features"], G["in.gt_features"]
    check("fd", frechet_influences(x, y, (torch.arange(65), torch.arange(60)))[0], 1e-4)
    check("fd_few_rows", frechet_influences(x[:5], y[:6], (torch.arange(5), torch.arange(6)))[0], 1e-2)


def test_kl() -> None:
    check("kl_softmax", kl_divergence(G["in.pred_logits"], G["in.gt_logits"]).mean(), 1e-6)


def test_inception_score() -> None:
    mean, deviation = inception_score(G["in.pred_logits"])
    check("isc_mean", mean, 1e-6)
    check("isc_std", deviation, 1e-6)
    check("isc_mean", inception_influences(G["in.pred_logits"])[0], 1e-6)


def test_kernel_distance() -> None:
    settings = G.config["kid_settings"]
    mean, deviation = kernel_distance(
        G["in.pred_features"], G["in.gt_features"], settings["subsets"], settings["subset_size"]
    )
    check("kid_mean", mean, 1e-6)
    check("kid_std", deviation, 1e-6)


def test_cosine() -> None:
    check("cosine_mean", cosine(G["in.video_emb"], G["in.audio_emb"]).mean(), 1e-6)


def test_desync() -> None:
    G.check("out.sync_grid", torch.from_numpy(OFFSETS))
    check("desync", desync(G["in.sync_logits"].reshape(7, 2, 21)).mean(), 1e-6)
