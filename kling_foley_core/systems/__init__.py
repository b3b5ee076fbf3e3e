"""Which networks belong together, which complete systems a folder of files holds, and a system's
networks, loaded by stages."""
