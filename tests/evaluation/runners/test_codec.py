"""The codec's table on held-out sounds: given ones, of shards, and of a folder of files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sound_shards import RATE, sounds, tone, write

from kling_foley_core.cli import main
from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.runners import codec
from kling_foley_core.evaluation.runners.held_out_sounds import HeldOutSound, held_out_sounds
from kling_foley_core.media import save_audio
from kling_foley_core.pipeline import FoleyPipeline


def a_sound(kind: str) -> HeldOutSound:
    draw = torch.Generator().manual_seed(len(kind))
    return HeldOutSound(kind, lambda: (0.1 * torch.randn(22050, generator=draw)).numpy())


def test_codec_table() -> None:
    pipeline = FoleyPipeline.from_pretrained("small", device="cpu")
    given = [a_sound(kind) for kind in ("speech", "music", "music")]
    result = codec.evaluate_codec(pipeline.parts.codec, given, most=1)
    assert list(result["rows"]) == ["speech: mel", "speech: codec", "music: mel", "music: codec"]
    assert result["clips"] == {"speech": 1, "music": 1}
    assert all(v is not None for k, v in result["rows"]["music: codec"].items() if k != "pesq")
    assert "SI-SDR" in codec.codec_table(result)


def test_the_held_out_samples_of_shards_are_measured(tmp_path, capsys) -> None:
    shards, out = write(tmp_path / "shards", sounds()), tmp_path / "codec.json"
    place = ["--json", str(out), "--cache", str(tmp_path / "cache"), "--device", "cpu"]
    assert main(["evaluate", "codec", "--data", str(shards), *place]) == 0
    assert json.loads(out.read_text())["clips"] == {"world": 1} and "world: codec" in capsys.readouterr().out
    with pytest.raises(InputError, match="44100 Hz, and the model's codec works at 16000 Hz"):
        held_out_sounds([shards], 16000)


def test_the_held_out_files_of_a_folder_are_measured(tmp_path) -> None:
    for number in range(3):
        save_audio(tmp_path / f"{number}.wav", torch.from_numpy(tone(220, 1.0))[None], RATE)
    (found,) = held_out_sounds([tmp_path], RATE)
    assert found.kind == "other" and np.allclose(found.wave(), tone(220, 1.0), atol=1e-3)
