"""`kling-foley train lora | finetune --data CLIPS --model MODEL --out DIR`: clips of one's own are checked
and extracted, and a flow network is trained on them, in one go.

    DIR/shards/             what the model's encoders and codec make of the clips
    DIR/lora.safetensors    (lora) for `generate --lora` and ComfyUI's LoraLoaderModelOnly
    DIR/generator.safetensors    (finetune) the whole flow network
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Progress, silent
from .bars import Bars
from .say import remark, say

if TYPE_CHECKING:
    from accelerate import Accelerator

    from ..data.shards import Header
    from ..systems.search import System
    from ..training.recipe import Source

PARTS = {"lora": "lora", "finetune": "generator"}  # word of the command -> module of training/parts
SHARD_SIZE = 64
SILENCE_RATIO = 0.9  # at most: clips picked by hand may have single sounds in silence. Our choice
SHOWN = 20  # clips that are not used and named


def run(options: argparse.Namespace) -> None:
    from ..systems.assembly import found_system
    from ..training.loop.processes import new_accelerator
    from ..training.loop.train import check_folder
    from ..training.recipe import recipe_source
    from ..weights import BUILT_IN

    if len(options.data) != 1:
        raise InputError(
            f"--data: give {options.part} one folder of clips, one manifest or one folder of shards."
        )
    for given, name in ((options.files, "--with"), (options.start, "--start")):
        if given:
            raise InputError(f"{name}: {options.part} takes all networks from --model; leave it out.")
    recipe = recipe_source(options.recipe, options.part, options.changes)
    check_folder(options.out, recipe.text, options.resume)
    model = BUILT_IN if options.model == BUILT_IN.stem else Path(options.model)
    accelerator = new_accelerator(cpu=options.cpu, log_folder=options.out)
    with Bars() as bars:
        progress = bars if accelerator.is_main_process else silent
        system = found_system(model, progress)
        shards = _shards(options, system, recipe, accelerator, progress)
        _train(options, system, shards, recipe, accelerator, progress)


def _train(
    options: argparse.Namespace,
    system: System,
    shards: Path,
    recipe: Source,
    accelerator: Accelerator,
    progress: Progress,
) -> None:
    from ..systems.preset import preset_of
    from ..training.setting import Setting
    from .train import run_part

    setting = Setting(
        preset=preset_of(system),
        data=(shards,),
        out=options.out,
        accelerator=accelerator,
        given={},
        start={"mmdit": system.parts["generator"].path},
        progress=progress,
    )
    run_part(PARTS[options.part], recipe, setting, options.resume)


def _shards(
    options: argparse.Namespace,
    system: System,
    recipe: Source,
    accelerator: Accelerator,
    progress: Progress,
) -> Path:
    """Those given, if they are of this model, else such as are made of the clips, by the first process."""
    from ..data.shards.header import NAME, read_header

    (data,) = options.data
    if (data / NAME).is_file():
        _check_made_by(system, read_header(data), data)
        return data
    if accelerator.is_main_process:
        _extract(options, system, _window_seconds(recipe, options.part), accelerator, progress)
    accelerator.wait_for_everyone()
    return options.out / "shards"


def _check_made_by(system: System, header: Header, data: Path) -> None:
    from ..checkpoints.digest import digest_of_file
    from ..data.shards.networks import check_networks

    parts = [system.parts[name] for name in ("vae", "text", "visual", "sync")]
    wanted = {n.kind: digest_of_file(n.path, n.kind) for n in parts if n.kind in header.networks}
    check_networks(header, wanted, data)


def _window_seconds(recipe: Source, part: str) -> float:
    """As long as the recipe's longest crop."""
    from ..training.parts.generator import GeneratorRecipe
    from ..training.parts.lora import LoRARecipe
    from ..training.recipe import read_recipe

    read = read_recipe(recipe, LoRARecipe if part == "lora" else GeneratorRecipe)
    return max(crop.seconds for crop in read.crops)


def _extract(
    options: argparse.Namespace,
    system: System,
    seconds: float,
    accelerator: Accelerator,
    progress: Progress,
) -> None:
    import torch

    from ..data.curation import Cutting, curate
    from ..data.curation.limits import DEFAULT
    from ..data.extraction import Encoding, WindowSource, Worker, extract, frozen_networks
    from ..data.manifest import read_manifest
    from .extract import show

    (data,) = options.data
    limits = replace(DEFAULT, silence_ratio=SILENCE_RATIO)
    cutting = Cutting(seconds=seconds, least=seconds, augment=0.0, seed=0)
    curation = curate(read_manifest(data, {}), limits, cutting, options.out / "measured", progress)
    for note in curation.notes:
        remark(note)
    for rejected in curation.rejected[:SHOWN]:
        remark(f"not used: {rejected.why}")
    if len(curation.rejected) > SHOWN:
        remark(f"not used: {len(curation.rejected) - SHOWN} more; `kling-foley data check` names them all")
    curation.check_usable()
    files = list(dict.fromkeys(network.path for network in system.parts.values()))
    dtype = torch.bfloat16 if accelerator.device.type == "cuda" else torch.float32
    encoding = Encoding(frozen_networks(files, accelerator.device, dtype, progress))
    source, out = WindowSource(curation.windows, encoding.raw_format, str(data)), options.out / "shards"
    show(out, extract(source, encoding, out, SHARD_SIZE, Worker(0, 1), progress))
    say(f"{len(curation.windows)} windows of {seconds:g} s from {len(curation.clips)} clips")
