"""Kling-Foley's own conditioning: durations, align and global feature, learned empties, aligned positions."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from kling_foley_core.errors import InputError
from kling_foley_core.mmdit import Features, MMDiT, MMDiTConfig
from kling_foley_core.mmdit.rope import rotate, rotations

KLING = MMDiTConfig(
    latent_dim=5,
    hidden_dim=32,
    num_heads=2,
    joint_depth=2,
    audio_depth=1,
    visual_dim=11,
    sync_dim=9,
    text_dim=7,
    text_len=6,
    activation="silu",
    input_silu=True,
    time_dim=16,
    time_max_period=10000.0,
    sync_in_global=True,
    align_visual=True,
    duration_rows=12,
    countdown_rows=5,
    mlp_ratio=4,
    upsampling="nearest",
)
SECONDS, LENGTH = 2.0, 87


@pytest.fixture(scope="module")
def model() -> MMDiT:
    torch.manual_seed(0)
    model = MMDiT(KLING)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model.eval()


def given(batch: int = 1, **changes) -> Features:
    torch.manual_seed(1)
    tokens = {
        "visual": torch.randn(batch, 16, 11),
        "sync": torch.randn(batch, 40, 9),
        "text": torch.randn(batch, 6, 7),
    }
    return replace(Features.of(SECONDS, **tokens), **changes)


def velocity(model: MMDiT, features: Features, batch: int = 1) -> torch.Tensor:
    torch.manual_seed(2)
    x = torch.randn(1, LENGTH, 5).expand(batch, -1, -1)
    with torch.no_grad():
        return model(x, torch.full((batch,), 0.4), features)


def test_each_frame_is_told_the_seconds_that_are_left(model) -> None:
    """The plain twin, frame by frame: between the two rows about total - (start + middle of the frame)."""
    table = model.seconds_left.weight
    silent = MMDiT(replace(KLING, countdown_rows=None))
    silent.load_state_dict(model.state_dict(), strict=False)
    for start, total in ((0.0, 2.0), (1.5, 3.2), (0.0, 30.0), (5.0, 6.0)):
        f = given(seconds_start=torch.tensor([start]), seconds_total=torch.tensor([total]))
        with torch.no_grad():
            told = model.condition(f, LENGTH).align - silent.condition(f, LENGTH).align
        for frame in range(0, LENGTH, 7):
            left = min(max(total - start - (frame + 0.5) * 1024 / 44100, 0.0), 4.0)
            row = min(int(left), 3)
            want = table[row] + (left - row) * (table[row + 1] - table[row])
            torch.testing.assert_close(told[0, frame], want, atol=1e-4, rtol=1e-4)


def test_starts_alone_make_a_batch(model) -> None:
    """Two windows of one source."""
    f = given(seconds_start=torch.tensor([0.0, 1.5]), seconds_total=torch.tensor([3.2]))
    with torch.no_grad():
        both = model.condition(f, LENGTH)
        for i, start in enumerate((0.0, 1.5)):
            alone = model.condition(replace(f, seconds_start=torch.tensor([start])), LENGTH)
            for a, b in zip(alone, both, strict=True):
                torch.testing.assert_close(a[0], b[i], atol=1e-5, rtol=1e-5)


def test_the_countdown_computes_in_bfloat16(model) -> None:
    """Rows are found in float32 whatever the weights are: 30 s in eighths would be the wrong ones."""
    half = MMDiT(KLING).to(torch.bfloat16)
    half.load_state_dict(model.state_dict())
    f = given(seconds_start=torch.tensor([27.3]), seconds_total=torch.tensor([30.0]))
    with torch.no_grad():
        told = half._countdown(f, LENGTH, torch.zeros(1, 1, 1, dtype=torch.bfloat16))
        want = model._countdown(f, LENGTH, torch.zeros(1, 1, 1))
    assert told.dtype == torch.bfloat16
    torch.testing.assert_close(told.float(), want, atol=0.02, rtol=0.02)


def test_a_countdown_of_one_row_is_refused() -> None:
    with pytest.raises(InputError, match="countdown_rows = 1"):
        replace(KLING, countdown_rows=1)


def test_durations_reach_the_output(model) -> None:
    base = velocity(model, given())
    for name in ("seconds_start", "seconds_total"):
        assert not torch.allclose(base, velocity(model, given(**{name: torch.tensor([7.0])})), atol=1e-3)


def test_durations_are_looked_up_by_the_nearest_second_and_the_last_row_is_for_all_longer(model) -> None:
    def at(seconds):
        f = given(seconds_total=torch.tensor([seconds]))
        with torch.no_grad():
            return model.condition(f, LENGTH).overall

    assert torch.equal(at(2.6), at(3.4))
    assert not torch.equal(at(3.4), at(3.6))
    assert torch.equal(at(11.0), at(900.0))


def test_duration_is_concatenated_with_the_global_features(model) -> None:
    """The plain twin: pooled features, two table rows, one projection, one MLP."""
    f = given(seconds_start=torch.tensor([3.0]), seconds_total=torch.tensor([9.0]))
    with torch.no_grad():
        made = model.condition(f, LENGTH)
        sync = model.sync_input_proj((f.sync.unflatten(1, (-1, 8)) + model.sync_pos_emb).flatten(1, 2))
        pooled = (
            model.clip_cond_proj(made.visual.mean(1))
            + model.text_cond_proj(made.text.mean(1))
            + model.sync_cond_proj(sync.mean(1))
        )
        rows = model.seconds_start.weight[3:4], model.seconds_total.weight[9:10]
        want = model.global_cond_mlp(model.global_cond_in(torch.cat((pooled, *rows), dim=-1)))
    assert torch.allclose(made.overall, want, atol=1e-6)


def test_align_feature_holds_sync_and_picture_at_their_times(model) -> None:
    """A change in one token moves the align feature around that time and nowhere else."""
    for name, count in (("visual", 16), ("sync", 40)):
        f = given()
        other = getattr(f, name).clone()
        other[:, count // 2] += 5
        with torch.no_grad():
            moved = (
                model.condition(f, LENGTH).align - model.condition(replace(f, **{name: other}), LENGTH).align
            )
        frames = moved.abs().sum(-1)[0].nonzero().flatten().float() / LENGTH
        assert len(frames), f"{name} does not reach the align feature"
        assert 0.5 - 8 / count <= frames.min() and frames.max() <= 0.5 + 9 / count


def test_sync_joins_the_global_vector_only_where_the_config_says_so(model) -> None:
    plain = MMDiT(
        replace(KLING, sync_in_global=False, align_visual=False, duration_rows=None, countdown_rows=None)
    )
    plain.load_state_dict(model.state_dict(), strict=False)
    extra = {n.split(".")[0] for n in model.state_dict()} - {n.split(".")[0] for n in plain.state_dict()}
    own = {
        "sync_cond_proj",
        "seconds_left",
        "align_visual_proj",
        "seconds_start",
        "seconds_total",
        "global_cond_in",
    }
    assert extra == own
    f = given()
    g = replace(f, sync=f.sync + 1)
    with torch.no_grad():
        same = torch.equal(plain.condition(f, LENGTH).overall, plain.condition(g, LENGTH).overall)
        differs = not torch.allclose(model.condition(f, LENGTH).overall, model.condition(g, LENGTH).overall)
    assert same and differs


def test_missing_modalities_are_the_learned_empties(model) -> None:
    spelled_out = given(
        visual=model.empty_clip_feat.expand(1, 16, -1),
        sync=model.empty_sync_feat.expand(1, 40, -1),
        text=model.empty_string_feat[None],
    )
    assert torch.equal(
        velocity(model, given(visual=None, sync=None, text=None)), velocity(model, spelled_out)
    )
    assert torch.equal(velocity(model, Features.of(SECONDS)), velocity(model, spelled_out))


def test_a_batch_is_its_items(model) -> None:
    """One item's features are widened to the batch; different totals in one batch do not mix."""
    both = velocity(model, given(seconds_total=torch.tensor([2.0, 9.0])), batch=2)
    for i, total in enumerate((2.0, 9.0)):
        alone = velocity(model, given(seconds_total=torch.tensor([total])))
        assert (both[i : i + 1] - alone).abs().max() < 1e-5 * alone.abs().max()


