"""The classifiers that judge what a sound is, trained on true sound of the world."""
