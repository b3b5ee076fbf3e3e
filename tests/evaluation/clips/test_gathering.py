"""A clip is measured once, whoever does it; what can't be measured of it is said, and everything else is
measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from clips import write_clip
from judged_clips import LOG, RATE, clip, film, sound, wave, with_beside, with_spectra, work

from kling_foley_core.evaluation.clips import gathering
from kling_foley_core.evaluation.clips.gathering import given_roles
from kling_foley_core.evaluation.clips.kept import NotKeptError
from kling_foley_core.evaluation.clips.pairs import Pair
from kling_foley_core.media import save_audio
from kling_foley_core.preview.motion import Movement

ASKED = ("FAD_YAMNet", "KL_YAMNet", "CLAP_MS")


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """(features folder, file in which the network's questions are counted)."""
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv(LOG, str(log))
    with_spectra(monkeypatch.setattr)
    return tmp_path / "features", log


def pair(tmp_path: Path, name: str = "a", seconds: float = 1.0, **values) -> Pair:
    own = clip(name, str(film(tmp_path / f"{name}.mp4", 1, seconds)), **values)
    return Pair(own, sound(tmp_path / f"{name}.wav", 2, seconds), own.film, own.start)


def questions(log: Path) -> int:
    return len(log.read_text().splitlines())


def test_what_was_made_is_found_by_content(tmp_path, asked) -> None:
    folder, log = asked
    one = pair(tmp_path)
    first = work(folder, *ASKED).gathering("cpu").gathered(one)
    assert questions(log) == 2, "the sound and the true one"
    assert first.features.sound["yamnet"]["embedding"].shape == (2, 6)
    assert not first.notes and first.heard
    again = work(folder, *ASKED).gathering("cpu").gathered(one)
    assert questions(log) == 2
    for side in ("sound", "reference"):
        for key, tensor in getattr(first.features, side)["yamnet"].items():
            assert torch.equal(tensor, getattr(again.features, side)["yamnet"][key])
    assert first.features.figures == again.features.figures and first.onsets == again.onsets
    moved = replace(one, sound=one.sound.rename(tmp_path / "elsewhere.wav"))
    work(folder, *ASKED).gathering("cpu").gathered(moved)
    assert questions(log) == 2, "the same content under another name"
    save_audio(moved.sound, wave(3), RATE)
    work(folder, *ASKED).gathering("cpu").gathered(moved)
    assert questions(log) == 3, "another sound"


def test_clips_with_one_true_sound_are_known_by_its_content_and_window(tmp_path, asked) -> None:
    def true(judged: Pair) -> str:
        return work(asked[0], "KL_YAMNet").gathering("cpu").gathered(judged).features.true

    one = pair(tmp_path, seconds=2.0)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(one.reference.read_bytes())
    other = replace(pair(tmp_path, "b", seconds=2.0), reference=copy)
    assert true(one) and true(one) == true(other)
    assert true(one) == true(replace(one, clip=replace(one.clip, seconds=8.0))), "8 s are judged anyway"
    assert true(one) != true(replace(one, reference_start=0.5))
    assert true(one) != true(replace(one, clip=replace(one.clip, seconds=1.5)))
    assert true(one) != true(replace(one, reference=one.sound)) and true(replace(one, reference=None)) == ""


def test_stages_make_what_the_whole_finds(tmp_path, asked) -> None:
    folder, log = asked
    one, gathering = pair(tmp_path), work(folder, *ASKED).gathering("cpu")
    assert gathering.stages == ["waves", "yamnet"], "a network that is not there is no stage"
    gathering.do("waves", one)
    assert questions(log) == 0
    gathering.do("yamnet", one)
    assert questions(log) == 2
    gathering.gathered(one)
    assert questions(log) == 2


def test_code_weights_window_and_seconds_are_part_of_the_key(tmp_path, asked, monkeypatch) -> None:
    folder, log = asked
    one = pair(tmp_path, seconds=2.0)

    def anew(judged: Pair = one, seconds: float = 8.0, found=None) -> int:
        before = questions(log)
        replace(work(folder, "KL_YAMNet", found=found), seconds=seconds).gathering("cpu").gathered(judged)
        return questions(log) - before

    weights = tmp_path / "weights"
    weights.write_bytes(b"1")
    assert anew() == 2 and anew() == 0
    assert anew(seconds=1.0) == 2 and anew(seconds=1.0) == 0
    assert anew(replace(one, clip=replace(one.clip, seconds=1.5))) == 2
    assert anew(replace(one, reference_start=0.5)) == 1, "the sound is the same"
    assert anew(found={"yamnet": weights}) == 2 and anew(found={"yamnet": weights}) == 0
    monkeypatch.setattr("kling_foley_core.evaluation.clips.kept.code", lambda rooms: "another")
    assert anew() == 2


def test_a_window_begins_where_the_clip_begins_in_its_film(tmp_path, asked) -> None:
    one = pair(tmp_path, seconds=2.0, start=1.0)
    found = work(asked[0], "KL_YAMNet").gathering("cpu").gathered(one)
    assert len(found.features.sound["yamnet"]["embedding"]) == 4
    assert len(found.features.reference["yamnet"]["embedding"]) == 2, "one second of the film is left"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no sound"),
        lambda path: path.write_bytes(path.read_bytes()[:20]),
        lambda path: path.unlink(),
    ],
)
def test_a_sound_that_cannot_be_used_is_not_judged(tmp_path, asked, spoil) -> None:
    one = pair(tmp_path)
    spoil(one.sound)
    found = work(asked[0], *ASKED).gathering("cpu").gathered(one)
    assert not found.heard and not found.features.sound and not found.features.figures
    (note,) = found.notes
    assert str(one.sound) in note
    assert found.features.reference["yamnet"], "FAD needs no pair"
    assert questions(asked[1]) == 1
    again = work(asked[0], *ASKED).gathering("cpu").gathered(one)
    assert again.notes == found.notes


