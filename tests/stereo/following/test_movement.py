"""What moves where: camera, light, repeats and parts of a film."""

from __future__ import annotations

import pytest
import torch
from moving_squares import bouncing, squares

from kling_foley_core.errors import InputError
from kling_foley_core.stereo.following import MovementMap, movement_of
from kling_foley_core.stereo.following.movement import CHUNK, SIDE

BALL = bouncing(0.8, [-0.5])


def columns(values: torch.Tensor) -> torch.Tensor:
    """Mean over time and rows [SIDE]."""
    return values.float().view(-1, SIDE, SIDE).mean((0, 1))


def test_only_the_columns_of_what_moves_move() -> None:
    moves = columns(movement_of(squares(3.0, BALL)).moves)
    assert moves.argmax() in (5, 6) and moves[12:].max() < 0.01 * moves.max()


def test_it_turns_on_the_floor() -> None:
    turns = movement_of(squares(3.0, BALL)).turns.float().view(-1, SIDE, SIDE)
    floor = turns[:, 17:20].amax((1, 2))
    assert all(floor[20 * k - 1 : 20 * k + 2].max() > 5 * floor[20 * k + 5] for k in (1, 2, 3))


def test_a_slow_pan_moves_less_than_a_twentieth_of_what_it_would_without_the_fit(monkeypatch) -> None:
    from kling_foley_core.stereo.following import movement

    panned = squares(2.0, camera=lambda t: 0.4 * t)
    fitted = movement_of(panned).moves.float().mean()
    monkeypatch.setattr(movement, "own_change", lambda before, after: (after - before).abs())
    monkeypatch.setattr(movement, "NOISE_GAIN", 0.0)
    assert fitted < 0.05 * movement_of(panned).moves.float().mean()


def test_a_lamp_that_is_switched_moves_nothing() -> None:
    frames = squares(2.0)
    frames[20:30] = (frames[20:30] * 0.8).to(torch.uint8)
    assert movement_of(frames).moves.max() < 1


def test_frames_shown_twice_are_no_stops_and_starts() -> None:
    slow = squares(3.0, lambda t: (-0.6 + 0.4 * t, 0.2), fps=12.5)
    moved = movement_of(slow)
    middle = moved.moves[10:60].float().sum(1)
    assert middle.min() > 0.3 * middle.max()


def test_parts_of_any_size_give_the_same() -> None:
    frames = squares(8.0, BALL)
    whole, parted = movement_of(frames), MovementMap(len(frames))
    for part in frames.split([1, 2, CHUNK, 7, len(frames) - CHUNK - 10]):
        parted.add(part)
    assert torch.equal(parted.movement().moves, whole.moves)
    assert torch.equal(parted.movement().turns, whole.turns)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match="uint8"):
        movement_of(torch.zeros(4, 3, 64, 64, dtype=torch.uint8))
    with pytest.raises(InputError, match="8 frames were announced, 4"):
        made = MovementMap(8)
        made.add(torch.zeros(4, 3, 96, 96, dtype=torch.uint8))
        made.movement()
