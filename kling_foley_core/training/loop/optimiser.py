"""AdamW with the recipe's schedule and a limit on the gradient's norm, over one or several processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..recipe import Optimisation
from .parallel import Averaged, Parallel, Work, held_like, whole
from .schedule import inverse_lr

if TYPE_CHECKING:
    from accelerate import Accelerator


class Optimiser:
    """Trains one network. `step(loss, index)` = backward, average over the processes, clip, AdamW at the
    learning rate of that step."""

    def __init__(self, network: nn.Module | Parallel, config: Optimisation, accelerator: Accelerator) -> None:
        """A plain `network` is held whole by every process (`parallel.Averaged`)."""
        self.parallel = Averaged(network, accelerator) if isinstance(network, nn.Module) else network
        self.config, self.accelerator = config, accelerator
        self.named = {n: p for n, p in self.parallel.network.named_parameters() if p.requires_grad}
        self.adamw = torch.optim.AdamW(
            self.named.values(),
            lr=config.lr,
            betas=config.betas,
            eps=config.eps,
            weight_decay=config.weight_decay,
            fused=True,  # one pass over the weights: a third of the step of small networks otherwise
        )
        for p in self.named.values():  # as AdamW's first step makes them: every checkpoint has the same parts
            zero = torch.zeros((), dtype=torch.float32, device=p.device)
            self.adamw.state[p] = {
                "step": zero,
                "exp_avg": torch.zeros_like(p),
                "exp_avg_sq": torch.zeros_like(p),
            }

    def lr(self, index: int) -> float:
        return inverse_lr(index, self.config)

    def step(self, loss: Tensor, index: int) -> Tensor:
        """Returns the gradient's norm before it was limited."""
        self.adamw.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        return self._update(index)

    def accumulated_step(self, losses: Sequence[Work[Tensor]], index: int) -> Tensor:
        """One step down the mean of several losses of the network, computed one after the other
        (gradient accumulation)."""
        self.adamw.zero_grad(set_to_none=True)
        for loss in losses[:-1]:
            with self.parallel.accumulating():
                self.accelerator.backward(self.parallel.forward(loss) / len(losses))
        self.accelerator.backward(self.parallel.forward(losses[-1]) / len(losses))
        return self._update(index)

    def _update(self, index: int) -> Tensor:
        self.parallel.average_gradients()
        norm = nn.utils.clip_grad_norm_(self.named.values(), self.config.max_norm)
        for group in self.adamw.param_groups:
            group["lr"] = self.lr(index)
        self.adamw.step()
        return whole(norm)

    def state_dict(self) -> dict[str, Any]:
        """The moments by the weights' names; settings are the recipe's, which may have changed since."""
        return {name: dict(self.adamw.state[p]) for name, p in self.named.items()}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state.keys() != self.named.keys():
            raise ValueError(f"it holds moments of other weights ({len(state)}, not {len(self.named)})")
        for name, p in self.named.items():
            for part, held in self.adamw.state[p].items():
                held.copy_(held_like(state[name][part], held))