@pytest.mark.parametrize(("measure", "asks"), [("KL_YAMNet", 0), ("FAD_YAMNet", 1)])
def test_only_for_sets_a_true_sound_is_read_without_its_pair(tmp_path, asked, measure, asks) -> None:
    one = pair(tmp_path)
    one.sound.unlink()
    found = work(asked[0], measure).gathering("cpu").gathered(one)
    assert questions(asked[1]) == len(found.features.reference) == asks


def test_samples_that_are_no_numbers(tmp_path, asked) -> None:
    from scipy.io import wavfile

    one, samples = pair(tmp_path), wave(2)[0].numpy().copy()
    samples[100] = float("nan")
    wavfile.write(one.sound, RATE, samples)
    found = work(asked[0], *ASKED).gathering("cpu").gathered(one)
    assert not found.heard and "NaN or infinite" in found.notes[0]


def test_what_is_missing_is_said_and_the_rest_is_measured(tmp_path, asked) -> None:
    folder, log = asked
    silent = pair(tmp_path, "s")
    write_clip(silent.clip.film, 1.0)
    found = work(folder, *ASKED).gathering("cpu").gathered(silent)
    assert found.heard and found.features.sound["yamnet"] and not found.features.reference
    (note,) = found.notes
    assert note.startswith("no reference: ") and "LUFS" in found.features.figures
    assert "hits F1" not in found.features.figures
    short = replace(pair(tmp_path, "t"), sound=sound(tmp_path / "short.wav", 2, 0.3))
    found = work(folder, *ASKED).gathering("cpu").gathered(short)
    assert found.notes == [
        "the sound ends at 0.30 s, the reference at 1.00 s: what is missing counts as silence.",
        "FAD_YAMNet, KL_YAMNet: a sound of 0.3 s: Spectra needs 0.5 s; give a longer one.",
    ]
    assert found.features.reference["yamnet"], "the true one is long enough"
    other = replace(pair(tmp_path, "u"), reference=short.sound)
    early, note = work(folder, *ASKED, "IS_YAMNet").gathering("cpu").gathered(other).notes
    assert early == "the reference ends at 0.30 s, the film at 1.00 s: nothing behind it is compared."
    assert note.startswith("FAD_YAMNet, KL_YAMNet: the reference: a sound of 0.3 s"), "IS needs none"
    before = questions(log)
    work(folder, *ASKED).gathering("cpu").gathered(short)
    assert questions(log) == before, "a refusal is kept as well"
    lost = replace(other, sound=None, why="--pred x has no file u.*")
    found = work(folder, *ASKED).gathering("cpu").gathered(lost)
    assert not found.heard
    assert found.notes == [lost.why, note], "and why its true sound is not among the others"
    none = Pair(short.clip, None, None, 0.0, why="--pred x has no file t.*")
    found = work(folder, *ASKED).gathering("cpu").gathered(none)
    assert not found.heard and found.notes == ["--pred x has no file t.*"]


def test_sounds_of_two_lengths_without_a_film(tmp_path, asked) -> None:
    own = clip(
        "a", sound=sound(tmp_path / "long.wav", 1, 1.0), reference=sound(tmp_path / "short.wav", 1, 0.85)
    )
    notes = []
    for one, true in ((own.sound, own.reference), (own.reference, own.sound)):
        pair = Pair(own, one, true, 0.0)
        notes += work(asked[0], *ASKED).gathering("cpu").gathered(pair).notes
    assert notes == [
        "the reference ends at 0.85 s, the sound at 1.00 s: nothing behind it is compared.",
        "the sound ends at 0.85 s, the reference at 1.00 s: what is missing counts as silence.",
    ]
    near = Pair(own, sound(tmp_path / "near.wav", 1, 0.92), own.sound, 0.0)
    assert not work(asked[0], *ASKED).gathering("cpu").gathered(near).notes
    judged = replace(pair, clip=replace(own, seconds=0.8))
    assert not work(asked[0], *ASKED).gathering("cpu").gathered(judged).notes, (
        "both last as long as is judged"
    )


