"""Which networks belong together, and which complete systems a folder of files holds."""
