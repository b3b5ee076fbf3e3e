"""Judging: every measure from features, and bad input that takes nothing from the rest."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips.judging import ClipFeatures, Judged, judged
from kling_foley_core.evaluation.clips.recipes import RECIPES
from kling_foley_core.evaluation.measures.frechet import frechet_influences
from kling_foley_core.evaluation.measures.intervals import interval, mean_influences
from kling_foley_core.evaluation.measures.table import MEASURES, Measure, chosen

OF_NETWORKS = [m.name for m in MEASURES.values() if m.networks]
SIZES = {"panns": (8, 5), "passt": (6, 5), "vggish": (4, None), "yamnet": (7, 5)}
WINDOWED = ("vggish", "yamnet")


def random(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def heard(seed: int) -> dict[str, dict[str, Tensor]]:
    """What the networks read of one sound, small."""
    found: dict[str, dict[str, Tensor]] = {}
    for k, (network, (d, classes)) in enumerate(SIZES.items()):
        rows = (2 + seed % 3, d) if network in WINDOWED else (d,)
        found[network] = {"embedding": random(100 * seed + k, *rows)}
        if classes:
            found[network]["logits"] = random(100 * seed + k + 50, classes)
    shared = {n: {"embedding": random(100 * seed + 60, 3)} for n in ("imagebind", "laion_clap", "ms_clap")}
    return found | shared | {"silero": {"speech": torch.linspace(0, 0.4, 9 + seed)}}


def clip(i: int) -> ClipFeatures:
    return ClipFeatures(
        id=f"clip {i}",
        sound=heard(2 * i),
        reference=heard(2 * i + 1),
        film={"imagebind": {"embedding": random(10_000 + i, 3)}},
        caption={n: {"embedding": random(20_000 + i, 3)} for n in ("laion_clap", "ms_clap")},
        together={"synchformer": {"logits": random(30_000 + i, 2, 21)}},
    )


CLIPS = [clip(i) for i in range(14)]


def without_network(side: str, network: str, at: ClipFeatures) -> ClipFeatures:
    kept = {n: v for n, v in getattr(at, side).items() if n != network}
    return dataclasses.replace(at, **{side: kept})


def with_features(at: ClipFeatures, side: str, network: str, **features: Tensor) -> ClipFeatures:
    old = getattr(at, side)
    return dataclasses.replace(at, **{side: old | {network: old[network] | features}})


def left_out(result: Judged) -> dict[str, str]:
    return {name: entry["left_out"] for name, entry in result.measures.items() if "left_out" in entry}


def test_every_measure_of_a_network_is_measured_with_an_interval() -> None:
    result = judged(OF_NETWORKS, CLIPS)
    assert list(result.measures) == OF_NETWORKS and not left_out(result)
    for name, entry in result.measures.items():
        sides = ["clips", "references"] if name.startswith(("FD", "FAD", "KID")) else ["clips"]
        assert list(entry) == ["value", "low", "high", *sides] and {entry[side] for side in sides} == {14}
        assert entry["low"] <= entry["value"] <= entry["high"]
    assert set(RECIPES) == set(OF_NETWORKS)


def test_intervals_end_where_a_measure_ends() -> None:
    few = CLIPS[:2]
    found = judged(["FD_PANNs", "KID_PANNs"], few)
    x, y = (torch.stack([v["panns"]["embedding"] for v in side[:2]]) for side in zip(*SIDES, strict=True))
    value, moves = frechet_influences(x, y, (np.arange(2), np.arange(2)))
    low, high = interval(value, moves)
    fd = found.measures["FD_PANNs"]
    assert low < 0 and (fd["low"], fd["high"]) == (0, pytest.approx(high))
    kid = found.measures["KID_PANNs"]
    assert kid["low"] < 0, "it may be negative"
    one = with_features(few[0], "reference", "yamnet", logits=few[0].sound["yamnet"]["logits"])
    other = with_features(few[1], "reference", "yamnet", logits=-few[1].sound["yamnet"]["logits"])
    agreeing = judged(["agreement_YAMNet"], [one, other]).measures["agreement_YAMNet"]
    assert (agreeing["low"], agreeing["high"]) == (0, 100)


def test_recipes_read_what_the_table_says() -> None:
    for name, recipe in RECIPES.items():
        measure = MEASURES[name]
        sides = {source.side for source in recipe.sources if not (source.optional or source.if_any)}
        needs = {"film" if side == "together" else side for side in sides - {"sound"}}
        assert needs == measure.needs and {s.network for s in recipe.sources} == set(measure.networks)
        of = [recipe.of_clips, recipe.of_set, recipe.of_sets]
        assert [one is not None for one in of].count(True) == 1
        assert (recipe.of_clips is None) == (measure.kind == "set")


def test_clips_have_figures_or_influences() -> None:
    result = judged(OF_NETWORKS, CLIPS)
    sets = {name for name in OF_NETWORKS if MEASURES[name].kind == "set"}
    for at in CLIPS:
        assert set(result.influences[at.id]) == sets
        assert set(result.figures[at.id]) == set(OF_NETWORKS) - sets
    kl = [result.figures[at.id]["KL_PANNs"] for at in CLIPS]
    entry = result.measures["KL_PANNs"]
    assert entry["value"] == pytest.approx(np.mean(kl))
    assert (entry["low"], entry["high"]) == pytest.approx(interval(np.mean(kl), mean_influences(kl)))
    p, q = (v["panns"]["logits"].log_softmax(0) for v in (CLIPS[3].reference, CLIPS[3].sound))
    assert kl[3] == pytest.approx(float((p.exp() * (p - q)).sum()), rel=1e-5)


def test_windows_of_all_clips_are_one_set() -> None:
    x, y = (torch.cat([v["vggish"]["embedding"] for v in side]) for side in zip(*SIDES, strict=True))
    whose = [
        np.repeat(range(14), [len(v["vggish"]["embedding"]) for v in side])
        for side in zip(*SIDES, strict=True)
    ]
    value, moves = frechet_influences(x, y, (whose[0], whose[1]))
    result = judged(["FD_VGG"], CLIPS)
    assert len(x) != len(y) and result.measures["FD_VGG"]["value"] == pytest.approx(value)
    assert [result.influences[at.id]["FD_VGG"] for at in CLIPS] == pytest.approx(moves)


SIDES = [(at.sound, at.reference) for at in CLIPS]


def test_same_clips_same_numbers() -> None:
    assert judged(OF_NETWORKS, CLIPS) == judged(OF_NETWORKS, CLIPS)


def test_scales_as_papers_print_them() -> None:
    at = ClipFeatures(
        "a",
        sound={n: {"embedding": torch.tensor([1.0, 0.0])} for n in ("imagebind", "ms_clap")},
        film={"imagebind": {"embedding": torch.tensor([1.0, 1.0])}},
        caption={"ms_clap": {"embedding": torch.tensor([1.0, 1.0])}},
    )
    result = judged(["IB-score", "CLAP_MS"], [at])
    assert result.measures["IB-score"]["value"] == pytest.approx(100 * math.sqrt(0.5))
    assert result.measures["CLAP_MS"] == {
        "value": pytest.approx(math.sqrt(0.5)),
        "low": None,
        "high": None,
        "clips": 1,
    }


def test_agreement_is_in_percent() -> None:
    alike = [dataclasses.replace(at, reference=at.sound) for at in CLIPS[:7]]
    other = [
        with_features(at, "reference", "yamnet", logits=-at.sound["yamnet"]["logits"]) for at in CLIPS[7:]
    ]
    assert judged(["agreement_YAMNet"], alike + other).measures["agreement_YAMNet"]["value"] == 50


def test_nan_in_one_clip_takes_only_that_clip_from_that_network() -> None:
    bad = with_features(CLIPS[2], "sound", "panns", logits=torch.full((5,), math.nan))
    result = judged(OF_NETWORKS, [*CLIPS[:2], bad, *CLIPS[3:]])
    assert not left_out(result)
    assert result.notes["clip 2"] == ["panns's logits of the sound holds NaN or infinity"]
    assert result.measures["KL_PANNs"]["clips"] == result.measures["IS_PANNs"]["clips"] == 13
    assert result.measures["FD_PANNs"]["clips"] == result.measures["KL_PaSST"]["clips"] == 14
    assert "KL_PANNs" not in result.figures["clip 2"] and "KL_PaSST" in result.figures["clip 2"]
    rest = judged(["KL_PANNs", "IS_PANNs"], [at for at in CLIPS if at.id != "clip 2"])
    assert rest.measures == {name: result.measures[name] for name in ("KL_PANNs", "IS_PANNs")}


def test_another_size_is_noted() -> None:
    bad = with_features(CLIPS[0], "reference", "passt", embedding=torch.ones(9))
    flat = with_features(CLIPS[1], "sound", "vggish", embedding=torch.ones(4))
    result = judged(["FD_PaSST", "FD_VGG", "KID_PaSST"], [bad, flat, *CLIPS[2:]])
    assert result.notes["clip 0"] == ["passt's embedding of the reference has 9 numbers, the other clips' 6"]
    assert result.notes["clip 1"] == ["vggish's embedding of the sound is (4,), not 2 axes with numbers"]
    counts = {name: (one["clips"], one["references"]) for name, one in result.measures.items()}
    assert counts == {"FD_PaSST": (13, 13), "FD_VGG": (13, 14), "KID_PaSST": (13, 13)}


def test_the_size_of_most_sounds_and_true_sounds_together_counts() -> None:
    """Of 8 sounds of 9 numbers, 6 of 8 and 14 true ones of 8."""
    odd = [with_features(at, "sound", "panns", embedding=torch.ones(9)) for at in CLIPS[:8]]
    result = judged(["FD_PANNs"], [*odd, *CLIPS[8:]])
    entry = result.measures["FD_PANNs"]
    assert (entry["clips"], entry["references"]) == (6, 14)
    assert result.notes["clip 0"] == ["panns's embedding of the sound has 9 numbers, the other clips' 8"]


def test_what_a_measure_refuses_leaves_only_that_measure_out() -> None:
    odd = [dataclasses.replace(at, together={"synchformer": {"logits": torch.ones(3, 21)}}) for at in CLIPS]
    result = judged(["DeSync", "KL_PANNs"], odd)
    assert left_out(result) == {"DeSync": "Logits of offsets are (14, 3, 21): give [clips, 2 windows, 21]."}


def test_no_window_at_all_is_noted() -> None:
    bad = with_features(CLIPS[0], "sound", "yamnet", embedding=torch.ones(0, 7))
    result = judged(["FAD_YAMNet"], [bad, *CLIPS[1:]])
    assert result.notes["clip 0"] == ["yamnet's embedding of the sound is (0, 7), not 2 axes with numbers"]
    assert result.measures["FAD_YAMNet"]["clips"] == 13


def test_fewer_clips_than_a_measure_needs() -> None:
    result = judged(OF_NETWORKS, CLIPS[:9])
    text = "9 of 9 clips can be used and 10 are needed"
    assert left_out(result) == {name: text for name in ("IS_PANNs", "IS_PaSST", "IS_YAMNet")}
    assert left_out(judged(["FD_PANNs"], [])) == {"FD_PANNs": "no clip could be judged"}


UNPAIRED = ("FD_PANNs", "FD_VGG", "KID_PANNs", "FAD_YAMNet")


def test_sets_are_all_sounds_and_all_true_sounds_and_pairs_by_passt() -> None:
    """Clip 0 has no true sound, and of clips 12 and 13 the sound can't be used."""
    heard = [dataclasses.replace(CLIPS[0], reference={}), *CLIPS[1:12]]
    unheard = [ClipFeatures(at.id, reference=at.reference) for at in CLIPS[12:]]
    result = judged(OF_NETWORKS, heard, unheard=unheard)
    counts = {name: (one["clips"], one.get("references")) for name, one in result.measures.items()}
    assert {name for name, count in counts.items() if count == (12, 13)} == set(UNPAIRED)
    assert counts["FD_PaSST"] == counts["KID_PaSST"] == (11, 11)
    assert counts["KL_PANNs"] == counts["IS_PaSST"] == (11, None) and counts["IS_PANNs"] == (12, None)
    x = torch.stack([at.sound["panns"]["embedding"] for at in CLIPS[:12]])
    y = torch.stack([at.reference["panns"]["embedding"] for at in CLIPS[1:]])
    value, moves = frechet_influences(x, y, (np.arange(12), np.arange(1, 14)))
    entry = result.measures["FD_PANNs"]
    assert entry["value"] == pytest.approx(value)
    assert (entry["low"], entry["high"]) == pytest.approx(interval(value, moves))
    assert [result.influences[at.id]["FD_PANNs"] for at in CLIPS] == pytest.approx(moves)
    assert {*result.influences["clip 13"]} == set(UNPAIRED) and not result.figures["clip 13"]
    pairs = judged(["FD_PaSST", "KL_PANNs", "IS_PaSST"], CLIPS[1:12]).measures
    assert pairs == {name: result.measures[name] for name in pairs}


