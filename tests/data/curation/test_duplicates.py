"""The same clip in another shape is found, another clip is not, and the order of the clips does not
matter."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from kling_foley_core.data.curation.duplicates import Duplicate, Entry, duplicates
from kling_foley_core.data.curation.measures import MeasureCache, measure
from kling_foley_core.data.curation.measures.sound_fingerprint import sound_fingerprint
from kling_foley_core.data.curation.near_fingerprints import bit_count, meetings
from kling_foley_core.data.splits import HELD_OUT, TRAIN
from kling_foley_core.foley_world import make_scene
from kling_foley_core.foley_world.clips import write_clip
from kling_foley_core.media import load_audio, resample, save_audio

from .films import write_film
from .sounds import RATE, knocks, noise


def entry(name, video, audio=None, seconds=4.0, split=TRAIN):
    return Entry(name, split, measure(video, audio, [(0.0, seconds)], cache=MeasureCache(None))[0])


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Four films and their copies, by name."""
    folder, found = tmp_path_factory.mktemp("clips"), {}
    for seed in range(4):
        film = write_film(folder / f"{seed}.mp4", knocks(4, seed), 4, seed)
        found[f"film {seed}"] = entry(f"film {seed}", film)
    small = write_film(folder / "small.mp4", 0.4 * knocks(4, 1), 4, 1, width=96, quality=32, bit_rate=48_000)
    found["small 1"] = entry("small 1", small)
    save_audio(folder / "late.mp3", resample(knocks(4, 2)[:, RATE // 3 :], RATE, 32000), 32000)
    found["late 2"] = entry("late 2", None, folder / "late.mp3", 3.6)
    dubbed = write_film(folder / "dubbed.mp4", knocks(4, 77), 4, 3)
    found["dubbed 3"] = entry("dubbed 3", dubbed)
    return found


def test_copies_are_found_and_others_are_not(clips):
    assert duplicates(list(clips.values())) == {
        "small 1": Duplicate("film 1", "sound"),
        "late 2": Duplicate("film 2", "sound"),
        "film 3": Duplicate("dubbed 3", "film"),
    }


def test_the_order_does_not_matter_and_what_is_held_out_stays(clips):
    entries = list(clips.values())
    expected = duplicates(entries)
    for seed in range(3):
        random.Random(seed).shuffle(entries)
        assert duplicates(entries) == expected
    held = [replace(e, split=HELD_OUT) if e.id == "small 1" else e for e in entries]
    assert duplicates(held)["film 1"] == Duplicate("small 1", "sound")


def test_pieces_of_one_unmoving_camera_are_no_duplicates(tmp_path):
    film = write_film(tmp_path / "a.mp4", knocks(8, 5), 8, 5, still=True)
    spans = [(0.0, 4.0), (4.0, 4.0)]
    pieces = measure(film, None, spans, cache=MeasureCache(None))
    assert bit_count(pieces[0].film.codes ^ pieces[1].film.codes).max() <= 2
    assert duplicates([Entry(str(k), TRAIN, piece) for k, piece in enumerate(pieces)]) == {}


def test_clips_of_foley_world_differ_and_their_copies_do_not(tmp_path):
    entries = []
    for seed in range(4):
        film = write_clip(make_scene(seed, "train", 4.0), tmp_path, (64, 64), 8)
        entries.append(entry(f"film {seed}", film))
    wave, rate = load_audio(film)
    save_audio(tmp_path / "copy.mp3", 0.5 * wave, rate)
    copy = entry("copy", None, tmp_path / "copy.mp3")
    assert duplicates(entries) == {}
    assert set(duplicates([*entries, copy])) == {"copy"}


def test_a_hundred_copies_are_one_group():
    codes = sound_fingerprint(knocks(4, 1), RATE)
    flips, ones = np.random.default_rng(0), 1 << np.arange(32, dtype=np.uint32)
    prints = [codes ^ (flips.random((len(codes), 32)) < 0.05).astype(np.uint32) @ ones for _ in range(100)]
    found = [meeting for meeting in meetings(prints, 6) if meeting.offset == 0]
    assert {k for first, second, _ in found for k in (first, second)} == set(range(100))


def test_meetings_grow_as_the_prints_do():
    draw = np.random.default_rng(1)
    counts = []
    for many in (200, 800):
        prints = [draw.integers(1, 2**32, 60, dtype=np.uint32) for _ in range(many)]
        prints.append(prints[0].copy())
        found = list(meetings(prints, 6))
        assert [0, many, 0] in [list(meeting) for meeting in found]
        counts.append(len(found))
    assert counts[1] < 8 * counts[0] + 50  # all pairs would be 16 times as many


def test_noise_of_another_draw_is_another_sound():
    a, b = (sound_fingerprint(noise(4, seed) / 10, RATE) for seed in (1, 2))
    assert bit_count(a ^ b).mean() == pytest.approx(16, abs=1.5)
    assert len(sound_fingerprint(noise(0.3), RATE)) == 0
    assert not sound_fingerprint(0 * noise(2), RATE).any()
