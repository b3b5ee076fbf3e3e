"""LoRA training: which layers get low-rank additions, and how they are put on a network and taken off."""