def test_a_true_sound_that_clips_share_is_taken_once_and_they_move_together() -> None:
    """Clips 0 to 3 have one, 12 and 13, whose sounds can't be used, that of clip 5."""
    own = ["a"] * 4 + ["", "b"] + [""] * 6 + ["b"] * 2
    shared = [
        dataclasses.replace(
            at, true=true, reference=CLIPS[{"a": 0, "b": 5}[true]].reference if true else at.reference
        )
        for at, true in zip(CLIPS, own, strict=True)
    ]
    heard, unheard = (
        shared[:12],
        [ClipFeatures(at.id, reference=at.reference, true="b") for at in shared[12:]],
    )
    result = judged(OF_NETWORKS, heard, unheard=unheard)
    counts = {
        name: (one["clips"], one["references"])
        for name, one in result.measures.items()
        if "references" in one
    }
    assert {name for name, count in counts.items() if count == (12, 9)} == set(UNPAIRED)
    assert counts["FD_PaSST"] == (12, 12), "pairs are pairs"
    x = torch.stack([at.sound["panns"]["embedding"] for at in CLIPS[:12]])
    y = torch.stack([CLIPS[k].reference["panns"]["embedding"] for k in (0, *range(4, 12))])
    value, moves = frechet_influences(x, y, (np.array([0] * 4 + [*range(1, 9)]), np.arange(9)))
    entry = result.measures["FD_PANNs"]
    assert entry["value"] == pytest.approx(value)
    assert (entry["low"], entry["high"]) == pytest.approx(interval(value, moves))
    given = {name: own["FD_PANNs"] for name, own in result.influences.items() if "FD_PANNs" in own}
    assert list(given) == ["clip 0", *(f"clip {k}" for k in range(4, 12))]
    assert list(given.values()) == pytest.approx(moves)


