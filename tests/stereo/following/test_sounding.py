"""Where what sounds is, with pictures and sounds whose truth is known."""

from __future__ import annotations

import math

import pytest
import torch
from moving_squares import FPS, RATE, bouncing, clicks, squares

from kling_foley_core.errors import InputError
from kling_foley_core.stereo.following import Movement, movement_of, sounding_path
from kling_foley_core.stereo.following.movement import SIDE
from kling_foley_core.stereo.following.path import PATH_RATE

SECONDS = 6.0


def heard_at(frames: torch.Tensor, times: list[float], sound: torch.Tensor | None = None) -> list[float]:
    """Positions 20 ms behind each time."""
    sound = clicks(len(frames) / FPS, times) if sound is None else sound
    position = sounding_path(movement_of(frames), sound, RATE).position
    return [float(position[round((t + 0.02) * PATH_RATE)]) for t in times]


def turning(time: float) -> tuple[float, float]:
    """From side to side at a steady speed, turning at every whole second."""
    return 0.7 * (2 * abs(time % 2 - 1) - 1), 0.3


def wandering(time: float) -> tuple[float, float]:
    """Never still, with a jerk ten times a second."""
    jerk = 0.1 * (math.floor(time * 10) % 2)
    return 0.6 * math.sin(1.7 * time + 1) + jerk, -0.5 + 0.2 * math.cos(2.3 * time) - jerk


def test_a_square_that_turns_at_the_sides_with_a_click_at_each_turn() -> None:
    times = [1.0, 2.0, 3.0, 4.0, 5.0]
    heard = heard_at(squares(SECONDS, turning), times)
    for time, x in zip(times, heard, strict=True):
        assert x == pytest.approx(turning(time)[0], abs=0.2)


def test_two_sources_one_after_another_each_at_its_place() -> None:
    frames = squares(SECONDS, bouncing(0.8, [-0.6, 0.6]))
    times = [0.8 * k for k in range(1, 7)]
    expected = [0.6 if k % 2 else -0.6 for k in range(1, 7)]
    assert heard_at(frames, times) == pytest.approx(expected, abs=0.15)


def test_what_moves_all_the_time_without_a_sound_does_not_pull() -> None:
    times = [0.8 * k for k in range(1, 7)]
    heard = heard_at(squares(SECONDS, bouncing(0.8, [-0.6]), wandering), times)
    assert max(heard) < -0.25 and sum(heard) / len(heard) < -0.45


def test_what_strikes_at_other_times_does_not_pull() -> None:
    def later(time: float) -> tuple[float, float]:
        return 0.6, bouncing(0.8, [0.0])(time + 0.37)[1]

    times = [0.8 * k for k in range(1, 7)]
    assert max(heard_at(squares(SECONDS, bouncing(0.8, [-0.6]), later), times)) < -0.3


@pytest.mark.parametrize("fps", [25, 24, 12.5])
def test_a_camera_that_pans_changes_nothing(fps: float) -> None:
    still = squares(SECONDS, bouncing(0.8, [-0.4, 0.5]), fps=fps)
    panned = squares(SECONDS, bouncing(0.8, [-0.4, 0.5]), camera=lambda t: 0.02 * t, fps=fps)
    times = [0.8 * k for k in range(1, 7)]
    shifts = [0.02 * t for t in times]
    heard = [x - shift for x, shift in zip(heard_at(panned, times), shifts, strict=True)]
    assert heard == pytest.approx(heard_at(still, times), abs=0.2)


def test_a_camera_that_pans_over_nothing_that_moves_leaves_the_sound_in_the_middle() -> None:
    times = [1.0, 2.0, 3.0]
    heard = heard_at(squares(4.0, camera=lambda t: 0.25 * t), times)
    assert max(map(abs, heard)) < 0.35


def test_a_cut_is_no_movement() -> None:
    one, other = squares(3.0, bouncing(0.8, [-0.6])), squares(3.0, bouncing(0.8, [-0.6])).flip(2)
    other = 255 - other
    times = [0.8, 1.6, 2.4, 3.0]
    *struck, cut = heard_at(torch.cat([one, other]), times)
    assert struck == pytest.approx([-0.6] * 3, abs=0.15)
    assert abs(cut) <= 0.75


def test_a_picture_that_stands_still_leaves_the_sound_in_the_middle() -> None:
    assert heard_at(squares(3.0), [1.0, 2.0]) == pytest.approx([0, 0], abs=1e-3)


