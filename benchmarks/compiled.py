"""One step of the flow network, plain and compiled: python benchmarks/compiled.py [--model small]

Untrained networks of a preset, two branches of guidance, float32 on the CPU; --joint and --audio: fewer
blocks than the preset has. For each length of sound: seconds of the first compiled step, then milliseconds of
a step, the fastest of some alternating runs.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import torch
from torch import nn

from kling_foley_core.mmdit import Features, MMDiT
from kling_foley_core.mmdit.compiled import compile_velocity
from kling_foley_core.presets import PRESETS, mel_of, rate_of
from kling_foley_core.timing import latent_frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="small", choices=PRESETS)
    parser.add_argument("--joint", type=int)
    parser.add_argument("--audio", type=int)
    parser.add_argument("--seconds", type=float, nargs="+", default=[8.0, 7.0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config = PRESETS[options.model].generator
    config = replace(
        config,
        joint_depth=options.joint or config.joint_depth,
        audio_depth=config.audio_depth if options.audio is None else options.audio,
    )
    torch.manual_seed(0)
    model = MMDiT(config).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.02)
    print("| model | seconds of sound | plain, ms | first compiled step, s | compiled, ms |")
    print("|---|---|---|---|---|")
    name = f"{options.model}, {config.joint_depth} + {config.audio_depth} blocks"
    for seconds in options.seconds:
        print(f"| {name} | {seconds:g} | {_row(model, seconds, options.times)} |", flush=True)


@torch.inference_mode()
def _row(model: MMDiT, seconds: float, times: int) -> str:
    config, mel = model.config, mel_of(model.config)
    length = latent_frames(seconds, mel.sampling_rate, mel.hop)
    given = Features.of(seconds, text=torch.randn(2, config.text_len, config.text_dim))
    visual = torch.randn(2, given.visual_len, config.visual_dim)
    sync = torch.randn(2, given.sync_len, config.sync_dim)
    conditions = model.condition(replace(given, visual=visual, sync=sync), length)
    x, t = torch.randn(2, length, config.latent_dim), torch.full((2,), 0.4)
    compiled = model.compiled
    if compiled is None:
        compile_velocity(model, rate_of(config))
        compiled = model.compiled
    first, took = None, {None: float("inf"), compiled: float("inf")}
    for _ in range(times + 1):
        for way in took:
            model.compiled = way
            began = time.perf_counter()
            model.velocity(x, t, conditions)
            spent = time.perf_counter() - began
            if way is not None and first is None:
                first = spent
            else:
                took[way] = min(took[way], spent)
    return f"{1e3 * took[None]:.0f} | {first:.1f} | {1e3 * took[compiled]:.0f}"


if __name__ == "__main__":
    main()
