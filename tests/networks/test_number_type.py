"""Which number type is taken where none is asked for: as products are timed, not as the processor says."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.networks import number_type
from kling_foley_core.networks.number_type import bfloat16_is_faster, checked_number_type, usual_number_type
from kling_foley_core.systems import staged

CPU, CUDA, MPS = map(torch.device, ("cpu", "cuda", "mps"))


@pytest.fixture
def timed(monkeypatch):
    """Products of a processor that takes so many seconds; gives the list of what was timed."""
    asked = []

    def takes(**seconds: float) -> list[torch.dtype]:
        names = {torch.float32: "float32", torch.bfloat16: "bfloat16"}
        monkeypatch.setattr(number_type, "_seconds", lambda d: (asked.append(d), seconds[names[d]])[1])
        return asked

    bfloat16_is_faster.cache_clear()
    yield takes
    bfloat16_is_faster.cache_clear()


def test_the_faster_one_is_taken_and_timed_once(timed) -> None:
    asked = timed(float32=1.0, bfloat16=0.5)
    assert [usual_number_type(CPU, small=False) for _ in range(3)] == [torch.bfloat16] * 3
    assert len(asked) == 2


def test_where_bfloat16_is_emulated_it_is_float32(timed) -> None:
    timed(float32=1.0, bfloat16=7.0)
    assert usual_number_type(CPU, small=False) == torch.float32


def test_where_both_are_about_as_fast_it_is_float32(timed) -> None:
    """What varies from run to run must not choose: a seed would sound otherwise the next time."""
    timed(float32=1.0, bfloat16=0.9)
    assert usual_number_type(CPU, small=False) == torch.float32


def test_nothing_is_timed_where_nothing_is_to_choose(timed) -> None:
    asked = timed(float32=1.0, bfloat16=0.5)
    assert usual_number_type(CPU, small=True) == torch.float32
    assert usual_number_type(CUDA, small=True) == torch.bfloat16
    assert usual_number_type(MPS, small=False) == torch.float32
    assert FoleyPipeline.from_pretrained("small", "cpu").dtype == torch.float32
    assert asked == []


def test_a_large_system_takes_the_faster_one(timed, monkeypatch) -> None:
    timed(float32=1.0, bfloat16=0.5)
    monkeypatch.setattr(staged, "SMALL_BYTES", 1)
    assert FoleyPipeline.from_pretrained("small", "cpu").dtype == torch.bfloat16
    assert FoleyPipeline.from_pretrained("small", "cpu", dtype="float32").dtype == torch.float32


def test_products_are_timed_in_both() -> None:
    assert number_type._seconds(torch.float32) > 0 and number_type._seconds(torch.bfloat16) > 0


def test_what_is_asked_for_is_taken() -> None:
    assert checked_number_type("auto") is checked_number_type(None) is None
    for asked in ("bfloat16", torch.bfloat16):
        assert checked_number_type(asked) == torch.bfloat16
    assert FoleyPipeline.from_pretrained("small", "cpu", dtype="bfloat16").dtype == torch.bfloat16


@pytest.mark.parametrize(
    "asked", ["float8", torch.float8_e4m3fn, "float16", torch.float16, "int", torch.int8]
)
def test_others_are_refused(asked) -> None:
    with pytest.raises(InputError, match=r"dtype .*: use auto, float32 or bfloat16"):
        FoleyPipeline.from_pretrained("small", "cpu", dtype=asked)
