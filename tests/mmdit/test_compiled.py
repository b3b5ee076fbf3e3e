"""Padded latents and pictures give what unpadded ones give; one compilation for each kind of length."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from torch import nn

from kling_foley_core.errors import InputError
from kling_foley_core.generation.pipeline import FoleyPipeline, VideoFeatures
from kling_foley_core.mmdit import Features, MMDiT
from kling_foley_core.mmdit.compiled import CompiledVelocity, check_compiler, compile_velocity
from kling_foley_core.networks import convolution
from kling_foley_core.presets import PRESETS
from kling_foley_core.timing import latent_frames

RATE = Fraction(44100, 1024)
SIZES = {
    "hidden_dim": 32,
    "num_heads": 2,
    "joint_depth": 2,
    "audio_depth": 1,
    "visual_dim": 11,
    "sync_dim": 9,
    "text_dim": 7,
    "text_len": 6,
    "latent_dim": 5,
}


def made(preset: str, **sizes: int) -> MMDiT:
    torch.manual_seed(0)
    model = MMDiT(replace(PRESETS[preset].generator, **SIZES | sizes))
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model.eval()


@pytest.fixture(scope="module", params=["mmaudio_large_44k_v2", "small"])
def model(request) -> MMDiT:
    return made(request.param)


def given(model: MMDiT, seconds: float, batch: int = 2):
    """Latent, time and conditions of `seconds`."""
    torch.manual_seed(1)
    length = latent_frames(seconds, 44100, 512)
    features = Features.of(seconds, text=torch.randn(batch, 6, 7))
    features = replace(
        features,
        visual=torch.randn(batch, features.visual_len, 11),
        sync=torch.randn(batch, features.sync_len, 9),
    )
    return torch.randn(batch, length, 5), torch.full((batch,), 0.4), model.condition(features, length)


def beyond(x: torch.Tensor, length: int) -> torch.Tensor:
    """x [B, N, C] with large numbers where nobody may look."""
    return torch.cat((x, 1e3 * torch.randn(x.shape[0], length - x.shape[1], x.shape[2])), dim=1)


def with_padding(model: MMDiT, seconds: float, kept: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """(unpadded, padded by 37 frames and 5 pictures)."""
    x, t, conditions = given(model, seconds)
    length, tokens = x.shape[1], conditions.visual.shape[1]
    padded = conditions._replace(
        visual=beyond(conditions.visual, tokens + 5), align=beyond(conditions.align, length + 37)
    )
    turns = model.turns(length + 37, tokens + 5, length / tokens, x.device)
    masks = tuple((torch.arange(n + more) < n)[None, :, None] for n, more in ((length, 37), (tokens, 5)))
    got = model.evaluate(beyond(x, length + 37), t, padded, turns, masks if kept else None)
    return model.velocity(x, t, conditions), got[:, :length]


@pytest.mark.parametrize("fewest", [convolution.FEWEST, 1], ids=["plain", "tiled"])
@torch.inference_mode()
def test_padding_changes_nothing(model, fewest, monkeypatch) -> None:
    """Within float32 sums; and without the masks it would change much."""
    monkeypatch.setattr(convolution, "FEWEST", fewest)
    monkeypatch.setattr(convolution, "NARROWEST", min(fewest, convolution.NARROWEST))
    for seconds in (0.7, 2.0, 3.3):
        want, got = with_padding(model, seconds, kept=True)
        assert (got - want).abs().max() < 1e-5 * want.abs().max()
    want, got = with_padding(model, 2.0, kept=False)
    assert (got - want).abs().max() > 1e-2 * want.abs().max()


@torch.inference_mode()
def test_one_compilation_for_each_kind_of_length() -> None:
    """Ten lengths from 0.7 to 4 s are two kinds; each gives what the network gives."""
    torch.compiler.reset()
    model, graphs = made("small", joint_depth=1), []

    def counting(graph, inputs):
        graphs.append(graph)
        return graph

    compiled = CompiledVelocity(model, RATE, backend=counting)
    for seconds in (0.7, 1.0, 1.3, 1.9, 2.0, 2.2, 2.5, 3.0, 3.3, 4.0):
        x, t, conditions = given(model, seconds)
        want, got = model.velocity(x, t, conditions), compiled(x, t, conditions)
        assert (got - want).abs().max() < 1e-5 * want.abs().max()
        spread = [c[:1].expand(2, *c.shape[1:]) for c in conditions]  # another layout, the same kind
        compiled(x, t, conditions._make(spread))
    assert len(graphs) == 2


@torch.inference_mode()
def test_the_network_runs_compiled(model, monkeypatch) -> None:
    monkeypatch.setattr("torch.compile", lambda function, **options: function)
    x, t, conditions = given(model, 1.0)
    want = model.velocity(x, t, conditions)
    compile_velocity(model, RATE)
    try:
        assert isinstance(model.compiled, CompiledVelocity)
        got = model.velocity(x, t, conditions)
    finally:
        model.compiled = None
    assert (got - want).abs().max() < 1e-5 * want.abs().max()


def test_a_compiler_that_is_missing_is_named(monkeypatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: name if name == "clang++" else None)
    with pytest.raises(InputError, match=r"C\+\+ compiler.*g\+\+ is not found.*CXX"):
        FoleyPipeline.from_pretrained("small", "cpu", compiled=True)  # torch looks for no clang++ there
    monkeypatch.setenv("CXX", "clang++ -std=c++20")
    check_compiler(torch.device("cpu"))
    monkeypatch.setenv("CXX", "")
    with pytest.raises(InputError, match="CXX is not found"):
        check_compiler(torch.device("cpu"))


@torch.inference_mode()
def test_a_pipeline_compiles_its_generator(monkeypatch) -> None:
    """The same sound but for rounding, through the compiled velocity."""
    seen = []

    def compile(function, **options):
        seen.append(options)
        return function

    monkeypatch.setattr("torch.compile", compile)
    monkeypatch.setattr("shutil.which", lambda name: name)
    latents = []
    for compiled in (False, True):
        pipeline = FoleyPipeline.from_pretrained("small", "cpu", compiled=compiled)
        features = VideoFeatures(None, None, Fraction(1), 0.0, 1.0)
        latents.append(pipeline.sample(features, None, None, torch.tensor([0.0, 0.5, 1.0]), 2.0))
    assert [options["dynamic"] for options in seen] == [False]
    plain, made = latents
    assert (made - plain).abs().max() < 1e-4 * plain.abs().max()
