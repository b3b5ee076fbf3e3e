"""Sounds of the built-in model for films of your own, and pictures of them: python benchmarks/real_clips.py
VIDEO ... --out DIR

DIR/NAME.wav, and DIR/NAME.png: spectrogram and pan of what was made; marks over it are the onsets of the
film's own sound, marks under it those of the made one. Prints how many agree within 50 ms.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures.matching import count, merged
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.media import load_audio, save_audio
from kling_foley_core.preview.picture import picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--prompt", default="")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    pipeline = FoleyPipeline.from_pretrained("small")
    for video in options.videos:
        sound = pipeline.generate(video=video, prompt=options.prompt, solver="euler")
        wave, rate = sound.waveform[0], sound.sampling_rate
        save_audio(options.out / f"{video.stem}.wav", wave, rate)
        made, own = merged(onsets(wave, rate)), own_onsets(video)
        picture(wave, rate, ticks_above=own, ticks_below=made).save(options.out / f"{video.stem}.png")
        hits = count(own, made)
        print(f"{video.name}: {len(own)} onsets in its own sound, {len(made)} made, {hits.matched} agree")


def own_onsets(video: Path) -> list[float]:
    try:
        return merged(onsets(*load_audio(video)))
    except InputError:
        return []  # a silent film


if __name__ == "__main__":
    main()
