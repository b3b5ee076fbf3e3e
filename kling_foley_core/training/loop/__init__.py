"""The one loop that trains every part: steps, learning rates, averages, randomness, logs, checkpoints."""
