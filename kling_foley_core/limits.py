"""What a file or a caller may ask for at most.

All such limits stand here, and each is checked before anything is allocated, built or opened. Our choice
throughout: far above what is used, far below what does harm.
"""

from __future__ import annotations

MAX_BATCH = 64  # sounds at once
MAX_SECONDS = 600  # of one window: attention runs over all of it; beyond, memory and sense both end
MAX_STEPS = 10_000  # of sampling; the host's own samplers take as many

MAX_HEADER = 100 * 2**20  # bytes of a safetensors header; the format's own limit
MAX_TENSOR_BYTES = 2**63 - 1  # of one tensor: torch counts no further, even where another side is 0

MAX_FOLDER_ENTRIES = 20_000  # names looked at in a folder of models and below it
MAX_FOLDER_DEPTH = 6  # folders below it
MAX_WEIGHT_FILES = 2_000  # whose headers are read
