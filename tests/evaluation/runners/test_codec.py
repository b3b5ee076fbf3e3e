"""The codec's table on two held-out sounds."""

from __future__ import annotations

import torch

from kling_foley_core.evaluation.runners import codec
from kling_foley_core.pipeline import FoleyPipeline


class Bank:
    """Two held-out sounds."""

    def select(self, split, kind):
        return [kind] if split == "held_out" and kind in ("speech", "music") else []

    def wave_of(self, entry):
        draw = torch.Generator().manual_seed(len(entry))
        return 0.1 * torch.randn(22050, generator=draw)


def test_codec_table() -> None:
    pipeline = FoleyPipeline.from_pretrained("small", device="cpu")
    result = codec.evaluate_codec(pipeline.parts.codec, Bank())
    assert list(result["rows"]) == ["speech: mel", "speech: codec", "music: mel", "music: codec"]
    assert result["clips"]["speech"] == 1 and result["clips"]["effects"] == 0
    assert all(v is not None for k, v in result["rows"]["music: codec"].items() if k != "pesq")
    assert "SI-SDR" in codec.codec_table(result)
