"""The codec's losses: KL with margin, hinge GAN, R1 (paper section 4.5; fact sheet section 4).

mel [B, bands, T], posterior of [B, C, L], scores [B, patches].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...codec import Posterior

if TYPE_CHECKING:
    from accelerate import Accelerator


def kl_per_dimension(posterior: Posterior) -> Tensor:
    """[C] KL(N(mean, std^2) || N(0, 1)) in nats, mean over batch and frames."""
    mean, logvar = posterior.mean, posterior.logvar
    return (0.5 * (mean.square() + logvar.exp() - 1 - logvar)).mean((0, 2))


def over_margin(kl: Tensor, margin: float, accelerator: Accelerator) -> Tensor:
    """max(0, KL - margin), nats per latent frame: below the margin nothing makes dimensions collapse. Which
    of both it is, the mean over all processes decides, so that several act as one."""
    over = accelerator.reduce(kl.detach().clone(), "mean") > margin
    return torch.where(over, kl - margin, torch.zeros_like(kl))


def generator_loss(fake: Tensor) -> Tensor:
    return -fake.mean()


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    return (1 - real).clamp(min=0).mean() + (1 + fake).clamp(min=0).mean()


def r1_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """Mean squared norm of the gradient of D at real mels, per patch that is scored.

    The paper prints the decoder's output inside; R1 as it is known takes real samples (fact sheet). Per
    patch, so that the recipe's weight does not depend on the length of a crop (our choice).
    """
    real = real.detach().requires_grad_(True)
    scores = discriminator(real)
    (gradient,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean() / scores.shape[1]


def gradient_ratio(
    reconstruction: Tensor, adversarial: Tensor, at: Tensor, accelerator: Accelerator
) -> Tensor:
    """|d reconstruction / d at| / |d adversarial / d at|, at most 1e4, over the batch of all processes: makes
    the GAN's weight a share of the gradient that reconstruction gives to the decoded mel, whatever the size
    of the discriminator's scores."""
    squares = [
        torch.autograd.grad(x, at, retain_graph=True)[0].float().square().sum()
        for x in (reconstruction, adversarial)
    ]
    sizes = accelerator.reduce(torch.stack(squares), "sum").sqrt()
    return (sizes[0] / (sizes[1] + 1e-8)).clamp(max=1e4)
