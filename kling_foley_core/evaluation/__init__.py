"""Measuring a model on held-out Foley Worlds and a codec on held-out recordings; `command.py` begins it."""
