"""A fingerprint of film that survives codecs and sizes: of one frame a second 64 bits, whether a picture of
9 x 8 cells grows brighter from each cell to its right neighbour (the difference hash, dHash). Our choice.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ....media.views import FrameView

VIEW = FrameView(fps=1, size=9, fit="stretch")
BITS = 64
LUMA = (0.299, 0.587, 0.114)


def film_fingerprint(frames: Tensor) -> np.ndarray:
    """uint8 [T, 3, 9, 9], as VIEW makes them -> uint64 [T]."""
    grey = torch.einsum("tchw,c->thw", frames.float(), torch.tensor(LUMA))[:, :8]
    brighter = (grey[:, :, 1:] > grey[:, :, :-1]).flatten(1).numpy().astype(np.uint64)
    return (brighter << np.arange(BITS, dtype=np.uint64)).sum(1, dtype=np.uint64)
