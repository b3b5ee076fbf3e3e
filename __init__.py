"""The ComfyUI pack's entry: what the host asks for, and nothing that runs before it asks."""

from __future__ import annotations

from typing import Any

WEB_DIRECTORY = "./js"


async def comfy_entrypoint() -> Any:
    """The pack's extension. Imported here, so that importing the pack needs no ComfyUI and costs no time."""
    from .nodes.extension import KlingFoleyExtension

    return KlingFoleyExtension()


__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]
