"""Sync ("align") encoder: frames at 25 a second -> 8 tokens a segment [B, 8 * segments, dim]."""
