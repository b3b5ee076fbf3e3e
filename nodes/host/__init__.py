"""All that is particular to ComfyUI: folders, memory, the MM-DiT as a MODEL, progress, our own sockets."""
