"""What the watermark survives, and what it does to a sound: python benchmarks/marks.py [--clips DIR]

Over sounds of Foley World, of the built-in model and, with --clips, real ones: how many are found after
codecs, resampling and gain; how often one without a mark is taken for marked, with the mark's key and with
others; and how far marked sounds are from unmarked in PESQ (wide band; package pesq, if there is one), in
noise to mask (error against the masked threshold of 24 Bark bands, Johnston 1988) and in hits F1 of Foley
World's truth.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import torch
from torch import Tensor

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.data.manifest.media_files import FILMS, SOUNDS
from kling_foley_core.evaluation.coded import CODECS, coded
from kling_foley_core.evaluation.measures.matching import Hits, hits_of, total
from kling_foley_core.foley_world import Truth, make_scene, render_sound, scene_number, truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.marks.detection import band_powers, detected, differences, scores, threshold
from kling_foley_core.marks.pattern import signs
from kling_foley_core.marks.strength import bark
from kling_foley_core.marks.watermark import watermarked
from kling_foley_core.media import load_audio, resample

SECONDS, RATE = 8.0, 44100
PIECE = 10  # seconds of a real clip
SEED = 16
BATCH = 8
PROMPTS = [
    "heavy rain on a tin roof",
    "footsteps on gravel",
    "a hammer strikes an anvil, metal ringing",
    "wooden balls bounce on the floor, birds in the background",
    "a drum is played in a large hall",
    "a wheel rolls over wood",
    "glass breaks, wind in the background",
    "water drops fall into a bucket",
]


@dataclass(frozen=True)
class Given:
    kind: str
    wave: Tensor
    rate: int
    truth: Truth | None = None


def world_sounds(count: int) -> Iterator[Given]:
    for index in range(count):
        scene = make_scene(scene_number(SEED, index), "eval", SECONDS)
        yield Given("Foley World", torch.from_numpy(render_sound(scene, RATE)), RATE, truth_of(scene))


def made_sounds(count: int) -> Iterator[Given]:
    pipeline = FoleyPipeline.from_pretrained("small", "cpu")
    for first in range(0, count, BATCH):
        prompt = PROMPTS[first // BATCH % len(PROMPTS)]
        some = min(BATCH, count - first)
        made = pipeline.generate(prompt=prompt, seconds=SECONDS, seed=first, batch=some, solver="euler")
        yield from (Given("small", wave, made.sampling_rate) for wave in made.waveform)


def real_sounds(folder: Path) -> Iterator[Given]:
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in SOUNDS | FILMS):
        wave, rate = load_audio(path)
        for start in range(0, max(1, wave.shape[1] // rate - PIECE // 2), PIECE):
            yield Given("real clips", wave[:, start * rate : (start + PIECE) * rate], rate)


def chain(wave: Tensor, rate: int) -> tuple[Tensor, int]:
    """AAC, 6 dB softer, 32 kHz, MP3, one channel, and cut in the middle of a cell."""
    wave, rate = coded(wave, rate, "AAC 128 kbit/s")
    wave, rate = coded(resample(wave / 2, rate, 32_000), 32_000, "MP3 128 kbit/s")
    return wave.mean(0, keepdim=True)[:, 777:], rate


ATTACKS: dict[str, Callable[[Tensor, int], tuple[Tensor, int]]] = {
    "nothing": lambda wave, rate: (wave, rate),
    **{name: lambda wave, rate, name=name: coded(wave, rate, name) for name in CODECS},
    "resampling to 32 kHz": lambda wave, rate: (resample(wave, rate, 32_000), 32_000),
    "6 dB softer": lambda wave, rate: (wave / 2, rate),
    "6 dB louder": lambda wave, rate: ((wave * 2).clamp(-1, 1), rate),
    "mono": lambda wave, rate: (wave.mean(0, keepdim=True), rate),
    "all of it: AAC, -6 dB, 32 kHz, MP3, mono, cut": chain,
}


def noise_to_mask(clean: Tensor, marked: Tensor, rate: int) -> tuple[float, float]:
    """(mean dB of error against masked threshold, share of frames and bands where it is above)."""
    window = torch.hann_window(2048)

    def powers(wave: Tensor) -> Tensor:
        return torch.stft(wave.mean(0), 2048, 512, window=window, return_complex=True).abs().square()

    signal, error = powers(clean), powers(marked - clean)
    band = bark(torch.arange(1025) * rate / 2048).floor().clamp(0, 23).long()
    member = (band == torch.arange(24)[:, None]).float()
    width = member.sum(1, keepdim=True)
    loud = member @ signal
    flatness = 10 * (
        member @ signal.clamp_min(1e-12).log10() - width * (loud / width).clamp_min(1e-12).log10()
    )
    tonal = (flatness / width / -20).clamp(0, 1)
    apart = torch.arange(24)[:, None] - torch.arange(24)
    spread = 10 ** (torch.where(apart > 0, -10.0, 27.0) * apart / 10)  # down 27 dB a Bark below, 10 above
    under = tonal * (14.5 + torch.arange(24)[:, None]) + (1 - tonal) * 5.5
    masked = (spread @ loud) * 10 ** (-under / 10)
    heard = loud > 1e-4  # far above the least that 16 bits hold
    ratio = 10 * torch.log10((member @ error)[heard] / masked[heard] + 1e-9)
    return ratio.mean().item(), (ratio > 0).float().mean().item()


def pesq_of(clean: Tensor, marked: Tensor, rate: int) -> float | None:
    """Of the marked against the unmarked sound; None without the package, or where it hears no utterance."""
    try:
        from pesq import PesqError, pesq
    except ImportError:
        return None
    before, after = (resample(w.mean(0, keepdim=True), rate, 16_000)[0].numpy() for w in (clean, marked))
    found = pesq(16_000, before, after, "wb", on_error=PesqError.RETURN_VALUES)
    return found if found > 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", type=int, default=130)
    parser.add_argument("--made", type=int, default=64)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--keys", type=int, default=100, help="other keys, for more false alarms to be had")
    options = parser.parse_args()
    sounds = [*world_sounds(options.world), *made_sounds(options.made)]
    if options.clips is not None:
        sounds += real_sounds(options.clips)
    marked = [watermarked(s.wave, s.rate) for s in sounds]
    print(f"{len(sounds)} sounds")
    say_found(sounds, marked)
    say_false_alarms(sounds, options.keys)
    say_quality(sounds, marked)


def say_found(sounds: list[Given], marked: list[Tensor]) -> None:
    kinds = list(dict.fromkeys(s.kind for s in sounds))
    print(f"| after | all | {' | '.join(kinds)} | median z |\n|{'---|' * (len(kinds) + 3)}")
    for name, attack in ATTACKS.items():
        found, z = defaultdict(list), []
        for given, wave in zip(sounds, marked, strict=True):
            seen = detected(*attack(wave, given.rate))
            found[given.kind].append(seen.found)
            z.append(seen.z)
        shares = [[f for kind in kinds for f in found[kind]], *(found[kind] for kind in kinds)]
        cells = " | ".join(f"{sum(s)}/{len(s)}" for s in shares)
        print(f"| {name} | {cells} | {median(z):.1f} |", flush=True)


def say_false_alarms(sounds: list[Given], keys: int) -> None:
    alarms, largest, tries = 0, 0.0, 0
    others = [signs(f"another key {number}") for number in range(keys)]
    for given in sounds:
        alarms += detected(given.wave, given.rate).found
        found = differences(band_powers(given.wave, given.rate))
        for wanted in others:
            z = scores(found, wanted).max().item()
            largest, tries = max(largest, z), tries + 1
    print(f"unmarked: {alarms} of {len(sounds)} taken for marked; with {keys} other keys the largest z of")
    print(f"{tries} tries is {largest:.2f}, {threshold(1):.2f} is enough")


def say_quality(sounds: list[Given], marked: list[Tensor]) -> None:
    snr, mask, above, speech = [], [], [], []
    before: list[Hits] = []
    after: list[Hits] = []
    for given, wave in zip(sounds, marked, strict=True):
        snr.append(20 * torch.log10(given.wave.norm() / (wave - given.wave).norm()).item())
        ratio, share = noise_to_mask(given.wave, wave, given.rate)
        if math.isfinite(ratio):  # a sound may have nothing that is loud enough
            mask.append(ratio)
            above.append(share)
        speech.append(pesq_of(given.wave, wave, given.rate))
        if given.truth is not None:
            before.append(hits_of(onsets(given.wave, given.rate), given.truth))
            after.append(hits_of(onsets(wave, given.rate), given.truth))
    print(f"signal to error: {median(snr):.1f} dB (median), {min(snr):.1f} (least)")
    print(f"noise to mask: {mean(mask):.1f} dB (mean); above the threshold {100 * mean(above):.2f} % of it")
    rated = [s for s in speech if s is not None]
    if rated:
        low = sum(r < 4.5 for r in rated)
        print(f"PESQ of {len(rated)}: {median(rated):.2f} (median), {mean(rated):.2f} (mean),")
        print(f"{min(rated):.2f} (least), {low} below 4.5; 4.64 is no change")
    print(f"hits F1 of Foley World: {total(before).f1:.4f} before, {total(after).f1:.4f} after")


if __name__ == "__main__":
    main()
