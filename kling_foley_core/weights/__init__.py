"""The model that ships with the library: all parts of `small` in one file, made by `kling-foley bundle`.

README.md beside it says how it was trained; the recipes and logs of that training are in `training/`.
"""

from pathlib import Path

BUILT_IN = Path(__file__).with_name("small.safetensors")