def test_a_sound_that_goes_on_follows_what_moves_with_it() -> None:
    """Louder while the left one moves fast; the other moves evenly all the time."""
    seconds, loud = 8.0, 1.3

    def left(time: float) -> tuple[float, float]:
        gone = time - loud / (2 * math.pi) * math.sin(2 * math.pi * time / loud)
        return -0.5 + 0.15 * math.sin(9 * gone), 0.3

    def right(time: float) -> tuple[float, float]:
        return 0.5 + 0.15 * math.sin(9 * time), -0.2

    time = torch.arange(round(seconds * RATE)) / RATE
    envelope = (1 - torch.cos(2 * math.pi * time / loud)) / 2
    sound = 0.2 * envelope * torch.randn(len(time), generator=torch.Generator().manual_seed(1))
    position = sounding_path(movement_of(squares(seconds, left, right)), sound, RATE).position
    assert float(position[200:600].mean()) < -0.1


def test_loud_and_soft_are_placed_alike() -> None:
    frames, times = squares(4.0, bouncing(0.8, [-0.6, 0.6])), [0.8, 1.6, 2.4, 3.2]
    soft = heard_at(frames, times, 0.3 * clicks(4.0, times))
    assert soft == pytest.approx(heard_at(frames, times), abs=0.1)


def test_pieces_of_a_long_film_join(monkeypatch) -> None:
    from kling_foley_core.stereo.following import sounding

    frames, times = squares(20.0, bouncing(0.8, [-0.6, 0.6])), [0.8 * k for k in range(1, 25)]
    moved, sound = movement_of(frames), clicks(20.0, times)
    whole = sounding_path(moved, sound, RATE).position
    monkeypatch.setattr(sounding, "PIECE", 5 * FPS)
    monkeypatch.setattr(sounding, "CONTEXT", 6 * FPS)
    pieces = sounding_path(moved, sound, RATE).position
    assert pieces.shape == whole.shape
    places = [round((t + 0.02) * PATH_RATE) for t in times]
    assert (pieces[places] - whole[places]).abs().max() < 0.1


@pytest.mark.parametrize("length", [1, 100, round(9 * RATE)])
def test_a_sound_of_another_length_than_the_film(length: int) -> None:
    path = sounding_path(movement_of(squares(1.0, turning)), torch.zeros(length), RATE)
    assert torch.isfinite(path.position).all() and path.position.abs().max() <= 1


def test_one_frame_is_enough() -> None:
    path = sounding_path(movement_of(squares(0.04)), clicks(0.5, [0.1]), RATE)
    assert torch.isfinite(path.position).all() and torch.isfinite(path.spread).all()


def test_stereo_sound_is_refused() -> None:
    with pytest.raises(InputError, match="one channel"):
        sounding_path(Movement(torch.zeros(2, 576), torch.zeros(2, 576)), torch.zeros(2, 8), RATE)


@pytest.mark.parametrize("other", [(5, 20), (20, 20)], ids=["at another height", "at the same height"])
def test_of_two_that_turn_at_once_the_one_that_did_so_at_other_onsets_sounds(other: tuple[int, int]) -> None:
    """One strikes at every onset; another turns just as much at one of them, and between them too."""
    onsets_at, row, left = [1.0, 2.0, 3.0, 4.0, 5.0], 20, 3
    turns = torch.zeros(int(SECONDS * FPS), SIDE, SIDE)
    for time in onsets_at:
        turns[round(time * FPS), row, left] = 10
    for time in (0.4, 1.4, 2.4, 3.0, 3.6, 4.6, 5.4):
        turns[round(time * FPS), other[0], other[1]] = 10
    movement = Movement(torch.zeros(len(turns), SIDE * SIDE), turns.flatten(1))
    position = sounding_path(movement, clicks(SECONDS, onsets_at), RATE).position
    assert float(position[round(3.02 * PATH_RATE)]) < -0.5


def test_what_strikes_at_one_height_at_changing_places_sounds() -> None:
    """Like steps on a floor; another thing turns at one of the onsets, higher up, and between them too."""
    places = {1.0: 8, 2.0: 12, 3.0: 3, 4.0: 16, 5.0: 6}
    turns = torch.zeros(int(SECONDS * FPS), SIDE, SIDE)
    for time, column in places.items():
        turns[round(time * FPS), 20, column] = 10
    for time in (0.4, 1.4, 2.4, 3.0, 3.6, 4.6, 5.4):
        turns[round(time * FPS), 5, 20] = 10
    movement = Movement(torch.zeros(len(turns), SIDE * SIDE), turns.flatten(1))
    position = sounding_path(movement, clicks(SECONDS, list(places)), RATE).position
    assert float(position[round(3.02 * PATH_RATE)]) < -0.5
