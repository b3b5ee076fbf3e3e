"""Visual-semantic encoders: frames at 8 a second -> one token a frame [B, T, dim]."""
