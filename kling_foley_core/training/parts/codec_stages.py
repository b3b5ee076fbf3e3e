"""The codec's four stages: which losses count how much at a step, and what is trained (paper algorithm 2).

1 base reconstruction   L_mse                                                   until stage1_end
2 regularisation        + g L_kl,   g rises to kl_upper                         until stage2_end
3 adversarial           + d (L_g + L_d),   d rises to gan_upper                 until stage3_end
4 decoder refinement    the same at full weight; the encoder is frozen
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError


@dataclass(frozen=True)
class Stages:
    stage1_end: int
    stage2_end: int
    stage3_end: int
    kl_upper: float
    gan_upper: float

    def __post_init__(self) -> None:
        if not 0 <= self.stage1_end < self.stage2_end < self.stage3_end:
            raise InputError(
                f"stages end at {self.stage1_end}, {self.stage2_end}, {self.stage3_end}: each must end later."
            )

    def kl(self, step: int) -> float:
        return self.kl_upper * _ramp(step, self.stage1_end, self.stage2_end)

    def gan(self, step: int) -> float:
        return self.gan_upper * _ramp(step, self.stage2_end, self.stage3_end)

    def adversarial(self, step: int) -> bool:
        """From stage 3 on; gan_upper = 0 does without the discriminator."""
        return step >= self.stage2_end and self.gan_upper > 0

    def encoder_frozen(self, step: int) -> bool:
        return step >= self.stage3_end


def _ramp(step: int, start: int, end: int) -> float:
    return min(1.0, max(0.0, (step - start) / (end - start)))
