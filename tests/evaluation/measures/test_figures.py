"""The figures of a wave together: known faults change the figures that are of them, bad waves are named."""

from __future__ import annotations

import math

import pytest
import torch
from mix_tones import noise, sine

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures.figures import figures
from kling_foley_core.evaluation.measures.hits import onsets_of
from kling_foley_core.foley_world import make_scene, render_sound
from kling_foley_core.preview.motion import Movement

RATE = 44100
ALONE = ["LUFS", "silence", "side/mid", "bandwidth", "clicks", "clipping", "DC"]
COMPARED = [
    *(f"hits {name}" for name in ("coverage", "precision", "F1", "offset", "delay")),
    *("envelope r", "LUFS difference", "silence kept", "pan r"),
]


@pytest.fixture(scope="module")
def film() -> torch.Tensor:
    """[2, N]: the true sound of a scene in which something rolls and something is hit."""
    return torch.from_numpy(render_sound(make_scene(3, "eval", 4.0, family="mixed")))


def test_what_is_measured_with_and_without_a_reference(film) -> None:
    assert list(figures(film, RATE)) == ALONE
    assert list(figures(film, RATE, (film, RATE))) == [*ALONE, *COMPARED]


def test_a_sound_is_its_own_best_match(film) -> None:
    found = figures(film, RATE, (film, RATE))
    for name in ("hits coverage", "hits precision", "hits F1", "envelope r"):
        assert found[name] == pytest.approx(1.0), name
    for name in ("hits offset", "hits delay", "LUFS difference"):
        assert found[name] == 0.0, name
    assert found["silence kept"] in (None, 100.0)


def test_faults_show_in_the_figures_that_are_of_them() -> None:
    """Of stereo noise of -20 dBFS: low-passed, shifted, narrowed, cut off; and of a sine with a click."""
    clean = noise(3, RATE)
    spectrum = torch.fft.rfft(clean)
    spectrum[:, 8000 * 3 :] = 0
    dull = torch.fft.irfft(spectrum, clean.shape[1])
    mid = clean.mean(0, keepdim=True)
    assert figures(clean, RATE)["bandwidth"] == RATE / 2000
    assert figures(dull, RATE)["bandwidth"] == pytest.approx(8, abs=0.3)
    assert figures(dull + 0.5, RATE)["bandwidth"] == pytest.approx(8, abs=0.3), "an offset hides nothing"
    assert figures(dull + 0.25, RATE)["DC"] == pytest.approx(25, abs=0.1)
    assert figures(clean, RATE)["side/mid"] == pytest.approx(0, abs=0.2)
    assert figures(mid + 0.1 * (clean - mid), RATE)["side/mid"] == pytest.approx(-20, abs=0.3)
    assert figures(mid, RATE)["side/mid"] is None
    clicked = sine(-20, 3, RATE)
    clicked[:, RATE] += 0.4
    assert figures(clicked, RATE)["clicks"] == 1.0
    gone = clean.clone()
    gone[:, RATE:] = 0
    for wave in (gone, gone + 0.3):
        assert figures(wave, RATE)["silence"] == pytest.approx(200 / 3, abs=2)


@pytest.mark.parametrize("gain", [1.2, 4.0])
def test_the_clipped_share_of_a_sine(gain) -> None:
    clipped = (gain * sine(0, 2, RATE, 300)).clamp(-1, 1)
    truth = 100 - 200 / math.pi * math.asin(1 / gain)
    assert figures(clipped, RATE)["clipping"] == pytest.approx(truth, abs=1)
    assert figures(0.9 * sine(0, 2, RATE, 300), RATE)["clipping"] < 1


def test_loudness_of_a_sine() -> None:
    found = figures(sine(-23, 3), 48000, (sine(-33, 3, RATE), RATE))
    assert found["LUFS"] == pytest.approx(-23, abs=0.1)
    assert found["LUFS difference"] == pytest.approx(10, abs=0.1)