def test_equal_times_have_equal_phases() -> None:
    """Picture frame j is turned like latent frame j * L / N, though the latent has 4 for each of it."""
    torch.manual_seed(0)
    x = torch.randn(1, 1, 1, 16)
    latent, visual = (rotations(n, 16, s, torch.device("cpu")) for n, s in ((64, 1.0), (16, 4.0)))
    for j in (0, 5, 15):
        a = rotate(x, tuple(t[4 * j : 4 * j + 1] for t in latent))
        b = rotate(x, tuple(t[j : j + 1] for t in visual))
        assert torch.allclose(a, b, atol=1e-4)
    assert torch.allclose(rotate(x, tuple(t[9:10] for t in latent)).norm(), x.norm())


def test_tables_keep_float32_in_a_half_precision_model(model) -> None:
    """bfloat16 weights must not take the time and position tables along: 10^4 would have steps of 64."""
    half = MMDiT(replace(KLING, time_dim=32, time_max_period=1.0), dtype=torch.bfloat16)
    full = MMDiT(replace(KLING, time_dim=32, time_max_period=1.0))
    t = torch.tensor([0.04, 0.96])
    assert torch.equal(half.t_embed.waves(t), full.t_embed.waves(t))
    assert half.t_embed.waves(t).dtype == torch.float32


