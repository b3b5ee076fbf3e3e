"""Limits: what is compared, in which direction, and what of a user's is refused."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from kling_foley_core.data.curation.limits import AT_MOST, DEFAULT, Limits, checked_limits, misses
from kling_foley_core.data.curation.measures import FilmMeasures, Measures, SoundMeasures
from kling_foley_core.errors import InputError

SOUND = SoundMeasures(
    seconds=8.0,
    rate=44100,
    channels=1,
    level_db=-20.0,
    snr_db=20.0,
    bandwidth=16000.0,
    clipping_ratio=0.001,
    silence_ratio=0.1,
    dc_offset=0.001,
    side_db=None,
    balance_db=None,
    print="",
    damage="",
)
FILM = FilmMeasures(seconds=8.0, width=1280, height=720, fps=25.0, has_sound=True, print="")
GOOD = Measures(SOUND, FILM, 0.3)


def with_value(name: str, value: float | None) -> Measures:
    if name == "clap":
        return replace(GOOD, clap=value)
    if name == "fps":
        return replace(GOOD, film=replace(FILM, fps=value))
    if name == "short_side":
        return replace(GOOD, film=replace(FILM, height=value))
    return replace(GOOD, sound=replace(SOUND, **{name: value}))


def test_what_is_good_misses_nothing() -> None:
    assert not list(misses(GOOD, DEFAULT))
    assert not list(misses(Measures(SOUND, None, None), DEFAULT))  # no film, no CLAP


@pytest.mark.parametrize("name", [field.name for field in fields(Limits) if field.name != "stereo"])
def test_each_limit_by_itself(name) -> None:
    limit = getattr(DEFAULT, name)
    beyond = 0.01 if name in AT_MOST else -0.01
    assert [miss.name for miss in misses(with_value(name, limit + beyond), DEFAULT)] == [name]
    assert not list(misses(with_value(name, limit), DEFAULT))
    assert not list(misses(with_value(name, limit - beyond), DEFAULT))


def test_only_stereo_where_it_is_asked_for() -> None:
    stereo = replace(GOOD, sound=replace(SOUND, channels=2, side_db=-10.0, balance_db=1.0))
    twice = replace(GOOD, sound=replace(SOUND, channels=2, side_db=-120.0, balance_db=0.0))
    limits = replace(DEFAULT, stereo=1.0)
    assert not list(misses(stereo, limits)) and not list(misses(twice, DEFAULT))
    for mono in (GOOD, twice):
        assert [miss.name for miss in misses(mono, limits)] == ["stereo"]


def test_a_miss_is_said_with_both_numbers() -> None:
    (miss,) = misses(with_value("silence_ratio", 0.345), DEFAULT)
    assert str(miss) == "silence_ratio 0.345 is above 0.2"
    (miss,) = misses(with_value("short_side", 144), DEFAULT)
    assert str(miss) == "short_side 144 is below 224"


def test_digital_silence_has_no_ratio_to_compare() -> None:
    assert not list(misses(with_value("snr_db", None), DEFAULT))


def test_limits_as_given() -> None:
    assert checked_limits({}) == DEFAULT
    assert checked_limits({"short_side": "720", "snr_db": "1e1"}) == replace(
        DEFAULT, short_side=720, snr_db=10
    )
    for name, text, said in (
        ("loudness", "3", "no such limit; choose silence_ratio"),
        ("snr_db", "much", "give a number, such as -20"),
        ("snr_db", "nan", "give a number"),
    ):
        with pytest.raises(InputError, match=said):
            checked_limits({name: text})
