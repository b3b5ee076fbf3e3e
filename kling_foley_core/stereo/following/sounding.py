"""Where what sounds is: movement and mono sound [N] -> a path from left to right.

Most of what moves is silent. What counts is how well a part's movement goes with the sound, in the seconds
around each instant (Gaussian, or a window):

- At an onset of the sound, the parts that suddenly turn, stop or start within one frame of it. A part counts
  by how much it does so at the other onsets around, against how often it does so at all; likewise its row of
  the picture, with more weight: what strikes does it at some height again and again, on a floor, a table, an
  anvil, while what flies through the picture turns at any height. The place is the weighted mean, and the
  sound is there until the next onset or until it has faded.
- Elsewhere, what moves, by how well its movement correlates with the loudness over about a second. Where
  nothing moves or sounds, the last place glides to the next.

The powers and widths were tuned on 70 training scenes of the generated world (docs/measured.md). Our choice.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ...analysis.onsets import onsets
from ...codec.chunks import chunks
from ...errors import InputError
from .movement import SIDE, VIEW, Movement
from .path import PATH_RATE, Path, instants

FPS = VIEW.fps
AROUND, USUAL = 10, 1.0  # frames to either side; a turn counts by what exceeds the median there
LEAST_TURN, LEAST_MOVE = 0.2, 0.02  # grey levels: less is how badly a camera's own movement is told apart
AMPLE = 3.0  # grey levels: of turns far above it each counts alike
OTHERS, APART = 6.0, 4  # seconds (deviation); frames by which another onset differs from this one
ROW_POWER, PART_POWER = 5.0, 1.0
DOUBT = 2.0  # turns of no meaning that each part and row is given
TOGETHER, GOOD = 31, 0.5  # frames over which loudness and movement are compared; what no correlation counts
SMOOTH = 5  # frames
HOLD, FADE = 0.15, 0.2  # seconds a sound stays where it was struck; and the time constant behind
STEADY, FILL = 0.12, 1.2  # seconds (deviations) over which places are averaged, and across what is silent
FILL_WEIGHT = 1e-3
FAINT = 1e-3  # of the movement and loudness there is: with less the place is the middle
BESIDE, LEAST_RISE, CLEAR_RISE = 0.05, 2.5, 5.0  # seconds; dB by which an impact raises the sound
QUIET = 1e-4  # of full scale
PIECE, CONTEXT = 60 * FPS, 16 * FPS  # frames of a film that are looked at together, and before and behind
EVEN = 3**-0.5  # the deviation of what moves evenly over all of the picture


def sounding_path(movement: Movement, mono: Tensor, rate: int) -> Path:
    """A path as long as the sound; behind the end of the film the last place is held."""
    if mono.ndim != 1 or len(mono) < 1:
        raise InputError(f"sound is {tuple(mono.shape)}: [samples] of one channel are needed.")
    frames = len(movement.moves)
    position, spread = torch.zeros(2, instants(frames / FPS)).unbind()
    for part in chunks(frames, PIECE, CONTEXT):
        piece = mono[part.left * rate // FPS : -(-part.right * rate // FPS)]
        seen = Movement(
            movement.moves[part.left : part.right].float(), movement.turns[part.left : part.right].float()
        )
        first = part.start * PATH_RATE // FPS
        last = len(position) if part.stop == frames else part.stop * PATH_RATE // FPS
        skipped = first - part.left * PATH_RATE // FPS
        for whole, made in zip((position, spread), _path(seen, piece, rate), strict=True):
            whole[first:last] = made[skipped : skipped + last - first]
    return Path(position, spread)


def _path(movement: Movement, mono: Tensor, rate: int) -> tuple[Tensor, Tensor]:
    """Of one piece: position, spread."""
    loudness = _loudness(mono, rate, len(movement.moves))
    position, spread, sure = _flowing(movement.moves, loudness)
    count = instants(len(loudness) / FPS)
    at = torch.arange(count) * (FPS / PATH_RATE)
    position, spread, sure = (_at(values, at) for values in (position, spread, sure))
    times = [t for t in onsets(mono[None], rate) if t * FPS < len(loudness)]
    for number, (time, place) in enumerate(zip(times, _struck(movement, times), strict=True)):
        if place is None:
            continue
        first = max(0, round((time - 0.01) * PATH_RATE))
        last = count if number + 1 == len(times) else round((times[number + 1] - 0.01) * PATH_RATE)
        since = torch.arange(last - first) / PATH_RATE - HOLD
        there = torch.exp(-since.clamp(min=0) / FADE)
        there = (1 - (1 - there) * sure[first:last]) * _rise(mono, rate, time)
        position[first:last] = torch.lerp(position[first:last], torch.tensor(place), there)
        spread[first:last] *= 1 - there
    return position, spread


def _rise(mono: Tensor, rate: int, time: float) -> float:
    """0..1: by how much the sound gets louder there; what fluctuates of itself is struck by nothing."""
    first, length = round((time - 0.002) * rate), round(BESIDE * rate)
    before, after = mono[max(0, first - length) : max(0, first)], mono[max(0, first) : first + length]
    powers = [float(part.square().mean()) if len(part) else 0.0 for part in (before, after)]
    decibels = 10 * math.log10((powers[1] + QUIET**2) / (powers[0] + QUIET**2))
    return min(1.0, max(0.0, (decibels - LEAST_RISE) / (CLEAR_RISE - LEAST_RISE)))


def _loudness(mono: Tensor, rate: int, frames: int) -> Tensor:
    """Logarithm of the RMS [T] around each frame; 0 is QUIET."""
    power = F.pad(mono.double().square().cumsum(0), (1, 0))
    edges = ((torch.arange(frames + 1) - 0.5) * (rate / FPS)).round().long().clamp(0, len(mono))
    mean = (power[edges[1:]] - power[edges[:-1]]) / (edges[1:] - edges[:-1]).clamp(min=1)
    return (mean.sqrt() / QUIET).clamp(min=1).log().float()


def _flowing(moves: Tensor, loudness: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Position and spread [T] of what moves as the sound goes, and how sure that is, 0..1."""
    moves = (moves - LEAST_MOVE).clamp(min=0)
    root, loud = moves.sqrt(), loudness[:, None]
    mean = _mean(root, TOGETHER)
    usual = _mean(loud, TOGETHER)
    together = _mean((loud - usual) * (root - mean), TOGETHER)
    own = _mean((root - mean).square(), TOGETHER) * _mean((loud - usual).square(), TOGETHER)
    goes_with = (together / own.sqrt().clamp(min=1e-6)).clamp(0, 1)
    weight = _mean(moves, SMOOTH) * (GOOD + goes_with).square()
    there, x = weight.sum(1), _columns()
    place = (weight * x).sum(1) / there.clamp(min=1e-9)
    wide = ((weight * (x - place[:, None]).square()).sum(1) / there.clamp(min=1e-9)).sqrt() / EVEN
    sure = there * loudness
    usual_sure = max(float(sure.mean()), 1e-9)
    steady = [_gaussian(values, STEADY) for values in (sure, sure * place, sure * wide)]
    filled = [_gaussian(values, FILL) for values in (sure, sure * place, sure * wide)]
    total, *sums = (near + FILL_WEIGHT * far for near, far in zip(steady, filled, strict=True))
    total = total + FAINT * FAINT * usual_sure + 1e-9
    return sums[0] / total, (sums[1] / total).clamp(max=1), steady[0] / (steady[0] + 0.1 * usual_sure)


