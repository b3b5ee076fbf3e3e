"""The V3 nodes, one file per stage: thin adapters between ComfyUI's sockets and the library."""
