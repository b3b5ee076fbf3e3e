"""`python -m tests.fuzz.run [--seed S] [--cases N] [--sort media|checkpoints] [--only K]`: N odd inputs of
each sort; prints what went wrong, with the arguments that show it again. Exit code 1 if anything did.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .checkpoints_trial import CheckpointsTrial
    from .child import Outcome
    from .media_trial import MediaTrial

BATCH = 25  # cases of one child, as long as it lives
CORES = 2  # FFmpeg keeps a thread, and its memory, for each

os.environ["OMP_NUM_THREADS"] = "1"  # a process with threads can't be forked safely
sys.path.insert(0, str(Path(__file__).parents[1]))  # as conftest.py does


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=200, help="of each sort")
    parser.add_argument("--sort", choices=["media", "checkpoints"], help="default: both")
    parser.add_argument("--only", type=int, help="this case alone, with all that came of it")
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    wrong = 0
    for sort in [options.sort] if options.sort else ["media", "checkpoints"]:
        with tempfile.TemporaryDirectory() as scratch:
            wrong += _run(sort, Path(scratch), options)
    return min(wrong, 1)


def _run(sort: str, scratch: Path, options: argparse.Namespace) -> int:
    """The number of cases with which something went wrong."""
    trial = _trial(sort, scratch)
    for name, outcomes in trial.truth.items():
        if any(o.wrong() for o in outcomes) or all(o.how != "right" for o in outcomes):
            raise RuntimeError(f"{name} is right, yet {outcomes}")
    numbers = list(range(options.cases)) if options.only is None else [options.only]
    counts, failed = Counter[str](), 0
    for first in range(0, len(numbers), BATCH):
        batch = numbers[first : first + BATCH]
        for number, (harmed, outcomes) in zip(batch, trial.run(options.seed, batch), strict=True):
            counts.update(o.how for o in outcomes)
            failed += any(o.wrong() for o in outcomes)
            for o in outcomes:
                if o.wrong() or options.only is not None:
                    _say(f"--sort {sort} --seed {options.seed} --only {number}  ({harmed})\n    {_words(o)}")
    _say(f"{sort}, seed {options.seed}: {len(numbers)} cases, {failed} wrong; calls: {dict(counts)}")
    return failed


def _trial(sort: str, scratch: Path) -> MediaTrial | CheckpointsTrial:
    if sort == "media":
        from .media_trial import MediaTrial

        return MediaTrial(scratch)
    from .checkpoints_trial import CheckpointsTrial

    return CheckpointsTrial(scratch)


def _words(what: Outcome) -> str:
    told = "".join(f"\n    told: {t}" for t in what.told)
    return f"{what.call}: {what.how} ({what.seconds:.2f} s, {what.bytes >> 20} MiB) {what.text[-800:]}{told}"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main())
