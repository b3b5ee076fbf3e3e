"""Losses of the parts, and the networks that exist for a loss alone."""