def test_few_true_sounds() -> None:
    some = [dataclasses.replace(at, reference={}) for at in CLIPS[1:]]
    assert left_out(judged(["FD_PANNs"], [CLIPS[0], *some])) == {
        "FD_PANNs": "1 of 14 clips can be used and 2 are needed; 13: no embedding of panns of the reference "
        "(give each clip the film's own sound as its reference)"
    }
    assert not left_out(judged(["FD_PANNs"], [CLIPS[0], *some], unheard=[clip(20)]))


def test_no_pairs() -> None:
    """Without references what needs none is still measured, and the others say what to give."""
    result = judged(OF_NETWORKS, [dataclasses.replace(at, reference={}) for at in CLIPS])
    needing = {name for name in OF_NETWORKS if "reference" in MEASURES[name].needs}
    assert result.measures["IS_PaSST"]["clips"] == 14
    assert set(left_out(result)) == needing
    assert left_out(result)["KL_PANNs"] == (
        "0 of 14 clips can be used and 1 is needed; 14: no logits of panns of the reference "
        "(give each clip the film's own sound as its reference)"
    )
    assert not any(result.notes.values())


def test_a_network_of_some_clips() -> None:
    some = [without_network("film", "imagebind", at) for at in CLIPS[:4]] + CLIPS[4:]
    assert judged(["IB-score"], some).measures["IB-score"]["clips"] == 10


