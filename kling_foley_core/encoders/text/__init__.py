"""Text encoders: captions -> tokens [B, length, dim]."""
