"""The three encoders of the conditions: text, visual ("semantic") and sync (paper section 4.2, figure 2)."""
