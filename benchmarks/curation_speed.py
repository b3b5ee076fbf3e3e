"""How fast clips are measured: milliseconds of one core's time for the first seconds of each file given.
`python benchmarks/curation_speed.py film.mp4 sound.flac`.

Processor time, not the clock's, so that other work on the machine counts less. Prints a table with the device
and the date; nothing is asserted.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch  # noqa: E402

from kling_foley_core.data.curation.measures.bandwidth import bandwidth  # noqa: E402
from kling_foley_core.data.curation.measures.cache import content  # noqa: E402
from kling_foley_core.data.curation.measures.clipping import clipping_ratio  # noqa: E402
from kling_foley_core.data.curation.measures.level import level_db  # noqa: E402
from kling_foley_core.data.curation.measures.offset import dc_offset  # noqa: E402
from kling_foley_core.data.curation.measures.pieces import film_measures  # noqa: E402
from kling_foley_core.data.curation.measures.silence import silence_ratio  # noqa: E402
from kling_foley_core.data.curation.measures.snr import snr_db  # noqa: E402
from kling_foley_core.data.curation.measures.sound_fingerprint import sound_fingerprint  # noqa: E402
from kling_foley_core.data.curation.measures.spectrum import short_time_power  # noqa: E402
from kling_foley_core.data.curation.measures.stereo import balance_db, side_db  # noqa: E402
from kling_foley_core.media.audio_windows import sound_windows  # noqa: E402

ROW = "{:36s} {:>10.1f} {:>10.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=9.9)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines = [f"{platform.machine()}, torch {torch.__version__}, one thread, {datetime.date.today()}"]
    for file in options.files:
        lines += ["", f"{file.name + f', {options.seconds:g} s':36s} {'median ms':>10s} {'clips/s':>10s}"]
        medians = {
            name: _median(stage, options.times) for name, stage in _stages(file, options.seconds).items()
        }
        medians["all"] = sum(medians.values())
        lines += [ROW.format(name, 1e3 * took, 1 / took) for name, took in medians.items()]
    print("\n".join(lines))


def _stages(file: Path, seconds: float) -> dict[str, Callable[[], object]]:
    span = (0.0, seconds)
    (window,) = sound_windows(file, [span])
    wave, rate, spectrum = window.wave, window.rate, short_time_power(window.wave, window.rate)
    stages = {
        "decode the sound": lambda: list(sound_windows(file, [span])),
        "spectrum (SNR, bandwidth)": lambda: short_time_power(wave, rate),
        "SNR": lambda: snr_db(spectrum),
        "bandwidth": lambda: bandwidth(spectrum),
        "clipping ratio": lambda: clipping_ratio(wave),
        "silence ratio": lambda: silence_ratio(wave, rate),
        "level, offset, side, balance": lambda: (
            level_db(wave),
            dc_offset(wave),
            side_db(wave),
            balance_db(wave),
        ),
        "fingerprint of the sound": lambda: sound_fingerprint(wave, rate),
        "content, the cache's key": lambda: content(file),
    }
    if file.suffix not in (".wav", ".flac", ".mp3"):
        stages["film: decoding and fingerprint"] = lambda: film_measures(file, span)
    return stages


def _median(stage: Callable[[], object], times: int) -> float:
    stage()  # not counted: the first call finds its kernels
    took = []
    for _ in range(times):
        begin = time.process_time()
        stage()
        took.append(time.process_time() - begin)
    return statistics.median(took)


if __name__ == "__main__":
    main()
