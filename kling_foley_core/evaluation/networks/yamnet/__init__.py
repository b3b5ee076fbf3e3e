"""YAMNet (Plakal and Ellis, 2019): 521 kinds of sound, in half-overlapping windows of 0.96 s; built in.

yamnet.safetensors beside it is made by convert.py; ../LICENCES.md says whose it is.
"""

from pathlib import Path

WEIGHTS = Path(__file__).with_name("yamnet.safetensors")
