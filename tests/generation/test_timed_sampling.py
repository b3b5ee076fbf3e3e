"""Texts with times and separate weights over several windows, against a plain twin that evaluates every text
in every window and adds up frame by frame."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from kling_foley_core.flow import Schedule, features_in, noise, time_grid
from kling_foley_core.flow.windows import weights
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.sampling import Weights, sample, windows_of
from kling_foley_core.mmdit import Features
from kling_foley_core.presets import rate_of
from kling_foley_core.prompts import TimedTokens
from kling_foley_core.timing import latent_frames, sync_tokens, visual_frames

SECONDS, TIMES = 21.3, time_grid(2)
SAID = Schedule((Fraction(7), Fraction(15)), (0, 1, 0))
UNSAID = Schedule((Fraction(11),), (0, 1))


@pytest.mark.parametrize(("text", "picture"), [(2.0, None), (3.0, 1.5)])
def test_three_windows_with_times_in_both_prompts(text, picture) -> None:
    model = FoleyPipeline.from_pretrained("small", device="cpu").parts.generator
    config, draw = model.config, torch.Generator().manual_seed(1)

    def drawn(tokens: int, width: int) -> torch.Tensor:
        return 0.2 * torch.randn(1, tokens, width, generator=draw)

    features = Features.of(
        SECONDS,
        visual=drawn(visual_frames(SECONDS), config.visual_dim),
        sync=drawn(sync_tokens(SECONDS), config.sync_dim),
    )
    said, unsaid = (
        TimedTokens(tuple(drawn(config.text_len, config.text_dim) for _ in range(2)), schedule)
        for schedule in (SAID, UNSAID)
    )
    x = noise(3, 1, config.latent_dim, latent_frames(SECONDS, 44100, 512))
    windows = windows_of(config, features, SECONDS, x.shape[1])
    assert len(windows) == 3
    by_picture = text if picture is None else picture

    def plain(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        v = torch.zeros_like(x)
        for window, share in zip(windows, weights(windows), strict=True):
            piece, seen = x[:, window.frames], features_in(window, features)

            def over_time(seen: Features, texts: TimedTokens, window=window, piece=piece) -> torch.Tensor:
                masks = texts.schedule.masks(x.shape[1], float(rate_of(config)))[:, window.frames]
                fields = (model(piece, t[None], seen.with_text(one)) for one in texts.tokens)
                return sum(m[:, None] * field for m, field in zip(masks, fields, strict=True))

            both, pictured = over_time(seen, said), over_time(seen, unsaid)
            none = over_time(seen.without_video(), unsaid)
            guided = none + by_picture * (pictured - none) + text * (both - pictured)
            v[:, window.frames] += share[:, None] * guided
        return v

    with torch.inference_mode():
        expected = x
        for t, t_next in zip(TIMES[:-1], TIMES[1:], strict=True):
            expected = expected + (t_next - t) * plain(expected, t)
        expected = model.unnormalize(expected)
        guidance = Weights(text, picture)
        made = sample(model, features, said, unsaid, SECONDS, x, TIMES, guidance, torch.float32)
    torch.testing.assert_close(made, expected, rtol=0, atol=2e-4)
