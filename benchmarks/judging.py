"""What judging costs once the networks were asked: python benchmarks/judging.py --clips 1000

Seconds of one thread for each kind of measure with its interval, on random features of the real sizes, and
the most memory held so far.
"""

from __future__ import annotations

import argparse
import resource
import time

import torch

from kling_foley_core.evaluation.clips.judging import ClipFeatures, judged

WINDOWS = {"vggish": (8, 128), "yamnet": (16, 1024)}  # of 8 s
ROWS = {"passt": (768,), "panns": (2048,), "imagebind": (1024,), "ms_clap": (1024,)}
CLASSES = {"panns": 527}
MEASURES = ("KL_PANNs", "IS_PANNs", "IB-score", "FD_PaSST", "KID_PaSST", "FD_PANNs", "FD_VGG", "FAD_YAMNet")


def clips(number: int) -> list[ClipFeatures]:
    torch.manual_seed(0)
    return [ClipFeatures(str(i), heard(), heard(), film=heard()) for i in range(number)]


def heard() -> dict[str, dict[str, torch.Tensor]]:
    found = {name: {"embedding": torch.randn(*shape).relu()} for name, shape in (WINDOWS | ROWS).items()}
    for name, classes in CLASSES.items():
        found[name]["logits"] = 4 * torch.randn(classes)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    options = parser.parse_args()
    made = clips(options.clips)
    print("| measure | s | GiB |")
    print("|---|---|---|")
    for name in MEASURES:
        begin = time.process_time()
        judged([name], made)
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"| {name} | {time.process_time() - begin:.1f} | {held:.1f} |", flush=True)


if __name__ == "__main__":
    main()
