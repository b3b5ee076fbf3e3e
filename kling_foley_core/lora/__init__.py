"""LoRA files for flow networks: low-rank additions to some of a network's layers (Hu et al. 2021, arXiv
2106.09685).

`file.py` reads and writes them, `merge.py` adds them to a network; training them is `training/lora/`.
"""

from __future__ import annotations

from .file import LoRAFile, Pair, read_lora, save_lora
from .merge import check_lora, merge_lora

__all__ = ["LoRAFile", "Pair", "check_lora", "merge_lora", "read_lora", "save_lora"]
