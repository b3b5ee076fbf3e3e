"""Sounds to train and test the codec and the vocoder on: the world's, and freely licensed ones."""
