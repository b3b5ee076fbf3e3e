"""What several networks share: attention, buffers that keep their precision, a residual block over time; the
device and the number type they run in."""