def test_an_absent_network_says_so() -> None:
    result = judged(["KL_PANNs", "KL_PaSST"], CLIPS, absent={"panns": "Cnn14 is missing: put it there."})
    assert left_out(result) == {"KL_PANNs": "Cnn14 is missing: put it there."}


def test_speech_that_the_film_has_is_not_judged() -> None:
    talking = [with_features(at, "reference", "silero", speech=torch.ones(9)) for at in CLIPS]
    assert judged(["speech"], talking[:4] + CLIPS[4:]).measures["speech"]["clips"] == 10
    assert left_out(judged(["speech"], talking)) == {
        "speech": "0 of 14 clips can be used and 1 is needed; 14: nothing in the clip to measure it by"
    }
    silent = [without_network("reference", "silero", at) for at in CLIPS]
    assert judged(["speech"], silent).measures["speech"]["clips"] == 14


def test_figures_of_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hits", "loudness"):
        row = Measure(name, name, "", 2, "higher", "clip", "signal", (), frozenset({"reference"}), 2)
        monkeypatch.setitem(MEASURES, name, row)
    given = [{"hits": 1.0}, {"hits": None}, {"hits": 0.5}, {"hits": math.inf}, {}]
    result = judged(["hits", "loudness"], [ClipFeatures(str(i), figures=g) for i, g in enumerate(given)])
    assert result.measures["hits"]["value"] == 0.75 and result.measures["hits"]["clips"] == 2
    assert result.figures == {"0": {"hits": 1.0}, "1": {}, "2": {"hits": 0.5}, "3": {}, "4": {}}
    assert result.notes["3"] == ["hits is inf, not a finite number"]
    assert left_out(result)["loudness"] == (
        "0 of 5 clips can be used and 2 are needed; 5: it was not measured "
        "(give each clip the film's own sound as its reference)"
    )


def test_what_cannot_be_asked() -> None:
    with pytest.raises(InputError, match='There is no measure "FD"'):
        judged(["FD"], CLIPS)
    with pytest.raises(InputError, match='"clip 1": make them unique'):
        judged(["FD_PANNs"], [*CLIPS, CLIPS[1]])


def test_words_choose_measures() -> None:
    assert chosen(["all"]) == list(MEASURES)
    assert "KL_PANNs" not in chosen(["sets"]) and {"FD_PANNs", "IS_YAMNet"} <= {*chosen(["sets"])}
    assert chosen(["kl_panns", "YAMNet"])[0] == "KL_PANNs" and "FAD_YAMNet" in chosen(["yamnet"])
    with pytest.raises(InputError, match="Is it FD_VGG, .*Groups: all, sets, paper, yamnet"):
        chosen(["fd"])


def test_the_table_is_well_formed() -> None:
    for name, measure in MEASURES.items():
        assert name == measure.name and measure.better in ("lower", "higher", "none")
        assert measure.kind in ("set", "clip") and measure.fewest >= (2 if measure.kind == "set" else 1)
        assert measure.needs <= {"reference", "film", "caption"}
