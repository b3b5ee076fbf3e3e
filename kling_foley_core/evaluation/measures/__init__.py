"""What is measured of a sound: one module a measure, against the truth of a world or the original wave."""
