"""Trains a LoRA on a flow network: the generator's flow matching (`generator.py`) with all of the network
frozen but the low-rank additions of `lora/adapters.py`.

The latents keep the statistics that the network was trained with. What is averaged, kept in the run's state
and written are the additions alone: DIR/lora.safetensors, for `generate --lora` and ComfyUI.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...checkpoints import load_network
from ...checkpoints.kinds.mmdit import variant
from ...data.shards import Crop
from ...data.splits import HELD_OUT, TRAIN
from ...errors import InputError
from ...lora import save_lora
from ...mmdit import MMDiT
from ..loop.parallel import gathered
from ..lora.adapters import LoRAConfig, attach, attached
from ..recipe import Optimisation, Run, Source, read_recipe
from ..setting import Setting
from .generator import GeneratorRecipe, GeneratorTrainer, Guidance
from .generator_batches import Crops
from .generator_conditions import Dropping

FILE = "lora.safetensors"
NO_GUIDANCE = Guidance(weight=0.0, start=0, warm_up=0, every=1)


@dataclass(frozen=True)
class LoRARecipe:
    ema_decay: float
    lora: LoRAConfig
    run: Run
    dropping: Dropping
    optimisation: Optimisation
    crops: tuple[Crop, ...]

    @property
    def flow(self) -> GeneratorRecipe:
        """The flow's loss alone: clips of one's own have no labels."""
        rest = (self.run, NO_GUIDANCE, self.dropping, self.optimisation, self.crops)
        return GeneratorRecipe(self.ema_decay, 0.0, *rest)


class LoRATrainer(GeneratorTrainer):
    def __init__(
        self, recipe: LoRARecipe, net: MMDiT, crops: Crops, held_out: Crops, setting: Setting
    ) -> None:
        self.config = recipe.lora
        attach(net, recipe.lora, recipe.run.seed)
        super().__init__(recipe.flow, net, crops, held_out, setting, names=())

    def _averaged(self) -> nn.Module:
        return nn.ParameterList(p for p in self.net.parameters() if p.requires_grad)

    def _parts(self) -> dict[str, Any]:
        return {"additions": self.averaged, "ema": self.ema, "optimiser": self.optimiser}

    def export(self, folder: Path) -> None:
        with self.ema.swapped(self.averaged):
            pairs = attached(self.net)
            flat = {f"{layer}/{i}": t for layer, pair in pairs.items() for i, t in enumerate(pair)}
            whole = gathered(flat, self.accelerator)
            if self.accelerator.is_main_process:
                held = {layer: (whole[f"{layer}/0"], whole[f"{layer}/1"]) for layer in pairs}
                save_lora(folder / FILE, held, self.config.alpha, variant(self.net.config))


def build(source: Source, setting: Setting) -> tuple[LoRATrainer, Run]:
    recipe = read_recipe(source, LoRARecipe)
    if "mmdit" not in setting.start:
        raise InputError("train lora: give the flow network that the LoRA is for with --model.")
    crops, held_out = (Crops(setting.shards(s, ["latent"]), setting.preset, ()) for s in (TRAIN, HELD_OUT))
    net = load_network(setting.start["mmdit"], "mmdit", dtype=torch.float32)
    return LoRATrainer(recipe, net, crops, held_out, setting), recipe.run