def test_latent_statistics_keep_float32() -> None:
    """Rounded to bfloat16 they would shift every latent by up to 0.4 %."""
    cast = MMDiT(KLING)
    cast.latent_mean.fill_(1 / 3)
    cast = cast.to(torch.bfloat16)
    assert cast.clip_cond_proj.weight.dtype == torch.bfloat16
    assert cast.latent_mean.dtype == torch.float32 and cast.latent_mean[0, 0, 0] == torch.tensor(1 / 3)


class Recording:
    """A host's layer classes: torch.nn's, with a note of each that was made."""

    def __init__(self) -> None:
        self.made: list[nn.Module] = []

    def __getattr__(self, name: str):
        def make(*args, **kwargs):
            layer = getattr(nn, name)(*args, **kwargs)
            self.made.append(layer)
            return layer

        return make


def test_every_weight_lives_in_a_layer_of_the_host() -> None:
    operations = Recording()
    model = MMDiT(KLING, operations=operations, device="meta")
    in_layers = {id(p) for layer in operations.made for p in layer.parameters()}
    raw = {n for n, p in model.named_parameters() if id(p) not in in_layers}
    assert raw == {"sync_pos_emb", "empty_string_feat", "empty_clip_feat", "empty_sync_feat"}


def test_attention_is_an_argument(model) -> None:
    calls = []

    def counting(q, k, v):
        calls.append((q.shape[2], k.shape[2]))
        return torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1) @ v

    f = given()
    torch.manual_seed(2)
    x, t = torch.randn(1, LENGTH, 5), torch.tensor([0.4])
    with torch.no_grad():
        own = model.velocity(x, t, model.condition(f, LENGTH), attention=counting)
    expected = velocity(model, f)
    assert (own - expected).abs().max() < 1e-5 * expected.abs().max()
    joint = LENGTH + 16 + 6
    assert calls == [(joint, joint)] * 2 + [(LENGTH, LENGTH)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"visual": torch.zeros(1, 16, 1024)}, r"visual features are \(1, 16, 1024\).*11.*visual encoder"),
        ({"text": torch.zeros(6, 7)}, r"text features are \(6, 7\)"),
        ({"sync_len": 41}, "41 tokens.*segments of 8"),
    ],
)
def test_wrong_features_are_named(model, changes, message) -> None:
    with pytest.raises(InputError, match=message):
        velocity(model, given(**changes))


def test_wrong_lengths_and_sizes_are_named(model) -> None:
    conditions = model.condition(given(), LENGTH)
    with pytest.raises(InputError, match="86 frames.*87.*latent_len=86"):
        model.velocity(torch.zeros(1, 86, 5), torch.zeros(1), conditions)
    with pytest.raises(InputError, match="hidden_dim = 33"):
        replace(KLING, hidden_dim=33)
    with pytest.raises(InputError, match="joint_depth = 0"):
        replace(KLING, joint_depth=0)
