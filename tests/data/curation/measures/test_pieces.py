"""All measures of pieces of films and sounds, kept in a cache that content alone decides about."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from kling_foley_core.data.curation.measures import MeasureCache, Measures, measure
from kling_foley_core.data.curation.measures import cache as cache_module
from kling_foley_core.errors import InputError
from kling_foley_core.media import save_audio

from ..films import write_film
from ..sounds import RATE, knocks, low_passed, noise

NOWHERE = MeasureCache(None)


def test_a_film_with_its_own_sound(tmp_path):
    film = write_film(tmp_path / "a.mp4", knocks(4, 1), 4, 1)
    first, second = measure(film, None, [(0.0, 2.0), (2.0, 2.0)], cache=NOWHERE)
    assert (first.film.width, first.film.height, first.film.short_side) == (160, 120, 120)
    assert first.film.fps == 10 and first.film.seconds == 4 and first.film.has_sound
    assert first.sound.seconds == second.sound.seconds == 2 and first.sound.rate == RATE
    assert first.sound.channels == 1 and not first.sound.is_stereo
    assert len(first.film.codes) == 2 and len(first.sound.codes) == 26
    assert first.film.print != second.film.print and first.sound.print != second.sound.print
    assert first.clap is None


def test_a_film_with_another_files_sound_and_a_sound_alone(tmp_path):
    film = write_film(tmp_path / "a.mp4", None, 3, 1)
    save_audio(tmp_path / "a.flac", low_passed(noise(3), 6000) / 10, RATE)
    (both,) = measure(film, tmp_path / "a.flac", [(0.5, 2.0)], cache=NOWHERE)
    (alone,) = measure(None, tmp_path / "a.flac", [(0.5, 2.0)], cache=NOWHERE)
    assert both.sound == alone.sound and alone.film is None
    assert not both.film.has_sound
    assert alone.sound.bandwidth == pytest.approx(6000, abs=250)


def test_what_is_kept_is_what_was_measured_and_goes_by_content(tmp_path, monkeypatch):
    film = write_film(tmp_path / "a.mp4", knocks(3, 1), 3, 1)
    spans, cache = [(0.0, 1.5), (1.5, 1.5)], MeasureCache(tmp_path / "kept")
    made = measure(film, None, spans, cache=cache)
    assert made == [Measures.from_json(json.loads(json.dumps(m.as_json()))) for m in made]
    shutil.move(film, tmp_path / "renamed.mp4")
    monkeypatch.setattr("kling_foley_core.data.curation.measures.pieces.sound_windows", None)
    assert measure(tmp_path / "renamed.mp4", None, spans, cache=cache) == made
    with pytest.raises(TypeError):  # another span would have to be measured
        measure(tmp_path / "renamed.mp4", None, [(0.0, 1.0)], cache=cache)
    monkeypatch.setattr(cache_module, "VERSION", 0)
    with pytest.raises(TypeError):  # other definitions too
        measure(tmp_path / "renamed.mp4", None, spans, cache=cache)


def test_a_damaged_cache_is_named(tmp_path):
    film, cache = write_film(tmp_path / "a.mp4", knocks(2, 1), 2, 1), MeasureCache(tmp_path / "kept")
    measure(film, None, [(0.0, 2.0)], cache=cache)
    (kept,) = (tmp_path / "kept").rglob("*.json")
    kept.write_text(kept.read_text().replace("snr", "srn"))
    with pytest.raises(InputError, match="is damaged"):
        measure(film, None, [(0.0, 2.0)], cache=cache)


def test_what_cant_be_measured_says_why(tmp_path):
    silent = write_film(tmp_path / "a.mp4", None, 2, 1)
    with pytest.raises(InputError, match="no sound track"):
        measure(silent, None, [(0.0, 2.0)], cache=NOWHERE)
    save_audio(tmp_path / "a.wav", torch.zeros(1, RATE), RATE)
    with pytest.raises(InputError, match="no sound from 2 s on"):
        measure(None, tmp_path / "a.wav", [(2.0, 1.0)], cache=NOWHERE)
    with pytest.raises(InputError, match="has 2.000 s of video"):
        measure(silent, tmp_path / "a.wav", [(0.0, 3.0)], cache=NOWHERE)
