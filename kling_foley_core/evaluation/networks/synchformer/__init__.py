"""Synchformer whole (Iashin et al., ICASSP 2024): how far a sound is out of step with a film."""
