"""Silero VAD (Silero Team, 2020 to 2026): how likely there is speech, every 32 ms; built in.

silero.safetensors beside it is made by convert.py; ../LICENCES.md says whose it is.
"""

from pathlib import Path

WEIGHTS = Path(__file__).with_name("silero.safetensors")