def _struck(movement: Movement, times: list[float]) -> list[float | None]:
    """Where in the picture each onset comes from; None where nothing turns."""
    if not times:
        return []
    turns, frames = movement.turns, len(movement.turns)
    beside = F.pad(turns.T[None], (AROUND, AROUND), mode="replicate")[0].unfold(1, 2 * AROUND + 1, 1)
    sudden = (turns - USUAL * beside.median(-1).values.T - LEAST_TURN).clamp(min=0)
    at = torch.tensor([min(frames - 1, round(t * FPS)) for t in times])
    near = F.max_pool1d(sudden.T[None], 3, 1, 1)[0].T[at]
    counted = (sudden / (sudden + AMPLE)).view(-1, SIDE, SIDE)
    rows = F.avg_pool1d(counted.amax(2)[:, None], 3, 1, 1)[:, 0]
    parts = F.max_pool2d(counted[:, None], 3, 1, 1)[:, 0].flatten(1)
    of_row = _meant(rows, at)[:, :, None].expand(-1, SIDE, SIDE).flatten(1)
    weight = near * of_row**ROW_POWER * _meant(parts, at) ** PART_POWER
    total = weight.sum(1)
    places = (weight * _columns()).sum(1) / total.clamp(min=1e-12)
    return [float(x) if t > 1e-9 else None for x, t in zip(places, total, strict=True)]


def _meant(turns: Tensor, at: Tensor) -> Tensor:
    """turns [T, places], 0..1, onsets at frames [K] -> [K, places]: how many times as often each place turns
    at the other onsets as it would by chance."""
    frames = torch.arange(len(turns))
    at_onset = ((frames[:, None] - at).abs() <= 1).any(1).float()
    away = (at[:, None] - frames).abs()
    weight = torch.exp(-0.5 * (away / (FPS * OTHERS)).square()) * (away >= APART)
    chance = ((weight * at_onset).sum(1) / weight.sum(1).clamp(min=1e-6)).clamp(min=1e-3)[:, None]
    return ((weight * at_onset) @ turns + DOUBT * chance) / (weight @ turns + DOUBT) / chance


def _columns() -> Tensor:
    """x of every part [parts], row by row."""
    return (((torch.arange(SIDE) + 0.5) / SIDE) * 2 - 1).repeat(SIDE)


def _mean(values: Tensor, frames: int) -> Tensor:
    """Over so many frames (odd) around each, fewer at the ends; [T, n]."""
    return F.avg_pool1d(values.T[None], frames, 1, frames // 2, count_include_pad=False)[0].T


def _gaussian(values: Tensor, seconds: float) -> Tensor:
    """[T], the ends held."""
    reach = math.ceil(3 * seconds * FPS)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / (seconds * FPS)).square())
    padded = F.pad(values[None, None], (reach, reach), mode="replicate")
    return F.conv1d(padded, (kernel / kernel.sum())[None, None])[0, 0]


def _at(values: Tensor, at: Tensor) -> Tensor:
    """[T] at fractions of frames, linear; the ends held."""
    at = at.clamp(max=len(values) - 1)
    low = at.floor().long()
    return torch.lerp(values[low], values[(low + 1).clamp(max=len(values) - 1)], at - low)