def test_what_a_sound_lasts_longer_than_its_reference_is_not_compared(film) -> None:
    longer = torch.cat([film, noise(2, RATE, level=0.5)], 1)
    found = figures(longer, RATE, (film, RATE))
    assert found["hits F1"] == 1.0 and found["envelope r"] == pytest.approx(1.0)
    assert found["LUFS difference"] == pytest.approx(0.0, abs=1e-6)


def test_what_a_short_sound_lacks_is_silence(film) -> None:
    first, last = (onsets_of(film, RATE).sound[k] for k in (0, -1))
    short = film[:, : round((first + 0.3) * RATE)]
    silent = torch.nn.functional.pad(short, (0, film.shape[1] - short.shape[1]))
    found, filled = (figures(wave, RATE, (film, RATE)) for wave in (short, silent))
    for name in COMPARED:
        assert found[name] == pytest.approx(filled[name], abs=0.001), name
    assert last > first + 0.4 and found["hits precision"] == 1.0 > 2 * found["hits coverage"]
    assert found["envelope r"] < 0.5


def test_what_a_codec_cuts_off_the_end_is_not_missing(film) -> None:
    loud = torch.cat([film, noise(0.5, RATE, level=0.5)], 1)
    found = figures(loud[:, : -round(0.09 * RATE)], RATE, (loud, RATE))
    assert found["envelope r"] == pytest.approx(1.0) and found["LUFS difference"] == pytest.approx(
        0.0, abs=1e-6
    )


def test_onsets_that_the_caller_has_are_taken(film) -> None:
    onsets = onsets_of(film, RATE, (film, RATE))
    assert figures(film, RATE, (film, RATE), onsets=onsets) == figures(film, RATE, (film, RATE))
    late = onsets._replace(sound=[t + 0.02 for t in onsets.sound])
    assert figures(film, RATE, (film, RATE), onsets=late)["hits delay"] == pytest.approx(20.0)


def test_onsets_against_what_moves(film) -> None:
    heard = onsets_of(film, RATE).sound
    curve = torch.zeros(101)
    curve[[round(25 * t) for t in heard]] = 1.0
    agree = figures(film, RATE, moved=Movement(curve, tuple(heard), 25.0))
    apart = figures(film, RATE, moved=Movement(curve.flip(0), (0.01, 0.02), 25.0))
    assert list(agree) == [*ALONE, "movement agreement"]
    assert agree["movement agreement"] > 0.9 > 0.6 > apart["movement agreement"]


@pytest.mark.parametrize("samples", [1, 100, 3000])
def test_next_to_nothing_has_few_figures_and_no_error(samples) -> None:
    scrap = noise(1, RATE)[:, :samples]
    found = figures(scrap, RATE, (scrap[:1], RATE))
    assert found["LUFS"] is found["LUFS difference"] is found["pan r"] is None
    assert all(v is None or math.isfinite(v) for v in found.values())


def test_silence_has_figures_too(film) -> None:
    found = figures(torch.zeros(2, film.shape[1]), RATE, (film, RATE))
    assert (found["silence"], found["hits coverage"], found["hits F1"]) == (100.0, 0.0, 0.0)
    assert found["bandwidth"] is None and found["envelope r"] == 0.0
    assert all(v is None or math.isfinite(v) for v in found.values())


@pytest.mark.parametrize(
    ("wave", "said"),
    [
        (torch.zeros(2, 0), "one sample or more"),
        (torch.zeros(6, 100), "mix surround down to stereo"),
        (torch.zeros(100), "1 or 2 channels"),
        (torch.zeros(1, 100, dtype=torch.int16), "torch.int16"),
        (torch.full((1, 100), math.nan), "NaN or infinite"),
    ],
)
def test_what_cannot_be_measured_is_named(wave, said) -> None:
    good = noise(0.5, RATE)
    for name, given in (("sound", (wave, RATE, (good, RATE))), ("reference", (good, RATE, (wave, RATE)))):
        with pytest.raises(InputError, match=said) as told:
            figures(*given)
        assert str(told.value).startswith(f"{name}:")