@pytest.mark.parametrize(("lasts", "seen"), [(0.3, 1.0), (0.95, 0.95), (2.0, 1.0)])
def test_movement_behind_a_short_sound_counts(tmp_path, asked, monkeypatch, lasts, seen) -> None:
    looked_at = []

    def movement(path, start, length):
        looked_at.append(float(length))
        return Movement(torch.ones(25), (0.2, 0.8), 25.0)

    monkeypatch.setattr("kling_foley_core.preview.watching.film_movement", movement)
    one = replace(pair(tmp_path), sound=sound(tmp_path / "other.wav", 2, lasts))
    assert (
        "movement agreement"
        in work(asked[0], "movement agreement").gathering("cpu").gathered(one).features.figures
    )
    assert looked_at == [pytest.approx(seen)]


def test_a_network_that_cannot_be_opened_is_named_once_for_all(tmp_path, asked, monkeypatch) -> None:
    tried = []

    def refuse(name, found, device):
        tried.append(name)
        raise ValueError("damaged")

    gathering = work(asked[0], *ASKED).gathering("cpu")
    monkeypatch.setattr("kling_foley_core.evaluation.clips.networks.open_network", refuse)
    for name in ("a", "b"):
        found = gathering.gathered(pair(tmp_path, name))
        assert found.heard and not found.notes and not found.features.sound
    assert tried == ["yamnet"]
    absent = gathering.networks.absent(["yamnet", "ms_clap"])
    assert absent == {"yamnet": "ValueError: damaged", "ms_clap": "ms_clap is not there; get it."}
    with_spectra(monkeypatch.setattr)
    found = work(asked[0], *ASKED).gathering("cpu").gathered(pair(tmp_path, "a"))
    assert found.features.sound, "nothing of it was kept"


def test_features_that_cannot_be_kept_end_the_work(tmp_path, asked, monkeypatch) -> None:
    monkeypatch.setattr("kling_foley_core.cache.store.FREE", 2**62)
    with pytest.raises(NotKeptError, match="--features .* can't be written, or its disk is full"):
        work(asked[0], *ASKED).gathering("cpu").gathered(pair(tmp_path))


def test_films_captions_and_comparisons_are_kept_apart(tmp_path, asked, monkeypatch) -> None:
    folder, log = asked
    with_beside(monkeypatch.setattr)
    one = pair(tmp_path, seconds=2.0, start=0.5, caption="a bell")
    found = work(folder, "IB-score", "CLAP_MS", "DeSync").gathering("cpu").gathered(one)
    assert not found.notes
    assert {*found.features.film} == {"imagebind"} and {*found.features.caption} == {"ms_clap"}
    assert found.features.together["synchformer"]["logits"].shape == (2, 21)
    assert not found.features.reference, "no measure needs it"
    said = [line.partition(" ")[2] for line in log.read_text().splitlines()]
    assert said == [
        *("sound", "film a.mp4 0.5 8"),
        *("sound", "text a bell"),
        *("film a.mp4 0.5 8", "sound", "compare"),
    ]
    work(folder, "IB-score", "CLAP_MS", "DeSync").gathering("cpu").gathered(one)
    assert questions(log) == 7
    other = replace(one, sound=sound(tmp_path / "other.wav", 5, 2.0))
    work(folder, "IB-score", "CLAP_MS", "DeSync").gathering("cpu").gathered(other)
    said = [line.partition(" ")[2] for line in log.read_text().splitlines()[7:]]
    assert said == ["sound", "sound", "sound", "compare"], "another system's sound: no film is read again"
    bare = replace(one, clip=replace(one.clip, film=None, caption=""), reference=None)
    found = work(folder, "IB-score", "CLAP_MS", "DeSync").gathering("cpu").gathered(bare)
    notes = [
        "IB-score: the clip has no film.",
        "CLAP_MS: the clip has no caption.",
        "DeSync: the clip has no film.",
    ]
    assert found.notes == notes
    bared = work(folder, "IB-score", "CLAP_MS", "DeSync").gathering("cpu")
    for others, told in (
        ([], []),
        ([clip("b", caption="a bell")], notes[1:2]),
        ([clip("b", "b.mp4")], notes[::2]),
        ([one.clip], notes),
    ):
        given = given_roles([bare, *(Pair(other, None, None, 0.0) for other in others)])
        assert bared.gathered(bare, given).notes == told


def test_speech_is_not_looked_for_where_the_caption_asks_for_voices(tmp_path, asked, monkeypatch) -> None:
    monkeypatch.setattr(gathering, "VOICES", "yamnet")  # the one network that is here
    heard = {
        caption: work(asked[0], "IS_YAMNet")
        .gathering("cpu")
        .gathered(pair(tmp_path, str(i), caption=caption))
        for i, caption in enumerate(("a man speaks", "a hammer strikes", ""))
    }
    assert ["yamnet" in found.features.sound for found in heard.values()] == [False, True, True]
    assert not any(found.notes for found in heard.values())
