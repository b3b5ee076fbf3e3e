"""Marks by which a sound is known to be made by a machine: a label in the file's metadata, and an inaudible
watermark in the sound itself."""
