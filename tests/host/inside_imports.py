"""Inside ComfyUI's process (see inside.py): what loading the pack costs a host that has loaded its own
nodes."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from inside import NAME, load_pack

import nodes

LOADS_PACK = True


def pack() -> dict[str, Any]:
    """Seconds for the pack, its entry and the schemas of its nodes, and the modules that the host had not."""
    asyncio.run(nodes.init_builtin_extra_nodes())
    before, start, cpu = set(sys.modules), time.perf_counter(), time.process_time()

    async def offered() -> list[type]:
        extension = await load_pack().comfy_entrypoint()
        return await extension.get_node_list()

    classes = asyncio.run(offered())
    for node in classes:
        node.GET_SCHEMA()
    new = {name.split(".")[0] for name in set(sys.modules) - before}
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
        "nodes": len(classes),
        "foreign": sorted(new - {NAME} - set(sys.stdlib_module_names)),
        "modules": sorted(
            n.removeprefix(f"{NAME}.") for n in set(sys.modules) - before if n.startswith(NAME)
        ),
    }


CHECKS = (pack,)
