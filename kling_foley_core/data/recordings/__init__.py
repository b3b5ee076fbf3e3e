"""Freely licensed sounds of Debian packages, to train and test the codec and the vocoder on."""
